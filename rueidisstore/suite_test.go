package rueidisstore_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/cachetest/storetest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// prefixes tells stores apart that share a server.
var prefixes atomic.Int64

// newStore makes a store with a prefix of its own, closed with the test.
func newStore(t testing.TB, url string, change ...func(*rueidisstore.Config)) *rueidisstore.Store {
	t.Helper()
	s := openStore(t, url, change...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// openStore makes a store with a prefix of its own.
func openStore(t testing.TB, url string, change ...func(*rueidisstore.Config)) *rueidisstore.Store {
	t.Helper()
	s, err := rueidisstore.New(config(url, change...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// config is that of a store with a prefix of its own.
func config(url string, change ...func(*rueidisstore.Config)) rueidisstore.Config {
	// The machine may be busy: a time-out would be a failure of nobody.
	if strings.HasPrefix(url, "redis") && !strings.Contains(url, "dial_timeout=") {
		url = redistest.Patient(url)
	}
	cfg := rueidisstore.Config{
		URL: url, Prefix: "test" + strconv.FormatInt(prefixes.Add(1), 10), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
		BackgroundFills: -1,
	}
	for _, f := range change {
		f(&cfg)
	}
	return cfg
}

// raw is the client under a store, for what only a test does.
type raw struct {
	t testing.TB
	s *rueidisstore.Store
	c rueidis.Client
}

// baseOf returns the store of which a test uses the client and the keys.
func baseOf(s store.Store) *rueidisstore.Store {
	if sets, is := s.(*rueidisstore.Sets); is {
		return sets.Base()
	}
	return s.(*rueidisstore.Store)
}

func newRaw(t testing.TB, s store.Store) raw {
	t.Helper()
	r := baseOf(s)
	c, err := r.Raw(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return raw{t, r, c}
}

// do runs a command and wants it to work.
func (r raw) do(name string, keys []string, args ...string) rueidis.RedisMessage {
	r.t.Helper()
	m, err := insist(r.c, func(b rueidis.Builder) rueidis.Completed {
		return b.Arbitrary(name).Keys(keys...).Args(args...).Build()
	}).ToMessage()
	if err != nil && !rueidis.IsRedisNil(err) {
		r.t.Fatalf("%s %v: %v", name, keys, err)
	}
	return m
}

// insist runs a command, again where the connection failed. The client connects once
// for all who come at that time, and ends it with the context of the first: the
// store's own looks at a Cluster have one.
func insist(c rueidis.Client, command func(rueidis.Builder) rueidis.Completed) rueidis.RedisResult {
	for try := 1; ; try++ {
		r := c.Do(context.Background(), command(c.B()))
		if r.NonRedisError() == nil || try == 5 {
			return r
		}
	}
}

// each calls f with every key of the store, on whatever node.
func (r raw) each(f func(key string)) {
	r.t.Helper()
	for _, node := range r.c.Nodes() {
		role, err := insist(node, func(b rueidis.Builder) rueidis.Completed { return b.Role().Build() }).ToArray()
		if err != nil {
			r.t.Fatal(err)
		}
		if kind, _ := role[0].ToString(); kind != "master" {
			continue
		}
		cursor := uint64(0)
		for {
			page, err := insist(node, func(b rueidis.Builder) rueidis.Completed {
				return b.Scan().Cursor(cursor).Match(r.s.Prefix() + ":*").Count(1000).Build()
			}).AsScanEntry()
			if err != nil {
				r.t.Fatal(err)
			}
			for _, key := range page.Elements {
				f(key)
			}
			if cursor = page.Cursor; cursor == 0 {
				break
			}
		}
	}
}

func (r raw) kind(key string) string {
	m := r.do("TYPE", []string{key})
	kind, _ := m.ToString()
	return kind
}

// advance takes time off everything that has one, and wakes those who wait for a
// lock, for their clock is this machine's.
func (r raw) advance(d time.Duration) {
	r.t.Helper()
	r.each(func(key string) {
		if r.kind(key) == "zset" {
			m := r.do("ZRANGE", []string{key}, "0", "-1")
			members, _ := m.AsStrSlice()
			for _, member := range members {
				r.do("ZINCRBY", []string{key}, strconv.FormatInt(-d.Milliseconds(), 10), member)
			}
		}
		m := r.do("PTTL", []string{key})
		left, _ := m.AsInt64()
		switch left -= d.Milliseconds(); {
		case left+d.Milliseconds() < 0: // it has no time
		case left > 0:
			r.do("PEXPIRE", []string{key}, strconv.FormatInt(left, 10))
		default:
			r.do("DEL", []string{key})
			if strings.HasSuffix(key, ":lock") {
				r.do("PUBLISH", nil, r.s.Prefix()+":unlocked", key)
			}
		}
	})
}

// expire ends the token's fences of a database.
func (r raw) expire(database string, token store.Token) {
	bases := r.s.Bases(database)
	r.each(func(key string) {
		if !slices.ContainsFunc(bases, func(base string) bool { return strings.HasPrefix(key, base) }) || r.kind(key) != "zset" {
			return
		}
		r.do("ZREM", []string{key}, string(token[:]))
		// Only what breakages leave behind.
		if r.kind(key) == "none" && r.kind(key+kept) != "none" {
			r.do("RENAME", []string{key + kept, key})
		}
	})
}

// lose takes a key away, and what breakages leave beside it.
func (r raw) lose(key string) {
	r.do("DEL", []string{key})
	if !r.cluster() {
		r.do("DEL", []string{key + kept})
	}
}

func (r raw) cluster() bool { return r.c.Mode() == rueidis.ClientModeCluster }

// flush takes all of the store's keys away.
func (r raw) flush() {
	if r.cluster() {
		r.each(func(key string) { r.do("DEL", []string{key}) })
		return
	}
	r.do("EVAL", nil, "for _, k in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', k) end", "0", r.s.Prefix()+":*")
}

// kept ends the keys in which broken scripts keep a value that the real ones drop.
const kept = ":kept"

// piece is a piece of a script, and what a breakage puts in its place. One that
// may be missing is there only after another breakage.
type piece struct {
	script, old, broken string
	maybe               bool
}

const (
	dropsValue = "if redis.call('TYPE', key).ok ~= 'zset' then redis.call('DEL', key) end\n"
	lostEpoch  = "if redis.call('TYPE', epoch).ok ~= 'zset' then redis.call('DEL', epoch) end"
	dropsKept  = "\tredis.call('DEL', key .. ':kept')\n"
)

// breakages are the safeguards, as pieces of scripts.
var breakages = map[storetest.Safeguard][]piece{
	storetest.BreakPending: {
		{script: "lease", old: "pending = writers > 0 and table.concat(redis.call('ZRANGE', live, 0, -1)) or ''", broken: "pending = ''"},
	},
	storetest.BreakLostRegistry: {
		{script: "lease", old: "{ leased(epoch, fresh(0), lost) }", broken: "{ leased(epoch, fresh(0), false) }"},
		{script: "fence", old: lostEpoch, broken: ""},
		{script: "bump", old: lostEpoch, broken: ""},
	},
	storetest.BreakEpochTokens: {
		{script: "lease", old: "local stamps = {", broken: "if lost then redis.call('DEL', epoch) end\nlocal stamps = {"},
		{script: "fence", old: lostEpoch, broken: "redis.call('DEL', epoch)"},
		{script: "bump", old: lostEpoch, broken: "redis.call('DEL', epoch)"},
	},
	storetest.BreakEpochLive: {
		{script: "fence", old: "token_on(live)\n", broken: "if ARGV[3] ~= '1' then token_on(live) end\n"},
	},
	storetest.BreakFenceDrops: {
		{script: "fence", old: dropsValue, broken: "local v = redis.call('TYPE', key).ok == 'string' and redis.call('GET', key)\n\t" + dropsValue +
			"\tif v then redis.call('SET', key .. ':kept', v) end\n"},
		{script: "bump", old: "local function bump(key)\n", broken: "local function bump(key)\n" + dropsKept},
	},
	storetest.BreakBumpDrops: {
		{script: "bump", old: dropsKept, broken: "", maybe: true},
		{script: "bump", old: dropsValue, broken: "if redis.call('TYPE', key).ok ~= 'zset' then\n\t\tlocal v = kept and redis.call('GET', key)\n" +
			"\t\tredis.call('DEL', key)\n\t\tif v then redis.call('SET', key .. ':kept', v) end\n\tend\n"},
		{script: "bump", old: "\tsettle(key)\nend\n", broken: "\tsettle(key)\n\tif redis.call('EXISTS', key) == 0 then redis.call('DEL', key .. ':kept') end\nend\n"},
	},
	storetest.BreakBumpExpired: {
		{script: "bump", old: dropsValue, broken: "\n"},
		{script: "bump", old: "\tsettle(key)\nend\n", broken: "\tif redis.call('TYPE', key).ok ~= 'string' then settle(key) end\nend\n"},
	},
	storetest.BreakKeep: {
		{script: "bump", old: "local kept = ARGV[6] == '1'", broken: "local kept = false"},
	},
}

// apart is a Get in parts.
type apart struct {
	seen *rueidisstore.Seen
}

func (a apart) See(p storetest.Part) error {
	switch p {
	case storetest.PartEntry:
		return a.seen.Entry(context.Background())
	case storetest.PartGlobal:
		return a.seen.Global(context.Background())
	default:
		return a.seen.Tables(context.Background())
	}
}

func (a apart) Answer() (store.Payload, bool, error) {
	p, ok := a.seen.Judge()
	return p, ok, nil
}

// harness runs the conformance suite on a server, or on a Cluster.
func harness(url string, small func(t testing.TB) store.Store, change ...func(*rueidisstore.Config)) storetest.Harness {
	return storetest.Harness{
		New:      func(t testing.TB) store.Store { return openStore(t, url, change...) },
		NewSmall: small,
		Advance:  func(s store.Store, d time.Duration) { newRaw(tb(), s).advance(d) },
		Expire: func(s store.Store, database string, token store.Token) {
			newRaw(tb(), s).expire(database, token)
		},
		EvictStamp: func(s store.Store, database, table, key string) {
			newRaw(tb(), s).lose(s.(*rueidisstore.Store).ConjKey(database, table, key))
		},
		EvictEpoch: func(s store.Store, database, table string) {
			newRaw(tb(), s).lose(s.(*rueidisstore.Store).EpochKey(database, table))
		},
		EvictGlobal: func(s store.Store, database string) {
			newRaw(tb(), s).lose(s.(*rueidisstore.Store).GlobalKey(database))
		},
		EvictRegistry: func(s store.Store, database, table string) {
			newRaw(tb(), s).lose(s.(*rueidisstore.Store).RegistryKey(database, table))
		},
		EvictLive: func(s store.Store, database, table string) {
			newRaw(tb(), s).lose(s.(*rueidisstore.Store).LiveKey(database, table))
		},
		Flush:     func(s store.Store) { newRaw(tb(), s).flush() },
		Slow:      true,
		WallClock: true,
		GetApart: func(s store.Store, q *store.Query) storetest.Apart {
			return apart{s.(*rueidisstore.Store).Apart(q)}
		},
		Second: func(t testing.TB, s store.Store) store.Store {
			return openStore(t, url, append(slices.Clone(change), beside(s.(*rueidisstore.Store)))...)
		},
		Break: func(s store.Store, g storetest.Safeguard) {
			if len(breakages[g]) == 0 {
				panic("no breakage of: " + g)
			}
			for _, p := range breakages[g] {
				s.(*rueidisstore.Store).Break(p.script, p.old, p.broken, p.maybe)
			}
		},
	}
}

// tb stands in for a test where the suite hands none on.
func tb() testing.TB { return loud{} }

// loud ends the process with what went wrong.
type loud struct{ testing.TB }

func (loud) Helper()                        {}
func (loud) Fatal(args ...any)              { panic(fmt.Sprint(args...)) }
func (loud) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

func TestConformanceInCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	h := harness(cluster.URL(), nil)
	h.Absent = map[string]string{
		"NewSmall": "the nodes of a Cluster are as a single server is, where it is tested",
		"Stall":    "the nodes of a Cluster are as a single server is, where it is tested",
	}
	storetest.Run(t, h)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	h := harness(server.URL(), newSmall)
	h.Stall = func(store.Store) (resume func()) {
		if err := server.Pause(); err != nil {
			panic(err)
		}
		return func() {
			if err := server.Resume(); err != nil {
				panic(err)
			}
		}
	}
	storetest.Run(t, h)
}

// TestConformanceInEnvelopes is TestConformance with all results compressed that become
// smaller by it, and encrypted.
func TestConformanceInEnvelopes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	h := harness(server.URL(), nil, keyed("a", "b"), compressing(1))
	h.Absent = map[string]string{
		"NewSmall": "it is the same without envelopes, and compressed results would have room",
		"Stall":    "it is the same without envelopes",
	}
	storetest.Run(t, h)
}

// newSmall makes a store on a server of its own with little room.
func newSmall(t testing.TB) store.Store {
	t.Helper()
	small := redistest.Start(t, redistest.WithSettings("save ''", "maxmemory-policy allkeys-lru"))
	s := openStore(t, small.URL(), compressing(-1)) // else all would have room
	if err := s.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	used, err := strconv.Atoi(small.Info("memory")["used_memory"])
	if err != nil {
		t.Fatal(err)
	}
	// Beside the entries there are their keys, and what the clients take.
	newRaw(t, s).do("CONFIG", nil, "SET", "maxmemory", strconv.Itoa(used+3<<20))
	return s
}

// The exhaustive test needs keys that come and go, and so not the same server.
func TestExhaustive(t *testing.T) {
	t.Parallel()
	const databases = 256
	server := redistest.Start(t, redistest.WithSettings("save ''", "databases "+strconv.Itoa(databases)))
	h := harness(server.URL(), nil)
	h.Absent = map[string]string{"NewSmall": "not used here", "Stall": "not used here"}
	// Each store has a database number of its own, so that its hooks need not look
	// through the keys of the others.
	var numbers atomic.Int64
	h.New = func(t testing.TB) store.Store {
		return openStore(t, server.URL()+"/"+strconv.FormatInt(numbers.Add(1)%databases, 10))
	}
	storetest.Exhaustive(t, h)
}
