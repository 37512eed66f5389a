package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

var loadTests = []test{
	{"no read is older than an acknowledged write", nil, func(b *bench) { hammer(b, 8, 8, nil, b.store) }},
	{"no read is older than an acknowledged write, of two processes", second, func(b *bench) { hammer(b, 8, 8, nil, b.second()...) }},
	{"no read is older than an acknowledged write, under pressure", []string{"NewSmall"}, func(b *bench) {
		b.store = b.h.NewSmall(b)
		defer func() {
			if err := b.store.Close(); err != nil {
				b.Errorf("Close: %v", err)
			}
		}()
		// Three entries for each row, of 4 KiB: five times what the store holds.
		hammer(b, 400, 4096, nil, b.store)
	}},
	{
		"no read is older than an acknowledged write, while keys are lost", losing,
		func(b *bench) { hammer(b, 8, 8, b.losing, b.store) },
	},
	{
		"no read is older than an acknowledged write, of two processes, while keys are lost", append([]string{"Second"}, losing...),
		func(b *bench) { hammer(b, 8, 8, b.losing, b.second()...) },
	},
}

// losing is a hook of what follows; it uses the others that there are, too.
var losing = []string{"EvictRegistry"}

// losing loses a key.
func (b *bench) losing(r *rand.Rand) {
	switch n := r.IntN(4); {
	case n == 0 && b.h.EvictStamp != nil:
		b.h.EvictStamp(b.store, b.db, "rows", rowKey(r.IntN(8)))
	case n == 1 && b.h.EvictEpoch != nil:
		b.h.EvictEpoch(b.store, b.db, "rows")
	case n == 2 && b.h.EvictGlobal != nil:
		b.h.EvictGlobal(b.store, b.db)
	case n == 3:
		b.h.EvictRegistry(b.store, b.db, "rows")
	}
}

// Readers and writers do at least that many reads and writes each, and go on
// until all the others have. On a store that is slow they do a part of that, with -short
// a third of the part, unless CACHEOPS_EXHAUSTIVE is 1: more of them are under way at once
// there.
const (
	hammerReaders = 4
	hammerWriters = 3
	hammerReads   = 6000
	hammerWrites  = 1500
	slowPart      = 3
)

// rowsDatabase is the oracle: rows that are numbers, each raised by its writes,
// and what of it was acknowledged. A read may return any number from what was
// acknowledged before it started.
type rowsDatabase struct {
	// mu guards rows.
	mu   sync.Mutex
	rows []uint64
	// locks are the database's row locks: a writer holds one from its first
	// statement to the end of its transaction.
	locks []sync.Mutex
	acked []atomic.Uint64
	size  int // of a result, in bytes
}

func rowKey(i int) string { return "id=" + strconv.Itoa(i) }

// hammerQuery is a query that sums some rows.
type hammerQuery struct {
	rows []int
	*store.Query
}

func hammerQueries(b *bench, rows int) []hammerQuery {
	var out []hammerQuery
	all := make([]int, rows)
	for i := range all {
		all[i] = i
		next := (i + 1) % rows
		out = append(out,
			hammerQuery{[]int{i}, b.query("row"+rowKey(i), on("rows", conj("id", strconv.Itoa(i))))},
			hammerQuery{[]int{i, next}, b.query("two"+rowKey(i), on("rows", conj("id", strconv.Itoa(i)), conj("id", strconv.Itoa(next))))},
			hammerQuery{[]int{i}, b.query("half"+rowKey(i), on("rows", conj("half", strconv.Itoa(i%2))))},
		)
	}
	return append(out, hammerQuery{all, b.query("all", on("rows"))})
}

// pick returns a query. Every other one is of a few that are asked for often: what is
// asked for once in a while is seldom there.
func pick(queries []hammerQuery, r *rand.Rand) hammerQuery {
	const often = 24
	if r.IntN(2) == 0 {
		return queries[r.IntN(min(often, len(queries)))]
	}
	return queries[r.IntN(len(queries))]
}

func (d *rowsDatabase) read(rows []int) (sum uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range rows {
		sum += d.rows[i]
	}
	return sum
}

func (d *rowsDatabase) ackedSum(rows []int) (sum uint64) {
	for _, i := range rows {
		sum += d.acked[i].Load()
	}
	return sum
}

