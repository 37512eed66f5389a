//go:build unix

package crash

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/sample"
)

var (
	wantedKills = flag.Int("crash.kills", 50, "writers that TestCrash kills")
	seed        = flag.Uint64("crash.seed", 1, "seed of what TestCrash orders; 0 for one by the time")
	under       = flag.String("crash.database", "", "the `database` under the cache, sqlite, postgres or mysql; empty for each")
)

// killsPerBatch is how many writers are killed between two audits.
const killsPerBatch = 25

// The floors and limits. A test in which next to nothing is a hit shows nothing.
const (
	minHitRate = 0.30
	// maxFailed is the share of writes that may be refused, and of reads that may
	// fail: the machine is busy, and the database has one writer at a time.
	maxFailed = 0.02
	// maxMissed is the share of deaths whose place may not have been reached,
	// because the write was refused or took too long.
	maxMissed = 0.10
	// minLooked is the share of the deaths after a commit before which a reader had
	// read what was about to change.
	minLooked = 0.50
)

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		child()
		return
	}
	flag.Parse()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// TestCrash kills writers at random moments and exactly between fence, commit and
// bump, and compares every read of other processes with what it could have read
// without a cache. With -short it does so on every other database.
func TestCrash(t *testing.T) {
	t.Parallel()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	names := slices.Sorted(maps.Keys(databases))
	if *under != "" {
		names = []string{*under}
	}
	for i, name := range names {
		if *under == "" && !sample.Takes(testing.Short(), t.Name(), i%2, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if databases[name] == nil {
				t.Fatalf("there is no database %q", name)
			}
			crash(t, name, false)
		})
	}
	if *under == "" && sample.Takes(testing.Short(), t.Name(), len(names)%2, 2) || *under == "sqlite" {
		t.Run("sqlite in sets mode", func(t *testing.T) {
			t.Parallel()
			crash(t, "sqlite", true)
		})
	}
}

func crash(t *testing.T, database string, sets bool) {
	t.Helper()
	begin := time.Now()
	ctx := t.Context()
	r := newRun(t, database, sets)
	defer func() { r.tally.report(t, begin, r.place.database().strikes()) }()
	for left := *wantedKills; left > 0 && !t.Failed(); left -= killsPerBatch {
		if err := r.batch(ctx, min(left, killsPerBatch)); err != nil {
			t.Fatal(err)
		}
		r.tally.batches++
		stale, err := r.judge(ctx)
		tell(t, stale)
		if err != nil {
			t.Fatal(err)
		}
		permanent, err := r.audit(ctx)
		tell(t, permanent)
		if err != nil {
			t.Fatal(err)
		}
	}
	r.tally.floors(t, r.place.database().strikes())
}

