package integration

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// startRedis starts a server that writes no files.
func startRedis(t testing.TB) *redistest.Server {
	t.Helper()
	return redistest.Start(t, redistest.WithSettings("save ''"))
}

// newRedisStore is a store of a process on a server, closed with the test. Its
// time-outs are long: the machine may be busy.
func newRedisStore(t testing.TB, server *redistest.Server, change ...func(*rueidisstore.Config)) *rueidisstore.Store {
	t.Helper()
	cfg := rueidisstore.Config{
		URL: redistest.Patient(server.URL()), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, BackgroundFills: -1,
	}
	for _, f := range change {
		f(&cfg)
	}
	st, err := rueidisstore.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// rawClient is a client beside the library.
func rawClient(t testing.TB, server *redistest.Server) rueidis.Client {
	t.Helper()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{server.Addr()}, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// onRedis has a cache use a store.
func onRedis(st store.Store, more ...func(*cacheops.Config, *sqlcache.Config)) func(*cacheops.Config, *sqlcache.Config) {
	return func(c *cacheops.Config, d *sqlcache.Config) {
		c.Store = st
		for _, f := range more {
			f(c, d)
		}
	}
}

// roundTrips counts how often something is sent over connections of which the last
// that was sent has been answered.
type roundTrips struct{ n atomic.Int64 }

// count has a store's connections be counted.
func (r *roundTrips) count(t testing.TB, server *redistest.Server) func(*rueidisstore.Config) {
	t.Helper()
	opt, err := rueidis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	opt.DialCtxFn = func(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		c := &countedConn{Conn: conn, trips: r}
		c.answered.Store(true)
		return c, nil
	}
	return func(c *rueidisstore.Config) { c.URL, c.Option = "", &opt }
}

type countedConn struct {
	net.Conn
	trips    *roundTrips
	answered atomic.Bool
}

func (c *countedConn) Write(b []byte) (int, error) {
	if c.answered.Swap(false) {
		c.trips.n.Add(1)
	}
	return c.Conn.Write(b)
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.answered.Store(true)
	return n, err
}

// commands tells which commands clients have sent that long, but for INFO, by which
// links are looked at and which asks for this. Those of scripts are in it too.
func commands(t testing.TB, server *redistest.Server) map[string]int {
	t.Helper()
	calls := make(map[string]int)
	for name, stat := range server.Info("commandstats") {
		command := strings.TrimPrefix(name, "cmdstat_")
		if command == "info" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimPrefix(strings.Split(stat, ",")[0], "calls="))
		if err != nil {
			t.Fatal(err)
		}
		calls[command] = n
	}
	return calls
}

// A hit is one command, whatever it depends on, and a write is a script for each
// table before the commit and one after it.
func TestCommands(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	s := newCachedSQLite(t, onRedis(newRedisStore(t, server)))
	exec(t, s.cached,
		"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, kind INTEGER)",
		"CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER, name TEXT)",
		"INSERT INTO items VALUES (1, 'one', 1)", "INSERT INTO parts VALUES (1, 1, 'a')")
	const both = "SELECT p.name FROM items i JOIN parts p ON p.item = i.id WHERE i.id = 1"
	write := func() { exec(t, s.cached, "UPDATE items SET name = 'one' WHERE id = 1") }
	s.read(t, both)
	write()
	s.read(t, both)
	for _, x := range []struct {
		what          string
		mget, scripts int
		do            func()
	}{
		{"a hit", 1, 0, func() { s.want(t, "a", true, both) }},
		{"a write", 2, 2, write}, // the MGET is the schema's version
		{"a miss", 1, 3, func() { s.want(t, "a", false, both) }},
	} {
		before := commands(t, server)
		x.do()
		after := commands(t, server)
		sent := func(name string) int { return after[name] - before[name] }
		// A lease asks for the schema's version by an MGET in its script.
		mget := sent("mget")
		if x.what == "a miss" {
			mget--
		}
		if mget != x.mget || sent("evalsha") != x.scripts || sent("eval") != 0 {
			t.Errorf("%s: %d MGET, %d scripts, want %d and %d", x.what, mget, sent("evalsha"), x.mget, x.scripts)
		}
	}
}

// Each kind of work costs the round trips to Redis that the documentation of
// package rueidisstore promises, and nothing else does.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var trips roundTrips
	st := newRedisStore(t, server, trips.count(t, server))
	s := newCachedSQLite(t, onRedis(st, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles["uncached"] = cacheops.Profile{}
	}))
	exec(t, s.cached,
		"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, kind INTEGER)",
		"CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER, name TEXT)",
		"CREATE TABLE quiet (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TABLE uncached (id INTEGER PRIMARY KEY, name TEXT)",
		"INSERT INTO items VALUES (1, 'one', 1), (2, 'two', 2)", "INSERT INTO parts VALUES (1, 1, 'a'), (2, 2, 'b')")
	ctx := context.Background()
	id := 0
	cold := func() { // another read each time
		id++
		s.want(t, "", false, "SELECT name FROM items WHERE id = "+strconv.Itoa(1000+id))
	}
	const one, both = "SELECT name FROM items WHERE id = 1", "SELECT p.name FROM items i JOIN parts p ON p.item = i.id WHERE i.id = 1"
	ran := 0
	ten := newFunc(t, s.cache, "ten", func(ctx context.Context, _ struct{}) (all int, err error) {
		ran++
		for i := range 10 {
			var n int
			if err := s.cached.QueryRowContext(ctx, "SELECT count(*) FROM items WHERE id = ?", i).Scan(&n); err != nil {
				return 0, err
			}
			all += n
		}
		return all, nil
	})
	call := func() {
		if _, err := ten.Call(ctx, struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	// The server does not know the scripts, and this process no schemes.
	for range 2 {
		s.read(t, one)
		s.read(t, both)
		cold()
		exec(t, s.cached, "UPDATE items SET name = 'one' WHERE id = 1", "UPDATE parts SET name = 'a' WHERE id = 1", "INSERT INTO quiet VALUES (NULL, 'x')", "INSERT INTO uncached VALUES (NULL, 'x')")
	}
	s.read(t, one)
	s.read(t, both)
	inTx := func(statements ...string) func() {
		return func() {
			tx, err := s.cached.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range statements {
				if _, err := tx.ExecContext(ctx, x); err != nil {
					t.Fatal(err)
				}
			}
			readWith(ctx, t, s, tx, one)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	invalidate := func(x cacheops.Target) func() {
		return func() {
			if err := s.cache.Database("main").Invalidate(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range []struct {
		what string
		want int64
		do   func()
	}{
		{"a hit", 1, func() { s.want(t, "one", true, one) }},
		{"a hit on two tables", 1, func() { s.want(t, "a", true, both) }},
		{"a function of ten queries that is stored", 1, func() {
			before := ran
			if call(); ran != before {
				t.Error("the function of ten queries ran")
			}
		}},
		{"a miss: get, lease, fill", 3, cold},
		{"a read that is not cached", 0, func() { s.read(t, "SELECT name FROM uncached WHERE id = 1") }},
		{"a read of the time", 0, func() { s.read(t, "SELECT datetime('now') IS NULL") }},
		{"a write of a row that is cached", 2, func() { exec(t, s.cached, "UPDATE items SET name = 'one' WHERE id = 1") }},
		{"a write of a row that is not", 2, func() { exec(t, s.cached, "UPDATE items SET name = 'two' WHERE id = 2") }},
		{"a write that finds no row", 0, func() { exec(t, s.cached, "UPDATE items SET name = 'two' WHERE id = 99") }},
		{"a write of a table that nobody reads", 2, func() { exec(t, s.cached, "INSERT INTO quiet VALUES (NULL, 'y')") }},
		{"a write of a table that is not cached", 2, func() { exec(t, s.cached, "INSERT INTO uncached VALUES (NULL, 'y')") }},
		{"a write of many rows", 2, func() { exec(t, s.cached, "UPDATE items SET kind = kind + 1") }},
		{"a transaction that writes three tables", 2, inTx("UPDATE items SET name = 'one' WHERE id = 1", "UPDATE parts SET name = 'a' WHERE id = 1", "INSERT INTO quiet VALUES (NULL, 'z')")},
		{"a transaction that writes nothing", 0, inTx()},
		{"an invalidation of a row", 1, invalidate(cacheops.Row("items", cacheops.Values{"id": 1}))},
		{"an invalidation of a table", 1, invalidate(cacheops.Table("items"))},
		{"an invalidation of all", 1, invalidate(cacheops.All())},
	} {
		if x.want == 1 { // it shall be a hit
			s.read(t, one)
			s.read(t, both)
			call()
		}
		before := trips.n.Load()
		x.do()
		if n := trips.n.Load() - before; n != x.want {
			t.Errorf("%s: %d round trips, want %d", x.what, n, x.want)
		}
	}
}
