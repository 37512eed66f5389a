package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
)

// twinSchema has a table for each thing that tables of MariaDB have which others do not.
var twinSchema = []string{
	"CREATE TABLE goods (id INT PRIMARY KEY AUTO_INCREMENT, v INT DEFAULT 7, code VARCHAR(6) UNIQUE, note TEXT, at DATETIME(3) NULL, price DECIMAL(10,2), big BIGINT UNSIGNED, e ENUM('a','b'), bits BIT(5), j JSON)",
	"CREATE TABLE single (id INT PRIMARY KEY)",
	"CREATE TABLE keyless (a INT, b VARCHAR(10))",
	"CREATE TABLE pairs (a INT, b VARCHAR(5), v INT, PRIMARY KEY (a, b))",
	"CREATE TABLE hidden (id INT PRIMARY KEY, v INT INVISIBLE DEFAULT 3, w INT)",
	"CREATE TABLE versioned (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING",
	"CREATE TABLE checked (id INT PRIMARY KEY, v INT CHECK (v > 0), CONSTRAINT small CHECK (v < 100))",
	"CREATE TABLE logs (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(30))",
	"CREATE TABLE watched (id INT PRIMARY KEY, v INT)",
	"CREATE TABLE derived (id INT PRIMARY KEY, v INT, twice INT AS (v * 2) VIRTUAL, kept INT AS (v + 1) PERSISTENT)",
	"CREATE TABLE parts (id INT, v INT, PRIMARY KEY (id)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
	"CREATE TABLE parents (id INT PRIMARY KEY, v INT)",
	"CREATE TABLE children (id INT PRIMARY KEY, parent INT, v INT, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE)",
	"CREATE TABLE orphans (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE SET NULL)",
	"CREATE TABLE holders (id INT PRIMARY KEY, good INT, FOREIGN KEY (good) REFERENCES goods (id))",
	"CREATE TABLE plainest (id INT PRIMARY KEY, v INT) ENGINE = MyISAM",
	"CREATE SEQUENCE counter",
	"CREATE TABLE counted (id INT PRIMARY KEY DEFAULT NEXT VALUE FOR counter, v INT)",
	"CREATE TABLE periods (id INT, v INT, s DATE, e DATE, PERIOD FOR p (s, e))",
	"CREATE TABLE strict_ones (id INT PRIMARY KEY, t TINYINT NOT NULL, d DATE NOT NULL, s VARCHAR(3) NOT NULL)",
	"CREATE TABLE exact (id INT PRIMARY KEY, v INT, d DECIMAL(40,20), f FLOAT, u BIGINT UNSIGNED, note TEXT)",
	"CREATE VIEW seen AS SELECT id, v FROM goods WHERE v < 50 WITH CHECK OPTION",
	"CREATE VIEW joined AS SELECT g.id, g.v, p.v AS pv FROM goods g JOIN parents p ON p.id = g.id",
	"CREATE TRIGGER watching_i AFTER INSERT ON watched FOR EACH ROW INSERT INTO logs (what) VALUES (CONCAT('i', NEW.id))",
	"CREATE TRIGGER watching_u AFTER UPDATE ON watched FOR EACH ROW INSERT INTO logs (what) VALUES (CONCAT('u', NEW.id))",
	"CREATE TRIGGER watching_d BEFORE DELETE ON watched FOR EACH ROW IF OLD.v = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one', MYSQL_ERRNO = 3333; END IF",
	"CREATE TRIGGER watching_n BEFORE UPDATE ON watched FOR EACH ROW IF NEW.v = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never that'; END IF",
	"CREATE PROCEDURE p_two() BEGIN SELECT 1 AS a; SELECT id, v FROM goods ORDER BY id; END",
	"CREATE PROCEDURE p_write(n INT) BEGIN UPDATE goods SET v = n WHERE id = 1; SELECT v FROM goods WHERE id = 1; UPDATE goods SET v = n + 1 WHERE id = 2; END",
	"CREATE PROCEDURE p_out(IN n INT, OUT m INT) SET m = n + 1",
	"CREATE PROCEDURE p_fail() BEGIN SELECT 1 AS a; UPDATE goods SET v = 41 WHERE id = 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'later'; END",
	"CREATE PROCEDURE p_commit() BEGIN UPDATE goods SET v = 42 WHERE id = 1; COMMIT; UPDATE goods SET v = 43 WHERE id = 1; END",
	"CREATE FUNCTION f_pure(n INT) RETURNS INT DETERMINISTIC RETURN n + 1",
	"CREATE FUNCTION f_write(n INT) RETURNS INT BEGIN UPDATE parents SET v = n WHERE id = 3; RETURN n; END",
	"CREATE FUNCTION f_fail(n INT) RETURNS INT BEGIN IF n > 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too much'; END IF; RETURN n; END",
}

