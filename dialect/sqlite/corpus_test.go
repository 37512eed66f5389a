package sqlite

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// corpusStatement is one line of testdata/corpus.tsv.
type corpusStatement struct{ name, text string }

func corpus(t testing.TB) []corpusStatement {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "corpus.tsv"))
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
	list := corpus(t)
	if len(list) != 95 {
		t.Errorf("the corpus has %d statements, want 95", len(list))
	}
	var b strings.Builder
	for _, c := range list {
		st := Parse(c.text)
		if st.Incomplete != "" {
			t.Errorf("%s was not parsed: %s", c.name, st.Incomplete)
		}
		b.WriteString("-- " + c.name + "\n" + c.text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden(t, filepath.Join("testdata", "corpus.golden"), b.String())
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
