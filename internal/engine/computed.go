package engine

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/cacheops/cacheops/store"
)

// Computed is the stored result of a computation. It is not changed once it is made.
type Computed struct {
	Data []byte
	// TTL is how long the result is kept.
	TTL time.Duration
}

// computedOverhead is what it takes besides the data, in bytes.
const computedOverhead = 48

// Size implements [store.Payload].
func (c *Computed) Size() int { return computedOverhead + len(c.Data) }

// AppendBinary implements [store.Payload]: the time to live in nanoseconds, as a number
// of variable length, and the data.
func (c *Computed) AppendBinary(b []byte) ([]byte, error) {
	return append(binary.AppendUvarint(b, uint64(max(c.TTL, 0))), c.Data...), nil //nolint:gosec // not negative
}

var errComputed = errors.New("cacheops: what is stored is no computed result")

// decodeComputed reads what AppendBinary wrote.
func decodeComputed(b []byte) (store.Payload, error) {
	ttl, n := binary.Uvarint(b)
	if n <= 0 || ttl > 1<<62 {
		return nil, errComputed
	}
	return &Computed{TTL: time.Duration(ttl), Data: b[n:]}, nil //nolint:gosec // bounded above
}
