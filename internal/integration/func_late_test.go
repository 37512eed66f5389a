package integration

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest"
	"github.com/cacheops/cacheops/store"
)

// lateKeeper keeps one result. Its answer to a Get is of before what happens in it.
type lateKeeper struct {
	data   []byte
	amidst func()
}

func (k *lateKeeper) Get(context.Context, store.Key) ([]byte, error) {
	was, amidst := k.data, k.amidst
	if k.amidst = nil; amidst != nil {
		amidst()
	}
	if was == nil {
		return nil, cacheops.ErrMiss
	}
	return was, nil
}

func (k *lateKeeper) Set(_ context.Context, _ store.Key, data []byte, _ time.Duration) error {
	k.data = data
	return nil
}

func (k *lateKeeper) Delete(context.Context, store.Key) error {
	k.data = nil
	return nil
}

// Who looked for a result just before another call kept it, and comes to run the
// function just after, finds it and does not run.
func TestFuncIsNotRunAgainByWhoLookedTooEarly(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]cacheops.FuncOption{"": nil, "with the lock": {cacheops.Lock()}} {
		cache, _ := cachetest.New(t, cacheops.Config{})
		var k lateKeeper
		runs := 0
		fn := newFunc(t, cache, "late", func(context.Context, int) (int, error) {
			runs++
			return runs, nil
		}, append(options, cacheops.KeepIn(&k), cacheops.TTL(time.Hour))...)
		call := func() {
			if got, err := fn.Call(t.Context(), 7); got != 1 || err != nil {
				t.Errorf("%s: %d, %v", name, got, err)
			}
		}
		k.amidst = call
		call()
		if runs != 1 {
			t.Errorf("%s: it ran %d times", name, runs)
		}
	}
}
