package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpus reads the statements of testdata/corpus.tsv.
func corpus(t testing.TB) []dialecttest.CorpusStatement {
	t.Helper()
	list, err := dialecttest.Corpus(filepath.Join("testdata", "corpus.tsv"))
	if err != nil {
		t.Fatal(err)
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
		st := Parse(c.Text)
		if st.Incomplete != "" {
			t.Errorf("%s was not parsed: %s", c.Name, st.Incomplete)
		}
		b.WriteString("-- " + c.Name + "\n" + c.Text + "\n" + dialecttest.PrintStatement(st) + "\n")
	}
	golden.Compare(t, filepath.Join("testdata", "corpus.golden"), b.String())
}
