package result

import (
	"database/sql/driver"
	"time"
)

// emptyBytes is what every empty byte slice that is not nil is kept as. It has
// no memory that a program could write to, so it is handed out as it is.
var emptyBytes driver.Value = []byte{}

// own returns a value that nobody else can change. It returns ok false, and the
// value as it is, for types that are not kept.
//
// A string is not copied: Go's strings do not change, and a driver that builds
// them over memory that it reuses breaks every program.
func own(v driver.Value) (owned driver.Value, ok bool) {
	switch x := v.(type) {
	case []byte:
		if x == nil {
			return v, true
		}
		return ownBytes(x), true
	case nil, bool, string, time.Time,
		int64, int, int32, int16, int8,
		uint64, uint, uint32, uint16, uint8,
		float64, float32:
		return v, true
	default:
		return v, false
	}
}

// ownBytes returns a copy of bytes, without room behind it that append could
// write to.
func ownBytes(b []byte) driver.Value {
	if len(b) == 0 {
		return emptyBytes
	}
	c := make([]byte, len(b))
	copy(c, b)
	return c
}

// valueHeap is the memory that an owned value takes beside its interface.
func valueHeap(v driver.Value) int {
	switch x := v.(type) {
	case string:
		if x == "" {
			return 0
		}
		return stringSize + heapSize(len(x))
	case []byte:
		if len(x) == 0 {
			return 0
		}
		return bytesSize + heapSize(cap(x))
	case time.Time:
		// The time zone is shared with the driver's other times.
		return timeSize
	case int64:
		if 0 <= x && x < 256 {
			return 0 // the runtime has these ready
		}
		return 8
	case nil, bool, int8, uint8:
		return 0
	default:
		return 8
	}
}
