package memory_test

import (
	"testing"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// sharing is a query with a key that all of them share.
func sharing(i int) *store.Query {
	q := query(i, 1)
	q.Deps[0].Conjs = append(q.Deps[0].Conjs, store.Conj{Scheme: "c0", Key: "any", Shared: true})
	return q
}

// A shared key has one cell, which outlives the sweep, counts as a reference
// and no more, and drops all that share it.
func TestSharedKey(t *testing.T) {
	t.Parallel()
	s := open(t, memory.Config{})
	put(t, s, query(0, 1), &result{size: 100})
	_, alone := s.Entries()
	put(t, s, sharing(1), &result{size: 100})
	if _, both := s.Entries(); both != 2*alone+16 {
		t.Errorf("an entry weighs %d, one with a shared key %d", alone, both-alone)
	}
	const n = 1000
	for i := range n {
		put(t, s, query(10+i, 1), &result{size: 100}) // the hand goes round more than once
	}
	if !found(s, sharing(1)) || !s.HasCell("main", "t", "any") {
		t.Error("a shared key was swept")
	}
	put(t, s, sharing(2), &result{size: 100})
	c := change(t, s, 1, "any")
	fence(t, s, c)
	if found(s, sharing(1)) || found(s, sharing(2)) {
		t.Error("STALE: found under the fence")
	}
	if l, err := s.Lease(t.Context(), sharing(3)); err != nil || !l.Fenced {
		t.Errorf("leased under the fence: %+v, %v", l, err)
	}
	bump(t, s, c)
	if found(s, sharing(1)) || found(s, sharing(2)) || !found(s, query(10, 1)) {
		t.Error("the bump did not drop those that share the key, or dropped others")
	}
	put(t, s, sharing(1), &result{size: 100})
	if !found(s, sharing(1)) {
		t.Error("nothing is stored after the bump")
	}
}
