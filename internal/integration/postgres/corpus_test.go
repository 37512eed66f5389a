package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpusMissing are the names in the corpus that are no table of the schema.
var corpusMissing = map[string]string{
	"v": "made by its statement",
}

// corpusPaths are the search paths of the statements that take the name t for
// another table.
var corpusPaths = map[string]string{
	"regex":         "texts, public",
	"sql_funcs":     "texts, public",
	"distinct_from": "flags, public",
}

// corpusRefused are the statements that PostgreSQL 15 does not take here, by a part
// of what it says.
var corpusRefused = map[string]string{
	"strings":             "trailing junk after numeric literal", // 16 has 0x1F
	"sql_json":            "syntax error",                        // 17 has JSON_TABLE
	"returning_old_new":   "missing FROM-clause entry",           // 18 has old and new
	"pg18_returning_with": "syntax error",                        // and WITH behind RETURNING
	"array_ops":           "must appear in the GROUP BY clause",  // the statement's own fault
}

// catalogReader runs queries for LoadCatalog.
type catalogReader struct{ *sql.Conn }

// Query implements [dialect.Queryer].
func (r catalogReader) Query(ctx context.Context, query string, args ...driver.Value) (out [][]driver.Value, err error) {
	err = r.Raw(func(dc any) error {
		named := make([]driver.NamedValue, len(args))
		for i, a := range args {
			named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		}
		rows, err := dc.(driver.QueryerContext).QueryContext(ctx, query, named)
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			row := make([]driver.Value, len(rows.Columns()))
			if err := rows.Next(row); err != nil {
				if err.Error() == "EOF" {
					return nil
				}
				return err
			}
			out = append(out, row)
		}
	})
	return out, err
}

// TestCorpusPlans plans every statement of the corpus for a real schema, and
// compares kind, tables, dependency, verdict and reach with what they were when a
// person last looked at them. Each is prepared on the server too, so that it is known
// to mean something there.
func TestCorpusPlans(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile(filepath.Join("testdata", "corpus_schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(pgx, server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec(t, db, string(schema))
	corpus, err := dialecttest.Corpus(filepath.Join("..", "..", "..", "dialect", "postgres", "testdata", "corpus.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	conns, catalogs := map[string]*sql.Conn{}, map[string]*dialect.Catalog{}
	for _, path := range []string{"public", "texts, public", "flags, public"} {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.ExecContext(t.Context(), "SET search_path = "+path); err != nil {
			t.Fatal(err)
		}
		conns[path] = conn
		if catalogs[path], err = postgres.Dialect.LoadCatalog(t.Context(), catalogReader{conn}); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	statements, cached, reads := 0, 0, 0
	for _, c := range corpus {
		name, text := c.Name, c.Text
		statements++
		path := corpusPaths[name]
		if path == "" {
			path = "public"
		}
		cat := catalogs[path]
		p := analysis.Make(postgres.Dialect, postgres.Parse(text), cat, analysis.Options{})
		st := p.Statement
		for _, table := range append(append([]dialect.Name{}, st.Reads...), st.Writes...) {
			if cat.Table(table) == nil && corpusMissing[table.Name] == "" {
				t.Errorf("%s: the schema has no table %s, so its plan says nothing", name, table)
			}
		}
		args := make(analysis.Args, st.Params)
		for i := range args {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: int64(i + 1)}
		}
		d := p.Describe(args)
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
		said := ""
		if stmt, err := conns[path].PrepareContext(t.Context(), text); err != nil {
			said = err.Error()
		} else if err := stmt.Close(); err != nil {
			t.Error(err)
		}
		if refusal := corpusRefused[name]; said != "" && (refusal == "" || !strings.Contains(said, refusal)) || said == "" && refusal != "" {
			t.Errorf("%s: PostgreSQL says %q, so its plan says nothing", name, said)
		}
	}
	t.Logf("figure: corpus: %d statements planned for a real schema; of %d reads %d may be cached", statements, reads, cached)
	golden.Compare(t, filepath.Join("testdata", "corpus.golden"), b.String())
}
