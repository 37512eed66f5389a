package result

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCompact looks at results of every width around those that lie in one
// allocation.
func TestCompact(t *testing.T) {
	for n := range maxRoom + 2 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			all := make([]driver.Value, 0, n+3)
			for i := range n {
				all = append(all, int64(1000+i))
			}
			r := values(t, all...)
			if got, want := r.room != 0, 0 < n && n <= maxRoom; got != want {
				t.Errorf("values in the own allocation: %v", got)
			}
			if r.room != 0 && (int(r.room) < n || cap(r.values) != n) {
				t.Errorf("%d values with room for %d, of which the slice has %d", n, r.room, cap(r.values))
			}
			if !slices.Equal(r.values, all) {
				t.Errorf("the values are %v", r.values)
			}
		})
	}
}

// TestTouch compares what was read with what there is to read.
func TestTouch(t *testing.T) {
	few := []driver.Value{
		int64(1), 20.5, "", "text", "x", nil, []byte(nil), []byte{}, []byte{9}, true, time.Unix(5, 300), int64(4000),
	}
	if got, want := values(t, few...).Touch(), int64(1+20+'t'+'t'+'x'+'x'+300+4000); got != want {
		t.Errorf("read %d, want %d", got, want)
	}
	if got := values(t, make([]driver.Value, maxRoom)...).Touch(); got != 0 {
		t.Errorf("read %d of nothing", got)
	}
	many := make([]driver.Value, maxRoom+1)
	for i := range many {
		many[i] = int64(1)
	}
	if got := values(t, many...).Touch(); got != 0 {
		t.Errorf("read %d of a result that is not small", got)
	}
}
