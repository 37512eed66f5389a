package result

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// ErrFormat is wrapped by every error of [Decode]: the bytes are not a result,
// or not one that this process can show as it was. The entry is a miss.
var ErrFormat = errors.New("not a stored result")

// Decode reads the byte form that [Result.AppendBinary] wrote. It keeps no part
// of b. Any bytes are safe: it takes memory of at most a small multiple of their
// length, does not panic, and returns an error that wraps [ErrFormat] for all
// that is not exactly one result of this version.
//
// A time in a named or the local zone is an error where this process would show
// another clock than the one that wrote it.
func Decode(b []byte) (*Result, error) { return new(Decoder).Decode(b) }

// Decoder decodes results of one statement. Most of a small result is the names
// and types of its columns, which are the same each time: they are decoded once,
// and results share them. It may be used from many goroutines. The zero value is
// ready.
type Decoder struct{ last atomic.Pointer[head] }

// head is the beginning of a byte form, up to the columns' types, and the shape
// that it tells. What begins with the same bytes has the same shape: each part of
// a head says itself where it ends.
type head struct {
	bytes string
	shape *shape
}

// maxHead bounds the head that a decoder keeps: hundreds of columns.
const maxHead = 16 << 10

// Decode is [Decode].
func (known *Decoder) Decode(b []byte) (*Result, error) {
	d := decoder{b: b}
	h := known.last.Load()
	if h != nil && len(b) >= len(h.bytes) && string(b[:len(h.bytes)]) == h.bytes {
		d.at = len(h.bytes)
	} else {
		h = d.head()
	}
	r := d.result(h)
	if d.err == "" && d.at < len(d.b) {
		d.fail("trailing bytes")
	}
	if d.err != "" {
		return nil, fmt.Errorf("cacheops: %w: %s at byte %d of %d: it will be read from the database", ErrFormat, d.err, d.at, len(b))
	}
	r.seal()
	if d.texts != "" {
		r.size += len(d.texts) - d.used
	}
	if known.last.Load() == h {
		r.size -= h.shape.size()
	} else if len(h.bytes) <= maxHead {
		known.last.Store(h)
	}
	return r, nil
}

// The least bytes that things take in the byte form. A count is believed only
// if that many fit in what is left.
const (
	minName = 1
	minType = 6
	minKind = 1
)

// decoder reads the byte form. After a failure it returns zero values, and
// counts are zero, so that every loop ends.
type decoder struct {
	b     []byte
	at    int
	err   string
	zones []foundZone
	// texts is a copy of b from the first text among the values on, which begins
	// there. The result's texts are parts of it, so that they take one allocation
	// together; empty as long as there are none. Used is the length of those parts.
	texts  string
	begins int
	used   int
}

// foundZone is a zone and the location that stands for it here.
type foundZone struct {
	zone
	location *time.Location
}

func (d *decoder) fail(reason string) {
	if d.err == "" {
		d.err = reason
	}
}

func (d *decoder) left() int { return len(d.b) - d.at }

func (d *decoder) byte() byte {
	if d.err != "" || d.left() == 0 {
		d.fail("too short")
		return 0
	}
	c := d.b[d.at]
	d.at++
	return c
}

func (d *decoder) uvarint() uint64 {
	if d.err != "" {
		return 0
	}
	u, n := binary.Uvarint(d.b[d.at:])
	if n <= 0 {
		d.fail("bad number")
		return 0
	}
	d.at += n
	return u
}

func (d *decoder) varint() int64 {
	if d.err != "" {
		return 0
	}
	i, n := binary.Varint(d.b[d.at:])
	if n <= 0 {
		d.fail("bad number")
		return 0
	}
	d.at += n
	return i
}

// count reads a number of things that take at least that many bytes each.
func (d *decoder) count(least int) int {
	u := d.uvarint()
	if d.err == "" && u > uint64(d.left()/least) { //nolint:gosec // not negative
		d.fail("a count that does not fit")
	}
	if d.err != "" {
		return 0
	}
	return int(u) //nolint:gosec // at most left
}

// bytes reads a length and returns that part of the input.
func (d *decoder) bytes() []byte {
	n := d.count(1)
	part := d.b[d.at : d.at+n]
	d.at += n
	return part
}

// text returns a text with memory of its own.
func (d *decoder) text() string { return string(d.bytes()) }

// shared returns a text as a part of the copy of all texts.
func (d *decoder) shared() string {
	part := d.bytes()
	if len(part) == 0 {
		return ""
	}
	to := d.at - d.begins
	if d.texts == "" {
		d.begins = d.at - len(part)
		to = len(part)
		d.texts = string(d.b[d.begins:])
	}
	d.used += len(part)
	return d.texts[to-len(part) : to]
}

func (d *decoder) fixed(n int) []byte {
	if d.err != "" || d.left() < n {
		d.fail("too short")
		return make([]byte, 8)
	}
	part := d.b[d.at : d.at+n]
	d.at += n
	return part
}

// head reads up to the columns' types.
func (d *decoder) head() *head {
	if d.byte() != magic || d.byte() != version {
		d.fail("another format or version")
	}
	s := new(shape)
	s.columns = make([]string, d.count(minName+minType))
	for i := range s.columns {
		s.columns[i] = d.text()
	}
	s.types = d.types(len(s.columns))
	return &head{bytes: string(d.b[:d.at]), shape: s}
}

