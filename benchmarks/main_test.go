package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/redistest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// fewSizes are enough to see that everything works.
var fewSizes = sizes{rows: 1200, written: 500, keys: 200, entries: []int{300, 1200}, cached: 1000, changed: 50}

// briefly measures the groups that match, with next to no time for each.
func briefly(t *testing.T, run string) *report {
	t.Helper()
	o := options{effort: effort{rounds: 3, sample: 50 * time.Microsecond, tries: 1}, sizes: fewSizes, run: regexp.MustCompile(run)}
	r, err := measureAll(t.Context(), io.Discard, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var digits = regexp.MustCompile(`\d+`)

// TestEverythingIsMeasured runs all of it, far too shortly for its times to
// mean anything. The groups themselves see that hits are hits, that misses are
// misses, and that each write drops what it should.
func TestEverythingIsMeasured(t *testing.T) {
	t.Parallel()
	r := briefly(t, "")
	if len(r.Groups) != len(groups) {
		t.Errorf("%d of %d groups", len(r.Groups), len(groups))
	}
	var written bytes.Buffer
	if err := r.writeDocument(&written); err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(filepath.Join("..", "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	// The sizes in their names are other ones.
	kept := digits.ReplaceAllString(string(committed), "N")
	seen := make(map[string]bool)
	for _, g := range r.Groups {
		if len(g.Figures) == 0 {
			t.Errorf("%s: no figures", g.Name)
		}
		for _, f := range g.Figures {
			if seen[f.name] {
				t.Errorf("%q is there twice", f.name)
			}
			seen[f.name] = true
			for _, v := range []float64{f.value.low, f.value.median, f.value.high} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s is %v", f.name, v)
				}
			}
			if !strings.Contains(written.String(), f.name) {
				t.Errorf("%q is not in the document", f.name)
			}
			if !strings.Contains(kept, digits.ReplaceAllString(f.name, "N")) {
				t.Errorf("%q is not in docs/performance.md: run make bench", f.name)
			}
		}
		for _, m := range g.samples {
			if len(m.nanos) != 3 || m.calls < 1 {
				t.Errorf("%s, %s: %d rounds of %d calls", g.Name, m.name, len(m.nanos), m.calls)
			}
			if !strings.Contains(string(committed), m.name) && !strings.Contains(kept, digits.ReplaceAllString(m.name, "N")) {
				t.Errorf("%q is not in docs/performance.md: run make bench", m.name)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	good := options{effort: effort{rounds: 1, sample: time.Microsecond, tries: 1}, sizes: fewSizes, profileTime: time.Microsecond}
	for name, test := range map[string]struct {
		change func(*options)
		run    string
		want   string
	}{
		"no rounds":               {func(o *options) { o.rounds = 0 }, "", "positive"},
		"no time":                 {func(o *options) { o.sample = 0 }, "", "positive"},
		"no expression":           {func(*options) {}, "(", "-run"},
		"no such group":           {func(*options) {}, "no such group", "no group"},
		"a document of one group": {func(o *options) { o.document = "x" }, "miss", "-o without -run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good
			test.change(&o)
			if err := start(t.Context(), io.Discard, o, test.run); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one about %q", err, test.want)
			}
		})
	}
}

// TestProfiles writes a profile of each contender of a group.
func TestProfiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options{effort: effort{rounds: 1, sample: time.Microsecond, tries: 1}, sizes: fewSizes, profiles: dir, profileTime: time.Microsecond}
	if err := start(t.Context(), io.Discard, o, "time left out"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "uncached-read-the-database-s-time-left-out.*.pprof"))
	if err != nil || len(files) != 2 {
		t.Errorf("%q, %v", files, err)
	}
}
