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
func (s *Store) Break(name, old, replacement string, maybe bool) {
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
	if n := strings.Count((*p).text, old); n == 0 && maybe {
		return
	} else if n != 1 {
		panic(fmt.Sprintf("%s.lua holds %q %d times", name, old, n))
	}
	*p = newScript(strings.Replace((*p).text, old, replacement, 1))
}

// Seen is a Get of which each part is read by itself.
type Seen struct {
	s *Store
	q *store.Query
	f fetched
}

// Apart begins a Get in parts.
func (s *Store) Apart(q *store.Query) *Seen {
	n := len(s.keys.hit(q))
	return &Seen{s: s, q: q, f: fetched{values: make([]rueidis.RedisMessage, n), masters: make([]incarnation, 1+len(q.Deps))}}
}

// see reads all, and takes over the values of some places with their masters.
func (x *Seen) see(ctx context.Context, from, to, master, masters int) error {
	f, err := x.s.fetch(ctx, x.q, x.s.keys.hit(x.q))
	if err != nil {
		return err
	}
	copy(x.f.values[from:to], f.values[from:to])
	for i := master; i < masters; i++ {
		x.f.masters[i] = f.master(i)
	}
	return nil
}

// Entry reads the entry.
func (x *Seen) Entry(ctx context.Context) error { return x.see(ctx, 0, 1, 0, 0) }

// Global reads the global epoch.
func (x *Seen) Global(ctx context.Context) error { return x.see(ctx, 1, 2, 0, 1) }

// Tables reads the epochs and stamps of the tables.
func (x *Seen) Tables(ctx context.Context) error {
	return x.see(ctx, 2, len(x.f.values), 1, len(x.f.masters))
}

// Judge returns what Get would.
func (x *Seen) Judge() (store.Payload, bool) {
	p, _, ok := judge(x.q, &x.f)
	return p, ok
}
