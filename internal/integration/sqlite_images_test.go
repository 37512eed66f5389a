package integration

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// imageCase is a write, run bare on one database and with its images on
// another.
type imageCase struct {
	name   string
	schema []string // t is the table written; posts when empty
	write  string
	args   []any
	fails  bool
}

// imageSchema has a column of each kind and rows to write.
var imageSchema = []string{
	"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT COLLATE NOCASE, n INT DEFAULT 7, b BLOB, f REAL, up AS (upper(title)), twice INT AS (n * 2) STORED, \"select\" BOOLEAN, at DATETIME DEFAULT '2024-01-02 03:04:05', UNIQUE (title))",
	"INSERT INTO t (id, title, n, \"select\") VALUES (1, 'one', 1, 1), (2, 'two', 2, 0), (3, 'three', 3, 1), (10, 'ten', 2, NULL)",
	"CREATE TABLE other (id INTEGER PRIMARY KEY, x)",
	"INSERT INTO other VALUES (500, 1), (501, 2)",
}

var imageCases = []imageCase{
	{name: "insert", write: "INSERT INTO t (title, n) VALUES ('new', 5)"},
	{name: "insert arguments", write: "INSERT INTO t (title, n, b, f) VALUES (?, ?2, @b, $f)", args: []any{"new", 5, sql.Named("b", []byte{1, 2}), sql.Named("f", 1.5)}},
	{name: "insert many", write: "INSERT INTO t (title, n) VALUES ('x', 5), ('y', '6'), ('z', 'seven'), (NULL, 1e3) ;"},
	{name: "insert a given id", write: "INSERT INTO main.t (id, title) VALUES (77, 'x'), (NULL, 'y'), (70, 'z')"},
	{name: "insert default values", write: "insert into t default values -- done"},
	{name: "insert with an alias", write: "INSERT INTO t AS a (title) VALUES ('x')"},
	{name: "insert quoted, with comments", write: "/* a */ INSERT /* b */ INTO \"t\" ([title], `select`) VALUES ('x', TRUE) /* c */ ; -- d"},
	{name: "insert volatile values", write: "INSERT INTO t (title, n) VALUES (CURRENT_TIMESTAMP, random()), (hex(randomblob(8)), abs(random()))"},
	{name: "insert conflicts", write: "INSERT INTO t (title) VALUES ('new'), ('ONE')", fails: true},
	{name: "insert or abort", write: "INSERT OR ABORT INTO t (title) VALUES ('new'), ('ONE')", fails: true},
	{name: "insert on conflict do nothing", write: "INSERT INTO t (title) VALUES ('x'), ('ONE'), ('y') ON CONFLICT DO NOTHING"},
	{name: "insert on conflict (title) do nothing", write: "INSERT INTO t (title) VALUES ('ONE') ON CONFLICT (title) DO NOTHING"},
	{name: "replace", write: "REPLACE INTO t (title) VALUES ('ONE')"},
	{name: "insert or replace", write: "INSERT OR REPLACE INTO t (title) VALUES ('ONE'), ('x')"},
	{name: "insert or ignore", write: "INSERT OR IGNORE INTO t (title) VALUES ('ONE'), ('x')"},
	{name: "upsert", write: "INSERT INTO t (title, n) VALUES ('ONE', 1) ON CONFLICT (title) DO UPDATE SET n = 100"},
	{name: "insert select", write: "INSERT INTO t (title) SELECT x FROM other"},
	{name: "insert select returning", write: "INSERT INTO t (title) SELECT x FROM other WHERE id > ? RETURNING id, *", args: []any{500}},
	{name: "insert select from itself", write: "INSERT INTO t (title, n) SELECT title || '!', n FROM t"},
	{name: "insert with", write: "WITH w (a) AS (VALUES (?), ('y')) INSERT INTO t (title) SELECT a FROM w", args: []any{"x"}},
	{name: "insert or ignore select", write: "INSERT OR IGNORE INTO t (title) SELECT upper(title) FROM t UNION ALL SELECT 'x'"},
	{name: "insert a subquery", write: "INSERT INTO t (title, n) VALUES ((SELECT max(title) || '!' FROM t), (SELECT count(*) FROM other))"},
	{name: "insert returning", write: "INSERT INTO t (title) VALUES ('x'), ('y') RETURNING \"select\", title AS id, *"},
	{name: "upsert many", write: "INSERT INTO t (n, title) VALUES (1, 'ONE'), (2, ?), (3, 'x') ON CONFLICT (title) DO UPDATE SET n = excluded.n * 100, id = id + 1000", args: []any{"Two"}},
	{name: "upsert returning", write: "INSERT INTO t (id, title) VALUES ('1', 'uno'), (3.0, 'tres'), (5, 'cinco') ON CONFLICT (id) DO UPDATE SET title = excluded.title RETURNING title, twice"},
	{name: "upsert twice", write: "INSERT INTO t (id, title) VALUES (50, 'fifty'), (50, 'cincuenta'), (1, 'uno'), (1, 'eins') ON CONFLICT (id) DO UPDATE SET title = excluded.title"},
	{name: "upsert moves the key", write: "INSERT INTO t (id, title) VALUES (1, 'uno') ON CONFLICT (id) DO UPDATE SET id = 4, title = excluded.title"},
	{name: "upsert where", write: "INSERT INTO t (id, title) VALUES (1, 'uno'), (2, 'dos') ON CONFLICT (id) DO UPDATE SET title = excluded.title WHERE t.n = 2"},
	{name: "upsert meets another key", write: "INSERT INTO t (id, title) VALUES (1, 'TWO') ON CONFLICT (id) DO UPDATE SET title = excluded.title", fails: true},
	{name: "upsert of a query", write: "INSERT INTO t (title) SELECT 'one' WHERE 1 ON CONFLICT (title) DO UPDATE SET n = 100"},
	{name: "upsert on any key", write: "INSERT INTO t (title) VALUES ('one') ON CONFLICT DO UPDATE SET n = 100"},
	{name: "upsert by an expression", write: "INSERT INTO t (title) VALUES (lower('ONE')) ON CONFLICT (title) DO UPDATE SET n = 100"},
	{name: "insert or fail", write: "INSERT OR FAIL INTO t (title) VALUES ('x'), ('ONE')", fails: true},
	{name: "insert or rollback", write: "INSERT OR ROLLBACK INTO t (title) VALUES ('x'), ('ONE')", fails: true},

	{name: "update one", write: "UPDATE t SET n = 50 WHERE id = 1"},
	{name: "update all", write: "UPDATE t SET n = n + 1"},
	{name: "update none", write: "UPDATE t SET n = 1 WHERE id = 999"},
	{name: "update to the same", write: "UPDATE t SET n = n"},
	{name: "update by arguments", write: "UPDATE t SET n = ?, title = ? WHERE n = ? AND title <> ?", args: []any{9, "changed", 2, "two"}},
	{name: "update by numbered arguments", write: "UPDATE t SET n = ?3 WHERE n = ?2 OR (n = ?1 AND n=?2)OR id IN(?3,?1)", args: []any{1, 2, 10}},
	{name: "update by names", write: "UPDATE t SET n = :n WHERE n = @o OR id = :n or id=$p", args: []any{sql.Named("o", 2), sql.Named("n", 3), sql.Named("p", 1)}},
	{name: "update with an alias", write: "UPDATE main.t AS p SET n = p.n + 1 WHERE p.n = 2 AND p.\"select\" IS NOT NULL"},
	{name: "update the key", write: "UPDATE t SET id = id + 100 WHERE n = 2"},
	{name: "update the rowid", write: "UPDATE t SET rowid = 1000 WHERE _rowid_ = 1"},
	{name: "update several columns at once", write: "UPDATE t SET (n, title) = (8, 'eight') WHERE title = 'THREE'"},
	{name: "update a keyword", write: "UPDATE \"t\" SET \"select\" = NOT \"select\" WHERE [select] IS NOT NULL"},
	{name: "update indexed", write: "UPDATE t INDEXED BY sqlite_autoindex_t_1 SET n = 1 WHERE title = 'one'"},
	{name: "update not indexed", write: "UPDATE t NOT INDEXED SET n = 1 WHERE title = 'one'"},
	{name: "update volatile value", write: "UPDATE t SET title = CURRENT_TIMESTAMP, n = random() % 100 WHERE id = ?", args: []any{2}},
	{name: "update volatile condition", write: "UPDATE t SET n = 1 WHERE id > random() % 10"},
	{name: "update conflicts", write: "UPDATE t SET title = 'one' WHERE id > 1", fails: true},
	{name: "update or ignore", write: "UPDATE OR IGNORE t SET title = 'free' WHERE id > 1"},
	{name: "update or replace", write: "UPDATE OR REPLACE t SET title = 'one' WHERE id = 2"},
	{name: "update from", write: "UPDATE t SET n = other.x FROM other WHERE other.id = t.id + 499"},
	{name: "update by a subquery", write: "UPDATE t SET n = 1 WHERE id IN (SELECT x FROM other)"},
	{name: "update from many matches", write: "UPDATE t AS p SET n = o.x FROM other AS o LEFT JOIN (SELECT 2 AS n) AS s ON s.n = o.x WHERE o.id = p.id + 499 RETURNING n"},
	{name: "update from itself", write: "UPDATE t SET n = u.n * 10 FROM t AS u WHERE u.id = t.id + ?", args: []any{1}},
	{name: "update from a right join", write: "UPDATE t SET n = 1 FROM other RIGHT JOIN (SELECT 1 AS y) ON 1 WHERE t.id = 1"},
	{name: "update by a CTE", write: "WITH w (i) AS (SELECT id FROM t WHERE n = ?) UPDATE t SET n = ? WHERE id IN w", args: []any{2, 60}},
	{name: "update behind a CTE of its name", write: "WITH t AS (SELECT 1 AS i) UPDATE t SET n = 100 WHERE id = 1"},
	{name: "update to a subquery", write: "UPDATE t SET n = (SELECT max(n) FROM t) + n, title = (SELECT title || random() FROM other LIMIT 0) WHERE n = (SELECT min(n) FROM t)"},
	{name: "update with", write: "WITH w AS (SELECT 1 AS i) UPDATE t SET n = 100 WHERE id = 1"},
	{name: "update returning", write: "UPDATE t SET n = 100 WHERE id = 1 RETURNING id"},
	{name: "update with a text in double quotes", write: "UPDATE t SET n = 100 WHERE title = \"one\""},
	{name: "update by a text that looks like parameters", write: "UPDATE t SET n = ? WHERE title <> '?' AND title <> ':n' /* ? */ AND id = ? -- ?", args: []any{4, 3}},

	{name: "delete one", write: "DELETE FROM t WHERE id = ?", args: []any{1}},
	{name: "delete all", write: "DELETE FROM t"},
	{name: "delete none", write: "DELETE FROM t WHERE 0"},
	{name: "delete with an alias", write: "DELETE FROM main.t AS p WHERE p.n = 2;"},
	{name: "delete by a CTE returning", write: "WITH w (i) AS (VALUES (?), (?)) DELETE FROM t WHERE id IN w RETURNING id", args: []any{1, 3}},
	{name: "delete volatile condition", write: "DELETE FROM t WHERE id > random() % 5"},
	{name: "delete by a subquery", write: "DELETE FROM t WHERE id IN (SELECT x FROM other)"},
	{name: "delete returning", write: "DELETE FROM t WHERE id = 1 RETURNING *"},

	{
		name: "without rowid", schema: []string{"CREATE TABLE t (a TEXT, b INT, c, PRIMARY KEY (b, a)) WITHOUT ROWID", "INSERT INTO t VALUES ('x', 1, 2), ('y', 1, 3), ('z', 2, 4)", "CREATE TABLE other (id INTEGER PRIMARY KEY)", "INSERT INTO other VALUES (5)"},
		write: "UPDATE t SET b = b + 10, a = a || c WHERE b = 1",
	},
	{
		name: "without rowid, insert", schema: []string{"CREATE TABLE t (a TEXT PRIMARY KEY, c DEFAULT 4) WITHOUT ROWID", "CREATE TABLE other (id INTEGER PRIMARY KEY)", "INSERT INTO other VALUES (5)"},
		write: "INSERT INTO t (a) VALUES ('1'), ('2')",
	},
	{
		name: "strict", schema: []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, a ANY, b TEXT) STRICT", "INSERT INTO t VALUES (1, '1', 'x'), (2, 1, 'y')"},
		write: "UPDATE t SET a = b, b = a WHERE a = 1",
	},
	{
		name: "generated from what is written", schema: []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, v AS (a + 1), s INT AS (v * 10) STORED)", "INSERT INTO t (a) VALUES (1), (2), (3)"},
		write: "UPDATE t SET a = a * 100 WHERE v > 2",
	},
	{
		name: "columns with strange names", schema: []string{"CREATE TABLE t (\"a`b\" INT, \"c\"\"d\", [e f], \"from\", \"?1\", rowid)", "INSERT INTO t VALUES (1, 2, 3, 4, 5, 6), (7, 8, 9, 10, 11, 12)"},
		write: "UPDATE t SET \"a`b\" = ? WHERE \"?1\" = ? AND [from] = ?", args: []any{99, 5, 4},
	},
	{
		name: "references to itself", schema: []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, p INT REFERENCES t (id))", "INSERT INTO t VALUES (1, NULL), (2, 1), (3, 1)"},
		write: "DELETE FROM t WHERE p = 1",
	},
	{
		name: "violates a reference", schema: []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, p INT REFERENCES t (id))", "INSERT INTO t VALUES (1, NULL), (2, 1), (3, 1)"},
		write: "DELETE FROM t WHERE id = 1", fails: true,
	},
	{
		name: "a table named like its column", schema: []string{"CREATE TABLE t (t TEXT, id INT)", "INSERT INTO t VALUES ('a', 1), ('b', 2)"},
		write: "UPDATE t AS id SET t = 'c' WHERE id.t = 'b'",
	},
	{
		name: "fails on conflict", schema: []string{"CREATE TABLE t (a UNIQUE ON CONFLICT FAIL)", "INSERT INTO t VALUES (1)"},
		write: "INSERT INTO t VALUES (2), (1)", fails: true,
	},
	{
		name: "ignores on conflict", schema: []string{"CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE, b)", "INSERT INTO t VALUES (1, 1), (2, 2)"},
		write: "UPDATE t SET a = 1",
	},
	{
		name: "upsert over a key of affinities", schema: []string{"CREATE TABLE t (a INT, b TEXT COLLATE NOCASE, c, v, UNIQUE (b, c, a))", "INSERT INTO t VALUES (1, 'A', 1, 'x'), (2, '2', '2', 'y'), (3, 'c', NULL, 'z')"},
		write: "INSERT INTO t VALUES ('1', 'a', 1, 'X'), (2.0, 2, '2', 'Y'), (3, 'C', NULL, 'Z'), (?, ?, ?, 'W') ON CONFLICT (a, b, c) DO UPDATE SET v = excluded.v, a = a + 10", args: []any{"1", "A", 1.0},
	},
	{
		name: "upsert over a key of another collation", schema: []string{"CREATE TABLE t (a TEXT UNIQUE, v)", "CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE)", "INSERT INTO t VALUES ('a', 1)"},
		write: "INSERT INTO t VALUES ('A', 2) ON CONFLICT (a) DO UPDATE SET v = 3",
	},
	{
		name: "upsert without rowid", schema: []string{"CREATE TABLE t (a TEXT, b INT, c, PRIMARY KEY (b, a)) WITHOUT ROWID", "INSERT INTO t VALUES ('x', 1, 2), ('y', 1, 3)"},
		write: "INSERT INTO t VALUES ('x', '1', 20), ('z', 1, 30) ON CONFLICT (a, b) DO UPDATE SET c = excluded.c",
	},
	{
		name: "upsert beside a partial key", schema: []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b, gone)", "CREATE UNIQUE INDEX i ON t (b) WHERE gone IS NULL", "INSERT INTO t VALUES (1, 'x', NULL), (2, 'y', 1)"},
		write: "INSERT INTO t VALUES (1, 'z', 1), (NULL, 'w', NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
	},
	{
		name: "trigger that ignores rows", schema: []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", "CREATE TRIGGER after_t AFTER UPDATE ON t WHEN new.a = 2 BEGIN SELECT RAISE(IGNORE); END"},
		write: "UPDATE t SET b = b * 10 RETURNING a",
	},
	{
		name: "trigger that ignores inserts", schema: []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "CREATE TRIGGER after_t AFTER INSERT ON t WHEN new.a = 2 BEGIN SELECT RAISE(IGNORE); END", "CREATE TRIGGER before_t BEFORE INSERT ON t WHEN new.a = 1 BEGIN SELECT RAISE(IGNORE); END"},
		write: "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
	},
	{
		name: "trigger that ignores deletions", schema: []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", "CREATE TRIGGER after_t AFTER DELETE ON t WHEN old.a = 2 BEGIN SELECT RAISE(IGNORE); END", "CREATE TRIGGER before_t BEFORE DELETE ON t WHEN old.a = 1 BEGIN SELECT RAISE(IGNORE); END"},
		write: "DELETE FROM t",
	},
	{
		name: "replaces on conflict", schema: []string{"CREATE TABLE t (a UNIQUE ON CONFLICT REPLACE, b)", "INSERT INTO t VALUES (1, 1), (2, 2)"},
		write: "UPDATE t SET a = 1 WHERE b = 2",
	},
}

