package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// resultSchema has a table of each kind of key.
var resultSchema = []string{
	"CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, v int, code varchar(5) UNIQUE)",
	"INSERT INTO numbered VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')",
	"CREATE TABLE worded (code varchar(5) COLLATE utf8mb4_general_ci PRIMARY KEY, v int)",
	"INSERT INTO worded VALUES ('a', 1), ('b', 2), ('abcde', 3)",
	"CREATE TABLE exact (code varchar(5) COLLATE utf8mb4_bin PRIMARY KEY, v int)",
	"INSERT INTO exact VALUES ('a', 1), ('B', 2)",
	"CREATE TABLE raw (code varbinary(5) PRIMARY KEY, v int)",
	"INSERT INTO raw VALUES ('a', 1), (X'00FF', 2)",
	"CREATE TABLE small (id tinyint PRIMARY KEY, v int)",
	"INSERT INTO small VALUES (1, 1), (127, 2)",
	"CREATE TABLE large (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, v int)",
	"INSERT INTO large VALUES (1, 1), (9223372036854775808, 2)",
	"CREATE TABLE pairs (a int, b varchar(5), v int, PRIMARY KEY (a, b))",
	"INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2)",
	"CREATE TABLE logged (id int AUTO_INCREMENT PRIMARY KEY, v int)",
	"CREATE TABLE logs (id int AUTO_INCREMENT PRIMARY KEY, v int)",
	"INSERT INTO logs VALUES (700, 1)",
	"CREATE TRIGGER logging AFTER INSERT ON logged FOR EACH ROW INSERT INTO logs (v) VALUES (NEW.v), (NEW.v)",
	"CREATE TABLE fixed (id int AUTO_INCREMENT PRIMARY KEY, v int)",
	"INSERT INTO fixed VALUES (5, 1)",
	"CREATE TRIGGER fixing BEFORE INSERT ON fixed FOR EACH ROW SET NEW.id = NEW.id + 100, NEW.v = 7",
	"CREATE TABLE stamped (id int PRIMARY KEY, v int, n int DEFAULT 0)",
	"INSERT INTO stamped (id, v) VALUES (1, 1), (2, 2)",
	"CREATE TRIGGER stamping BEFORE UPDATE ON stamped FOR EACH ROW SET NEW.n = OLD.n + 1, NEW.v = NEW.v + 1",
}

var resultTables = []string{"numbered", "worded", "exact", "raw", "small", "large", "pairs", "logged", "logs", "fixed", "stamped"}

