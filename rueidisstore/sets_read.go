package rueidisstore

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/cacheops/cacheops/store"
)

// An entry of sets mode is a value of 16 bytes; a check; of a joined entry the length of
// the names of its sets, in 4 bytes, and these, one a line; and the payload, or an
// envelope with it, see sets_wrap.go.
//
// The value is that of the place which the lease made. While an entry is read from the
// database its place holds the value alone. The check is a digest of what the entry is
// of, of the server and the value, and of the checksum of what follows. So an entry that
// was put under another key, that a server had before it restarted, that another version
// wrote, or of which a byte was changed, is a miss.
const (
	setsFormat       = "cacheops sets check 1"
	setsJoinedFormat = "cacheops sets joined check 1"
)

// setsCheck is the check of an entry before its checksum.
func setsCheck(q *store.Query, master incarnation, value string) check {
	format := setsFormat
	if q.Joined {
		format = setsJoinedFormat
	}
	c := checkerOf(format, &q.Key, q.Database)
	c.server(master)
	c.stamp(value)
	if !q.Joined {
		// One who analyses the query in another way finds nothing.
		var size [2 * binary.MaxVarintLen64]byte
		text := func(s string, n int) {
			b := binary.AppendUvarint(size[:0], uint64(len(s)))
			add(&c, binary.AppendUvarint(b, uint64(n))) //nolint:gosec // not negative
			add(&c, s)
		}
		for i := range q.Deps {
			d := &q.Deps[i]
			text(d.Table, len(d.Conjs))
			for j := range d.Conjs {
				text(d.Conjs[j].Key, 0)
			}
		}
	}
	return c.sum()
}

// setsEntry is an entry of sets mode, taken apart.
type setsEntry struct {
	value, payload string
	lines          string // of a joined one
	master         incarnation
}

// openSets takes an entry apart, and tells what follows: nothing where it is none of that
// query.
func openSets(q *store.Query, entry string, master incarnation) (e setsEntry, is form) {
	if len(entry) < stampSize+checkSize {
		return e, stale // a place, or nothing
	}
	e.master, e.value, e.payload = master, entry[:stampSize], entry[stampSize+checkSize:]
	text := entry[stampSize:]
	_, is = openEntry(unsafe.Slice(unsafe.StringData(text), len(text)), setsCheck(q, master, e.value)) //nolint:gosec // it is only read
	if q.Joined && (is == plain || is == wrapped) {
		if len(e.payload) < linesSize {
			return e, stale
		}
		n := int64(binary.BigEndian.Uint32([]byte(e.payload[:linesSize])))
		if n > maxLayout || n > int64(len(e.payload)-linesSize) {
			return e, stale
		}
		e.lines, e.payload = e.payload[linesSize:linesSize+n], e.payload[linesSize+n:]
	}
	return e, is
}

// maxSets bounds the sets of a joined entry, which one call of a script goes through.
const maxSets = 2000

// linesSize is the length of the length of a joined entry's lines.
const linesSize = 4

// look reads an entry: one GET.
func (s *Sets) look(ctx context.Context, q *store.Query) (p store.Payload, e setsEntry, ok bool, err error) {
	var entry string
	var master incarnation
	err = s.base.reading(ctx, "get", func(ctx context.Context) error {
		n, err := s.base.join(ctx)
		if err == nil {
			entry, master, err = n.get(ctx, s.entryKey(q))
		}
		return err
	})
	if err != nil {
		return nil, e, false, err
	}
	e, is := openSets(q, entry, master)
	content, ok := s.unwrap(ctx, q, &e, is)
	if !ok {
		return nil, e, false, nil
	}
	// What is decoded may refer to the bytes: they are the reply's own or were made
	// for it, and nobody changes them.
	p, err = decode(q, content)
	if err != nil {
		return nil, e, false, nil //nolint:nilerr // what cannot be read is a miss
	}
	return p, e, true, nil
}

// Get returns the entry if it is there: one GET.
func (s *Sets) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	p, _, ok, err := s.look(ctx, q)
	return p, ok, err
}

// Recall is Get with the snapshot of the entry.
func (s *Sets) Recall(ctx context.Context, q *store.Query) (store.Payload, store.Snapshot, bool, error) {
	p, e, ok, err := s.look(ctx, q)
	if !ok || err != nil {
		return nil, nil, false, err
	}
	at := place{name: entryName(q), value: e.value, of: q}
	if q.Joined {
		at.of, at.sets = nil, strings.Split(e.lines, "\n")
		for _, set := range at.sets {
			if !strings.HasPrefix(set, s.entryPrefix()) {
				return nil, nil, false, nil // it is none of ours
			}
		}
	}
	return p, &placed{store: s, master: e.master, parts: []place{at}, joined: q.Joined}, true, nil
}

