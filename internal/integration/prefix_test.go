package integration

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

type tenantKey struct{}

// as is a request of a tenant.
func as(tenant string) context.Context {
	return context.WithValue(context.Background(), tenantKey{}, tenant)
}

// tenantOf is what a program gives as Config.PrefixFunc. All see one row of
// countries.
func tenantOf(ctx context.Context, info cacheops.PrefixInfo) string {
	if info.Table == "countries" {
		return "all"
	}
	tenant, _ := ctx.Value(tenantKey{}).(string)
	if tenant == "panics" {
		panic("no tenant of that name")
	}
	return tenant
}

// newTenants is a database whose reads are told apart by tenant, on a store, or one
// of its own where that is nil.
func newTenants(t *testing.T, st store.Store) *cachedSQLite {
	t.Helper()
	return newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}
		c.PrefixFunc, c.Store = tenantOf, st
	})
}

// wantAs is want for a tenant.
func (s *cachedSQLite) wantAs(t *testing.T, tenant, rows string, hit bool, query string, args ...any) {
	t.Helper()
	if got, gotHit := readWith(as(tenant), t, s, s.cached, query, args...); got != rows || gotHit != hit {
		t.Fatalf("%s as %q: got %q (hit: %v), want %q (hit: %v); reason: %v", query, tenant, got, gotHit, rows, hit, s.lastReason.Load())
	}
}

const bodyOf = "SELECT body FROM posts WHERE id = ?"

// TestTenantsDoNotMeet writes as one tenant, and sees what the other's results
// have to do with it.
func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	tenantsDoNotMeet(t, newTenants(t, nil))
}

func TestTenantsDoNotMeetOnRedis(t *testing.T) {
	t.Parallel()
	tenantsDoNotMeet(t, newTenants(t, newRedisStore(t, startRedis(t))))
}

func TestTenantsDoNotMeetInSets(t *testing.T) {
	t.Parallel()
	tenantsDoNotMeet(t, newTenants(t, newWaitingSets(t, startRedis(t).URL())))
}

func tenantsDoNotMeet(t *testing.T, s *cachedSQLite) {
	t.Helper()
	for _, tenant := range []string{"red", "blue"} {
		s.wantAs(t, tenant, "a", false, bodyOf, 1)
		s.wantAs(t, tenant, "a", true, bodyOf, 1)
		s.wantAs(t, tenant, "b", false, bodyOf, 2)
	}
	// The bare handle writes, so that it shows who is asked again.
	exec(t, s.bare, "UPDATE posts SET body = body || '!'")
	for name, write := range map[string]func() error{
		"by images": func() error {
			_, err := s.cached.ExecContext(as("red"), "UPDATE posts SET author = author + 1 WHERE id = 1")
			return err
		},
		"by epoch": func() error {
			_, err := s.cached.ExecContext(as("red"), "INSERT OR REPLACE INTO posts (id, category, author, body) SELECT id, category, author, body FROM posts WHERE id = 1")
			return err
		},
		"in a transaction": func() error {
			tx, err := s.cached.BeginTx(context.Background(), nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(as("red"), "UPDATE posts SET author = author + 1 WHERE id = 1"); err != nil {
				return err
			}
			return tx.Commit()
		},
		"postponed": func() error {
			return cacheops.Postpone(as("red"), func(ctx context.Context) error {
				_, err := s.cached.ExecContext(ctx, "UPDATE posts SET author = author + 1 WHERE id = 1")
				return err
			})
		},
		"Row": func() error {
			return s.cache.Database("main").Invalidate(as("red"), cacheops.Row("posts", cacheops.Values{"id": 1}))
		},
		"Table": func() error { return s.cache.Database("main").Invalidate(as("red"), cacheops.Table("posts")) },
		"All":   func() error { return s.cache.Database("main").Invalidate(as("red"), cacheops.All()) },
	} {
		if err := write(); err != nil {
			t.Fatal(name, err)
		}
		t.Log(name)
		s.wantAs(t, "red", "a!", false, bodyOf, 1)
		s.wantAs(t, "red", "a!", true, bodyOf, 1)
		s.wantAs(t, "blue", "a", true, bodyOf, 1)
		s.wantAs(t, "blue", "b", true, bodyOf, 2)
	}
}

// TestWithoutTenant is a job in the background, of which no tenant is known.
func TestWithoutTenant(t *testing.T) {
	t.Parallel()
	const unlike = "SELECT body FROM posts WHERE id = 3"
	for name, job := range map[string]struct {
		tenant string
		sql    string
		keeps  bool // what the conditions leave alone
	}{
		"by images": {"", "UPDATE posts SET body = 'job' WHERE id = 1", true},
		"by epoch":  {"", "INSERT OR REPLACE INTO posts (id, body) VALUES (1, 'job')", false},
		"a panic":   {"panics", "UPDATE posts SET body = 'job' WHERE id = 1", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTenants(t, nil)
			for _, tenant := range []string{"red", "blue"} {
				s.wantAs(t, tenant, "a", false, bodyOf, 1)
				s.wantAs(t, tenant, "c", false, unlike)
			}
			for range 2 {
				s.wantAs(t, job.tenant, "a", false, bodyOf, 1)
			}
			if _, err := s.cached.ExecContext(as(job.tenant), job.sql); err != nil {
				t.Fatal(err)
			}
			for _, tenant := range []string{"red", "blue"} {
				s.wantAs(t, tenant, "job", false, bodyOf, 1)
				s.wantAs(t, tenant, "job", true, bodyOf, 1)
				s.wantAs(t, tenant, "c", job.keeps, unlike)
			}
			if err := s.cache.Database("main").Invalidate(as(job.tenant), cacheops.All()); err != nil {
				t.Fatal(err)
			}
			s.wantAs(t, "blue", "job", false, bodyOf, 1)
		})
	}
}

