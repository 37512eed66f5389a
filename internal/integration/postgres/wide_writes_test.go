package postgres

import (
	"testing"
)

// What no row images are taken of drops the results of all tables that it reaches, and
// leaves the others.
func TestWritesOfWholeTables(t *testing.T) {
	t.Parallel()
	const (
		shelves = "SELECT count(*) FROM shelves"
		stocks  = "SELECT count(*) FROM stocks"
		logs    = "SELECT count(*) FROM logs"
		heirs   = "SELECT count(*) FROM ONLY heirs"
		parts   = "SELECT count(*) FROM parts WHERE k = 1"
	)
	schema := []string{
		"CREATE TABLE shelves (id int PRIMARY KEY, parent int REFERENCES shelves)",
		"CREATE TABLE stocks (id int PRIMARY KEY, shelf int REFERENCES shelves ON DELETE RESTRICT)",
		"CREATE TABLE counts (id int PRIMARY KEY, stock int REFERENCES stocks)",
		"CREATE TABLE logs (id int)", "CREATE TABLE heirs () INHERITS (logs)",
		"CREATE TABLE parts (k int, v int) PARTITION BY LIST (k)", "CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)", "CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2)",
		"INSERT INTO shelves VALUES (1, NULL), (2, 1)", "INSERT INTO stocks VALUES (1, 1), (2, 2)", "INSERT INTO counts VALUES (1, 1)",
		"INSERT INTO logs VALUES (1)", "INSERT INTO heirs VALUES (2)", "INSERT INTO parts VALUES (1, 1), (2, 2)",
	}
	const counts = "SELECT count(*) FROM counts"
	checkImages(t, []imageCase{
		{name: "truncate", schema: schema, write: "TRUNCATE counts", drops: []string{counts}, keeps: []string{stocks, shelves, onShelf(1)}},
		{name: "truncate two", schema: schema, write: "TRUNCATE TABLE counts, moves RESTART IDENTITY", drops: []string{counts, ofMoves}, keeps: []string{stocks, onShelf(1)}},
		{name: "truncate cascade", schema: schema, write: "TRUNCATE shelves CASCADE", drops: []string{shelves, stocks, counts}, keeps: []string{logs, onShelf(1)}},
		{name: "truncate cascade in the middle", schema: schema, write: "TRUNCATE stocks CASCADE", drops: []string{stocks, counts}, keeps: []string{shelves}},
		{name: "truncate with heirs", schema: schema, write: "TRUNCATE logs", drops: []string{logs, heirs}, keeps: []string{shelves}},
		{name: "truncate a partition", schema: schema, write: "TRUNCATE part_1", drops: []string{parts}, keeps: []string{shelves}},
		{name: "truncate by the root", schema: schema, write: "TRUNCATE parts", drops: []string{parts, "SELECT count(*) FROM part_2"}, keeps: []string{shelves}},
		{name: "merge", schema: schema, write: "MERGE INTO goods USING moves m ON goods.id = m.good WHEN MATCHED AND m.amount = 1 THEN DELETE WHEN NOT MATCHED THEN INSERT (id, shelf) VALUES (m.good, m.shelf)", drops: []string{onShelf(1), onShelf(9)}, keeps: []string{ofMoves, shelves}},
		{name: "writes in a WITH", schema: schema, write: "WITH gone AS (DELETE FROM goods WHERE shelf = 1 RETURNING id, n), put AS (INSERT INTO logs SELECT id FROM gone) UPDATE moves SET amount = amount + 1", drops: []string{onShelf(1), logs, ofMoves}, keeps: []string{shelves}},
		{name: "a write in the WITH of a SELECT", schema: schema, write: "WITH gone AS (DELETE FROM goods WHERE shelf = 1 RETURNING id) SELECT count(*) FROM gone", drops: []string{onShelf(1)}, keeps: []string{ofMoves, shelves}},
		{name: "explain analyze", schema: schema, write: "EXPLAIN ANALYZE UPDATE goods SET shelf = 2 WHERE id = 1", drops: []string{onShelf(1), onShelf(2)}, keeps: []string{ofMoves, shelves}},
		{name: "explain", schema: schema, write: "EXPLAIN UPDATE goods SET shelf = 2 WHERE id = 1", keeps: []string{onShelf(1), ofMoves, shelves}},
		{name: "set null of some columns", schema: append(schema, "CREATE TABLE two (a int, b int, PRIMARY KEY (a, b))", "INSERT INTO two VALUES (1, 1), (2, 2)",
			"CREATE TABLE refers (id int PRIMARY KEY, x int, y int, FOREIGN KEY (x, y) REFERENCES two ON DELETE SET NULL (y))", "INSERT INTO refers VALUES (1, 1, 1), (2, 2, 2)"),
			write: "DELETE FROM two WHERE a = 1", drops: []string{"SELECT y FROM refers WHERE x = 1", "SELECT id FROM refers WHERE y = 1"}, keeps: []string{shelves, onShelf(1)}},
		{name: "a trigger on rows that a key deletes", schema: append(schema, "CREATE TABLE owners (id int PRIMARY KEY)", "INSERT INTO owners VALUES (1)", "CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES owners ON DELETE CASCADE)", "INSERT INTO pets VALUES (1, 1)",
			"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO logs VALUES (OLD.id); RETURN NULL; END $$", "CREATE TRIGGER tr AFTER DELETE ON pets FOR EACH ROW EXECUTE FUNCTION logs()"),
			write: "DELETE FROM owners WHERE id = 1", drops: []string{logs, "SELECT id FROM pets WHERE owner = 1"}, keeps: []string{shelves, onShelf(1)}},
		{name: "a deferred trigger that changes the row", schema: append(schema, "CREATE TABLE late (id int PRIMARY KEY, g int, v int)", "INSERT INTO late VALUES (1, 1, 1), (2, 2, 2)",
			"CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.g < 9 THEN UPDATE late SET g = 9 WHERE id = NEW.id; END IF; RETURN NULL; END $$",
			"CREATE CONSTRAINT TRIGGER tr AFTER UPDATE ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION moves()"),
			write: "UPDATE late SET v = 5 WHERE id = 1", drops: []string{"SELECT v FROM late WHERE g = 1", "SELECT v FROM late WHERE g = 9"}, keeps: []string{shelves}},
		{name: "a trigger that changes the row before", schema: append(schema, "CREATE TABLE early (id int PRIMARY KEY, g int, v int)", "INSERT INTO early VALUES (1, 1, 1), (2, 2, 2)",
			"CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.g := 9; RETURN NEW; END $$", "CREATE TRIGGER tr BEFORE UPDATE ON early FOR EACH ROW EXECUTE FUNCTION moves()"),
			write: "UPDATE early SET v = 5 WHERE id = 1", drops: []string{"SELECT v FROM early WHERE g = 1", "SELECT v FROM early WHERE g = 9"}, keeps: []string{shelves, "SELECT v FROM early WHERE g = 2"}},
		{name: "a trigger that changes the row after", schema: append(schema, "CREATE TABLE after (id int PRIMARY KEY, g int, v int)", "INSERT INTO after VALUES (1, 1, 1), (2, 2, 2)",
			"CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.g < 9 THEN UPDATE after SET g = 9 WHERE id = NEW.id; END IF; RETURN NULL; END $$", "CREATE TRIGGER tr AFTER UPDATE ON after FOR EACH ROW EXECUTE FUNCTION moves()"),
			write: "UPDATE after SET v = 5 WHERE id = 1 RETURNING g", drops: []string{"SELECT v FROM after WHERE g = 1", "SELECT v FROM after WHERE g = 9"}, keeps: []string{shelves}},
	}, eachDriver)
}
