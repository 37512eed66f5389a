package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// writeCase is a write, with reads that it must drop and reads that it must
// keep.
type writeCase struct {
	name   string
	schema []string // beside shopSchema
	write  string
	args   []any
	drops  []string // their rows change
	keeps  []string // answered by the cache afterwards
	fails  bool
}

// shopSchema has two tables with rows of several shelves.
var shopSchema = []string{
	"CREATE TABLE goods (id INTEGER PRIMARY KEY, shelf INT, code TEXT UNIQUE COLLATE NOCASE, n INT DEFAULT 0)",
	"INSERT INTO goods VALUES (1, 1, 'a', 10), (2, 1, 'b', 20), (3, 2, 'c', 30), (4, 3, 'd', 40), (5, 4, 'e', 50)",
	"CREATE TABLE moves (good INT, shelf INT, amount INT)",
	"INSERT INTO moves VALUES (1, 2, 1), (3, 1, 2), (3, 1, 2), (99, 9, 9)",
}

// onShelf reads the goods of a shelf, whole.
func onShelf(n int) string {
	return fmt.Sprintf("SELECT id || ' ' || code || ' ' || n FROM goods WHERE shelf = %d ORDER BY id", n)
}

// checkWrites runs each write by itself and in a transaction of the program.
func checkWrites(t *testing.T, base []string, cases []writeCase) {
	t.Helper()
	for _, tt := range cases {
		for _, inTx := range []bool{false, true} {
			name := tt.name
			if inTx {
				name += ", in a transaction"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newCachedSQLite(t, nil)
				exec(t, s.cached, base...)
				exec(t, s.cached, tt.schema...)
				tt.check(t, s, inTx)
			})
		}
	}
}

func (tt *writeCase) check(t *testing.T, s *cachedSQLite, inTx bool) {
	t.Helper()
	ctx := context.Background()
	before := make(map[string]string)
	for _, q := range slices.Concat(tt.drops, tt.keeps) {
		before[q], _ = s.read(t, q)
		s.want(t, before[q], true, q)
	}
	var err error
	if inTx {
		err = inTransaction(ctx, s.cached, func(tx *sql.Tx) error { return runWrite(ctx, tx, tt.write, tt.args) })
	} else {
		err = runWrite(ctx, s.cached, tt.write, tt.args)
	}
	if (err != nil) != tt.fails {
		t.Fatalf("%s: %v", tt.write, err)
	}
	for _, q := range tt.drops {
		want, _ := readWith(ctx, t, s, s.bare, q)
		if want == before[q] {
			t.Errorf("the write does not change %s: %q", q, want)
		}
		if got, _ := s.read(t, q); got != want {
			t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
		}
	}
	for _, q := range tt.keeps {
		want, _ := readWith(ctx, t, s, s.bare, q)
		got, hit := s.read(t, q)
		if got != want {
			t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
		}
		if !hit {
			t.Errorf("PRECISION: %s was dropped", q)
		}
	}
}

