package differential

import (
	"math/bits"

	"pgregory.net/rapid"
)

// chooser makes the choices of a case. Rapid records them, so that a failing
// case can be shrunk: choice 0 is the simplest of each.
type chooser struct{ t *rapid.T }

var bit = rapid.Bool()

// n returns a number below k, each as often as the others. Rapid's own numbers
// prefer small ones, which no weights could be built on.
func (c chooser) n(k int) int {
	if k <= 1 {
		return 0
	}
	width := bits.Len(uint(k-1)) + 2
	v := 0
	for range width {
		v *= 2
		if bit.Draw(c.t, "") {
			v++
		}
	}
	return v * k >> width
}

// percent is true in p of 100 cases; false is simpler.
func (c chooser) percent(p int) bool { return c.n(100) >= 100-p }

// pick returns one of a list.
func pick[T any](c chooser, list ...T) T { return list[c.n(len(list))] }

// option is one way to go on, and how often it is taken.
type option[T any] struct {
	weight int
	value  T
}

// weigh returns one of the options by their weights.
func weigh[T any](c chooser, options []option[T]) T {
	sum := 0
	for i := range options {
		sum += options[i].weight
	}
	n := c.n(sum)
	for i := range options {
		if n -= options[i].weight; n < 0 {
			return options[i].value
		}
	}
	return options[0].value
}
