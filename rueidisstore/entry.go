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
//
// Its parts lie in the checker itself, where they fit: a hit makes one, and a
// buffer elsewhere would be one of its largest allocations.
type checker struct {
	n     int
	fixed [checkRoom]byte
	more  []byte // all parts, where they do not fit
}

// checkRoom is enough for reads of two tables.
const checkRoom = 256

// newChecker begins a check.
func newChecker(q *store.Query) checker { return checkerOf(checkFormat, &q.Key, q.Database) }

func checkerOf(format string, key *store.Key, database string) (c checker) {
	var size [binary.MaxVarintLen64]byte
	add(&c, format)
	add(&c, key[:])
	add(&c, size[:binary.PutUvarint(size[:], uint64(len(database)))])
	add(&c, database)
	return c
}

// add appends a part.
func add[T string | []byte](c *checker, part T) {
	if c.more == nil {
		if c.n+len(part) <= checkRoom {
			c.n += copy(c.fixed[c.n:], part)
			return
		}
		c.more = append(make([]byte, 0, 4*checkRoom), c.fixed[:c.n]...)
	}
	c.more = append(c.more, part...)
}

// server adds the server whose stamps come next.
func (c *checker) server(m incarnation) { add(c, m[:]) }

// stamp adds a stamp, and returns false when the value is none. The keys need not
// be added: a stamp is random, so that no two keys have one.
func (c *checker) stamp(value string) bool {
	if len(value) != stampSize {
		return false
	}
	add(c, value)
	return true
}

// sum returns what was added, before there is a payload.
func (c *checker) sum() check {
	all := c.more
	if all == nil {
		all = c.fixed[:c.n]
	}
	sum := sha256.Sum256(all)
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
	// query is what a lease or a plain entry was of. It is nil for a joined snapshot,
	// which has parts.
	query *store.Query
	parts []*snapshot // none of them joined
}

// Equal reports whether both snapshots are of one query, with the same stamps on
// the same servers.
func (s *snapshot) Equal(other store.Snapshot) bool {
	o, ok := other.(*snapshot)
	return ok && o != nil && s.store == o.store && s.check == o.check
}
