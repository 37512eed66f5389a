package storetest

import (
	"fmt"

	"github.com/cacheops/cacheops/store"
)

// Part is a part of what a Get looks at.
type Part uint8

// The parts of a Get.
const (
	// PartEntry is the entry with the stamps that it was stored under.
	PartEntry Part = iota
	// PartTables is the stamps and the epochs of the query's tables, as they are
	// now.
	PartTables
	// PartGlobal is the global epoch, as it is now.
	PartGlobal
)

// Apart is one Get of a store whose Get is not one step: it looks at parts that
// lie in several places, at different moments. The suite lets it see one part
// after the other, in any order, with calls of others in between.
type Apart interface {
	// See looks at that part, now. Seen again, a part is what it is then.
	See(part Part) error
	// Answer is the answer of the Get, from what was seen of each part. It looks
	// at nothing, and decides as the store's Get does: with the same code.
	Answer() (store.Payload, bool, error)
}

// parts is a set of parts.
type parts uint8

func (p Part) set() parts { return 1 << p }

const allParts = 1<<PartEntry | 1<<PartTables | 1<<PartGlobal

// sees tells the verbs with which a read sees a part.
func (v verb) sees() bool { return v >= doSeeEntry && v <= doSeeGlobal }

// parts lists what a read sees with the verb.
func (v verb) parts() []Part {
	switch v {
	case doSeeEntry:
		return []Part{PartEntry}
	case doSeeStamps:
		return []Part{PartTables, PartGlobal}
	case doSeeTable:
		return []Part{PartTables}
	default:
		return []Part{PartGlobal}
	}
}

// The ways to take a Get apart.
var (
	halves = []verb{doSeeEntry, doSeeStamps}
	thirds = []verb{doSeeEntry, doSeeTable, doSeeGlobal}
)

// gets adds what reader i can do to read from the cache.
func (s *state) gets(c *config, i int, add func(verb, int)) {
	if c.apart == nil {
		add(doGet, i)
		return
	}
	seen := s.begun(c, i).seen
	for _, v := range c.apart {
		if !seen.has(v.parts()[0]) {
			add(v, i)
		}
	}
}

func (p parts) has(x Part) bool { return p&x.set() != 0 }

// begun is reader i with its read under way: as it is, or as it begins.
func (s *state) begun(c *config, i int) reader {
	r := s.readers[i]
	if r.step == readerSees {
		return r
	}
	r.step, r.floor, r.seen = readerSees, s.acked, 0
	if r.have.global != 0 && r.have.epoch != 0 && r.have.conj != 0 {
		r.seen = PartTables.set() | PartGlobal.set() // of an earlier read: keptStamps
	} else {
		r.have = stamps{}
	}
	if other := s.joins(c, i); other >= 0 {
		o := s.readers[other]
		r.seen, r.have, r.snapshot, r.version = o.seen, o.have, o.snapshot, o.version
	}
	return r
}

// joins returns the reader whose read the one that begins takes over, or -1.
func (s *state) joins(c *config, i int) int {
	for other := range s.readers {
		if c.client == joinedRead && other != i && s.readers[other].step == readerSees {
			return other
		}
	}
	return -1
}

// seeing is what a step of a read comes to.
type seeing struct {
	reader  reader // after the step
	decided bool   // it knows its answer
	hit     bool
	version uint8
	floor   uint8
}

// sees is the model's step of a read in parts. A read that knows that it misses
// sees the rest at once: nothing depends on when it does.
func (s *state) sees(c *config, a action) seeing {
	r := s.begun(c, a.i)
	for _, p := range a.verb.parts() {
		s.see(&r, p)
	}
	missing := false
	compare := func(p Part, have, entry uint8) {
		if r.seen.has(p) {
			missing = missing || have == 0 || r.seen.has(PartEntry) && have != entry
		}
	}
	if r.seen.has(PartEntry) && r.snapshot == (stamps{}) {
		missing = true
	}
	compare(PartGlobal, r.have.global, r.snapshot.global)
	compare(PartTables, r.have.epoch, r.snapshot.epoch)
	compare(PartTables, r.have.conj, r.snapshot.conj)
	x := seeing{decided: missing || r.seen == allParts, hit: !missing, version: r.version, floor: r.floor}
	switch {
	case missing:
		for _, p := range []Part{PartTables, PartGlobal} {
			if !r.seen.has(p) {
				s.see(&r, p)
			}
		}
		x.reader = reader{step: readerLeases, round: r.round}
		x.reader.keep(c, &r)
	case x.decided:
		x.reader = r.through(c)
	default:
		x.hit = false
		if r.seen.has(PartEntry) && r.version >= r.floor {
			r.floor = 0 // it is new enough, whatever the floor was
		}
		x.reader = r
	}
	return x
}

// see looks at one part.
func (s *state) see(r *reader, p Part) {
	r.seen |= p.set()
	value := func(x stamp) uint8 {
		if x.live() {
			return x.value
		}
		return 0
	}
	switch p {
	case PartEntry:
		r.snapshot, r.version = stamps{}, 0
		if s.stored {
			r.snapshot, r.version = s.entry, s.version
		}
	case PartTables:
		r.have.epoch, r.have.conj = value(s.epoch), value(s.conj)
	case PartGlobal:
		r.have.global = value(s.global)
	}
}

// through is the reader after its read.
func (r *reader) through(c *config) reader {
	next := reader{round: r.round + 1}
	next.keep(c, r)
	return next
}

// keep lets a reader that does not keep the rules keep the stamps it saw.
func (r *reader) keep(c *config, old *reader) {
	if c.client == keptStamps {
		r.have = old.have
	}
}

// see does a step of a read in parts, and compares its answer.
func (d *driver) see(l lap, before *state) error {
	i := l.action.i
	was := before.begun(d.c, i)
	x := before.sees(d.c, l.action)
	if before.readers[i].step != readerSees {
		if other := before.joins(d.c, i); other >= 0 {
			d.actors.apart[i] = d.actors.apart[other]
		} else if was.seen == 0 {
			d.actors.apart[i] = d.h.GetApart(d.store, &d.query)
		}
	}
	seen := was.seen
	see := func(p Part) error {
		seen |= p.set()
		d.calls++
		return d.actors.apart[i].See(p)
	}
	for _, p := range l.action.verb.parts() {
		if err := see(p); err != nil {
			return err
		}
	}
	if !x.decided || !l.fresh && d.c.client != keptStamps {
		return nil
	}
	for _, p := range []Part{PartEntry, PartTables, PartGlobal} {
		if !seen.has(p) {
			if err := see(p); err != nil {
				return err
			}
		}
	}
	got, ok, err := d.actors.apart[i].Answer()
	if err != nil {
		return err
	}
	v, err := d.version(got, ok)
	if err != nil {
		return err
	}
	want := uint8(0)
	if x.hit {
		want = x.version
	}
	if ok != x.hit || v != want {
		return fmt.Errorf("storetest: %v: the store answers %v version %d, the model %v version %d", l.action, ok, v, x.hit, want)
	}
	return nil
}
