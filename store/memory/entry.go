package memory

import (
	"math"
	"sync/atomic"

	"github.com/cacheops/cacheops/store"
)

// What an entry takes besides its payload, in bytes, on a 64-bit machine. The
// numbers are measured; a test compares them with the heap.
const (
	// entryOverhead is the entry, its node, its places in the map and in the
	// policies.
	entryOverhead = 240
	// refOverhead is one reference to a stamp, and all that one to an epoch or a
	// shared key takes.
	refOverhead = 16
	// cellOverhead is the cell of a conjunction with its places in the table's
	// map and ring, without the key. Entries can share cells: then the weight
	// is too high, never too low.
	cellOverhead = 140
)

// ref is a stamp with the value that a lease found.
type ref struct {
	cell *cell
	gen  uint64
}

// entry is a stored result. It is not changed after it was stored, but for its mark. What a hit
// reads comes first, and the references lie behind the entry in one allocation
// where they are few: each further piece of memory that a hit looks at costs as
// much as all that it works out.
type entry struct {
	key      store.Key
	deadline instant // when its time is over
	database *database
	refs     []ref
	payload  store.Payload
	weight   uint32
	// dropped is set when the map drops the entry.
	dropped atomic.Bool
}

// The entries with room for their references: those of one table and one
// conjunction, of two, and of a few more.
type (
	entry3 struct {
		entry
		room [3]ref
	}
	entry5 struct {
		entry
		room [5]ref
	}
	entry9 struct {
		entry
		room [9]ref
	}
)

// newEntry makes an entry with a copy of the references.
func newEntry(refs []ref) *entry {
	var e *entry
	var room []ref
	switch n := len(refs); {
	case n <= 3:
		x := new(entry3)
		e, room = &x.entry, x.room[:n:n]
	case n <= 5:
		x := new(entry5)
		e, room = &x.entry, x.room[:n:n]
	case n <= 9:
		x := new(entry9)
		e, room = &x.entry, x.room[:n:n]
	default:
		e, room = new(entry), make([]ref, n)
	}
	copy(room, refs)
	e.refs = room
	return e
}

// valid reports whether every stamp is unchanged. It takes no lock: a value
// that was seen here was there after the call began, and that is all that a
// read needs that runs beside a write.
func valid(refs []ref) bool {
	for i := range refs {
		if refs[i].cell.gen.Load() != refs[i].gen {
			return false
		}
	}
	return true
}

// hold counts the entry in its cells, so that they are not swept.
func (e *entry) hold() {
	for i := range e.refs {
		if c := e.refs[i].cell; !c.kept {
			c.refs.Add(1)
		}
	}
}

// release takes back what hold did.
func (e *entry) release() {
	for i := range e.refs {
		if c := e.refs[i].cell; !c.kept {
			c.refs.Add(-1)
		}
	}
}

// weigh returns what an entry takes, in bytes, or false when that is more than
// the limit.
func weigh(p store.Payload, refs []ref, limit int64) (uint32, bool) {
	size := int64(max(p.Size(), 0))
	if size > limit {
		return 0, false
	}
	size += entryOverhead
	for i := range refs {
		size += refOverhead
		if c := refs[i].cell; !c.kept {
			size += cellOverhead + int64(len(c.key))
		}
	}
	if size > limit || size > math.MaxUint32 {
		return 0, false
	}
	return uint32(size), true
}

// snapshot is a [store.Snapshot].
type snapshot struct {
	store    *Store
	database *database // nil for a joined one
	refs     []ref
}

// Equal reports whether both snapshots hold the same stamps with the same
// values. The stamps are in the order of the query's dependency.
func (s *snapshot) Equal(other store.Snapshot) bool {
	o, ok := other.(*snapshot)
	if !ok || o == nil || s.database != o.database || len(s.refs) != len(o.refs) {
		return false
	}
	for i := range s.refs {
		if s.refs[i] != o.refs[i] {
			return false
		}
	}
	return true
}
