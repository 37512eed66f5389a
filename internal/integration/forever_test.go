package integration

import (
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestForeverEndsWithTheSchema makes a table anew, just as it was: the schema
// changed all the same.
func TestForeverEndsWithTheSchema(t *testing.T) {
	t.Parallel()
	for name, agnostic := range map[string]bool{"one database": false, "agnostic": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Profiles = cacheops.Profiles{"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever, DBAgnostic: agnostic}}
			})
			const create, q = "CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", "SELECT name FROM countries WHERE code = 'at'"
			exec(t, s.cached, create, "INSERT INTO countries VALUES ('at', 'Austria')")
			s.want(t, "Austria", false, q)
			s.want(t, "Austria", true, q)
			exec(t, s.cached, "DROP TABLE countries", create, "INSERT INTO countries VALUES ('at', 'Österreich')")
			s.want(t, "Österreich", false, q)
			s.want(t, "Österreich", true, q)
		})
	}
}

// TestForeverInShadowMode changes a table whose results nothing invalidates.
func TestForeverInShadowMode(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever}}
		c.Shadow = true
	})
	const q = "SELECT name FROM countries WHERE code = 'at'"
	s.want(t, "Austria", false, q)
	exec(t, s.cached, "UPDATE countries SET name = 'Österreich' WHERE code = 'at'")
	s.want(t, "Österreich", true, q)
	if got := s.cache.Stats().Shadow; got.NotCompared != 1 || got.Differences != 0 || got.Compared != 0 {
		t.Errorf("counted %+v", got)
	}
}

// TestUntrackedInShadowMode does the same with one whose writes are not noticed.
func TestUntrackedInShadowMode(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"logs": {Ops: cacheops.OpAll, Mode: cacheops.Untracked}, "posts": {Ops: cacheops.OpAll}}
		c.Shadow = true
	})
	for _, q := range []string{"SELECT line FROM logs WHERE id = 1", "SELECT line FROM logs JOIN posts ON posts.id = post WHERE posts.id = 1"} {
		s.want(t, "x", false, q)
		exec(t, s.cached, "UPDATE logs SET line = 'y'")
		s.want(t, "y", true, q)
		exec(t, s.cached, "UPDATE logs SET line = 'x'")
	}
	if got := s.cache.Stats().Shadow; got.NotCompared != 2 || got.Differences != 0 || got.Compared != 0 {
		t.Errorf("counted %+v", got)
	}
}
