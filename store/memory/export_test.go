package memory

import (
	"github.com/cacheops/cacheops/cachetest/storetest"
	"github.com/cacheops/cacheops/store"
)

// Break switches a safeguard off.
func (s *Store) Break(g storetest.Safeguard) {
	b := &s.broken
	switch g {
	case storetest.BreakPending:
		b.pendingOff = true
	case storetest.BreakLostRegistry:
		b.lostRegistryOff = true
	case storetest.BreakEpochTokens:
		b.epochTokensOff = true
	case storetest.BreakEpochLive:
		b.epochLiveOff = true
	case storetest.BreakFenceDrops:
		b.fenceKeepsValue, b.kept = true, make(map[*cell]uint64)
	case storetest.BreakBumpDrops:
		b.bumpWaits, b.kept = true, make(map[*cell]uint64)
	case storetest.BreakBumpExpired:
		b.bumpNeedsToken = true
	case storetest.BreakKeep:
		b.keepOff = true
	default:
		panic("no such safeguard: " + string(g))
	}
}

// expire ends the time of the token's fences in the list.
func (f fences) expire(token store.Token, now instant) {
	for i := range f {
		if f[i].token == token {
			f[i].deadline = now
		}
	}
}

// Expire ends the time of the token's fences in the database. They are left
// where they are, for the store to notice.
func (s *Store) Expire(name string, token store.Token) {
	d := s.database(name)
	now := s.clock.instant()
	cells := []*cell{&d.global}
	for _, t := range d.tables {
		t.writers.expire(token, now)
		cells = append(cells, &t.epoch)
		cells = append(cells, t.conjs.order...)
	}
	for _, c := range cells {
		c.fences.expire(token, now)
		if s.broken.kept != nil {
			c.fences.live(now)
			s.broken.unfenced(c)
		}
	}
}

// EvictStamp loses the conjunction's stamp.
func (s *Store) EvictStamp(database, table, key string) {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.conjs.get(key); c != nil {
		delete(s.broken.kept, c)
		c.fences = nil
		t.conjs.drop(c)
	}
}

// EvictEpoch loses the table's epoch.
func (s *Store) EvictEpoch(database, table string) {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch.gen.Store(0)
	t.epoch.fences = nil
}

// EvictGlobal loses the global epoch.
func (s *Store) EvictGlobal(database string) {
	d := s.database(database)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.global.gen.Store(0)
	d.global.fences = nil
}

// EvictRegistry loses the table's schemes.
func (s *Store) EvictRegistry(database, table string) {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.registry = nil
}

// EvictLive loses the table's live fences.
func (s *Store) EvictLive(database, table string) {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writers = nil
}

// Flush loses everything.
func (s *Store) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.databases {
		d.global.gen.Store(0)
		for _, t := range d.tables {
			t.mu.Lock()
			t.epoch.gen.Store(0)
			t.whole.gen.Store(0)
			for _, c := range t.conjs.order {
				c.gen.Store(0)
			}
			t.mu.Unlock()
		}
	}
	clear(s.databases)
	s.entries.InvalidateAll()
}

// ClockMoved lets those who wait for a lock know that the clock has jumped.
func (s *Store) ClockMoved() {
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	s.locks.sweep(s.clock.instant())
}

// Entries returns the number of entries and their weight, maintenance done.
func (s *Store) Entries() (n int, weight uint64) {
	s.entries.CleanUp()
	return s.entries.EstimatedSize(), s.entries.WeightedSize()
}

// Cells returns the number of conjunctions' cells in a table, and the sum of
// their counts of entries.
func (s *Store) Cells(database, table string) (cells, refs int) {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conjs.order {
		refs += int(c.refs.Load())
	}
	return len(t.conjs.order), refs
}

// HasCell reports whether the conjunction has a cell.
func (s *Store) HasCell(database, table, key string) bool {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conjs.get(key) != nil
}

// Run runs a task as the store's own are run.
func (s *Store) Run(fn func()) { s.tasks.run(fn) }

// Closed reports whether Close has begun.
func (s *Store) Closed() bool { return s.closed.Load() }

// MarkClosed makes the store closed without emptying it.
func (s *Store) MarkClosed() { s.closed.Store(true) }

// RingCap returns the number of cells that the table's ring has room for.
func (s *Store) RingCap(database, table string) int {
	t := s.database(database).table(table)
	t.mu.Lock()
	defer t.mu.Unlock()
	return cap(t.conjs.order)
}

// Fronted returns the number of entries in front of the map.
func (s *Store) Fronted() (n int) {
	for i := range s.front {
		if s.front[i].Load() != nil {
			n++
		}
	}
	return n
}

// InFront reports whether an entry of the key is in front of the map.
func (s *Store) InFront(key store.Key) bool {
	e := s.front.place(&key).Load()
	return e != nil && e.key == key
}

// DropWhileRead drops the key's entry while a reader has found it in the map,
// and has yet to put it in front.
func (s *Store) DropWhileRead(key store.Key) {
	e, _ := s.entries.GetIfPresent(key)
	s.entries.Invalidate(key)
	s.front.put(e)
}

// Drop drops the key's entry.
func (s *Store) Drop(key store.Key) { s.entries.Invalidate(key) }

// Has reports whether the map has an entry of the key.
func (s *Store) Has(key store.Key) bool {
	_, ok := s.entries.GetEntryQuietly(key)
	return ok
}
