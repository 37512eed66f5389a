package memory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/cacheops/cacheops/store"
)

// Store keeps entries and stamps in the process's memory. Make one with [New]
// and end it with [Store.Close]. Its methods may be called from many goroutines
// at once. It implements [store.Store] and [store.Local].
//
// Its only errors are the context's, [store.ErrClosed], and those of a wrong
// call: it is never unavailable.
type Store struct {
	entries *otter.Cache[store.Key, *entry]
	front   front // of entries
	clock   *clock
	tasks   *tasks
	// limit is the weight of the largest entry that is stored.
	limit     int64
	locks     locks
	evictions atomic.Uint64
	closed    atomic.Bool
	close     sync.Once
	// closing is closed by Close, and wakes those who wait for a lock.
	closing chan struct{}

	// mu guards the map.
	mu        sync.RWMutex
	databases map[string]*database

	// broken is changed by tests alone, before the store is used.
	broken safeguards
}

var (
	_ store.Store = (*Store)(nil)
	_ store.Local = (*Store)(nil)
)

// New makes an empty store. It starts one goroutine, which Close ends. The
// error names the field of the config that is wrong.
func New(config Config) (*Store, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Store{
		front:     newFront(config.MaxBytes),
		clock:     newClock(config.Clock),
		tasks:     newTasks(),
		limit:     config.MaxBytes / maxEntryShare,
		databases: make(map[string]*database),
		closing:   make(chan struct{}),
	}
	entries, err := otter.New(&otter.Options[store.Key, *entry]{
		MaximumWeight: uint64(config.MaxBytes), //nolint:gosec // validated
		Weigher:       func(_ store.Key, e *entry) uint32 { return e.weight },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[store.Key, *entry]) time.Duration {
			return max(time.Duration(e.Value.deadline-s.clock.instant()), 1)
		}),
		OnAtomicDeletion: func(e otter.DeletionEvent[store.Key, *entry]) {
			if e.Cause == otter.CauseOverflow {
				s.evictions.Add(1)
			}
			s.front.drop(e.Value)
			e.Value.release()
		},
		Executor: s.tasks.run,
		Clock:    s.clock,
	})
	if err != nil {
		return nil, fmt.Errorf("cacheops: memory: making the map of entries: %w", err)
	}
	s.entries = entries
	return s, nil
}

// check returns the error that every method returns before it does anything.
func (s *Store) check(ctx context.Context) error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	return ctx.Err()
}

// database returns the database of that name, made if there is none.
func (s *Store) database(name string) *database {
	if d := s.existing(name); d != nil {
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.databases[name]
	if d == nil {
		d = newDatabase(name)
		s.databases[name] = d
	}
	return d
}

// existing returns the database of that name, or nil.
func (s *Store) existing(name string) *database {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.databases[name]
}

// GetLocal returns the entry if it is there and valid. It takes no lock and
// does not allocate. After Close it finds nothing.
func (s *Store) GetLocal(database string, key store.Key) (store.Payload, bool) {
	e := s.entry(&key)
	if e == nil || e.database.name != database || !valid(e.refs) || s.closed.Load() {
		return nil, false
	}
	return e.payload, true
}

// noted is the share of reads that the map takes note of, in order to know what
// to keep: one in so many. Taking note costs more than the read itself, and
// goroutines disturb each other with it; by chance a share shows as well which
// entries are read often.
const noted = 16

// entry looks an entry up, and returns nil where there is none.
func (s *Store) entry(key *store.Key) *entry {
	if rand.Uint32()%noted == 0 { //nolint:gosec // no secret
		e, ok := s.entries.GetIfPresent(*key)
		if ok {
			s.front.put(e)
		}
		return e
	}
	if e := s.front.get(key, s.clock); e != nil {
		return e
	}
	e, ok := s.entries.GetEntryQuietly(*key)
	if ok {
		s.front.put(e.Value)
	}
	return e.Value
}

// Get is [Store.GetLocal] with the context and Close minded. Of the query it
// looks at the database and the key alone: the entry knows its dependency.
func (s *Store) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	if err := s.check(ctx); err != nil {
		return nil, false, err
	}
	p, ok := s.GetLocal(q.Database, q.Key)
	return p, ok, nil
}

// Lease registers the schemes of the query and returns its stamps, or that one
// of them is fenced. A table without conjunctions is leased as a whole.
func (s *Store) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	if err := s.check(ctx); err != nil {
		return store.Lease{}, err
	}
	now := s.clock.instant()
	d := s.database(q.Database)
	lease := store.Lease{Schema: d.schemaVersion()}
	n := 1 // the global epoch
	for i := range q.Deps {
		n += 1 + max(1, len(q.Deps[i].Conjs))
	}
	snap := &snapshot{store: s, database: d, refs: make([]ref, 0, n)}
	gen := d.leaseGlobal(now)
	lease.Fenced = gen == 0
	snap.refs = append(snap.refs, ref{&d.global, gen})
	for i := range q.Deps {
		// Every table is gone through, so that all schemes are registered.
		var fenced bool
		snap.refs, fenced = d.table(q.Deps[i].Table).lease(&q.Deps[i], snap.refs, now, &s.broken)
		lease.Fenced = lease.Fenced || fenced
	}
	if !lease.Fenced {
		lease.Snapshot = snap
	}
	return lease, nil
}

