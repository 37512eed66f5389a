package argument_test

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/argument"
)

// encode encodes a value by its static type, and by its type in an interface.
func encode[T any](t *testing.T, v T) string {
	t.Helper()
	e, err := argument.For[T]()
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	b, err := argument.Append(e, []byte("before"), &v)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	if !bytes.HasPrefix(b, []byte("before")) {
		t.Fatalf("%T: what was there is gone", v)
	}
	return string(b)
}

// apart wants all values to have encodings of their own, and each the same one twice,
// none of which is the beginning of another: then lists of them are apart, too.
func apart[T any](t *testing.T, values ...T) {
	t.Helper()
	seen := make(map[string]T)
	for _, v := range values {
		b := encode(t, v)
		if again := encode(t, v); again != b {
			t.Errorf("%T: %#v has two encodings", v, v)
		}
		for other, w := range seen {
			if strings.HasPrefix(other, b) || strings.HasPrefix(b, other) {
				t.Errorf("%T: %#v and %#v are encoded as %q and %q", v, v, w, b, other)
			}
		}
		seen[b] = v
	}
}

type (
	pair   struct{ A, B string }
	nested struct {
		P  pair
		L  []pair
		M  map[string][]int
		O  *pair
		_  struct{}
		No func() `cacheops:"-"`
	}
	hidden  struct{ a int }      //nolint:unused // it is there to be refused
	ring    struct{ Next *ring } //
	withAny struct{ V any }      //
	stamped struct {             // has the methods of a time, which say nothing of ID
		time.Time
		ID int
	}
	texts struct {
		net.IP
		Port int
	}
	says struct{ V encoding.TextMarshaler }
	box  struct{ encoding.TextMarshaler }
	deep struct{ F []chan bool } //
)

func TestApart(t *testing.T) {
	t.Parallel()
	apart(t, true, false)
	apart(t, int8(-1), 0, 1)
	apart(t, 0, 1, -1, math.MaxInt, math.MinInt)
	apart(t, uint16(0), 1, 1<<15)
	apart(t, float64(0), math.Copysign(0, -1), 1.5, math.Inf(1), math.NaN())
	apart(t, float32(0), 1.5)
	apart(t, complex(1, 2), complex(2, 1))
	apart(t, "", "a", "aa", "\x01a", strings.Repeat("a", 300))
	apart(t, []byte(nil), []byte{}, []byte{0}, []byte{0, 0})
	apart(t, []string(nil), []string{}, []string{""}, []string{"", ""}, []string{"a", "b"}, []string{"ab", ""})
	apart(t, [2]string{"a", "b"}, [2]string{"ab", ""})
	apart(t, pair{"a", "b"}, pair{"ab", ""}, pair{"", "ab"})
	apart(t, map[string]int(nil), map[string]int{}, map[string]int{"a": 1}, map[string]int{"a": 2}, map[string]int{"a": 1, "b": 2}, map[string]int{"b": 1, "a": 2})
	var x, y int
	y = 1
	apart(t, nil, &x, &y)
	apart(t, nested{}, nested{P: pair{"a", ""}}, nested{L: []pair{{}}}, nested{M: map[string][]int{"a": {1}}}, nested{O: &pair{}}, nested{O: &pair{A: "x"}})
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	apart(t, time.Time{}, now, now.Add(1), now.In(time.FixedZone("X", 3600)), now.In(time.FixedZone("Y", 3600)))
	apart(t, netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1"), netip.Addr{})
	apart(t, big.NewInt(1), big.NewInt(-1), nil)
	apart(t, stamped{now, 1}, stamped{now, 2}, stamped{now.Add(1), 1})
	apart(t, nil, &stamped{now, 1}, &stamped{now, 2})
	apart(t, texts{net.IPv4(1, 2, 3, 4), 1}, texts{net.IPv4(1, 2, 3, 4), 2}, texts{})
	apart(t, url.URL{Path: "a"}, url.URL{Path: "b"}, url.URL{Host: "a"})
}

// One value has one encoding wherever it lies in memory, whatever order a map is in.
func TestEqual(t *testing.T) {
	t.Parallel()
	m, n := make(map[int]string), make(map[int]string)
	for i := range 100 {
		m[i] = fmt.Sprint(i)
		n[99-i] = fmt.Sprint(99 - i)
	}
	if encode(t, m) != encode(t, n) {
		t.Error("two equal maps have two encodings")
	}
	a, b := 5, 5
	if encode(t, &a) != encode(t, &b) {
		t.Error("two pointers to equal values have two encodings")
	}
	long := make([]string, 3, 100)
	if encode(t, long) != encode(t, make([]string, 3)) {
		t.Error("the capacity counts")
	}
}

func refused[T any](t *testing.T, part string) {
	t.Helper()
	if _, err := argument.For[T](); !errors.Is(err, argument.ErrType) || !strings.Contains(err.Error(), part) {
		t.Errorf("%T: the error is %v, want one about %q", *new(T), err, part)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	refused[func()](t, "the argument")
	refused[chan int](t, "the argument")
	refused[any](t, "the argument")
	refused[hidden](t, "the argument.a is not exported")
	refused[ring](t, "holds itself")
	refused[withAny](t, "the argument.V")
	refused[says](t, "the argument.V")
	refused[box](t, "the argument.TextMarshaler")
	refused[encoding.BinaryMarshaler](t, "the argument")
	refused[deep](t, "an element of the argument.F")
	refused[map[any]int](t, "a key of")
	refused[map[int]error](t, "a value of")
	refused[*func()](t, "points to")
}

func TestAny(t *testing.T) {
	t.Parallel()
	seen := make(map[string]any)
	for _, v := range []any{nil, 1, int64(1), uint8(1), "1", []byte("1"), []string{"1"}, true, pair{"1", ""}, struct{ A, B string }{"1", ""}, time.Duration(1)} {
		b, err := argument.AppendAny(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := seen[string(b)]; ok {
			t.Errorf("%#v and %#v have one encoding", v, w)
		}
		seen[string(b)] = v
	}
	for range 2 {
		if _, err := argument.AppendAny(nil, func() {}); !errors.Is(err, argument.ErrType) {
			t.Errorf("the error is %v", err)
		}
	}
}

// What a type says of itself may be an error.
func TestMarshalError(t *testing.T) {
	t.Parallel()
	e, err := argument.For[time.Location]()
	if err == nil {
		t.Errorf("a type of nothing exported is encoded: %v", e)
	}
	f, err := argument.For[bad]()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := argument.Append(f, nil, new(bad)); !errors.Is(err, errBad) {
		t.Errorf("the error is %v", err)
	}
}

var errBad = errors.New("bad")

type bad struct{}

func (*bad) MarshalText() ([]byte, error) { return nil, errBad }

func BenchmarkAppend(b *testing.B) {
	type args struct {
		ID    int64
		Lang  string
		Tags  []string
		Until *time.Time
	}
	e, err := argument.For[args]()
	if err != nil {
		b.Fatal(err)
	}
	a := args{ID: 7, Lang: "en", Tags: []string{"go", "sql"}}
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := argument.Append(e, buf, &a); err != nil {
			b.Fatal(err)
		}
	}
}
