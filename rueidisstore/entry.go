package rueidisstore

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"

	"github.com/cacheops/cacheops/store"
)

// An entry in Redis:
//
//	1 byte    the version of this form
//	16 bytes  the check: what the entry is of, and the stamps it is valid under;
//	          the last 4 bytes XOR the CRC-32C of the payload
//	...       the payload, as Payload.AppendBinary wrote it
//
// The check is a digest, so that an entry takes no more memory for a read of many
// tables, and an entry that was put under another key, or of which a byte was
// changed, is a miss like one whose stamps changed. Every byte of the header is in
// Redis once for each result, so the checksum has none of its own.
const (
	entryVersion = 1
	checkSize    = 16
	headerSize   = 1 + checkSize
)

// stampSize is the length of a live stamp. Nothing else that is ever under a
// stamp's key has it.
const stampSize = 16

// check is what an entry is of, and the stamps that it is valid under.
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

func (c *checker) sum() check {
	sum := sha256.Sum256(c.b)
	return check(sum[:checkSize])
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// with returns the check as it is in an entry with that payload.
func (c check) with(payload []byte) check {
	last := c[checkSize-4:]
	binary.BigEndian.PutUint32(last, binary.BigEndian.Uint32(last)^crc32.Checksum(payload, castagnoli))
	return c
}

// appendEntry appends an entry.
func appendEntry(b []byte, c check, p store.Payload) ([]byte, error) {
	b = append(b, entryVersion)
	at := len(b)
	b, err := p.AppendBinary(append(b, c[:]...))
	if err != nil {
		return nil, err
	}
	c = c.with(b[at+checkSize:])
	copy(b[at:], c[:])
	return b, nil
}

// openEntry returns the payload of an entry, or false where it is not one of this
// version under that check.
func openEntry(entry []byte, c check) ([]byte, bool) {
	if len(entry) < headerSize || entry[0] != entryVersion {
		return nil, false
	}
	payload := entry[headerSize:]
	return payload, check(entry[1:headerSize]) == c.with(payload)
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
