package result

import (
	"database/sql/driver"
	"time"
)

// maxRoom is the most values that lie in a result's own allocation: the one row
// of most tables.
const maxRoom = 16

// room is a result with room for values behind it.
type room[A any] struct {
	Result
	values A
}

// compact returns the result with its values in its own allocation, where they
// are few: a hit finds them where it looks anyway, and an allocation costs memory
// too. The old one must not be used any more.
func (r *Result) compact() *Result {
	var c *Result
	var values []driver.Value
	switch n := len(r.values); {
	case n == 0 || n > maxRoom:
		return r
	case n <= 1:
		x := new(room[[1]driver.Value])
		c, values = &x.Result, x.values[:]
	case n <= 2:
		x := new(room[[2]driver.Value])
		c, values = &x.Result, x.values[:]
	case n <= 4:
		x := new(room[[4]driver.Value])
		c, values = &x.Result, x.values[:]
	case n <= 6:
		x := new(room[[6]driver.Value])
		c, values = &x.Result, x.values[:]
	case n <= 8:
		x := new(room[[8]driver.Value])
		c, values = &x.Result, x.values[:]
	case n <= 12:
		x := new(room[[12]driver.Value])
		c, values = &x.Result, x.values[:]
	default:
		x := new(room[[maxRoom]driver.Value])
		c, values = &x.Result, x.values[:]
	}
	*c = *r
	n := copy(values, r.values)
	c.values, c.room = values[:n:n], uint8(len(values)) //nolint:gosec // at most maxRoom
	return c
}

// Touch reads a little of each value of a small result, and returns what it read
// only so that it has to be read. The values lie apart in memory, and the program
// takes them one after the other, with work in between. Asked for at once they
// are fetched side by side, while the hit goes on; with many results this is
// most of what a hit waits for.
//
//go:noinline
func (r *Result) Touch() (sum int64) {
	if r.room == 0 {
		return 0
	}
	for _, v := range r.values {
		switch x := v.(type) {
		case string:
			if n := len(x); n > 0 {
				sum += int64(x[0]) + int64(x[n-1])
			}
		case int64:
			sum += x
		case float64:
			sum += int64(x)
		case time.Time:
			sum += int64(x.Nanosecond())
		}
	}
	return sum
}
