package mysql

import (
	"testing"
	"time"
)

// otherwise are reads that compare values in another way than the values look like: what
// the write adds or changes is found by the database, although its text is another.
var otherwise = []struct {
	name  string
	setup []string
	query string
	args  []any
	write string
}{
	{
		name:  "letters of another case",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_general_ci)", "INSERT INTO t VALUES (1, 'abc')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"abc"}, write: "INSERT INTO t VALUES (2, 'ABC')",
	},
	{
		name:  "a letter with an accent",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_unicode_ci)", "INSERT INTO t VALUES (1, 'a')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"a"}, write: "INSERT INTO t VALUES (2, 'ä')",
	},
	{
		name:  "a letter of two",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_unicode_ci)", "INSERT INTO t VALUES (1, 'ss')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"ss"}, write: "INSERT INTO t VALUES (2, 'ß')",
	},
	{
		name:  "letters of two of a language's own",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_danish_ci)", "INSERT INTO t VALUES (1, 'aa')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"aa"}, write: "INSERT INTO t VALUES (2, 'å')",
	},
	{
		name:  "blanks at the end",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_bin)", "INSERT INTO t VALUES (1, 'abc')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"abc"}, write: "INSERT INTO t VALUES (2, 'abc   ')",
	},
	{
		name:  "a character that is nothing to the collation",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_unicode_ci)", "INSERT INTO t VALUES (1, 'abc')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"abc"}, write: `INSERT INTO t VALUES (2, 'ab\0c')`,
	},
	{
		name:  "all characters beyond the first plane",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20) COLLATE utf8mb4_general_ci)", "INSERT INTO t VALUES (1, '😀')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"😀"}, write: "INSERT INTO t VALUES (2, '😁')",
	},
	{
		name:  "a text that is compared with a number",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20))", "INSERT INTO t VALUES (1, '7')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{7}, write: "INSERT INTO t VALUES (2, '07')",
	},
	{
		name:  "a text that is compared with zero",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20))", "INSERT INTO t VALUES (1, '0')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{false}, write: "INSERT INTO t VALUES (2, 'abc')",
	},
	{
		name:  "a text that is compared with a time",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(30))", "INSERT INTO t VALUES (1, '2024-02-29 12:00:00')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{noon}, write: "INSERT INTO t VALUES (2, '2024-02-29 12:00:00')",
	},
	{
		name:  "a number that is compared with a text",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 8)"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"7abc"}, write: "INSERT INTO t VALUES (2, 7)",
	},
	{
		name:  "a number in hexadecimal",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 8)"},
		query: "SELECT v FROM t WHERE n = 0x37 ORDER BY v", write: "INSERT INTO t VALUES (2, 55)",
	},
	{
		name:  "a decimal that is compared as a float",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n decimal(40,20))", "INSERT INTO t VALUES (1, 0.1)"},
		query: "SELECT v FROM t WHERE n = 0.1e0 ORDER BY v", write: "INSERT INTO t VALUES (2, 0.10000000000000000001)",
	},
	{
		name:  "a decimal that an index rounds",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n decimal(15,5), w int, KEY (n))", "INSERT INTO t VALUES (1, 5, 0), (3, 7, 0), (4, 1, 0), (5, 9, 0)"},
		query: "SELECT v, w FROM t FORCE INDEX (n) WHERE n = 1e-7", write: "INSERT INTO t VALUES (2, 0, 0)",
	},
	{
		name:  "zeros behind the point",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n decimal(10,4))", "INSERT INTO t VALUES (1, 1.5)"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"1.50"}, write: "INSERT INTO t VALUES (2, 1.5000)",
	},
	{
		name:  "a number in a list of texts",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(20))", "INSERT INTO t VALUES (1, 'a')"},
		query: "SELECT v FROM t WHERE n IN (?, ?) ORDER BY v", args: []any{"a", 7}, write: "INSERT INTO t VALUES (2, '7.0')",
	},
	{
		name:  "an enum by its number",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n enum('a','b','1'))", "INSERT INTO t VALUES (1, 'b')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{1}, write: "INSERT INTO t VALUES (2, 'a')",
	},
	{
		name:  "a date by a time's",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n datetime)", "INSERT INTO t VALUES (1, '2024-02-29')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"2024-02-29"}, write: "INSERT INTO t VALUES (2, '2024-02-29 00:00:00')",
	},
	{
		name:  "a date by a number",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n date)", "INSERT INTO t VALUES (1, '2024-02-28')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{20240229}, write: "INSERT INTO t VALUES (2, '2024-02-29')",
	},
	{
		name:  "a date of short numbers",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n date)", "INSERT INTO t VALUES (1, '2024-02-28')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"24-2-9"}, write: "INSERT INTO t VALUES (2, '2024-02-09')",
	},
	{
		name:  "a date of zeros",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n date)", "INSERT INTO t VALUES (1, '2024-02-28')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{time.Time{}}, write: "INSERT INTO t VALUES (2, '0000-00-00')",
	},
	{
		name:  "a date that does not exist",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n date)", "INSERT INTO t VALUES (1, '2024-02-28')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"2024-02-00"}, write: "INSERT INTO t VALUES (2, '2024-02-00')",
	},
	{
		name:  "a moment that the clock of the data source name leaves out",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n datetime)", "INSERT INTO t VALUES (1, '2024-03-10 01:30:00')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{"2024-03-10 02:30:00"}, write: "INSERT INTO t VALUES (2, '2024-03-10 02:30:00')",
	},
	{
		name:  "bytes that a column fills up",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n binary(4))", "INSERT INTO t VALUES (1, 'x')"},
		query: "SELECT v FROM t WHERE n = ? ORDER BY v", args: []any{[]byte("ab\x00\x00")}, write: "INSERT INTO t VALUES (2, 'ab')",
	},
	{
		name:  "columns of two collations",
		setup: []string{"CREATE TABLE a (n varchar(20) COLLATE utf8mb4_bin, v int PRIMARY KEY)", "CREATE TABLE b (n varchar(20) COLLATE utf8mb4_general_ci, v int PRIMARY KEY)", "INSERT INTO a VALUES ('x', 1)", "INSERT INTO b VALUES ('x', 1)"},
		query: "SELECT a.v, b.v FROM a JOIN b ON a.n = b.n COLLATE utf8mb4_general_ci WHERE b.n = ? ORDER BY a.v, b.v", args: []any{"x"}, write: "INSERT INTO a VALUES ('X', 2)",
	},
	{
		name:  "USING a whole number and a text",
		setup: []string{"CREATE TABLE a (n int, v int PRIMARY KEY)", "CREATE TABLE b (n varchar(20))", "INSERT INTO a VALUES (7, 1)", "INSERT INTO b VALUES ('7')"},
		query: "SELECT v FROM a JOIN b USING (n) WHERE a.n = 7 ORDER BY v", write: "INSERT INTO b VALUES ('07')",
	},
	{
		name:  "USING a decimal and a float",
		setup: []string{"CREATE TABLE a (n decimal(40,20), v int PRIMARY KEY)", "CREATE TABLE b (n double)", "INSERT INTO a VALUES (0.1, 1)", "INSERT INTO b VALUES (0.1)"},
		query: "SELECT v FROM a JOIN b USING (n) WHERE n = 0.1 ORDER BY v", write: "INSERT INTO a VALUES (0.1000000000000000000, 2)",
	},
	{
		name:  "one number with a sign, and one without",
		setup: []string{"CREATE TABLE a (n bigint, v int PRIMARY KEY)", "CREATE TABLE b (n bigint unsigned, KEY (n))", "INSERT INTO a VALUES (7, 1)", "INSERT INTO b VALUES (7), (18446744073709551615)"},
		query: "SELECT v FROM a JOIN b ON a.n = b.n WHERE b.n = ? ORDER BY v", args: []any{uint64(7)}, write: "INSERT INTO a VALUES (7, 2)",
	},
	{
		name:  "a condition that is a number",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n tinyint(1))", "INSERT INTO t VALUES (1, 1)"},
		query: "SELECT v FROM t WHERE n ORDER BY v", write: "INSERT INTO t VALUES (2, 7)",
	},
	{
		name:  "a condition that is a text",
		setup: []string{"CREATE TABLE t (v int PRIMARY KEY, n varchar(10))", "INSERT INTO t VALUES (1, '1')"},
		query: "SELECT v FROM t WHERE n ORDER BY v", write: "INSERT INTO t VALUES (2, '07x')",
	},
}

