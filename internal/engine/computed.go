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
	// Limited is true where it was made with something that only time ends, and that
	// ends no earlier than it.
	Limited bool
}

// left is how much of its time a result has left, at least a little.
func (c *Computed) left() time.Duration {
	return max(min(c.TTL-time.Since(c.At), c.TTL), time.Millisecond)
}

// computedOverhead is what it takes besides the data, in bytes.
const computedOverhead = 48

// Size implements [store.Payload].
func (c *Computed) Size() int { return computedOverhead + len(c.Data) }

// AppendBinary implements [store.Payload]: twice the time to live, and one more where it
// is limited; when it began; both in nanoseconds and as numbers of variable length; and
// the data.
func (c *Computed) AppendBinary(b []byte) ([]byte, error) {
	ttl := uint64(max(c.TTL, 0)) << 1
	if c.Limited {
		ttl++
	}
	b = binary.AppendUvarint(b, ttl)
	return append(binary.AppendVarint(b, c.At.UnixNano()), c.Data...), nil
}

var errComputed = errors.New("cacheops: what is stored is no computed result")

// decodeComputed reads what AppendBinary wrote.
func decodeComputed(b []byte) (store.Payload, error) {
	ttl, n := binary.Uvarint(b)
	if n <= 0 || ttl > 1<<63 {
		return nil, errComputed
	}
	at, m := binary.Varint(b[n:])
	if m <= 0 {
		return nil, errComputed
	}
	return &Computed{TTL: time.Duration(ttl >> 1), Limited: ttl&1 != 0, At: time.Unix(0, at), Data: b[n+m:]}, nil
}
