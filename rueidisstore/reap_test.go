package rueidisstore_test

import (
	"context"
	"errors"
	"flag"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// reapFew are the dead members of a test in which nothing is measured.
const reapFew = 20_000

var reapDead = flag.Int("reap.dead", reapFew, "dead members that TestReap takes out; of more it looks at the time that Redis takes, too")

// dead adds names to a set that no entry has.
func (r raw) dead(set string, n int) {
	r.t.Helper()
	const script = `for i = ARGV[1], ARGV[2] do redis.call('SADD', KEYS[1], string.format('%.0f', 2^52 + i)) end`
	const step = 2000
	for i := 0; i < n; i += step {
		r.do("EVAL", nil, script, "1", set, strconv.Itoa(i), strconv.Itoa(min(i+step, n)-1))
	}
}

func (r raw) size(set string) int {
	r.t.Helper()
	m := r.do("SCARD", []string{set})
	n, err := m.AsInt64()
	if err != nil {
		r.t.Fatal(err)
	}
	return int(n)
}

// What has no entry is taken out of the sets, and nothing else, and no more than a chunk
// is held here. That no call keeps Redis for 10 ms is only asked of more members than the
// tests reap by themselves (see make reap): SLOWLOG counts the time in which the machine
// takes the processor away from Redis, too. A call that takes so long by itself does so
// each time, so one run of a few has to be without.
func TestReap(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''", "slowlog-log-slower-than 10000"))
	const tries = 10
	for try := 1; ; try++ {
		slow := reapOnce(t, server)
		t.Logf("figure: try %d: %d lines of SLOWLOG, of calls over 10 ms", try, len(slow))
		if len(slow) == 0 || !reapMeasures() {
			return
		}
		if try == tries || t.Failed() {
			t.Fatalf("each of %d times calls took over 10 ms: %.200q", try, slow)
		}
	}
}

// reapMeasures tells whether the time that Redis takes is part of the test.
func reapMeasures() bool { return *reapDead > reapFew }

// reapOnce reaps many dead members, and returns what SLOWLOG has of it.
func reapOnce(t *testing.T, server *redistest.Server) (slow []string) {
	t.Helper()
	s := newSets(t, server.URL())
	r := newRaw(t, s)
	alive := make([]*store.Query, 500)
	for i := range alive {
		alive[i] = rowQuery("t", strconv.Itoa(i))
		alive[i].Deps[0].Conjs[0] = store.Conj{Scheme: "id", Key: "id=1"}
	}
	put(t, s, alive...)
	place := leased(t, s, rowQuery("t", "place"))
	big, conj := s.MembersKey("main", "t"), s.Base().ConjKey("main", "t", "id=1")
	r.dead(big, *reapDead*3/4)
	r.dead(conj, *reapDead/4)
	dead := *reapDead*3/4 + *reapDead/4
	for _, command := range [][]string{{"SLOWLOG", "RESET"}, {"CONFIG", "RESETSTAT"}} {
		if _, err := server.Do(command...); err != nil {
			t.Fatal(err)
		}
	}

	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, calls := heap(), uint64(0), 0
	var last rueidisstore.Reaped
	began := time.Now()
	done, err := s.Reap(t.Context(), rueidisstore.ReapOptions{Progress: func(now rueidisstore.Reaped) {
		if now.Members < last.Members || now.Dead < last.Dead || now.Share < last.Share {
			t.Errorf("progress went from %+v to %+v", last, now)
		}
		last = now
		if calls++; calls%20 == 0 {
			most = max(most, heap())
		}
	}})
	if err != nil || done.Dead != dead || done.Sets != 2 || done != last || done.Share != 1 {
		t.Fatalf("reaped %+v, told last %+v, error %v, want %d dead", done, last, err, dead)
	}
	t.Logf("figure: reaped %d dead members in %v, in %d chunks", done.Dead, time.Since(began).Round(time.Millisecond), calls)
	if least := done.Members / rueidisstore.DefaultReapChunk; calls < least {
		t.Errorf("%d calls of Progress for %d members", calls, done.Members)
	}
	if most > before+4<<20 {
		t.Errorf("the heap grew by %d bytes", most-before)
	}
	t.Logf("figure: the heap grew by %d bytes at most while %d members were reaped", int64(most)-int64(before), done.Members)

	// What Redis says: how often it was called, and how long it took.
	stats := server.Info("commandstats")
	for _, name := range []string{"scan", "sscan", "scard", "evalsha"} {
		var fields [2]float64
		for i, field := range []string{"calls=", "usec_per_call="} {
			_, rest, ok := strings.Cut(stats["cmdstat_"+name], field)
			rest, _, _ = strings.Cut(rest, ",")
			if fields[i], err = strconv.ParseFloat(rest, 64); !ok || err != nil {
				t.Fatalf("%s: %q", name, stats["cmdstat_"+name])
			}
		}
		t.Logf("figure: Redis ran %s %.0f times, for %.2f ms on average", name, fields[0], fields[1]/1000)
		if reapMeasures() && fields[1] > 10_000 {
			t.Errorf("%s keeps Redis for %.0f ms on average, want 10 at most", name, fields[1]/1000)
		}
		if name == "evalsha" && fields[0] < float64(done.Members/rueidisstore.DefaultReapChunk) {
			t.Errorf("%.0f scripts looked at %d members", fields[0], done.Members)
		}
	}
	if slow, err = server.List("SLOWLOG", "GET", "100"); err != nil {
		t.Fatal(err)
	}

	if n := r.size(big); n != len(alive)+1 {
		t.Errorf("%d members are left, want %d and a place", n, len(alive))
	}
	if n := r.size(conj); n != len(alive) {
		t.Errorf("%d members are left, want %d", n, len(alive))
	}
	// Whoever was being read is still listed.
	write(t, s, ofTable("t"))
	if err := s.Fill(t.Context(), rowQuery("t", "place"), place, blob("old"), time.Hour); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, s, rowQuery("t", "place"))
	for _, q := range alive {
		wantMiss(t, s, q)
	}
	return slow
}

