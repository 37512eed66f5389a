package result

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"time"
)

// scanTypes are the scan types that have a number in the byte form: their place
// here. New ones go to the end; a place is never used for another type. The
// first is the nil that some drivers answer for a NULL.
var scanTypes = [...]reflect.Type{
	nil,
	reflect.TypeFor[any](),
	reflect.TypeFor[bool](),
	reflect.TypeFor[int](),
	reflect.TypeFor[int8](),
	reflect.TypeFor[int16](),
	reflect.TypeFor[int32](),
	reflect.TypeFor[int64](),
	reflect.TypeFor[uint](),
	reflect.TypeFor[uint8](),
	reflect.TypeFor[uint16](),
	reflect.TypeFor[uint32](),
	reflect.TypeFor[uint64](),
	reflect.TypeFor[float32](),
	reflect.TypeFor[float64](),
	reflect.TypeFor[string](),
	reflect.TypeFor[[]byte](),
	reflect.TypeFor[time.Time](),
	reflect.TypeFor[sql.RawBytes](),
	reflect.TypeFor[sql.NullBool](),
	reflect.TypeFor[sql.NullByte](),
	reflect.TypeFor[sql.NullInt16](),
	reflect.TypeFor[sql.NullInt32](),
	reflect.TypeFor[sql.NullInt64](),
	reflect.TypeFor[sql.NullFloat64](),
	reflect.TypeFor[sql.NullString](),
	reflect.TypeFor[sql.NullTime](),
	reflect.TypeFor[*any](),
	reflect.TypeFor[json.RawMessage](),
	reflect.TypeFor[time.Duration](),
	reflect.TypeFor[[]string](),
	reflect.TypeFor[map[string]any](),
	reflect.TypeFor[sql.Null[uint64]](),
	reflect.TypeFor[sql.Null[uint32]](),
	reflect.TypeFor[sql.Null[float32]](),
}

// scanCodes is scanTypes the other way round.
var scanCodes = func() map[reflect.Type]byte {
	m := make(map[reflect.Type]byte, len(scanTypes))
	for i, t := range scanTypes {
		m[t] = byte(i)
	}
	return m
}()
