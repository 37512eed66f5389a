package integration

import (
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// Databases that hold the same rows share their results in Redis too, between
// processes, and a write through either drops them for both.
func TestDBAgnosticOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	const q = "SELECT name FROM names WHERE id = 1"
	statements := []string{"CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO names VALUES (1, 'a'), (2, 'b')"}
	a := newAgnostic(t, newRedisStore(t, server), "a", statements...)
	b := newAgnostic(t, newRedisStore(t, server), "b", statements...)
	a.want(t, "a", false, q)
	b.want(t, "a", true, q)
	for _, s := range []*cachedSQLite{a, b} {
		exec(t, s.cached, "UPDATE names SET name = 'c' WHERE id = 2")
		a.want(t, "a", true, q)
		b.want(t, "a", true, q)
		exec(t, s.cached, "UPDATE names SET name = 'a' WHERE id = 1")
		if rows, hit := b.read(t, q); rows != "a" || hit {
			t.Errorf("STALE: %q, a hit %v, after the row was written", rows, hit)
		}
		a.want(t, "a", true, q)
	}
}
