package storetest

import (
	"fmt"
	"slices"
)

// writes is what a writer of the model changes.
type writes uint8

const (
	writesRow   writes = iota // a row of which the conjunction's images are known
	writesTable               // anything in the table
	writesAll                 // anything in the database
)

// config is one configuration of the exploration.
type config struct {
	name    string
	readers int
	rounds  uint8 // reads of each reader
	kinds   []writes

	crashes, evictions uint8
	losses             verb   // what an eviction takes; 0 stands for anything
	losable            []verb // of anything, what can be lost; none stands for all
	both               bool   // a crash and an eviction may fall into one run
	fails, unknown     bool   // commits may fail; their outcome may be unknown
	liveExpires        bool   // fences of live writers may run out
	whole              bool   // the query depends on the whole table

	// apart are the parts that a read sees one at a time, in any order. None
	// where a Get is one step.
	apart []verb

	safeguards []Safeguard // switched off in the store
	client     clientBreak // switched off in the readers and writers

	// refusesDead is [Harness.RefusesDead].
	refusesDead bool

	// stale is true where the exploration must find a stale read.
	stale bool
	// large runs only where asked for.
	large bool
	// heavy does not run with the race detector.
	heavy bool
	// note says what the configuration shows.
	note string
}

// clientBreak is a rule that readers or writers do not keep.
type clientBreak string

const (
	noLease       clientBreak = "the lease comes after the read"
	noFence       clientBreak = "no fence"
	noBump        clientBreak = "no bump after the commit"
	bumpEarly     clientBreak = "bump before the commit"
	noUnknownBump clientBreak = "no bump and no more thought after an unknown outcome"
	noKeep        clientBreak = "an unknown outcome is taken for a failure"
	keptStamps    clientBreak = "a read compares with the stamps that an earlier one saw"
	joinedRead    clientBreak = "a read takes over what another one under way has seen"
)

func (c *config) broken(s Safeguard) bool {
	return slices.Contains(c.safeguards, s)
}

// verb is what an action does.
type verb uint8

const (
	doGet verb = iota
	doSeeEntry
	doSeeStamps
	doSeeTable
	doSeeGlobal
	doLease
	doRead
	doFill
	doFence
	doCommit
	doCommitFails
	doCommitUnknown
	doBump
	doBumpKeep
	doServerCommits
	doServerDrops
	doAck
	doCrash
	doExpire
	doEvictStamp
	doEvictEpoch
	doEvictGlobal
	doEvictRegistry
	doEvictLive
	doFlush
)

// onStore tells which verbs ask something of the store that the step before left
// open.
func (v verb) onStore() bool {
	switch v {
	case doGet, doRead, doCommit, doCommitFails, doCommitUnknown, doServerCommits, doServerDrops, doAck, doCrash:
		return false
	}
	return true
}

// action is one step of one actor.
type action struct {
	verb verb
	i    int
}

func (a action) String() string {
	texts := [...]string{
		doGet: "R%d gets", doSeeEntry: "R%d sees the entry", doSeeStamps: "R%d sees the stamps",
		doSeeTable: "R%d sees the table's stamps", doSeeGlobal: "R%d sees the global epoch", doLease: "R%d leases", doRead: "R%d reads the database", doFill: "R%d fills",
		doFence: "W%d fences", doCommit: "W%d commits", doCommitFails: "W%d's commit fails",
		doCommitUnknown: "W%d's commit has an unknown outcome", doBump: "W%d bumps",
		doBumpKeep: "W%d bumps and keeps its fence", doServerCommits: "the server commits W%d after all",
		doServerDrops: "the server drops W%d", doAck: "W%d is acknowledged", doCrash: "W%d crashes",
		doExpire: "the fence of W%d runs out", doEvictStamp: "the stamp is lost", doEvictEpoch: "the epoch is lost",
		doEvictGlobal: "the global epoch is lost", doEvictRegistry: "the schemes are lost",
		doEvictLive: "the table's live fences are lost", doFlush: "everything is lost",
	}
	if a.verb >= doEvictStamp {
		return texts[a.verb]
	}
	return fmt.Sprintf(texts[a.verb], a.i)
}

// actions appends what can happen in the state. Readers that have not started
// are alike, and so are writers of one kind: only the first of them starts.
func (s *state) actions(c *config, out []action) []action {
	add := func(v verb, i int) { out = append(out, action{v, i}) }
	waiting := false
	for i := range c.readers {
		r := &s.readers[i]
		switch r.step {
		case readerGets:
			idle := r.round == 0
			if r.round < c.rounds && !(idle && waiting) {
				s.gets(c, i, add)
			}
			waiting = waiting || idle
		case readerSees:
			s.gets(c, i, add)
		case readerLeases:
			add(doLease, i)
		case readerReads:
			add(doRead, i)
		case readerFills:
			add(doFill, i)
		}
	}
	var started [3]bool
	for i := range c.kinds {
		w := &s.writers[i]
		if w.step == writerFences {
			if started[c.kinds[i]] {
				continue
			}
			started[c.kinds[i]] = true
		}
		s.writerActions(c, i, add)
	}
	if s.evictions > 0 {
		s.losses(c, add)
	}
	return out
}