// twinRows are the rows of twinSchema, which each case begins with.
var twinRows = []string{
	"INSERT INTO goods VALUES (1, 1, 'a', 'one', '2024-01-01', 1.5, 1, 'a', 1, '{}'), (2, 2, 'b', 'two', NULL, NULL, NULL, NULL, NULL, NULL), (3, 3, 'c', NULL, '2024-01-03 01:02:03.004', 3, 18446744073709551615, 'b', 31, '[1]'), (4, 3, NULL, '', NULL, 0, 0, 'a', 0, '1')",
	"INSERT INTO single VALUES (1), (2), (3)",
	"INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, NULL)",
	"INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)",
	"INSERT INTO hidden (id, v, w) VALUES (1, 1, 1), (2, 2, 2)",
	"INSERT INTO versioned VALUES (1, 1), (2, 2), (3, 3)",
	"INSERT INTO checked VALUES (1, 1), (2, 2), (3, 50)",
	"INSERT INTO logs VALUES (1, 'first')",
	"INSERT INTO watched VALUES (1, 1), (2, 2), (3, 13)",
	"INSERT INTO derived (id, v) VALUES (1, 1), (2, 2)",
	"INSERT INTO parts VALUES (1, 1), (2, 2), (11, 3)",
	"INSERT INTO parents VALUES (1, 1), (2, 2), (3, 3)",
	"INSERT INTO children VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3)",
	"INSERT INTO orphans VALUES (1, 1), (2, 3)",
	"INSERT INTO holders VALUES (1, 1)",
	"INSERT INTO plainest VALUES (1, 1), (2, 2)",
	"INSERT INTO counted VALUES (1000, 1)",
	"INSERT INTO periods VALUES (1, 1, '2024-01-01', '2024-12-31')",
	"INSERT INTO exact VALUES (1, 1, 0.1, 0.1, 1, 'x'), (2, 2, 0.10000000000000000001, 0.1, 18446744073709551615, 'y'), (3, 3, 0.2, 0.2, NULL, NULL)",
	"INSERT INTO strict_ones VALUES (1, 1, '2024-01-01', 'abc')",
}

// twinTables are those whose rows are compared, with what is to be read of them.
var twinTables = []string{
	"goods", "single", "keyless", "pairs", "hidden", "checked", "logs", "watched", "derived", "parts", "parents", "children", "orphans", "holders",
	"plainest", "counted", "periods", "strict_ones", "exact",
}

// twinReads have the tables in the cache.
var twinReads = []string{
	"SELECT id, v FROM goods WHERE v = 3", "SELECT * FROM goods WHERE id = 1", "SELECT COUNT(*) FROM goods", "SELECT note FROM goods WHERE code = 'a'",
	"SELECT * FROM single", "SELECT id FROM single WHERE id = 2", "SELECT * FROM keyless", "SELECT v FROM pairs WHERE b = 'x'", "SELECT id, v, w FROM hidden", "SELECT w FROM hidden WHERE v = 1",
	"SELECT id, v FROM versioned", "SELECT id, v FROM versioned WHERE id = 1", "SELECT v FROM checked WHERE id = 3", "SELECT what FROM logs", "SELECT id, v FROM watched WHERE v = 2", "SELECT * FROM watched",
	"SELECT * FROM derived WHERE v = 1", "SELECT v FROM derived WHERE kept = 3", "SELECT * FROM parts WHERE v = 1", "SELECT * FROM parents", "SELECT v FROM parents WHERE id = 3",
	"SELECT * FROM children WHERE parent = 1", "SELECT * FROM orphans WHERE parent IS NULL", "SELECT * FROM holders", "SELECT * FROM plainest WHERE v = 1", "SELECT COUNT(*), MAX(v) FROM counted",
	"SELECT * FROM periods", "SELECT * FROM strict_ones", "SELECT * FROM exact WHERE v = 2", "SELECT id FROM exact WHERE d = 0.1", "SELECT note FROM exact WHERE u = 1",
	"SELECT * FROM seen", "SELECT * FROM joined",
}

// twins are a database that is reached through the cache, and one with the same rows that
// is reached by the driver alone.
type twins struct {
	ours, theirs *cachedMySQL
	fresh        string // the rows to begin with
}

func newTwins(t *testing.T, mode string) *twins {
	t.Helper()
	w := &twins{ours: newCachedMySQL(t, mode, nil), theirs: newCachedMySQL(t, mode, nil)}
	for _, s := range []*cachedMySQL{w.ours, w.theirs} {
		exec(t, s.bare, twinSchema...)
	}
	w.refill(t)
	w.fresh = twinDump(t, w.theirs)
	return w
}

