package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

// understood is one text, with one property of what is understood of it as
// dialecttest renders it; empty where it has none.
type understood struct{ text, want string }

// checkProperty checks a property of what is understood of each text.
func checkProperty(t *testing.T, key string, list []understood) {
	t.Helper()
	for _, tt := range list {
		if got := property(tt.text, key); got != tt.want {
			t.Errorf("%s\n%s is   %s\nshould be %s", tt.text, key, got, tt.want)
		}
	}
}

// property returns one property of what is understood of a text.
func property(text, key string) string {
	for line := range strings.SplitSeq(dialecttest.PrintStatement(Parse(text)), "\n") {
		if rest, ok := strings.CutPrefix(line, "  "+key+": "); ok {
			return rest
		}
	}
	return ""
}
