package integration

import (
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpusMissing are the names in the corpus that are no table of the schema.
var corpusMissing = map[string]string{
	"json_each":         "a table function",
	"pragma_table_info": "a table function",
	"sqlite_master":     "SQLite's own",
	"t2":                "made by its statement",
}

// corpusRefused are the statements that SQLite does not take here, by a part of
// what it says.
var corpusRefused = map[string]string{
	"CREATE TABLE `users`": "already exists",
	"CREATE VIRTUAL TABLE": "already exists",
	"ADD COLUMN `c`":       "duplicate column name",
	"c REGEXP 'x'":         "no such function: REGEXP",
	"string_agg(DISTINCT":  "aggregate functions are not allowed in the GROUP BY",
}

// TestCorpusPlans plans every statement of the corpus for a real schema, and
// compares kind, tables, dependency, verdict and reach with what they were when
// a person last looked at them.
func TestCorpusPlans(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile(filepath.Join("testdata", "corpus_schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	db := openSQLiteConn(t, string(schema))
	cat := db.catalog(t)
	corpus, err := dialecttest.Corpus(filepath.Join("..", "..", "dialect", "sqlite", "testdata", "corpus.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	statements, cached, reads := 0, 0, 0
	for _, c := range corpus {
		name, text := c.Name, c.Text
		statements++
		p := analysis.Make(sqlite.Dialect, sqlite.Dialect.Parse(text), cat, analysis.Options{})
		st := p.Statement
		for _, table := range append(append([]dialect.Name{}, st.Reads...), st.Writes...) {
			if cat.Table(table) == nil && corpusMissing[table.Name] == "" {
				t.Errorf("%s: the schema has no table %s, so its plan says nothing", name, table)
			}
		}
		d := p.Describe(corpusArgs(st))
		if st.Kind == dialect.KindUnknown || st.Incomplete != "" || p.Read == nil && p.Write == nil && writesOrReads(st) {
			t.Errorf("%s has no plan", name)
		}
		if p.Read != nil {
			reads++
			if d.Verdict == analysis.Cached {
				cached++
			}
		}
		fmt.Fprintf(&b, "-- %s\n%s\n%s", name, text, d)
		if len(d.Tables) > 0 {
			fmt.Fprintf(&b, "  tables: %s\n", strings.Join(d.Tables, ", "))
		}
		b.WriteByte('\n')
		if said := prepareOn(t, db, text); !fits(text, said) {
			t.Errorf("%s: SQLite says %q, so its plan says nothing", name, said)
		}
	}
	t.Logf("figure: corpus: %d statements planned for a real schema; of %d reads %d may be cached", statements, reads, cached)
	golden.Compare(t, filepath.Join("testdata", "corpus.golden"), b.String())
}

// writesOrReads reports whether a statement is of a kind that always has a plan
// of its own: others only steer transactions and sessions.
func writesOrReads(st *dialect.Statement) bool {
	switch st.Kind {
	case dialect.KindSelect, dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete, dialect.KindDDL:
		return true
	default:
		return false
	}
}

var parameterName = regexp.MustCompile(`[:@$]([A-Za-z0-9_]+)`)

// corpusArgs are arguments for a statement: the numbers from 1.
func corpusArgs(st *dialect.Statement) analysis.Args {
	args := make(analysis.Args, st.Params)
	for i := range args {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: int64(i + 1)}
	}
	if st.NamedParams {
		for i, m := range parameterName.FindAllStringSubmatch(st.Text, -1) {
			args[i].Name = m[1]
		}
	}
	return args
}

// prepareOn returns what SQLite says to a statement that it is not to run.
func prepareOn(t *testing.T, db querier, text string) string {
	t.Helper()
	if !strings.HasPrefix(text, "EXPLAIN") {
		text = "EXPLAIN " + text
	}
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		return err.Error()
	}
	if err := rows.Close(); err != nil {
		return err.Error()
	}
	return ""
}

// fits reports whether SQLite took the statement, up to its arguments, or
// refused it as it is known to.
func fits(text, said string) bool {
	for part, refusal := range corpusRefused {
		if strings.Contains(text, part) {
			return strings.Contains(said, refusal)
		}
	}
	return said == "" || strings.HasPrefix(said, "missing ") && strings.Contains(said, "argument")
}
