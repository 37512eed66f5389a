package integration

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	modernc "modernc.org/sqlite"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// registerGerman gives the driver a collation of its own. It knows them for the
// whole process only.
var registerGerman = sync.OnceValue(func() error {
	return modernc.RegisterCollationUtf8("german", strings.Compare)
})

// describeTable writes everything a catalog says of a table in a few lines.
func describeTable(t *dialect.Table) string {
	kinds := [...]string{"plain", "view", "virtual", "system", "temp"}
	actions := [...]string{"none", "cascade", "set null", "set default"}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s rowid=%s unique=%v", t.Key, kinds[t.Kind], t.SQL, t.RowID, t.Unique)
	if t.NoImages != "" {
		fmt.Fprintf(&b, " noimages=(%s)", t.NoImages)
	}
	b.WriteByte('\n')
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "  %s %s [%s] %s", c.Folded, c.SQL, c.Type, c.Comparison)
		for _, flag := range []struct {
			on   bool
			name string
		}{{c.NotNull, " notnull"}, {c.HasDefault, " default"}, {c.Generated, " generated"}} {
			if flag.on {
				b.WriteString(flag.name)
			}
		}
		b.WriteByte('\n')
	}
	for _, f := range t.ForeignKeys {
		fmt.Fprintf(&b, "  fk %v -> %s%v delete=%s update=%s\n", f.Columns, f.Parent, f.ParentColumns, actions[f.OnDelete], actions[f.OnUpdate])
	}
	for _, tr := range t.Triggers {
		fmt.Fprintf(&b, "  trigger %s on %s:", tr.Name, tr.Event)
		if tr.Body == nil {
			b.WriteString(" anything")
		}
		for _, st := range tr.Body {
			fmt.Fprintf(&b, " %s%v", st.Kind, st.Writes)
		}
		b.WriteByte('\n')
	}
	if t.View != nil {
		fmt.Fprintf(&b, "  view %s of %v\n", t.View.Kind, t.View.Reads)
	}
	if t.ViewColumns != nil {
		fmt.Fprintf(&b, "  view columns %q\n", t.ViewColumns)
	}
	return b.String()
}

