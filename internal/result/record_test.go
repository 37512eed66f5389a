package result

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// odd is a value that no driver should return, and that cannot be kept.
type odd struct{ n int }

// static is a column with an answer to every question.
func static(name string, i int64) drivertest.Column {
	return drivertest.Column{
		Name: name, ScanType: reflect.TypeFor[sql.NullInt64](), DatabaseTypeName: "INT" + name,
		Length: 10 + i, HasLength: i%2 == 0, Nullable: i%2 == 1, HasNullable: i%3 == 0,
		Precision: 20 + i, Scale: i, HasPrecisionScale: i%2 == 1,
	}
}

var berlin = mustLoad("Europe/Berlin")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// answers are results of every shape. Whole tells whether all of it can be kept.
func answers() map[string]struct {
	drivertest.Answer
	whole bool
} {
	two := []drivertest.Column{static("a", 0), static("b", 1)}
	rows := func(vs ...driver.Value) (list [][]driver.Value) {
		for _, v := range vs {
			list = append(list, []driver.Value{v, v})
		}
		return list
	}
	moment := time.Date(2024, 7, 1, 12, 0, 0, 7, time.UTC)
	every := rows(nil, int64(1), int64(-1<<63), 1.5, true, false, "text", "", []byte("bytes"), []byte{}, []byte(nil),
		moment, moment.Local(), moment.In(berlin), time.Time{},
		int(-3), int8(-4), int16(-5), int32(-6), uint(3), uint8(4), uint16(5), uint32(6), uint64(1<<63), float32(0.5))
	type answer = struct {
		drivertest.Answer
		whole bool
	}
	return map[string]answer{
		"no rows":     {drivertest.Answer{Columns: two}, true},
		"no columns":  {drivertest.Answer{Rows: [][]driver.Value{{}, {}, {}}}, true},
		"every value": {drivertest.Answer{Columns: two, Rows: every}, true},
		"dynamic":     {drivertest.Answer{Columns: two, Rows: every, Dynamic: true}, true},
		"dynamic, one column": {drivertest.Answer{
			Columns: two, Dynamic: true,
			Rows: [][]driver.Value{{int64(1), "x"}, {nil, "y"}, {int64(2), "z"}, {2.5, []byte("z")}},
		}, true},
		"reused buffers": {drivertest.Answer{
			Columns: two, Reuse: true,
			Rows: [][]driver.Value{{[]byte("one"), []byte("two")}, {[]byte("three"), []byte{}}, {[]byte("x"), nil}},
		}, true},
		"error at once":     {drivertest.Answer{Columns: two, RowsErr: driver.ErrBadConn}, false},
		"error behind rows": {drivertest.Answer{Columns: two, Rows: rows("x", "y"), RowsErr: io.ErrUnexpectedEOF}, false},
		"error, and on closing": {drivertest.Answer{
			Columns: two, Rows: rows("x"), RowsErr: io.ErrUnexpectedEOF, CloseErr: io.ErrClosedPipe,
		}, false},
		"error on closing": {drivertest.Answer{Columns: two, Rows: rows("x"), CloseErr: io.ErrClosedPipe}, false},
		"error on closing, bad": {drivertest.Answer{
			Columns: two, Rows: rows("x"), CloseErr: fmt.Errorf("gone: %w", driver.ErrBadConn),
		}, false},
		"odd at once":     {drivertest.Answer{Columns: two, Rows: rows(odd{1}, "x")}, false},
		"odd behind rows": {drivertest.Answer{Columns: two, Rows: rows("x", odd{2}, odd{3}, "y"), Dynamic: true}, false},
		"odd, then error": {drivertest.Answer{Columns: two, Rows: rows(odd{4}), RowsErr: io.ErrNoProgress}, false},
		"more sets": {drivertest.Answer{
			Columns: two, Rows: rows("x"), Dynamic: true,
			More: []drivertest.Answer{
				{Columns: []drivertest.Column{static("c", 2)}, Rows: [][]driver.Value{{"z"}, {nil}}, Dynamic: true},
				{Columns: drivertest.Columns("d", "e", "f")},
				{Columns: two, Rows: rows("w"), RowsErr: io.ErrShortBuffer},
			},
		}, false},
	}
}

