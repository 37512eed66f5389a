package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/sqlcache"
)

// newApps makes caches with stores of their own on one server and one database file, as
// processes have them. Each has settings of its own.
func newApps(t testing.TB, settings ...func(*cacheops.Config, *sqlcache.Config)) (*redistest.Server, []*cachedSQLite) {
	t.Helper()
	server := startRedis(t)
	var apps []*cachedSQLite
	for i, set := range settings {
		st := newRedisStore(t, server)
		if i == 0 {
			apps = append(apps, newCachedSQLite(t, onRedis(st, set)))
		} else {
			apps = append(apps, openCachedSQLite(t, apps[0].path, onRedis(st, set)))
		}
	}
	return server, apps
}

func asTheyAre(*cacheops.Config, *sqlcache.Config) {}

// everyColumn are reads of t and u by each of their columns.
func everyColumn() []string {
	reads := []string{"SELECT count(*) FROM t", "SELECT group_concat(t) FROM u WHERE t IS NULL", "SELECT count(*) FROM t JOIN u ON u.t = t.id WHERE t.a = 1 AND u.b = 'a'"}
	for _, column := range []string{"id", "a", "b", "c", "d"} {
		for _, v := range []string{"1", "2", "'a'", "'b'", "1.5"} {
			reads = append(reads, fmt.Sprintf("SELECT group_concat(quote(id) || quote(a) || quote(b) || quote(c) || quote(d)) FROM t WHERE %s = %s", column, v))
		}
		reads = append(reads, fmt.Sprintf("SELECT group_concat(quote(id) || quote(a)) FROM t WHERE %s IS NULL AND b = 'a'", column))
	}
	return reads
}

// Programs of other settings share a database: whoever writes, whoever reads, no
// read is older than the last write, and they have hits of each other's results.
func TestAppsWithOtherSettings(t *testing.T) {
	t.Parallel()
	_, apps := newApps(t,
		asTheyAre,
		func(c *cacheops.Config, _ *sqlcache.Config) { // knows fewer conditions
			c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, SkipColumns: []string{"a", "C"}}}
		},
		func(c *cacheops.Config, _ *sqlcache.Config) { // has few sets of columns
			c.MaxSchemes, c.MaxDisjunction, c.MaxImages = 2, 1, 3
			c.Profiles = cacheops.Profiles{"t": {Ops: cacheops.OpGet | cacheops.OpAggregate, MaxTerms: 1}, "u": {Ops: cacheops.OpFetch}}
		},
		func(c *cacheops.Config, d *sqlcache.Config) { // does not read, and has another variant
			c.Profiles, c.Disabled = nil, true
			d.Variant = "another"
		},
	)
	m := writeMaker{rand.New(rand.NewPCG(7, 11))}
	exec(t, apps[0].cached,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT UNIQUE, c TEXT COLLATE NOCASE, d INT, UNIQUE (c, d))",
		"CREATE TABLE u (id INTEGER PRIMARY KEY, a, b, c, d, t INT REFERENCES t (id) ON DELETE SET NULL ON UPDATE CASCADE)")
	reads := everyColumn()
	ctx := context.Background()
	written, shared, checks := 0, 0, 0
	for range 60 {
		filler := apps[m.IntN(len(apps))]
		for _, q := range reads {
			filler.read(t, q)
		}
		writer := m.IntN(len(apps))
		write := m.write()
		if m.IntN(3) == 0 {
			write = "INSERT OR IGNORE INTO t (a, b, c, d) VALUES " + m.rows(4)
		}
		if err := runWrite(ctx, apps[writer].cached, write, nil); err == nil {
			written++
		}
		for _, q := range reads {
			want, _ := readWith(ctx, t, apps[0], apps[0].bare, q)
			for i, app := range apps {
				got, hit := app.read(t, q)
				if got != want {
					t.Fatalf("STALE: app %d after %s by app %d: %s: %q, the database has %q", i, write, writer, q, got, want)
				}
				checks++
				if hit {
					shared++
				}
			}
		}
	}
	t.Logf("%d writes, %d hits in %d reads", written, shared, checks)
	if written < 20 || shared < checks/4 {
		t.Errorf("only %d writes passed, with %d hits in %d reads", written, shared, checks)
	}
}

