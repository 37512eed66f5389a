package rueidisstore

import "github.com/cacheops/cacheops/store"

// What tests of sets mode need.

// Base returns the store that has the client and the keys.
func (s *Sets) Base() *Store { return s.base }

// EntryKey is where an entry is.
func (s *Sets) EntryKey(q *store.Query) string { return s.entryKey(q) }

// MembersKey is the set of a table's entries.
func (s *Sets) MembersKey(database, table string) string {
	return s.base.keys.table(database, table).members
}

// Rechecked is an entry of the query with its check made right, as whoever can write to
// Redis can make it: one with an envelope, or a plain one. The snapshot tells the server.
func Rechecked(q *store.Query, sn store.Snapshot, entry string, inEnvelope bool) string {
	body := []byte(entry[stampSize+checkSize:])
	own := setsCheck(q, sn.(*placed).master, entry[:stampSize])
	if inEnvelope {
		own = own.withEnvelope(body)
	} else {
		own = own.with(body)
	}
	return entry[:stampSize] + string(own[:]) + string(body)
}

// AskAgain has the next call over each link to a single server ask who the server is.
func (s *Store) AskAgain() {
	n := s.network.Load()
	for i := range n.single.lanes {
		if l := n.single.lanes[i].link.Load(); l != nil {
			l.asked.Store(-1 << 62)
		}
	}
}

// MaxDropped is how many entries one call drops.
const MaxDropped = maxDropped

// MaxSets bounds the sets of a joined entry.
const MaxSets = maxSets
