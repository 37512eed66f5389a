package memory_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// result is a payload of a size.
type result struct{ size int }

func (r *result) Size() int                             { return r.size }
func (r *result) AppendBinary(b []byte) ([]byte, error) { return b, nil }

// open makes a store that is closed with the test.
func open(tb testing.TB, config memory.Config) *memory.Store {
	tb.Helper()
	s, err := memory.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return s
}

// query returns a query of n conjunctions, its own in each.
func query(i, n int) *store.Query {
	q := &store.Query{Database: "main"}
	binary.BigEndian.PutUint64(q.Key[:], uint64(i)*0x9e3779b97f4a7c15)
	dep := store.TableDep{Table: "t"}
	for j := range n {
		scheme := "c" + strconv.Itoa(j)
		dep.Conjs = append(dep.Conjs, store.Conj{Scheme: store.Scheme(scheme), Key: scheme + "=" + strconv.Itoa(i)})
	}
	q.Deps = []store.TableDep{dep}
	return q
}

// put leases and fills.
func put(tb testing.TB, s *memory.Store, q *store.Query, p store.Payload) store.Snapshot {
	tb.Helper()
	ctx := context.Background()
	l, err := s.Lease(ctx, q)
	if err != nil || l.Fenced {
		tb.Fatalf("Lease: %+v, error %v", l, err)
	}
	if err := s.Fill(ctx, q, l.Snapshot, p, time.Hour); err != nil {
		tb.Fatalf("Fill: %v", err)
	}
	return l.Snapshot
}

func found(s *memory.Store, q *store.Query) bool {
	_, ok := s.GetLocal(q.Database, q.Key)
	return ok
}

// change is a change of rows of t by the writer.
func change(tb testing.TB, s *memory.Store, writer byte, keys ...string) *store.Change {
	tb.Helper()
	r, err := s.Registry(context.Background(), "main", "t")
	if err != nil {
		tb.Fatal(err)
	}
	return &store.Change{
		Database: "main", Token: store.Token{1, writer}, TTL: 30 * time.Second,
		Tables: []store.TableChange{{Table: "t", Registry: r.Version, Keys: keys}},
	}
}

func fence(tb testing.TB, s *memory.Store, c *store.Change) {
	tb.Helper()
	if ack, err := s.Fence(context.Background(), c); err != nil || len(ack.Stale) > 0 {
		tb.Fatalf("Fence: stale %v, error %v", ack.Stale, err)
	}
}