// resultWrites are run in this order, each after those before it.
var resultWrites = []struct {
	text string
	args []any
}{
	{"INSERT INTO numbered (v) VALUES (?)", []any{1}},
	{"INSERT INTO numbered (v) VALUES (?), (?), (?)", []any{1, 2, 3}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{nil, 4}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{0, 5}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{"0", 5}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{false, 5}},
	{"INSERT INTO numbered (id, v) VALUES (0, 6), (NULL, 7)", nil},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{50, 6}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{"60", 6}},
	{"INSERT INTO numbered (id, v) VALUES (?, ?)", []any{61.4, 6}},
	{"INSERT INTO numbered (id, v) VALUES (-5, 6), (NULL, 7)", nil},
	{"INSERT INTO numbered (id, v) VALUES (NULL, 8), (80, 8), (NULL, 8)", nil},
	{"INSERT INTO numbered (v) VALUES (LAST_INSERT_ID(77))", nil},
	{"INSERT IGNORE INTO numbered (v, code) VALUES (1, 'a')", nil},
	{"INSERT IGNORE INTO numbered (v, code) VALUES (1, 'd'), (1, 'a'), (1, 'e')", nil},
	{"INSERT IGNORE INTO numbered (v, code) VALUES (1, 'f'), (1, 'g')", nil},
	{"INSERT IGNORE INTO numbered (v, code) VALUES (1, 'toolong')", nil},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)", []any{1, "a"}},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)", []any{9, "a"}},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)", []any{9, "h"}},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = v + 1, id = LAST_INSERT_ID(id)", []any{9, "h"}},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)", []any{9, "h"}},
	{"INSERT INTO numbered (v, code) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)", []any{9, "i"}},
	{"INSERT INTO numbered (v, code) VALUES (1, 'a'), (1, 'j'), (1, 'k') ON DUPLICATE KEY UPDATE v = v + 1", nil},
	// One row is changed, which counts twice, and one is as it was, which does not count.
	{"INSERT INTO numbered (id, v, code) VALUES (1, 5, 'a'), (2, 2, 'b') ON DUPLICATE KEY UPDATE v = VALUES(v)", nil},
	{"INSERT INTO numbered (id, v, code) VALUES (1, 6, 'a'), (2, 2, 'b') ON DUPLICATE KEY UPDATE v = VALUES(v)", nil},
	{"REPLACE INTO numbered (v, code) VALUES (4, 'l')", nil},
	{"REPLACE INTO numbered (v, code) VALUES (4, 'l')", nil},
	{"REPLACE INTO numbered (id, v, code) VALUES (1, 4, 'l')", nil},
	{"REPLACE INTO numbered (id, v, code) VALUES (1, 4, 'l')", nil},
	{"UPDATE numbered SET v = 1 WHERE id = ?", []any{1}},
	{"UPDATE numbered SET v = 1 WHERE id = ?", []any{1}},
	{"UPDATE numbered SET v = v WHERE v < ?", []any{5}},
	{"UPDATE numbered SET v = v + 1 WHERE v < ? ORDER BY v DESC LIMIT ?", []any{5, 2}},
	{"UPDATE numbered SET id = id + 1000 WHERE v = ?", []any{2}},
	{"UPDATE numbered SET code = 'a' WHERE id IN (2, 3)", nil},
	{"UPDATE IGNORE numbered SET code = 'b' WHERE id IN (2, 3)", nil},
	{"DELETE FROM numbered WHERE id = ?", []any{3}},
	{"DELETE FROM numbered WHERE id = ?", []any{3}},
	{"DELETE FROM numbered WHERE v = ? LIMIT 1", []any{6}},

	{"INSERT INTO worded VALUES (?, 1)", []any{"new"}},
	{"INSERT INTO worded VALUES (?, 1)", []any{"A"}},
	{"INSERT INTO worded VALUES (?, 1)", []any{"a  "}},
	{"INSERT INTO worded VALUES (?, 1)", []any{"blank  "}},
	{"INSERT INTO worded VALUES (?, 1)", []any{"toolong"}},
	{"INSERT INTO worded VALUES ('b c', 1), ('  ', 1)", nil},
	{"INSERT INTO worded VALUES (?, 1)", []any{7}},
	{"INSERT INTO worded VALUES (?, 1)", []any{"ü"}},
	{"INSERT INTO worded VALUES (?, 1)", []any{nil}},
	{"INSERT IGNORE INTO worded VALUES (?, 1)", []any{"abcdefg"}},
	{"INSERT IGNORE INTO worded VALUES (?, 1), (?, 2)", []any{"zyxwvut", "abcdefg"}},
	{"REPLACE INTO worded VALUES (?, 5)", []any{"ABCDE"}},
	{"UPDATE worded SET v = v + 1 WHERE code = ?", []any{"NEW "}},
	{"UPDATE worded SET code = UPPER(code), v = v + 1 WHERE v < 3", nil},
	{"UPDATE worded SET v = v + 1 WHERE code = ?", []any{7}},
	{"UPDATE worded SET v = v + 1 WHERE code = ?", []any{"Ü"}},
	{"UPDATE worded SET v = v + 1 WHERE code = ?", []any{[]byte("b c")}},
	{"DELETE FROM worded WHERE code = ?", []any{"u"}},

	{"INSERT INTO exact VALUES (?, 1)", []any{"A"}},
	{"INSERT INTO exact VALUES (?, 1)", []any{"b "}},
	{"UPDATE exact SET v = v + 1 WHERE code = ?", []any{"A  "}},
	{"UPDATE exact SET v = v + 1 WHERE code = ?", []any{"b"}},

	{"INSERT INTO raw VALUES (?, 1)", []any{[]byte{0, 1, 255}}},
	{"INSERT INTO raw VALUES (?, 1)", []any{[]byte("a ")}},
	{"UPDATE raw SET v = v + 1 WHERE code = ?", []any{[]byte{0, 255}}},
	{"UPDATE raw SET v = v + 1 WHERE v < 3", nil},

	{"INSERT INTO small VALUES (?, 1)", []any{300}},
	{"INSERT INTO small VALUES (?, 1)", []any{0}},
	{"INSERT INTO small VALUES (?, 1)", []any{5.5}},
	{"UPDATE small SET id = ?, v = 9 WHERE id = ?", []any{300, 1}},
	{"UPDATE small SET v = v + 1 WHERE id = ?", []any{127.0}},

	{"INSERT INTO large VALUES (?, 1)", []any{uint64(18446744073709551613)}},
	{"UPDATE large SET v = v + 1 WHERE id = ?", []any{uint64(9223372036854775808)}},
	{"UPDATE large SET v = v + 1 WHERE v > 0", nil},
	{"UPDATE large SET v = v + 1 WHERE id = ?", []any{"18446744073709551613"}},
	{"INSERT INTO large (v) VALUES (1)", nil},
	{"DELETE FROM large WHERE id = ?", []any{float64(9223372036854775808)}},

	{"INSERT INTO pairs VALUES (?, ?, 1)", []any{2, "x "}},
	{"INSERT INTO pairs VALUES (?, ?, 1), (3, 'toolong', 1)", []any{2, "z"}},
	{"UPDATE pairs SET v = v + 1 WHERE a = ? AND b = ?", []any{2, "X"}},
	{"UPDATE pairs SET b = 'X', v = v + 1 WHERE a = 1 AND b = 'x'", nil},
	{"DELETE FROM pairs WHERE a = 1", nil},

	{"INSERT INTO logged (v) VALUES (?)", []any{1}},
	{"INSERT INTO logged (v) VALUES (?), (?)", []any{2, 3}},
	{"INSERT INTO fixed (v) VALUES (?)", []any{1}},
	{"INSERT INTO fixed (id, v) VALUES (?, 1)", []any{5}},
	{"UPDATE stamped SET v = 5 WHERE id = ?", []any{1}},
	{"UPDATE stamped SET v = v WHERE v > ?", []any{0}},
}

