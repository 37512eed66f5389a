package postgres

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// corpusStatement is one line of a corpus.
type corpusStatement struct{ name, text string }

func corpus(t testing.TB, file string) []corpusStatement {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var list []corpusStatement
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		name, text, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("the line has no tab: %q", line)
		}
		list = append(list, corpusStatement{name, strings.ReplaceAll(text, `\n`, "\n")})
	}
	return list
}

// TestCorpus compares what is understood of each statement with what was
// understood when a person last looked at it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	list := corpus(t, "corpus.tsv")
	if len(list) != 89 {
		t.Errorf("the corpus has %d statements, want 89", len(list))
	}
	// What is known by its tables alone, by its name in the corpus.
	incomplete := map[string]bool{
		"cte_modifying": true, "merge": true, "truncate": true, "copy": true, "explain": true, "do_block": true, "cursor": true,
	}
	var b strings.Builder
	for _, c := range list {
		st := Parse(c.text)
		if (st.Incomplete != "") != incomplete[c.name] {
			t.Errorf("%s: incomplete %q", c.name, st.Incomplete)
		}
		b.WriteString("-- " + c.name + "\n" + c.text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden(t, filepath.Join("testdata", "corpus.golden"), b.String())
}

// TestCorpusForeign: texts of other databases are not understood, and never taken
// for less than they may be.
func TestCorpusForeign(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range corpus(t, "foreign.tsv") {
		st := Parse(c.text)
		if (st.Incomplete == "") != (c.name == "named_at") { // @id is the absolute value of id
			t.Errorf("%s: incomplete %q", c.name, st.Incomplete)
		}
		b.WriteString("-- " + c.name + "\n" + c.text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden(t, filepath.Join("testdata", "foreign.golden"), b.String())
}

// golden compares a text with a file, or rewrites the file. A machine must not
// rewrite what a person is to look at, so -update fails where CI is set.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("-update is refused where CI is set; run it on a desk and look at the difference")
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	wantParts, gotParts := strings.Split(string(want), "\n\n"), strings.Split(got, "\n\n")
	for i := range max(len(wantParts), len(gotParts)) {
		var w, g string
		if i < len(wantParts) {
			w = wantParts[i]
		}
		if i < len(gotParts) {
			g = gotParts[i]
		}
		if w != g {
			t.Errorf("differs from %s; if the new one is right, run with -update\n--- want\n%s\n--- got\n%s", path, w, g)
		}
	}
}
