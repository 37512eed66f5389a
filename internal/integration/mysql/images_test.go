package mysql

import "testing"

// Writes drop what their rows were and are read by, and nothing else.
func TestImagesOfWrites(t *testing.T) {
	t.Parallel()
	one, two, three, four, nine := onShelf(1), onShelf(2), onShelf(3), onShelf(4), onShelf(9)
	every := []string{one, two, three, four}
	auto := []string{"CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, v int, code varchar(9) UNIQUE)", "INSERT INTO numbered VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')"}
	with := func(v string) string { return "SELECT id FROM numbered WHERE v = " + v + " ORDER BY id" }
	pairs := []string{"CREATE TABLE pairs (a bigint unsigned, b varchar(20) COLLATE utf8mb4_unicode_ci, c int, PRIMARY KEY (a, b))",
		"INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3), (18446744073709551615, 'ü', 4)"}
	of := func(c string) string { return "SELECT b FROM pairs WHERE c = " + c + " ORDER BY a, b" }
	checkImages(t, []imageCase{
		{name: "insert", write: "INSERT INTO goods VALUES (?, ?, ?, ?)", args: []any{6, 2, "f", 60}, drops: []string{two}, keeps: []string{one, three}},
		{name: "insert returning", write: "INSERT INTO goods (id, shelf) VALUES (6, 2) RETURNING *, id + 1", drops: []string{two}, keeps: []string{one, three}},
		{name: "insert rows", write: "INSERT INTO goods (id, shelf) VALUES (6, 2), (?, 3)", args: []any{7}, drops: []string{two, three}, keeps: []string{one}},
		{name: "insert set", write: "INSERT INTO goods SET id = 6, shelf = 2", drops: []string{two}, keeps: []string{one, three}},
		{name: "insert select", write: "INSERT INTO goods (id, shelf, n) SELECT 10 + amount, max(shelf), amount FROM moves WHERE good < ? GROUP BY amount", args: []any{50}, drops: []string{one, two}},
		{name: "insert select returning", write: "INSERT INTO goods (id, shelf, n) SELECT 10 + amount, max(shelf), amount FROM moves WHERE good < 50 GROUP BY amount RETURNING id", drops: []string{one, two}, keeps: []string{three}},
		{name: "insert ignore of a new row", write: "INSERT IGNORE INTO goods (id, shelf) VALUES (6, 2)", drops: []string{two}, keeps: []string{one, three}},
		{name: "insert ignore of a row that is there", write: "INSERT IGNORE INTO goods (id, shelf) VALUES (1, 2)", keeps: every},
		{name: "insert ignore of both", write: "INSERT IGNORE INTO goods (id, shelf) VALUES (1, 4), (8, 2)", drops: []string{two}},
		{name: "insert ignore returning", write: "INSERT IGNORE INTO goods (id, shelf) VALUES (1, 4), (8, 2) RETURNING id", drops: []string{two}, keeps: []string{three}},

		{name: "generated", schema: auto, write: "INSERT INTO numbered (v) VALUES (?)", args: []any{2}, drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "generated rows", schema: auto, write: "INSERT INTO numbered (v) VALUES (?), (3), (3)", args: []any{2}, drops: []string{with("2"), with("3")}, keeps: []string{with("1")}},
		{name: "generated for NULL", schema: auto, write: "INSERT INTO numbered VALUES (NULL, 2, ?)", args: []any{"x"}, drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "a number that is given", schema: auto, write: "INSERT INTO numbered VALUES (?, 2, 'x')", args: []any{50}, drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "generated for an argument", schema: auto, write: "INSERT INTO numbered VALUES (?, 2, 'x')", args: []any{nil}, drops: []string{with("2")}},
		{name: "generated for 0", schema: auto, write: "INSERT INTO numbered VALUES (?, 2, 'x')", args: []any{0}, drops: []string{with("2")}},
		{name: "given and generated", schema: auto, write: "INSERT INTO numbered VALUES (50, 2, 'x'), (NULL, 3, 'y')", drops: []string{with("2"), with("3")}},
		{name: "generated and skipped", schema: auto, write: "INSERT IGNORE INTO numbered (v, code) VALUES (2, 'x'), (3, 'a')", drops: []string{with("2")}},
		{name: "all generated or skipped", schema: auto, write: "INSERT IGNORE INTO numbered (v, code) VALUES (2, 'x'), (3, 'y')", drops: []string{with("2"), with("3")}, keeps: []string{with("1")}},

		{name: "upsert of a row that is there", write: "INSERT INTO goods (id, shelf, n) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", args: []any{1, 2, 3}, drops: []string{one, two}},
		{name: "upsert of a row as it is", write: "INSERT INTO goods (id, shelf, n) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", args: []any{1, 1, 3}, keeps: []string{two, three, four}},
		{name: "upsert of a new row", write: "INSERT INTO goods (id, shelf) VALUES (?, ?) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", args: []any{6, 2}, drops: []string{two}, keeps: []string{one, three}},
		{name: "upsert of another row", write: "INSERT INTO goods (id, code, shelf) VALUES (3, 'a', 2) ON DUPLICATE KEY UPDATE n = 7", drops: []string{two}},
		{name: "upsert of rows", write: "INSERT INTO goods (id, shelf) VALUES (1, 2), (8, 3) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", drops: []string{one, two, three}},
		{name: "upsert of a generated row", schema: auto, write: "INSERT INTO numbered (v, code) VALUES (2, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), v = VALUES(v)", args: []any{"x"}, drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "upsert of a row that was generated", schema: auto, write: "INSERT INTO numbered (v, code) VALUES (2, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), v = VALUES(v)", args: []any{"a"}, drops: []string{with("1"), with("2")}},
		{name: "replace of a new row", write: "REPLACE INTO goods (id, shelf) VALUES (6, 2)", drops: []string{two}, keeps: []string{one, three}},
		{name: "replace of a row that is there", write: "REPLACE INTO goods (id, shelf) VALUES (1, 2)", drops: []string{one, two}},
		{name: "replace of two rows by one", write: "REPLACE INTO goods (id, code, shelf) VALUES (1, 'c', 3)", drops: []string{one, two, three}},
		{name: "replace of both", write: "REPLACE INTO goods (id, shelf) VALUES (6, 2), (1, 2)", drops: []string{one, two}},

		{name: "update by key", write: "UPDATE goods SET shelf = ? WHERE id = ?", args: []any{2, 1}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by another key", write: "UPDATE goods SET shelf = ? WHERE code = ?", args: []any{2, "A"}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key and more", write: "UPDATE goods g SET shelf = 2, n = n + 1 WHERE g.id = ? AND (n > ? OR code = 'x')", args: []any{1, 5}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key, no match", write: "UPDATE goods SET shelf = 2 WHERE id = ?", args: []any{100}, keeps: every},
		{name: "update by key to what is there", write: "UPDATE goods SET shelf = 1, n = 10 WHERE id = ?", args: []any{1}, keeps: []string{two, three, four}},
		{name: "update of everything by key", write: "UPDATE goods SET id = ?, shelf = ?, code = ?, n = ? WHERE id = ?", args: []any{1, 1, "a", 11, 1}, drops: []string{one}, keeps: []string{two, three}},
		{name: "update of the key", write: "UPDATE goods SET id = 9, shelf = 2 WHERE id = 1", drops: []string{one, two}},
		{name: "update of keys in a row", write: "UPDATE goods SET id = id + 1, shelf = 9 WHERE id >= 4 ORDER BY id DESC", drops: []string{three, four, nine}},
		{name: "update by a text for a number", write: "UPDATE goods SET shelf = ? WHERE id = ?", args: []any{2, "1"}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by a number for a text", write: "UPDATE goods SET shelf = 2 WHERE code = ?", args: []any{0}, keeps: every, fails: true},
		{name: "update to a subquery", write: "UPDATE goods SET shelf = (SELECT max(m.shelf) FROM moves m WHERE m.good = goods.id) WHERE id = 1", drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key and a subquery", write: "UPDATE goods SET shelf = 2 WHERE id = ? AND id IN (SELECT good FROM moves)", args: []any{1}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key and chance", write: "UPDATE goods SET shelf = 2 WHERE id = ? AND RAND() >= 0", args: []any{1}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by a condition", write: "UPDATE goods SET shelf = ? WHERE n < ?", args: []any{2, 25}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update in an order", write: "UPDATE goods SET shelf = ?, n = n + ? WHERE n > ? ORDER BY n DESC LIMIT ?", args: []any{9, 1, 5, 2}, drops: []string{three, four, nine}, keeps: []string{one, two}},
		{name: "update by chance", write: "UPDATE goods SET shelf = 9 WHERE shelf = 1 ORDER BY RAND() LIMIT 5", drops: []string{one, nine}},
		{name: "update by a subquery", write: "UPDATE goods SET shelf = 9 WHERE id IN (SELECT good FROM moves WHERE amount = 2)", drops: []string{two, nine}},
		{name: "update of all rows", write: "UPDATE goods SET n = n + 1", drops: every, keeps: []string{ofMoves}},
		{name: "update ignore", write: "UPDATE IGNORE goods SET code = 'c', shelf = 9 WHERE id IN (1, 3)", drops: []string{two, nine}},
		{name: "update ignore in an order", write: "UPDATE IGNORE goods SET code = 'c', shelf = 9 WHERE id IN (1, 3) ORDER BY id", drops: []string{two, nine}, keeps: []string{three}},
		{name: "update of a unique key, of many", write: "UPDATE goods SET code = CONCAT(code, 'x') WHERE n < 25", keeps: []string{ofMoves}},
		{name: "update of two tables", write: "UPDATE goods JOIN moves ON good = id SET goods.shelf = moves.shelf WHERE amount = 1", drops: []string{one, two}},

		{name: "delete", write: "DELETE FROM goods WHERE id = ?", args: []any{1}, drops: []string{one}, keeps: []string{two, three}},
		{name: "delete by a condition", write: "DELETE FROM goods WHERE n < ?", args: []any{25}, drops: []string{one}, keeps: []string{two, three}},
		{name: "delete of all rows", write: "DELETE FROM goods", drops: every, keeps: []string{ofMoves}},
		{name: "delete the first", write: "DELETE FROM goods ORDER BY n LIMIT 1", drops: []string{one}, keeps: []string{two, three}},
		{name: "delete returning", write: "DELETE FROM goods WHERE n < ? RETURNING *", args: []any{25}, drops: []string{one}, keeps: []string{two, three}},
		{name: "delete by a subquery", write: "DELETE FROM goods WHERE id IN (SELECT good FROM moves)", drops: []string{one, two}},

		{name: "a key of two columns", schema: pairs, write: "UPDATE pairs SET c = 2 WHERE a = ? AND b = ?", args: []any{1, "x"}, drops: []string{of("1"), of("2")}, keeps: []string{of("3"), of("4")}},
		{name: "a part of a key of two columns", schema: pairs, write: "UPDATE pairs SET c = c + 5 WHERE a = 1", drops: []string{of("1"), of("2")}, keeps: []string{of("3")}},
		{name: "a large number and another text", schema: pairs, write: "UPDATE pairs SET c = 3 WHERE c = 4", drops: []string{of("3"), of("4")}, keeps: []string{of("1"), of("2")}},
		{name: "a key of two columns, other case", schema: pairs, write: "UPDATE pairs SET b = 'X', c = 3 WHERE a = 1 AND b = 'x'", drops: []string{of("1"), of("3")}, keeps: []string{of("2"), of("4")}},
		{name: "insert of a key of two columns", schema: pairs, write: "INSERT INTO pairs VALUES (?, ?, ?), (7, 'z', 2)", args: []any{7, "y", 1}, drops: []string{of("1"), of("2")}, keeps: []string{of("3")}},
		{name: "insert of a key of two columns, one out of bounds", schema: pairs, write: "INSERT INTO pairs VALUES (?, ?, 1)", args: []any{7, "ä"}, drops: []string{of("1")}},

		{name: "generated columns", schema: []string{"CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)", "INSERT INTO gen (id, a) VALUES (1, 1), (2, 2), (3, 3)"},
			write: "UPDATE gen SET a = 2 WHERE id = 1", drops: []string{"SELECT id FROM gen WHERE b = 2", "SELECT id FROM gen WHERE b = 4 ORDER BY id"}, keeps: []string{"SELECT id FROM gen WHERE b = 6"}},
		{name: "quoted names", schema: []string{"CREATE TABLE `Odd ``t` (`Id` int PRIMARY KEY, `se lect` int)", "INSERT INTO `Odd ``t` VALUES (1, 1), (2, 2), (3, 3)"},
			write: "UPDATE `Odd ``t` SET `se lect` = 2 WHERE `Id` = 1",
			drops: []string{"SELECT `Id` FROM `Odd ``t` WHERE `se lect` = 1", "SELECT `Id` FROM `Odd ``t` WHERE `se lect` = 2 ORDER BY 1"}, keeps: []string{"SELECT `Id` FROM `Odd ``t` WHERE `se lect` = 3"}},
		{name: "partitions", schema: []string{"CREATE TABLE parts (id int, g int, v int, PRIMARY KEY (id, g)) PARTITION BY RANGE (g) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
			"INSERT INTO parts VALUES (1, 1, 1), (2, 12, 2), (3, 3, 3)"},
			write: "UPDATE parts SET v = 2, g = 15 WHERE id = 1 AND g = 1", drops: []string{"SELECT id FROM parts WHERE v = 1", "SELECT id FROM parts WHERE v = 2 ORDER BY id"}},
	})
}