func inTransaction(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// writer is a *sql.DB, *sql.Conn or *sql.Tx.
type writer interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// runWrite runs a write as a program does: as a query where it returns rows.
func runWrite(ctx context.Context, db writer, write string, args []any) error {
	if !strings.Contains(write, " RETURNING ") {
		_, err := db.ExecContext(ctx, write, args...)
		return err
	}
	rows, err := db.QueryContext(ctx, write, args...)
	if err != nil {
		return err
	}
	for rows.Next() { // to the end
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// Writes whose rows come from queries drop what those rows were and are read
// by, and nothing else.
func TestWritesByQueries(t *testing.T) {
	t.Parallel()
	checkWrites(t, shopSchema, []writeCase{
		{name: "insert select", write: "INSERT INTO goods (shelf, code, n) SELECT shelf, 'm' || good || rowid, amount FROM moves WHERE good < 50", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "insert select from itself", write: "INSERT INTO goods (shelf, code) SELECT shelf + 1, code || '!' FROM goods WHERE shelf = ?", args: []any{1}, drops: []string{onShelf(2)}, keeps: []string{onShelf(1), onShelf(3)}},
		{name: "insert default values", write: "INSERT INTO goods DEFAULT VALUES", drops: []string{"SELECT id FROM goods WHERE shelf IS NULL"}, keeps: []string{onShelf(1)}},
		{name: "insert a subquery", write: "INSERT INTO goods (shelf, code) VALUES ((SELECT max(shelf) FROM moves), 'x')", drops: []string{onShelf(9)}, keeps: []string{onShelf(1)}},
		{name: "insert with", write: "WITH w (s) AS (VALUES (2), (3)) INSERT INTO goods (shelf, code) SELECT s, 'w' || s FROM w", drops: []string{onShelf(2), onShelf(3)}, keeps: []string{onShelf(1)}},
		{name: "insert volatile values", write: "INSERT INTO goods (shelf, code) VALUES (2, hex(randomblob(4)))", drops: []string{onShelf(2)}, keeps: []string{onShelf(1)}},
		{name: "delete by a subquery", write: "DELETE FROM goods WHERE id IN (SELECT good FROM moves)", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "delete by a query with a limit", write: "DELETE FROM goods WHERE id IN (SELECT id FROM goods ORDER BY n DESC LIMIT 1)", drops: []string{onShelf(4)}, keeps: []string{onShelf(1), onShelf(2)}},
		{name: "delete with", write: "WITH w AS (SELECT good FROM moves WHERE amount = ?) DELETE FROM goods WHERE id IN w", args: []any{1}, drops: []string{onShelf(1)}, keeps: []string{onShelf(2)}},
		{name: "update by a subquery", write: "UPDATE goods SET shelf = 7 WHERE id IN (SELECT good FROM moves WHERE amount = 2)", drops: []string{onShelf(2), onShelf(7)}, keeps: []string{onShelf(1), onShelf(3)}},
		{name: "update to a subquery", write: "UPDATE goods SET shelf = (SELECT m.shelf FROM moves m WHERE m.good = goods.id) WHERE id = 1", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "update by a query over itself", write: "UPDATE goods SET n = n + (SELECT max(n) FROM goods) WHERE n = (SELECT min(n) FROM goods)", drops: []string{onShelf(1)}, keeps: []string{onShelf(2)}},
		{name: "update with", write: "WITH w (i, s) AS (VALUES (3, 8)) UPDATE goods SET shelf = (SELECT s FROM w WHERE i = id) WHERE id IN (SELECT i FROM w)", drops: []string{onShelf(2), onShelf(8)}, keeps: []string{onShelf(1)}},
		{name: "update from", write: "UPDATE goods AS g SET shelf = m.shelf + 5 FROM moves AS m WHERE m.good = g.id AND m.amount = ?", args: []any{2}, drops: []string{onShelf(2), onShelf(6)}, keeps: []string{onShelf(1), onShelf(3)}},
		{name: "update from values", write: "WITH v (id, n) AS (VALUES (1, 11), (3, 33)) UPDATE goods AS g SET n = v.n FROM v WHERE g.id = v.id", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "update from a left join", write: "UPDATE goods SET n = coalesce(b.amount, -1) FROM moves AS a LEFT JOIN moves AS b ON b.good = a.good AND b.amount > 5 WHERE a.good = goods.id AND a.amount = 1", drops: []string{onShelf(1)}, keeps: []string{onShelf(2)}},
		{name: "update or ignore", write: "UPDATE OR IGNORE goods SET code = 'z', shelf = 6 WHERE shelf IN (1, 2)", drops: []string{onShelf(1), onShelf(6)}, keeps: []string{onShelf(3)}},
		{name: "update to a volatile value", write: "UPDATE goods SET n = random() WHERE id = 1", drops: []string{onShelf(1)}, keeps: []string{onShelf(2)}},
		// Nothing can be told of these.
		{name: "update from a right join", write: "UPDATE goods SET n = 0 FROM moves AS a RIGHT JOIN (SELECT 1) ON 1 WHERE goods.shelf = 1", drops: []string{onShelf(1)}},
		{name: "update behind a CTE of its name", write: "WITH goods AS (SELECT 9 AS id, 9 AS shelf, 'x' AS code, 0 AS n) UPDATE goods SET shelf = 2 WHERE shelf = 1", drops: []string{onShelf(1), onShelf(2)}},
		{name: "update by a volatile query", write: "UPDATE goods SET n = -1 WHERE id IN (SELECT id FROM goods WHERE random() IS NOT NULL)", drops: []string{onShelf(1), onShelf(2)}},
		{name: "update of its name by a query", write: "UPDATE goods SET id = id + 100 WHERE id IN (SELECT good FROM moves)", drops: []string{onShelf(1), onShelf(2)}},
		{name: "update or replace", write: "UPDATE OR REPLACE goods SET code = 'c' WHERE id = 1", drops: []string{onShelf(1), onShelf(2)}},
	})
}

// reversing is a connection on which a statement is planned otherwise than the
// query before it: SQLite reads rows without an order from the other end.
type reversing struct{ driver.Conn }

func (c reversing) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	if strings.HasPrefix(q, "UPDATE") || strings.HasPrefix(q, "DELETE FROM goods") {
		if _, err := c.ExecContext(ctx, "PRAGMA reverse_unordered_selects = 1", nil); err != nil {
			return nil, err
		}
	}
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
}

func (c reversing) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
}

func (c reversing) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
}

