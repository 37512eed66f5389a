package sqlcache_test

import (
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// askingDialect has the driver asked whether it runs a text with arguments.
type askingDialect struct{ fakeDialect }

const askedAtOnce = "SELECT ?"

// Transactions implements dialect.Dialect.
func (d askingDialect) Transactions() dialect.Transactions {
	txs := d.fakeDialect.Transactions()
	txs.AtOnce = askedAtOnce
	return txs
}

// A driver that says that it runs no text with arguments is not tried again and again:
// nothing is begun around a statement that then has to be prepared. One that leaves some
// texts to be prepared is asked each time, for others it may run.
func TestTextsWithArguments(t *testing.T) {
	t.Parallel()
	const text = "INSERT INTO t VALUES (?)"
	for _, tt := range []struct {
		name  string
		op    drivertest.Op // what it refuses besides the statement
		tries int
	}{
		{"never", drivertest.OpQueryContext, 0},
		{"not this one", drivertest.OpExecContext, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			drv := drivertest.New(drivertest.Config{
				Capabilities: drivertest.Modern,
				Failures:     []drivertest.Failure{{Op: drivertest.OpExecContext, Err: driver.ErrSkip}, {Op: tt.op, Err: driver.ErrSkip}},
			})
			drv.Answer(text, drivertest.Answer{})
			drv.Answer(askedAtOnce, drivertest.Answer{})
			db, err := sqlcache.OpenDB(newCache(t), drv.Connector(), sqlcache.Config{Dialect: askingDialect{}, Database: t.Name()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			for range 3 {
				if _, err := db.ExecContext(t.Context(), text, int64(1)); err != nil {
					t.Fatal(err)
				}
			}
			tries := 0
			for _, k := range drv.Calls() {
				if k.Op == drivertest.OpExecContext && k.Query == text {
					tries++
				}
			}
			if tries != tt.tries {
				t.Errorf("tried %d times, want %d", tries, tt.tries)
			}
		})
	}
}
