package sqlcache_test

import (
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// A driver that runs no text with arguments is not tried again and again: nothing is
// begun around a statement that then has to be prepared. One that leaves only some texts
// to be prepared is asked each time.
func TestTextsWithArguments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		arg        any
		tries      int
	}{
		{"never", "INSERT INTO t VALUES (?)", int64(1), 1},
		{"never, with a text", "INSERT INTO t VALUES (?)", "x", 1},
		{"perhaps, for another number of places", "INSERT INTO t VALUES ('?', ?)", int64(1), 3},
		{"perhaps, for the argument", "INSERT INTO t VALUES (?)", []byte("x"), 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := program{failures: []drivertest.Failure{{Op: drivertest.OpExecContext, Err: driver.ErrSkip}}}
			s := open(t, drivertest.Modern, &p, newCache(t))
			t.Cleanup(func() { _ = s.db.Close() })
			s.drv.Answer(tt.text, drivertest.Answer{})
			for range 3 {
				if _, err := s.db.ExecContext(t.Context(), tt.text, tt.arg); err != nil {
					t.Fatal(err)
				}
			}
			tries := 0
			for _, k := range s.drv.Calls() {
				if k.Op == drivertest.OpExecContext && k.Query == tt.text {
					tries++
				}
			}
			if tries != tt.tries {
				t.Errorf("tried %d times, want %d", tries, tt.tries)
			}
		})
	}
}