// TestSQLiteCatalog reads schemas from a real SQLite and compares what the
// catalog says of a table, word for word.
func TestSQLiteCatalog(t *testing.T) {
	if err := registerGerman(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		schema []string
		table  dialect.Name
		want   string
	}{
		{
			"plain", []string{"CREATE TABLE Posts (Id INTEGER PRIMARY KEY, title TEXT NOT NULL COLLATE nocase DEFAULT 'x', price REAL, b, PRICE2 DECIMAL(10,2) /* , */)"},
			dialect.Name{Name: "POSTS"}, "main.posts plain `main`.`Posts` rowid=`rowid` unique=[[0]]\n" +
				"  id `Id` [INTEGER] sqlite1.num notnull\n" +
				"  title `title` [TEXT] sqlite1.text.nocase notnull default\n" +
				"  price `price` [REAL] \n" +
				"  b `b` [] sqlite1.any.binary\n" +
				"  price2 `PRICE2` [DECIMAL(10,2)] sqlite1.num\n",
		},
		{
			"rowid hidden by a column", []string{"CREATE TABLE t (RowID TEXT, _rowid_ INT)"},
			dialect.Name{Schema: "MAIN", Name: "t"}, "main.t plain `main`.`t` rowid=`oid` unique=[]\n" +
				"  rowid `RowID` [TEXT] sqlite1.text.binary\n  _rowid_ `_rowid_` [INT] sqlite1.num\n",
		},
		{
			"rowid hidden altogether", []string{"CREATE TABLE t (rowid, _rowid_, oid)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid= unique=[]\n" +
				"  rowid `rowid` [] sqlite1.any.binary\n  _rowid_ `_rowid_` [] sqlite1.any.binary\n  oid `oid` [] sqlite1.any.binary\n",
		},
		{
			"without rowid", []string{"CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid= unique=[[1 0]]\n" +
				"  a `a` [TEXT] sqlite1.text.binary notnull\n  b `b` [INT] sqlite1.num notnull\n",
		},
		{
			"a key that is not the rowid may be NULL", []string{"CREATE TABLE t (a INT PRIMARY KEY, b INTEGER)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[[0]]\n  a `a` [INT] sqlite1.num\n  b `b` [INTEGER] sqlite1.num\n",
		},
		{
			"INTEGER PRIMARY KEY DESC is not the rowid", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY DESC)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[[0]]\n  a `a` [INTEGER] sqlite1.num\n",
		},
		{
			"strict", []string{"CREATE TABLE t (a ANY, b INT) STRICT", "CREATE TABLE s (a ANY)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n  a `a` [ANY] sqlite1.any.binary\n  b `b` [INT] sqlite1.num\n",
		},
		{
			"generated", []string{"CREATE TABLE t (a INT, b TEXT GENERATED ALWAYS AS (a || 'x') STORED, c AS (a + 1))"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n" +
				"  a `a` [INT] sqlite1.num\n  b `b` [TEXT] sqlite1.text.binary generated\n  c `c` [] sqlite1.any.binary generated\n",
		},
		{
			"the last collation counts, one that is not known does not compare",
			[]string{"CREATE TABLE t (a TEXT COLLATE nocase COLLATE RTRIM, b TEXT COLLATE german, c INT COLLATE german, d COLLATE 'NOCASE')"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n" +
				"  a `a` [TEXT] sqlite1.text.rtrim\n  b `b` [TEXT] \n  c `c` [INT] \n  d `d` [] sqlite1.any.nocase\n",
		},
		{
			"a column added later", []string{"CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b TEXT COLLATE NOCASE DEFAULT 'y'", "ALTER TABLE t RENAME COLUMN a TO \"we`ird\"", "ALTER TABLE t RENAME TO \"T o\""},
			dialect.Name{Name: "t O"}, "main.`t o` plain `main`.`T o` rowid=`rowid` unique=[]\n" +
				"  we`ird `we``ird` [] sqlite1.any.binary\n  b `b` [TEXT] sqlite1.text.nocase default\n",
		},
		{
			"unique indexes", []string{
				"CREATE TABLE t (a TEXT, b TEXT COLLATE nocase, c INT UNIQUE, d, PRIMARY KEY (a, c))",
				"CREATE UNIQUE INDEX i1 ON t (b)", "CREATE UNIQUE INDEX i2 ON t (b COLLATE binary)", "CREATE UNIQUE INDEX i3 ON t (a) WHERE c > 0",
				"CREATE UNIQUE INDEX i4 ON t (lower(a))", "CREATE UNIQUE INDEX i5 ON t (d, b, a)", "CREATE INDEX i6 ON t (d)",
			},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[[0 2] [3 1 0] [1] [2]]\n" +
				"  a `a` [TEXT] sqlite1.text.binary\n  b `b` [TEXT] sqlite1.text.nocase\n  c `c` [INT] sqlite1.num\n  d `d` [] sqlite1.any.binary\n",
		},
		{
			"foreign keys", []string{
				"CREATE TABLE p (a INTEGER PRIMARY KEY, b, c, UNIQUE (b, c))",
				"CREATE TABLE t (x INT REFERENCES P ON DELETE CASCADE, y, z, w REFERENCES p ON UPDATE SET DEFAULT ON DELETE RESTRICT, FOREIGN KEY (z, y) REFERENCES p (b, c) ON DELETE SET NULL ON UPDATE CASCADE)",
			},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n" +
				"  x `x` [INT] sqlite1.num\n  y `y` [] sqlite1.any.binary\n  z `z` [] sqlite1.any.binary\n  w `w` [] sqlite1.any.binary\n" +
				"  fk [2 1] -> main.p[b c] delete=set null update=cascade\n  fk [3] -> main.p[] delete=none update=set default\n  fk [0] -> main.P[] delete=cascade update=none\n",
		},
		{
			"triggers", []string{
				"CREATE TABLE t (a)", "CREATE TABLE log (a)",
				"CREATE TRIGGER t1 AFTER INSERT ON t WHEN NEW.a > 1 BEGIN INSERT INTO log VALUES (NEW.a); UPDATE t SET a = 1 WHERE a = NEW.a; END",
				"CREATE TRIGGER t2 BEFORE UPDATE OF a ON T BEGIN DELETE FROM log; END",
				"CREATE TRIGGER t3 BEFORE DELETE ON t WHEN my_own(OLD.a) BEGIN DELETE FROM log; END",
			},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n  a `a` [] sqlite1.any.binary\n" +
				"  trigger t1 on insert: insert[log] update[t]\n  trigger t2 on update: delete[log]\n  trigger t3 on delete: anything\n",
		},
		{
			"view", []string{"CREATE TABLE t (a, b)", "CREATE VIEW v (x, y) AS WITH c AS (SELECT a FROM t) SELECT a, 1 FROM c -- the end", "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.x, 1); END"},
			dialect.Name{Name: "v"}, "main.v view `main`.`v` rowid= unique=[] noimages=(a view)\n" +
				"  trigger tr on insert: insert[t]\n  view select of [t]\n  view columns [\"x\" \"y\"]\n",
		},
		{
			"view names its columns as SQLite does", []string{"CREATE TABLE t (a, \"b c\")", "CREATE VIEW v AS SELECT *, a + 1, max(a, 2) AS m FROM t"},
			dialect.Name{Name: "v"}, "main.v view `main`.`v` rowid= unique=[] noimages=(a view)\n  view select of [t]\n  view columns [\"a\" \"b c\" \"a + 1\" \"m\"]\n",
		},
		{
			"a view that is broken does not spoil the others",
			[]string{"CREATE TABLE t (a)", "CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW broken AS SELECT a FROM gone"},
			dialect.Name{Name: "v"}, "main.v view `main`.`v` rowid= unique=[] noimages=(a view)\n  view select of [t]\n  view columns [\"a\"]\n",
		},
		{
			"the broken view itself",
			[]string{"CREATE VIEW broken AS SELECT a FROM gone"},
			dialect.Name{Name: "broken"}, "main.broken view `main`.`broken` rowid= unique=[] noimages=(a view)\n",
		},
		{
			"virtual", []string{"CREATE VIRTUAL TABLE docs USING fts5(body)"},
			dialect.Name{Name: "docs"}, "main.docs virtual `main`.`docs` rowid= unique=[] noimages=(a virtual table)\n",
		},
		{
			"shadow of a virtual table", []string{"CREATE VIRTUAL TABLE docs USING fts5(body)"},
			dialect.Name{Name: "docs_config"}, "main.docs_config virtual `main`.`docs_config` rowid= unique=[[0]] noimages=(a table in which the virtual table docs keeps its rows)\n" +
				"  k `k` [] sqlite1.any.binary notnull\n  v `v` [] sqlite1.any.binary\n",
		},
		{
			"no shadow, only a name like one", []string{"CREATE VIRTUAL TABLE docs USING fts5(body)", "CREATE TABLE docs_tags (a)"},
			dialect.Name{Name: "docs_tags"}, "main.docs_tags plain `main`.`docs_tags` rowid=`rowid` unique=[]\n  a `a` [] sqlite1.any.binary\n",
		},
		{
			"system", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)"},
			dialect.Name{Name: "sqlite_sequence"}, "main.sqlite_sequence system `main`.`sqlite_sequence` rowid= unique=[] noimages=(a table of SQLite's own)\n" +
				"  name `name` [] \n  seq `seq` [] \n",
		},
		{
			"the schema's table", nil,
			dialect.Name{Name: "SQLite_Master"}, "main.sqlite_master system `main`.`sqlite_master` rowid= unique=[] noimages=(a table of SQLite's own)\n",
		},
		{
			"replace in the schema", []string{"CREATE TABLE t (a UNIQUE ON CONFLICT REPLACE, b)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[[0]] noimages=(a constraint has ON CONFLICT REPLACE)\n" +
				"  a `a` [] sqlite1.any.binary\n  b `b` [] sqlite1.any.binary\n",
		},
		{
			"rollback in the schema", []string{"CREATE TABLE t (a, b, PRIMARY KEY (a, b) ON CONFLICT ROLLBACK)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[[0 1]] noimages=(a constraint has ON CONFLICT ROLLBACK)\n" +
				"  a `a` [] sqlite1.any.binary\n  b `b` [] sqlite1.any.binary\n",
		},
		{
			"not null on conflict replace", []string{"CREATE TABLE t (a NOT NULL ON CONFLICT REPLACE DEFAULT 1)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[] noimages=(a constraint has ON CONFLICT REPLACE)\n  a `a` [] sqlite1.any.binary notnull default\n",
		},
		{
			"temporary", []string{"CREATE TEMP TABLE tt (a INT)"},
			dialect.Name{Name: "tt"}, "temp.tt temp `temp`.`tt` rowid=`rowid` unique=[] noimages=(a temporary table)\n  a `a` [INT] sqlite1.num\n",
		},
		{
			"an unqualified name is main's, although temp hides it here", []string{"CREATE TABLE t (a INT)", "CREATE TEMP TABLE t (b)"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n  a `a` [INT] sqlite1.num\n",
		},
		{
			"a temporary trigger on a table of main", []string{"CREATE TABLE t (a INT)", "CREATE TEMP TRIGGER tr AFTER INSERT ON main.t BEGIN DELETE FROM t; END"},
			dialect.Name{Name: "t"}, "main.t plain `main`.`t` rowid=`rowid` unique=[]\n  a `a` [INT] sqlite1.num\n  trigger tr on insert: anything\n",
		},
		{
			"attached", []string{"ATTACH ':memory:' AS \"o.ther\"", "CREATE TABLE \"o.ther\".t (a INT)"},
			dialect.Name{Name: "t"}, "`o.ther`.t plain `o.ther`.`t` rowid=`rowid` unique=[]\n  a `a` [INT] sqlite1.num\n",
		},
		{
			"a view of an attached database is not expanded", []string{"ATTACH ':memory:' AS o", "CREATE TABLE o.t (a INT)", "CREATE VIEW o.v AS SELECT * FROM t"},
			dialect.Name{Name: "v"}, "o.v view `o`.`v` rowid= unique=[] noimages=(a view)\n  view columns [\"a\"]\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := openSQLiteConn(t, test.schema...)
			catalog := c.catalog(t)
			table := catalog.Table(test.table)
			if table == nil {
				t.Fatalf("%s is not in the catalog", test.table)
			}
			if got := describeTable(table); got != test.want {
				t.Errorf("got:\n%swant:\n%s", got, test.want)
			}
			version, err := sqlite.Dialect.SchemaVersion(t.Context(), c)
			if err != nil || version != catalog.Version {
				t.Errorf("the version is %q, %v; the catalog's %q", version, err, catalog.Version)
			}
		})
	}
}

// TestSQLiteCatalogRowID: the expression for the row's name is one, and is not
// a text in disguise.
func TestSQLiteCatalogRowID(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t,
		"CREATE TABLE a (x)", "CREATE TABLE b (rowid)", "CREATE TABLE c (rowid, _rowid_)", "CREATE TABLE d (id INTEGER PRIMARY KEY)",
		"INSERT INTO a (oid, x) VALUES (77, 1)", "INSERT INTO b (_rowid_) VALUES (77)", "INSERT INTO c (oid) VALUES (77)", "INSERT INTO d VALUES (77)")
	catalog := c.catalog(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		table := catalog.Table(dialect.Name{Name: name})
		if rows := c.rows(t, "SELECT "+table.RowID+" FROM "+table.SQL); rows[0][0] != int64(77) {
			t.Errorf("%s: %s is %v, want 77", name, table.RowID, rows[0][0])
		}
	}
}

// TestSQLiteCatalogForeignFunction: where a generated column calls a function
// of the application, the rows are not a function of what is stored.
func TestSQLiteCatalogForeignFunction(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, "CREATE TABLE t (a, b AS (a + 1))", "PRAGMA writable_schema = 1")
	// The driver knows no such function, so that SQLite would not take the
	// text in a CREATE TABLE.
	c.exec(t, "UPDATE sqlite_master SET sql = replace(sql, 'a + 1', 'my_own(a)')")
	if got := c.catalog(t).Table(dialect.Name{Name: "t"}); got.Kind != dialect.TableVirtual || got.NoImages == "" {
		t.Errorf("kind %d, no images because %q", got.Kind, got.NoImages)
	}
}

// TestSQLiteCatalogUnreadable: a table whose text is not understood has no
// term and no images.
func TestSQLiteCatalogUnreadable(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t; END",
		"CREATE VIEW v AS SELECT a FROM t")
	broken := queryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
		rows, err := c.Query(ctx, query, args...)
		for _, row := range rows {
			for i, v := range row {
				if s, ok := v.(string); ok && strings.HasPrefix(s, "CREATE ") {
					row[i] = s + " FROM THE FUTURE"
				}
			}
		}
		return rows, err
	})
	catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), broken)
	if err != nil {
		t.Fatal(err)
	}
	want := "main.t plain `main`.`t` rowid= unique=[[0]] noimages=(the text of its CREATE TABLE was not understood)\n" +
		"  a `a` [INTEGER] notnull\n  b `b` [TEXT]\n" +
		"  trigger tr on insert: anything\n  trigger tr on update: anything\n  trigger tr on delete: anything\n"
	if got := strings.ReplaceAll(describeTable(catalog.Table(dialect.Name{Name: "t"})), "] \n", "]\n"); strings.ReplaceAll(got, "]  ", "] ") != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if v := catalog.Table(dialect.Name{Name: "v"}); v.View != nil {
		t.Error("a view that was not understood has a query")
	}
}