// A program whose catalog is older reads and writes as one with the new one does.
func TestAppsWithOtherCatalogs(t *testing.T) {
	t.Parallel()
	_, apps := newApps(t, asTheyAre, asTheyAre)
	a, b := apps[0], apps[1]
	exec(t, a.cached, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, kind INT)", "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)")
	const all = "SELECT * FROM t WHERE kind = 1"
	columns := func(s *cachedSQLite) string {
		t.Helper()
		rows, err := s.cached.Query(all)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, ",")
	}
	for _, s := range apps {
		columns(s)
		s.want(t, "1", s == b, "SELECT id FROM t WHERE kind = 1")
	}
	ddl := []struct{ by, ddl, columns string }{
		{"a", "ALTER TABLE t ADD COLUMN extra INT DEFAULT 7", "id,name,kind,extra"},
		{"b", "ALTER TABLE t RENAME COLUMN extra TO more", "id,name,kind,more"},
		{"a", "ALTER TABLE t DROP COLUMN more", "id,name,kind"},
		{"b", "DROP TABLE t; CREATE TABLE t (kind TEXT, id INTEGER PRIMARY KEY); INSERT INTO t VALUES ('1', 5)", "kind,id"},
		{"a", "DROP TABLE t; CREATE TABLE t (kind INT, id INTEGER PRIMARY KEY, parent INT); INSERT INTO t VALUES (1, 9, 1)", "kind,id,parent"},
		{"b", "DROP TABLE t; CREATE TABLE base (id INTEGER PRIMARY KEY, kind INT); INSERT INTO base VALUES (3, 1); CREATE VIEW t AS SELECT * FROM base", "id,kind"},
	}
	for _, x := range ddl {
		by, other := a, b
		if x.by == "b" {
			by, other = b, a
		}
		for text := range strings.SplitSeq(x.ddl, "; ") {
			exec(t, by.cached, text)
		}
		for _, s := range []*cachedSQLite{other, by, other} {
			if got := columns(s); got != x.columns {
				t.Fatalf("STALE after %s: columns %s, want %s", x.ddl, got, x.columns)
			}
		}
		table := "t"
		if strings.Contains(x.ddl, "VIEW") {
			table = "base"
		}
		// Who has not looked since writes, and the other sees it. And back.
		for i, s := range []*cachedSQLite{other, by} {
			exec(t, s.cached, fmt.Sprintf("UPDATE %s SET kind = 1, id = %d", table, 100+i)+" WHERE kind = 1 AND id = (SELECT max(id) FROM "+table+" WHERE kind = 1)")
			for _, reader := range apps {
				want, _ := readWith(t.Context(), t, reader, reader.bare, "SELECT id FROM t WHERE kind = 1")
				if got, _ := reader.read(t, "SELECT id FROM t WHERE kind = 1"); got != want {
					t.Fatalf("STALE after a write: %s, want %s", got, want)
				}
			}
		}
		columns(a)
		columns(b)
		before := a.hits.Load() + b.hits.Load()
		columns(a)
		columns(b)
		if n := a.hits.Load() + b.hits.Load() - before; n != 2 {
			t.Errorf("after %s: %d hits of 2", x.ddl, n)
		}
	}
}

// A set of columns that another version of the library has registered is one that
// this one cannot work out: a write drops all results of the table, and goes on
// to do so while it is there.
func TestSchemeOfAnotherVersion(t *testing.T) {
	t.Parallel()
	server, apps := newApps(t, asTheyAre, asTheyAre)
	a, b := apps[0], apps[1]
	exec(t, a.cached, createItems, insertItems)
	const one, two = "SELECT name FROM items WHERE id = 1", "SELECT name FROM items WHERE id = 2"
	for _, s := range apps {
		s.read(t, one)
		s.read(t, two)
	}
	exec(t, a.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	b.want(t, "two", true, two) // it is told apart
	b.want(t, "new", false, one)
	client := rawClient(t, server)
	// The other version's results are under conjunctions of its own, but under the
	// same epoch, which it reads.
	registry := "cacheops:{htfkvMIb}r:main:main.items"
	if n, err := client.Do(t.Context(), client.B().Exists().Key(registry).Build()).AsInt64(); n != 1 || err != nil {
		t.Fatalf("there is no %s: %v", registry, err)
	}
	register := client.B().Hset().Key(registry).FieldValue().FieldValue("s2:id", "").FieldValue("v", "version2").Build()
	if err := client.Do(t.Context(), register).Error(); err != nil {
		t.Fatal(err)
	}
	epoch := func() string {
		v, err := client.Do(t.Context(), client.B().Get().Key("cacheops:{htfkvMIb}e:main:main.items").Build()).ToString()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, s := range []*cachedSQLite{a, b, a} {
		b.read(t, two)
		before := epoch()
		exec(t, s.cached, fmt.Sprintf("UPDATE items SET name = 'new%d' WHERE id = 1", i))
		b.want(t, "two", false, two)
		if epoch() == before {
			t.Error("the other version's results were not dropped")
		}
		a.want(t, fmt.Sprintf("new%d", i), false, one)
	}
}

// What a version to come has stored is a miss, and is replaced.
func TestEntriesOfAnotherVersion(t *testing.T) {
	t.Parallel()
	server, apps := newApps(t, asTheyAre, asTheyAre)
	a, b := apps[0], apps[1]
	exec(t, a.cached, createItems, insertItems)
	client := rawClient(t, server)
	a.read(t, namesOfKind, 1)
	b.want(t, "one,two", true, namesOfKind, 1)
	keys, err := client.Do(t.Context(), client.B().Keys().Pattern("cacheops:*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for _, key := range keys {
		if strings.Contains(key, "{") {
			continue
		}
		// What an entry begins with is a digest, of which any byte may be anything.
		first, err := client.Do(t.Context(), client.B().Getrange().Key(key).Start(0).End(0).Build()).ToString()
		if err != nil || len(first) != 1 {
			t.Fatal(first, err)
		}
		if err := client.Do(t.Context(), client.B().Setrange().Key(key).Offset(0).Value(string([]byte{first[0] ^ 1})).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		changed++
	}
	if changed == 0 {
		t.Fatal("no entry")
	}
	b.want(t, "one,two", false, namesOfKind, 1)
	a.want(t, "one,two", true, namesOfKind, 1)
}