// imageRefused names the cases that must have no images, with a part of the
// reason.
var imageRefused = map[string]string{
	"replace": "conflict", "insert or replace": "conflict", "insert or fail": "conflict", "insert or rollback": "conflict",
	"upsert of a query": "query", "upsert on any key": "not told by columns", "upsert by an expression": "neither a literal",
	"upsert over a key of another collation": "compares otherwise",
	"update volatile condition":              "random", "update or replace": "conflict", "update from a right join": "RIGHT",
	"update behind a CTE of its name": "CTE",
	"fails on conflict":               "ON CONFLICT FAIL", "ignores on conflict": "ON CONFLICT IGNORE", "replaces on conflict": "ON CONFLICT REPLACE",
}

// imageMore names the cases whose images before the statement may be of more
// rows than change.
var imageMore = map[string]bool{"update or ignore": true, "upsert twice": true, "upsert where": true}

// imageRandom names the cases whose outcome differs from run to run.
var imageRandom = map[string]bool{"insert volatile values": true, "update volatile value": true, "delete volatile condition": true}

// TestSQLiteImages runs each write bare and with its images. The rows that the
// images tell of are those that changed, to the last value: the table before,
// less the before images, plus the after images, is the table after. What the
// program sees is the same on both ways.
func TestSQLiteImages(t *testing.T) {
	for _, test := range imageCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schema := test.schema
			if schema == nil {
				schema = imageSchema
			}
			bare, c := openSQLiteConn(t, schema...), openSQLiteConn(t, schema...)
			catalog := c.catalog(t)
			table := catalog.Table(dialect.Name{Name: "t"})
			var columns []int
			for i := range table.Columns {
				columns = append(columns, len(table.Columns)-1-i) // in another order than the table's
			}
			st := sqlite.Dialect.Parse(test.write)
			images, why := sqlite.Dialect.Images(st, table, columns)
			if want, refused := imageRefused[test.name]; refused {
				if images != nil || !strings.Contains(why, want) {
					t.Fatalf("images %+v, reason %q, want none because of %q", images, why, want)
				}
				return
			}
			if images == nil || why != "" {
				t.Fatalf("no images because of %q", why)
			}
			if (images.Before != "") != (st.Kind == dialect.KindUpdate || st.Kind == dialect.KindInsert && st.Insert.Upsert) || images.WriteIsBefore != (st.Kind == dialect.KindDelete) {
				t.Errorf("images for %s: %+v", st.Kind, images)
			}

			before := imageTable(t, c, table, columns)
			var beforeImages, written [][]driver.Value
			var err error
			c.exec(t, "BEGIN IMMEDIATE")
			if images.Before != "" {
				var args []driver.Value
				for _, p := range images.BeforeParams {
					args = append(args, imageArgument(t, test.args, p))
				}
				beforeImages = c.rows(t, images.Before, args...)
			}
			args := make([]driver.Value, len(test.args))
			for i, a := range test.args {
				args[i] = a
			}
			written, err = c.Query(t.Context(), images.Write, args...)
			var result []driver.Value
			if err == nil {
				result = c.rows(t, images.Result)[0]
			}
			c.exec(t, "COMMIT")
			for i, row := range written { // ours stand behind what the program asked for
				written[i] = row[len(row)-len(columns):]
			}

			bareResult, bareErr := bare.ExecContext(t.Context(), test.write, test.args...)
			if fmt.Sprint(err) != fmt.Sprint(bareErr) || (err != nil) != test.fails {
				t.Fatalf("error %v, the bare statement's %v", err, bareErr)
			}
			if err == nil && !imageRandom[test.name] {
				affected, _ := bareResult.RowsAffected()
				last, _ := bareResult.LastInsertId()
				if result[0] != affected || result[1] != last {
					t.Errorf("result %v, the bare statement's %d, %d", result, affected, last)
				}
			}
			if got, want := imageTable(t, c, table, columns), imageTable(t, bare, table, columns); !imageRandom[test.name] && !slices.Equal(got, want) {
				t.Errorf("the table is\n%q\nthe bare statement makes it\n%q", got, want)
			}
			if images.WriteIsBefore {
				beforeImages, written = written, nil
			}
			if err != nil {
				beforeImages = nil // nothing was written
			}
			if imageMore[test.name] {
				after := imageTable(t, c, table, columns)
				imageWithin(t, imageLess(before, after), imageTexts(beforeImages))
				imageWithin(t, imageLess(after, before), imageTexts(written))
				return
			}
			if st.Kind == dialect.KindUpdate && len(beforeImages) != len(written) {
				t.Errorf("%d rows before and %d after", len(beforeImages), len(written))
			}
			want := imageApply(t, before, imageTexts(beforeImages), imageTexts(written))
			if got := imageTable(t, c, table, columns); !slices.Equal(got, want) {
				t.Errorf("the images make the table\n%q\nit is\n%q", want, got)
			}
		})
	}
}

