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
