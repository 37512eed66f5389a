package differential

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

var (
	wantedReads  = flag.Int("differential.reads", 60_000, "reads that TestDifferential compares")
	setsReads    = flag.Int("differential.sets", 10_000, "reads that TestDifferentialInSets compares")
	redisReads   = flag.Int("differential.redis", 15_000, "reads that TestDifferentialOnRedis compares")
	clusterReads = flag.Int("differential.cluster", 6_000, "reads that TestDifferentialInCluster compares")
	firstSeed    = flag.Uint64("differential.seed", 1, "seed of the first cases of each test; 0 for one by the time, -rapid.seed goes before it")
)

func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if testing.Short() { // half of it
		for name, n := range map[string]*int{
			"differential.reads": wantedReads, "differential.changes": wantedChanges, "differential.funcs": funcCalls,
			"differential.redis": redisReads, "differential.sets": setsReads, "differential.cluster": clusterReads,
			"differential.postgres": postgresReads, "differential.postgres.redis": postgresRedisReads, "differential.postgres.changes": postgresChanges,
			"differential.mysql": mysqlReads, "differential.mysql.redis": mysqlRedisReads, "differential.mysql.changes": mysqlChanges,
		} {
			if !set[name] {
				*n /= 2
			}
		}
	}
	for name, value := range map[string]string{
		"rapid.checks":     "4",     // a turn is short, so that a test ends when it has seen enough
		"rapid.nofailfile": "true",  // a script is printed
		"test.short":       "false", // with -short rapid would try a fifth of one case: none
		"rapid.shrinktime": "10s",
	} {
		if !set[name] || name == "test.short" {
			_ = flag.Set(name, value)
		}
	}
	if *firstSeed == 0 {
		*firstSeed = uint64(time.Now().Unix())
	}
	seedBase = *firstSeed * 1_000_000
	if f := flag.Lookup("rapid.seed"); set[f.Name] { // as rapid says where one failed
		seedBase, _ = strconv.ParseUint(f.Value.String(), 0, 64)
		storedApart = 0
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// seedBase is rapid's seed of the first turn. Tests with the cache elsewhere than in the
// process begin further on, so that they see cases of their own.
var seedBase, storedApart uint64 = 0, 500_000_000

// workers is how many cases run at once: the tests share the machine.
const workers = 2

// seeding guards rapid's seed, which is one for the process, from when it is
// set until the check has taken it.
var seeding sync.Mutex

// firstSeedOf returns rapid's seed of the first turn at a place.
func firstSeedOf(at place) uint64 {
	if at.store != nil {
		return seedBase + storedApart
	}
	return seedBase
}

// inTurns runs checks until enough was seen. Each turn has a seed of its own,
// and the same ones follow from one first seed.
func inTurns(t *testing.T, first uint64, enough func() bool, prop func(rt *rapid.T, dir string)) {
	t.Helper()
	t.Logf("seed %d", *firstSeed)
	var turn atomic.Uint64
	t.Run("cases", func(t *testing.T) {
		for w := range workers {
			t.Run(fmt.Sprint("worker ", w), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				for !enough() {
					seeding.Lock()
					begun := sync.OnceFunc(seeding.Unlock)
					// Rapid's numbering of its own seeds goes up by one.
					_ = flag.Set("rapid.seed", strconv.FormatUint(first+1000*turn.Add(1)-1000, 10))
					func() {
						defer begun()
						rapid.Check(quiet{t}, func(rt *rapid.T) {
							begun()
							prop(rt, dir)
						})
					}()
				}
			})
		}
	})
}

// quiet leaves out what rapid says of each turn that passed.
type quiet struct{ *testing.T }

func (q quiet) Logf(format string, args ...any) {
	if !strings.HasPrefix(format, "[rapid] OK") {
		q.T.Helper()
		q.T.Logf(format, args...)
	}
}

// TestDifferential makes random schemas, rows, queries and writes, and compares
// each read through the cache with that of a database without one, after every
// write. It is worth nothing if little was cached or all was dropped, so that
// has floors.
func TestDifferential(t *testing.T) {
	t.Parallel()
	differ(t, *wantedReads, sqliteFlavour{}, place{open: openSQLite})
}

// TestDifferentialOnRedis is TestDifferential with the cache in Redis.
func TestDifferentialOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *redisReads, sqliteFlavour{}, place{open: openSQLite, store: redisStore(t, server.URL())})
}