// imageArgument returns the argument that a parameter of the statement stands
// for.
func imageArgument(t *testing.T, args []any, p dialect.Param) any {
	t.Helper()
	for i, a := range args {
		switch a := a.(type) {
		case sql.NamedArg:
			if a.Name == p.Name {
				return a.Value
			}
		default:
			if i == p.Index-1 && p.Name == "" {
				return a
			}
		}
	}
	t.Fatalf("no argument for parameter %+v", p)
	return nil
}

// imageTable returns the table's rows as sorted texts.
func imageTable(t *testing.T, c *sqliteConn, table *dialect.Table, columns []int) []string {
	t.Helper()
	var list []string
	for _, i := range columns {
		list = append(list, "+"+table.Columns[i].SQL)
	}
	return imageTexts(c.rows(t, "SELECT "+strings.Join(list, ", ")+" FROM "+table.SQL))
}

func imageTexts(rows [][]driver.Value) []string {
	var texts []string
	for _, row := range rows {
		text := ""
		for _, v := range row {
			text += fmt.Sprintf("%T(%v) ", v, v)
		}
		texts = append(texts, text)
	}
	sort.Strings(texts)
	return texts
}

// imageLess returns the texts of a that are not in b.
func imageLess(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// imageWithin checks that each row that changed has an image.
func imageWithin(t *testing.T, changed, images []string) {
	t.Helper()
	if len(changed) == 0 {
		t.Error("nothing changed")
	}
	if missing := imageLess(changed, images); len(missing) > 0 {
		t.Errorf("no images of %q", missing)
	}
}

// imageApply takes the before images away and adds the after images.
func imageApply(t *testing.T, table, before, after []string) []string {
	t.Helper()
	table = slices.Clone(table)
	for _, row := range before {
		i := slices.Index(table, row)
		if i < 0 {
			t.Errorf("the before image %q is not in the table", row)
			continue
		}
		table = slices.Delete(table, i, i+1)
	}
	table = append(table, after...)
	sort.Strings(table)
	return table
}

// TestSQLiteImagesFromAnOldSchema: a column that is gone makes the image query
// fail; it does not become a constant text.
func TestSQLiteImagesFromAnOldSchema(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, imageSchema...)
	table := c.catalog(t).Table(dialect.Name{Name: "t"})
	_, n := table.Column(strings.ToLower, "n")
	c.exec(t, "ALTER TABLE t DROP COLUMN twice")
	c.exec(t, "ALTER TABLE t DROP COLUMN n")
	for _, write := range []string{"DELETE FROM t", "UPDATE t SET f = 1", "INSERT INTO t (f) VALUES (1)"} {
		images, why := sqlite.Dialect.Images(sqlite.Dialect.Parse(write), table, []int{n})
		if why != "" {
			t.Fatal(why)
		}
		for _, query := range []string{images.Before, images.Write} {
			if query == "" {
				continue
			}
			if rows, err := c.Query(t.Context(), query); err == nil {
				t.Errorf("%s returned %v", query, rows)
			}
		}
	}
}
