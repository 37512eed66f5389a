package main

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What explain prints, whole. Each case is a file in testdata/explain.
func TestExplainGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
	}{
		{"get", []string{"SELECT name FROM products WHERE id = ?", "7"}},
		{"list", []string{"SELECT id, name FROM products WHERE category_id = ? AND active = 1 AND price_cents > ? ORDER BY price_cents LIMIT 24", "3", "-5"}},
		{"null", []string{"SELECT count(*) FROM reviews WHERE product_id IS ?", "NULL"}},
		{"text", []string{"SELECT * FROM orders WHERE status = ? OR status = ?", "new", "it's 7"}},
		{"whole", []string{"SELECT avg(total_cents) FROM orders"}},
		{"volatile", []string{"SELECT random(), id FROM products"}},
		{"catalog", []string{"SELECT name FROM sqlite_schema"}},
		{"insert", []string{"INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, 5, 'Good.')", "1", "2"}},
		{"update", []string{"UPDATE products SET stock = 0 WHERE id = ?", "7"}},
		{"insert-select", []string{"INSERT INTO orders (customer_id, status, total_cents) SELECT id, 'new', 0 FROM customers"}},
		{"ddl", []string{"CREATE TABLE wishes (id INTEGER PRIMARY KEY)"}},
		{"script", []string{"SELECT 1; DELETE FROM products"}},
		{"json", []string{"--json", "SELECT name FROM products WHERE id = ? AND stock < 5", "7"}},
		{"json-volatile", []string{"--json", "SELECT random() FROM products WHERE id = 1"}},
		{"json-update", []string{"--json", "UPDATE products SET stock = 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, append([]string{"explain"}, tt.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(tt.name, "json") {
				wantPlain(t, out)
			} else if !json.Valid([]byte(out)) {
				t.Errorf("no JSON: %s", out)
			}
			golden := filepath.Join("testdata", "explain", tt.name+".txt")
			if *update {
				if os.Getenv("CI") != "" {
					t.Fatal("-update is refused where CI is set; run it on a desk and look at the difference")
				}
				if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			// A checkout may have turned the line ends.
			if want := strings.ReplaceAll(string(want), "\r\n", "\n"); out != want {
				t.Errorf("printed\n%s\nwant\n%s", out, want)
			}
		})
	}
}

