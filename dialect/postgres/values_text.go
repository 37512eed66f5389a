package postgres

import (
	"database/sql/driver"
	"strings"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// valueCanonicalText serves text and varchar under deterministic collations, and
// enums by their labels.
func valueCanonicalText(v driver.Value, side dialect.Side) (string, bool) {
	s, ok := valueString(v, side)
	if !ok || side == dialect.SideArgument && !valueClean(s) {
		return "", false
	}
	return s, true
}

// valueClean tells whether a text reaches the database as it is: others are an
// error there, or are not told apart by it.
func valueClean(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// valueCanonicalBlank serves char(n), for which blanks at the end do not count.
func valueCanonicalBlank(v driver.Value, side dialect.Side) (string, bool) {
	s, ok := valueCanonicalText(v, side)
	return strings.TrimRight(s, " "), ok
}

// valueCanonicalCIText serves citext. It folds letters by the database's locale;
// of those of ASCII it is known what comes out.
func valueCanonicalCIText(v driver.Value, side dialect.Side) (string, bool) {
	s, ok := valueCanonicalText(v, side)
	if !ok {
		return "", false
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
	}
	return strings.ToLower(s), true
}
