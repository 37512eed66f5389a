package memory

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"github.com/cacheops/cacheops/store"
)

const (
	// frontShare is the bytes of MaxBytes for which there is one place.
	frontShare = 1 << 10
	// maxFront is the most places: half a megabyte.
	maxFront = 1 << 16
)

// front holds entries that were read lately, each at the place that its key
// says. It stands in front of the map, where a read looks at three pieces of
// memory one after the other before it has the entry; here it looks at one.
//
// It holds no entry that the map dropped: who puts one in looks at its mark
// afterwards, who drops one marks it before he looks here. So one of the two
// takes it out.
type front []atomic.Pointer[entry]

// newFront makes a front for a store of so many bytes.
func newFront(maxBytes int64) front {
	n := uint64(min(max(maxBytes/frontShare, 1), maxFront))
	return make(front, 1<<(bits.Len64(n)-1))
}

// place is where the entry of a key is, if it is there.
func (f front) place(key *store.Key) *atomic.Pointer[entry] {
	// A key is a digest: any part of it is as good as another.
	return &f[binary.LittleEndian.Uint64(key[:])&uint64(len(f)-1)] //nolint:gosec // there is at least one place
}

// get returns the entry of a key if it is there and its time is not over.
func (f front) get(key *store.Key, clock *clock) *entry {
	e := f.place(key).Load()
	if e == nil || e.key != *key || e.deadline <= clock.instant() {
		return nil
	}
	return e
}

// put puts an entry that was found in the map into its place.
func (f front) put(e *entry) {
	p := f.place(&e.key)
	if p.Load() == e {
		return // nothing is written where it need not be
	}
	p.Store(e)
	if e.dropped.Load() {
		p.CompareAndSwap(e, nil)
	}
}

// drop marks an entry that the map dropped, and takes it out.
func (f front) drop(e *entry) {
	e.dropped.Store(true)
	f.place(&e.key).CompareAndSwap(e, nil)
}