func (c reversing) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

type reversingConnector struct{ driver.Connector }

func (r reversingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	return reversing{c}, err
}

// A query in a condition may find other rows when it is planned otherwise. What
// the statement changed counts, not what was found before it.
func TestWritesPlannedOtherwise(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, write, drops string }{
		{"update", "UPDATE goods SET n = n + 1 WHERE id IN (SELECT id FROM goods LIMIT 1)", onShelf(4)},
		{"update from", "UPDATE goods SET n = x.id FROM (SELECT id FROM goods LIMIT 1) AS x WHERE x.id = goods.id", onShelf(4)},
		{"delete", "DELETE FROM goods WHERE id IN (SELECT id FROM goods LIMIT 1)", "SELECT id FROM parts WHERE good = 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedSQLite(t, nil)
			s.gate.inner = reversingConnector{s.gate.inner}
			exec(t, s.bare, shopSchema...)
			exec(t, s.bare, "CREATE TABLE parts (id INTEGER PRIMARY KEY, good INT REFERENCES goods (id) ON DELETE CASCADE)", "INSERT INTO parts VALUES (1, 1), (5, 5)")
			before, _ := s.read(t, tt.drops)
			exec(t, s.cached, tt.write)
			want, _ := readWith(context.Background(), t, s, s.bare, tt.drops)
			if got, _ := s.read(t, tt.drops); got != want || want == before {
				t.Errorf("STALE: %q, the database has %q, and had %q", got, want, before)
			}
		})
	}
}

