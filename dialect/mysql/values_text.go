package mysql

import (
	"database/sql/driver"
	"strings"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// valueCanonicalText serves texts and enums. Rule is what stands in the Comparison
// behind the kind; see valueTextComparison.
func valueCanonicalText(rule string, v driver.Value, side dialect.Side) (string, bool) {
	var s string
	switch t := v.(type) {
	case string:
		s = t
	case []byte:
		// An argument's bytes are not converted to the column's character set, those
		// of a text are.
		s = string(t)
		if t == nil || side == dialect.SideArgument && !valueASCII(s) {
			return "", false
		}
	default:
		return "", false // a number is compared as one
	}
	folding, rest, _ := strings.Cut(rule, ".")
	pad, collation, _ := strings.Cut(rest, ".")
	switch folding {
	case "bin":
		// In other character sets it may be refused, or become a question mark.
		if !strings.HasPrefix(collation, "utf8mb4_") && !valueASCII(s) || !utf8.ValidString(s) {
			return "", false
		}
	case "cs":
		if !valuePrintable(s) {
			return "", false
		}
	case "ci":
		if !valuePrintable(s) {
			return "", false
		}
		s = strings.ToLower(s)
	default:
		return "", false
	}
	if pad == valuePad {
		s = strings.TrimRight(s, " ")
	}
	return s, true
}

// valueASCII tells whether a text is of ASCII.
func valueASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// valuePrintable tells whether a text is of those characters of ASCII that can be seen,
// and blanks. Others are nothing at all to some collations.
func valuePrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || '~' < s[i] {
			return false
		}
	}
	return true
}

// valueCanonicalBytes serves binary, varbinary and the blobs, which are compared byte by
// byte. A text is compared with them as it is in the connection's character set.
func valueCanonicalBytes(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case []byte:
		return string(v), v != nil
	case string:
		return v, side == dialect.SideImage || valueASCII(v)
	}
	return "", false
}
