package integration

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

var (
	differentialSeed  = flag.Uint64("differential.seed", 1, "seed of TestDifferential")
	differentialSteps = flag.Int("differential.steps", 400, "writes in each run of TestDifferential")
)

// TestDifferential makes random reads and writes, and compares each cached read
// with the same read uncached, after every write. It is worth nothing if little
// was cached or all was dropped, so hit rate and precision have floors.
func TestDifferential(t *testing.T) {
	t.Parallel()
	for run := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", *differentialSeed+run), func(t *testing.T) {
			t.Parallel()
			newDifferential(t, *differentialSeed+run).run(t, *differentialSteps)
		})
	}
}

// differential is one run.
type differential struct {
	*cachedSQLite
	r       *rand.Rand
	queries []randomQuery

	reads, hits, dropped, changed int
}

// randomQuery is a query in the set that is compared after each write.
type randomQuery struct {
	text string
	args []any
	last [][]any
}

func newDifferential(t *testing.T, seed uint64) *differential {
	d := &differential{cachedSQLite: newCachedSQLite(t, nil), r: rand.New(rand.NewPCG(seed, 2))}
	exec(t, d.cached,
		`CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER, s TEXT COLLATE NOCASE, flag BOOLEAN, x, d NUMERIC(10,2) DEFAULT 2, r VARCHAR(9) COLLATE RTRIM)`,
		`CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id) ON DELETE CASCADE ON UPDATE SET NULL, s TEXT NOT NULL DEFAULT 'k')`,
		`CREATE TABLE c (k TEXT, v INTEGER, w INTEGER GENERATED ALWAYS AS (v % 3) VIRTUAL, PRIMARY KEY (k, v)) WITHOUT ROWID`,
		`CREATE TABLE l (id INTEGER PRIMARY KEY, n INTEGER)`,
		`CREATE TRIGGER bt AFTER INSERT ON b BEGIN INSERT INTO l (n) VALUES (new.a); END`,
		`CREATE VIEW v AS SELECT n, s FROM a WHERE flag`)
	for range 12 {
		d.write(t)
	}
	for range 60 {
		d.queries = append(d.queries, d.query())
	}
	return d
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// value returns a literal or a parameter.
func (d *differential) value(args *[]any, literals []string, values []any) string {
	if d.r.IntN(2) == 0 {
		return pick(d.r, literals...)
	}
	*args = append(*args, pick(d.r, values...))
	return "?"
}

var (
	intLiterals  = []string{"0", "1", "2", "3", "-1", "'1'", "2.0", "NULL", "TRUE"}
	intValues    = []any{0, 1, 2, 3, "2", 1.0, nil, true, int64(1) << 60}
	textLiterals = []string{"'a'", "'A'", "'b'", "'b '", "''", "NULL", "'k'"}
	textValues   = []any{"a", "A", "b", "B ", "c", nil, []byte("a"), "\u00e9"}
)

// term returns a condition on a table's column.
func (d *differential) term(table string, args *[]any, depth int) string {
	if depth > 0 && d.r.IntN(2) == 0 {
		x := d.term(table, args, depth-1)
		switch d.r.IntN(6) {
		case 0:
			return "NOT (" + x + ")"
		case 1:
			return "NOT (NOT (" + x + "))"
		case 2, 3:
			y := d.term(table, args, depth-1)
			return "(" + x + " OR " + y + ")"
		default:
			y := d.term(table, args, depth-1)
			return "(" + x + " AND " + y + ")"
		}
	}
	ints := map[string][]string{"a": {"id", "n", "flag", "x", "d"}, "b": {"id", "a"}, "c": {"v", "w"}, "l": {"n"}, "v": {"n"}}[table]
	texts := map[string][]string{"a": {"s", "r", "x"}, "b": {"s"}, "c": {"k"}, "v": {"s"}}[table]
	column, literals, values := pick(d.r, ints...), intLiterals, intValues
	if len(texts) > 0 && d.r.IntN(3) == 0 {
		column, literals, values = pick(d.r, texts...), textLiterals, textValues
	}
	v := func() string { return d.value(args, literals, values) }
	switch d.r.IntN(16) {
	case 0:
		return column + " IS NULL"
	case 1:
		return column + " IS NOT NULL"
	case 2:
		return column + " IN (" + v() + ", " + v() + ")"
	case 3:
		return column + " IS " + v()
	case 4:
		return column + " IS NOT DISTINCT FROM " + v()
	case 5:
		return column + pick(d.r, " < ", " > ", " <> ") + v()
	case 6:
		return column
	case 7:
		return column + pick(d.r, " IS TRUE", " IS FALSE", " IS NOT TRUE", " IS NOT FALSE")
	case 8:
		second := pick(d.r, ints...)
		return "(" + column + ", " + second + ") = (" + v() + ", " + d.value(args, intLiterals, intValues) + ")"
	case 9:
		second := pick(d.r, ints...)
		return "(" + column + ", " + second + ") IN (VALUES (" + v() + ", 1), (" + v() + ", 2))"
	case 10:
		return v() + " = " + column
	case 11:
		return column + " = " + v() + " COLLATE " + pick(d.r, "BINARY", "NOCASE")
	case 12:
		return column + " NOT IN (" + v() + ")"
	default:
		return column + pick(d.r, " = ", " == ") + v()
	}
}

// where returns a WHERE clause, or nothing.
func (d *differential) where(table string, args *[]any) string {
	if d.r.IntN(12) == 0 {
		return ""
	}
	return " WHERE " + d.term(table, args, 2)
}

// query returns a random query with an order, so that equal answers are equal.
func (d *differential) query() randomQuery {
	var q randomQuery
	table := pick(d.r, "a", "a", "a", "b", "b", "c", "c", "l", "v")
	switch d.r.IntN(12) {
	case 0:
		q.text = "SELECT count(*) FROM " + table + d.where(table, &q.args)
	case 1:
		q.text = "SELECT EXISTS (SELECT 1 FROM " + table + d.where(table, &q.args) + ")"
	case 2:
		q.text = "SELECT a.id, b.s FROM a LEFT JOIN b ON b.a = a.id WHERE " + pick(d.r, "b.id IS NULL", "a.n = 1", "b.s = 'a'") + " ORDER BY 1, 2"
	case 3:
		q.text = "SELECT s FROM a WHERE id IN (SELECT a FROM b" + d.where("b", &q.args) + ") ORDER BY id"
	default:
		q.text = "SELECT * FROM " + table + d.where(table, &q.args) + " ORDER BY 1, 2"
		if d.r.IntN(6) == 0 {
			q.text += " LIMIT 2"
		}
	}
	return q
}

// statement returns a random write.
func (d *differential) statement() (string, []any) {
	var args []any
	n := func() string { return d.value(&args, intLiterals, intValues) }
	s := func() string { return d.value(&args, textLiterals, textValues) }
	some := func() string { return fmt.Sprint(d.r.IntN(8)) }
	switch d.r.IntN(22) {
	case 0, 1:
		return "INSERT INTO a (n, s, flag, x) VALUES (" + n() + ", " + s() + ", " + n() + ", " + s() + ")", args
	case 2:
		return "INSERT INTO a (n, r) VALUES (" + n() + ", " + s() + "), (" + n() + ", " + s() + ")", args
	case 3:
		return "INSERT INTO b (a, s) SELECT id, 'a' FROM a WHERE n = " + n(), args
	case 4, 5:
		return "INSERT INTO b (a) VALUES (" + some() + ")", args
	case 6:
		return "INSERT OR REPLACE INTO a (id, n, s) VALUES (" + some() + ", " + n() + ", " + s() + ")", args
	case 7:
		return "INSERT INTO c (k, v) VALUES (" + pick(d.r, "'a'", "'b'", "'k'") + ", " + some() + ") ON CONFLICT (k, v) DO UPDATE SET v = v + 10", args
	case 8:
		return "INSERT OR IGNORE INTO c (k, v) VALUES ('a', " + some() + "), ('b', " + some() + ")", args
	case 9:
		return "DELETE FROM a WHERE id = " + some(), args
	case 10:
		return "DELETE FROM b" + d.where("b", &args), args
	case 11:
		return "DELETE FROM c WHERE v = " + n(), args
	case 12:
		return "UPDATE a SET id = id + 20 WHERE id = " + some(), args
	case 13:
		return "UPDATE c SET v = v + 1 WHERE k = " + s(), args
	case 14:
		return "UPDATE a SET s = " + s() + ", r = " + s() + " WHERE n = " + n(), args
	case 15:
		return "UPDATE OR IGNORE a SET id = 3 WHERE id = " + some(), args
	case 16:
		return "UPDATE a SET n = (SELECT count(*) FROM b) WHERE id = " + some(), args
	case 17:
		return "UPDATE a SET x = " + n() + ", d = " + n() + d.where("a", &args), args
	case 18:
		return "UPDATE b SET a = " + some() + ", s = " + s() + " WHERE id = " + some(), args
	case 19:
		return "DELETE FROM a WHERE id > 12", args
	default:
		return "UPDATE a SET n = " + n() + ", flag = " + n() + " WHERE id = " + some(), args
	}
}

// write carries out one write or transaction; what the database refuses is
// part of the test.
func (d *differential) write(t *testing.T) (what string) {
	t.Helper()
	ctx := context.Background()
	if d.r.IntN(4) > 0 {
		text, args := d.statement()
		_, err := d.cached.ExecContext(ctx, text, args...)
		return fmt.Sprintf("%s %v: %v", text, args, err)
	}
	tx, err := d.cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	run := func(text string, args ...any) {
		_, err := tx.ExecContext(ctx, text, args...)
		fmt.Fprintf(&log, "%s %v: %v; ", text, args, err)
	}
	for i := range 1 + d.r.IntN(4) {
		if d.r.IntN(3) == 0 {
			run(fmt.Sprint("SAVEPOINT s", i%2))
		}
		text, args := d.statement()
		run(text, args...)
		if d.r.IntN(3) == 0 {
			run(fmt.Sprint(pick(d.r, "ROLLBACK TO s", "RELEASE s"), i%2))
		}
	}
	end, name := tx.Commit, "COMMIT"
	if d.r.IntN(4) == 0 {
		end, name = tx.Rollback, "ROLLBACK"
	}
	return fmt.Sprintf("%s%s: %v", log.String(), name, end())
}

func (d *differential) run(t *testing.T, steps int) {
	for i := range d.queries {
		d.compare(t, &d.queries[i], "the start")
	}
	d.reads, d.hits, d.dropped, d.changed = 0, 0, 0, 0
	for step := range steps {
		what := d.write(t)
		for i := range d.queries {
			d.compare(t, &d.queries[i], fmt.Sprintf("step %d, %s", step, what))
		}
		i := d.r.IntN(len(d.queries))
		d.queries[i] = d.query()
		d.compare(t, &d.queries[i], "a new query")
	}
	rate := float64(d.hits) / float64(d.reads)
	precision := float64(d.changed) / float64(max(d.dropped, 1))
	t.Logf("%d reads compared, hit rate %.2f, precision %.2f (%d of %d dropped results had changed)", d.reads, rate, precision, d.changed, d.dropped)
	if rate < 0.5 {
		t.Errorf("hit rate %.2f: too little was cached for the comparison to mean anything", rate)
	}
	if precision < 0.08 {
		t.Errorf("precision %.2f: too much was dropped", precision)
	}
}

// compare reads through the cache and past it.
func (d *differential) compare(t *testing.T, q *randomQuery, when string) {
	t.Helper()
	before := d.cachedSQLite.hits.Load()
	got, err := scenarioRows(d.cached, q.text, q.args...)
	hit := d.cachedSQLite.hits.Load() > before
	want, bareErr := scenarioRows(d.bare, q.text, q.args...)
	if (err == nil) != (bareErr == nil) || err != nil && err.Error() != bareErr.Error() {
		t.Fatalf("%s %v: %v, the bare driver says %v", q.text, q.args, err, bareErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("STALE after %s\n%s %v (hit: %v) returned\n%v\nwant\n%v", when, q.text, q.args, hit, got, want)
	}
	d.reads++
	if hit {
		d.hits++
	} else if q.last != nil {
		d.dropped++
		if !reflect.DeepEqual(q.last, want) {
			d.changed++
		}
	}
	q.last = want
}