// TestTenantsShareATable reads a table for which the function has one answer,
// alone and beside one for which it has not.
func TestTenantsShareATable(t *testing.T) {
	t.Parallel()
	s := newTenants(t, nil)
	const country, both = "SELECT name FROM countries WHERE code = 'at'", "SELECT name || body FROM countries, posts WHERE code = 'at' AND id = 1"
	s.wantAs(t, "red", "Austria", false, country)
	s.wantAs(t, "blue", "Austria", true, country)
	s.wantAs(t, "", "Austria", true, country)
	s.wantAs(t, "red", "Austriaa", false, both)
	s.wantAs(t, "blue", "Austriaa", false, both)
	if _, err := s.cached.ExecContext(as("red"), "UPDATE countries SET name = 'A' WHERE code = 'at'"); err != nil {
		t.Fatal(err)
	}
	s.wantAs(t, "blue", "A", false, country)
	s.wantAs(t, "blue", "Aa", false, both)
	if _, err := s.cached.ExecContext(as("red"), "UPDATE posts SET body = 'x' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	s.wantAs(t, "blue", "Aa", true, both)
	s.wantAs(t, "red", "Ax", false, both)
}

// TestTenantsAndDDL changes the schema, which concerns all.
func TestTenantsAndDDL(t *testing.T) {
	t.Parallel()
	s := newTenants(t, nil)
	const q = "SELECT * FROM posts WHERE id = 3"
	for _, tenant := range []string{"red", "blue"} {
		s.wantColumns(t, tenant, 4, q)
	}
	if _, err := s.cached.ExecContext(as("red"), "ALTER TABLE posts ADD COLUMN note TEXT"); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"red", "blue"} {
		s.wantColumns(t, tenant, 5, q)
	}
}

