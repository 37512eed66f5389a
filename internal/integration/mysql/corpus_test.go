package mysql

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/dialecttest"
	"github.com/cacheops/cacheops/internal/golden"
)

// corpusRefused are the statements that MariaDB does not take here, by a part of what it
// says.
var corpusRefused = map[string]string{
	// What MySQL alone has.
	"for_share_of":     "Error 1064", // FOR SHARE
	"row_alias_upsert": "Error 1064", // the alias of a new row
	"row_alias_cols":   "Error 1064", // the alias of a new row
	"cte_update":       "Error 1064", // WITH before a write
	"cte_delete":       "Error 1064", // WITH before a write
	"lateral":          "Error 1064", // LATERAL
	"json_arrow":       "Error 1064", // -> and MEMBER OF
	"casts":            "Error 1064", // CAST AS JSON
	"values_row":       "Error 1064", // VALUES ROW
	"table_stmt":       "Error 1064", // TABLE
	"create_index":     "Error 1064", // an index on an expression
	"explain_analyze":  "Error 1064", // EXPLAIN ANALYZE
	"scalar_sub":       "Table 'db1.users' doesn't exist",
	"system_time":      "not system-versioned",
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
				if errors.Is(err, io.EOF) {
					return nil
				}
				return err
			}
			for i, v := range row {
				if b, ok := v.([]byte); ok {
					row[i] = bytes.Clone(b) // the driver's own
				}
			}
			out = append(out, row)
		}
	})
	return out, err
}

// TestCorpusPlans plans every statement of the corpora for a real schema, and
// compares kind, tables, dependency, verdict and reach with what they were when a
// person last looked at them. Each is prepared on the server too, so that it is known
// to mean something there, or that it does not.
func TestCorpusPlans(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile(filepath.Join("testdata", "corpus_schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	dsn := server.NewDatabase(t)
	if _, err := server.SQL(database(t, dsn), string(schema)); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	cat, err := mysql.Dialect.LoadCatalog(t.Context(), catalogReader{conn})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	statements, cached, reads := 0, 0, 0
	for _, file := range []string{"corpus.tsv", "mariadb.tsv"} {
		corpus, err := dialecttest.Corpus(filepath.Join("..", "..", "..", "dialect", "mysql", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range corpus {
			name, text := c.Name, c.Text
			statements++
			p := analysis.Make(mysql.Dialect, mysql.Parse(text), cat, analysis.Options{})
			args := make(analysis.Args, p.Statement.Params)
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
			if stmt, err := conn.PrepareContext(t.Context(), text); err != nil {
				said = err.Error()
			} else if err := stmt.Close(); err != nil {
				t.Error(err)
			}
			if refusal := corpusRefused[name]; said != "" && (refusal == "" || !strings.Contains(said, refusal)) || said == "" && refusal != "" {
				t.Errorf("%s: MariaDB says %q, so its plan says nothing", name, said)
			}
		}
	}
	t.Logf("figure: corpus: %d statements planned for a real schema; of %d reads %d may be cached", statements, reads, cached)
	golden.Compare(t, filepath.Join("testdata", "corpus.golden"), b.String())
}