// TestDifferentialInSets is TestDifferential with the cache in Redis, in sets mode.
func TestDifferentialInSets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *setsReads, sqliteFlavour{}, place{open: openSQLite, store: setsStore(t, server.URL())})
}

// TestDifferentialInSetsInEnvelopes is TestDifferentialInEnvelopes in sets mode.
func TestDifferentialInSetsInEnvelopes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *setsReads, sqliteFlavour{}, place{open: openSQLite, store: setsStore(t, server.URL(), inEnvelopes)})
}

// setsStore is redisStore in sets mode.
func setsStore(t *testing.T, url string, change ...func(*rueidisstore.Config)) store.Store {
	t.Helper()
	c := rueidisstore.Config{URL: redistest.Patient(url), BackgroundFills: -1, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	for _, f := range change {
		f(&c)
	}
	s, err := rueidisstore.NewSets(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if len(c.Keys) > 0 {
			wereInEnvelopes(t, s)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestDifferentialInCluster is TestDifferential with the cache in a Redis Cluster.
func TestDifferentialInCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	differ(t, *clusterReads, sqliteFlavour{}, place{open: openSQLite, store: redisStore(t, cluster.URL())})
}

// TestDifferentialInEnvelopes is TestDifferential with the cache in Redis, and all in it
// encrypted, and compressed where that makes it smaller.
func TestDifferentialInEnvelopes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *redisReads, sqliteFlavour{}, place{open: openSQLite, store: redisStore(t, server.URL(), inEnvelopes)})
}

// inEnvelopes has all results encrypted, and compressed where that makes them smaller.
func inEnvelopes(c *rueidisstore.Config) {
	c.CompressFrom = 1
	c.Keys = []rueidisstore.Key{{ID: "a", Secret: []byte("0123456789abcdef0123456789abcdef")}}
}

// wereInEnvelopes sees that they were, and that each could be read again.
func wereInEnvelopes(t *testing.T, s interface {
	SpaceStats() rueidisstore.SpaceStats
}) {
	t.Helper()
	if x := s.SpaceStats(); x.Encrypted == 0 || x.Compressed == 0 || x.Compressed > x.Encrypted || x.Refused() > 0 {
		t.Errorf("what became of the results is %+v", x)
	}
}

// redisStore is a store whose readers wait for their fills, so that the next read
// finds what the last one stored.
func redisStore(t *testing.T, url string, change ...func(*rueidisstore.Config)) store.Store {
	t.Helper()
	c := rueidisstore.Config{URL: redistest.Patient(url), BackgroundFills: -1, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	for _, f := range change {
		f(&c)
	}
	s, err := rueidisstore.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if len(c.Keys) > 0 {
			wereInEnvelopes(t, s)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// differ compares so many reads through a cache in the store.
func differ(t *testing.T, reads int, f flavour, at place) {
	t.Helper()
	begin := time.Now()
	tally := newTally(f)
	var found failing[*testCase]
	inTurns(t, firstSeedOf(at), func() bool { return tally.total() >= reads || found.any() }, func(rt *rapid.T, dir string) {
		c := rapid.Custom(func(t *rapid.T) *testCase { return makeCase(t, f) }).Draw(rt, "case")
		at := at
		at.dir = dir
		f, err := runCase(c, at, tally)
		if err != nil {
			rt.Fatal(err)
		}
		if f != nil && found.set(dir, c, f) {
			rt.Fatal("a read differs")
		}
	})
	if c, f := found.get(); f != nil {
		at.dir = t.TempDir()
		c, f = minimise(c, f, at)
		t.Logf("a read differs:\n%s", c.script(f))
	}
	if t.Failed() {
		return
	}
	tally.report(t)
	t.Logf("%.0f reads a second", float64(tally.total())/time.Since(begin).Seconds())
}

// failing is the last case that failed. The last that rapid runs is the
// smallest that it found.
type failing[C any] struct {
	mu    sync.Mutex // guards the rest
	owner string
	c     C
	f     *failure
}

// set keeps a failing case. The first worker that has one keeps on shrinking
// it, the others are to end.
func (l *failing[C]) set(owner string, c C, f *failure) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != "" && l.owner != owner {
		return false
	}
	l.owner, l.c, l.f = owner, c, f
	return true
}

func (l *failing[C]) get() (C, *failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.c, l.f
}

func (l *failing[C]) any() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owner != ""
}