// Fill stores the result. A nil or dead snapshot, a TTL of 0 or less, and an
// entry of more than an eighth of [Config.MaxBytes] store nothing.
func (s *Store) Fill(ctx context.Context, q *store.Query, sn store.Snapshot, p store.Payload, ttl time.Duration) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	if ttl <= 0 || sn == nil || p == nil {
		return nil
	}
	snap, ok := sn.(*snapshot)
	if !ok || snap == nil || snap.store != s {
		return errSnapshot
	}
	d := snap.database
	if q.Joined {
		d = s.database(q.Database)
	}
	if d == nil || d.name != q.Database {
		return errSnapshot
	}
	if !valid(snap.refs) {
		return nil
	}
	weight, ok := weigh(p, snap.refs, s.limit)
	if !ok {
		// What is there under the key is dead, or as good as this one.
		return nil
	}
	e := newEntry(snap.refs)
	e.key, e.deadline = q.Key, s.clock.instant().after(ttl)
	e.database, e.payload, e.weight = d, p, weight
	// A cell that is swept between the look above and here takes its value
	// away: the entry is dead then, and its count is on a cell that is gone.
	e.hold()
	s.entries.Set(q.Key, e)
	return nil
}

// Registry returns the table's schemes. A table that was never seen is not
// remembered by asking for it.
func (s *Store) Registry(ctx context.Context, database, table string) (store.Registry, error) {
	if err := s.check(ctx); err != nil {
		return store.Registry{}, err
	}
	if d := s.existing(database); d != nil {
		if t := d.existing(table); t != nil {
			return t.schemes(), nil
		}
	}
	return store.Registry{Table: table, Unread: true}, nil
}

// Fence takes the values of what the change names away and leaves its token
// there until the deadline, the TTL from now. Token and TTL must be set.
func (s *Store) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	if err := s.check(ctx); err != nil {
		return store.Ack{}, err
	}
	if err := checkFence(c); err != nil {
		return store.Ack{}, err
	}
	now := s.clock.instant()
	deadline := now.after(c.TTL)
	d := s.database(c.Database)
	if c.All {
		d.fenceAll(c.Token, deadline, now, &s.broken)
		return store.Ack{Schema: d.schemaVersion()}, nil
	}
	var stale []store.Registry
	for i := range c.Tables {
		if t := d.table(c.Tables[i].Table); !t.fence(&c.Tables[i], c.Token, deadline, now, &s.broken) {
			stale = append(stale, t.schemes())
		}
	}
	return d.ack(c, stale), nil
}

// Bump takes the values of what the change names away, and its token unless it
// is kept. A token that is kept gets the deadline of a new fence, also where it
// had run out: Token and TTL must be set then.
func (s *Store) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if err := s.check(ctx); err != nil {
		return store.Ack{}, err
	}
	if keep == store.KeepFence {
		if err := checkFence(c); err != nil {
			return store.Ack{}, err
		}
	}
	now := s.clock.instant()
	deadline := now.after(c.TTL)
	kept := bool(keep) && !s.broken.keepOff
	d := s.database(c.Database)
	if c.All {
		d.bumpAll(c.Token, kept, deadline, now, &s.broken)
		return store.Ack{Schema: d.schemaVersion()}, nil
	}
	var stale []store.Registry
	for i := range c.Tables {
		if t := d.table(c.Tables[i].Table); !t.bump(&c.Tables[i], c.Token, kept, deadline, now, &s.broken) {
			stale = append(stale, t.schemes())
		}
	}
	return d.ack(c, stale), nil
}

// checkFence refuses changes whose fences would not hold.
func checkFence(c *store.Change) error {
	if c.Token == (store.Token{}) {
		return errToken
	}
	if c.TTL <= 0 {
		return errTTL
	}
	return nil
}

var (
	errSnapshot = errors.New("cacheops: memory: Fill got a snapshot of another store or database; use the one that Lease returned for this query")
	errToken    = errors.New("cacheops: memory: Change.Token is zero: set it to 16 random bytes, new for each transaction")
	errTTL      = errors.New("cacheops: memory: Change.TTL must be above 0: set it to the time that a fence outlives its writer, for example 30s")
	errLockTTL  = errors.New("cacheops: memory: Lock needs a time above 0; give it the longest time that the work may take")
)

// Schema returns the version of the database's schema.
func (s *Store) Schema(ctx context.Context, database string) (store.Schema, error) {
	if err := s.check(ctx); err != nil {
		return store.Schema{}, err
	}
	return s.database(database).schemaVersion(), nil
}

// BumpSchema gives the database's schema a new version.
func (s *Store) BumpSchema(ctx context.Context, database string) (store.Schema, error) {
	if err := s.check(ctx); err != nil {
		return store.Schema{}, err
	}
	return s.database(database).bumpSchema(), nil
}

// Close ends the store's goroutines, waits for them, drops the entries, and
// wakes those who wait for a lock. It may be called more than once, and returns
// nil.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.close.Do(func() {
		close(s.closing)
		s.entries.StopAllGoroutines()
		s.entries.InvalidateAll()
	})
	s.tasks.wait()
	return nil
}