// TestSQLiteCatalogTextAsBytes: some drivers return texts as bytes.
func TestSQLiteCatalogTextAsBytes(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE UNIQUE)", "CREATE VIEW v AS SELECT a FROM t")
	bytes := queryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
		rows, err := c.Query(ctx, query, args...)
		for _, row := range rows {
			for i, v := range row {
				if s, ok := v.(string); ok {
					row[i] = []byte(s)
				}
			}
		}
		return rows, err
	})
	catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range c.catalog(t).Tables() {
		name := dialect.Name{Schema: table.Schema, Name: table.Name}
		if got, want := describeTable(catalog.Table(name)), describeTable(table); got != want {
			t.Errorf("got:\n%swant:\n%s", got, want)
		}
	}
}

// TestSQLiteCatalogOfOldVersion: without RETURNING there are no images.
func TestSQLiteCatalogOfOldVersion(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, "CREATE TABLE t (a)")
	for version, refused := range map[string]bool{"3.34.1": true, "3.35.0": false} {
		old := queryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
			if query == "SELECT sqlite_version()" {
				return [][]driver.Value{{version}}, nil
			}
			return c.Query(ctx, query, args...)
		})
		catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		table := catalog.Table(dialect.Name{Name: "t"})
		if catalog.Server != version || (table.NoImages != "") != refused {
			t.Errorf("version %s: server %s, no images because of %q", version, catalog.Server, table.NoImages)
		}
	}
}

