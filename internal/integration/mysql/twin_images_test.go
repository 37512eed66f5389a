package mysql

import "testing"

// twinSent have arguments that the driver writes into a text otherwise than it sends them
// beside a prepared statement, and values that it returns otherwise.
var twinSent = []twinCase{
	{text: "UPDATE goods SET v = 9 WHERE code > ?", args: []any{[]byte("Z")}},
	{text: "UPDATE goods SET v = 9 WHERE code <> ?", args: []any{[]byte("A")}},
	{text: "UPDATE goods SET v = 9 WHERE code BETWEEN ? AND ?", args: []any{[]byte("Z"), []byte("z")}},
	{text: "UPDATE goods SET v = 9 WHERE code LIKE ?", args: []any{[]byte("A%")}},
	{text: "UPDATE goods SET v = 9 WHERE code = ?", args: []any{[]byte("A")}},
	{text: "DELETE FROM pairs WHERE b > ?", args: []any{[]byte("X")}},
	{text: "DELETE FROM pairs WHERE a = ? AND b = ?", args: []any{1, []byte("X")}},
	{text: "UPDATE exact SET v = 9 WHERE d > ?", args: []any{0.1}},
	{text: "UPDATE exact SET v = 9 WHERE d = ?", args: []any{0.1}},
	{text: "UPDATE exact SET v = 9 WHERE d <> ?", args: []any{0.1}},
	{text: "DELETE FROM exact WHERE d > ?", args: []any{0.1}},
	{text: "DELETE FROM exact WHERE f = ?", args: []any{0.1}},
	{text: "UPDATE exact SET v = 9 WHERE f > ?", args: []any{0.1}},
	{text: "UPDATE exact SET v = 9 WHERE f <= ?", args: []any{float32(0.1)}},
	{text: "UPDATE exact SET d = ? WHERE id = 1", args: []any{1.0 / 3}},
	{text: "INSERT INTO exact (id, d, f, note) VALUES (?, ?, ?, UPPER(?)) RETURNING *", args: []any{9, 1.0 / 3, 1.0 / 3, []byte("abc")}},
	{text: "INSERT INTO exact (id, d) VALUES (?, ? / 3) RETURNING *, ? + 1, ?", args: []any{9, 0.1, uint64(5), 0.5}},
	{text: "REPLACE INTO exact (id, u, f) VALUES (?, ?, ?) RETURNING id, u, f, u + 1", args: []any{1, uint64(1) << 63, 1.5}},
	{text: "DELETE FROM exact WHERE id > 0 RETURNING *"},
	{text: "DELETE FROM exact WHERE id > ? RETURNING *", args: []any{0}},
	{text: "INSERT INTO exact (id, u, f, d) VALUES (9, 5, 0.1, 0.1) RETURNING *, id + u"},
}

// What a program's arguments mean depends on how its statement is sent. The queries for the
// images are sent in the same way: else rows that the statement changes would be
// none of those found before it, to which it is restricted, and be left as they are.
func TestImagesSentAsTheStatement(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"exec", "query", "prepared exec", "prepared query"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []string{interpolated, plain, scripts, timed}[:twinFew(4)] {
				w := newTwins(t, mode)
				for i := range twinSent {
					w.check(t, &twinSent[i], "alone", way)
				}
			}
		})
	}
}

// twinMistaken are refused with words about their text, or with the number of a row, or
// after their columns are known, some after some rows.
var twinMistaken = []twinCase{
	{text: "UPDATE goods SET v = j->'$[0]' WHERE v = 3"},
	{text: "UPDATE goods SET code = CONCAT(code, 'too long') WHERE v >= 2"},
	{text: "UPDATE goods SET v = v * 1000000000 WHERE v > 1"},
	{text: "UPDATE goods SET price = 99999999999 WHERE v > 2 ORDER BY id DESC"},
	{text: "UPDATE strict_ones SET t = 300 WHERE t > 0"},
	{text: "UPDATE goods SET at = '2024-02-31' WHERE v > 2"},
	{text: "UPDATE goods SET v = VALUES(v)"},
	{text: "UPDATE goods SET code = 'much too long' WHERE v = 2"},
	{text: "INSERT INTO goods (v) VALUES (3) RETURNING *, *"},
	{text: "INSERT INTO goods (v) VALUES (3) RETURNING id, FROM"},
	{text: "DELETE FROM goods WHERE id = 2 RETURNING *, *"},
	{text: "DELETE FROM parents WHERE id = 2 RETURNING *, *"},
	{text: "INSERT INTO goods (v, code) VALUES (3, 'a') RETURNING id"},
	{text: "INSERT INTO goods (v) VALUES (3), (4) RETURNING f_fail(v)"},
	{text: "INSERT INTO goods (v) VALUES (3) RETURNING 1 / 0, CAST('abc' AS INT)"},
	{text: "INSERT INTO plainest VALUES (7, 7), (1, 7) RETURNING *"},
	{text: "DELETE FROM goods WHERE id = ? RETURNING id", args: []any{1}},
	{text: "DELETE FROM goods WHERE id > 1 RETURNING f_fail(id)"},
	{text: "DELETE FROM watched RETURNING id"},
	{text: "REPLACE INTO goods (id, v) VALUES (1, 9) RETURNING *"},
}

// A statement that fails is heard to fail as it does by the driver alone: with the same
// words, and as late, behind the rows that it has returned by then.
func TestImagesKeepWhatErrorsSay(t *testing.T) {
	t.Parallel()
	for _, bound := range []string{"alone", "tx"} {
		t.Run(bound, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []string{plain, interpolated, scripts, timed}[:twinFew(4)] {
				w := newTwins(t, mode)
				for i := range twinMistaken {
					for _, way := range []string{"exec", "query", "prepared exec", "prepared query"}[:twinFew(2)*2] {
						w.check(t, &twinMistaken[i], bound, way)
					}
				}
			}
		})
	}
}

// twinFailing are queries that fail behind some rows, those that write too.
var twinFailing = []twinCase{
	{text: "SELECT id, f_fail(id) FROM goods ORDER BY id"},
	{text: "SELECT id, f_write(id), f_fail(id) FROM goods ORDER BY id"},
	{text: "SELECT id, f_write(id), f_fail(id) FROM goods WHERE id > ? ORDER BY id", args: []any{0}},
}

// Nor is the error of a query told before the rows that it comes behind.
func TestQueriesFailLate(t *testing.T) {
	t.Parallel()
	for _, bound := range []string{"alone", "tx"} {
		w := newTwins(t, plain)
		for i := range twinFailing {
			for _, way := range []string{"query", "prepared query"} {
				w.check(t, &twinFailing[i], bound, way)
			}
		}
	}
}

// twinFew is how many of n are taken: the first one in a short run.
func twinFew(n int) int {
	if testing.Short() {
		return 1
	}
	return n
}
