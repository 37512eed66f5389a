package memory_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// toFront reads an entry until it is in front of the map, which is decided by
// chance.
func toFront(t *testing.T, s *memory.Store, q *store.Query) {
	t.Helper()
	for range 10_000 {
		if !found(s, q) {
			t.Fatal("a miss")
		}
		if s.InFront(q.Key) {
			return
		}
	}
	t.Fatal("it never comes to the front")
}

// TestFrontKeepsNothing looks whether what the map drops is gone from the front
// too, for whatever cause.
func TestFrontKeepsNothing(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(*memory.Store, *store.Query){
		"replaced":   func(s *memory.Store, q *store.Query) { put(t, s, q, &result{1}) },
		"flushed":    func(s *memory.Store, _ *store.Query) { s.Flush() },
		"while read": func(s *memory.Store, q *store.Query) { s.DropWhileRead(q.Key) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, memory.Config{})
			q := query(0, 1)
			put(t, s, q, &result{100})
			toFront(t, s, q)
			drop(s, q)
			if s.Fronted() > 0 {
				t.Error("the front keeps what the map dropped")
			}
		})
	}
}

// TestFrontKeepsNothingEvicted looks at the front where entries have to make room.
func TestFrontKeepsNothingEvicted(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{MaxBytes: 64 << 10})
	const n = 300
	for i := range n {
		q := query(i, 1)
		put(t, s, q, &result{100})
		for range 30 {
			found(s, q)
		}
	}
	s.Entries() // lets the map make room
	evicted, fronted := 0, 0
	for i := range n {
		key := query(i, 1).Key
		switch has := s.Has(key); {
		case !has && s.InFront(key):
			t.Errorf("the front keeps entry %d, which was evicted", i)
		case !has:
			evicted++
		case s.InFront(key):
			fronted++
		}
	}
	if evicted == 0 || fronted == 0 {
		t.Errorf("%d entries were evicted, %d are in front: want some", evicted, fronted)
	}
}

// TestFrontMindsTime looks whether an entry in front ends when its time is over.
func TestFrontMindsTime(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1, 0)}
	s := open(t, memory.Config{Clock: c.Now})
	q := query(0, 1)
	put(t, s, q, &result{100}) // for an hour
	toFront(t, s, q)
	c.Advance(time.Hour - 1)
	for range 100 {
		if !found(s, q) {
			t.Fatal("it ended before its time")
		}
	}
	c.Advance(1)
	for range 100 {
		if found(s, q) {
			t.Fatal("it was found after its time")
		}
	}
}

// TestFrontTellsKeysApart reads entries that have the same place.
func TestFrontTellsKeysApart(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	queries := make([]*store.Query, 4)
	for i := range queries {
		queries[i] = query(0, 1)
		queries[i].Key[31] = byte(i) // the place is told by the first bytes
		put(t, s, queries[i], &result{i})
	}
	for range 100 {
		for i, q := range queries {
			toFront(t, s, q)
			for j, other := range queries {
				p, ok := s.GetLocal(other.Database, other.Key)
				if !ok || p.Size() != j {
					t.Fatalf("with %d in front, %d is %v", i, j, p)
				}
			}
		}
	}
}

// TestFrontBesideDrops reads entries while they are replaced and dropped.
func TestFrontBesideDrops(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{MaxBytes: 64 << 10})
	const keys, rounds = 16, 3000
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range rounds * 4 {
				i := rand.IntN(keys)
				q := query(i, 1)
				if p, ok := s.GetLocal(q.Database, q.Key); ok && p.Size() != i {
					t.Errorf("%d has the payload of %d", i, p.Size())
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range rounds {
				q := query(rand.IntN(keys), 1)
				i := rand.IntN(keys)
				if i%4 == 0 {
					s.Drop(q.Key)
					continue
				}
				q = query(i, 1)
				put(t, s, q, &result{i})
			}
		})
	}
	wg.Wait()
	for i := range keys {
		s.Drop(query(i, 1).Key)
	}
	if n := s.Fronted(); n > 0 {
		t.Errorf("the front keeps %d entries that the map dropped", n)
	}
}
