package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// countingDriver is a driver whose statements know how many arguments they
// take. The one of drivertest does not know.
type countingDriver struct {
	nothing *drivertest.Nothing
	// direct is true when connections run texts at once.
	direct bool
	// removes is true when statements take options out of the arguments.
	removes bool
}

// Connect implements driver.Connector.
func (d *countingDriver) Connect(ctx context.Context) (driver.Conn, error) {
	nothing, err := d.nothing.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := countingConn{Conn: nothing, d: d}
	if d.direct {
		return directConn{countingConn: c, QueryerContext: nothing.(driver.QueryerContext)}, nil
	}
	return c, nil
}

// Driver implements driver.Connector.
func (d *countingDriver) Driver() driver.Driver { return d.nothing }

type countingConn struct {
	driver.Conn
	d *countingDriver
}

// Prepare implements driver.Conn.
func (c countingConn) Prepare(text string) (driver.Stmt, error) {
	st, err := c.Conn.Prepare(text)
	if c.d.removes {
		return removingStmt{Stmt: st}, err
	}
	return st, err
}

// directConn runs queries at once, and writes over prepared statements.
type directConn struct {
	countingConn
	driver.QueryerContext
}

type removingStmt struct{ driver.Stmt }

// CheckNamedValue implements driver.NamedValueChecker.
func (removingStmt) CheckNamedValue(v *driver.NamedValue) error {
	if _, ok := v.Value.(drivertest.Option); ok {
		return driver.ErrRemoveArgument
	}
	return driver.ErrSkip
}

// TestWrongNumberOfArguments compares what a program hears that gives too few
// or too many arguments, before and after a result is in the cache.
func TestWrongNumberOfArguments(t *testing.T) {
	t.Parallel()
	option := drivertest.Option{}
	given := [][]any{{}, {1}, {1, 2}, {option}, {option, 1}, {1, option, 2}, {sql.Named("id", 1)}, {odd{1}}, {1, odd{2}}}
	for _, direct := range []bool{false, true} {
		for _, removes := range []bool{false, true} {
			t.Run(fmt.Sprintf("direct %v, removes %v", direct, removes), func(t *testing.T) {
				t.Parallel()
				see := func(db *sql.DB, wrapped bool) []string {
					s := &session{ctx: t.Context(), db: db, wrapped: wrapped}
					st, err := db.PrepareContext(t.Context(), selectByID)
					s.err("prepare", err)
					for range 2 {
						for i, args := range given {
							s.notef("arguments %d", i)
							s.query(selectByID, args...)
							s.exec(insert, args...)
							rows, err := st.QueryContext(t.Context(), args...)
							s.all("prepared", rows, err)
							res, err := st.ExecContext(t.Context(), args...)
							s.err("exec prepared", err)
							if err == nil {
								_, err = res.RowsAffected()
								s.err("affected", err)
							}
						}
					}
					s.err("close", st.Close())
					s.err("close", db.Close())
					return s.lines
				}
				k := &countingDriver{nothing: newNothing(1), direct: direct, removes: removes}
				db, err := sqlcache.OpenDB(newCache(t), k, sqlcache.Config{Dialect: fakeDialect{}, Database: "counts"})
				if err != nil {
					t.Fatal(err)
				}
				want := see(sql.OpenDB(k), false)
				if diff := difference(want, see(db, true)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}
