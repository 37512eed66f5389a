package postgres

import (
	"slices"
	"testing"
)

// Writes drop what their rows were and are read by, and nothing else.
func TestImagesOfWrites(t *testing.T) {
	t.Parallel()
	checkImages(t, imageWrites(), eachDriver)
}

// The same in each mode of the drivers: our own questions go as the program's do.
func TestImagesInEachMode(t *testing.T) {
	t.Parallel()
	// The other schemas ask nothing else of the drivers.
	usual := slices.DeleteFunc(imageWrites(), func(c imageCase) bool { return c.schema != nil })
	checkImages(t, usual, eachMode)
}

func imageWrites() []imageCase {
	one, two, three, four := onShelf(1), onShelf(2), onShelf(3), onShelf(4)
	nine := onShelf(9)
	none := "SELECT id FROM goods WHERE shelf IS NULL"
	return []imageCase{
		{name: "insert", write: "INSERT INTO goods VALUES ($1, $2, $3, $4)", args: []any{6, 2, "f", 60}, drops: []string{two}, keeps: []string{one, three}},
		{name: "insert returning", write: "INSERT INTO goods AS g (id, shelf) VALUES (6, 2) RETURNING *, g.id + 1", drops: []string{two}, keeps: []string{one, three}},
		{name: "insert rows", write: "INSERT INTO goods (id, shelf) VALUES (6, 2), (7, 3)", drops: []string{two, three}, keeps: []string{one}},
		{name: "insert select", write: "INSERT INTO goods (id, shelf, n) SELECT 10 + amount, max(shelf), amount FROM moves WHERE good < $1 GROUP BY amount", args: []any{50}, drops: []string{one, two}, keeps: []string{three}},
		{name: "insert defaults", schema: []string{"ALTER TABLE goods ALTER id SET DEFAULT 77"}, write: "INSERT INTO goods DEFAULT VALUES", drops: []string{none}, keeps: []string{one}},
		{name: "insert with", write: "WITH w (i, s) AS (VALUES (10, 2), (11, 3)) INSERT INTO goods (id, shelf) SELECT i, s FROM w", drops: []string{two, three}, keeps: []string{one}},
		{name: "insert or do nothing", write: "INSERT INTO goods (id, shelf) VALUES (1, 4), (8, 2) ON CONFLICT DO NOTHING", drops: []string{two}, keeps: []string{one, four}},

		{name: "update by key", write: "UPDATE goods SET shelf = $1 WHERE id = $2", args: []any{2, 1}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key and more", write: "UPDATE goods g SET shelf = 2, n = n + 1 WHERE g.id = $1 AND (n > $2 OR code = 'x')", args: []any{1, 5}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by key, no match", write: "UPDATE goods SET shelf = 2 WHERE id = $1", args: []any{100}, keeps: []string{one, two, three}},
		{name: "update of everything by key", write: "UPDATE goods SET id = $1, shelf = $2, code = $3, n = $4 WHERE id = $1", args: []any{1, 1, "a", 11}, drops: []string{one}, keeps: []string{two, three}},
		{name: "update of the key", write: "UPDATE goods SET id = 9, shelf = 2 WHERE id = 1", drops: []string{one, two}, keeps: []string{three}},
		{name: "update only", write: "UPDATE ONLY goods AS g SET shelf = 2 WHERE 1 = g.id", drops: []string{one, two}, keeps: []string{three}},
		{name: "update returning everything", write: "UPDATE goods SET shelf = 2 WHERE id = 1 RETURNING *", drops: []string{one, two}, keeps: []string{three}},
		{name: "update returning much", write: "UPDATE goods SET shelf = 2 WHERE id = 1 RETURNING *, n AS m", drops: []string{one, two}, keeps: []string{three}},
		{name: "update returning an expression", write: "UPDATE public.goods SET shelf = 2 WHERE id = $1 RETURNING goods.id, n + $2::int AS id", args: []any{1, 2}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update several assignments", write: "UPDATE goods SET (shelf, n) = (2, 5), code = DEFAULT WHERE id = 1", drops: []string{one, two}, keeps: []string{three}},
		{name: "update to a subquery", write: "UPDATE goods SET shelf = (SELECT max(m.shelf) FROM moves m WHERE m.good = goods.id) WHERE id = 1", drops: []string{one, two}, keeps: []string{three}},
		{name: "update by a condition", write: "UPDATE goods SET shelf = $1 WHERE n < $2", args: []any{2, 25}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update by a condition, numbers in disorder", write: "UPDATE goods SET shelf = $3, n = $1 WHERE n < $2 AND n <> $3", args: []any{1, 25, 2}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update returning by a condition", write: "UPDATE goods SET shelf = 2 WHERE n < 25 RETURNING *", drops: []string{one, two}, keeps: []string{three}},
		{name: "update by a subquery", write: "UPDATE goods SET shelf = 9 WHERE id IN (SELECT good FROM moves WHERE amount = 2)", drops: []string{two, nine}, keeps: []string{one, three}},
		{name: "update from", write: "UPDATE goods AS g SET shelf = m.shelf, n = g.n + m.amount FROM moves m WHERE m.good = g.id AND m.amount = $1", args: []any{1}, drops: []string{one, two}, keeps: []string{three}},
		{name: "update from, twice the row", write: "UPDATE goods SET shelf = 3 FROM moves WHERE good = id AND amount = 2", drops: []string{two, three}, keeps: []string{one, four}},
		{name: "update with", write: "WITH w (i, s) AS (VALUES (3, 9)) UPDATE goods SET shelf = (SELECT s FROM w WHERE i = id) WHERE id IN (SELECT i FROM w)", drops: []string{two, nine}, keeps: []string{one}},

		{name: "delete", write: "DELETE FROM goods WHERE id = $1", args: []any{1}, drops: []string{one}, keeps: []string{two, three}},
		{name: "delete returning", write: "DELETE FROM goods g WHERE n < 25 RETURNING *", drops: []string{one}, keeps: []string{two, three}},
		{name: "delete using", write: "DELETE FROM goods USING moves m WHERE m.good = goods.id AND m.amount = 2", drops: []string{two}, keeps: []string{one, three}},
		{name: "delete by a subquery", write: "DELETE FROM goods WHERE id IN (SELECT good FROM moves)", drops: []string{one, two}, keeps: []string{three}},

		{name: "upsert of a row that is there", write: "INSERT INTO goods (id, shelf, n) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf, n = excluded.n", args: []any{1, 2, 3}, drops: []string{one, two}, keeps: []string{three}},
		{name: "upsert of a new row", write: "INSERT INTO goods (id, shelf) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf", args: []any{6, 2}, drops: []string{two}, keeps: []string{one, three}},
		{name: "upsert of both", write: "INSERT INTO goods AS g (code, id, shelf) VALUES ('a', 7, 2), ($1, 8, 3) ON CONFLICT (code) DO UPDATE SET shelf = excluded.shelf WHERE g.n < 100 RETURNING g.id", args: []any{"x"}, drops: []string{one, two, three}, keeps: []string{four}},
		{name: "upsert of a new row by a constraint", write: "INSERT INTO goods (id, shelf) VALUES (6, 2) ON CONFLICT ON CONSTRAINT goods_pkey DO UPDATE SET shelf = excluded.shelf", drops: []string{two}, keeps: []string{one, three}},
		{name: "upsert of new rows of a query", write: "INSERT INTO goods (id, shelf) SELECT 20 + amount, 2 FROM moves WHERE amount = 9 ON CONFLICT (id) DO UPDATE SET shelf = 1", drops: []string{two}, keeps: []string{one, three}},

		{name: "names of ours", schema: []string{"ALTER TABLE goods ADD cacheops_0 int DEFAULT 1, ADD cacheops_old int", "ALTER TABLE goods ADD cacheops_t int"},
			write: "UPDATE goods SET shelf = 2, cacheops_old = cacheops_0 WHERE id = 1 AND cacheops_0 = 1", drops: []string{one, two}, keeps: []string{three}},
		{name: "quoted names", schema: []string{`CREATE TABLE "Odd ""t" ("Id" int PRIMARY KEY, "se lect" int)`, `INSERT INTO "Odd ""t" VALUES (1, 1), (2, 2), (3, 3)`},
			write: `UPDATE "Odd ""t" SET "se lect" = 2 WHERE "Id" = 1`,
			drops: []string{`SELECT "Id" FROM "Odd ""t" WHERE "se lect" = 1`, `SELECT "Id" FROM "Odd ""t" WHERE "se lect" = 2 ORDER BY 1`}, keeps: []string{`SELECT "Id" FROM "Odd ""t" WHERE "se lect" = 3`}},
		{name: "generated columns", schema: []string{"CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)", "INSERT INTO gen VALUES (1, 1), (2, 2), (3, 3)"},
			write: "UPDATE gen SET a = 2 WHERE id = 1", drops: []string{"SELECT id FROM gen WHERE b = 2", "SELECT id FROM gen WHERE b = 4 ORDER BY id"}, keeps: []string{"SELECT id FROM gen WHERE b = 6"}},
		{name: "a key of two columns", schema: []string{"CREATE TABLE pairs (a int, b text, c int, PRIMARY KEY (a, b))", "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)"},
			write: "UPDATE pairs SET c = 2 WHERE a = $1 AND b = $2", args: []any{1, "x"}, drops: []string{"SELECT b FROM pairs WHERE c = 1", "SELECT b FROM pairs WHERE c = 2 ORDER BY b"}, keeps: []string{"SELECT b FROM pairs WHERE c = 3"}},
		{name: "a part of a key of two columns", schema: []string{"CREATE TABLE pairs (a int, b text, c int, PRIMARY KEY (a, b))", "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)"},
			write: "UPDATE pairs SET c = c + 3 WHERE a = 1", drops: []string{"SELECT b FROM pairs WHERE c = 1", "SELECT b FROM pairs WHERE c = 2"}, keeps: []string{"SELECT b FROM pairs WHERE c = 3"}},
	}
}

// The rows of a partitioned table are told like those of any other.
func TestImagesOfPartitions(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE parts (id int, g int, v int, PRIMARY KEY (id, g)) PARTITION BY RANGE (g)",
		"CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)",
		"INSERT INTO parts VALUES (1, 1, 1), (2, 12, 2), (3, 3, 3)",
	}
	with := func(v string) string { return "SELECT id FROM parts WHERE v = " + v + " ORDER BY id" }
	checkImages(t, []imageCase{
		{name: "update", schema: schema, write: "UPDATE parts SET v = 2 WHERE id = 1 AND g = 1", drops: []string{with("1"), with("2")}, keeps: []string{with("3")}},
		{name: "update of a partition", schema: schema, write: "UPDATE parts_1 SET v = 2 WHERE id = 1 AND g = 1", drops: []string{with("1"), with("2")}, keeps: []string{with("3")}},
		{name: "move", schema: schema, write: "UPDATE parts SET v = 2, g = 15 WHERE id = 1 AND g = 1", drops: []string{with("1"), with("2")}, keeps: []string{with("3")}},
		{name: "update by a condition", schema: schema, write: "UPDATE parts SET v = 5 WHERE v < 3", drops: []string{with("1"), with("2"), with("5")}, keeps: []string{with("3")}},
		{name: "delete", schema: schema, write: "DELETE FROM parts WHERE g > 5", drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "insert", schema: schema, write: "INSERT INTO parts VALUES (9, 9, 2)", drops: []string{with("2")}, keeps: []string{with("1"), with("3")}},
		{name: "upsert of a row that is there", schema: schema, write: "INSERT INTO parts VALUES ($1, $2, $3) ON CONFLICT (id, g) DO UPDATE SET v = excluded.v", args: []any{1, 1, 2}, drops: []string{with("1"), with("2")}, keeps: []string{with("3")}},
	}, eachDriver)
}
