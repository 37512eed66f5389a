package result

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestHitsCannotBePoisoned writes to all memory that a program can reach, and
// then reads the result again.
func TestHitsCannotBePoisoned(t *testing.T) {
	t.Parallel()
	a := drivertest.Answer{
		Columns: drivertest.Columns("a", "b"), Reuse: true,
		Rows: [][]driver.Value{{[]byte("first"), []byte("second")}, {[]byte("third"), []byte{}}},
	}
	for _, columns := range []int{0, 7, 15, 31} { // more columns take other cursors
		a := a
		for i := range columns {
			a.Columns = append(slices.Clip(a.Columns), drivertest.Columns(fmt.Sprint("c", i))...)
			rows := [][]driver.Value{}
			for _, row := range a.Rows {
				rows = append(rows, append(slices.Clip(row), []byte("more")))
			}
			a.Rows = rows
		}
		r := recorded(t, a)
		for name, r := range map[string]*Result{"recorded": r, "decoded": reread(t, r)} {
			want := observe(t, r.Rows(), -1)
			vandalize(t, r.Rows())
			if got := observe(t, r.Rows(), -1); got != want {
				t.Errorf("%s, %d columns: after writing:\n%s\nwant:\n%s", name, len(a.Columns), got, want)
			}
		}
	}
}

// vandalize writes to everything that rows hand out.
func vandalize(t *testing.T, rows driver.Rows) {
	t.Helper()
	db := handOut(rows)
	defer db.Close()
	r, err := db.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		raw := make([]sql.RawBytes, len(columns))
		dest := make([]any, len(columns))
		for i := range raw {
			dest[i] = &raw[i]
		}
		if err := r.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			if len(raw[i]) != cap(raw[i]) {
				t.Errorf("there is room behind the bytes of column %d", i)
			}
			for j := range raw[i] {
				raw[i][j] = '!'
			}
		}
	}
	for i := range columns {
		columns[i] = "poison"
	}
}

