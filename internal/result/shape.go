package result

import (
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"weak"
)

// shape is what is known of a result before its first row. It never changes, and
// results of one statement share it: for a result of one row it is most of the
// memory.
type shape struct {
	columns []string
	types   []columnType // one per column
}

// size is the memory of a shape.
func (s *shape) size() int {
	size := heapSize(shapeSize) + heapSize(len(s.columns)*stringSize) + heapSize(len(s.types)*columnTypeSize)
	for _, name := range s.columns {
		size += heapSize(len(name))
	}
	for i := range s.types {
		size += heapSize(len(s.types[i].database))
	}
	return size
}

func (s *shape) equal(t *shape) bool {
	return slices.Equal(s.columns, t.columns) && slices.Equal(s.types, t.types)
}

// shapes are the shapes of the recorded results that are still in use.
var shapes = shapeTable{seed: maphash.MakeSeed(), byHash: map[uint64][]weak.Pointer[shape]{}}

// shapeTable finds shapes by content. It does not keep them alive. It may be
// used from many goroutines.
type shapeTable struct {
	seed   maphash.Seed
	mu     sync.Mutex // guards byHash
	byHash map[uint64][]weak.Pointer[shape]
}

// intern returns the shape in use that equals s, or s itself when there is
// none. The caller must not change s any more.
func (t *shapeTable) intern(s *shape) *shape {
	h := t.hash(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.byHash[h] {
		if known := p.Value(); known != nil && known.equal(s) {
			return known
		}
	}
	t.byHash[h] = append(t.byHash[h], weak.Make(s))
	runtime.AddCleanup(s, t.drop, h)
	return s
}

// drop forgets the shapes of a hash that are gone.
func (t *shapeTable) drop(h uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := slices.DeleteFunc(t.byHash[h], func(p weak.Pointer[shape]) bool { return p.Value() == nil })
	if len(left) == 0 {
		delete(t.byHash, h)
		return
	}
	t.byHash[h] = left
}

func (t *shapeTable) hash(s *shape) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	for i, name := range s.columns {
		maphash.WriteComparable(&h, name)
		maphash.WriteComparable(&h, s.types[i])
	}
	return h.Sum64()
}