// result reads what comes after the head.
func (d *decoder) result(h *head) *Result {
	columns := len(h.shape.columns)
	others := d.count(minType)
	if others > maxOthers {
		d.fail("too many column types")
		return nil
	}
	var changes *typeChanges
	if others > 0 {
		changes = &typeChanges{others: d.types(others)}
	}
	rows := d.count(max(columns, 1))
	cells := rows * columns
	if others > 0 {
		changes.kinds = d.kinds(cells, others)
	}
	if columns == 0 {
		for range rows {
			if d.byte() != 0 {
				d.fail("a row without columns that has a value")
			}
		}
	}
	if cells > d.left() {
		d.fail("a count that does not fit")
	}
	if d.err != "" {
		return nil
	}
	r := withRoom(cells)
	r.shape, r.rows, r.changes = h.shape, rows, changes
	d.values(r)
	return r
}

func (d *decoder) types(n int) []columnType {
	if n == 0 || n > d.left()/minType {
		if n > 0 {
			d.fail("a count that does not fit")
		}
		return nil
	}
	types := make([]columnType, n)
	for i := range types {
		t := &types[i]
		code := int(d.byte())
		if code >= len(scanTypes) {
			d.fail("an unknown scan type")
			return nil
		}
		t.scan = scanTypes[code]
		t.flags = typeFlags(d.byte())
		if t.flags&^flagsAll != 0 {
			d.fail("unknown flags")
			return nil
		}
		t.database = d.text()
		t.length = d.varint()
		t.precision = d.varint()
		t.scale = d.varint()
	}
	return types
}

// kinds reads the numbers of the values' types.
func (d *decoder) kinds(n, others int) []uint16 {
	if n > d.left()/minKind {
		d.fail("a count that does not fit")
		return nil
	}
	kinds := make([]uint16, n)
	for i := range kinds {
		k := d.uvarint()
		if k > uint64(others) { //nolint:gosec // not negative
			d.fail("the number of no column type")
			return nil
		}
		kinds[i] = uint16(k) //nolint:gosec // at most maxOthers
	}
	return kinds
}

// values reads all values of a result.
func (d *decoder) values(r *Result) {
	for i := range r.values {
		v := d.value()
		if d.err != "" {
			return
		}
		if b, ok := v.([]byte); ok && len(b) > 0 {
			r.hasBytes = true
		}
		r.values[i] = v
	}
}

func (d *decoder) value() driver.Value {
	switch tag(d.byte()) {
	case tagNil:
		return nil
	case tagFalse:
		return false
	case tagTrue:
		return true
	case tagInt64:
		return d.varint()
	case tagFloat64:
		return math.Float64frombits(binary.LittleEndian.Uint64(d.fixed(8)))
	case tagString:
		return d.shared()
	case tagBytes:
		return ownBytes(d.bytes())
	case tagNilBytes:
		return []byte(nil)
	case tagTimeUTC:
		return d.moment().UTC()
	case tagTimeZone:
		return d.zoned()
	case tagInt:
		return int(d.signed(strconv.IntSize))
	case tagInt8:
		return int8(d.signed(8)) //nolint:gosec // checked
	case tagInt16:
		return int16(d.signed(16)) //nolint:gosec // checked
	case tagInt32:
		return int32(d.signed(32)) //nolint:gosec // checked
	case tagUint:
		return uint(d.unsigned(strconv.IntSize))
	case tagUint8:
		return uint8(d.unsigned(8)) //nolint:gosec // checked
	case tagUint16:
		return uint16(d.unsigned(16)) //nolint:gosec // checked
	case tagUint32:
		return uint32(d.unsigned(32)) //nolint:gosec // checked
	case tagUint64:
		return d.uvarint()
	case tagFloat32:
		return math.Float32frombits(binary.LittleEndian.Uint32(d.fixed(4)))
	default:
		d.fail("an unknown kind of value")
		return nil
	}
}

// signed reads a number of at most that many bits.
func (d *decoder) signed(bits int) int64 {
	n := d.varint()
	if shift := 64 - bits; n<<shift>>shift != n {
		d.fail("a number out of range")
	}
	return n
}

// unsigned reads a number of at most that many bits.
func (d *decoder) unsigned(bits int) uint64 {
	n := d.uvarint()
	if shift := 64 - bits; n<<shift>>shift != n {
		d.fail("a number out of range")
	}
	return n
}

func (d *decoder) moment() time.Time {
	seconds, nanoseconds := d.varint(), d.uvarint()
	if nanoseconds >= uint64(time.Second) {
		d.fail("too many nanoseconds")
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds))
}

func (d *decoder) zoned() time.Time {
	t := d.moment()
	number := d.uvarint()
	if d.err != "" {
		return t
	}
	switch n := uint64(len(d.zones)); {
	case number > n || number == maxZones:
		d.fail("the number of no time zone")
		return t
	case number == n:
		d.zone()
		if d.err != "" {
			return t
		}
	}
	z := &d.zones[number]
	t = t.In(z.location)
	if !z.fits(t) {
		d.fail("a time zone that is another one here")
	}
	return t
}

// zone reads a new zone.
func (d *decoder) zone() {
	var z foundZone
	z.kind = zoneKind(d.byte())
	z.name = d.text()
	z.abbreviation = d.text()
	offset := d.varint()
	if offset < math.MinInt32 || offset > math.MaxInt32 {
		d.fail("a time zone out of range")
	}
	if d.err != "" {
		return
	}
	z.offset = int(offset)
	loc, ok := z.zone.location()
	if !ok {
		d.fail("a time zone that is not known here")
		return
	}
	z.location = loc
	d.zones = append(d.zones, z)
}
