// Package golden compares what a test made with a file that a person has looked at.
package golden

import (
	"flag"
	"os"
	"strings"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// T is the part of *testing.T that is needed.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// Compare compares a text with a file, part by part, the parts set off by empty
// lines; or rewrites the file where the tests run with -update. A machine must not
// rewrite what a person is to look at, so -update fails where CI is set.
func Compare(t T, path, got string) {
	t.Helper()
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("-update is refused where CI is set; run it on a desk and look at the difference")
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // it is source
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	wants, gots := strings.Split(string(want), "\n\n"), strings.Split(got, "\n\n")
	for i := range max(len(wants), len(gots)) {
		var w, g string
		if i < len(wants) {
			w = wants[i]
		}
		if i < len(gots) {
			g = gots[i]
		}
		if w != g {
			t.Errorf("differs from %s; if the new one is right, run with -update\n--- want\n%s\n--- got\n%s", path, w, g)
		}
	}
}
