package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// familySchema has foreign keys with actions over several levels.
//
//	users <- orders (cascade) <- lines (cascade, update cascade)
//	users <- notes (set null), badges (set default on both)
var familySchema = []string{
	"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
	"CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INT REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, city TEXT)",
	"CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE, item TEXT)",
	"CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INT REFERENCES users (id) ON DELETE SET NULL ON UPDATE SET NULL, text TEXT)",
	"CREATE TABLE badges (id INTEGER PRIMARY KEY, user_id INT DEFAULT 9 REFERENCES users (id) ON DELETE SET DEFAULT ON UPDATE SET DEFAULT, text TEXT)",
	"INSERT INTO users VALUES (1, 'ann'), (2, 'bob'), (3, 'cid'), (9, 'nobody')",
	"INSERT INTO orders VALUES (10, 1, 'rome'), (11, 1, 'oslo'), (20, 2, 'rome'), (30, 3, 'bern')",
	"INSERT INTO lines VALUES (100, 10, 'pen'), (101, 11, 'ink'), (200, 20, 'pen'), (300, 30, 'nib')",
	"INSERT INTO notes VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z')",
	"INSERT INTO badges VALUES (1, 1, 'x'), (2, 2, 'y'), (9, 9, 'z')",
}

func ordersOf(user int) string {
	return fmt.Sprintf("SELECT city FROM orders WHERE user_id = %d ORDER BY id", user)
}

func linesOf(order int) string {
	return fmt.Sprintf("SELECT item FROM lines WHERE order_id = %d ORDER BY id", order)
}

