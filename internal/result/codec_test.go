package result

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// recorded returns the result of an answer.
func recorded(t testing.TB, a drivertest.Answer) *Result {
	t.Helper()
	d := drivertest.New(drivertest.Config{
		Capabilities: drivertest.Modern, Answers: map[string]drivertest.Answer{"q": a},
	})
	c, err := d.Connector().Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.(driver.QueryerContext).QueryContext(t.Context(), "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := Record(rows, Limits{})
	if r == nil {
		t.Fatal("the answer cannot be kept")
	}
	return r
}

// values records one column of values.
func values(t testing.TB, vs ...driver.Value) *Result {
	t.Helper()
	a := drivertest.Answer{Columns: []drivertest.Column{{Name: "v"}}}
	for _, v := range vs {
		a.Rows = append(a.Rows, []driver.Value{v})
	}
	return recorded(t, a)
}

// reread writes a result as bytes and reads them.
func reread(t testing.TB, r *Result) *Result {
	t.Helper()
	b, err := r.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b) // nothing may be left of it
	return got
}

// same compares two values as a program could: also the type, the bits of a
// float, nil and empty bytes, and a time with its location.
func same(a, b driver.Value) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	case float32:
		y, ok := b.(float32)
		return ok && math.Float32bits(x) == math.Float32bits(y)
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y) && (x == nil) == (y == nil)
	case time.Time:
		y, ok := b.(time.Time)
		if !ok || !x.Equal(y) || x.Location().String() != y.Location().String() {
			return false
		}
		xa, xo := x.Zone()
		ya, yo := y.Zone()
		xs, xe := x.ZoneBounds()
		ys, ye := y.ZoneBounds()
		return xa == ya && xo == yo && xs.Equal(ys) && xe.Equal(ye) &&
			x.Format(time.RFC3339Nano) == y.Format(time.RFC3339Nano) &&
			(x.Location() == time.Local) == (y.Location() == time.Local) &&
			(x.Location() == time.UTC) == (y.Location() == time.UTC)
	default:
		return a == b
	}
}

// difference tells the first difference between two results, or nothing.
func difference(a, b *Result) string {
	if !slices.Equal(a.shape.columns, b.shape.columns) || !slices.Equal(a.shape.types, b.shape.types) {
		return fmt.Sprintf("shapes %+v and %+v", a.shape, b.shape)
	}
	if a.rows != b.rows || len(a.values) != len(b.values) || a.hasBytes != b.hasBytes {
		return fmt.Sprintf("%d and %d rows, %d and %d values", a.rows, b.rows, len(a.values), len(b.values))
	}
	for i := range a.values {
		if !same(a.values[i], b.values[i]) {
			return fmt.Sprintf("value %d: %#v and %#v", i, a.values[i], b.values[i])
		}
		row, col := i/len(a.shape.columns), i%len(a.shape.columns)
		if x, y := *a.columnType(row, col), *b.columnType(row, col); x != y {
			return fmt.Sprintf("type of value %d: %+v and %+v", i, x, y)
		}
	}
	return ""
}