// check runs a case through both handles: what they say and what rows they leave must be
// the same, and what is cached must be what the database has.
func (w *twins) check(t *testing.T, c *twinCase, bound, way string) {
	t.Helper()
	ctx := t.Context()
	if twinDump(t, w.ours) != w.fresh || twinDump(t, w.theirs) != w.fresh {
		w.refill(t)
	}
	for _, q := range twinReads {
		for range 2 {
			if got := twinAnswer(ctx, w.ours.cached, q); strings.HasPrefix(got, "error") {
				t.Fatal(q, got)
			}
		}
	}
	ours, theirs := w.says(t, w.ours, c, bound, way), w.says(t, w.theirs, c, bound, way)
	if ours != theirs {
		t.Errorf("%s, %s, %s:\nthrough the cache:\n%s\nthe driver alone:\n%s", c, bound, way, ours, theirs)
	}
	if ours, theirs := twinDump(t, w.ours), twinDump(t, w.theirs); ours != theirs {
		t.Errorf("%s, %s, %s: the rows behind the cache are\n%s\nand those of the driver alone\n%s", c, bound, way, ours, theirs)
	}
	for _, q := range twinReads {
		want := twinAnswer(ctx, w.ours.bare, q)
		if got := twinAnswer(ctx, w.ours.cached, q); got != want {
			t.Errorf("STALE after %s, %s, %s: %s:\n%s\nthe database has\n%s", c, bound, way, q, got, want)
		}
	}
}

// refill puts the rows of both back, and the numbers that are next.
func (w *twins) refill(t *testing.T) {
	t.Helper()
	text := "SET foreign_key_checks = 0; ALTER SEQUENCE counter RESTART 1; DELETE FROM versioned; "
	for _, table := range twinTables {
		text += "TRUNCATE " + table + "; "
	}
	text += "ALTER TABLE logs AUTO_INCREMENT = 1; ALTER TABLE goods AUTO_INCREMENT = 1; " + strings.Join(twinRows, "; ")
	for _, s := range []*cachedMySQL{w.ours, w.theirs} {
		if _, err := server.SQL(database(t, s.dsn), text); err != nil {
			t.Fatal(err)
		}
	}
	w.ours.forget(t)
}

// twinDump tells the rows of a database, as far as they are the same in each.
func twinDump(t *testing.T, s *cachedMySQL) string {
	t.Helper()
	var out strings.Builder
	for _, text := range []string{
		"CHECKSUM TABLE " + strings.Join(twinTables, ", "), "SELECT id, v FROM versioned ORDER BY id",
	} {
		for line := range strings.Lines(twinAnswer(t.Context(), s.bare, text)) {
			out.WriteString(strings.ReplaceAll(line, database(t, s.dsn), "DB"))
		}
	}
	return out.String()
}

// twinSession is what runs statements.
type twinSession interface {
	querier
	executor
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// twinAnswer is all that a program hears of a statement that it asks rows of.
func twinAnswer(ctx context.Context, db querier, text string, args ...any) string {
	rows, err := db.QueryContext(ctx, text, args...)
	return twinRowsOf(rows, err)
}

func twinRowsOf(rows *sql.Rows, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	defer rows.Close()
	var b strings.Builder
	for n := 0; ; n++ {
		types, err := rows.ColumnTypes()
		if err != nil {
			fmt.Fprintln(&b, "types:", err)
		}
		into := make([]any, len(types))
		for i, c := range types {
			length, hasLength := c.Length()
			precision, scale, hasScale := c.DecimalSize()
			nullable, known := c.Nullable()
			fmt.Fprint(&b, c.Name(), " ", c.DatabaseTypeName(), " ", c.ScanType(), " ", length, hasLength, precision, scale, hasScale, nullable, known, "; ")
			into[i] = new(any)
		}
		b.WriteByte('\n')
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				fmt.Fprintln(&b, "scan:", err)
			}
			for _, v := range into {
				switch v := (*v.(*any)).(type) {
				case []byte:
					fmt.Fprintf(&b, "%q ", v)
				default:
					fmt.Fprintf(&b, "%T:%v ", v, v)
				}
			}
			b.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			fmt.Fprintln(&b, "rows:", err)
		}
		if !rows.NextResultSet() {
			break
		}
		fmt.Fprintln(&b, "-- next")
	}
	fmt.Fprintln(&b, "end:", rows.Err(), rows.Close())
	return b.String()
}

func twinResult(res sql.Result, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	id, err1 := res.LastInsertId()
	n, err2 := res.RowsAffected()
	return fmt.Sprint("id ", id, ", affected ", n, err1, err2)
}