// A read that compares in another way depends on more, or is not cached. In the zone of
// New York a clock was put forward on the day of one of them.
func TestComparedOtherwise(t *testing.T) {
	t.Parallel()
	for i, mode := range append([]string{"parseTime=true&loc=America%2FNew_York", "sql_mode=%27%27"}, modes...) {
		if testing.Short() && i > 0 {
			continue
		}
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			for _, c := range otherwise {
				t.Run(c.name, func(t *testing.T) {
					s := newCachedMySQL(t, mode, nil)
					exec(t, s.bare, c.setup...)
					before := transcript(t.Context(), s.bare, c.query, c.args...)
					for range 2 {
						if got := transcript(t.Context(), s.cached, c.query, c.args...); got != before {
							t.Fatalf("got:\n%s\nwant:\n%s", got, before)
						}
					}
					exec(t, s.cached, c.write)
					after := transcript(t.Context(), s.bare, c.query, c.args...)
					if after == before && c.name != "a text that is compared with a time" && c.name != "USING a decimal and a float" {
						t.Fatalf("the write changes nothing:\n%s", after)
					}
					if got := transcript(t.Context(), s.cached, c.query, c.args...); got != after {
						t.Errorf("stale after %s: got:\n%s\nwant:\n%s", c.write, got, after)
					}
				})
			}
		})
	}
}