func TestRoundTripOfAnswers(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		if !a.whole {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recorded(t, a.Answer)
			got := reread(t, r)
			if d := difference(r, got); d != "" {
				t.Error(d)
			}
			// A program sees the same through database/sql.
			if want, got := observe(t, r.Rows(), -1), observe(t, got.Rows(), -1); got != want {
				t.Errorf("\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestRoundTripOfValues(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 7, 1, 12, 0, 0, 123456789, time.UTC)
	for _, v := range []driver.Value{
		nil, true, false,
		int64(0), int64(255), int64(256), int64(-1), int64(math.MaxInt64), int64(math.MinInt64),
		int(math.MaxInt), int(math.MinInt), int8(-128), int8(127), int16(-1 << 15), int32(-1 << 31), int32(1<<31 - 1),
		uint(math.MaxUint), uint8(255), uint16(1<<16 - 1), uint32(1<<32 - 1), uint64(math.MaxUint64),
		0.0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff8dead00000001), 1e-320,
		float32(0.1), float32(math.Inf(-1)), math.Float32frombits(0x7fc00123),
		"", "text", "nul\x00 and \xff not UTF-8", strings.Repeat("long", 1000),
		[]byte(nil), []byte{}, []byte("bytes"), bytes.Repeat([]byte{0}, 1000),
		noon, time.Time{}, time.Unix(0, 0).UTC(), time.Unix(-1, 999999999).UTC(), time.Unix(1<<40, 0).UTC(), time.Unix(-1<<40, 1).UTC(),
		noon.Local(), time.Time{}.Local(), time.Now(),
		noon.In(berlin), noon.AddDate(0, 6, 0).In(berlin), time.Date(1900, 1, 1, 0, 0, 0, 0, berlin),
		noon.In(mustLoad("CET")), noon.In(mustLoad("EST")), noon.In(mustLoad("Etc/GMT+5")), noon.In(mustLoad("Asia/Kathmandu")),
		noon.In(time.FixedZone("", 7200)), noon.In(time.FixedZone("CEST", 7200)), noon.In(time.FixedZone("UTC", 0)),
		noon.In(time.FixedZone("Local", -3600)), noon.In(time.FixedZone("odd", -12345)), noon.In(time.FixedZone("", 0)),
	} {
		t.Run(fmt.Sprintf("%T %.20v", v, v), func(t *testing.T) {
			t.Parallel()
			r := values(t, v, v)
			got := reread(t, r)
			for i := range 2 {
				if x := got.row(i)[0]; !same(v, x) {
					t.Errorf("%#v became %#v", v, x)
				}
			}
			if x, ok := v.(time.Time); ok && (x.Location() == time.UTC || x.Location() == time.Local) {
				// Even == holds, but for the monotonic clock that is not kept.
				if got.row(0)[0] != x.Round(0) {
					t.Errorf("%#v != %#v", got.row(0)[0], x)
				}
			}
		})
	}
}

// TestNamedZoneStaysOne shows that a time in a named zone still knows the rules
// of the zone, not only the offset of that moment.
func TestNamedZoneStaysOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "CET"} {
		summer := time.Date(2024, 7, 1, 12, 0, 0, 0, mustLoad(name))
		winter := time.Date(2024, 1, 1, 12, 0, 0, 0, mustLoad(name)) // named CET, as a fixed zone would be
		got := reread(t, values(t, summer, winter))
		for i, v := range []time.Time{summer, winter} {
			x := got.row(i)[0].(time.Time)
			if want, got := v.AddDate(0, 6, 0).String(), x.AddDate(0, 6, 0).String(); got != want {
				t.Errorf("half a year later it is %s, want %s", got, want)
			}
		}
	}
}

func TestRoundTripOfScanTypes(t *testing.T) {
	t.Parallel()
	a := drivertest.Answer{}
	for i, typ := range scanTypes {
		c := static(fmt.Sprint(i), int64(i))
		c.ScanType = typ
		a.Columns = append(a.Columns, c)
	}
	if len(scanCodes) != len(scanTypes) {
		t.Errorf("%d codes for %d types: one comes twice", len(scanCodes), len(scanTypes))
	}
	r := recorded(t, a)
	if d := difference(r, reread(t, r)); d != "" {
		t.Error(d)
	}
}

