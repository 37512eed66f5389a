package differential

import (
	"slices"
	"strings"
	"time"
)

// minimiseTime bounds what is spent on a failing case after rapid is done.
const minimiseTime = 30 * time.Second

// kindOf is the first word of what differs: a smaller case that fails in another
// way, because a table is gone that it needs, is another case.
func kindOf(f *failure) string {
	word, _, _ := strings.Cut(f.what, " ")
	return word
}

// minimise takes parts of a failing case away as long as it fails. Rapid
// shrinks the choices; this knows what a case is made of.
func minimise(c *testCase, f *failure, at place) (*testCase, *failure) {
	end := time.Now().Add(minimiseTime)
	try := func(d *testCase) bool {
		if time.Now().After(end) {
			return false
		}
		g, err := runCase(d, at, nil)
		if err != nil || g == nil || kindOf(g) != kindOf(f) {
			return false
		}
		c, f = d, g
		return true
	}
	for size := -1; size != c.size(); {
		size = c.size()
		without(len(c.steps), func(from, to int) bool {
			d := *c
			cut(&d.steps, from, to)
			return try(&d)
		})
		for i := range c.steps {
			without(len(c.steps[i].list), func(from, to int) bool {
				d := *c
				d.steps = slices.Clone(c.steps)
				cut(&d.steps[i].list, from, to)
				return try(&d)
			})
			d := *c
			d.steps = slices.Clone(c.steps)
			if d.steps[i].begin != "" {
				d.steps[i].begin = ""
				try(&d)
			}
		}
		without(len(c.queries), func(from, to int) bool {
			d := *c
			cut(&d.queries, from, to)
			return try(&d)
		})
		without(len(c.data), func(from, to int) bool {
			d := *c
			cut(&d.data, from, to)
			return try(&d)
		})
		without(len(c.schema), func(from, to int) bool {
			d := *c
			cut(&d.schema, from, to)
			return try(&d)
		})
	}
	return c, f
}

// cut takes a range out of a copy of a list.
func cut[T any](list *[]T, from, to int) {
	*list = slices.Delete(slices.Clone(*list), from, to)
}

// size is the number of a case's parts.
func (c *testCase) size() int {
	n := len(c.schema) + len(c.data) + len(c.queries) + len(c.steps)
	for i := range c.steps {
		n += len(c.steps[i].list)
	}
	return n
}

// without takes ranges of a list away, long ones first, from its end.
func without(n int, try func(from, to int) bool) {
	for size := max(n/2, 1); ; size /= 2 {
		for to := n; to > 0; to -= size {
			from := max(to-size, 0)
			if try(from, to) {
				n -= to - from
			}
			if to > n+size {
				to = n + size
			}
		}
		if size <= 1 {
			return
		}
	}
}
