package main

import "strconv"

// bound says what a figure's limit is.
type bound byte

const (
	unbounded bound = iota // for orientation
	atMost
	atLeast
)

// figure is one number that is reported.
type figure struct {
	name  string // tells it from all others
	value summary
	unit  unit
	bound bound
	limit float64
}

// info is a figure without a limit.
func info(name string, value summary, u unit) figure {
	return figure{name: name, value: value, unit: u}
}

// limited is a figure that must not be above its limit.
func limited(name string, value summary, u unit, limit float64) figure {
	return figure{name: name, value: value, unit: u, bound: atMost, limit: limit}
}

// met reports whether the figure keeps its limit.
func (f *figure) met() bool {
	switch f.bound {
	case atMost:
		return f.value.median <= f.limit
	case atLeast:
		return f.value.median >= f.limit
	default:
		return true
	}
}

// texts are the figure's columns: value, spread, limit, and whether it is met.
func (f *figure) texts() (value, spread, limit, met string) {
	value = f.unit.format(f.value.median)
	if !f.value.exact {
		spread = f.unit.format(f.value.low) + " to " + f.unit.format(f.value.high)
	}
	switch f.bound {
	case atMost:
		limit = "at most " + f.unit.format(f.limit)
	case atLeast:
		limit = "at least " + f.unit.format(f.limit)
	default:
		return value, spread, "", ""
	}
	if f.met() {
		return value, spread, limit, "yes"
	}
	return value, spread, limit, "NO"
}

// unit says how a figure is written.
type unit byte

const (
	times unit = iota
	micros
	bytesEach
	count
)

func (u unit) format(v float64) string {
	switch u {
	case times:
		return strconv.FormatFloat(v, 'f', 2, 64) + "x"
	case micros:
		return strconv.FormatFloat(v, 'f', 2, 64) + " us"
	case bytesEach:
		return strconv.FormatFloat(v, 'f', 0, 64) + " B"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}
