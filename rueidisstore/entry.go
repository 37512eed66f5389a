package rueidisstore

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"

	"github.com/cacheops/cacheops/store"
)

// An entry in Redis is a check of 16 bytes, and the payload, as
// Payload.AppendBinary wrote it.
//
// The check is a digest of what the entry is of, of the stamps that it is valid
// under, and of the payload's CRC-32C. So an entry takes no more memory for a read
// of many tables, and one that was put under another key, that another version
// wrote, or of which a byte was changed, is a miss like one whose stamps changed.
const checkSize = 16

// stampSize is the length of a live stamp. Nothing else that is ever under a
// stamp's key has it.
const stampSize = 16

// check is what an entry is of, the stamps that it is valid under, and what the
// payload is.
type check [checkSize]byte

// checkFormat starts what a check is made of. It changes with the order and the
// meaning of its parts.
const checkFormat = "cacheops check 1"

// checker makes a check. Parts are added in the order of a query's dependency:
// the key, the global epoch, and for each table its epoch and the stamps of its
// conjunctions, or that of all of it.
type checker struct{ b []byte }

// newChecker begins a check in the buffer.
func newChecker(buf []byte, q *store.Query) checker {
	b := append(buf, checkFormat...)
	b = append(b, q.Key[:]...)
	b = binary.AppendUvarint(b, uint64(len(q.Database)))
	b = append(b, q.Database...)
	return checker{b}
}

// server adds the server whose stamps come next.
func (c *checker) server(m incarnation) { c.b = append(c.b, m[:]...) }

// stamp adds a stamp, and returns false when the value is none. The keys need not
// be added: a stamp is random, so that no two keys have one.
func (c *checker) stamp(value string) bool {
	if len(value) != stampSize {
		return false
	}
	c.b = append(c.b, value...)
	return true
}

// sum returns what was added, before there is a payload.
func (c *checker) sum() check {
	sum := sha256.Sum256(c.b)
	return check(sum[:checkSize])
}

// with adds a payload to a sum: its checksum shares the last bytes.
func (c check) with(payload []byte) check {
	last := c[checkSize-4:]
	binary.BigEndian.PutUint32(last, binary.BigEndian.Uint32(last)^crc32.Checksum(payload, castagnoli))
	return c
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendEntry appends an entry. The check is that of a lease.
func appendEntry(b []byte, leased check, p store.Payload) ([]byte, error) {
	at := len(b)
	b = append(b, leased[:]...)
	b, err := p.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	whole := leased.with(b[at+checkSize:])
	copy(b[at:], whole[:])
	return b, nil
}

// openEntry returns the payload of an entry, or false where it is not one of this
// version with that check.
func openEntry(entry []byte, now check) ([]byte, bool) {
	if len(entry) < checkSize {
		return nil, false
	}
	payload := entry[checkSize:]
	return payload, check(entry[:checkSize]) == now.with(payload)
}

// snapshot is a [store.Snapshot].
type snapshot struct {
	store *Store
	check check
}

// Equal reports whether both snapshots are of one query, with the same stamps on
// the same servers.
func (s *snapshot) Equal(other store.Snapshot) bool {
	o, ok := other.(*snapshot)
	return ok && o != nil && s.store == o.store && s.check == o.check
}
