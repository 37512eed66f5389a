package rueidisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// A fence lives as long as its change says, also where that is longer than stamps
// live by themselves.
func TestLongFences(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ctx := context.Background()
	for _, epoch := range []bool{false, true} {
		for _, kept := range []bool{false, true} {
			s := newStore(t, server.URL())
			q := &store.Query{Database: "main", Key: store.Key{1}, Deps: []store.TableDep{{Table: "t", Conjs: []store.Conj{{Scheme: "id", Key: "id=1"}}}}}
			if _, err := s.Lease(ctx, q); err != nil {
				t.Fatal(err)
			}
			w := newWriter(t, s, q)
			w.c.TTL, w.c.Tables[0].Epoch = 2*time.Hour, epoch
			w.fence()
			if kept {
				w.done("Bump", func() (store.Ack, error) { return s.Bump(ctx, w.c, store.KeepFence) })
			}
			newRaw(t, s).advance(time.Hour)
			if lease, err := s.Lease(ctx, q); err != nil || !lease.Fenced {
				t.Errorf("epoch %v, kept %v: after half of the fence's time the lease is %v, %v", epoch, kept, lease, err)
			}
		}
	}
}
