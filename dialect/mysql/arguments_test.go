package mysql

import (
	"database/sql/driver"
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// TestArgumentChecker: only one driver is known, and it is asked by its full name.
func TestArgumentChecker(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "mysql", "*mysql.MySQLDriver", "*example.com/mysql.MySQLDriver"} {
		if Dialect.ArgumentChecker(name) != nil {
			t.Errorf("something is known of %q", name)
		}
	}
	checker := Dialect.ArgumentChecker("*github.com/go-sql-driver/mysql.MySQLDriver")
	for _, c := range []struct{ value, want any }{
		{7, int64(7)}, {uint8(7), uint64(7)}, {uint64(math.MaxUint64), uint64(math.MaxUint64)}, {float32(0.5), 0.5}, {json.RawMessage("{}"), json.RawMessage("{}")}, {(*int)(nil), nil},
	} {
		nv := driver.NamedValue{Value: c.value}
		if err := checker.CheckNamedValue(&nv); err != nil || !reflect.DeepEqual(nv.Value, c.want) {
			t.Errorf("%T(%v) is %#v, %v", c.value, c.value, nv.Value, err)
		}
	}
}