// The rows that a foreign key's action deletes or changes drop what they were
// and are read by, however far away they are, and nothing else.
func TestCascades(t *testing.T) {
	t.Parallel()
	const noNotes, badgesOf9 = "SELECT text FROM notes WHERE user_id IS NULL ORDER BY id", "SELECT text FROM badges WHERE user_id = 9 ORDER BY id"
	const notesOf1, notesOf2 = "SELECT text FROM notes WHERE user_id = 1", "SELECT text FROM notes WHERE user_id = 2"
	checkWrites(t, familySchema, []writeCase{
		{
			name: "delete", write: "DELETE FROM users WHERE id = ?", args: []any{1},
			drops: []string{"SELECT name FROM users WHERE id = 1", ordersOf(1), linesOf(10), linesOf(11), notesOf1, noNotes, "SELECT text FROM badges WHERE user_id = 1", badgesOf9},
			keeps: []string{"SELECT name FROM users WHERE id = 2", ordersOf(2), linesOf(20), linesOf(30), notesOf2, "SELECT text FROM badges WHERE user_id = 2"},
		},
		{
			name: "only the far table is read", write: "DELETE FROM users WHERE id = 1",
			drops: []string{linesOf(10), "SELECT id FROM lines WHERE item = 'ink'"}, keeps: []string{linesOf(20), "SELECT id FROM lines WHERE item = 'nib'"},
		},
		{
			name: "delete by a query", write: "DELETE FROM users WHERE id IN (SELECT user_id FROM orders WHERE city = 'oslo') RETURNING name",
			drops: []string{ordersOf(1), linesOf(10), noNotes}, keeps: []string{ordersOf(2), linesOf(20), notesOf2},
		},
		{
			name: "delete all", write: "DELETE FROM orders",
			drops: []string{ordersOf(1), linesOf(10), linesOf(30)}, keeps: []string{"SELECT name FROM users WHERE id = 1", linesOf(77)},
		},
		{
			name: "update of a key", write: "UPDATE users SET id = id + 1000 WHERE id = 1",
			drops: []string{ordersOf(1), ordersOf(1001), notesOf1, noNotes, badgesOf9}, keeps: []string{ordersOf(2), linesOf(10), notesOf2},
		},
		{
			name: "update of a key, many rows", write: "UPDATE orders SET id = -id",
			drops: []string{linesOf(10), linesOf(-10), linesOf(-30)}, keeps: []string{linesOf(5), "SELECT id FROM lines WHERE item = 'cup'"},
		},
		{
			name: "update of no key", write: "UPDATE users SET name = 'x' WHERE id = 1",
			drops: []string{"SELECT name FROM users WHERE id = 1"}, keeps: []string{ordersOf(1), notesOf1},
		},
		{
			name: "condition that changes", write: "DELETE FROM users WHERE id = 1 AND random() IS NOT NULL",
			drops: []string{ordersOf(1), linesOf(10), notesOf1}, keeps: []string{"SELECT name FROM users WHERE id = 2"},
		},
		{
			name: "self-reference", schema: []string{
				"CREATE TABLE folders (id INTEGER PRIMARY KEY, parent_id INT REFERENCES folders (id) ON DELETE CASCADE, name TEXT)",
				"INSERT INTO folders VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd'), (5, NULL, 'e'), (6, 5, 'f')",
			}, write: "DELETE FROM folders WHERE id = 1",
			drops: []string{"SELECT name FROM folders WHERE parent_id = 3", "SELECT name FROM folders WHERE id = 4"}, keeps: []string{"SELECT name FROM folders WHERE parent_id = 5", "SELECT name FROM folders WHERE id = 6"},
		},
		{
			name: "self-reference that is cut", schema: []string{
				"CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INT REFERENCES staff (id) ON DELETE SET NULL, name TEXT)",
				"INSERT INTO staff VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, NULL, 'd'), (5, 4, 'e')",
			}, write: "DELETE FROM staff WHERE id <= 2",
			drops: []string{"SELECT name FROM staff WHERE boss = 1", "SELECT name FROM staff WHERE boss = 2", "SELECT name FROM staff WHERE boss IS NULL AND name = 'c'"}, keeps: []string{"SELECT name FROM staff WHERE boss = 4"},
		},
		{
			name: "self-reference that follows", schema: []string{
				"CREATE TABLE nodes (id INTEGER PRIMARY KEY, code TEXT UNIQUE, up TEXT REFERENCES nodes (code) ON UPDATE CASCADE)",
				"INSERT INTO nodes VALUES (1, 'a', NULL), (2, 'b', 'a'), (3, 'c', 'b'), (4, 'x', NULL), (5, 'y', 'x')",
			}, write: "UPDATE nodes SET code = code || '!' WHERE id <= 2",
			drops: []string{"SELECT code FROM nodes WHERE up = 'a'", "SELECT code FROM nodes WHERE up = 'a!'", "SELECT id FROM nodes WHERE up = 'b!'"}, keeps: []string{"SELECT id FROM nodes WHERE up = 'x'"},
		},
		{
			name: "self-reference by the row's name", schema: []string{
				"CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INT REFERENCES nodes (id) ON UPDATE CASCADE)", "INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2), (-5, 3)",
			}, write: "UPDATE nodes SET id = id + 100",
			drops: []string{"SELECT id FROM nodes WHERE up = 1", "SELECT id FROM nodes WHERE up = 101", "SELECT id FROM nodes WHERE up = 103"},
		},
		{
			name: "ring", schema: []string{
				"CREATE TABLE a (id INTEGER PRIMARY KEY, b INT REFERENCES b (id) ON DELETE CASCADE)", "CREATE TABLE b (id INTEGER PRIMARY KEY, a INT REFERENCES a (id) ON DELETE CASCADE)",
				"PRAGMA foreign_keys = 0", "INSERT INTO a VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO b VALUES (1, 2), (2, 1), (3, 3)", "PRAGMA foreign_keys = 1",
			}, write: "DELETE FROM a WHERE id = 1",
			drops: []string{"SELECT b FROM a WHERE id = 2", "SELECT a FROM b WHERE id = 1", "SELECT a FROM b WHERE id = 2"}, keeps: []string{"SELECT b FROM a WHERE id = 3", "SELECT a FROM b WHERE id = 3"},
		},
		{
			name: "keys of several columns in another order", schema: []string{
				"CREATE TABLE p (a INT, b TEXT COLLATE NOCASE, c INT, PRIMARY KEY (b, a))", "CREATE TABLE k (id INTEGER PRIMARY KEY, x TEXT, y INT, FOREIGN KEY (x, y) REFERENCES p ON DELETE CASCADE)",
				"INSERT INTO p VALUES (1, 'Q', 0), (2, 'Q', 0), (1, 'r', 0)", "INSERT INTO k VALUES (1, 'q', '1'), (2, 'Q', 2), (3, 'R', 1), (4, NULL, 1)",
			}, write: "DELETE FROM p WHERE b = 'q' AND a = 1",
			drops: []string{"SELECT id FROM k WHERE id = 1"}, keeps: []string{"SELECT id FROM k WHERE id = 2", "SELECT id FROM k WHERE id = 3"},
		},
		{
			name: "values that only the parent's collation finds equal", schema: []string{
				"CREATE TABLE q (x TEXT PRIMARY KEY COLLATE RTRIM)", "CREATE TABLE l (id INTEGER PRIMARY KEY, x TEXT REFERENCES q (x) ON DELETE SET NULL)",
				"INSERT INTO q VALUES ('a  '), ('b')", "INSERT INTO l VALUES (1, 'a'), (2, 'b ')",
			}, write: "DELETE FROM q WHERE x = 'a'",
			drops: []string{"SELECT id FROM l WHERE x = 'a'", "SELECT id FROM l WHERE x IS NULL"}, keeps: []string{"SELECT id FROM l WHERE x = 'b '"},
		},
		{
			name: "values of other types", schema: []string{
				"CREATE TABLE p (x REAL PRIMARY KEY)", "CREATE TABLE k (id INTEGER PRIMARY KEY, x TEXT REFERENCES p (x) ON DELETE CASCADE)", "CREATE TABLE m (id INTEGER PRIMARY KEY, x REFERENCES p (x) ON DELETE CASCADE)",
				"INSERT INTO p VALUES (1), (2.5)", "INSERT INTO k VALUES (1, '1.0'), (2, '2.5')", "INSERT INTO m VALUES (1, 1), (2, 2.5)",
			}, write: "DELETE FROM p WHERE x = 1",
			drops: []string{"SELECT x FROM k WHERE id = 1", "SELECT x FROM m WHERE id = 1"}, keeps: []string{"SELECT x FROM k WHERE id = 2", "SELECT x FROM m WHERE id = 2"},
		},
		{
			name: "one key for both", schema: []string{
				"CREATE TABLE twins (user_id INTEGER PRIMARY KEY REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE, v TEXT)", "INSERT INTO twins VALUES (1, 'x'), (2, 'y')",
			}, write: "UPDATE users SET id = 100 WHERE id = 1",
			drops: []string{"SELECT v FROM twins WHERE user_id = 1", "SELECT v FROM twins WHERE user_id = 100"},
		},
		{
			name: "one key for both, deleted", schema: []string{
				"CREATE TABLE twins (user_id INTEGER PRIMARY KEY REFERENCES users (id) ON UPDATE CASCADE ON DELETE CASCADE, v TEXT)", "INSERT INTO twins VALUES (1, 'x'), (2, 'y')",
			}, write: "DELETE FROM users WHERE id = 1",
			drops: []string{"SELECT v FROM twins WHERE user_id = 1"}, keeps: []string{"SELECT v FROM twins WHERE user_id = 2"},
		},
		{
			name: "rows without a number", schema: []string{
				"CREATE TABLE tags (user_id INT REFERENCES users (id) ON DELETE CASCADE, tag TEXT, PRIMARY KEY (user_id, tag)) WITHOUT ROWID", "INSERT INTO tags VALUES (1, 'x'), (2, 'y')",
			}, write: "DELETE FROM users WHERE id = 1",
			drops: []string{"SELECT tag FROM tags WHERE user_id = 1", ordersOf(1)}, keeps: []string{ordersOf(2)},
		},
		{
			name: "trigger of a child", schema: []string{
				"CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)", "CREATE TRIGGER t AFTER DELETE ON lines BEGIN INSERT INTO log (what) VALUES (old.item); END",
			}, write: "DELETE FROM users WHERE id = 1",
			drops: []string{"SELECT what FROM log WHERE what = 'pen'", linesOf(10)}, keeps: []string{linesOf(20), ordersOf(2)},
		},
		{
			name: "trigger of a child that writes its siblings", schema: []string{
				"CREATE TRIGGER t AFTER DELETE ON lines BEGIN UPDATE lines SET item = 'gone' WHERE order_id = 20; UPDATE users SET name = 'gone' WHERE id = 2; END",
			}, write: "DELETE FROM users WHERE id = 1",
			drops: []string{linesOf(20), "SELECT name FROM users WHERE id = 2"},
		},
		{
			name: "key that changes twice", schema: []string{
				"CREATE TABLE ends (id INTEGER PRIMARY KEY)", "CREATE TABLE pairs (id INTEGER PRIMARY KEY, a INT REFERENCES ends (id) ON UPDATE CASCADE, b INT REFERENCES ends (id) ON UPDATE CASCADE, UNIQUE (a, b))",
				"CREATE TABLE paired (id INTEGER PRIMARY KEY, a INT, b INT, FOREIGN KEY (a, b) REFERENCES pairs (a, b) ON UPDATE CASCADE)",
				"INSERT INTO ends VALUES (1), (2)", "INSERT INTO pairs VALUES (1, 1, 2)", "PRAGMA foreign_keys = 0", "INSERT INTO paired VALUES (1, 1, 2), (2, 101, 2), (3, 1, 102)", "PRAGMA foreign_keys = 1",
			}, write: "UPDATE ends SET id = id + 100",
			drops: []string{"SELECT id FROM paired WHERE b = 2 ORDER BY id", "SELECT id FROM paired WHERE a = 101 ORDER BY id", "SELECT b FROM paired WHERE id = 2"},
		},
		{
			name: "inside a trigger", schema: []string{"CREATE TABLE kicks (id INTEGER PRIMARY KEY)", "CREATE TRIGGER t AFTER INSERT ON kicks BEGIN DELETE FROM users WHERE id = 1; END"},
			write: "INSERT INTO kicks VALUES (1)",
			drops: []string{ordersOf(1), linesOf(10), "SELECT id FROM kicks WHERE id = 1"}, keeps: []string{"SELECT id FROM kicks WHERE id = 2"},
		},
		{
			name: "replace", write: "REPLACE INTO users VALUES (1, 'new')",
			drops: []string{ordersOf(1), linesOf(10), notesOf1},
		},
		{
			name: "refused", schema: []string{"CREATE TABLE firm (user_id INT REFERENCES users (id))", "INSERT INTO firm VALUES (1)"},
			write: "DELETE FROM users WHERE id = 1", fails: true,
			keeps: []string{ordersOf(1), linesOf(10), notesOf1},
		},
	})
}