// TestBytesOutliveTheRow shows that a program may keep bytes that it should not
// keep: they are not overwritten by the next row, nor by Close.
func TestBytesOutliveTheRow(t *testing.T) {
	t.Parallel()
	r := values(t, []byte("one"), []byte("two"), []byte("six"))
	rows := r.Rows()
	var kept [][]byte
	dest := make([]driver.Value, 1)
	for rows.Next(dest) == nil {
		kept = append(kept, dest[0].([]byte))
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if got := string(bytes.Join(kept, []byte(" "))); got != "one two six" {
		t.Errorf("kept %q", got)
	}
}

func TestOneResultInManyGoroutines(t *testing.T) {
	t.Parallel()
	r := recorded(t, answers()["dynamic"].Answer)
	want := observe(t, r.Rows(), -1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				scribble(r.Rows())
				if got := observe(t, r.Rows(), -1); got != want {
					t.Errorf("%s\nwant:\n%s", got, want)
				}
				if _, err := r.AppendBinary(nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// scribble writes to what a cursor hands out.
func scribble(rows driver.Rows) {
	columns := rows.Columns()
	dest := make([]driver.Value, len(columns))
	for rows.Next(dest) == nil {
		for _, v := range dest {
			if b, ok := v.([]byte); ok {
				for i := range b {
					b[i] = '!'
				}
			}
		}
	}
	for i := range columns {
		columns[i] = "poison"
	}
}

func TestCursorEnds(t *testing.T) {
	t.Parallel()
	r := values(t, int64(1), int64(2))
	dest := make([]driver.Value, 1)
	rows := r.Rows()
	for range 2 {
		if err := rows.Next(dest); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := rows.Next(dest); err != io.EOF {
			t.Errorf("behind the last row: %v", err)
		}
	}
	rows = r.Rows()
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if err := rows.Next(dest); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}

// fresh is rows that make every text and value anew, as real drivers do.
type fresh struct {
	rows, columns, at int
	value             func(row, column int) driver.Value
	prefix            string // of the column names
}

func (f *fresh) Columns() []string {
	names := make([]string, f.columns)
	for i := range names {
		names[i] = fmt.Sprintf("%scolumn_%d", f.prefix, i)
	}
	return names
}

func (f *fresh) Close() error { return nil }

func (f *fresh) Next(dest []driver.Value) error {
	if f.at == f.rows {
		return io.EOF
	}
	for i := range dest {
		dest[i] = f.value(f.at, i)
	}
	f.at++
	return nil
}

func (f *fresh) ColumnTypeScanType(int) reflect.Type           { return anyType }
func (f *fresh) ColumnTypeDatabaseTypeName(int) string         { return strings.Clone("VARCHAR") }
func (f *fresh) ColumnTypeNullable(int) (nullable, known bool) { return true, true }

// mixed are values of the usual types.
func mixed(row, column int) driver.Value {
	switch column % 8 {
	case 0:
		return int64(1000 + row)
	case 1:
		return fmt.Sprintf("name %d", row)
	case 2:
		return fmt.Sprintf("user%d@example.com", row)
	case 3:
		return row%2 == 0
	case 4:
		return time.Unix(int64(row), 0).UTC()
	case 5:
		return float64(row) + 0.5
	case 6:
		return []byte(fmt.Sprintf("some bytes of row %d", row))
	default:
		return nil
	}
}

// nulls has types that differ from row to row where the driver is dynamic.
type nulls struct{ fresh }

func (n *nulls) ColumnTypeScanType(i int) reflect.Type {
	if n.at == 0 {
		return nil
	}
	return reflect.TypeOf(n.value(n.at-1, i))
}

// TestSizeIsFair compares what results say with what the heap says.
func TestSizeIsFair(t *testing.T) { // not parallel: it measures
	texts := func(int, int) driver.Value { return strings.Repeat("x", 1000) }
	ints := func(r, c int) driver.Value { return int64(1000*r + c) }
	sometimes := func(r, c int) driver.Value {
		if (r+c)%2 == 0 {
			return nil
		}
		return int64(1000 + r)
	}
	made := 0
	part, least, most := 1, 0.8, 1.25
	// With 32 bits numbers share their 16 byte blocks with passing garbage.
	if raceDetector || strconv.IntSize == 32 {
		part, least, most = 10, 0.6, 1.5
	}
	for _, test := range []struct {
		name string
		n    int
		make func() driver.Rows
	}{
		{"one row", 10_000, func() driver.Rows { return &fresh{rows: 1, columns: 8, value: mixed} }},
		{"a shape of its own", 10_000, func() driver.Rows {
			made++
			return &fresh{rows: 1, columns: 8, value: mixed, prefix: fmt.Sprint(made)}
		}},
		{"no rows", 10_000, func() driver.Rows { return &fresh{columns: 8, value: mixed} }},
		{"one value", 10_000, func() driver.Rows { return &fresh{rows: 1, columns: 1, value: ints} }},
		{"50 rows", 500, func() driver.Rows { return &fresh{rows: 50, columns: 8, value: mixed} }},
		{"long texts", 500, func() driver.Rows { return &fresh{rows: 10, columns: 2, value: texts} }},
		{"many rows", 20, func() driver.Rows { return &fresh{rows: 5000, columns: 3, value: ints} }},
		{"dynamic", 200, func() driver.Rows { return &nulls{fresh{rows: 100, columns: 4, value: sometimes}} }},
	} {
		for _, decoded := range []bool{false, true} {
			kept := make([]*Result, max(test.n/part, 10))
			said := 0
			before := heap()
			for i := range kept {
				r, _ := Record(test.make(), Limits{})
				if decoded {
					b, err := r.AppendBinary(nil)
					if err != nil {
						t.Fatal(err)
					}
					if r, err = Decode(b); err != nil {
						t.Fatal(err)
					}
				}
				kept[i] = r
				said += r.Size()
			}
			used := int(heap() - before)
			runtime.KeepAlive(kept)
			ratio := float64(said) / float64(used)
			t.Logf("%s, decoded %v: said %d, used %d each: %.2f", test.name, decoded, said/len(kept), used/len(kept), ratio)
			if ratio < least || ratio > most {
				t.Errorf("%s, decoded %v: said %d of %d bytes", test.name, decoded, said, used)
			}
		}
	}
}

// heap is what is in use after all garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAllocationsOfAHit counts what a hit takes besides the program's own.
func TestAllocationsOfAHit(t *testing.T) { // not parallel: it measures
	without := func(row, column int) driver.Value {
		if v := mixed(row, column); column != 6 {
			return v
		}
		return "text"
	}
	for _, test := range []struct {
		name    string
		columns int
		value   func(row, column int) driver.Value
		want    float64
	}{
		{"8 columns", 8, without, 1},
		{"16 columns", 16, func(int, int) driver.Value { return "x" }, 1},
		{"32 columns", 32, func(int, int) driver.Value { return "x" }, 1},
		{"33 columns", 33, func(int, int) driver.Value { return "x" }, 2},
		// For each of 50 rows one piece of memory and one slice.
		{"bytes", 8, mixed, 1 + 50*2},
	} {
		r, _ := Record(&fresh{rows: 50, columns: test.columns, value: test.value}, Limits{})
		dest := make([]driver.Value, test.columns)
		got := testing.AllocsPerRun(100, func() {
			rows := r.Rows()
			_ = rows.Columns()
			for rows.Next(dest) == nil {
			}
		})
		if got != test.want {
			t.Errorf("%s: %v allocations, want %v", test.name, got, test.want)
		}
	}
}

// TestCut: what is left is what would have been recorded without the columns
// that are cut off, to the last answer about a type.
func TestCut(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		if !a.whole || len(a.Columns) == 0 {
			continue
		}
		more := a.Answer
		more.Columns = append(slices.Clone(a.Columns), static("ours", 2), static("too", 3))
		more.Rows = make([][]driver.Value, len(a.Rows))
		for i, row := range a.Rows {
			more.Rows[i] = append(slices.Clone(row), int64(i), []byte("image"))
		}
		plain, _ := open(t, a.Answer, drivertest.OnRows)
		wide, _ := open(t, more, drivertest.OnRows)
		want, _ := Record(plain, Limits{})
		r, _ := Record(wide, Limits{})
		got, cut, err := r.Cut(2)
		if err != nil {
			t.Fatal(err)
		}
		if len(cut) != len(a.Rows) {
			t.Errorf("%s: %d rows were cut", name, len(cut))
		}
		for i, row := range cut {
			if len(row) != 2 || row[0] != int64(i) || string(row[1].([]byte)) != "image" {
				t.Errorf("%s: row %d: cut off %v", name, i, row)
			}
		}
		if g, w := observe(t, got.Rows(), 1000), observe(t, want.Rows(), 1000); g != w {
			t.Errorf("%s: left\n%s\nwant\n%s", name, g, w)
		}
		if got.Len() != want.Len() || got.hasBytes != want.hasBytes {
			t.Errorf("%s: %d rows, bytes %v", name, got.Len(), got.hasBytes)
		}
	}
	rows, _ := open(t, drivertest.Answer{Columns: []drivertest.Column{static("a", 1)}}, drivertest.OnRows)
	r, _ := Record(rows, Limits{})
	if _, _, err := r.Cut(2); err == nil {
		t.Error("more columns were cut than there are")
	}
}
