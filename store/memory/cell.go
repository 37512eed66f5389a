package memory

import (
	"slices"
	"sync/atomic"

	"github.com/cacheops/cacheops/store"
)

// generations makes the values of stamps and the versions of registries. It is
// one for the process, so that no value is ever seen twice, whatever is dropped
// and made again.
var generations atomic.Uint64

// nextGeneration returns a value that nothing had before; never 0.
func nextGeneration() uint64 { return generations.Add(1) }

// cell is one stamp.
type cell struct {
	// gen is the stamp's value; 0 stands for none, be it missing or fenced. It
	// is read without a lock and written under the mutex of the owner.
	gen atomic.Uint64

	// refs counts the entries that refer to the cell of a conjunction. It stays
	// 0 in those that are kept.
	refs atomic.Int32

	slot int32 // place in the table's ring, guarded by the owner's mutex

	// Never changed.

	key string // of the conjunction
	// kept cells are not swept, and entries are not counted in them: an epoch
	// lives as long as its owner, and of a shared key there is one a scheme.
	kept bool

	// Guarded by the owner's mutex.

	young  bool // the ring's hand has not passed since the last lease
	fences fences
}

// fence is a writer's token with its deadline.
type fence struct {
	token    store.Token
	deadline instant
}

// fences are the fences of one cell or one table. They are few: the writers
// that are between fence and bump at one time, and those that died lately.
type fences []fence

// live drops the fences whose deadline has passed and reports whether any is
// left. A fence whose deadline has passed is gone: nothing else ends it.
func (f *fences) live(now instant) bool {
	if len(*f) == 0 {
		return false
	}
	*f = slices.DeleteFunc(*f, func(x fence) bool { return x.deadline <= now })
	if len(*f) == 0 {
		*f = nil
		return false
	}
	return true
}

// add sets the token's deadline.
func (f *fences) add(token store.Token, deadline instant) {
	for i := range *f {
		if (*f)[i].token == token {
			(*f)[i].deadline = deadline
			return
		}
	}
	*f = append(*f, fence{token, deadline})
}

// remove takes the token away.
func (f *fences) remove(token store.Token) {
	for i := range *f {
		if (*f)[i].token == token {
			*f = slices.Delete(*f, i, i+1)
			break
		}
	}
	if len(*f) == 0 {
		*f = nil
	}
}

// has reports whether the token is there.
func (f fences) has(token store.Token) bool {
	for i := range f {
		if f[i].token == token {
			return true
		}
	}
	return false
}

// tokens returns the tokens.
func (f fences) tokens() []store.Token {
	if len(f) == 0 {
		return nil
	}
	out := make([]store.Token, len(f))
	for i := range f {
		out[i] = f[i].token
	}
	return out
}
