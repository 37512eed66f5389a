package engine

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"math"
	"time"

	"github.com/cacheops/cacheops/store"
)

// keyFormat starts every key's digest. It changes when the encoding does, so
// that two versions of the library never read each other's entries by chance.
const keyFormat = "cacheops entry 1"

// The tags of encoded arguments.
const (
	tagNil byte = iota
	tagInt
	tagFloat
	tagFalse
	tagTrue
	tagBytes
	tagString
	tagTime
	tagNilBytes
	tagOther
)

// appendString appends a length and the text.
func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// handleDigest is the part of every key that a handle decides.
func handleDigest(dialect, database, variant string) [32]byte {
	b := appendString(nil, keyFormat)
	b = appendString(b, dialect)
	b = appendString(b, database)
	b = appendString(b, variant)
	return sha256.Sum256(b)
}

// textDigest is the part of every key that handle, schema, settings and text
// decide.
func textDigest(handle [32]byte, schema store.Schema, settings, text string) [32]byte {
	b := make([]byte, 0, len(handle)+len(schema)+2*binary.MaxVarintLen64+len(settings)+len(text))
	b = append(b, handle[:]...)
	b = append(b, schema[:]...)
	b = appendString(b, settings)
	b = appendString(b, text)
	return sha256.Sum256(b)
}

// entryKey digests a text's part, the prefixes of its tables and the arguments.
// False means that an argument is of a type whose meaning only the driver knows:
// such a call is not cached.
func entryKey(text *[32]byte, prefixes []string, args []driver.NamedValue) (store.Key, bool) {
	var buf [192]byte // most calls fit, and then nothing is allocated
	b := append(buf[:0], text[:]...)
	b = binary.AppendUvarint(b, uint64(len(prefixes)))
	for _, p := range prefixes {
		b = appendString(b, p)
	}
	b = binary.AppendUvarint(b, uint64(len(args)))
	for i := range args {
		var ok bool
		b = binary.AppendVarint(b, int64(args[i].Ordinal))
		b = appendString(b, args[i].Name)
		if b, ok = appendValue(b, args[i].Value); !ok {
			return store.Key{}, false
		}
	}
	return sha256.Sum256(b), true
}

// preparedKey makes another key of an entry's, for the same read over a prepared
// statement.
func preparedKey(key store.Key) store.Key {
	return sha256.Sum256(append(key[:], "prepared"...))
}

// appendValue appends a value with its type and, where it can vary, its length,
// so that no two lists of values have one encoding.
func appendValue(b []byte, v driver.Value) ([]byte, bool) {
	if out, ok := appendPlain(b, v); ok {
		return out, true
	}
	other, ok := otherValue(v)
	return append(append(b, tagOther), other...), ok
}

// appendPlain is appendValue for the types that [driver.Value] lists.
func appendPlain(b []byte, v driver.Value) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		return append(b, tagNil), true
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, tagInt), uint64(v)), true //nolint:gosec // the bits
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v)), true
	case bool:
		if v {
			return append(b, tagTrue), true
		}
		return append(b, tagFalse), true
	case []byte:
		if v == nil { // drivers bind it as NULL, an empty one as a blob
			return append(b, tagNilBytes), true
		}
		b = binary.AppendUvarint(append(b, tagBytes), uint64(len(v)))
		return append(b, v...), true
	case string:
		return appendString(append(b, tagString), v), true
	case time.Time:
		return appendTime(append(b, tagTime), v), true
	default:
		return b, false
	}
}

// appendTime appends a time. A driver may bind the zone's name, its offset or the
// instant.
func appendTime(b []byte, t time.Time) []byte {
	name, offset := t.Zone()
	b = binary.AppendVarint(b, t.Unix())
	b = binary.AppendVarint(b, int64(t.Nanosecond()))
	b = binary.AppendVarint(b, int64(offset))
	b = appendString(b, name)
	return appendString(b, t.Location().String())
}
