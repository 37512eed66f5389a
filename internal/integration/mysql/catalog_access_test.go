package mysql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// account makes an account with these privileges, each in the words between GRANT and
// TO, and returns a connection of its own. %s is the database.
func account(t *testing.T, s *mysqltest.Server, owner *catalogConn, dsn, name string, grants ...string) *catalogConn {
	t.Helper()
	owner.exec(t, fmt.Sprintf("CREATE USER %s@'127.0.0.1' IDENTIFIED BY 'secret'", name))
	for _, g := range grants {
		if strings.Contains(g, "%s") {
			g = fmt.Sprintf(g, database(t, dsn))
		}
		owner.exec(t, fmt.Sprintf("GRANT %s TO %s@'127.0.0.1'", g, name))
	}
	return openCatalogConn(t, fmt.Sprintf("%s:secret@tcp(%s)/%s", name, s.Addr(), database(t, dsn)))
}

// describeAccess writes what the catalog cannot tell of each table, a letter for each:
// images, triggers.
func describeAccess(t *testing.T, c *catalogConn) string {
	t.Helper()
	var out []string
	for _, table := range c.catalog(t).Tables() {
		if table.Kind != dialect.TablePlain {
			continue
		}
		text := table.Name
		if table.NoImages != "" {
			text += " no images"
		}
		for _, tr := range table.Triggers {
			if tr.Event == dialect.KindInsert && tr.Body == nil {
				text += " anything"
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// TestCatalogAccounts: what an account may do decides what the catalog knows. What it may
// not see counts as there.
func TestCatalogAccounts(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	owner := openCatalogConn(t, dsn, "CREATE TABLE a (id int PRIMARY KEY, x int)", "CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE)",
		"CREATE TRIGGER hidden AFTER INSERT ON a FOR EACH ROW DELETE FROM b", "CREATE ROLE writers")
	owner.exec(t, fmt.Sprintf("GRANT ALL ON %s.* TO writers", database(t, dsn)))
	for i, test := range []struct {
		grants []string
		want   string
	}{
		{[]string{"ALL ON *.*"}, "a, b"},
		{[]string{"ALL ON %s.*"}, "a, b"},
		{[]string{"SELECT, INSERT, UPDATE, DELETE, TRIGGER ON %s.*"}, "a, b"},
		{[]string{"SELECT, INSERT, UPDATE, DELETE ON %s.*"}, "a anything, b anything"},
		{[]string{"SELECT, INSERT, UPDATE, DELETE ON %s.*", "TRIGGER ON *.*"}, "a, b"},
		{[]string{"SELECT, TRIGGER ON %s.*"}, "a no images, b no images"},
		{[]string{"SELECT, UPDATE, TRIGGER ON %s.a"}, "a anything"},
		{[]string{"SELECT ON %s.*", "UPDATE, TRIGGER ON %s.a"}, "a, b no images anything"},
		{[]string{"SELECT (id), UPDATE ON %s.a", "TRIGGER, INSERT ON %s.*"}, "a no images, b no images"},
		{[]string{"SELECT ON %s.*", "writers"}, "a no images anything, b no images anything"},
	} {
		name := fmt.Sprintf("account%d", i)
		c := account(t, own, owner, dsn, name, test.grants...)
		if got := describeAccess(t, c); got != test.want {
			t.Errorf("%v: got %q, want %q", test.grants, got, test.want)
		}
		for _, table := range c.catalog(t).Tables() {
			if table.Kind != dialect.TablePlain || table.NoImages != "" {
				continue
			}
			if _, err := c.Query(t.Context(), "SELECT * FROM "+table.SQL+" FOR UPDATE"); err != nil {
				t.Errorf("%v: %v", test.grants, err)
			}
		}
		if test.grants[len(test.grants)-1] == "writers" {
			before := c.session(t).Settings
			c.exec(t, "SET ROLE writers")
			if got := describeAccess(t, c); got != "a, b" {
				t.Errorf("in its role: %q", got)
			}
			if after := c.session(t).Settings; after == before || after != c.catalog(t).Settings {
				t.Errorf("the settings are %s, and were %s without the role", after, before)
			}
		}
	}
}

// TestCatalogScope: the catalog holds the session's database and those with foreign keys
// to it. Tables of others are not in it.
func TestCatalogScope(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	owner := openCatalogConn(t, own.DSN(""), "CREATE DATABASE main1", "CREATE DATABASE child1", "CREATE DATABASE grandchild1", "CREATE DATABASE apart",
		"CREATE TABLE main1.p (id int PRIMARY KEY)", "CREATE TABLE child1.c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES main1.p (id) ON DELETE CASCADE)",
		"CREATE TABLE grandchild1.g (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES child1.c (id) ON DELETE CASCADE)", "CREATE TABLE apart.p (id int PRIMARY KEY)",
		"CREATE FUNCTION apart.f() RETURNS int BEGIN DELETE FROM main1.p; RETURN 1; END", "CREATE FUNCTION main1.f() RETURNS int RETURN 1", "CREATE FUNCTION main1.g() RETURNS int RETURN 1")
	limited := account(t, own, owner, own.DSN("main1"), "noprocess", "ALL ON main1.*", "ALL ON child1.*", "ALL ON grandchild1.*", "ALL ON apart.*")
	alone := account(t, own, owner, own.DSN("main1"), "alone", "ALL ON main1.*")
	for _, test := range []struct {
		who  string
		c    *catalogConn
		want string
		// Of two with one name it is the worst, a body is shown to few, and what has a
		// name that none of the database's own has is left out: it may do anything.
		routines string
	}{
		{"root", openCatalogConn(t, own.DSN("main1")), "child1.c uncached, grandchild1.g uncached, main1.p", "map[f:2 g:1]"},
		{"without PROCESS", limited, "child1.c uncached, grandchild1.g uncached, main1.p", "map[f:2 g:2]"},
		{"with one database", alone, "main1.p", "map[f:2 g:2]"},
		{"in the child's database", openCatalogConn(t, own.DSN("child1")), "child1.c, grandchild1.g uncached", "map[]"},
		{"in another one", openCatalogConn(t, own.DSN("apart")), "apart.p", "map[f:2]"},
		{"without a database", owner, "apart.p, child1.c, grandchild1.g, main1.p", "map[f:2 g:1]"},
	} {
		catalog := test.c.catalog(t)
		var out []string
		for _, table := range catalog.Tables() {
			if table.Kind == dialect.TableSystem {
				continue
			}
			text := table.Key
			if table.Uncached != "" {
				text += " uncached"
			}
			out = append(out, text)
		}
		slices.Sort(out)
		if got := strings.Join(out, ", "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.who, got, test.want)
		}
		if catalog.Table(dialect.Name{Schema: "mysql", Name: "proc"}) == nil && test.who == "root" || catalog.Table(dialect.Name{Schema: "information_schema", Name: "tables"}) == nil {
			t.Errorf("%s: the server's own tables are missing", test.who)
		}
		if got := fmt.Sprint(catalog.Routines); got != test.routines {
			t.Errorf("%s: routines %s, want %s", test.who, got, test.routines)
		}
	}
	if got := owner.catalog(t).Table(dialect.Name{Name: "p"}); got != nil {
		t.Errorf("without a database p is %s", got.Key)
	}
}

// TestCatalogTwins: tables and columns whose names differ in the case of letters alone are
// not told apart.
func TestCatalogTwins(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, server.NewDatabase(t), "CREATE TABLE Twin (id int PRIMARY KEY)", "CREATE TABLE twin (id int PRIMARY KEY)", "CREATE TABLE Single (id int PRIMARY KEY)")
	catalog := c.catalog(t)
	for _, name := range []string{"Twin", "twin", "TWIN"} {
		if table := catalog.Table(dialect.Name{Name: name}); table == nil || table.Kind != dialect.TableVirtual {
			t.Errorf("%s: %+v", name, table)
		}
	}
	if table := catalog.Table(dialect.Name{Name: "single"}); table == nil || table.Kind != dialect.TablePlain {
		t.Errorf("Single: %+v", table)
	}
	keys := 0
	for _, table := range catalog.Tables() {
		if table.Kind == dialect.TableVirtual {
			keys++
		}
	}
	if keys != 2 {
		t.Errorf("there are %d tables that are not told apart", keys)
	}
}
