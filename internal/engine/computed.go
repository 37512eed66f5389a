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
	// TTL is how long the result is kept, from At on.
	TTL time.Duration
	At  time.Time
}

// left is how much of its time a result has left, at least a little.
func (c *Computed) left() time.Duration {
	return max(min(c.TTL-time.Since(c.At), c.TTL), time.Millisecond)
}

// computedOverhead is what it takes besides the data, in bytes.
const computedOverhead = 48

// Size implements [store.Payload].
func (c *Computed) Size() int { return computedOverhead + len(c.Data) }

// AppendBinary implements [store.Payload]: the time to live, and when it began, in
// nanoseconds and as numbers of variable length, and the data.
func (c *Computed) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(max(c.TTL, 0)))
	return append(binary.AppendVarint(b, c.At.UnixNano()), c.Data...), nil
}

var errComputed = errors.New("cacheops: what is stored is no computed result")

// decodeComputed reads what AppendBinary wrote.
func decodeComputed(b []byte) (store.Payload, error) {
	ttl, n := binary.Uvarint(b)
	if n <= 0 || ttl > 1<<62 {
		return nil, errComputed
	}
	at, m := binary.Varint(b[n:])
	if m <= 0 {
		return nil, errComputed
	}
	return &Computed{TTL: time.Duration(ttl), At: time.Unix(0, at), Data: b[n+m:]}, nil
}
