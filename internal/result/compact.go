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

// withRoom returns a result with so many values, which are nil: in its own
// allocation, where they are few. A hit finds them where it looks anyway, and an
// allocation costs memory too.
func withRoom(n int) *Result {
	var r *Result
	var values []driver.Value
	switch {
	case n == 0:
		return &Result{values: []driver.Value{}}
	case n <= 1:
		x := new(room[[1]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= 2:
		x := new(room[[2]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= 4:
		x := new(room[[4]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= 6:
		x := new(room[[6]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= 8:
		x := new(room[[8]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= 12:
		x := new(room[[12]driver.Value])
		r, values = &x.Result, x.values[:]
	case n <= maxRoom:
		x := new(room[[maxRoom]driver.Value])
		r, values = &x.Result, x.values[:]
	default:
		return &Result{values: make([]driver.Value, n)}
	}
	r.values, r.room = values[:n:n], uint8(len(values)) //nolint:gosec // at most maxRoom
	return r
}

// compact returns the result with its values in its own allocation, where they
// are few. The old one must not be used any more.
func (r *Result) compact() *Result {
	n := len(r.values)
	if n == 0 || n > maxRoom {
		return r
	}
	c := withRoom(n)
	values, room := c.values, c.room
	copy(values, r.values)
	*c = *r
	c.values, c.room = values, room
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