// TestSQLiteCatalogChangesMeanwhile: a schema that another connection changes
// while it is read is read again, and never put together of two halves.
func TestSQLiteCatalogChangesMeanwhile(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	c, other := connectSQLite(t, db), connectSQLite(t, db)
	other.exec(t, "CREATE TABLE t (a INT)")
	changes := 0
	moving := func(times int) queryerFunc {
		changes = 0
		return func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
			if strings.Contains(query, "main`.sqlite_master") && changes < times {
				changes++
				other.exec(t, fmt.Sprintf("ALTER TABLE t ADD COLUMN c%d_%d", times, changes))
			}
			return c.Query(ctx, query, args...)
		}
	}
	catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), moving(3))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(catalog.Table(dialect.Name{Name: "t"}).Columns); got != 4 {
		t.Errorf("%d columns, want 4", got)
	}
	if _, err := sqlite.Dialect.LoadCatalog(t.Context(), moving(1000)); err == nil || !strings.Contains(err.Error(), "changed during each") {
		t.Errorf("a schema that never rests gave the error %v", err)
	}
}

// TestSQLiteCatalogFails: every query that fails makes the whole fail, or
// takes away the view it was about.
func TestSQLiteCatalogFails(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t, "CREATE TABLE t (a INT)", "CREATE VIEW v AS SELECT a FROM t")
	boom := errors.New("boom")
	for n := 0; ; n++ {
		asked := 0
		failing := queryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
			asked++
			if asked == n+1 {
				return nil, boom
			}
			return c.Query(ctx, query, args...)
		})
		catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), failing)
		if asked <= n {
			if n < 10 {
				t.Errorf("only %d queries were asked", n)
			}
			return
		}
		if err == nil && describeTable(catalog.Table(dialect.Name{Name: "v"})) != describeTable(c.catalog(t).Table(dialect.Name{Name: "v"})) {
			t.Errorf("query %d failed and the view is wrong", n)
		}
		if err != nil && !errors.Is(err, boom) {
			t.Errorf("query %d failed with %v", n, err)
		}
	}
}

// TestSQLiteSchemaVersion: the version changes with the schema, also through
// another connection, and with nothing else.
func TestSQLiteSchemaVersion(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	c, other := connectSQLite(t, db), connectSQLite(t, db)
	version := func() string {
		v, err := sqlite.Dialect.SchemaVersion(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	seen := []string{version()}
	for _, ddl := range []string{
		"CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b", "CREATE INDEX i ON t (a)", "CREATE VIEW v AS SELECT * FROM t",
		"CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t; END", "DROP TRIGGER tr", "DROP VIEW v", "DROP INDEX i",
		"ALTER TABLE t RENAME TO u", "DROP TABLE u",
	} {
		other.exec(t, ddl)
		v := version()
		if slices.Contains(seen, v) {
			t.Errorf("%s left the version at %s", ddl, v)
		}
		seen = append(seen, v)
	}
	other.exec(t, "CREATE TABLE t (a)")
	before := version()
	other.exec(t, "INSERT INTO t VALUES (1)")
	c.exec(t, "CREATE TEMP TABLE x (a)")
	if version() != before {
		t.Error("a row or a temporary table changed the version")
	}
}
