package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	libpq "github.com/lib/pq"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
)

// arrays are arguments of = ANY($1).
var arrays = []any{
	[]int64{7, 0}, []int32{7, -7}, []int16{7}, []int8{7}, []int{7, 70000}, []uint32{7}, []uint64{7}, []numbered{7}, []int64{}, []int64(nil), []string{"7", "a", "abc   "},
	[]string{}, []string{""}, []string{"a", "NULL", `b"`, `\`, "{", ",", "null", "é"}, []labelled{"a", "7"}, []*string{new(string), nil}, []*int64{new(int64), nil}, []sql.NullInt64{{Int64: 7, Valid: true}, {}},
	[]sql.NullString{{String: "a", Valid: true}, {}}, []bool{true}, []bool{true, false}, []float64{7, 0}, []float64{7.5}, []float32{7}, [][16]byte{someUUID}, []uuid.UUID{someUUID, {}}, []time.Time{noon, exact}, []time.Time{noon.In(newYork)},
	[]time.Time{fine}, [][]byte{[]byte("abc"), {}}, [][]byte{[]byte("a"), nil}, [][]int64{{7}, {0}}, [][]string{{"a"}}, [2]int64{7, 0}, []any{7, "7"}, []any{}, []listed{"7"},
	pgtype.FlatArray[int64]{7, 0}, pgtype.FlatArray[string]{"a", "7"}, pgtype.Array[int64]{Elements: []int64{7, 0}, Dims: []pgtype.ArrayDimension{{Length: 2, LowerBound: 1}}, Valid: true},
	pgtype.Array[string]{Elements: []string{"a"}, Dims: []pgtype.ArrayDimension{{Length: 1, LowerBound: 1}}, Valid: true}, pgtype.Array[int64]{},
	pgtype.Array[pgtype.Int8]{Elements: []pgtype.Int8{{Int64: 7, Valid: true}, {}}, Dims: []pgtype.ArrayDimension{{Length: 2, LowerBound: 1}}, Valid: true},
	pgtype.Array[int64]{Elements: []int64{7, 0}, Dims: []pgtype.ArrayDimension{{Length: 1, LowerBound: 1}, {Length: 2, LowerBound: 1}}, Valid: true},
	libpq.Array([]int64{7, 0}), libpq.Array([]string{"a", "abc", `\`, `"`}), libpq.Array([]bool{true}), libpq.Array([][]byte{[]byte("abc")}), libpq.Array([]float64{7}), libpq.Array([]int{7}), libpq.Array([]time.Time{noon}),
	libpq.Array([]uuid.UUID{someUUID}), libpq.Array([]int64(nil)), libpq.Array([][]int64{{7}}), libpq.Int64Array{7}, libpq.StringArray{"a"}, libpq.Array(new([]string)), &[]int64{7},
	"{}", "{7}", "{7,0}", "{7,NULL}", "{null,7}", `{"7"}`, "{ 7}", "{7 }", "{7,}", "{a}", `{"a","A"}`, `{a\\,b}`, "{NULL}", `{"NULL"}`, "{{7}}", "[0:1]={7,0}", "{7};", "", "7", "{t,f}", "{a b}", `{"a`, `{"a"x}`, `{"\\x616263"}`, "{abc}",
	"{" + someUUID.String() + "}", "{2024-02-29}", `{"2024-02-29 12:00:00Z"}`, `{"2024-02-29 12:00:00"}`, "{12:00:00}", "{é}", []byte("{7}"), []byte("{a}"), labelled("{7}"), nil, 7,
}

type listed string

// TestElements asks the database, on each way to reach it, which values are among
// the elements of each array, and compares with the canonical texts of all of
// them.
func TestElements(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	setup, err := sql.Open(pgx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, setup, "CREATE EXTENSION citext", "CREATE TYPE mood AS ENUM ('a', 'A', 'abc', '7', 'é', 'z')")
	for i, c := range comparables {
		table := fmt.Sprintf("v%d", i)
		exec(t, setup, fmt.Sprintf("CREATE TABLE %s (id int8 PRIMARY KEY, v %s)", table, c.name))
		for i, v := range c.values {
			exec(t, setup, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", table, i+1, v))
		}
	}
	if err := setup.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range comparables {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testElements(t, dsn, fmt.Sprintf("v%d", i), &c)
		})
	}
}

func testElements(t *testing.T, dsn, table string, c *comparableType) {
	column := &dialect.Column{Comparison: c.comparison}
	var all []seenBy
	for _, w := range ways {
		all = append(all, look(t, w, dsn, table, "= ANY($1)", arrays))
	}
	images := canonicalImages(t, column, c.values, all)
	accepted, equal := 0, 0
	for i, a := range arrays {
		for _, s := range all {
			elements, ok := canonicalElements(column, s.way.driver, a)
			if !ok {
				continue
			}
			accepted++
			found, ok := s.equal[i]
			if !ok {
				continue
			}
			for id, image := range images {
				switch {
				case image == "" || found[id] == elements[image]:
					if found[id] {
						equal++
					}
				case found[id]:
					t.Errorf("%s: %s is among %T(%v), but %q is not in %v", s.way, c.values[id-1], a, a, image, elements)
				default:
					t.Errorf("%s: %s is not among %T(%v), but %q is in %v", s.way, c.values[id-1], a, a, image, elements)
				}
			}
		}
	}
	if accepted < 5*len(all) || equal < len(all) {
		t.Errorf("arrays were accepted %d times, and %d times a value was among them", accepted, equal)
	}
	t.Logf("accepted %d times, equal %d times", accepted, equal)
}

// canonicalElements returns the canonical texts of the elements, as the driver gets
// the array. False is returned where one has none.
func canonicalElements(column *dialect.Column, driverName string, a any) (map[string]bool, bool) {
	nv := driver.NamedValue{Ordinal: 1, Value: a}
	name := "*github.com/jackc/pgx/v5/stdlib.Driver"
	if driverName == pq {
		name = "*github.com/lib/pq.Driver"
	}
	err := postgres.Dialect.ArgumentChecker(name).CheckNamedValue(&nv)
	if errors.Is(err, driver.ErrSkip) {
		nv.Value, err = driver.DefaultParameterConverter.ConvertValue(nv.Value)
	}
	if err != nil || nv.Value == nil {
		return nil, false
	}
	elements, ok := postgres.Dialect.Elements(column, nv.Value)
	texts := map[string]bool{}
	for _, e := range elements {
		text := canonical(column, e, dialect.SideArgument)
		ok = ok && text != ""
		texts[text] = true
	}
	return texts, ok
}