// Upserts drop what the row was read by that they update, and what the new row
// is read by.
func TestUpserts(t *testing.T) {
	t.Parallel()
	set := " DO UPDATE SET shelf = excluded.shelf, n = excluded.n"
	checkWrites(t, shopSchema, []writeCase{
		{name: "by the row's number", write: "INSERT INTO goods (id, shelf, code, n) VALUES (?, 2, 'x', 1) ON CONFLICT (id)" + set, args: []any{1}, drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "by the row's number as a text", write: "INSERT INTO goods (id, shelf, code, n) VALUES (?, 2, 'x', 1) ON CONFLICT (id)" + set, args: []any{"1"}, drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "by a text in other case", write: "INSERT INTO goods (shelf, code, n) VALUES (5, 'A', 1), (6, ?, 2) ON CONFLICT (code)" + set, args: []any{"C"}, drops: []string{onShelf(1), onShelf(2), onShelf(5), onShelf(6)}, keeps: []string{onShelf(3)}},
		{name: "of rows that are not there", write: "INSERT INTO goods (shelf, code) VALUES (3, 'x') ON CONFLICT (code)" + set, drops: []string{onShelf(3)}, keeps: []string{onShelf(1)}},
		{name: "of a new row", write: "INSERT INTO goods (shelf, code) VALUES (3, 'x') ON CONFLICT (id)" + set, drops: []string{onShelf(3)}, keeps: []string{onShelf(1)}},
		{name: "a row twice", write: "INSERT INTO goods (shelf, code, n) VALUES (5, 'a', 1), (6, 'A', 2), (7, 'y', 1), (8, 'Y', 2) ON CONFLICT (code)" + set, drops: []string{onShelf(1), onShelf(6), onShelf(8)}, keeps: []string{onShelf(2), onShelf(3)}},
		{name: "returning", write: "INSERT INTO goods (shelf, code) VALUES (3, 'a') ON CONFLICT (code)" + set + " RETURNING *", drops: []string{onShelf(1), onShelf(3)}, keeps: []string{onShelf(2)}},
		{name: "do nothing", write: "INSERT INTO goods (shelf, code) VALUES (3, 'a'), (4, 'x') ON CONFLICT DO NOTHING", drops: []string{onShelf(4)}, keeps: []string{onShelf(1), onShelf(3)}},
		{name: "moves the key", write: "INSERT INTO goods (shelf, code) VALUES (3, 'a') ON CONFLICT (code) DO UPDATE SET id = 100, code = 'moved', shelf = 2", drops: []string{onShelf(1), onShelf(2), "SELECT id FROM goods WHERE code = 'moved'"}, keeps: []string{onShelf(3), "SELECT shelf FROM goods WHERE id = 3"}},
		// Nothing can be told of these.
		{name: "on any key", write: "INSERT INTO goods (shelf, code) VALUES (3, 'a') ON CONFLICT" + set, drops: []string{onShelf(1), onShelf(3)}},
		{name: "of a query", write: "INSERT INTO goods (shelf, code) SELECT 3, 'a' WHERE 1 ON CONFLICT (code)" + set, drops: []string{onShelf(1), onShelf(3)}},
		{name: "by an expression", write: "INSERT INTO goods (shelf, code) VALUES (3, lower('A')) ON CONFLICT (code)" + set, drops: []string{onShelf(1), onShelf(3)}},
		{name: "by the row under another name", write: "INSERT INTO goods (rowid, shelf, code) VALUES (1, 3, 'x') ON CONFLICT (id)" + set, drops: []string{onShelf(1), onShelf(3)}},
		{
			name: "over a key of another collation", schema: []string{"CREATE UNIQUE INDEX any ON goods (code COLLATE BINARY)", "CREATE TABLE loose (name TEXT UNIQUE, shelf INT)", "CREATE UNIQUE INDEX loosely ON loose (name COLLATE NOCASE)", "INSERT INTO loose VALUES ('a', 1)"},
			write: "INSERT INTO loose VALUES ('A', 2) ON CONFLICT (name)" + set[:len(" DO UPDATE SET shelf = excluded.shelf")], drops: []string{"SELECT name FROM loose WHERE shelf = 1"},
		},
		{
			name: "of a float", schema: []string{"CREATE TABLE floats (x REAL PRIMARY KEY, shelf INT)", "INSERT INTO floats VALUES (9007199254740992, 1)"},
			write: "INSERT INTO floats VALUES (9007199254740993, 2) ON CONFLICT (x)" + set[:len(" DO UPDATE SET shelf = excluded.shelf")], drops: []string{"SELECT x FROM floats WHERE shelf = 1"},
		},
		{
			name: "by a default", schema: []string{"CREATE TABLE preset (a INT DEFAULT 1, b INT, shelf INT, UNIQUE (a, b))", "INSERT INTO preset VALUES (1, 1, 1), (2, 1, 2)"},
			write: "INSERT INTO preset (b, shelf) VALUES (1, 3) ON CONFLICT (a, b)" + set[:len(" DO UPDATE SET shelf = excluded.shelf")], drops: []string{"SELECT a FROM preset WHERE shelf = 1"},
		},
		{
			name: "by several columns", schema: []string{"CREATE TABLE pairs (a INT, b TEXT, shelf INT, UNIQUE (b, a))", "INSERT INTO pairs VALUES (1, 'x', 1), (2, 'x', 2), (1, 'y', 3)"},
			write: "INSERT INTO pairs (shelf, b, a) VALUES (4, 'x', ?), (5, 'y', 9) ON CONFLICT (a, b)" + set[:len(" DO UPDATE SET shelf = excluded.shelf")], args: []any{"1"},
			drops: []string{"SELECT a FROM pairs WHERE shelf = 1", "SELECT a FROM pairs WHERE shelf = 5"}, keeps: []string{"SELECT a FROM pairs WHERE shelf = 2", "SELECT a FROM pairs WHERE shelf = 3"},
		},
	})
}