// Sizes, chunks, dry runs, and other programs' sets.
func TestReapOptions(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL(), prefixed("a[1]*"))
	r := newRaw(t, s)
	put(t, s, rowQuery("t", "1"), rowQuery("u", "1"))
	large, small, foreign := s.MembersKey("main", "t"), s.MembersKey("main", "u"), "a1b:{x}m:main:t"
	fill := func() {
		r.dead(large, 999)
		r.dead(small, 998)
		r.dead(foreign, 2000)
	}
	fill()
	reap := func(opts rueidisstore.ReapOptions) rueidisstore.Reaped {
		t.Helper()
		done, err := s.Reap(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	// Four sets are ours: two of tables, two of conditions.
	if got, want := reap(rueidisstore.ReapOptions{DryRun: true}), (rueidisstore.Reaped{Found: 4, Sets: 1, Members: 1000, Dead: 999, Share: 1}); got != want {
		t.Errorf("a dry run: %+v, want %+v", got, want)
	}
	if n := r.size(large); n != 1000 {
		t.Errorf("%d members after a dry run", n)
	}
	reap(rueidisstore.ReapOptions{})
	if n, m, f := r.size(large), r.size(small), r.size(foreign); n != 1 || m != 999 || f != 2000 {
		t.Errorf("%d, %d and %d members after a run, want 1, 999 of a set that is too small and 2000 of another program", n, m, f)
	}
	fill()
	chunks, share, steps := 0, 0.0, 0
	got := reap(rueidisstore.ReapOptions{MinSize: 1, Chunk: 10, Progress: func(now rueidisstore.Reaped) {
		chunks++
		if now.Share < share || now.Share > 1 {
			t.Errorf("the share goes from %v to %v", share, now.Share)
		}
		if now.Share > share && now.Share < 1 {
			steps++
		}
		share = now.Share
	}})
	if got.Dead != 999+998 || chunks < 100 || got.Share != 1 || steps < 90 {
		t.Errorf("in chunks of 10: %+v in %d, %d of them with a share between 0 and 1", got, chunks, steps)
	}
	if n, m := r.size(large), r.size(small); n != 1 || m != 1 {
		t.Errorf("%d and %d members are left", n, m)
	}
	wantHit(t, s, rowQuery("t", "1"))
	write(t, s, ofTable("t"))
	wantMiss(t, s, rowQuery("t", "1"))

	for _, opts := range []rueidisstore.ReapOptions{{Chunk: -1}, {MinSize: -1}} {
		if _, err := s.Reap(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "negative") {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	fill()
	ctx, cancel := context.WithCancel(t.Context())
	done, err := s.Reap(ctx, rueidisstore.ReapOptions{MinSize: 1, Chunk: 10, Progress: func(now rueidisstore.Reaped) {
		if now.Dead > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || done.Dead == 0 || done.Dead > 500 || done.Share >= 1 {
		t.Errorf("after the end of its context: %+v, %v", done, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reap(t.Context(), rueidisstore.ReapOptions{}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Reap of a closed store: %v", err)
	}
}

// While two Reaps go through all sets again and again, entries come and go. Each that is
// there is listed, or a write would not find it.
func TestReapBesideFills(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	const rows, rounds, fillers = 40, 40, 4
	var working, reapers sync.WaitGroup
	var over atomic.Bool
	var dead atomic.Int64
	for range 2 {
		reapers.Go(func() {
			for !over.Load() {
				done, err := s.Reap(context.Background(), rueidisstore.ReapOptions{MinSize: 1, Chunk: 7})
				if err != nil {
					t.Error(err)
					return
				}
				dead.Add(int64(done.Dead))
			}
		})
	}
	ctx := context.Background()
	stale := func(q *store.Query, version int) bool {
		p, ok, err := s.Get(ctx, q)
		if err != nil {
			t.Error(err)
		}
		return ok && string(p.(blob)) != strconv.Itoa(version)
	}
	for f := range fillers {
		working.Go(func() {
			for version := range rounds {
				for row := range rows {
					q := rowQuery("t", strconv.Itoa(f)+":"+strconv.Itoa(row))
					l, err := s.Lease(ctx, q)
					if err != nil {
						t.Error(err)
						return
					}
					// Some end at once, so that there is something to reap.
					ttl := time.Hour
					if row%2 == 0 {
						ttl = time.Millisecond
					}
					if err := s.Fill(ctx, q, l.Snapshot, blob(strconv.Itoa(version)), ttl); err != nil {
						t.Error(err)
						return
					}
				}
				for row := range rows {
					c := ofRow("t", strconv.Itoa(f)+":"+strconv.Itoa(row))
					c.Token = store.Token{1, byte(f)}
					for stale := true; stale; {
						ack, err := s.Bump(ctx, c, store.DropFence)
						if err != nil {
							t.Error(err)
							return
						}
						if stale = len(ack.Stale) > 0; stale {
							c.Tables[0].Registry = ack.Stale[0].Version
						}
					}
					if stale(rowQuery("t", strconv.Itoa(f)+":"+strconv.Itoa(row)), version+1) {
						t.Errorf("STALE: row %d of %d is a hit after its write", row, f)
						return
					}
				}
			}
		})
	}
	working.Wait()
	over.Store(true)
	reapers.Wait()
	if dead.Load() == 0 {
		t.Error("nothing was reaped")
	}
	t.Logf("figure: %d dead members were reaped beside %d fills", dead.Load(), fillers*rounds*rows)
}
