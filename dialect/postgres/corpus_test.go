package postgres

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpus reads the statements of a file in testdata.
func corpus(t testing.TB, file string) []dialecttest.CorpusStatement {
	t.Helper()
	list, err := dialecttest.Corpus(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
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
		st := Parse(c.Text)
		if (st.Incomplete != "") != incomplete[c.Name] {
			t.Errorf("%s: incomplete %q", c.Name, st.Incomplete)
		}
		b.WriteString("-- " + c.Name + "\n" + c.Text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden.Compare(t, filepath.Join("testdata", "corpus.golden"), b.String())
}

// TestCorpusForeign: texts of other databases are not understood, and never taken
// for less than they may be.
func TestCorpusForeign(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range corpus(t, "foreign.tsv") {
		st := Parse(c.Text)
		if (st.Incomplete == "") != (c.Name == "named_at") { // @id is the absolute value of id
			t.Errorf("%s: incomplete %q", c.Name, st.Incomplete)
		}
		b.WriteString("-- " + c.Name + "\n" + c.Text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden.Compare(t, filepath.Join("testdata", "foreign.golden"), b.String())
}
