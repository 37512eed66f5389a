package integration

import (
	"context"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestExplainForever explains a result that nothing drops, after a write.
func TestExplainForever(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever}}
	})
	const q = "SELECT name FROM countries WHERE code = 'at'"
	s.want(t, "Austria", false, q)
	exec(t, s.cached, "UPDATE countries SET name = 'Österreich' WHERE code = 'at'")
	s.want(t, "Austria", true, q)
	e := explain(t, s, q)
	if !e.Stored || !e.Cached || e.TTL != 0 || e.Dropped != nil || !strings.Contains(e.String(), "until the process ends") {
		t.Errorf("explained as\n%s", e)
	}
}

// TestExplainStored explains a result that is there, and that a call in the
// context would not take.
func TestExplainStored(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) { c.Profiles = nil })
	const q = "SELECT body FROM posts WHERE id = 1"
	if e := explain(t, s, q); e.Stored {
		t.Errorf("explained as\n%s", e)
	}
	asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpAll))
	if got, _ := readWith(asked, t, s, s.cached, q); got != "a" {
		t.Fatalf("got %q", got)
	}
	if e := explain(t, s, q); !e.Stored || e.Cached {
		t.Errorf("explained as\n%s", e)
	}
	exec(t, s.cached, "UPDATE posts SET body = 'x' WHERE id = 1")
	if e := explain(t, s, q); e.Stored {
		t.Errorf("explained as\n%s", e)
	}
}

// TestExplainDropByAnotherDatabase explains a result that databases share.
func TestExplainDropByAnotherDatabase(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"countries": {Ops: cacheops.OpAll, DBAgnostic: true}, "posts": {Ops: cacheops.OpAll}}
	})
	other, err := sqlcache.OpenDB(s.cache, s.gate.inner, sqlcache.Config{Dialect: sqlite.Dialect, Database: "copy"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	const q, own = "SELECT name FROM countries WHERE code = 'at'", "SELECT body FROM posts WHERE id = 1"
	s.want(t, "Austria", false, q)
	s.want(t, "a", false, own)
	exec(t, other, "UPDATE countries SET name = 'Österreich' WHERE code = 'at'", "UPDATE posts SET body = body WHERE id = 1")
	if e := explain(t, s, q); e.Stored || e.Dropped == nil || !strings.HasPrefix(e.Dropped.Statement, "UPDATE countries") {
		t.Errorf("explained as\n%s", e)
	}
	if e := explain(t, s, own); !e.Stored || e.Dropped != nil {
		t.Errorf("explained as\n%s", e)
	}
}