// hammer lets readers and writers loose on the stores, which have the same keys,
// each with their steps in the order that the protocol asks for. Lose, where it is given, loses keys
// meanwhile.
func hammer(b *bench, rows, size int, lose func(r *rand.Rand), stores ...store.Store) {
	db := &rowsDatabase{rows: make([]uint64, rows), locks: make([]sync.Mutex, rows), acked: make([]atomic.Uint64, rows), size: size}
	queries := hammerQueries(b, rows)
	var hits, misses atomic.Uint64
	var actors, losers sync.WaitGroup
	var busy atomic.Int32 // actors that have not done their number
	busy.Store(hammerReaders + hammerWriters)
	seed := rand.Uint64()
	b.Logf("seed %d", seed)
	fail := make(chan error, hammerReaders+hammerWriters)
	reads, writes := hammerReads, hammerWrites
	if b.h.Slow && !exhaustive() {
		part := slowPart
		if testing.Short() {
			part *= 3
		}
		reads, writes = reads/part, writes/part
	}
	// act runs one actor: step does one read or one write.
	act := func(least int, step func(n int) error) {
		actors.Go(func() {
			for n := 0; n < least || busy.Load() > 0; n++ {
				if err := step(n); err != nil {
					fail <- err
					busy.Add(-hammerReaders - hammerWriters)
					return
				}
				if n == least-1 {
					busy.Add(-1)
				}
			}
		})
	}
	for i := range hammerReaders {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		act(reads, func(int) error {
			return db.readOnce(stores[i%len(stores)], pick(queries, r), r, &hits, &misses)
		})
	}
	for i := range hammerWriters {
		w := &hammerWriter{store: stores[i%len(stores)], database: b.db, db: db, r: rand.New(rand.NewPCG(seed, uint64(100+i)))}
		act(writes, func(n int) error {
			return w.write(store.Token{1, byte(i), byte(n), byte(n >> 8), byte(n >> 16)})
		})
	}
	stop := make(chan struct{})
	if lose != nil {
		r := rand.New(rand.NewPCG(seed, 1000))
		losers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					lose(r)
				}
			}
		})
	}
	actors.Wait()
	close(stop)
	losers.Wait()
	close(fail)
	for err := range fail {
		b.Error(err)
	}
	// When all is over, what is still in the cache is what the database has.
	for i, q := range queries {
		for _, s := range stores {
			x := *b
			x.store = s
			if got, ok := x.get(q.Query); ok && got != db.read(q.rows) {
				b.Errorf("query %d: the cache has %d for good, the database %d", i, got, db.read(q.rows))
			}
		}
	}
	h, m := hits.Load(), misses.Load()
	b.Logf("%d hits, %d misses", h, m)
	if lose == nil && h < (h+m)/100 {
		b.Errorf("%d hits among %d reads are too few to show anything", h, h+m)
	}
}

func (d *rowsDatabase) readOnce(s store.Store, q hammerQuery, r *rand.Rand, hits, misses *atomic.Uint64) error {
	ctx := context.Background()
	start := d.ackedSum(q.rows)
	p, ok, err := s.Get(ctx, q.Query)
	if local, is := s.(store.Local); is && r.IntN(2) == 0 {
		p, ok = local.GetLocal(q.Database, q.Key)
	}
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	if ok {
		hits.Add(1)
		if v, known := version(p); !known || v < start {
			return fmt.Errorf("STALE HIT: a read that started after %d was acknowledged found %v", start, p)
		}
		return nil
	}
	misses.Add(1)
	l, err := s.Lease(ctx, q.Query)
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	sum := d.read(q.rows)
	if l.Fenced {
		return nil
	}
	if err := s.Fill(ctx, q.Query, l.Snapshot, payload{sum, d.size}, time.Hour); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}

// hammerWriter is a writer with its copy of the registry.
type hammerWriter struct {
	store    store.Store
	database string
	db       *rowsDatabase
	r        *rand.Rand
	registry store.Registry
}

// write is one transaction: it raises one row, or tries to.
func (w *hammerWriter) write(t store.Token) error {
	row := w.r.IntN(len(w.db.rows))
	w.db.locks[row].Lock()
	defer w.db.locks[row].Unlock()
	kind := writesRow
	switch w.r.IntN(20) {
	case 0:
		kind = writesTable
	case 1:
		kind = writesAll
	}
	ctx := context.Background()
	if err := w.do(row, kind, t, func(c *store.Change) (store.Ack, error) { return w.store.Fence(ctx, c) }); err != nil {
		return err
	}
	if w.r.IntN(10) == 0 {
		// The outcome is unknown for a while: the server commits, or not,
		// after the first bump, and the row lock is held until it does.
		if err := w.do(row, kind, t, func(c *store.Change) (store.Ack, error) { return w.store.Bump(ctx, c, store.KeepFence) }); err != nil {
			return err
		}
	}
	commits := w.r.IntN(10) > 0
	var committed uint64
	if commits {
		w.db.mu.Lock()
		w.db.rows[row]++
		committed = w.db.rows[row]
		w.db.mu.Unlock()
	}
	if err := w.do(row, kind, t, func(c *store.Change) (store.Ack, error) { return w.store.Bump(ctx, c, store.DropFence) }); err != nil {
		return err
	}
	if commits {
		w.db.acked[row].Store(committed) // the row lock is held: nobody else acknowledges it
	}
	return nil
}

var errStaleForEver = errors.New("storetest: the registry is stale after a hundred tries")

// do fences or bumps, and does again what is stale.
func (w *hammerWriter) do(row int, kind writes, t store.Token, op func(*store.Change) (store.Ack, error)) error {
	c := &store.Change{Database: w.database, Token: t, TTL: time.Hour}
	for range 100 {
		switch kind {
		case writesAll:
			c.All = true
		case writesTable:
			c.Tables = []store.TableChange{{Table: "rows", Epoch: true}}
		default:
			change := store.TableChange{Table: "rows", Registry: w.registry.Version}
			for _, s := range w.registry.Schemes {
				switch s {
				case "id":
					change.Keys = append(change.Keys, rowKey(row))
				case "half":
					change.Keys = append(change.Keys, "half="+strconv.Itoa(row%2))
				}
			}
			c.Tables = []store.TableChange{change}
		}
		ack, err := op(c)
		if err != nil || len(ack.Stale) == 0 {
			return err
		}
		w.registry = ack.Stale[0]
	}
	return errStaleForEver
}