// newRun makes the database, starts Redis and the children.
func newRun(t *testing.T, database string, sets bool) *run {
	t.Helper()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	r := &run{
		place:  place{Database: database, DSN: databases[database].start(t), Redis: server.URL(), Sets: sets, Process: "parent"},
		rng:    rand.New(rand.NewPCG(*seed, 0)),
		events: make(chan event, 1024),
		redis:  server.Do,
		last:   1,
		orders: 1, // the number that the first rows have
	}
	r.tally.kills, r.tally.struck, r.tally.byKind = make(map[death]int), make(map[death]int), make([]int, len(kinds))
	var err error
	if r.bare, err = r.place.bare(); err != nil {
		t.Fatal(err)
	}
	// One connection stays: the last one that is closed takes the log with it.
	keep, err := r.bare.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(keep.Close(), r.bare.Close()); err != nil {
			t.Error(err)
		}
	})
	var rows []string
	r.state, rows = first()
	for _, s := range append(schema, rows...) {
		if _, err := keep.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	for id := 1; id <= counters; id++ {
		r.counters[id] = 1
	}
	if r.handle, err = r.place.open(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.handle.close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// tell fails the test for what is wrong, and shows some of it.
func tell(t *testing.T, wrong []string) {
	t.Helper()
	const shown = 8
	for i, w := range wrong {
		if i == shown {
			t.Errorf("and %d more", len(wrong)-shown)
			return
		}
		t.Error(w)
	}
}

func share(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }

// all is the number of kills.
func (t *tally) all() (n int) {
	for _, k := range t.kills {
		n += k
	}
	return n
}

// report prints the figures.
func (t *tally) report(tb testing.TB, begin time.Time, strikes []death) {
	tb.Helper()
	var by []string
	for _, how := range deaths {
		by = append(by, fmt.Sprintf("%d %s", t.kills[how], how))
	}
	tb.Logf("figure: crash: %d writers killed: %s; %d of the random ones in the middle of a write", t.all(), strings.Join(by, ", "), t.interrupted)
	tb.Logf("figure: crash: %d permanently stale keys in %d audits of %d queries, %d stale reads", t.permanent, t.batches, len(queries), t.stale)
	tb.Logf("figure: crash: %d reads by other processes, hit rate %.3f, %d failed; %d writes, %d refused; of those whose writer died %d had committed, %d had not; %d operations in porcupine",
		t.reads, share(t.hits, t.reads), t.failedReads, t.writes, t.refused, t.happened, t.never, t.porcupined)
	if len(strikes) > 0 {
		by = by[:0]
		for _, how := range strikes {
			by = append(by, fmt.Sprintf("%d with %s", t.struck[how], how))
		}
		tb.Logf("figure: crash: writers that lived: %s; %d of their writes failed, of which %d had committed", strings.Join(by, ", "), t.struckRefused, t.struckHappened)
	}
	by = by[:0]
	for k, n := range t.byKind {
		by = append(by, fmt.Sprintf("%s %d", kinds[k].name, n))
	}
	tb.Logf("hits: %s", strings.Join(by, ", "))
	tb.Logf("%d readers killed; %d of %d commits that their writers did not survive came after a look; %d deaths missed; %.1f s",
		t.readersKilled, t.looked, t.looks, t.missed, time.Since(begin).Seconds())
	if t.lastRefusal != "" || t.failure != "" {
		tb.Logf("the last write that was refused: %s; the last read that failed: %s", t.lastRefusal, t.failure)
	}
}

// floors fails a test that shows too little.
func (t *tally) floors(tb testing.TB, strikes []death) {
	tb.Helper()
	if rate := share(t.hits, t.reads); rate < minHitRate {
		tb.Errorf("the hit rate is %.3f, want %.2f at least", rate, minHitRate)
	}
	for k, n := range t.byKind {
		if n == 0 {
			tb.Errorf("no read of the kind %q was a hit", kinds[k].name)
		}
	}
	if t.all() != *wantedKills {
		tb.Errorf("%d writers were killed, want %d", t.all(), *wantedKills)
	}
	for _, how := range deaths {
		if least := *wantedKills / len(deaths) / 2; t.kills[how] < least {
			tb.Errorf("%d writers were killed %s, want %d at least", t.kills[how], how, least)
		}
	}
	for _, how := range strikes {
		least := *wantedKills / len(deaths) / 4
		if how == ended {
			least = 1 // whether it meets a write is a matter of luck
		}
		if t.struck[how] < least {
			tb.Errorf("%d writers lived with %s, want %d at least", t.struck[how], how, least)
		}
	}
	if len(strikes) > 0 && (t.struckHappened == 0 || t.struckHappened == t.struckRefused) {
		tb.Errorf("of %d writes that failed by what was done to their connections %d had committed, want some of both", t.struckRefused, t.struckHappened)
	}
	if share(t.refused, t.writes) > maxFailed || share(t.failedReads, t.reads) > maxFailed || share(t.missed, t.all()) > maxMissed {
		tb.Errorf("%d of %d writes were refused, %d of %d reads failed, %d deaths were missed", t.refused, t.writes, t.failedReads, t.reads, t.missed)
	}
	if t.interrupted == 0 {
		tb.Errorf("no writer was killed at a random moment in the middle of a write")
	}
	if t.happened == 0 || t.never == 0 {
		tb.Errorf("of the writes whose writer died %d had committed and %d had not, want some of both", t.happened, t.never)
	}
	if share(t.looked, t.looks) < minLooked {
		tb.Errorf("before %d of %d commits a reader had looked, want %.2f", t.looked, t.looks, minLooked)
	}
}
