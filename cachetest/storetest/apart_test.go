package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// The model alone: the protocol holds where a Get is not one step, and does not
// where a reader makes a mistake that such a Get allows.
func TestReadsApartInTheModel(t *testing.T) {
	t.Parallel()
	for _, c := range readsApart() {
		if c.large || c.heavy && raceDetector {
			continue
		}
		_, out, err := survey(&c)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if (out.stale != "") != c.stale {
			t.Errorf("%s: %q, stale must be %v\n\t%s", c.name, out.stale, c.stale, schedule(out.schedule))
		}
	}
}

// modelStore is the model as a store, one table, scheme and conjunction in each
// database: it shows that reads in parts are driven as the model has them.
type modelStore struct {
	mu        sync.Mutex // guards all
	databases map[string]*modelDatabase
	late      bool // see modelRead.See
	broken    []Safeguard
}

type modelDatabase struct {
	state
	top uint8 // the highest value of a stamp so far
}

type modelSnapshot struct{ stamps }

func (s modelSnapshot) Equal(o store.Snapshot) bool { return o == store.Snapshot(s) }

func (s *modelStore) database(name string) *modelDatabase {
	if s.databases[name] == nil {
		s.databases[name] = &modelDatabase{}
	}
	return s.databases[name]
}

func (s *modelStore) Get(_ context.Context, q *store.Query) (store.Payload, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.database(q.Database).hit()
	if !ok {
		return nil, false, nil
	}
	return payload{uint64(v), 8}, true, nil
}

func (s *modelStore) Recall(context.Context, *store.Query) (store.Payload, store.Snapshot, bool, error) {
	return nil, nil, false, errNotAsked
}

func (s *modelStore) Join(...store.Snapshot) store.Snapshot { return nil }

func (s *modelStore) Lease(_ context.Context, q *store.Query) (store.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.database(q.Database)
	d.readers[0].have.global = d.top // no value comes twice
	n, ok := d.lease(&config{whole: len(q.Deps[0].Conjs) == 0, safeguards: s.broken})
	d.top = max(d.top, d.global.value, d.epoch.value, d.conj.value)
	if !ok {
		return store.Lease{Fenced: true}, nil
	}
	return store.Lease{Snapshot: modelSnapshot{n}}, nil
}

func (s *modelStore) Fill(_ context.Context, q *store.Query, n store.Snapshot, p store.Payload, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.database(q.Database)
	v, _ := version(p)
	d.stored, d.entry, d.version = true, n.(modelSnapshot).stamps, uint8(v)
	return nil
}

// write does a change in the model, or says that the copy of the registry is old.
func (s *modelStore) write(c *store.Change, op func(d *modelDatabase, c *config, i int)) (store.Ack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, i := s.database(c.Database), int(c.Token[15])
	kinds := make([]writes, maxActors)
	switch {
	case c.All:
		kinds[i] = writesAll
	case c.Tables[0].Epoch:
		kinds[i] = writesTable
	default:
		if r := s.registry(d); r.Version != c.Tables[0].Registry {
			return store.Ack{Stale: []store.Registry{r}}, nil
		}
	}
	op(d, &config{kinds: kinds, safeguards: s.broken}, i)
	return store.Ack{}, nil
}

func (s *modelStore) Fence(_ context.Context, c *store.Change) (store.Ack, error) {
	return s.write(c, func(d *modelDatabase, c *config, i int) { d.fence(c, i) })
}

func (s *modelStore) Bump(_ context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	return s.write(c, func(d *modelDatabase, c *config, i int) { d.bump(c, i, bool(keep)) })
}

func (s *modelStore) registry(d *modelDatabase) store.Registry {
	if !d.registered {
		return store.Registry{Table: modelTable}
	}
	return store.Registry{Table: modelTable, Version: 1, Schemes: []store.Scheme{modelScheme}}
}

var errNotAsked = errors.New("storetest: the exploration does not ask for it")

func (s *modelStore) Registry(context.Context, string, string) (store.Registry, error) {
	return store.Registry{}, errNotAsked
}
func (s *modelStore) Schema(context.Context, string) (store.Schema, error) {
	return store.Schema{}, errNotAsked
}
func (s *modelStore) BumpSchema(context.Context, string) (store.Schema, error) {
	return store.Schema{}, errNotAsked
}
func (s *modelStore) Lock(context.Context, store.Key, time.Duration) (func(), bool, error) {
	return nil, false, errNotAsked
}
func (s *modelStore) AwaitUnlock(context.Context, store.Key) error { return errNotAsked }
func (s *modelStore) Close() error                                 { return nil }

// modelRead is a Get of the model store in parts.
type modelRead struct {
	s      *modelStore
	q      *store.Query
	reader reader
}

func (r *modelRead) See(p Part) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.late && p == PartEntry && r.reader.seen.has(PartGlobal) {
		return nil // a mistake: it does not look
	}
	r.s.database(r.q.Database).see(&r.reader, p)
	return nil
}

func (r *modelRead) Answer() (store.Payload, bool, error) {
	have := r.reader.have
	if have.global == 0 || have.epoch == 0 || have.conj == 0 || have != r.reader.snapshot {
		return nil, false, nil
	}
	return payload{uint64(r.reader.version), 8}, true, nil
}