// What a program hears of its writes is what the driver alone says, by whatever way the
// key of a row was given, and what is cached of the table is what the database has.
func TestImagesResults(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for name, settings := range map[string]string{
			"usual":               "",
			"lenient":             "sql_mode=%27%27",
			"zeros and steps":     "sql_mode=%27NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES%27&auto_increment_increment=3&auto_increment_offset=2",
			"steps, set later on": "later",
		} {
			for _, inTx := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, in transactions: %v", name, inTx), func(t *testing.T) {
					t.Parallel()
					later := settings == "later"
					mode := mode
					if settings != "" && !later {
						mode = withMode("?", mode)[1:]
						if mode != "" {
							mode += "&"
						}
						mode += settings
					}
					s, twin := newCachedMySQL(t, mode, nil), newCachedMySQL(t, mode, nil)
					exec(t, s.bare, resultSchema...)
					exec(t, twin.bare, resultSchema...)
					ours, theirs := s.conn(t), bareConn(t, twin.bare)
					if later {
						run(t, ours, "SET SESSION auto_increment_increment = 5")
						run(t, theirs, "SET SESSION auto_increment_increment = 5")
					}
					for _, w := range resultWrites {
						before := s.fillTable(t, w.text)
						got := resultOf(t.Context(), ours, inTx, w.text, w.args)
						if want := resultOf(t.Context(), theirs, inTx, w.text, w.args); got != want {
							t.Errorf("%s %v: %s, the driver alone says %s", w.text, w.args, got, want)
						}
						for q := range before {
							want, _ := s.readWith(t.Context(), t, s.bare, q)
							if got, _ := s.read(t, q); got != want {
								t.Errorf("STALE after %s %v: %s: %q, the database has %q", w.text, w.args, q, got, want)
							}
							if other, _ := twin.readWith(t.Context(), t, twin.bare, q); other != want {
								t.Errorf("%s %v: %s: %q, the driver alone leaves %q", w.text, w.args, q, want, other)
							}
						}
					}
				})
			}
		}
	})
}

func bareConn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// fillTable has the tables in the cache that a write names, by some values of v.
func (s *cachedMySQL) fillTable(t *testing.T, write string) imageReads {
	t.Helper()
	r := make(imageReads)
	for _, table := range resultTables {
		for v := range 8 {
			if strings.Contains(write, table) || table == "logs" && strings.Contains(write, "logged") {
				q := fmt.Sprintf("SELECT CONCAT_WS('/', %s) FROM %s WHERE v = %d ORDER BY 1", resultKey(table), table, v)
				r[q], _ = s.read(t, q)
			}
		}
	}
	return r
}

// resultKey is the key of a table of resultSchema.
func resultKey(table string) string {
	switch table {
	case "worded", "exact", "raw":
		return "HEX(code)"
	case "pairs":
		return "a, b"
	default:
		return "id"
	}
}

// resultOf runs a write and returns what is told of it.
func resultOf(ctx context.Context, c *sql.Conn, inTx bool, text string, args []any) string {
	db := executor(c)
	end := func() error { return nil }
	if inTx {
		tx, err := c.BeginTx(ctx, nil)
		if err != nil {
			return err.Error()
		}
		db, end = tx, tx.Commit
	}
	res, err := db.ExecContext(ctx, text, args...)
	if err != nil {
		_ = end()
		return err.Error()
	}
	id, err1 := res.LastInsertId()
	n, err2 := res.RowsAffected()
	return fmt.Sprint("id ", id, ", affected ", n, err1, err2, end())
}

// A 0 for a generated number is no key, although there may be a row that has it.
func TestImagesGiveNoZero(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		exec(t, s.bare, resultSchema[:2]...)
		if _, err := server.SQL(database(t, s.dsn), "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; INSERT INTO numbered VALUES (0, 9, 'zero')"); err != nil {
			t.Fatal(err)
		}
		const five = "SELECT id FROM numbered WHERE v = 5"
		for _, zero := range []any{0, "0", false, nil} {
			before := s.fill(t, five)
			if _, err := s.cached.ExecContext(t.Context(), "INSERT INTO numbered (id, v) VALUES (?, 5)", zero); err != nil {
				t.Fatal(err)
			}
			before.check(t, s, five)
			exec(t, s.cached, "DELETE FROM numbered WHERE v = 5")
		}
	})
}