// open returns the rows of an answer as a driver with those capabilities has
// them, and the driver.
func open(t *testing.T, a drivertest.Answer, set drivertest.Capability) (driver.Rows, *drivertest.Driver) {
	t.Helper()
	d := drivertest.New(drivertest.Config{
		Capabilities: set | drivertest.QueryerContext, Answers: map[string]drivertest.Answer{"q": a},
	})
	c, err := d.Connector().Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.(driver.QueryerContext).QueryContext(t.Context(), "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows, d
}

// observe reads rows to the end through database/sql and writes down all that a
// program can see.
func observe(t *testing.T, rows driver.Rows, stop int) string {
	t.Helper()
	db := handOut(rows)
	defer db.Close()
	var b strings.Builder
	r, err := db.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	types := func() {
		list, err := r.ColumnTypes()
		fmt.Fprintln(&b, " types", err)
		for _, c := range list {
			length, hasLength := c.Length()
			nullable, hasNullable := c.Nullable()
			precision, scale, hasDecimal := c.DecimalSize()
			fmt.Fprintln(&b, "  ", c.Name(), c.ScanType(), c.DatabaseTypeName(), length, hasLength,
				nullable, hasNullable, precision, scale, hasDecimal)
		}
	}
	n := 0
	for set := true; set; set = r.NextResultSet() {
		columns, err := r.Columns()
		fmt.Fprintln(&b, "columns", columns, err)
		types()
		for n != stop && r.Next() {
			n++
			values := make([]any, len(columns))
			dest := make([]any, len(columns))
			for i := range values {
				dest[i] = &values[i]
			}
			fmt.Fprintln(&b, "row", r.Scan(dest...))
			for _, v := range values {
				fmt.Fprintf(&b, "   %#v", v)
				if x, ok := v.(time.Time); ok {
					fmt.Fprint(&b, " ", x)
				}
			}
			types()
		}
		fmt.Fprintln(&b, "end", r.Err())
		if n == stop {
			stop = -1
		}
	}
	fmt.Fprintln(&b, "close", r.Close(), r.Err(), errors.Is(r.Err(), driver.ErrBadConn))
	return b.String()
}

// TestRecordIsTransparent compares, for every shape of answer, set of optional
// interfaces, limit, and place where the program stops early, what a program
// sees of the recorded rows with what it sees of the driver's.
func TestRecordIsTransparent(t *testing.T) {
	t.Parallel()
	var sets []drivertest.Capability
	for _, c := range drivertest.Matrix() {
		if set := c.Set & drivertest.OnRows; !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	limits := []Limits{{}, {Rows: 1}, {Rows: 2}, {Bytes: 1}, {Bytes: 900}, {Bytes: 1 << 20, Rows: 1 << 20}}
	for name, a := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, set := range sets {
				for _, stop := range []int{-1, 0, 1, 2, 3} {
					inner, _ := open(t, a.Answer, set)
					want := observe(t, inner, stop)
					for _, limit := range limits {
						inner, d := open(t, a.Answer, set)
						r, rest := Record(inner, limit)
						if (r == nil) == (rest == nil) {
							t.Fatalf("limit %+v: result %v and rest %v", limit, r, rest)
						}
						times := 1
						if r != nil {
							times = 2 // the miss, and a hit
						}
						for range times {
							shown := rest
							if r != nil {
								shown = r.Rows()
							}
							if got := observe(t, shown, stop); got != want {
								t.Fatalf("%v, limit %+v, stop %d:\n%s\nwant:\n%s", set, limit, stop, got, want)
							}
						}
						if n, open := d.Count(drivertest.OpRowsClose), d.Open().Rows; n != 1 || open != 0 {
							t.Fatalf("%v, limit %+v: the driver's rows were closed %d times", set, limit, n)
						}
						// Without the interface nobody can see further sets.
						whole := a.whole || len(a.More) > 0 && !set.Has(drivertest.NextResultSet)
						if limit == (Limits{}) && whole != (r != nil) {
							t.Fatalf("%v: recorded %v, want %v", set, r != nil, whole)
						}
					}
				}
			}
		})
	}
}

func TestRecordKeepsItsLimits(t *testing.T) {
	t.Parallel()
	a := drivertest.Answer{Columns: drivertest.Columns("a")}
	for range 50 {
		a.Rows = append(a.Rows, []driver.Value{strings.Repeat("x", 100)})
	}
	inner, _ := open(t, a, drivertest.None)
	whole, _ := Record(inner, Limits{})
	for _, test := range []struct {
		limit Limits
		kept  bool
		reads int // rows that were read before the program asked
	}{
		{Limits{}, true, 51},
		{Limits{Bytes: -1, Rows: -1}, true, 51},
		{Limits{Rows: 50}, true, 51},
		{Limits{Rows: 49}, false, 50},
		{Limits{Bytes: whole.Size()}, true, 51},
		{Limits{Bytes: whole.Size() - 1}, false, 51},
		{Limits{Bytes: whole.Size() / 2}, false, 25},
		{Limits{Bytes: 1}, false, 0},
	} {
		inner, d := open(t, a, drivertest.None)
		r, rest := Record(inner, test.limit)
		if (r != nil) != test.kept {
			t.Errorf("%+v: kept %v", test.limit, r != nil)
		}
		if reads := d.Count(drivertest.OpNext); reads > test.reads {
			t.Errorf("%+v: %d reads ahead, want at most %d", test.limit, reads, test.reads)
		}
		if r != nil && r.Len() != 50 {
			t.Errorf("%+v: %d rows", test.limit, r.Len())
		}
		if rest != nil {
			if err := rest.Close(); err != nil {
				t.Error(err)
			}
		}
		if open := d.Open().Rows; open != 0 {
			t.Errorf("%+v: rows left open", test.limit)
		}
	}
}

