package sqlcache_test

import (
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestInvalidateTxNeedsNothingOfTheDriver: targets reach a connection whose
// driver runs no text at once, and the driver hears nothing of them.
func TestInvalidateTxNeedsNothingOfTheDriver(t *testing.T) {
	t.Parallel()
	for _, set := range []drivertest.Capability{drivertest.None, drivertest.ExecerContext, drivertest.CheckerConn} {
		cache, err := cacheops.New(cacheops.Config{Profiles: cacheops.Profiles{"*": {Ops: cacheops.OpAll}}})
		if err != nil {
			t.Fatal(err)
		}
		drv := drivertest.New(drivertest.Config{Capabilities: set, Answers: answers()})
		wrapped, err := sqlcache.OpenDB(cache, drv.Connector(), sqlcache.Config{Dialect: fakeDialect{}, Database: "fake"})
		if err != nil {
			t.Fatal(err)
		}
		read := func() (asked int) {
			t.Helper()
			before := len(drv.Calls())
			rows, err := wrapped.QueryContext(t.Context(), selectByID, 1)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return len(drv.Calls()) - before
		}
		read()
		hit := read() // what a hit asks of the driver: to check arguments, at most
		before := len(drv.Calls())
		if err := cache.Database("fake").InvalidateTx(t.Context(), wrapped, cacheops.Row("t", cacheops.Values{"id": 1})); err != nil {
			t.Errorf("%v: %v", set, err)
		}
		if asked := len(drv.Calls()) - before; asked != 0 {
			t.Errorf("%v: the driver was asked %d times", set, asked)
		}
		if asked := read(); asked <= hit {
			t.Errorf("%v: still answered by the cache", set)
		}
		if asked := read(); asked > hit {
			t.Errorf("%v: not stored again", set)
		}
		if err := wrapped.Close(); err != nil {
			t.Error(err)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	}
}