// A table that nobody read when its rows were reached may be read, and cached,
// before the transaction commits.
func TestChildrenFirstReadBeforeTheCommit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		first []string // what is read before the write
	}{
		{"nobody reads a child", []string{"SELECT name FROM users WHERE id = 1"}},
		{"somebody reads another child", []string{"SELECT text FROM notes WHERE user_id = 1"}},
		{"somebody reads what is behind", []string{linesOf(10)}},
		{"somebody reads the child otherwise", []string{"SELECT id FROM orders WHERE city = 'oslo'"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedSQLite(t, nil)
			exec(t, s.cached, familySchema...)
			for _, q := range tt.first {
				s.read(t, q)
			}
			late := []string{ordersOf(1), "SELECT name FROM users WHERE name = 'ann'", "SELECT id FROM lines WHERE item = 'ink'", "SELECT text FROM badges WHERE user_id = 9"}
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec("DELETE FROM users WHERE id = 1"); err != nil {
				t.Fatal(err)
			}
			for _, q := range late {
				s.read(t, q)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, q := range slices.Concat(tt.first, late) {
				want, _ := readWith(context.Background(), t, s, s.bare, q)
				if got, _ := s.read(t, q); got != want {
					t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
				}
			}
		})
	}
}

// With foreign keys switched off nothing is reached, and nothing is missed when
// they are switched on again.
func TestCascadesSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
	exec(t, s.cached, familySchema...)
	s.want(t, "rome,oslo", false, ordersOf(1))
	exec(t, s.cached, "PRAGMA foreign_keys = 0", "DELETE FROM users WHERE id = 1")
	if got, _ := s.read(t, ordersOf(1)); got != "rome,oslo" {
		t.Errorf("WRONG: %q", got)
	}
	exec(t, s.cached, "INSERT INTO users VALUES (1, 'again')", "PRAGMA foreign_keys = 1", "DELETE FROM users WHERE id = 1")
	if got, _ := s.read(t, ordersOf(1)); got != "" {
		t.Errorf("STALE: %q", got)
	}
}

