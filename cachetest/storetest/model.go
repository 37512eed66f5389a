package storetest

// The model of the protocol: one table with one scheme and one conjunction, one
// entry key, a few readers and writers, each step of theirs one transition. A
// state is a small comparable value, so that states can be told apart and each
// is gone through once.

// maxActors bounds the readers and the writers of a configuration.
const maxActors = 3

// mask is a set of writers.
type mask uint8

func (m mask) has(i int) bool { return m&(1<<i) != 0 }

func only(i int) mask { return 1 << i }

// stamp is a stamp's value, 0 for none, and the tokens on it.
type stamp struct {
	value  uint8
	tokens mask
}

// live reports whether entries can be valid under the stamp.
func (s stamp) live() bool { return s.value != 0 && s.tokens == 0 }

// stamps are the values that a snapshot holds.
type stamps struct{ global, epoch, conj uint8 }

// The steps of a reader.
const (
	readerGets uint8 = iota
	readerLeases
	readerReads
	readerFills
	readerSees // it has seen a part of what its read in parts looks at
)

type reader struct {
	step, round uint8
	leased      bool
	snapshot    stamps // leased; while it sees, those of the entry
	version     uint8  // what it read in the database; while it sees, the entry's
	seen        parts  // of a read under way
	have        stamps // those it has seen, 0 for none that is live
	floor       uint8  // what was acknowledged when the read began
}

// The steps of a writer: what it does next.
const (
	writerFences uint8 = iota
	writerCommits
	writerBumps
	writerAcks
	writerBumpsFailed
	writerBumpsUnknown
	writerServerDecides
	writerResolves
	writerOrphaned // it crashed while the server still decides
	writerDone
	writerDead
)

type writer struct {
	step    uint8
	version uint8 // what it committed
	early   bool  // it bumped before the commit (a broken client)
}

// state is a state of the model.
type state struct {
	database, acked     uint8
	global, epoch, conj stamp
	registered          bool // the scheme is in the table's registry
	pending             mask // tokens that lived at its registration
	writing             mask // live fences of the table
	stored              bool // there is an entry, with what follows
	entry               stamps
	version             uint8
	readers             [maxActors]reader
	writers             [maxActors]writer
	crashes, evictions  uint8 // how many may still come
	dead                mask
}

// Hit returns the version that a read finds in the cache.
func (s *state) hit() (version uint8, ok bool) {
	if s.stored && s.global.live() && s.epoch.live() && s.conj.live() &&
		s.entry == (stamps{s.global.value, s.epoch.value, s.conj.value}) {
		return s.version, true
	}
	return 0, false
}

// fenced reports whether a token of writer i is anywhere.
func (s *state) fenced(i int) bool {
	return (s.writing | s.conj.tokens | s.epoch.tokens | s.global.tokens).has(i)
}

// quiet reports whether nothing is left that would ever invalidate an entry.
func (s *state) quiet(c *config) bool {
	for i := range c.kinds {
		if step := s.writers[i].step; step != writerDone && step != writerDead {
			return false
		}
		if s.dead.has(i) && s.fenced(i) {
			return false
		}
	}
	return true
}

// fresh returns a value that nothing in the state has.
func (s *state) fresh() uint8 {
	top := max(s.global.value, s.epoch.value, s.conj.value, s.entry.global, s.entry.epoch, s.entry.conj)
	for i := range s.readers {
		n, m := s.readers[i].snapshot, s.readers[i].have
		top = max(top, n.global, n.epoch, n.conj, m.global, m.epoch, m.conj)
	}
	return top + 1
}

// normal renames the values of stamps in the order in which the state holds
// them: which they are does not matter, only which are equal.
func (s *state) normal() {
	var names [64]uint8
	next := uint8(0)
	rename := func(v *uint8) {
		if *v == 0 {
			return
		}
		if names[*v] == 0 {
			next++
			names[*v] = next
		}
		*v = names[*v]
	}
	all := func(n *stamps) { rename(&n.global); rename(&n.epoch); rename(&n.conj) }
	rename(&s.global.value)
	rename(&s.epoch.value)
	rename(&s.conj.value)
	if !s.stored {
		s.entry = stamps{}
	}
	all(&s.entry)
	for i := range s.readers {
		all(&s.readers[i].snapshot)
		all(&s.readers[i].have)
	}
}

// lease is the model's Lease.
func (s *state) lease(c *config) (snapshot stamps, ok bool) {
	if !s.registered && !c.broken(BreakLostRegistry) {
		s.epoch.value = 0
		if c.broken(BreakEpochTokens) {
			s.epoch.tokens = 0
		}
	}
	renew := func(x *stamp) {
		if x.value == 0 && x.tokens == 0 {
			x.value = s.fresh()
		}
	}
	renew(&s.global)
	renew(&s.epoch)
	if !s.registered {
		s.registered = true
		s.pending = s.writing
		if c.broken(BreakPending) || c.whole {
			s.pending = 0
		}
	}
	if s.pending&s.writing != 0 {
		return stamps{}, false
	}
	s.pending = 0
	if s.global.tokens != 0 || s.epoch.tokens != 0 || s.conj.tokens != 0 || c.whole && s.writing != 0 {
		return stamps{}, false
	}
	renew(&s.conj)
	return stamps{s.global.value, s.epoch.value, s.conj.value}, true
}

// fence is the model's Fence by writer i.
func (s *state) fence(c *config, i int) {
	on := func(x *stamp) {
		if !c.broken(BreakFenceDrops) {
			x.value = 0
		}
		x.tokens |= only(i)
	}
	switch c.kinds[i] {
	case writesAll:
		on(&s.global)
		return
	case writesTable:
		on(&s.epoch)
		if !c.broken(BreakEpochLive) {
			s.writing |= only(i)
		}
	default:
		s.writing |= only(i)
		if s.registered {
			if !c.whole {
				on(&s.conj)
			}
		} else {
			s.loseEpoch(c)
		}
	}
	if c.whole {
		s.conj.value = 0
	}
}

// bump is the model's Bump by writer i.
func (s *state) bump(c *config, i int, keep bool) {
	keep = keep && !c.broken(BreakKeep)
	off := func(x *stamp) {
		own := x.tokens.has(i)
		x.tokens &^= only(i)
		if keep {
			x.tokens |= only(i)
		}
		if c.broken(BreakBumpExpired) && !own || c.broken(BreakBumpDrops) && x.tokens != 0 {
			return
		}
		x.value = 0
	}
	if c.kinds[i] == writesAll {
		off(&s.global)
		return
	}
	s.writing &^= only(i)
	if keep {
		s.writing |= only(i)
	}
	switch {
	case c.kinds[i] == writesTable:
		off(&s.epoch)
	case !s.registered:
		s.loseEpoch(c)
	case !c.whole:
		off(&s.conj)
	}
	if c.whole {
		s.conj.value = 0
	}
}

// loseEpoch replaces the epoch of a table whose registry was lost.
func (s *state) loseEpoch(c *config) {
	if c.broken(BreakLostRegistry) {
		return
	}
	s.epoch.value = 0
	if c.broken(BreakEpochTokens) {
		s.epoch.tokens = 0
	}
}

// expire ends the fences of writer i.
func (s *state) expire(i int) {
	s.writing &^= only(i)
	s.conj.tokens &^= only(i)
	s.epoch.tokens &^= only(i)
	s.global.tokens &^= only(i)
}
