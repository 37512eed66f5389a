package mysql

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpus reads the statements of MySQL, and those that only MariaDB has.
func corpus(t testing.TB) []dialecttest.CorpusStatement {
	t.Helper()
	return append(corpusOf(t, "corpus.tsv"), corpusOf(t, "mariadb.tsv")...)
}

// corpusOf reads the statements of a file in testdata.
func corpusOf(t testing.TB, file string) []dialecttest.CorpusStatement {
	t.Helper()
	list, err := dialecttest.Corpus(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCorpus compares what is understood of each statement with what was understood when
// a person last looked at it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, golden string
		statements   int
		// incomplete are those known by their tables alone, by their names.
		incomplete map[string]bool
	}{
		{"corpus.tsv", "corpus.golden", 92, map[string]bool{
			"update_join": true, "delete_join": true, "delete_using": true, "cte_update": true,
			"explain": true, "explain_analyze": true, "call": true, "load_data": true, "do_sleep": true,
		}},
		{"mariadb.tsv", "mariadb.golden", 16, map[string]bool{
			"upsert_value": true, "system_time": true, "fetch_next": true, "create_or_replace": true,
			"set_statement": true, "delete_multi_limit": true, "uuid_type": true,
		}},
	} {
		list := corpusOf(t, tt.file)
		if len(list) != tt.statements {
			t.Errorf("%s has %d statements, want %d", tt.file, len(list), tt.statements)
		}
		var b strings.Builder
		for _, c := range list {
			st := Parse(c.Text)
			if (st.Incomplete != "") != tt.incomplete[c.Name] {
				t.Errorf("%s: incomplete %q", c.Name, st.Incomplete)
			}
			b.WriteString("-- " + c.Name + "\n" + c.Text + "\n" + dialecttest.PrintStatement(st) + "\n")
		}
		golden.Compare(t, filepath.Join("testdata", tt.golden), b.String())
	}
}