// The schema can be the user's, from a file of either kind.
func TestExplainSchema(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "schema.sql")
	if err := os.WriteFile(script, []byte("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE);\nCREATE VIEW mails AS SELECT email FROM users;"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "explain", "--schema", script, "SELECT * FROM users WHERE email = ?", "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"schema      " + script, "op          get", "users: email = 'ada@example.org'"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	path := makeFile(t)
	before := contents(t, filepath.Dir(path))
	out, err = run(t, "explain", "--db", path, "SELECT title FROM albums WHERE artist_id = ?", "7")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "albums: artist_id = 7") || !strings.Contains(out, filepath.Base(path)) {
		t.Errorf("printed\n%s", out)
	}
	// A write is explained too, and not run; neither is what hides behind one.
	for _, write := range []string{"DELETE FROM albums", "SELECT 1; DELETE FROM albums", "PRAGMA user_version = 7", "EXPLAIN DELETE FROM albums"} {
		if _, err := run(t, "explain", "--db", path, write); err != nil {
			t.Errorf("%s: %v", write, err)
		}
	}
	if after := contents(t, filepath.Dir(path)); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// Nothing of a statement runs: without a file too.
func TestExplainRunsNothing(t *testing.T) {
	t.Parallel()
	e, err := openExplained(t.Context(), explainFlags{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, statement := range []string{
		"INSERT INTO categories VALUES (1, 'x')", "SELECT 1; INSERT INTO categories VALUES (2, 'x')",
		"INSERT INTO categories VALUES (3, 'x'); SELECT 1", "DROP TABLE products",
	} {
		x, err := e.cached.explain(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.accept(t.Context(), x.Kind, statement, nil); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	got, err := readTable(t.Context(), e.bare, "SELECT (SELECT count(*) FROM categories), (SELECT count(*) FROM products)")
	if err != nil {
		t.Fatal(err)
	}
	if got.rows[0][0] != int64(0) || got.rows[0][1] != int64(0) {
		t.Errorf("the tables hold %v rows, want none", got.rows[0])
	}
}

// Explain leaves nothing behind.
func TestExplainClearsUp(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	if _, err := run(t, "explain", "SELECT 1 FROM products"); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "explain", "SELECT nix FROM products"); err == nil {
		t.Error("no error for a column that is not there")
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("explain left %v behind", left)
	}
}

func TestExplainErrors(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.sql")
	if err := os.WriteFile(bad, []byte("CREATE TABEL x (a)"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{nil, `cacheops: explain needs a statement, in quotes: cacheops explain "SELECT ..."`},
		{[]string{"SELEC 1"}, `cacheops: the database refuses the statement: SQL logic error: near "SELEC": syntax error (1)`},
		{[]string{"SELECT * FROM nowhere"}, "cacheops: the database refuses the statement: SQL logic error: no such table: nowhere (1)"},
		{[]string{"SELECT nix FROM products"}, "cacheops: the database refuses the statement: SQL logic error: no such column: nix (1)"},
		{[]string{"SELECT * FROM products WHERE id = ?"}, "cacheops: the database refuses the statement with 0 arguments: missing argument with index 1"},
		{[]string{"SELECT * FROM products WHERE id = ?", "1", "2"}, "cacheops: 2 arguments given, but the statement has fewer parameters: remove the last, or put the statement into quotes"},
		{[]string{"SELECT", "*", "FROM", "products"}, `cacheops: the database refuses the statement: SQL logic error: incomplete input (1)`},
		{[]string{"SELECT 1", "--json"}, "cacheops: --json comes after the statement: put flags before it, or the text into single quotes"},
		{[]string{"SELECT 1", "--db=x"}, "cacheops: --db comes after the statement: put flags before it, or the text into single quotes"},
		{[]string{"--schema", "none.sql", "SELECT 1"}, "cacheops: read the file given with --schema: open none.sql: no such file or directory"},
		{[]string{"--schema", bad, "SELECT 1"}, `cacheops: make the schema of ` + bad + `: SQL logic error: near "TABEL": syntax error (1)`},
		{[]string{"--schema", bad, "--db", bad, "SELECT 1"}, "if any flags in the group [db schema] are set none of the others can be; [db schema] were all set"},
	}
	for _, tt := range tests {
		out, err := run(t, append([]string{"explain"}, tt.args...)...)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v: error %v, want %s", tt.args, err, tt.want)
		}
		if out != "" {
			t.Errorf("%v: printed %q besides", tt.args, out)
		}
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word string
		want any
	}{
		{"7", int64(7)},
		{"-7", int64(-7)},
		{"+7", int64(7)},
		{"9223372036854775807", int64(math.MaxInt64)},
		{"9223372036854775808", float64(1 << 63)}, // as SQLite reads it
		{"7.5", 7.5},
		{"-1e3", -1000.0},
		{"NULL", nil},
		{"null", nil},
		{"'NULL'", "NULL"},
		{"'7'", "7"},
		{"'it''s'", "it's"},
		{"'", "'"},
		{"''", ""},
		{"", ""},
		{"Inf", "Inf"},
		{"NaN", "NaN"},
		{"0x10", "0x10"},
		{"1_000", "1_000"},
		{"1e", "1e"},
		{"e", "e"},
		{"1e999", "1e999"}, // no float
		{"2026-01-01", "2026-01-01"},
		{"ada@example.org", "ada@example.org"},
	}
	for _, tt := range tests {
		if got := value(tt.word); got != tt.want {
			t.Errorf("%s is %#v, want %#v", tt.word, got, tt.want)
		}
	}
}
