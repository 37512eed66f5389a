package storetest

import (
	"encoding/binary"
	"errors"

	"github.com/cacheops/cacheops/store"
)

// payload is a result of the suite: a number, and a size in bytes.
type payload struct {
	version uint64
	size    int
}

// Size returns the size that the payload claims.
func (p payload) Size() int { return p.size }

// AppendBinary appends the number and fills up to the size.
func (p payload) AppendBinary(b []byte) ([]byte, error) {
	b = binary.BigEndian.AppendUint64(b, p.version)
	if n := p.size - 8; n > 0 {
		b = append(b, make([]byte, n)...)
	}
	return b, nil
}

// decode reads what AppendBinary wrote.
func decode(b []byte) (store.Payload, error) {
	if len(b) < 8 {
		return nil, errors.New("storetest: a payload is shorter than its number")
	}
	return payload{binary.BigEndian.Uint64(b), len(b)}, nil
}

// version returns the number of a payload that the suite stored.
func version(p store.Payload) (uint64, bool) {
	x, ok := p.(payload)
	return x.version, ok
}