// Triggers cost the tables that they write an epoch, and no other table.
func TestTriggersAndImages(t *testing.T) {
	t.Parallel()
	base := append(slices.Clone(shopSchema),
		"CREATE TABLE log (id INTEGER PRIMARY KEY, good INT, what TEXT UNIQUE)", "INSERT INTO log VALUES (1, 4, 'old')",
		"CREATE TABLE replies (id INTEGER PRIMARY KEY, log INT REFERENCES log (id) ON DELETE CASCADE)", "INSERT INTO replies VALUES (1, 1), (2, NULL)")
	logged := "SELECT what FROM log WHERE good = 1 ORDER BY id"
	checkWrites(t, base, []writeCase{
		{name: "after insert", schema: []string{"CREATE TRIGGER g AFTER INSERT ON goods BEGIN INSERT INTO log (good, what) VALUES (1, new.code); END"},
			write: "INSERT INTO goods (shelf, code) VALUES (2, 'x')", drops: []string{onShelf(2), logged}, keeps: []string{onShelf(1)}},
		{name: "before update", schema: []string{"CREATE TRIGGER g BEFORE UPDATE ON goods BEGIN INSERT INTO log (good, what) VALUES (1, old.code); END"},
			write: "UPDATE goods SET shelf = 2 WHERE id = 1", drops: []string{onShelf(1), onShelf(2), logged}, keeps: []string{onShelf(3)}},
		{name: "after delete", schema: []string{"CREATE TRIGGER g AFTER DELETE ON goods BEGIN INSERT INTO log (good, what) VALUES (1, old.code); END"},
			write: "DELETE FROM goods WHERE id = 1 RETURNING id", drops: []string{onShelf(1), logged}, keeps: []string{onShelf(3)}},
		{name: "of an upsert", schema: []string{"CREATE TRIGGER g AFTER UPDATE ON goods BEGIN INSERT INTO log (good, what) VALUES (1, old.code); END"},
			write: "INSERT INTO goods (id, shelf) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET shelf = 2", drops: []string{onShelf(1), onShelf(2), logged}, keeps: []string{onShelf(3)}},
		{name: "that writes the row again", schema: []string{"CREATE TRIGGER g AFTER UPDATE OF n ON goods BEGIN UPDATE goods SET shelf = 3 WHERE id = new.id; END"},
			write: "UPDATE goods SET n = 7 WHERE id = 1", drops: []string{onShelf(1), onShelf(3)}},
		{name: "that writes another row by two steps", schema: []string{
			"CREATE TRIGGER g AFTER UPDATE OF n ON goods BEGIN INSERT INTO log (good, what) VALUES (1, 'x'); END",
			"CREATE TRIGGER l AFTER INSERT ON log BEGIN UPDATE goods SET shelf = 3 WHERE id = 2; END",
		}, write: "UPDATE goods SET n = 7 WHERE id = 1", drops: []string{onShelf(1), onShelf(3), logged}},
		{name: "that ignores a row", schema: []string{"CREATE TRIGGER g AFTER UPDATE ON goods WHEN new.id = 1 BEGIN SELECT RAISE(IGNORE); END", "CREATE TRIGGER h BEFORE UPDATE ON goods WHEN new.id = 2 BEGIN SELECT RAISE(IGNORE); END"},
			write: "UPDATE goods SET shelf = 2 WHERE shelf = 1", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{onShelf(3)}},
		{name: "that aborts", schema: []string{"CREATE TRIGGER g AFTER UPDATE ON goods WHEN new.id = 2 BEGIN SELECT RAISE(ABORT, 'no'); END"},
			write: "UPDATE goods SET shelf = 2 WHERE shelf = 1", fails: true, keeps: []string{onShelf(1), onShelf(2), onShelf(3)}},
		{name: "inside which REPLACE replaces", schema: []string{"CREATE TRIGGER g AFTER INSERT ON goods BEGIN INSERT INTO log (good, what) VALUES (1, 'old'); END"},
			write: "INSERT OR REPLACE INTO goods (id, shelf) VALUES (1, 2)", drops: []string{logged, "SELECT id FROM replies WHERE log = 1"}},
	})
}

