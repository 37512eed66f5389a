package engine

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// What is remembered of the last invalidations.
const (
	maxDrops      = 1024
	maxDropKeys   = 512 // of one invalidation
	maxDropTables = 64
	maxDropQuery  = 256 // bytes of a statement's text
)

// drops remembers the last invalidations of this process, so that Explain can
// tell which of them dropped a result. Its memory is bounded, and is used again.
type drops struct {
	seed maphash.Seed

	mu   sync.Mutex // guards what follows
	ring []drop     // grows up to maxDrops
	next int        // the oldest, once it is full
}

// drop is one invalidation. Keys are remembered by hashes: one that is found by
// chance makes a wrong explanation, once in very many, and nothing worse.
type drop struct {
	at       time.Time
	database string
	cause    Cause
	query    string
	all      bool
	tables   []dropTable
	// more counts tables beyond those remembered.
	more bool
	keys []uint64 // of all tables, see dropTable
}

// dropTable is a drop's part for one table.
type dropTable struct {
	key      string
	query    string // the last statement that changed this table
	epoch    bool
	from, to int  // its keys
	more     bool // there were more
}

// add remembers an invalidation.
func (d *drops) add(t *told) {
	if !t.all && len(t.tables) == 0 {
		return
	}
	at := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ring) < maxDrops {
		d.ring = append(d.ring, drop{})
		d.next = len(d.ring) - 1
	}
	s := &d.ring[d.next]
	d.next = (d.next + 1) % maxDrops
	clear(s.tables)
	*s = drop{
		at: at, database: t.database, cause: t.cause, query: shortened(t.query), all: t.all,
		tables: s.tables[:0], keys: s.keys[:0], more: len(t.tables) > maxDropTables,
	}
	for i := range t.tables[:min(len(t.tables), maxDropTables)] {
		tt := &t.tables[i]
		dt := dropTable{key: tt.name, query: s.query, epoch: tt.dropped, from: len(s.keys)}
		if n := len(tt.changes); n > 0 && tt.changes[n-1].query != t.query {
			dt.query = shortened(tt.changes[n-1].query)
		}
		keep := min(len(tt.keys), maxDropKeys-len(s.keys))
		dt.more = keep < len(tt.keys)
		for _, k := range tt.keys[:keep] {
			s.keys = append(s.keys, maphash.String(d.seed, k))
		}
		dt.to = len(s.keys)
		s.tables = append(s.tables, dt)
	}
}

// shortened bounds the memory of a statement's text.
func shortened(query string) string {
	if len(query) <= maxDropQuery {
		return query
	}
	return strings.ToValidUTF8(query[:maxDropQuery], "") + "..."
}

// last finds the last drop of something that is watched, in any database where
// none is named.
func (d *drops) last(database string, list []watched) *Drop {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, n := 0, len(d.ring); i < n; i++ {
		s := &d.ring[(d.next-1-i+n)%n]
		if database != "" && s.database != database {
			continue
		}
		out := &Drop{At: s.at, Cause: s.cause, Query: s.query}
		if s.all {
			out.Through = "everything"
			return out
		}
		for j := range list {
			if through, query := s.through(&list[j]); through != "" {
				out.Table, out.Through, out.Query = list[j].table.Name, through, query
				return out
			}
		}
		if s.more {
			out.Through = "one of many tables, perhaps"
			return out
		}
	}
	return nil
}

// through says how a drop met what is watched in a table, and by which statement;
// empty when it did not.
func (s *drop) through(w *watched) (how, query string) {
	for i := range s.tables {
		t := &s.tables[i]
		if t.key != w.name {
			continue
		}
		if t.epoch {
			return "the whole table", t.query
		}
		for j, k := range w.keys {
			if slices.Contains(s.keys[t.from:t.to], k) {
				return w.texts[j], t.query
			}
		}
		if t.more {
			return "one of many conditions, perhaps", t.query
		}
	}
	return "", ""
}
