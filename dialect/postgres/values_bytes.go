package postgres

import (
	"database/sql/driver"
	"encoding/hex"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// valueCanonicalBytes serves bytea.
func valueCanonicalBytes(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case []byte:
		return string(v), v != nil || side == dialect.SideImage // NULL
	case string:
		// One driver takes it for the bytes, others hand it to the database, to
		// which a backslash begins an escape; and which converts what is not ASCII
		// to its own encoding first.
		for i := range len(v) {
			if v[i] == '\\' || v[i] == 0 || v[i] >= 0x80 {
				return "", false
			}
		}
		return v, side == dialect.SideArgument
	}
	return "", false
}

// valueCanonicalUUID serves uuid. Of the many ways to write one that PostgreSQL
// reads those are understood that programs write: with all its hyphens or none, in
// braces or not.
func valueCanonicalUUID(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case [16]byte:
		return string(v[:]), true
	case []byte:
		if len(v) == 16 {
			return string(v), side == dialect.SideArgument
		}
	}
	s, ok := valueString(v, side)
	if !ok {
		return "", false
	}
	if len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' {
		s = s[1 : len(s)-1]
	}
	switch len(s) {
	case 32:
	case 36:
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return "", false
		}
		s = strings.Join([]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]}, "")
	default:
		return "", false
	}
	b, err := hex.DecodeString(s)
	return string(b), err == nil
}
