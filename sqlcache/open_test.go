package sqlcache_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestOpenByName compares sql.Open with Open and with a registered wrapper, for
// drivers with driver.DriverContext and without.
func TestOpenByName(t *testing.T) {
	t.Parallel()
	for _, set := range []drivertest.Capability{
		drivertest.None, drivertest.DriverContext, drivertest.ConnectorCloser,
		drivertest.DriverContext | drivertest.ConnectorCloser, drivertest.All,
	} {
		for _, failure := range []drivertest.Op{
			"none", drivertest.OpOpen, drivertest.OpOpenConnector, drivertest.OpConnect, drivertest.OpConnectorClose,
		} {
			t.Run(fmt.Sprintf("%v, %s fails", set, failure), func(t *testing.T) {
				t.Parallel()
				cache := newCache(t)
				cfg := sqlcache.Config{Dialect: fakeDialect{}, Database: "by name"}
				// A name cannot be taken back, so each way gets one of its own. What
				// fails, fails only after the driver was found under it.
				register := func(way string) (*drivertest.Driver, string) {
					d := drivertest.New(drivertest.Config{Capabilities: set, Answers: answers()})
					name := t.Name() + " " + way
					sql.Register(name, d.Driver())
					return d, name
				}
				see := func(d *drivertest.Driver, open func() (*sql.DB, error)) []string {
					d.Reset()
					d.Fail(drivertest.Failure{Op: failure, Err: errFirst})
					s := &session{ctx: t.Context(), drv: d, set: set}
					db, err := open()
					s.err("open", err)
					if err == nil {
						s.db = db
						s.query(selectByID, 1)
						s.exec(insert, 1)
						s.query(selectByID, 1)
						s.notef("closing: %v", textOf(db.Close()))
						// Open makes a connector more, to get at the driver, and closes it.
						if set.Has(drivertest.DriverContext | drivertest.ConnectorCloser) {
							s.notef("connectors not closed: %d", d.Count(drivertest.OpOpenConnector)-d.Count(drivertest.OpConnectorClose))
						}
					}
					for _, k := range d.Calls() {
						if (k.Op == drivertest.OpOpen || k.Op == drivertest.OpOpenConnector) && k.Query != "the dsn" {
							t.Errorf("opened with %q", k.Query)
						}
					}
					if left := d.Open(); left != (drivertest.Open{}) {
						t.Errorf("left open: %+v", left)
					}
					return s.lines
				}

				d, name := register("bare")
				want := see(d, func() (*sql.DB, error) { return sql.Open(name, "the dsn") })

				if failure != drivertest.OpConnectorClose || !set.Has(drivertest.DriverContext|drivertest.ConnectorCloser) {
					d, name = register("open")
					got := see(d, func() (*sql.DB, error) { return sqlcache.Open(cache, name, "the dsn", cfg) })
					if diff := difference(want, got); diff != "" {
						t.Errorf("Open:\n%s", diff)
					}
				} // else it fails already where Open closes the connector that is one too many

				d, name = register("register")
				if err := sqlcache.Register(name+" wrapped", cache, name, cfg); err != nil {
					t.Fatal(err)
				}
				got := see(d, func() (*sql.DB, error) { return sql.Open(name+" wrapped", "the dsn") })
				if diff := difference(want, got); diff != "" {
					t.Errorf("Register:\n%s", diff)
				}
			})
		}
	}
}

// textOf is an error's text.
func textOf(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}
