package mysql

import (
	"database/sql/driver"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// What a column of dates and times holds is what a clock shows. The driver returns it as
// a text, or with parseTime as the moment at which a clock in the time zone of the data
// source name shows it. Where that clock is put forward or back no moment, or two, fit;
// and dates that do not exist, which MySQL can hold, become others that do. Neither
// costs more than an image that fits too much, as long as no argument is understood that
// is no date.

const (
	valueDateForm  = time.DateOnly
	valueClockForm = "2006-01-02 15:04:05"
)

// valueNearChange is how near to a change of its time zone's offset a moment may stand
// for a clock that showed something else: no clock was ever put forward by more than a
// day.
const valueNearChange = 26 * time.Hour

// valueCanonicalDate serves date.
func valueCanonicalDate(v driver.Value, side dialect.Side) (string, bool) {
	t, ok := valueClock(v, side)
	if !ok || t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() != 0 {
		return "", false
	}
	if s, isText := v.(string); isText && len(s) != len(valueDateForm) {
		return "", false // compared as a date with a time
	}
	return t.Format(valueDateForm), true
}

// valueCanonicalDateTime serves datetime and timestamp.
func valueCanonicalDateTime(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	t, ok := valueClock(v, side)
	if !ok {
		return "", false
	}
	if side == dialect.SideArgument && t.Nanosecond() != 0 {
		// A finer fraction than the column's may be rounded where an index is used.
		digits, _ := valueTypeNumbers(c.Type) // none: 0
		unit := int(time.Second)
		for range min(digits, 6) {
			unit /= 10
		}
		if t.Nanosecond()%unit != 0 {
			return "", false
		}
	}
	return t.Format(valueClockForm + ".999999"), true
}

// valueClock returns what a clock shows, as a time in UTC.
func valueClock(v driver.Value, side dialect.Side) (time.Time, bool) {
	switch v := v.(type) {
	case string:
		return valueParseTime(v)
	case []byte:
		if side == dialect.SideImage {
			return valueParseTime(string(v))
		}
	case time.Time:
		if side == dialect.SideImage {
			return valueShown(v)
		}
	}
	return time.Time{}, false
}

// valueShown returns what the clock of a moment shows, where it is sure that the
// database holds just that. The year 1 stands for the date of zeros, too.
func valueShown(t time.Time) (time.Time, bool) {
	if t.Year() <= 1 || t.Year() > 9999 || t.Nanosecond()%1000 != 0 {
		return time.Time{}, false
	}
	start, end := t.ZoneBounds()
	if !start.IsZero() && t.Sub(start) < valueNearChange || !end.IsZero() && end.Sub(t) < valueNearChange {
		return time.Time{}, false
	}
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC(), true
}

// valueParseTime reads a date, or a date with a time, in the one form in which servers
// write them: 2006-01-02 15:04:05.999999. It must exist.
func valueParseTime(s string) (time.Time, bool) {
	const form = "0000-00-00 00:00:00.000000"
	const date, clock, point = len("0000-00-00"), len("0000-00-00 00:00:00"), len("0000-00-00 00:00:00.")
	if len(s) != date && len(s) != clock && len(s) <= point || len(s) > len(form) {
		return time.Time{}, false
	}
	for i := range len(s) {
		digit := '0' <= s[i] && s[i] <= '9'
		if digit != (form[i] == '0') || !digit && s[i] != form[i] {
			return time.Time{}, false
		}
	}
	layout := valueDateForm
	if len(s) > date {
		layout = valueClockForm
		if len(s) > clock {
			layout += "." + strings.Repeat("0", len(s)-point)
		}
	}
	t, err := time.Parse(layout, s)
	return t, err == nil && t.Year() >= 1
}
