package result

import "database/sql/driver"

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
	c.values, c.room = values[:n:n], uint8(len(values))
	return c
}