// modelHarness is a harness of the model as a store.
func modelHarness(late, slow bool, broken ...Safeguard) *Harness {
	of := func(s store.Store, name string, f func(d *modelDatabase)) {
		m := s.(*modelStore)
		m.mu.Lock()
		defer m.mu.Unlock()
		f(m.database(name))
	}
	lose := func(s store.Store, name string, v verb) {
		of(s, name, func(d *modelDatabase) { d.applyEviction(&config{both: true}, action{verb: v}) })
	}
	return &Harness{
		Slow: slow,
		New: func(testing.TB) store.Store {
			return &modelStore{databases: make(map[string]*modelDatabase), late: late, broken: broken}
		},
		EvictStamp:    func(s store.Store, name, _, _ string) { lose(s, name, doEvictStamp) },
		EvictEpoch:    func(s store.Store, name, _ string) { lose(s, name, doEvictEpoch) },
		EvictGlobal:   func(s store.Store, name string) { lose(s, name, doEvictGlobal) },
		EvictRegistry: func(s store.Store, name, _ string) { lose(s, name, doEvictRegistry) },
		EvictLive:     func(s store.Store, name, _ string) { lose(s, name, doEvictLive) },
		Flush: func(s store.Store) {
			for name := range s.(*modelStore).databases {
				lose(s, name, doFlush)
			}
		},
		GetApart: func(s store.Store, q *store.Query) Apart { return &modelRead{s: s.(*modelStore), q: q} },
		Expire: func(s store.Store, name string, t store.Token) {
			of(s, name, func(d *modelDatabase) { d.expire(int(t[15])) })
		},
	}
}

// The steps of reads in parts are driven as the model has them, and a store that
// answers from other parts than it is told to see is found out.
func TestReadsApartAreDriven(t *testing.T) {
	t.Parallel()
	for _, c := range readsApart() {
		// The model store has no queries of whole tables.
		if c.large || c.heavy || c.whole || !c.stale && len(c.kinds) != 2 {
			continue
		}
		for _, slow := range []bool{false, true} {
			if !slow && !c.stale {
				continue // it takes long, and shows the same
			}
			out, err := explore(t, modelHarness(false, slow), &c, make(stores), false)
			if err != nil || out.driven.paths == 0 || (out.stale != "") != c.stale {
				t.Errorf("%s: %v, %q, error %v", c.name, &out, out.stale, err)
			}
			if c.stale || c.readers == 1 && c.rounds == 1 {
				continue // none of their reads hits, or none has to
			}
			if _, err := explore(t, modelHarness(true, slow), &c, make(stores), false); err == nil {
				t.Errorf("%s: a store whose reads do not look at the entry is not found out", c.name)
			}
		}
	}
}

// What a slow store is driven along shows each safeguard that it lacks, although
// it is asked little.
func TestSlowStoresAreFoundOut(t *testing.T) {
	t.Parallel()
	drive := func(broken ...Safeguard) (sum drives, err error) {
		told := make(stores)
		for _, c := range []config{
			{readers: 2, rounds: 1, kinds: []writes{writesRow, writesTable}, crashes: 1, evictions: 1},
			{readers: 1, rounds: 2, kinds: []writes{writesRow, writesRow}, unknown: true, liveExpires: true},
		} {
			out, err := explore(t, modelHarness(false, true, broken...), &c, told, false)
			if out.stale != "" {
				t.Fatal(out.stale)
			}
			sum.add(out.driven)
			if err != nil {
				return sum, err
			}
		}
		return sum, nil
	}
	done, err := drive()
	if err != nil {
		t.Fatalf("nothing is broken: %v", err)
	}
	t.Logf("driven: %v", &done)
	for _, g := range []Safeguard{
		BreakPending, BreakLostRegistry, BreakEpochTokens, BreakEpochLive,
		BreakFenceDrops, BreakBumpDrops, BreakBumpExpired, BreakKeep,
	} {
		if _, err := drive(g); err == nil {
			t.Errorf("a slow store is not found out without: %s", g)
		}
	}
}

// What a slow store is driven along has each step that it can tell apart, and
// what another one is has each step.
func TestSchedulesCover(t *testing.T) {
	t.Parallel()
	for _, c := range []config{
		{readers: 2, rounds: 1, kinds: []writes{writesRow, writesTable}},
		{readers: 1, rounds: 2, kinds: []writes{writesRow}, apart: thirds, crashes: 1, evictions: 1},
	} {
		g, _, err := survey(&c)
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range []*sights{nil, make(stores).of(&c, false), make(stores).of(&c, true)} {
			want := len(g.steps)
			if told != nil {
				g.sight(&c, told)
				want = len(told.done)
			}
			v, fresh := newCoverer(g, told), 0
			seen := make(map[state]bool)
			for path := v.path(); path != nil; path = v.path() {
				s := c.first()
				for _, l := range path {
					if !slices.Contains(s.actions(&c, nil), l.action) {
						t.Fatalf("%v cannot happen", l.action)
					}
					if l.fresh {
						fresh++
					}
					s = s.apply(&c, l.action)
					seen[s] = true
				}
			}
			if fresh != want || told == nil && len(seen) != len(g.tree)-1 || told != nil && slices.Contains(told.done, false) {
				t.Errorf("%d of %d steps are in the schedules, and %d of %d states", fresh, want, len(seen), len(g.tree)-1)
			}
		}
	}
}
