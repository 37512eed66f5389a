package postgres

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// What becomes of a time.Time depends on the type that it is meant for, and on
// the driver. As a timestamptz it is the moment. As anything else it is what its
// clock shows to one driver, and what a clock in UTC shows to another. So it is
// understood where both are the same.
//
// Times are exact to the microsecond. What is finer is cut off by one driver and
// rounded by the database for another.

// valueYears bounds the years that are understood: those that each text of four
// digits stands for.
func valueYears(year int) bool { return 1 <= year && year <= 9999 }

// valueCanonicalTimestampTZ serves timestamptz.
func valueCanonicalTimestampTZ(v driver.Value, side dialect.Side) (string, bool) {
	t, ok := v.(time.Time)
	if !ok {
		s, isText := v.(string)
		if !isText || side == dialect.SideImage {
			return "", false
		}
		// Without a zone it would be the session's.
		var zoned bool
		if t, zoned, ok = valueParseTime(s); !ok || !zoned {
			return "", false
		}
	}
	_, offset := t.Zone()
	if offset%60 != 0 && side == dialect.SideArgument {
		return "", false // local times of long ago
	}
	return valueMoment(t.UTC())
}

// valueMoment writes the moment that a clock shows.
func valueMoment(t time.Time) (string, bool) {
	if !valueYears(t.Year()) || t.Nanosecond()%1000 != 0 {
		return "", false
	}
	return strconv.FormatInt(t.UnixMicro(), 10), true
}

// valueClock returns what the clock of a time shows, as a time in UTC. False
// stands for an argument of which drivers do not agree what that is.
func valueClock(t time.Time, side dialect.Side) (time.Time, bool) {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC(), offset == 0 || side == dialect.SideImage
}

// valueCanonicalTimestamp serves timestamp.
func valueCanonicalTimestamp(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case time.Time:
		t, ok := valueClock(v, side)
		if !ok {
			return "", false
		}
		return valueMoment(t)
	case string:
		if t, zoned, ok := valueParseTime(v); ok && !zoned && side == dialect.SideArgument {
			return valueMoment(t)
		}
	}
	return "", false
}

// valueCanonicalDate serves date.
func valueCanonicalDate(v driver.Value, side dialect.Side) (string, bool) {
	var t time.Time
	switch v := v.(type) {
	case time.Time:
		var ok bool
		if t, ok = valueClock(v, side); !ok && t.Format(time.DateOnly) != v.UTC().Format(time.DateOnly) {
			return "", false
		}
	case string:
		if len(v) != len(time.DateOnly) || side == dialect.SideImage {
			return "", false
		}
		var ok bool
		if t, _, ok = valueParseTime(v); !ok {
			return "", false
		}
	default:
		return "", false
	}
	return t.Format(time.DateOnly), valueYears(t.Year())
}

// valueCanonicalTime serves time. One driver returns a time of the year 0.
func valueCanonicalTime(v driver.Value, side dialect.Side) (string, bool) {
	if t, ok := v.(time.Time); ok {
		t, ok = valueClock(t, side)
		if !ok || t.Nanosecond()%1000 != 0 || side == dialect.SideImage && t.YearDay() != 1 {
			return "", false // 24:00 is the next day's
		}
		return t.Format("15:04:05.000000"), true
	}
	s, ok := valueString(v, side)
	if !ok {
		return "", false
	}
	t, zoned, ok := valueParseTime("2000-01-01 " + s)
	return t.Format("15:04:05.000000"), ok && !zoned
}

// valueParseTime reads a date, a date with a time, or one with an offset, in the
// one form that no setting has a say in: 2006-01-02 15:04:05.999999+07:00. Zoned
// is false without an offset.
func valueParseTime(s string) (t time.Time, zoned, ok bool) {
	const date, clock = len(time.DateOnly), len("2006-01-02 15:04:05")
	if len(s) != date && len(s) < clock {
		return t, false, false
	}
	const form = "0000-00-00 00:00:00" // the parser below takes some others too
	for i := range min(len(s), clock) {
		digit := '0' <= s[i] && s[i] <= '9'
		if digit != (form[i] == '0') || !digit && s[i] != form[i] && !(i == date && s[i] == 'T') {
			return t, false, false
		}
	}
	layout := time.DateOnly
	if len(s) > date {
		layout += s[date:date+1] + time.TimeOnly
		rest := s[clock:]
		if strings.HasPrefix(rest, ".") {
			n := 1
			for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
				n++
			}
			if n == 1 || n > len(".999999") {
				return t, false, false
			}
			layout, rest = layout+"."+strings.Repeat("0", n-1), rest[n:]
		}
		switch len(rest) {
		case 0:
		case len("Z"):
			layout, zoned = layout+"Z07:00", true
		case len("+07"):
			layout, zoned = layout+"-07", true
		case len("+07:00"):
			layout, zoned = layout+"-07:00", true
		default:
			return t, false, false
		}
		if zoned && rest != "Z" && rest[0] != '+' && rest[0] != '-' {
			return t, false, false
		}
	}
	t, err := time.Parse(layout, s)
	return t, zoned, err == nil && valueYears(t.Year())
}
