package rueidisstore

import (
	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// What tests of the bytes in Redis need.

func (s *Store) SchemaKey(database string) string       { return s.keys.database(database).schema }
func (s *Store) WholeKey(database, table string) string { return s.keys.table(database, table).whole }
func (s *Store) LockKey(key store.Key) string           { return s.keys.lock(&key).lock }
func (s *Store) WantedKey(key store.Key) string         { return s.keys.lock(&key).wanted }

// CheckOf returns the check in a snapshot.
func CheckOf(s store.Snapshot) [checkSize]byte { return s.(*snapshot).check }

// AppendEntry writes an entry.
func AppendEntry(check [checkSize]byte, p store.Payload) ([]byte, error) {
	return appendEntry(nil, check, p)
}

// ReadEntry reads an entry as Get does once it knows the check.
func ReadEntry(q *store.Query, entry []byte, c [checkSize]byte) (store.Payload, bool) {
	payload, is := openEntry(entry, c)
	if is != plain {
		return nil, false
	}
	p, err := decode(q, payload)
	return p, err == nil
}

// ParseSlots reads an answer to CLUSTER SLOTS, and tells how many slots have a node.
func ParseSlots(asked string, m rueidis.RedisMessage) (known int, err error) {
	rows, err := m.ToArray()
	if err != nil {
		return 0, err
	}
	slots, err := parseSlots(asked, rows)
	for _, addr := range slots {
		if addr != "" {
			known++
		}
	}
	return known, err
}

// Replace puts another script in the place of one.
func (s *Store) Replace(name, text string) {
	for n, p := range map[string]**script{
		"lease": &s.scripts.lease, "fence": &s.scripts.fence, "bump": &s.scripts.bump,
		"ground": &s.scripts.ground, "all": &s.scripts.all, "unlock": &s.scripts.unlock,
	} {
		if n == name {
			*p = newScript(text)
			return
		}
	}
	panic("no script " + name)
}

// CheckVersion refuses servers that are too old.
var CheckVersion = checkVersion

// MaxKeys bounds the conjunctions of one call.
const MaxKeys = maxKeys

// Envelop writes an entry of that check with an envelope, as whoever can write to Redis
// can: it makes the checksum right.
func Envelop(of [checkSize]byte, body []byte) string {
	whole := check(of).withEnvelope(body)
	return string(whole[:]) + string(body)
}

// PlainCheck is the check that a process makes which knows of no envelopes.
func PlainCheck(of [checkSize]byte, body []byte) [checkSize]byte { return check(of).with(body) }

// OuterCheck is the check before the envelope of a joined entry, without its checksum.
func OuterCheck(q *store.Query) [checkSize]byte { return outerCheck(q) }
