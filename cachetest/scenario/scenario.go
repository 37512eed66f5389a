// Package scenario runs the scenarios: a query, writes, and for each write
// whether the cached result must be dropped or must be kept. They are the same
// for every dialect and store.
package scenario

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
)

//go:embed blog.json
var blog []byte

// Suite is a schema, its data and the cases that run on it.
type Suite struct {
	Schema map[string][]string `json:"schema"` // by dialect
	Data   map[string][]string `json:"data"`
	Cases  []Case              `json:"cases"`
}

// Case is a query with the writes that follow it.
type Case struct {
	Name     string   `json:"name"`
	Query    string   `json:"query"`
	Args     []any    `json:"args"`
	Steps    []Step   `json:"steps"`
	Dialects []string `json:"dialects"` // empty: all
}

// Step is one write, alone or in a transaction, and what it does to the cached
// result.
type Step struct {
	Expect string      `json:"expect"` // "hit", "miss" or "any"
	Exec   *Statement  `json:"exec"`
	Tx     []Statement `json:"tx"`
	End    string      `json:"end"` // "commit" or "rollback"
}

// Statement is a text with its arguments.
type Statement struct {
	SQL  string `json:"sql"`
	Args []any  `json:"args"`
}

// Blog returns the suite of a small blog.
func Blog() (*Suite, error) {
	d := json.NewDecoder(bytes.NewReader(blog))
	d.UseNumber()
	var raw struct {
		About string `json:"about"`
		Suite
	}
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("cacheops: read the scenarios: %w", err)
	}
	s := &raw.Suite
	for i := range s.Cases {
		c := &s.Cases[i]
		numbers(c.Args)
		for j := range c.Steps {
			if e := c.Steps[j].Exec; e != nil {
				numbers(e.Args)
			}
			for k := range c.Steps[j].Tx {
				numbers(c.Steps[j].Tx[k].Args)
			}
		}
	}
	return s, nil
}

// numbers turns JSON numbers into int64 or float64.
func numbers(args []any) {
	for i, a := range args {
		n, ok := a.(json.Number)
		if !ok {
			continue
		}
		if v, err := n.Int64(); err == nil {
			args[i] = v
			continue
		}
		args[i], _ = n.Float64()
	}
}

// Target is a database to run a case on: a fresh one with the schema and the
// data in it, and every table cached with all ops.
type Target struct {
	// Cached is the handle under test, Bare one on the same database that knows
	// no cache.
	Cached, Bare *sql.DB
	// Hits returns how many reads of Cached, or calls of Read, the cache has answered
	// so far.
	Hits func() int
	// Read reads in place of Cached, and returns the rows as [Texts] does. It is for
	// what is cached above queries. Nil: Cached is read.
	Read func(query string, args ...any) ([][]string, error)
}

// Config says how to run a suite.
type Config struct {
	// Dialect names the schema and data to take.
	Dialect string
	// Placeholders rewrites "?" for the dialect. Nil leaves texts as they are.
	Placeholders func(query string) string
	// Open makes a target for one case.
	Open func(t *testing.T, schema, data []string) Target
}

// Run runs every case of the suite for the dialect, each as a subtest.
func Run(t *testing.T, s *Suite, cfg Config) {
	t.Helper()
	if cfg.Placeholders == nil {
		cfg.Placeholders = func(q string) string { return q }
	}
	if len(s.Schema[cfg.Dialect]) == 0 {
		t.Fatalf("the suite has no schema for %q", cfg.Dialect)
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		if len(c.Dialects) > 0 && !slices.Contains(c.Dialects, cfg.Dialect) {
			continue
		}
		t.Run(strings.ReplaceAll(c.Name, "/", " "), func(t *testing.T) {
			t.Parallel()
			r := runner{cfg: &cfg, c: c, target: cfg.Open(t, s.Schema[cfg.Dialect], s.Data[cfg.Dialect])}
			r.run(t)
		})
	}
}

// runner runs one case.
type runner struct {
	cfg    *Config
	c      *Case
	target Target
}