// wantColumns counts the columns that a tenant sees.
func (s *cachedSQLite) wantColumns(t *testing.T, tenant string, n int, query string) {
	t.Helper()
	rows, err := s.cached.QueryContext(as(tenant), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || len(columns) != n {
		t.Fatalf("%d columns, want %d; %v", len(columns), n, err)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestExplainForATenant tells what dropped the results of one tenant.
func TestExplainForATenant(t *testing.T) {
	t.Parallel()
	s := newTenants(t, nil)
	s.wantAs(t, "red", "a", false, bodyOf, 1)
	s.wantAs(t, "blue", "a", false, bodyOf, 1)
	if _, err := s.cached.ExecContext(as("red"), "UPDATE posts SET body = 'x' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	for tenant, dropped := range map[string]bool{"red": true, "blue": false} {
		e, err := s.cache.Database("main").Explain(as(tenant), bodyOf, 1)
		if err != nil {
			t.Fatal(err)
		}
		if e.Stored == dropped || (e.Dropped != nil) != dropped {
			t.Errorf("%s: stored %v, dropped by %+v", tenant, e.Stored, e.Dropped)
		}
	}
}

// TestProgramsShareAStore gives two programs one store, each with its own
// prefix, on two databases of one name.
func TestProgramsShareAStore(t *testing.T) {
	t.Parallel()
	st := newStore(t, memory.Config{})
	program := func(prefix, database string) *cachedSQLite {
		s := newCachedSQLite(t, func(c *cacheops.Config, d *sqlcache.Config) {
			c.Store, c.Prefix, d.Database = st, prefix, database
		})
		exec(t, s.bare, "CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT)", "INSERT INTO posts VALUES (1, '"+prefix+database+"')")
		return s
	}
	programs := []*cachedSQLite{program("one", "main"), program("two", "main"), program("", "one|main"), program("", "main")}
	names := []string{"main", "main", "one|main", "main"}
	texts := []string{"onemain", "twomain", "one|main", "main"}
	for i, s := range programs {
		s.want(t, texts[i], false, bodyOf, 1)
	}
	for i, s := range programs {
		exec(t, s.cached, "UPDATE posts SET body = 'x' WHERE id = 1")
		s.want(t, "x", false, bodyOf, 1)
		if err := s.cache.Database(names[i]).Invalidate(context.Background(), cacheops.All()); err != nil {
			t.Fatal(err)
		}
		s.want(t, "x", false, bodyOf, 1)
		for j := range programs {
			text := texts[j]
			if j <= i {
				text = "x"
			}
			programs[j].want(t, text, true, bodyOf, 1)
		}
	}
}

// TestDBAgnostic reads copies of one database through handles with names of their
// own.
func TestDBAgnostic(t *testing.T) {
	t.Parallel()
	st := newStore(t, memory.Config{})
	copyOf := func(name, content string) *cachedSQLite {
		s := newCachedSQLite(t, func(c *cacheops.Config, d *sqlcache.Config) {
			c.Store, d.Database = st, name
			c.Profiles = cacheops.Profiles{
				"countries": {Ops: cacheops.OpAll, DBAgnostic: true, TTL: time.Hour},
				"posts":     {Ops: cacheops.OpAll},
			}
		})
		exec(t, s.bare,
			"CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", "CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT)",
			// They hold the same, as far as they are asked: the content shows who answered.
			"INSERT INTO countries VALUES ('at', '"+content+"'), ('ch', '"+content+"')", "INSERT INTO posts VALUES (1, '"+content+"')")
		return s
	}
	a, b := copyOf("a", "A"), copyOf("b", "B")
	const q, ch, both = "SELECT name FROM countries WHERE code = 'at'", "SELECT name FROM countries WHERE code = 'ch'",
		"SELECT name || body FROM countries, posts WHERE code = 'at' AND id = 1"
	a.want(t, "A", false, q)
	a.want(t, "A", false, ch)
	b.want(t, "A", true, q)
	// By the conditions, though nobody cached anything of b's own.
	exec(t, b.cached, "UPDATE countries SET name = 'B' WHERE code = 'ch'")
	b.want(t, "A", true, q)
	a.want(t, "A", false, ch)
	// One table that is not agnostic makes the read its database's own.
	a.want(t, "AA", false, both)
	b.want(t, "BB", false, both)
	// A write through either drops what they share, and what depends on it.
	exec(t, b.cached, "UPDATE countries SET name = 'B2' WHERE code = 'at'")
	a.want(t, "AA", true, both) // this one reads a's own row, which nobody changed
	b.want(t, "B2B", false, both)
	b.want(t, "B2", false, q)
	a.want(t, "B2", true, q)
	a.want(t, "A", true, ch)
	exec(t, a.cached, "DELETE FROM countries WHERE code = 'at'")
	a.want(t, "", false, q)
	b.want(t, "", true, q)
	// So do all the others.
	for name, drop := range map[string]func() error{
		"Row": func() error {
			return b.cache.Database("b").Invalidate(context.Background(), cacheops.Row("countries", cacheops.Values{"code": "ch"}))
		},
		"Table": func() error {
			return b.cache.Database("b").Invalidate(context.Background(), cacheops.Table("countries"))
		},
		"All": func() error { return b.cache.Database("b").Invalidate(context.Background(), cacheops.All()) },
		"epoch": func() error {
			_, err := b.cached.ExecContext(context.Background(), "INSERT OR REPLACE INTO countries VALUES ('xx', 'X')")
			return err
		},
	} {
		a.read(t, ch)
		a.want(t, "A", true, ch)
		if err := drop(); err != nil {
			t.Fatal(name, err)
		}
		if _, hit := a.read(t, ch); hit {
			t.Errorf("%s left it", name)
		}
	}
	// Databases whose schemas differ share nothing.
	exec(t, b.cached, "ALTER TABLE posts ADD COLUMN note TEXT")
	a.read(t, ch)
	a.want(t, "A", true, ch)
	b.want(t, "B", false, ch)
	a.want(t, "A", true, ch)
}

// TestAllOfATenantFindsNewTables drops all of a tenant where a handle knows of a
// table that another one does not.
func TestAllOfATenantFindsNewTables(t *testing.T) {
	t.Parallel()
	s := newTenants(t, nil)
	later, err := sqlcache.OpenDB(s.cache, s.gate.inner, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := later.Close(); err != nil {
			t.Error(err)
		}
	})
	s.wantAs(t, "red", "a", false, bodyOf, 1) // its handle has read the schema
	exec(t, s.bare, "CREATE TABLE made (id INTEGER PRIMARY KEY, body TEXT)", "INSERT INTO made VALUES (1, 'old')")
	const q = "SELECT body FROM made WHERE id = 1"
	for _, hit := range []bool{false, true} {
		if got, gotHit := readWith(as("red"), t, s, later, q); got != "old" || gotHit != hit {
			t.Fatalf("got %q (hit: %v)", got, gotHit)
		}
	}
	exec(t, s.bare, "UPDATE made SET body = 'new'")
	if err := s.cache.Database("main").Invalidate(as("red"), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(as("red"), t, s, later, q); got != "new" || hit {
		t.Errorf("got %q (hit: %v) after everything was invalidated", got, hit)
	}
}
