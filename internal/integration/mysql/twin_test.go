package mysql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/cacheops/cacheops/internal/sample"
)

// twinWrite finds the statements that change rows.
var twinWrite = regexp.MustCompile("^(INSERT|REPLACE|UPDATE|DELETE)")

// twinShort is how many of the statements are left out for each that a short run takes.
const twinShort = 8

// Whatever a program sends, through the cache it hears what the driver alone says: results,
// columns and rows, errors, and what state its session is in. Each statement is run in each
// mode of the driver, by one way and in one place each time; with -short some are run in
// one of the modes.
func TestTwins(t *testing.T) {
	t.Parallel()
	bounds, ways := slices.Sorted(maps.Keys(twinBounds)), slices.Sorted(maps.Keys(twinWays))
	for n, mode := range modes {
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			w := newTwins(t, mode)
			for i := range twinStatements {
				c := &twinStatements[i]
				name := fmt.Sprint(t.Name(), i, c)
				if testing.Short() && !sample.Takes(true, name+"mode", n, twinShort*len(modes)) {
					continue
				}
				bound, way := twinPick(name+"bound", bounds), twinPick(name+"way", ways)
				if way == "prepared exec" && !twinWrite.MatchString(c.text) {
					way = "exec" // of some the driver waits for rows that never come
				}
				w.check(t, c, bound, way)
			}
		})
	}
}

// twinPick takes one of some by a name.
func twinPick(name string, list []string) string {
	for i := range list {
		if sample.Takes(true, name, i, len(list)) {
			return list[i]
		}
	}
	return ""
}
