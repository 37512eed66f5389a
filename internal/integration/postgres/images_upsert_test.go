package postgres

import "testing"

// Upserts whose conflict is told by an expression, by a condition, by a constraint or by
// none drop what the row was that they changed, not only what it becomes.
func TestImagesOfUpsertsByIndexes(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE users (id serial PRIMARY KEY, email text, name text, gone boolean DEFAULT false, team int, lock int4range, EXCLUDE USING gist (lock WITH &&))",
		"CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE NOT gone", "CREATE UNIQUE INDEX users_name ON users (name, team)",
		"CREATE UNIQUE INDEX users_nulls ON users (team) NULLS NOT DISTINCT WHERE name IS NULL",
		"INSERT INTO users (id, email, name, team) VALUES (1, 'A@x', 'a', 1), (2, 'b@x', 'b', 2), (3, 'c@x', 'c', 3), (4, 'd@x', NULL, NULL)",
	}
	team := func(n string) string { return "SELECT email FROM users WHERE team = " + n + " ORDER BY id" }
	const none = "SELECT email FROM users WHERE team IS NULL"
	checkImages(t, []imageCase{
		{name: "by an expression", schema: schema, write: "INSERT INTO users (id, email, team) VALUES (20, lower($1), $2) ON CONFLICT (lower(email)) WHERE NOT gone DO UPDATE SET team = excluded.team RETURNING (xmax = 0)", args: []any{"A@X", 2},
			drops: []string{team("1"), team("2")}, keeps: []string{onShelf(1)}},
		{name: "by an expression, new", schema: schema, write: "INSERT INTO users (id, email, team) VALUES (21, 'e@x', 2) ON CONFLICT (lower(email)) WHERE NOT gone DO UPDATE SET team = 9", drops: []string{team("2")}, keeps: []string{onShelf(1)}},
		{name: "by two columns", schema: schema, write: "INSERT INTO users (id, email, name, team) VALUES (22, 'z@x', 'a', 1), (23, 'y@x', 'n', 2) ON CONFLICT (team, name) DO UPDATE SET team = 3, email = excluded.email || users.email", drops: []string{team("1"), team("2"), team("3")}, keeps: []string{onShelf(1)}},
		{name: "by NULLs that are alike", schema: schema, write: "INSERT INTO users (id, email, team) VALUES (24, 'w@x', NULL) ON CONFLICT (team) WHERE name IS NULL DO UPDATE SET team = 2", drops: []string{none, team("2")}, keeps: []string{onShelf(1)}},
		{name: "by the key, of a query", schema: schema, write: "INSERT INTO users (id, team) SELECT id, 2 FROM users WHERE team = 1 ON CONFLICT (id) DO UPDATE SET team = excluded.team", drops: []string{team("1"), team("2")}, keeps: []string{onShelf(1)}},
		{name: "only where", schema: schema, write: "INSERT INTO users (id, team) VALUES (1, 2), (2, 3) ON CONFLICT (id) DO UPDATE SET team = excluded.team WHERE users.name = 'b'", drops: []string{team("2"), team("3")}, keeps: []string{onShelf(1)}},
		{name: "of the key itself", schema: schema, write: "INSERT INTO users (id, team) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET id = users.id + 100, team = 2", drops: []string{team("1"), team("2")}, keeps: []string{onShelf(1)}},
		{name: "nothing, by any index", schema: schema, write: "INSERT INTO users (id, email, name, team, lock) VALUES (25, 'a@x', 'a', 1, '[1,2)'), (26, 'v@x', 'v', 2, '[1,2)'), (27, 'u@x', 'u', 3, '[1,2)') ON CONFLICT DO NOTHING", drops: []string{team("2")}, keeps: []string{team("1"), onShelf(1)}},
	}, eachDriver)
}