func bump(tb testing.TB, s *memory.Store, c *store.Change) {
	tb.Helper()
	if ack, err := s.Bump(context.Background(), c, store.DropFence); err != nil || len(ack.Stale) > 0 {
		tb.Fatalf("Bump: stale %v, error %v", ack.Stale, err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{-1, 1, 4095, math.MinInt64} {
		if _, err := memory.New(memory.Config{MaxBytes: n}); err == nil || !strings.Contains(err.Error(), "Config.MaxBytes") ||
			!strings.HasPrefix(err.Error(), "cacheops: ") {
			t.Errorf("MaxBytes %d: error %v, want one that names the field", n, err)
		}
	}
	for _, n := range []int64{0, 4096, math.MaxInt64} {
		open(t, memory.Config{MaxBytes: n})
	}
	// The largest entry takes an eighth, with what is around the payload.
	s := open(t, memory.Config{MaxBytes: 80_000})
	for size, want := range map[int]bool{100: true, 9_000: true, 10_000: false, 1 << 40: false, -5: true} {
		q := query(size, 1)
		put(t, s, q, &result{size})
		if found(s, q) != want {
			t.Errorf("a payload of %d bytes was stored: %v, want %v", size, !want, want)
		}
	}
	// More than a weight can hold.
	s = open(t, memory.Config{MaxBytes: math.MaxInt64})
	q := query(1, 1)
	put(t, s, q, &result{math.MaxUint32})
	if found(s, q) {
		t.Error("a payload was stored whose weight does not fit")
	}
}

func TestSnapshotOfAnotherStoreIsRefused(t *testing.T) {
	t.Parallel()
	one, two := open(t, memory.Config{}), open(t, memory.Config{})
	q := query(1, 1)
	other := *q
	other.Database = "other"
	sn := put(t, one, q, &result{1})
	if err := two.Fill(context.Background(), q, sn, &result{1}, time.Hour); err == nil {
		t.Error("a store took another's snapshot")
	}
	if err := one.Fill(context.Background(), &other, sn, &result{1}, time.Hour); err == nil {
		t.Error("a database took another's snapshot")
	}
}

func TestHitDoesNotAllocate(t *testing.T) {
	s := open(t, memory.Config{})
	for n := range 4 {
		q := query(n, n)
		put(t, s, q, &result{100})
		if allocs := testing.AllocsPerRun(1000, func() {
			if !found(s, q) {
				t.Fatal("a miss")
			}
		}); allocs != 0 {
			t.Errorf("a hit with %d conjunctions allocates %v times", n, allocs)
		}
	}
	q := query(1, 1)
	bump(t, s, change(t, s, 1, "c0=1"))
	if allocs := testing.AllocsPerRun(1000, func() {
		if found(s, q) {
			t.Fatal("a hit")
		}
	}); allocs != 0 {
		t.Errorf("a miss of a dead entry allocates %v times", allocs)
	}
}

// A cell that is swept under a lease must leave a dead snapshot behind: the
// next writer does not find the cell.
func TestSweptStampIsDead(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	q := query(1, 1)
	l, err := s.Lease(context.Background(), q)
	if err != nil || l.Fenced {
		t.Fatalf("Lease: %+v, error %v", l, err)
	}
	for i := range 1000 {
		if _, err := s.Lease(context.Background(), query(1000+i, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if s.HasCell("main", "t", "c0=1") {
		t.Fatal("a cell that nobody refers to was not swept: the test shows nothing")
	}
	if err := s.Fill(context.Background(), q, l.Snapshot, &result{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if found(s, q) {
		t.Fatal("an entry is valid under a stamp that no writer can find")
	}
	put(t, s, q, &result{1})
	if !found(s, q) {
		t.Fatal("a new lease does not help")
	}
}

func TestSweepSparesWhatIsInUse(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1, 0)}
	s := open(t, memory.Config{Clock: c.Now})
	q := query(1, 1)
	put(t, s, q, &result{1})
	put(t, s, query(3, 1), &result{1})
	fence(t, s, change(t, s, 1, "c0=2"))
	fence(t, s, change(t, s, 2, "c0=3")) // a fenced one that an entry refers to
	flood := func(from int) {
		for i := range 1000 {
			if _, err := s.Lease(context.Background(), query(from+i, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	flood(1000)
	if !found(s, q) {
		t.Error("the stamp of an entry was swept")
	}
	for _, i := range []int{2, 3} {
		if l, err := s.Lease(context.Background(), query(i, 1)); err != nil || !l.Fenced {
			t.Errorf("query %d: a fence was swept: %+v, error %v", i, l, err)
		}
	}
	if cells, _ := s.Cells("main", "t"); cells > 200 {
		t.Errorf("%d cells are left of 1000 that nobody refers to", cells)
	}
	// A fence whose time is over is swept with its cell.
	c.Advance(time.Minute)
	flood(3000)
	if s.HasCell("main", "t", "c0=2") {
		t.Error("the fence of a dead writer is kept for ever")
	}
	if !found(s, q) {
		t.Error("the stamp of an entry was swept")
	}
}

// What a lease found must survive until it fills, where the table is not
// flooded meanwhile.
func TestSweepGivesLeasesTime(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	for i := range 500 {
		put(t, s, query(i, 1), &result{1})
	}
	late := query(1000, 1)
	l, err := s.Lease(context.Background(), late)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		put(t, s, query(2000+i, 1), &result{1})
	}
	if err := s.Fill(context.Background(), late, l.Snapshot, &result{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if !found(s, late) {
		t.Error("a lease was swept although few came after it")
	}
}

func TestFencedCellsGoWithTheirFence(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	put(t, s, query(1, 1), &result{1})
	keys := make([]string, 5000)
	for i := range keys {
		keys[i] = "c0=" + strconv.Itoa(100+i)
	}
	c := change(t, s, 1, keys...)
	fence(t, s, c)
	if cells, _ := s.Cells("main", "t"); cells != 5001 {
		t.Fatalf("%d cells under the fence, want 5001", cells)
	}
	bump(t, s, c)
	if cells, refs := s.Cells("main", "t"); cells != 1 || refs != 1 {
		t.Errorf("%d cells and %d references are left, want the one of the entry", cells, refs)
	}
	if !found(s, query(1, 1)) {
		t.Error("another row's entry is gone")
	}
}

// Each entry that leaves, in whatever way, gives its references back.
func TestReferencesAreGivenBack(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1, 0)}
	s := open(t, memory.Config{MaxBytes: 64 << 10, Clock: c.Now})
	for round := range 3 {
		for i := range 300 {
			put(t, s, query(i, 3), &result{round})
		}
	}
	n, weight := s.Entries()
	if n == 0 || n > 299 || weight > 64<<10 {
		t.Fatalf("%d entries of %d bytes, want some in 64 KiB", n, weight)
	}
	if _, refs := s.Cells("main", "t"); refs != 3*n {
		t.Errorf("%d references of %d entries, want %d", refs, n, 3*n)
	}
	c.Advance(2 * time.Hour)
	if n, _ := s.Entries(); n != 0 {
		t.Errorf("%d entries are left after their time", n)
	}
	if _, refs := s.Cells("main", "t"); refs != 0 {
		t.Errorf("%d references are left of no entries", refs)
	}
}

func TestRingThatShrankFindsItsCells(t *testing.T) {
	t.Parallel()
	// A ring that shrank gives its map back and still finds every cell.
	s := open(t, memory.Config{})
	var keep []*store.Query
	for i := range 20 {
		keep = append(keep, query(i, 1))
		put(t, s, keep[i], &result{1})
	}
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = "c0=" + strconv.Itoa(1000+i)
	}
	c := change(t, s, 1, keys...)
	fence(t, s, c)
	most := s.RingCap("main", "t")
	bump(t, s, c)
	if now := s.RingCap("main", "t"); now > most/100 {
		t.Errorf("the ring has room for %d cells, of %d once: it did not shrink", now, most)
	}
	for i, q := range keep {
		if !found(s, q) {
			t.Fatalf("entry %d is gone", i)
		}
		bump(t, s, change(t, s, 2, "c0="+strconv.Itoa(i)))
		if found(s, q) {
			t.Fatalf("entry %d lives on after its bump: the ring lost its cell", i)
		}
	}
}

func TestCloseWaitsAndStaysClosed(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{MaxBytes: 64 << 10})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			ctx := context.Background()
			for i := 0; ; i++ {
				q := query(g*1_000_000+i%5000, 1)
				l, err := s.Lease(ctx, q)
				if err == nil && !l.Fenced {
					err = s.Fill(ctx, q, l.Snapshot, &result{100}, time.Hour)
				}
				s.GetLocal(q.Database, q.Key)
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Errorf("error %v, want store.ErrClosed", err)
					}
					return
				}
				if i == 2000 && g == 0 {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n, _ := s.Entries(); n > 4 {
		t.Errorf("%d entries are left in a closed store", n)
	}
}

func TestCloseWaitsForTasks(t *testing.T) {
	t.Parallel()
	s, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	s.Run(func() {
		for !s.Closed() {
			runtime.Gosched()
		}
		// Time enough for a Close that does not wait to be over.
		for range 100_000 {
			runtime.Gosched()
		}
		done.Store(true)
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !done.Load() {
		t.Error("Close did not wait for a task that was running")
	}
}

// A fill that was under way in Close may leave an entry behind.
func TestClosedStoreFindsNothing(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	q := query(1, 1)
	put(t, s, q, &result{1})
	s.MarkClosed()
	if found(s, q) {
		t.Error("a closed store found an entry")
	}
}

// The allowance for what is around a payload must be what the heap says, or
// MaxBytes means little.
func TestWeightIsTheHeaps(t *testing.T) {
	const n, size = 50_000, 200
	for _, conjs := range []int{0, 1, 3} {
		s := open(t, memory.Config{MaxBytes: 1 << 30})
		payloads := make([][size]byte, n) // outside of what is measured
		before := heap()
		for i := range n {
			put(t, s, query(i, conjs), (*array)(&payloads[i]))
		}
		count, weight := s.Entries()
		used := int(heap()-before) / n
		runtime.KeepAlive(payloads)
		if count != n {
			t.Fatalf("%d entries, want %d", count, n)
		}
		claimed := int(weight)/n - size
		t.Logf("%d conjunctions: %d bytes for an entry besides its payload, %d counted", conjs, used, claimed)
		if used > claimed*5/4 || used < claimed/2 {
			t.Errorf("%d conjunctions: an entry takes %d bytes besides its payload and counts as %d", conjs, used, claimed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// array is a payload of 200 bytes that the test allocated before.
type array [200]byte

func (a *array) Size() int                             { return len(a) }
func (a *array) AppendBinary(b []byte) ([]byte, error) { return append(b, a[:]...), nil }

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
