package result

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The byte form. Numbers are uvarints, signed ones zigzag varints; a text is its
// length and its bytes.
//
//	magic, version
//	number of columns, their names
//	one type per column: scan type, flags, name, length, precision, scale
//	number of other types, those
//	number of rows
//	the number of each value's type, if there are other types
//	the values: a tag and what belongs to it; a row without columns is a zero
//
// A time is its seconds and nanoseconds, and for times not in UTC the number of
// a zone; the number of zones so far is followed by a new zone.
//
// A change of the form takes a new version: entries of another version are
// misses.
const (
	magic   = 0xCA
	version = 1
)

// tag tells the type of a value in the byte form.
type tag byte

const (
	tagNil tag = iota
	tagFalse
	tagTrue
	tagInt64
	tagFloat64
	tagString
	tagBytes
	tagNilBytes
	tagTimeUTC
	tagTimeZone
	tagInt
	tagInt8
	tagInt16
	tagInt32
	tagUint
	tagUint8
	tagUint16
	tagUint32
	tagUint64
	tagFloat32
)

// maxZones bounds the different time zones of one result in the byte form.
const maxZones = 64

// ErrNotStorable is wrapped by the errors of AppendBinary: the result cannot be
// written as bytes, so a store of bytes cannot hold it. It may be kept in
// memory all the same.
var ErrNotStorable = errors.New("the result has no byte form")

// AppendBinary appends the byte form of the result to b and returns the longer
// slice. [Decode] reads it. It fails, wrapping [ErrNotStorable], when the driver
// told a scan type that has no number in the form, when a time has a location
// that cannot be found again by its name, and when there are more than 64
// different time zones; then it returns b as it was.
func (r *Result) AppendBinary(b []byte) ([]byte, error) {
	e := encoder{b: append(b, magic, version)}
	e.uint(len(r.shape.columns))
	for _, name := range r.shape.columns {
		e.text(name)
	}
	e.types(r.shape.types)
	var changes typeChanges
	if r.changes != nil {
		changes = *r.changes
	}
	e.uint(len(changes.others))
	e.types(changes.others)
	e.uint(r.rows)
	if len(changes.others) > 0 {
		for _, k := range changes.kinds {
			e.uint(int(k))
		}
	}
	if len(r.shape.columns) == 0 {
		// Each row takes a byte, so that nobody can claim more rows than sent.
		e.b = append(e.b, make([]byte, r.rows)...)
	}
	for _, v := range r.values {
		e.value(v)
	}
	if e.err != nil {
		return b, e.err
	}
	return e.b, nil
}

// encoder writes the byte form. It keeps the first error.
type encoder struct {
	b     []byte
	zones []zone
	err   error
}

func (e *encoder) failf(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf("cacheops: %w: %s: read it uncached, or keep it in process", ErrNotStorable, fmt.Sprintf(format, args...))
	}
}

func (e *encoder) uint(n int) {
	e.b = binary.AppendUvarint(e.b, uint64(n)) //nolint:gosec // counts and lengths
}

func (e *encoder) text(s string) {
	e.uint(len(s))
	e.b = append(e.b, s...)
}

func (e *encoder) types(types []columnType) {
	for i := range types {
		t := &types[i]
		code, ok := scanCodes[t.scan]
		if !ok {
			e.failf("the scan type %v is not known", t.scan)
			return
		}
		e.b = append(e.b, code, byte(t.flags))
		e.text(t.database)
		e.b = binary.AppendVarint(e.b, t.length)
		e.b = binary.AppendVarint(e.b, t.precision)
		e.b = binary.AppendVarint(e.b, t.scale)
	}
}

func (e *encoder) tag(t tag) { e.b = append(e.b, byte(t)) }

func (e *encoder) signed(t tag, n int64) {
	e.tag(t)
	e.b = binary.AppendVarint(e.b, n)
}

func (e *encoder) unsigned(t tag, n uint64) {
	e.tag(t)
	e.b = binary.AppendUvarint(e.b, n)
}

func (e *encoder) value(v any) {
	switch x := v.(type) {
	case nil:
		e.tag(tagNil)
	case int64:
		e.signed(tagInt64, x)
	case string:
		e.tag(tagString)
		e.text(x)
	case []byte:
		if x == nil {
			e.tag(tagNilBytes)
			return
		}
		e.tag(tagBytes)
		e.uint(len(x))
		e.b = append(e.b, x...)
	case time.Time:
		e.time(x)
	case bool:
		if x {
			e.tag(tagTrue)
		} else {
			e.tag(tagFalse)
		}
	case float64:
		e.tag(tagFloat64)
		e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(x))
	case float32:
		e.tag(tagFloat32)
		e.b = binary.LittleEndian.AppendUint32(e.b, math.Float32bits(x))
	case int:
		e.signed(tagInt, int64(x))
	case int8:
		e.signed(tagInt8, int64(x))
	case int16:
		e.signed(tagInt16, int64(x))
	case int32:
		e.signed(tagInt32, int64(x))
	case uint:
		e.unsigned(tagUint, uint64(x))
	case uint8:
		e.unsigned(tagUint8, uint64(x))
	case uint16:
		e.unsigned(tagUint16, uint64(x))
	case uint32:
		e.unsigned(tagUint32, uint64(x))
	case uint64:
		e.unsigned(tagUint64, x)
	default:
		e.failf("a value of type %T", v)
	}
}

func (e *encoder) time(t time.Time) {
	if t.Location() == time.UTC {
		e.tag(tagTimeUTC)
		e.moment(t)
		return
	}
	z, ok := zoneOf(t)
	if !ok {
		e.failf("the time zone %q cannot be loaded by its name", z.name)
		return
	}
	if z.offset < math.MinInt32 || z.offset > math.MaxInt32 {
		e.failf("the time zone %q has an offset of %d s", z.name, z.offset)
		return
	}
	number := len(e.zones)
	for i := range e.zones {
		if e.zones[i] == z {
			number = i
			break
		}
	}
	if number == maxZones {
		e.failf("more than %d time zones", maxZones)
		return
	}
	e.tag(tagTimeZone)
	e.moment(t)
	e.uint(number)
	if number == len(e.zones) {
		e.zones = append(e.zones, z)
		e.b = append(e.b, byte(z.kind))
		e.text(z.name)
		e.text(z.abbreviation)
		e.b = binary.AppendVarint(e.b, int64(z.offset))
	}
}

func (e *encoder) moment(t time.Time) {
	e.b = binary.AppendVarint(e.b, t.Unix())
	e.uint(t.Nanosecond())
}