// twinWays are the ways to run a statement.
var twinWays = map[string]func(ctx context.Context, db twinSession, text string, args ...any) string{
	"query": func(ctx context.Context, db twinSession, text string, args ...any) string {
		return twinAnswer(ctx, db, text, args...)
	},
	"exec": func(ctx context.Context, db twinSession, text string, args ...any) string {
		return twinResult(db.ExecContext(ctx, text, args...))
	},
	"prepared query": func(ctx context.Context, db twinSession, text string, args ...any) string {
		st, err := db.PrepareContext(ctx, text)
		if err != nil {
			return "error: " + err.Error()
		}
		defer st.Close()
		return twinRowsOf(st.QueryContext(ctx, args...))
	},
	"prepared exec": func(ctx context.Context, db twinSession, text string, args ...any) string {
		st, err := db.PrepareContext(ctx, text)
		if err != nil {
			return "error: " + err.Error()
		}
		defer st.Close()
		return twinResult(st.ExecContext(ctx, args...))
	},
}

// twinBounds are what a statement may stand in: each runs f and tells what it hears
// itself.
var twinBounds = map[string]func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string{
	"alone": func(_ context.Context, c *sql.Conn, f func(twinSession) string) string { return f(c) },
	"tx": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTx(ctx, c, nil, true, f)
	},
	"read committed": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTx(ctx, c, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, true, f)
	},
	"serializable": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTx(ctx, c, &sql.TxOptions{Isolation: sql.LevelSerializable}, true, f)
	},
	"rolled back": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTx(ctx, c, nil, false, f)
	},
	"read only": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTx(ctx, c, &sql.TxOptions{ReadOnly: true}, true, f)
	},
	"begin": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTexts(ctx, c, "BEGIN", "COMMIT", f)
	},
	"savepoint": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		out := twinResult(c.ExecContext(ctx, "START TRANSACTION")) + twinResult(c.ExecContext(ctx, "INSERT INTO single VALUES (77)")) + twinResult(c.ExecContext(ctx, "SAVEPOINT s"))
		return out + "\n" + f(c) + "\n" + twinResult(c.ExecContext(ctx, "ROLLBACK TO s")) + twinResult(c.ExecContext(ctx, "COMMIT"))
	},
	"autocommit off": func(ctx context.Context, c *sql.Conn, f func(twinSession) string) string {
		return twinTexts(ctx, c, "SET autocommit = 0", "ROLLBACK", f)
	},
}

func twinTexts(ctx context.Context, c *sql.Conn, begin, end string, f func(twinSession) string) string {
	out := twinResult(c.ExecContext(ctx, begin))
	return out + "\n" + f(c) + "\n" + twinResult(c.ExecContext(ctx, end))
}

func twinTx(ctx context.Context, c *sql.Conn, o *sql.TxOptions, commit bool, f func(twinSession) string) string {
	tx, err := c.BeginTx(ctx, o)
	if err != nil {
		return "begin: " + err.Error()
	}
	out := f(tx)
	if commit {
		return out + fmt.Sprint("\ncommit: ", tx.Commit())
	}
	return out + fmt.Sprint("\nrollback: ", tx.Rollback())
}

// twinState tells in what state a statement has left its session.
func twinState(ctx context.Context, db querier) string {
	out := twinAnswer(ctx, db, "SELECT LAST_INSERT_ID(), @@in_transaction, @@autocommit, @@sql_mode, @@tx_isolation, @@tx_read_only, @x, @y, @@insert_id, @@time_zone, @@foreign_key_checks, @@character_set_client, LASTVAL(counter)")
	if parts := strings.Split(out, "\n"); len(parts) > 1 {
		return parts[1]
	}
	return out
}

// twinCase is a statement, with what stands before it in its session.
type twinCase struct {
	before []string
	text   string
	args   []any
}

func (c *twinCase) String() string {
	return strings.Join(append(c.before, c.text), "; ") + fmt.Sprint(c.args)
}

// says runs a case, through the cache on the one of the twins and past it on the
// other, and returns all that is heard of it.
func (w *twins) says(t *testing.T, s *cachedMySQL, c *twinCase, bound, way string) string {
	t.Helper()
	ctx, db := t.Context(), s.cached
	if s == w.theirs {
		db = s.bare
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, text := range c.before {
		fmt.Fprintln(&b, twinResult(conn.ExecContext(ctx, text)))
	}
	fmt.Fprintln(&b, twinBounds[bound](ctx, conn, func(db twinSession) string {
		out := twinWays[way](ctx, db, c.text, c.args...)
		return out + "\nthen: " + twinState(ctx, db)
	}))
	fmt.Fprintln(&b, "after:", twinState(ctx, conn))
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // what it has left ends with it
	_ = conn.Close()
	return strings.ReplaceAll(b.String(), database(t, s.dsn), "DB")
}
