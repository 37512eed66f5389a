package result

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// FuzzDecode decodes any bytes: no panic, no memory beyond a multiple of them,
// and what is accepted is a result that can be read and written again.
func FuzzDecode(f *testing.F) {
	for _, a := range answers() {
		if a.whole {
			b, err := recorded(f, a.Answer).AppendBinary(nil)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	known := new(Decoder) // which has seen what came before
	f.Fuzz(func(t *testing.T, b []byte) {
		given := bytes.Clone(b)
		r, err := Decode(b)
		for range 2 {
			k, kerr := known.Decode(b)
			if (err == nil) != (kerr == nil) || err == nil && difference(r, k) != "" {
				t.Fatalf("%v and, by a decoder that has seen others, %v, %v", err, k, kerr)
			}
		}
		if !bytes.Equal(b, given) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if r != nil {
				t.Fatal("a result beside the error")
			}
			return
		}
		if most := 64*len(b) + 4096 + maxZones*1024; r.Size() > most {
			t.Fatalf("%d bytes became %d", len(b), r.Size())
		}
		again := reread(t, r)
		if d := difference(r, again); d != "" {
			t.Fatal(d)
		}
		rows := r.Rows()
		dest := make([]driver.Value, len(rows.Columns()))
		p := newProber(rows)
		n := 0
		for ; ; n++ {
			for i := range dest {
				p.column(i)
			}
			if rows.Next(dest) != nil {
				break
			}
		}
		if n != r.Len() {
			t.Fatalf("%d rows, want %d", n, r.Len())
		}
	})
}

// maker builds an answer from bytes, so that the fuzzer can steer it.
type maker struct{ b []byte }

func (m *maker) byte() byte {
	if len(m.b) == 0 {
		return 0
	}
	c := m.b[0]
	m.b = m.b[1:]
	return c
}

func (m *maker) word() uint64 {
	var w [8]byte
	n := copy(w[:], m.b)
	m.b = m.b[n:]
	return binary.LittleEndian.Uint64(w[:])
}

func (m *maker) bytes() []byte {
	n := min(int(m.byte()), len(m.b))
	b := m.b[:n:n]
	m.b = m.b[n:]
	return b
}

func (m *maker) time() time.Time {
	t := time.Unix(int64(m.word()), int64(m.byte())*3921568)
	switch m.byte() % 4 {
	case 0:
		return t.UTC()
	case 1:
		return t.Local()
	case 2:
		return t.In(berlin)
	default:
		return t.In(time.FixedZone(string(m.bytes()), int(int8(m.byte()))*900))
	}
}

func (m *maker) value() driver.Value {
	switch m.byte() % 20 {
	case 0:
		return int64(m.word())
	case 1:
		return math.Float64frombits(m.word())
	case 2:
		return m.byte()%2 == 0
	case 3:
		return string(m.bytes())
	case 4:
		return bytes.Clone(m.bytes())
	case 5:
		return []byte(nil)
	case 6, 7, 8:
		return m.time()
	case 9:
		return int(m.word())
	case 10:
		return int8(m.byte())
	case 11:
		return int16(m.word())
	case 12:
		return int32(m.word())
	case 13:
		return uint(m.word())
	case 14:
		return m.byte()
	case 15:
		return uint16(m.word())
	case 16:
		return uint32(m.word())
	case 17:
		return m.word()
	case 18:
		return math.Float32frombits(uint32(m.word()))
	default:
		return nil
	}
}

func (m *maker) column() drivertest.Column {
	flags := m.byte()
	return drivertest.Column{
		Name: string(m.bytes()), ScanType: scanTypes[int(m.byte())%len(scanTypes)], DatabaseTypeName: string(m.bytes()),
		Length: int64(m.word()), HasLength: flags&1 != 0, Nullable: flags&2 != 0, HasNullable: flags&4 != 0,
		Precision: int64(m.word()), Scale: int64(m.word()), HasPrecisionScale: flags&8 != 0,
	}
}

// FuzzRoundTrip records results of all kinds, writes them, reads them, and
// compares what a program sees.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("\x02\x03\x01 some bytes to make values of, with a few numbers 0123456789"))
	f.Add(bytes.Repeat([]byte{3, 7, 1, 250}, 100))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &maker{b}
		a := drivertest.Answer{Dynamic: m.byte()%2 == 0, Reuse: m.byte()%2 == 0}
		for range m.byte() % 5 {
			a.Columns = append(a.Columns, m.column())
		}
		for len(m.b) > 0 && len(a.Rows) < 50 {
			m.byte() // or a result without columns would never end
			row := make([]driver.Value, len(a.Columns))
			for i := range row {
				row[i] = m.value()
			}
			a.Rows = append(a.Rows, row)
		}
		r := recorded(t, a)
		if r.Len() != len(a.Rows) {
			t.Fatalf("%d of %d rows", r.Len(), len(a.Rows))
		}
		for i, row := range a.Rows {
			for j, v := range row {
				if !same(v, r.row(i)[j]) {
					t.Fatalf("row %d, column %d: recorded %#v of %#v", i, j, r.row(i)[j], v)
				}
				want := a.Columns[j].ScanType
				if a.Dynamic {
					want = reflect.TypeOf(v)
				}
				if got := r.columnType(i, j).scan; got != want {
					t.Fatalf("row %d, column %d: scan type %v, want %v", i, j, got, want)
				}
			}
		}
		if d := difference(r, reread(t, r)); d != "" {
			t.Fatal(d)
		}
	})
}
