package engine

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// A pattern means each table that it looks like. A declared dependency on everything is
// the pattern "*".
func TestMatches(t *testing.T) {
	t.Parallel()
	table := &dialect.Table{Schema: "main", Name: "X/y"}
	for pattern, want := range map[string]bool{"*": true, "x*": true, "x/?": true, "main.*": true, "y*": false, "other.*": false} {
		if matches(pattern, table) != want {
			t.Errorf("%q: %v", pattern, !want)
		}
	}
}