func (r *runner) run(t *testing.T) {
	r.read(t, "the first read", "any")
	r.read(t, "the second read", "hit")
	for i := range r.c.Steps {
		step := &r.c.Steps[i]
		r.write(t, step)
		r.read(t, fmt.Sprintf("the read after step %d (%s)", i+1, step.text()), step.Expect)
		r.read(t, fmt.Sprintf("the second read after step %d", i+1), "hit")
	}
}

// text names a step in messages.
func (s *Step) text() string {
	if s.Exec != nil {
		return s.Exec.SQL
	}
	var b strings.Builder
	for _, st := range s.Tx {
		b.WriteString(st.SQL + "; ")
	}
	return b.String() + s.End
}

func (r *runner) write(t *testing.T, s *Step) {
	t.Helper()
	ctx := context.Background()
	if s.Exec != nil {
		if _, err := r.target.Cached.ExecContext(ctx, r.cfg.Placeholders(s.Exec.SQL), s.Exec.Args...); err != nil {
			t.Fatalf("%s: %v", s.Exec.SQL, err)
		}
		return
	}
	tx, err := r.target.Cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range s.Tx {
		if _, err := tx.ExecContext(ctx, r.cfg.Placeholders(st.SQL), st.Args...); err != nil {
			t.Fatalf("%s: %v", st.SQL, err)
		}
	}
	end := tx.Commit
	if s.End == "rollback" {
		end = tx.Rollback
	}
	if err := end(); err != nil {
		t.Fatalf("%s: %v", s.End, err)
	}
}

// read runs the query and compares its rows with those of the bare handle.
func (r *runner) read(t *testing.T, what, expect string) {
	t.Helper()
	query := r.cfg.Placeholders(r.c.Query)
	before := r.target.Hits()
	var got, want any
	var rows [][]any
	var err error
	if r.target.Read != nil {
		got, err = r.target.Read(query, r.c.Args...)
	} else {
		got, err = Rows(r.target.Cached, query, r.c.Args...)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	hit := r.target.Hits() > before
	if rows, err = Rows(r.target.Bare, query, r.c.Args...); err != nil {
		t.Fatalf("%s without the cache: %v", what, err)
	}
	if want = rows; r.target.Read != nil {
		want = Texts(rows)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("STALE: %s (hit: %v) returned\n%v\nwant\n%v", what, hit, got, want)
	}
	switch {
	case expect == "hit" && !hit:
		t.Errorf("%s did not hit", what)
	case expect == "miss" && hit:
		t.Errorf("%s hit, and must not", what)
	}
}

// Rows runs a query and returns its column names and all its rows as the driver
// gave them.
func Rows(db *sql.DB, query string, args ...any) ([][]any, error) {
	return rowsUnder(context.Background(), db, query, args...)
}

func rowsUnder(ctx context.Context, db *sql.DB, query string, args ...any) ([][]any, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	head := make([]any, len(columns))
	for i, c := range columns {
		head[i] = c
	}
	out := [][]any{head}
	for rows.Next() {
		row := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// ThroughFunc returns a [Target.Read] of a function whose results are cached, and
// which depends on whatever it reads. It runs the query on a handle, and nothing else.
func ThroughFunc(cache *cacheops.Cache, db *sql.DB) (read func(query string, args ...any) ([][]string, error)) {
	return func(query string, args ...any) ([][]string, error) {
		f, err := cacheops.NewFunc(cache, "scenario", func(ctx context.Context, _ string) ([][]string, error) {
			rows, err := rowsUnder(ctx, db, query, args...)
			return Texts(rows), err
		})
		if err != nil {
			return nil, err
		}
		return f.Call(context.Background(), fmt.Sprintf("%q %#v", query, args))
	}
}

// Texts writes what [Rows] returned, so that values of unlike types differ.
func Texts(rows [][]any) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(row))
		for j, v := range row {
			out[i][j] = fmt.Sprintf("%T %v", v, v)
		}
	}
	return out
}
