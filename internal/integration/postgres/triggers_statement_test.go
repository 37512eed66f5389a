package postgres

import "testing"

// A trigger for a whole statement fires also where the statement finds no row, and
// writes what it writes.
func TestStatementTriggersWithoutRows(t *testing.T) {
	t.Parallel()
	const logs = "SELECT count(*) FROM logs"
	schema := []string{
		"CREATE TABLE logs (id int)", "CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO logs VALUES (1); RETURN NULL; END $$",
		"CREATE TRIGGER one AFTER INSERT OR UPDATE OR DELETE ON goods FOR EACH STATEMENT EXECUTE FUNCTION logs()",
		"CREATE TABLE owners (id int PRIMARY KEY, a int)", "INSERT INTO owners VALUES (1, 1)", "CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES owners ON DELETE CASCADE)",
		"CREATE TRIGGER one BEFORE DELETE ON pets FOR EACH STATEMENT EXECUTE FUNCTION logs()",
	}
	checkImages(t, []imageCase{
		{name: "update by key", schema: schema, write: "UPDATE goods SET shelf = 2 WHERE id = $1", args: []any{77}, drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "update by key, returning", schema: schema, write: "UPDATE goods SET shelf = 2 WHERE id = 77 RETURNING id", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "update", schema: schema, write: "UPDATE goods SET shelf = 2 WHERE n > 1000", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "update of a query", schema: schema, write: "UPDATE goods SET shelf = 2 FROM moves WHERE good = id AND amount > 1000", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "delete", schema: schema, write: "DELETE FROM goods WHERE id = 77", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "insert", schema: schema, write: "INSERT INTO goods SELECT 1 WHERE 1 = 2", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "upsert", schema: schema, write: "INSERT INTO goods (id) VALUES (1) ON CONFLICT DO NOTHING", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
		{name: "upsert that updates nothing", schema: schema, write: "INSERT INTO goods (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET shelf = 5 WHERE 1 = 2", drops: []string{logs}, keeps: []string{onShelf(3), ofMoves}},
		{name: "a key's action", schema: schema, write: "DELETE FROM owners WHERE id = 1", drops: []string{logs}, keeps: []string{onShelf(1), ofMoves}},
	}, eachDriver)
}