// placed is a [store.Snapshot] of sets mode.
type placed struct {
	store  *Sets
	master incarnation // whose places they are
	parts  []place
	joined bool
}

// place is where an entry is or will be, the value that it has there, and what the
// entry depends on. As long as the value is there, nothing of that has changed.
type place struct {
	name  string
	value string
	of    *store.Query // nil for a joined entry
	sets  []string     // of a joined entry, in which it is listed
}

// Equal reports whether both snapshots are of the same places with the same values.
func (p *placed) Equal(other store.Snapshot) bool {
	o, ok := other.(*placed)
	return ok && o != nil && p.store == o.store && p.master == o.master && p.joined == o.joined &&
		slices.EqualFunc(p.parts, o.parts, place.same)
}

func (p place) same(o place) bool { return p.name == o.name && p.value == o.value }

// Join puts the parts together, each once.
func (s *Sets) Join(parts ...store.Snapshot) store.Snapshot {
	all := &placed{store: s, joined: true}
	for i, x := range parts {
		part, ok := x.(*placed)
		if !ok || part == nil || part.store != s {
			return nil
		}
		if i > 0 && part.master != all.master {
			return nil // what an earlier server told is void
		}
		all.master = part.master
		for _, p := range part.parts {
			if !slices.ContainsFunc(all.parts, p.same) {
				all.parts = append(all.parts, p)
			}
		}
	}
	if len(all.parts) == 0 {
		return nil
	}
	return all
}

// Fill stores the result, if nothing that it depends on has changed since the lease. A
// nil snapshot, or a TTL of less than a millisecond, stores nothing. The context ends the
// wait, and not what was sent.
func (s *Sets) Fill(ctx context.Context, q *store.Query, sn store.Snapshot, p store.Payload, ttl time.Duration) error {
	if err := s.base.check(ctx); err != nil {
		return err
	}
	if ttl < time.Millisecond || sn == nil || p == nil {
		return nil
	}
	snap, ok := sn.(*placed)
	if !ok || snap == nil || snap.store != s || snap.joined != q.Joined || !q.Joined && snap.parts[0].name != entryName(q) {
		return errSnapshot
	}
	value := random(stampSize)
	registries, sets := s.members(snap.parts)
	of, lines := q, ""
	if q.Joined {
		lines = strings.Join(sets, "\n")
		if len(lines) > maxLayout || len(sets) > maxSets {
			return nil // Redis would do nothing else for too long
		}
	} else {
		// It is of what was leased.
		of, value = snap.parts[0].of, snap.parts[0].value
	}
	entry, err := s.writeEntry(of, snap.master, value, lines, p)
	if err != nil {
		return err
	}

	keys := make([]string, 1, 1+len(snap.parts)+len(registries)+len(sets))
	keys[0] = s.entryKey(q)
	args := make([]string, 6, 6+len(snap.parts))
	args[0], args[1], args[2] = entryName(q), entry, strconv.FormatInt(ttl.Milliseconds(), 10)
	args[3], args[4], args[5] = strconv.Itoa(len(snap.parts)), strconv.Itoa(len(registries)), strconv.FormatBool(q.Joined)
	for i := range snap.parts {
		keys = append(keys, s.entryPrefix()+snap.parts[i].name)
		args = append(args, snap.parts[i].value)
	}
	keys = append(append(keys, registries...), sets...)
	r := &request{key: keys[0], slot: slotOf(keys[0]), make: func() []command {
		return []command{{script: s.scripts.fill, keys: keys, args: args}}
	}}
	return s.base.reading(ctx, "fill", func(ctx context.Context) error { return s.base.do(ctx, r) })
}

// members returns the registries of what parts depend on, and the sets in which an entry
// of them is listed, each once.
func (s *Sets) members(parts []place) (registries, sets []string) {
	var seen map[string]bool
	if len(parts) > 1 { // one has each once
		seen = make(map[string]bool)
	}
	one := func(list []string, key string) []string {
		if seen[key] {
			return list
		}
		if seen != nil {
			seen[key] = true
		}
		return append(list, key)
	}
	for _, p := range parts {
		for _, set := range p.sets {
			sets = one(sets, set)
		}
		if p.of == nil {
			continue
		}
		if len(p.of.Deps) == 0 {
			sets = one(sets, s.base.keys.database(p.of.Database).own)
		}
		for i := range p.of.Deps {
			d := &p.of.Deps[i]
			t := s.base.keys.table(p.of.Database, d.Table)
			registries = one(registries, t.registry)
			if len(d.Conjs) == 0 {
				sets = one(sets, t.whole)
				continue
			}
			for j := range d.Conjs {
				sets = one(sets, t.conj(d.Conjs[j].Key))
			}
			sets = one(sets, t.members)
		}
	}
	return registries, sets
}
