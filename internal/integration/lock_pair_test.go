package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// lockStore is a store that counts what is asked of its locks, knows the key of
// the last entry that was leased, and can fail.
type lockStore struct {
	*memory.Store
	locks, waits atomic.Int64
	lockFails    atomic.Bool
	waitFails    atomic.Bool

	mu      sync.Mutex // guards key and onLease
	key     store.Key
	onLease func()
}

// beforeLease sets what is done before each lease.
func (l *lockStore) beforeLease(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onLease = f
}

func (l *lockStore) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	l.mu.Lock()
	l.key = q.Key
	f := l.onLease
	l.mu.Unlock()
	if f != nil {
		f()
	}
	return l.Store.Lease(ctx, q)
}

func (l *lockStore) Lock(ctx context.Context, key store.Key, ttl time.Duration) (func(), bool, error) {
	l.locks.Add(1)
	if l.lockFails.Load() {
		return nil, false, fmt.Errorf("no route: %w", store.ErrUnavailable)
	}
	return l.Store.Lock(ctx, key, ttl)
}

func (l *lockStore) AwaitUnlock(ctx context.Context, key store.Key) error {
	l.waits.Add(1)
	if l.waitFails.Load() {
		return fmt.Errorf("no route: %w", store.ErrUnavailable)
	}
	return l.Store.AwaitUnlock(ctx, key)
}

// lastKey is the key of the entry that was leased last.
func (l *lockStore) lastKey() store.Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.key
}

// pair is two caches with one store on one database file, as two processes have
// them, and a count of the queries that reach the database.
type pair struct {
	store *lockStore
	peers [2]*cachedSQLite

	mu         sync.Mutex // guards the rest
	at         []time.Time
	now, most  int
	act, acted func(ctx context.Context, n int) error
}

// newPair is a pair in which every table is cached and has items. It is made in
// a bubble of testing/synctest, so that time goes by when everybody waits.
func newPair(t *testing.T, lock bool, change func(*cacheops.Config, *sqlcache.Config)) *pair {
	t.Helper()
	st := newStore(t, memory.Config{})
	p := &pair{store: &lockStore{Store: st}}
	set := func(c *cacheops.Config, d *sqlcache.Config) {
		c.Store = p.store
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour, Lock: lock}}
		if change != nil {
			change(c, d)
		}
	}
	p.peers[0] = newItems(t, set)
	p.peers[1] = openCachedSQLite(t, p.peers[0].path, set)
	for _, s := range p.peers {
		s.read(t, "SELECT count(*) FROM items WHERE id < 0") // reads the schema
		s.gate.set(p.before, p.after)
	}
	p.store.locks.Store(0)
	return p
}

// onAsk sets what is done when the nth query for names reaches the driver, and
// when the driver has answered it. An error is the query's.
func (p *pair) onAsk(act, acted func(ctx context.Context, n int) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.act, p.acted = act, acted
}

func (p *pair) before(ctx context.Context, text string) error {
	if text != namesOfKind {
		return nil
	}
	p.mu.Lock()
	p.at = append(p.at, time.Now())
	p.now++
	p.most = max(p.most, p.now)
	n, act := len(p.at), p.act
	p.mu.Unlock()
	ended := true // by an error or a panic
	defer func() {
		if ended {
			p.leave()
		}
	}()
	if act != nil {
		if err := act(ctx, n); err != nil {
			return err
		}
	}
	ended = false
	return nil
}

func (p *pair) after(ctx context.Context, text string) error {
	if text != namesOfKind {
		return nil
	}
	p.mu.Lock()
	n, acted := len(p.at), p.acted
	p.mu.Unlock()
	defer p.leave()
	if acted == nil {
		return nil
	}
	return acted(ctx, n)
}

func (p *pair) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now--
}

// asked returns when queries for names were sent, and how many ran at once.
func (p *pair) asked() (at []time.Time, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, p.most
}

// wantAsked compares the number of queries for names sent so far.
func (p *pair) wantAsked(t *testing.T, n int) {
	t.Helper()
	if at, _ := p.asked(); len(at) != n {
		t.Errorf("%d queries reached the database, want %d", len(at), n)
	}
}

// cool makes the names of kind 1 cold, and returns the key of their entry.
func (p *pair) cool(t *testing.T) store.Key {
	t.Helper()
	p.want(t, "one,two", 0)
	key := p.store.lastKey()
	if err := p.peers[0].cache.Database("main").Invalidate(t.Context(), cacheops.Table("items")); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.at, p.most = nil, 0
	p.mu.Unlock()
	p.store.locks.Store(0)
	return key
}

// die takes the lock of an entry as a process that dies does.
func (p *pair) die(t *testing.T, key store.Key) {
	t.Helper()
	if _, ok, err := p.store.Store.Lock(t.Context(), key, cacheops.DefaultLockTTL); !ok || err != nil {
		t.Fatalf("Lock: %v, error %v", ok, err)
	}
}

// free wants nobody to have the lock.
func (p *pair) free(t *testing.T, key store.Key) {
	t.Helper()
	unlock, ok, err := p.store.Store.Lock(t.Context(), key, time.Second)
	if !ok || err != nil {
		t.Fatalf("the lock is still held: %v, error %v", ok, err)
	}
	unlock()
}

// want reads the names of kind 1 over a peer, now.
func (p *pair) want(t *testing.T, rows string, peer int) {
	t.Helper()
	got, err := names(t.Context(), p.peers[peer].cached)
	if err != nil || got != rows {
		t.Errorf("peer %d: got %q, error %v, want %q", peer, got, err, rows)
	}
}

// names reads the names of kind 1. A panic of the driver is an error.
func names(ctx context.Context, db querier) (out string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	rows, err := db.QueryContext(ctx, namesOfKind, 1)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		all = append(all, name)
	}
	return strings.Join(all, ","), rows.Err()
}

var errPanic = errors.New("panic")

// readers are concurrent readers of the names of kind 1.
type readers struct {
	n       int
	answers chan answer
}

type answer struct {
	rows string
	err  error
}

// canceller is the key under which a reader's context has its own cancel.
type canceller struct{}

// read starts n readers, over the given peers in turn, and returns when all of
// them wait or are done.
func (p *pair) read(ctx context.Context, n int, peers ...int) *readers {
	r := &readers{n, make(chan answer, n)}
	for i := range n {
		db := p.peers[peers[i%len(peers)]].cached
		go func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			rows, err := names(context.WithValue(ctx, canceller{}, cancel), db)
			r.answers <- answer{rows, err}
		}()
	}
	synctest.Wait()
	return r
}

// want waits for the readers: that many have met the error, all others the rows.
func (r *readers) want(t *testing.T, rows string, failed int, failure error) {
	t.Helper()
	n := 0
	for range r.n {
		switch a := <-r.answers; {
		case a.err != nil && errors.Is(a.err, failure):
			n++
		case a.err != nil || a.rows != rows:
			t.Errorf("a reader got %q, error %v, want %q", a.rows, a.err, rows)
		}
	}
	if n != failed {
		t.Errorf("%d readers met the error %v, want %d", n, failure, failed)
	}
}

// waiting wants none of the readers to have an answer yet.
func (r *readers) waiting(t *testing.T) {
	t.Helper()
	if n := len(r.answers); n != 0 {
		t.Errorf("%d readers did not wait", n)
	}
}