// losses adds what can be lost.
func (s *state) losses(c *config, add func(verb, int)) {
	for _, x := range []struct {
		verb verb
		some bool
	}{
		{doEvictStamp, s.conj != (stamp{}) && !c.whole},
		{doEvictEpoch, s.epoch != (stamp{})},
		{doEvictGlobal, s.global != (stamp{})},
		{doEvictRegistry, s.registered},
		{doEvictLive, s.writing != 0},
		{doFlush, true},
	} {
		if x.some && (c.losses == 0 && (c.losable == nil || slices.Contains(c.losable, x.verb)) || c.losses == x.verb) {
			add(x.verb, 0)
		}
	}
}

func (s *state) writerActions(c *config, i int, add func(verb, int)) {
	w := &s.writers[i]
	switch w.step {
	case writerFences:
		add(doFence, i)
	case writerCommits:
		add(doCommit, i)
		if c.fails {
			add(doCommitFails, i)
		}
		if c.unknown {
			add(doCommitUnknown, i)
		}
	case writerBumps, writerBumpsFailed, writerResolves:
		add(doBump, i)
	case writerBumpsUnknown:
		add(doBumpKeep, i)
	case writerServerDecides, writerOrphaned:
		add(doServerCommits, i)
		add(doServerDrops, i)
	case writerAcks:
		add(doAck, i)
	}
	if s.crashes > 0 {
		switch w.step {
		case writerFences, writerCommits, writerBumps, writerBumpsFailed, writerBumpsUnknown,
			writerServerDecides, writerResolves:
			add(doCrash, i)
		}
	}
	if s.fenced(i) && (s.dead.has(i) || c.liveExpires) {
		add(doExpire, i)
	}
}

// apply does the action in the model.
func (s state) apply(c *config, a action) state {
	switch a.verb {
	case doGet, doLease, doRead, doFill:
		s.applyReader(c, a)
	case doSeeEntry, doSeeStamps, doSeeTable, doSeeGlobal:
		s.readers[a.i] = s.sees(c, a).reader
	case doEvictStamp, doEvictEpoch, doEvictGlobal, doEvictRegistry, doEvictLive, doFlush:
		s.applyEviction(c, a)
	case doExpire:
		s.expire(a.i)
	default:
		s.applyWriter(c, a)
	}
	s.normal()
	return s
}

func (s *state) applyReader(c *config, a action) {
	r := &s.readers[a.i]
	switch a.verb {
	case doGet:
		if _, ok := s.hit(); ok {
			*r = r.through(c)
		} else if r.step = readerLeases; c.client == noLease {
			r.step = readerReads
		}
	case doLease:
		r.snapshot, r.leased = s.lease(c)
		r.step = readerReads
	case doRead:
		r.version = s.database
		r.step = readerFills
	case doFill:
		if c.client == noLease {
			r.snapshot, r.leased = s.lease(c)
		}
		now := stamps{s.global.value, s.epoch.value, s.conj.value}
		alive := now == r.snapshot && s.global.live() && s.epoch.live() && s.conj.live()
		if r.leased && (alive || !c.refusesDead) {
			s.stored, s.entry, s.version = true, r.snapshot, r.version
		}
		*r = r.through(c)
	}
}

func (s *state) applyEviction(c *config, a action) {
	s.evictions--
	if !c.both {
		s.crashes = 0
	}
	switch a.verb {
	case doEvictStamp:
		s.conj = stamp{}
	case doEvictEpoch:
		s.epoch = stamp{}
	case doEvictGlobal:
		s.global = stamp{}
	case doEvictRegistry:
		s.registered, s.pending = false, 0
	case doEvictLive:
		s.writing = 0
	case doFlush:
		s.global, s.epoch, s.conj = stamp{}, stamp{}, stamp{}
		s.registered, s.pending, s.writing, s.stored, s.version = false, 0, 0, false, 0
	}
}

func (s *state) applyWriter(c *config, a action) {
	w := &s.writers[a.i]
	switch a.verb {
	case doFence:
		if c.client != noFence {
			s.fence(c, a.i)
		}
		if w.step = writerCommits; c.client == bumpEarly {
			w.step, w.early = writerBumps, true
		}
	case doCommit:
		s.database++
		w.version, w.step = s.database, writerBumps
		if c.client == noBump || w.early {
			w.step = writerAcks
		}
	case doCommitFails:
		w.step = writerBumpsFailed
	case doCommitUnknown:
		w.step = writerBumpsUnknown
		if c.client == noUnknownBump {
			w.step = writerServerDecides
		}
	case doBumpKeep:
		s.bump(c, a.i, c.client != noKeep)
		w.step = writerServerDecides
	case doServerCommits, doServerDrops:
		if a.verb == doServerCommits {
			s.database++
		}
		switch {
		case w.step == writerOrphaned:
			// Only now may its fence run out: a server that decides later than
			// the deadline is past the promise.
			w.step = writerDead
			s.dead |= only(a.i)
		case c.client == noUnknownBump || c.client == noKeep:
			w.step = writerDone
		default:
			w.step = writerResolves
		}
	case doBump:
		s.bump(c, a.i, false)
		switch {
		case w.step != writerBumps:
			w.step = writerDone
		case w.early:
			w.step = writerCommits
		default:
			w.step = writerAcks
		}
	case doAck:
		s.acked = max(s.acked, w.version)
		w.step = writerDone
	case doCrash:
		s.crashes--
		if w.step == writerServerDecides {
			w.step = writerOrphaned
		} else {
			w.step = writerDead
			s.dead |= only(a.i)
		}
		if !c.both {
			s.evictions = 0
		}
	}
	if w.step == writerDone || w.step == writerDead {
		w.version, w.early = 0, false
	}
}
