package mysql

import (
	"strings"
	"testing"
)

// orderedWrites do one thing or another, or fail, by which of their rows they come to
// first. Rows are found by the second key, whose order is not that of the first.
var orderedWrites = []struct {
	text string
	args []any
}{
	{"INSERT INTO places VALUES (1, 0, 9), (2, 0, 8), (3, 0, 7), (4, 1, 1)", nil},
	{"UPDATE IGNORE places SET pos = 3 WHERE shelf = ?", []any{0}},
	{"UPDATE places SET pos = pos - 1 WHERE shelf = ?", []any{0}},
	{"UPDATE places SET pos = pos + 1 WHERE shelf = ?", []any{0}},
	{"UPDATE places SET pos = pos - 1 WHERE shelf = 0 ORDER BY pos", nil},
	{"UPDATE places SET pos = pos + 1 WHERE shelf = 0 ORDER BY pos DESC", nil},
	{"UPDATE places SET pos = pos + 1 WHERE shelf = 0 AND pos = 8", nil},
	{"UPDATE IGNORE places SET id = 30 WHERE shelf = ?", []any{0}},
	{"UPDATE IGNORE places SET id = id + 1 WHERE shelf = ?", []any{0}},

	{"INSERT INTO heads VALUES (1, 0, 8), (2, 0, 9)", nil},
	{"UPDATE heads SET shelf = ? WHERE shelf = 0", []any{5}},
	{"UPDATE IGNORE heads SET shelf = 0 WHERE shelf = ?", []any{5}},

	{"INSERT INTO tree SELECT seq + 100, NULL, 50 FROM seq_1_to_200", nil},
	{"INSERT INTO tree VALUES (1, NULL, 2), (2, 1, 1)", nil},
	{"DELETE FROM tree WHERE v < ?", []any{3}},
	{"INSERT INTO tree VALUES (3, NULL, 1), (4, 3, 2)", nil},
	{"DELETE FROM tree WHERE v < ?", []any{3}},
	{"DELETE FROM tree WHERE v < 3 ORDER BY v DESC", nil},

	{"INSERT INTO counted SELECT seq, 3000 - seq, 0 FROM seq_1_to_500", nil},
	{"INSERT INTO signed SELECT * FROM counted", nil},
	{"SET @n = 0", nil},
	{"UPDATE counted SET n = (@n := @n + 1) WHERE v BETWEEN ? AND 2605", []any{2600}},
	{"UPDATE counted SET n = NEXT VALUE FOR numbers WHERE v BETWEEN ? AND 2705", []any{2700}},
	{"UPDATE signed SET v = v + 1 WHERE v BETWEEN ? AND 2705", []any{2700}},
	{"UPDATE counted SET n = LAST_INSERT_ID(v) WHERE v BETWEEN ? AND 2805", []any{2800}},
	{"UPDATE counted SET n = 100000 * RAND(5) WHERE v BETWEEN ? AND 2905", []any{2900}},
}

// What a statement does by the order of its rows it does through the cache too.
func TestImagesInOrder(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE places (id INT PRIMARY KEY, shelf INT, pos INT, UNIQUE (shelf, pos))",
		"CREATE TABLE heads (id INT PRIMARY KEY, shelf INT, pos INT, KEY (shelf, pos), UNIQUE (pos))",
		"CREATE TRIGGER behead BEFORE UPDATE ON heads FOR EACH ROW SET NEW.pos = 9",
		"CREATE TABLE tree (id INT PRIMARY KEY, parent INT, v INT, KEY (v), FOREIGN KEY (parent) REFERENCES tree (id))",
		"CREATE TABLE counted (id INT PRIMARY KEY, v INT, n INT, KEY (v))", "CREATE SEQUENCE numbers",
		"CREATE TABLE signed LIKE counted", "CREATE TRIGGER sign BEFORE UPDATE ON signed FOR EACH ROW SET NEW.n = NEXT VALUE FOR numbers",
	}
	eachMode(t, func(t *testing.T, mode string) {
		s, twin := newCachedMySQL(t, mode, nil), newCachedMySQL(t, mode, nil)
		exec(t, s.bare, schema...)
		exec(t, twin.bare, schema...)
		ours, theirs := s.conn(t), bareConn(t, twin.bare)
		queries := []string{
			"SELECT CONCAT(id, '/', shelf, '/', pos) FROM places WHERE shelf = 0 ORDER BY id", "SELECT CONCAT(id, '/', shelf, '/', pos) FROM places WHERE shelf = 1",
			"SELECT CONCAT(id, '/', shelf, '/', pos) FROM heads WHERE id = 1", "SELECT CONCAT(id, '/', shelf, '/', pos) FROM heads ORDER BY id", "SELECT id FROM tree WHERE v = 1", "SELECT id FROM tree WHERE id < 50 ORDER BY id",
			"SELECT n FROM counted WHERE id = 400", "SELECT CONCAT(id, '/', n) FROM counted WHERE n > 0 ORDER BY id", "SELECT CONCAT(id, '/', n) FROM signed WHERE n > 0 ORDER BY id",
		}
		for _, w := range orderedWrites {
			s.fill(t, queries...)
			got := strings.ReplaceAll(resultOf(t.Context(), ours, false, w.text, w.args), database(t, s.dsn), "db")
			if want := strings.ReplaceAll(resultOf(t.Context(), theirs, false, w.text, w.args), database(t, twin.dsn), "db"); got != want {
				t.Errorf("%s %v: %s, the driver alone says %s", w.text, w.args, got, want)
			}
			for _, q := range queries {
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