// shaky answers the questions about columns differently in every row, or panics
// at one row.
type shaky struct {
	at, rows, panicAt int
}

func (s *shaky) Columns() []string { return []string{"a"} }
func (s *shaky) Close() error      { return nil }

func (s *shaky) Next(dest []driver.Value) error {
	if s.at == s.rows {
		return io.EOF
	}
	s.at++
	dest[0] = int64(s.at)
	return nil
}

func (s *shaky) ColumnTypeLength(int) (int64, bool) {
	if s.at == s.panicAt {
		panic("shaky")
	}
	return int64(s.at), true
}

func TestRecordSurvivesShakyColumnTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows shaky
		kept bool
	}{
		{"panics before the first row", shaky{rows: 3, panicAt: 0}, false},
		{"panics at a row", shaky{rows: 3, panicAt: 2}, false},
		{"as many answers as are kept", shaky{rows: maxOthers, panicAt: -1}, true},
		{"more answers than are kept", shaky{rows: maxOthers + 1, panicAt: -1}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inner := test.rows
			r, rows := Record(&inner, Limits{})
			if (r != nil) != test.kept {
				t.Fatalf("kept %v", r != nil)
			}
			if r != nil {
				rows = r.Rows()
			}
			dest := make([]driver.Value, 1)
			for i := range test.rows.rows + 1 {
				if i > 0 {
					if err := rows.Next(dest); err != nil || dest[0] != int64(i) {
						t.Fatalf("row %d: %v, %v", i, dest, err)
					}
				}
				length, panicked := lengthOf(rows)
				if want := i == test.rows.panicAt; panicked != want || !panicked && length != int64(i) {
					t.Fatalf("row %d: length %d, panicked %v", i, length, panicked)
				}
			}
			if err := rows.Next(dest); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// lengthOf asks for the length of the first column, and whether that panics.
func lengthOf(rows driver.Rows) (length int64, panicked bool) {
	defer func() { panicked = recover() != nil }()
	length, _ = rows.(driver.RowsColumnTypeLength).ColumnTypeLength(0)
	return length, false
}

// renaming is rows that use the slice of their column names for something else
// from the first row on.
type renaming struct {
	plain
}

func (r *renaming) Next(dest []driver.Value) error {
	for i := range r.columns {
		r.columns[i] = "renamed"
	}
	return r.plain.Next(dest)
}

func TestRecordCopiesTheColumnNames(t *testing.T) {
	t.Parallel()
	r, _ := Record(&renaming{*people(1)}, Limits{})
	if got, want := r.Rows().Columns(), people(0).columns; !slices.Equal(got, want) {
		t.Errorf("columns %v, want %v", got, want)
	}
}

// TestRestHasOneError shows that rest does not ask the driver for rows behind
// its error.
func TestRestHasOneError(t *testing.T) {
	t.Parallel()
	inner, d := open(t, answers()["error behind rows"].Answer, drivertest.OnRows)
	_, rest := Record(inner, Limits{})
	dest := make([]driver.Value, 2)
	for i := range 4 {
		want := io.ErrUnexpectedEOF
		if i < 2 {
			want = nil
		}
		if err := rest.Next(dest); !errors.Is(err, want) {
			t.Errorf("row %d: %v, want %v", i, err, want)
		}
	}
	if n := d.Count(drivertest.OpNext); n != 3 {
		t.Errorf("the driver was asked %d times, want 3", n)
	}
	if err := rest.Close(); err != nil {
		t.Error(err)
	}
}

// TestRestAfterClose shows that rest may be asked anything after it was closed.
func TestRestAfterClose(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		for _, limit := range []Limits{{}, {Rows: 1}, {Bytes: 1}} {
			inner, d := open(t, a.Answer, drivertest.OnRows)
			r, rows := Record(inner, limit)
			if r != nil {
				rows = r.Rows()
			}
			dest := make([]driver.Value, len(rows.Columns()))
			_ = rows.Next(dest)
			_ = rows.Close()
			if err := rows.Next(dest); err == nil {
				t.Errorf("%s, %+v: a row after Close", name, limit)
			}
			if n, ok := rows.(driver.RowsNextResultSet); ok && (n.HasNextResultSet() || n.NextResultSet() == nil) {
				t.Errorf("%s, %+v: a result set after Close", name, limit)
			}
			p := newProber(rows)
			for i := range rows.Columns() {
				p.column(i)
			}
			if err := rows.Close(); err != nil {
				t.Errorf("%s, %+v: closed again: %v", name, limit, err)
			}
			if n := d.Count(drivertest.OpRowsClose); n != 1 {
				t.Errorf("%s, %+v: the driver's rows were closed %d times", name, limit, n)
			}
		}
	}
}
