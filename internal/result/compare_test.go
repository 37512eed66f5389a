package result

import (
	"database/sql"
	"database/sql/driver"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// TestCompare compares results with each other.
func TestCompare(t *testing.T) {
	t.Parallel()
	type rows = [][]driver.Value
	of := func(columns string, list ...[]driver.Value) *Result {
		var names []string
		for _, c := range columns {
			names = append(names, string(c))
		}
		return recorded(t, drivertest.Answer{Columns: drivertest.Columns(names...), Rows: list})
	}
	one := func(v driver.Value) *Result { return of("a", []driver.Value{v}) }
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	two := rows{{int64(1), "x"}, {int64(2), "y"}}
	turned := rows{{int64(2), "y"}, {int64(1), "x"}}
	typed := func(name string) *Result {
		c := static("a", 0)
		c.DatabaseTypeName = name
		return recorded(t, drivertest.Answer{Columns: []drivertest.Column{c}, Rows: rows{{int64(1)}}})
	}
	for _, tt := range []struct {
		name             string
		cached, database *Result
		ordered          bool
		want             string // the difference; "" for none
	}{
		{"the same", of("ab", two...), of("ab", two...), true, ""},
		{"no rows", of("ab"), of("ab"), true, ""},
		{"no columns", of("", rows{{}, {}}...), of("", rows{{}, {}}...), true, ""},
		{"no columns, fewer rows", of("", rows{{}, {}}...), of("", rows{{}}...), true, "only the cached result has 1 row, the first is its row 2"},
		{"another order", of("ab", two...), of("ab", turned...), false, ""},
		{"another order, asked for", of("ab", two...), of("ab", turned...), true, "the same rows stand in another order, from row 1 on"},
		{"a column more", of("ab"), of("abc"), true, "the cached result has 2 columns, the database's has 3"},
		{"another name", of("ab"), of("ac"), true, "column 2 has another name"},
		{"another column type", typed("INT"), typed("TEXT"), true, "column 1 has another type, at row 0"},
		{
			"another row elsewhere", of("ab", two...), of("ab", append(rows{{int64(3), "z"}}, two[0])...), true,
			"only the cached result has 1 row, the first is its row 2, and only the database has 1 row, the first is its row 1",
		},
		{"as often", of("a", rows{{"x"}, {"x"}, {"y"}}...), of("a", rows{{"x"}, {"y"}, {"y"}}...), false, "only the cached result has 1 row, the first is its row 2, and only the database has 1 row, the first is its row 3"},
		{"values that run together", of("ab", rows{{"ab", "c"}}...), of("ab", rows{{"a", "bc"}}...), false, "only the cached result has 1 row, the first is its row 1, and only the database has 1 row, the first is its row 1; column 1 has another value, of type string in both"},
		{"not a number", one(math.NaN()), one(math.Float64frombits(math.Float64bits(math.NaN()) ^ 1)), true, ""},
		{"not a number, short", one(float32(math.NaN())), one(float32(math.NaN())), true, ""},
		{"one time", one(noon), one(noon.Add(0)), true, ""},
		{"one time, read again", one(noon.In(berlin)), reread(t, one(noon.In(berlin))), true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, different := Compare(tt.cached, tt.database, tt.ordered)
			if different != (tt.want != "") || different && d.What != tt.want {
				t.Errorf("%v, %q, want %q", different, d.What, tt.want)
			}
			if d.CachedRows != tt.cached.Len() || d.DatabaseRows != tt.database.Len() || d.CachedBytes != tt.cached.Size() || d.DatabaseBytes != tt.database.Size() {
				t.Errorf("%+v", d)
			}
		})
	}
	// Each of these is something else to a program.
	distinct := []driver.Value{
		nil, int64(1), int64(2), "1", []byte("1"), []byte(nil), []byte{}, "", 1.0, 0.0, math.Copysign(0, -1), math.NaN(), math.Inf(1), true, false,
		float32(1), int32(1), int(1), uint64(1), noon, noon.Add(1), noon.In(time.FixedZone("X", 0)), noon.In(berlin),
	}
	for i, v := range distinct {
		for j, w := range distinct {
			if _, different := Compare(one(v), one(w), false); different != (i != j) {
				t.Errorf("%T %v and %T %v: different %v", v, v, w, w, different)
			}
		}
	}
}

// TestCompareNulls: what follows from a plan that tells otherwise of NULLs is told apart
// from another type.
func TestCompareNulls(t *testing.T) {
	t.Parallel()
	of := func(name string, nullable bool, scan reflect.Type) *Result {
		c := static("a", 0)
		c.DatabaseTypeName, c.Nullable, c.HasNullable, c.ScanType = name, nullable, true, scan
		return recorded(t, drivertest.Answer{Columns: []drivertest.Column{c}, Rows: [][]driver.Value{{int64(1)}}})
	}
	number, null := reflect.TypeFor[int32](), reflect.TypeFor[sql.NullInt64]()
	for _, tt := range []struct {
		name             string
		cached, database *Result
		different, nulls bool
	}{
		{"the same", of("INT", true, null), of("INT", true, null), false, false},
		{"NULLs", of("INT", true, null), of("INT", false, number), true, true},
		{"NULLs, one Go type", of("INT", false, null), of("INT", true, null), true, true},
		{"another Go type alone", of("INT", true, null), of("INT", true, number), true, false},
		{"another type too", of("INT", true, null), of("BIGINT", false, number), true, false},
	} {
		if d, different := Compare(tt.cached, tt.database, true); different != tt.different || d.Nulls != tt.nulls {
			t.Errorf("%s: different %v, %+v", tt.name, different, d)
		}
	}
}