// RAISE(FAIL) leaves behind what was done before it, also in a statement that
// has images.
func TestTriggerThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	s, other := newCachedSQLite(t, nil), newCachedSQLite(t, nil)
	schema := append(slices.Clone(shopSchema), "CREATE TRIGGER g AFTER UPDATE ON goods WHEN new.id = 2 BEGIN SELECT RAISE(FAIL, 'enough'); END")
	exec(t, s.cached, schema...)
	exec(t, other.bare, schema...)
	s.read(t, onShelf(1))
	const write = "UPDATE goods SET shelf = 2 WHERE shelf = 1"
	_, err := s.cached.Exec(write)
	_, bareErr := other.bare.Exec(write)
	if err == nil || fmt.Sprint(err) != fmt.Sprint(bareErr) {
		t.Errorf("%v, the bare driver says %v", err, bareErr)
	}
	want, _ := readWith(context.Background(), t, other, other.bare, onShelf(1))
	if got, _ := s.read(t, onShelf(1)); got != want {
		t.Errorf("STALE or WRONG: %q, want %q", got, want)
	}
}

// failing is a connection on which queries for images fail, and with them the
// transaction ends, as on a full disk.
type failing struct{ reversing }

func (c failing) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	if strings.HasPrefix(q, "SELECT +") {
		if _, err := c.ExecContext(ctx, "ROLLBACK", nil); err != nil {
			return nil, err
		}
		return nil, errors.New("disk I/O error")
	}
	return c.reversing.PrepareContext(ctx, q)
}

type failingConnector struct{ driver.Connector }

func (r failingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	return failing{reversing{c}}, err
}

// An error of a query for images may end the transaction. The statement must
// not run then: it would be committed by itself, whatever the program does next.
func TestImagesThatEndTheTransaction(t *testing.T) {
	t.Parallel()
	for _, write := range []string{
		"UPDATE goods SET shelf = 2 WHERE shelf = 1",
		"INSERT INTO goods (id, shelf) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET shelf = 2",
		"DELETE FROM goods WHERE shelf = 1",
	} {
		for _, inTx := range []bool{false, true} {
			t.Run(fmt.Sprint(write[:6], inTx), func(t *testing.T) {
				t.Parallel()
				ctx := context.Background()
				s := newCachedSQLite(t, nil)
				s.gate.inner = failingConnector{s.gate.inner}
				exec(t, s.bare, shopSchema...)
				exec(t, s.bare, "CREATE TABLE parts (id INTEGER PRIMARY KEY, good INT REFERENCES goods (id) ON DELETE CASCADE)")
				before, _ := s.read(t, onShelf(1))
				s.read(t, "SELECT id FROM parts WHERE good = 1")
				if inTx {
					tx, err := s.cached.Begin()
					if err != nil {
						t.Fatal(err)
					}
					if _, err := tx.Exec(write); err == nil {
						t.Error("the statement passed")
					}
					_ = tx.Rollback() // there is none any more
				} else if _, err := s.cached.Exec(write); err == nil {
					t.Error("the statement passed")
				}
				want, _ := readWith(ctx, t, s, s.bare, onShelf(1))
				if got, _ := s.read(t, onShelf(1)); got != want || want != before {
					t.Errorf("STALE or WRONG: %q, the database has %q, and had %q", got, want, before)
				}
			})
		}
	}
}
