package rueidisstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// Names of keys, for tests that take them away.

func (s *Store) EpochKey(database, table string) string { return s.keys.table(database, table).epoch }
func (s *Store) LiveKey(database, table string) string  { return s.keys.table(database, table).live }
func (s *Store) RegistryKey(database, table string) string {
	return s.keys.table(database, table).registry
}
func (s *Store) ConjKey(database, table, conj string) string {
	return s.keys.table(database, table).conj(conj)
}
func (s *Store) GlobalKey(database string) string { return s.keys.database(database).global }
func (s *Store) EntryKey(key store.Key) string    { return s.keys.entry(&key) }

// Bases returns what the keys of the tables of a database begin with, of those that
// the store has met, and what those of the database itself do.
func (s *Store) Bases(database string) []string {
	s.keys.mu.RLock()
	defer s.keys.mu.RUnlock()
	bases := []string{s.keys.prefix + ":{" + escape(database) + "}"}
	for name, t := range s.keys.tables {
		if name.database == database {
			bases = append(bases, t.base)
		}
	}
	return bases
}

// Prefix returns the store's prefix.
func (s *Store) Prefix() string { return s.cfg.Prefix }

// Raw returns the client under the store.
func (s *Store) Raw(ctx context.Context) (rueidis.Client, error) {
	n, err := s.join(ctx)
	if err != nil {
		return nil, err
	}
	return n.client, nil
}

// Break replaces a piece of a script, which must be there once.
func (s *Store) Break(name, old, replacement string) {
	var p **script
	switch name {
	case "lease":
		p = &s.scripts.lease
	case "fence":
		p = &s.scripts.fence
	case "bump":
		p = &s.scripts.bump
	case "all":
		p = &s.scripts.all
	default:
		panic("no script " + name)
	}
	if n := strings.Count((*p).text, old); n != 1 {
		panic(fmt.Sprintf("%s.lua holds %q %d times", name, old, n))
	}
	*p = newScript(strings.Replace((*p).text, old, replacement, 1))
}

// Halves are a Get in two halves: the entry and the stamps, each read by itself.
type Halves struct {
	s             *Store
	q             *store.Query
	entry, stamps fetched
}

// Apart begins a Get of which each half is read by itself.
func (s *Store) Apart(q *store.Query) *Halves { return &Halves{s: s, q: q} }

// Entry reads the entry.
func (h *Halves) Entry(ctx context.Context) (err error) {
	h.entry, err = h.s.fetch(ctx, h.q, h.s.keys.hit(h.q))
	return err
}

// Stamps reads the stamps.
func (h *Halves) Stamps(ctx context.Context) (err error) {
	h.stamps, err = h.s.fetch(ctx, h.q, h.s.keys.hit(h.q))
	return err
}

// Judge returns what Get would.
func (h *Halves) Judge() (store.Payload, bool) {
	f := fetched{values: append(h.entry.values[:1:1], h.stamps.values[1:]...), masters: h.stamps.masters}
	return judge(h.q, &f)
}