// TestFormIsFixed fails when the byte form changes: then it needs a new version,
// because entries of the old one are still in stores.
func TestFormIsFixed(t *testing.T) {
	t.Parallel()
	r := recorded(t, drivertest.Answer{
		Columns: []drivertest.Column{static("a", 0), static("b", 1)}, Dynamic: true,
		Rows: [][]driver.Value{{int64(-3), "x"}, {nil, time.Unix(1, 2).In(time.FixedZone("z", 60))}, {true, []byte("y")}},
	})
	got, err := r.AppendBinary([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "before\xca\x01\x02\x01a\x01b" +
		"\x00\x04\x04INTa\x00\x28\x00" + "\x00\x0a\x04INTb\x00\x2a\x02" +
		"\x05" + "\x07\x04\x04INTa\x00\x28\x00" + "\x0f\x0b\x04INTb\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x2a\x02" +
		"\x11\x0a\x04INTb\x00\x2a\x02" + "\x02\x04\x04INTa\x00\x28\x00" + "\x10\x0b\x04INTb\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x2a\x02" +
		"\x03" + "\x01\x02\x00\x03\x04\x05" +
		"\x03\x05" + "\x05\x01x" + "\x00" + "\x09\x02\x02\x00\x00\x01z\x01z\x78" + "\x02" + "\x06\x01y"
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestNotStorable(t *testing.T) {
	t.Parallel()
	zones := make([]driver.Value, maxZones+1)
	for i := range zones {
		zones[i] = time.Unix(0, 0).In(time.FixedZone("z", i))
	}
	custom, err := time.LoadLocationFromTZData("Europe/Nowhere", zoneData(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := time.LoadLocationFromTZData("Asia/Kathmandu", zoneData(t))
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	type refused struct {
		r    *Result
		want string
	}
	tests := map[string]refused{
		"scan type": {recorded(t, drivertest.Answer{
			Columns: []drivertest.Column{{ScanType: reflect.TypeFor[url.URL]()}},
		}), "url.URL"},
		"scan type of a row": {recorded(t, drivertest.Answer{
			Columns: drivertest.Columns("a"), Rows: [][]driver.Value{{int64(1)}},
		}).withType(reflect.TypeFor[sql.Out]()), "sql.Out"},
		"zones":       {values(t, zones...), "64"},
		"custom zone": {values(t, noon.In(custom)), "Europe/Nowhere"},
		"wrong zone":  {values(t, noon.In(wrong)), "Asia/Kathmandu"},
	}
	if wide := int64(math.MaxInt32 + 1); int64(int(wide)) == wide { // where an int can hold it
		tests["wide zone"] = refused{values(t, time.Unix(0, 0).In(time.FixedZone("z", int(wide)))), "2147483648"}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := test.r.AppendBinary([]byte("before"))
			if !errors.Is(err, ErrNotStorable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %s", err, test.want)
			}
			if string(b) != "before" {
				t.Errorf("wrote %q", b)
			}
		})
	}
	if _, err := values(t, zones[:maxZones]...).AppendBinary(nil); err != nil {
		t.Errorf("%d zones: %v", maxZones, err)
	}
}

// withType gives every value but the first row's questions another scan type.
func (r *Result) withType(typ reflect.Type) *Result {
	changed := *r
	changed.changes = &typeChanges{others: []columnType{{scan: typ}}, kinds: make([]uint16, len(r.values))}
	for i := range changed.changes.kinds {
		changed.changes.kinds[i] = 1
	}
	return &changed
}

// zoneData is the data of a time zone, to make locations of other names with.
func zoneData(t *testing.T) []byte {
	t.Helper()
	// One zone "XST", one hour east, that began in 1970.
	data := []byte("TZif\x00" + strings.Repeat("\x00", 15) +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04")
	data = append(data, 0, 0, 0, 0, 0)          // one transition, at 0, to zone 0
	data = append(data, 0, 0, 0x0e, 0x10, 0, 0) // the zone
	return append(data, "XST\x00"...)
}

// form builds bytes for Decode.
func form(parts ...any) []byte {
	var e encoder
	for _, p := range parts {
		switch x := p.(type) {
		case int:
			e.uint(x)
		case string:
			e.b = append(e.b, x...)
		}
	}
	return e.b
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const head = "\xca\x01"
	const typ = "\x00\x00\x00\x00\x00\x00" // the shortest column type
	one := head + "\x01\x00" + typ         // one column without a name
	huge := string(form(math.MaxInt))
	for name, test := range map[string]struct{ b, want string }{
		"nothing":              {"", "too short"},
		"another magic":        {"\xcb\x01", "version"},
		"another version":      {"\xca\x02\x00\x00\x00", "version"},
		"only the head":        {head, "bad number"},
		"trailing bytes":       {head + "\x00\x00\x00" + "x", "trailing"},
		"many columns":         {head + huge, "does not fit"},
		"columns that overrun": {head + "\x02\x00\x00" + typ, "does not fit"},
		"long name":            {head + "\x01" + huge + typ, "does not fit"},
		"unknown scan type":    {head + "\x01\x00" + "\xff\x00\x00\x00\x00\x00", "scan type"},
		"unknown flag":         {head + "\x01\x00" + "\x00\x10\x00\x00\x00\x00", "flags"},
		"many other types":     {one + huge, "does not fit"},
		"too many other types": {one + string(form(maxOthers+1)) + strings.Repeat(typ, maxOthers+1), "too many column types"},
		"many rows":            {one + "\x00" + huge, "does not fit"},
		"rows that overrun":    {one + "\x00\x02\x00", "does not fit"},
		"rows of no columns":   {head + "\x00\x00" + huge, "does not fit"},
		"a row of no columns":  {head + "\x00\x00\x01\x01", "has a value"},
		"missing kinds":        {one + "\x01" + typ + "\x01\x00", "does not fit"},
		"kind of no type":      {one + "\x01" + typ + "\x01\x02\x00", "no column type"},
		"number that overruns": {one + "\x00\x01\x03" + strings.Repeat("\x80", 11), "bad number"},
		"unknown value":        {one + "\x00\x01\xee", "kind of value"},
		"short float":          {one + "\x00\x01\x04\x00\x00", "too short"},
		"short float32":        {one + "\x00\x01\x13\x00\x00", "too short"},
		"long text":            {one + "\x00\x01\x05" + huge, "does not fit"},
		"long bytes":           {one + "\x00\x01\x06\x05xxxx", "does not fit"},
		"int8 out of range":    {one + "\x00\x01\x0b\x80\x02", "out of range"},
		"int32 out of range":   {one + "\x00\x01\x0d\x80\x80\x80\x80\x10", "out of range"},
		"uint8 out of range":   {one + "\x00\x01\x0f\x80\x02", "out of range"},
		"uint32 out of range":  {one + "\x00\x01\x11\x80\x80\x80\x80\x10", "out of range"},
		"nanoseconds":          {one + "\x00\x01\x08\x00\x80\x94\xeb\xdc\x03", "nanoseconds"},
		"zone that is missing": {one + "\x00\x01\x09\x00\x00\x01\x00\x00\x00\x00", "no time zone"},
		"zone of no kind":      {one + "\x00\x01\x09\x00\x00\x00\x03\x00\x00\x00", "not known here"},
		"zone of two names":    {one + "\x00\x01\x09\x00\x00\x00\x00\x01a\x01b\x00", "not known here"},
		"zone out of range":    {one + "\x00\x01\x09\x00\x00\x00\x00\x00\x00\x80\x80\x80\x80\x20", "out of range"},
		"local zone elsewhere": {one + "\x00\x01\x09\x00\x00\x00\x01\x00\x03XYZ\x02", "another one here"},
		"named local zone":     {one + "\x00\x01\x09\x00\x00\x00\x01\x01a\x03XYZ\x02", "not known here"},
		"zone that is no name": {one + "\x00\x01\x09\x00\x00\x00\x02\x0c../../passwd\x00\x00", "not known here"},
		"zone called UTC":      {one + "\x00\x01\x09\x00\x00\x00\x02\x03UTC\x03UTC\x00", "not known here"},
		"zone with other rules": {
			one + "\x00\x01\x09\x00\x00\x00\x02\x0dEurope/Berlin\x03CET\x02", "another one here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Decode([]byte(test.b))
			if r != nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("result %v, error %v, want one about %q", r, err, test.want)
			}
		})
	}
}

// TestDecodeBoundsTheZones builds a result with as many zones as are allowed, and
// with one more.
func TestDecodeBoundsTheZones(t *testing.T) {
	t.Parallel()
	for _, n := range []int{maxZones, maxZones + 1} {
		b := form("\xca\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", n)
		for i := range n {
			// A time with a new zone, which has no name and one second more.
			b = append(b, byte(tagTimeZone), 0, 0)
			b = append(b, form(i)...)
			b = append(b, byte(zoneFixed), 0, 0)
			b = append(b, form(2*i)...)
		}
		r, err := Decode(b)
		if n <= maxZones && (err != nil || r.Len() != n) || n > maxZones && !errors.Is(err, ErrFormat) {
			t.Errorf("%d zones: %v", n, err)
		}
	}
}

// TestDecodeRefusesEveryPrefix cuts a result off at every byte.
func TestDecodeRefusesEveryPrefix(t *testing.T) {
	t.Parallel()
	b, err := recorded(t, answers()["dynamic"].Answer).AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if r, err := Decode(b[:n:n]); r != nil || !errors.Is(err, ErrFormat) {
			t.Fatalf("the first %d of %d bytes: %v, %v", n, len(b), r, err)
		}
	}
}

// TestTagsAreFixed pins the tags that the refused forms above are built with.
func TestTagsAreFixed(t *testing.T) {
	t.Parallel()
	if tagFloat32 != 19 || tagTimeZone != 9 || tagUint32 != 17 || tagInt8 != 11 {
		t.Error("the tags moved: the form needs a new version")
	}
}

// TestDecodeMemoryIsBounded decodes what takes the most memory for its length,
// and what claims to be longer than it is.
func TestDecodeMemoryIsBounded(t *testing.T) { // not parallel: it measures
	const typ = "\x00\x00\x00\x00\x00\x00"
	const head = "\xca\x01"
	one := head + "\x01\x00" + typ
	const n = 200_000
	count := string(form(n))
	for name, b := range map[string]string{
		"columns":      head + count + strings.Repeat("\x00", n) + strings.Repeat(typ, n) + "\x00\x00",
		"nils":         one + "\x00" + count + strings.Repeat("\x00", n),
		"small ints":   one + "\x00" + count + strings.Repeat("\x03\x00", n),
		"larger ints":  one + "\x00" + count + strings.Repeat("\x03\x80\x40", n),
		"short texts":  one + "\x00" + count + strings.Repeat("\x05\x01x", n),
		"short bytes":  one + "\x00" + count + strings.Repeat("\x06\x01x", n),
		"times":        one + "\x00" + count + strings.Repeat("\x08\x00\x00", n),
		"no columns":   head + "\x00\x00" + count + strings.Repeat("\x00", n),
		"kinds, short": one + "\x01" + typ + count + strings.Repeat("\x01", n),
	} {
		input := []byte(b)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Decode(input)
		runtime.ReadMemStats(&after)
		const most = 24
		if used := after.TotalAlloc - before.TotalAlloc; used > most*uint64(len(input)) {
			t.Errorf("%s: %d bytes for %d of input, want at most %d times as many", name, used, len(input), most)
		}
	}
}