// Where too many rows are reached their tables, and what is behind them, take
// an epoch; tables on other ways keep their images.
func TestCascadesAboveTheBound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fill  string
		keeps []string
	}{
		{"the far table", "INSERT INTO lines SELECT value + 1000, 10, 'x' FROM generate_series(1, 100)", []string{ordersOf(2), "SELECT text FROM notes WHERE user_id = 2"}},
		{"the near table", "INSERT INTO orders SELECT value + 1000, 1, 'x' FROM generate_series(1, 100)", []string{"SELECT text FROM notes WHERE user_id = 2"}},
		{"none", "SELECT 1", []string{ordersOf(2), linesOf(20), "SELECT text FROM notes WHERE user_id = 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxImages = 20 })
			exec(t, s.cached, familySchema...)
			exec(t, s.cached, strings.ReplaceAll(tt.fill, "generate_series(1, 100)",
				"(WITH RECURSIVE g (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM g WHERE value < 100) SELECT value FROM g)"))
			w := writeCase{write: "DELETE FROM users WHERE id = 1", drops: []string{ordersOf(1), linesOf(10), "SELECT text FROM notes WHERE user_id = 1"}, keeps: tt.keeps}
			w.check(t, s, false)
		})
	}
}

// Random trees of rows and random writes: after each, every read of every row
// of every table says what the database says.
func TestCascadesAtRandom(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	actions := []string{"CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"}
	for round := range 12 {
		s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) {
			c.MaxImages = []int{2000, 2000, 12}[round%3]
		})
		const tables, rows = 4, 7
		var schema []string
		for i := range tables {
			text := fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, code INT UNIQUE", i)
			keys := ""
			for k := range 2 {
				text += fmt.Sprintf(", f%d INT DEFAULT %d", k, rng.IntN(rows))
				keys += fmt.Sprintf(", FOREIGN KEY (f%d) REFERENCES t%d (%s) ON DELETE %s ON UPDATE %s DEFERRABLE INITIALLY DEFERRED", k, rng.IntN(tables),
					[]string{"id", "code"}[rng.IntN(2)], actions[rng.IntN(len(actions))], actions[rng.IntN(len(actions))])
			}
			schema = append(schema, text+keys+")")
		}
		if rng.IntN(3) == 0 {
			schema = append(schema, fmt.Sprintf("CREATE TRIGGER x AFTER DELETE ON t%d BEGIN UPDATE t%d SET f0 = NULL WHERE id = old.id; END", rng.IntN(tables), rng.IntN(tables)))
		}
		exec(t, s.bare, schema...)
		var reads []string
		for i := range tables {
			for n := range rows + 2 {
				for _, column := range []string{"id", "code", "f0", "f1"} {
					reads = append(reads, fmt.Sprintf("SELECT id || ' ' || ifnull(code, '') || ' ' || ifnull(f0, '') || ' ' || ifnull(f1, '') FROM t%d WHERE %s = %d ORDER BY id", i, column, n))
				}
			}
		}
		hits, checks := 0, 0
		for range 25 {
			for i := range tables { // orphans too: what nothing binds may come to be bound
				fill := []string{"PRAGMA foreign_keys = 0"}
				for n := range rows {
					fill = append(fill, fmt.Sprintf("INSERT OR IGNORE INTO t%d VALUES (%d, %d, %d, %d)", i, n, n, rng.IntN(rows), rng.IntN(rows)))
				}
				refill(t, s, append(fill, "PRAGMA foreign_keys = 1")...)
			}
			for _, q := range reads {
				s.read(t, q)
			}
			i, n := rng.IntN(tables), rng.IntN(rows)
			write := []string{
				fmt.Sprintf("DELETE FROM t%d WHERE id = %d", i, n),
				fmt.Sprintf("DELETE FROM t%d WHERE f0 = %d", i, n),
				fmt.Sprintf("UPDATE t%d SET code = code + 1 WHERE id = %d", i, rows-1),
				fmt.Sprintf("UPDATE t%d SET id = %d WHERE id = %d", i, rows+1, n),
				fmt.Sprintf("UPDATE t%d SET code = -code, f1 = f0 WHERE id >= %d", i, n),
				fmt.Sprintf("UPDATE OR IGNORE t%d SET code = %d WHERE id IN (SELECT f1 FROM t%d)", i, n, rng.IntN(tables)),
			}[rng.IntN(6)]
			_, err := s.cached.Exec(write)
			for _, q := range reads {
				want, _ := readWith(context.Background(), t, s, s.bare, q)
				got, hit := s.read(t, q)
				checks++
				if hit {
					hits++
				}
				if got != want {
					t.Fatalf("STALE after %s (%v): %s: %q, the database has %q\n%s", write, err, q, got, want, strings.Join(schema, "\n"))
				}
			}
		}
		t.Logf("round %d: %d hits in %d reads", round, hits, checks)
		if round%3 < 2 && hits < checks/2 {
			t.Errorf("only %d hits in %d reads:\n%s", hits, checks, strings.Join(schema, "\n"))
		}
	}
}

// refill writes rows behind the cache's back, and says so.
func refill(t *testing.T, s *cachedSQLite, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := s.bare.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range slices.Concat([]string{}, statements) {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := s.cache.Database("main").Invalidate(ctx, cacheops.All()); err != nil {
		t.Fatal(err)
	}
}
