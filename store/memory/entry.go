package memory

import (
	"math"
	"time"

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

// entry is a stored result. It is not changed after it was stored.
type entry struct {
	database string
	payload  store.Payload
	refs     []ref
	ttl      time.Duration
	weight   uint32
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
	database string
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
