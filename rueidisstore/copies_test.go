package rueidisstore_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// A writer works its keys out from the copy of a registry, and the copies are
// forgotten before the answer to its fence is there, for there are many tables. The
// answer does not tell the schemes, which the writer has. No copy may be made of it
// that has the version and no schemes: the next writer would drop nothing.
func TestForgottenCopyStaysForgotten(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, epoch := range []bool{false, true} {
		s := newStore(t, server.URL())
		ctx := context.Background()
		q := &store.Query{Database: "main", Key: store.Key{1}, Deps: []store.TableDep{{Table: "t", Conjs: []store.Conj{{Scheme: "id", Key: "id=1"}}}}}
		if _, err := s.Lease(ctx, q); err != nil {
			t.Fatal(err)
		}
		known, ok := s.RegistryCopy("main", "t")
		if !ok || !slices.Equal(known.Schemes, []store.Scheme{"id"}) {
			t.Fatalf("the copy is %v, %v", known, ok)
		}
		c := &store.Change{Database: "main", TTL: time.Minute}
		_, _ = rand.Read(c.Token[:])
		for i := range 1 << 14 {
			c.Tables = append(c.Tables, store.TableChange{Table: "t" + strconv.Itoa(i), Epoch: true})
		}
		if epoch { // the copy is there when the call begins, and not when it ends
			c.Tables = append(c.Tables, store.TableChange{Table: "t", Epoch: true})
		}
		bump(t, s, c)
		if !epoch {
			c.Tables = []store.TableChange{{Table: "t", Registry: known.Version, Keys: []string{"id=1"}}}
			bump(t, s, c)
		}
		if now, ok := s.RegistryCopy("main", "t"); ok && !slices.Equal(now.Schemes, known.Schemes) {
			t.Errorf("epoch %v: the copy is %v, and Redis has %v", epoch, now, known)
		}
	}
}

// bump tells of a change, of which nothing is out of date.
func bump(t testing.TB, s store.Store, c *store.Change) {
	t.Helper()
	if ack, err := s.Bump(context.Background(), c, store.DropFence); err != nil || len(ack.Stale) > 0 {
		t.Fatal(ack, err)
	}
}
