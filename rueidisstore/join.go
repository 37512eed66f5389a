package rueidisstore

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// A joined entry in Redis is a check, like that of any entry; the length of its
// layout, as a number of variable length; the layout; the checks of its parts, as
// their leases had them; and the payload.
//
// The layout is what it depends on: the number of the parts, and for each its
// database, its key, and its tables with the keys of their conjunctions. Texts and
// lists have their length before them.
//
// Its own check is of its key and of the layout, and holds the checksum of all that
// follows. It depends on nothing but the parts: each of their checks has to be the
// one that the stamps of now make.

// joinFormat starts the check of a joined entry.
const joinFormat = "cacheops joined check 1"

// maxLayout bounds the layout of an entry that is read, in bytes: one that is larger
// is none of ours.
const maxLayout = 1 << 20

// maxStamps bounds the stamps that a joined entry depends on. Each takes a few bytes
// of a layout, and many more of the memory of who reads it.
const maxStamps = 1 << 16

// Join puts the parts together, each once. It is nil where they are too many for an
// entry that would be read.
func (s *Store) Join(parts ...store.Snapshot) store.Snapshot {
	var all []*snapshot
	size, stamps := 0, 0
	seen := make(map[check]bool, len(parts))
	for _, p := range parts {
		part, ok := p.(*snapshot)
		if !ok || part == nil || part.store != s {
			return nil
		}
		list := part.parts
		if part.query != nil {
			list = []*snapshot{part}
		}
		for _, x := range list {
			if !seen[x.check] { // a check is of a query and its stamps
				seen[x.check] = true
				all = append(all, x)
				text, n := layoutSize(x.query)
				size, stamps = size+text, stamps+n
			}
		}
	}
	if len(all) == 0 || size > maxLayout || stamps > maxStamps {
		return nil
	}
	return s.joined(all)
}

// joined makes a snapshot of parts, none of them joined.
func (s *Store) joined(parts []*snapshot) *snapshot {
	var all checker
	add(&all, joinFormat)
	for _, p := range parts {
		add(&all, p.check[:])
	}
	return &snapshot{store: s, check: all.sum(), parts: parts}
}

// layout is what a joined entry depends on, ready to be asked for.
type layout struct {
	text  string // as it is in the entry
	parts []*store.Query
	keys  []string // of the stamps, each once
	at    [][]int  // for each part the places of its keys, in the order of a check

	// own is the check of an entry of this layout without its checksum, and database a
	// part of what it is of. The key is that under which the layout is remembered.
	own      check
	database string

	proof atomic.Pointer[proof] // the last one; nil: there was none
}

// proof is what a layout's stamps were, and the checks of the parts that they made. The
// same stamps of the same servers make the same checks.
type proof struct {
	stamps  string // of all keys, one after the other
	masters []incarnation
	only    incarnation
	checks  string
}

// layoutSize returns at most how much of a layout a part takes, and the number of its
// stamps.
func layoutSize(q *store.Query) (size, stamps int) {
	const lengths = 3 * binary.MaxVarintLen32 // of a part, and of each table
	size, stamps = len(q.Database)+len(q.Key)+lengths, 1
	for i := range q.Deps {
		d := &q.Deps[i]
		size += len(d.Table) + lengths
		stamps += 1 + max(1, len(d.Conjs))
		for j := range d.Conjs {
			size += len(d.Conjs[j].Key) + binary.MaxVarintLen32
		}
	}
	return size, stamps
}

// appendLayout appends the layout of parts.
func appendLayout(b []byte, parts []*snapshot) []byte {
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for _, p := range parts {
		text(p.query.Database)
		b = append(b, p.query.Key[:]...)
		b = binary.AppendUvarint(b, uint64(len(p.query.Deps)))
		for i := range p.query.Deps {
			d := &p.query.Deps[i]
			text(d.Table)
			b = binary.AppendUvarint(b, uint64(len(d.Conjs)))
			for j := range d.Conjs {
				text(d.Conjs[j].Key)
			}
		}
	}
	return b
}

// cursor reads a layout. After an error everything is zero.
type cursor struct {
	rest string
	bad  bool
}

func (c *cursor) number() int {
	n, size := binary.Uvarint(unsafe.Slice(unsafe.StringData(c.rest), len(c.rest))) //nolint:gosec // it is only read
	// A count of things that take at least a byte each.
	if size <= 0 || n > uint64(len(c.rest)-size) { //nolint:gosec // not negative
		c.rest, c.bad = "", true
		return 0
	}
	c.rest = c.rest[size:]
	return int(n) //nolint:gosec // bounded above
}

func (c *cursor) bytes(n int) string {
	if n > len(c.rest) {
		c.rest, c.bad = "", true
		return ""
	}
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out
}

func (c *cursor) text() string { return c.bytes(c.number()) }

// parseLayout reads a layout, or returns nil where it is none.
func (s *Store) parseLayout(text string) *layout {
	c := cursor{rest: text}
	l := &layout{text: text}
	n := 0 // of stamps
	for range c.number() {
		q := &store.Query{Database: c.text()}
		copy(q.Key[:], c.bytes(len(q.Key)))
		n++
		for range c.number() {
			d := store.TableDep{Table: c.text()}
			conjs := c.number()
			if n += 1 + max(1, conjs); n > maxStamps || c.bad {
				return nil
			}
			for range conjs {
				d.Conjs = append(d.Conjs, store.Conj{Key: c.text()})
			}
			q.Deps = append(q.Deps, d)
		}
		if n > maxStamps || c.bad {
			return nil
		}
		l.parts = append(l.parts, q)
	}
	if c.bad || c.rest != "" || len(l.parts) == 0 {
		return nil
	}
	known := make(map[string]int)
	for _, q := range l.parts {
		keys := s.keys.hit(q)[1:] // without the part's own entry
		at := make([]int, len(keys))
		for i, key := range keys {
			place, ok := known[key]
			if !ok {
				place = len(l.keys)
				known[key] = place
				l.keys = append(l.keys, key)
			}
			at[i] = place
		}
		l.at = append(l.at, at)
	}
	return l
}

// stamps is what the keys of a layout hold, and the servers that said so.
type stamps struct {
	values  []rueidis.RedisMessage
	masters []incarnation // of each value; none where there is one server
	only    incarnation
}

func (f *stamps) master(i int) incarnation {
	if len(f.masters) == 0 {
		return f.only
	}
	return f.masters[i]
}

// fetchKeys reads the values of keys of any slots: in one command where there is one
// server, else in one for each slot, side by side.
func (s *Store) fetchKeys(ctx context.Context, keys []string) (stamps, error) {
	n, err := s.join(ctx)
	if err != nil {
		return stamps{}, err
	}
	if n.single != nil {
		list, master, err := n.mget(ctx, keys)
		return stamps{values: list, only: master}, err
	}
	var requests []*request
	bySlot := make(map[uint16]int)
	places := make([][]int, 0, len(keys))
	for i, key := range keys {
		slot := slotOf(key)
		at, ok := bySlot[slot]
		if !ok {
			at = len(requests)
			bySlot[slot] = at
			requests = append(requests, &request{key: key, slot: slot})
			places = append(places, nil)
		}
		places[at] = append(places[at], i)
	}
	for at, r := range requests {
		part := make([]string, len(places[at]))
		for i, place := range places[at] {
			part[i] = keys[place]
		}
		r.make = func() []command { return []command{{name: "MGET", keys: part}} }
	}
	if err := n.do(ctx, requests...); err != nil {
		return stamps{}, err
	}
	f := stamps{values: make([]rueidis.RedisMessage, len(keys)), masters: make([]incarnation, len(keys))}
	for at, r := range requests {
		if len(r.replies) != 1 {
			return stamps{}, errReply
		}
		list, err := values(r.replies[0], len(places[at]))
		if err != nil {
			return stamps{}, err
		}
		for i, place := range places[at] {
			f.values[place], f.masters[place] = list[i], r.master
		}
	}
	return f, nil
}

// from returns the servers of the stamps from a place on, as a proof has them.
func (f *stamps) from(first int) []incarnation {
	if len(f.masters) == 0 {
		return nil
	}
	return f.masters[first:]
}

// proved reports whether the checks are known to be those that the stamps make.
func (l *layout) proved(f *stamps, first int, checks string) bool {
	p := l.proof.Load()
	if p == nil || p.checks != checks || f.only != p.only || !slices.Equal(f.from(first), p.masters) {
		return false
	}
	for i := range l.keys {
		value, err := f.values[first+i].ToString()
		if err != nil || value != p.stamps[i*stampSize:(i+1)*stampSize] {
			return false
		}
	}
	return true
}

// prove remembers the checks that the stamps make. Each of the stamps is one.
func (l *layout) prove(f *stamps, first int, checks string) {
	b := make([]byte, 0, stampSize*len(l.keys))
	for i := range l.keys {
		value, err := f.values[first+i].ToString()
		if err != nil || len(value) != stampSize {
			return
		}
		b = append(b, value...)
	}
	l.proof.Store(&proof{stamps: string(b), masters: slices.Clone(f.from(first)), only: f.only, checks: strings.Clone(checks)})
}

// check returns the check of a part under the stamps, or false where one is missing.
func (l *layout) check(part int, f *stamps, first int) (check, bool) {
	q := l.parts[part]
	c := newChecker(q)
	rest := l.at[part]
	for i := -1; i < len(q.Deps); i++ {
		n := 1
		if i >= 0 {
			n += max(1, len(q.Deps[i].Conjs))
		}
		c.server(f.master(first + rest[0]))
		for _, place := range rest[:n] {
			value, err := f.values[first+place].ToString()
			if err != nil || !c.stamp(value) {
				return check{}, false
			}
		}
		rest = rest[n:]
	}
	return c.sum(), true
}

// joinedEntry is a joined entry, taken apart.
type joinedEntry struct{ layout, checks, payload string }

// openJoined takes an entry apart, or returns false where it is none of that query. What
// is remembered of its layout, nil for nothing, saves some work.
func openJoined(q *store.Query, entry string, known *layout) (e joinedEntry, ok bool) {
	if len(entry) < checkSize {
		return e, false
	}
	c := cursor{rest: entry[checkSize:]}
	body := c.rest
	n := c.number()
	if c.bad || n > maxLayout {
		return e, false
	}
	e.layout = c.bytes(n)
	var own check
	if known != nil && known.text == e.layout && known.database == q.Database {
		own = known.own
	} else {
		own = joinCheck(q, e.layout)
	}
	own = own.with(unsafe.Slice(unsafe.StringData(body), len(body))) //nolint:gosec // it is only read
	if string(own[:]) != entry[:checkSize] {
		return e, false
	}
	count := cursor{rest: e.layout}
	e.checks = c.bytes(checkSize * count.number())
	e.payload = c.rest
	return e, !c.bad && !count.bad
}

// joinCheck is the check of a joined entry without its checksum.
func joinCheck(q *store.Query, layout string) check {
	c := checkerOf(joinFormat, &q.Key, q.Database)
	add(&c, layout)
	return c.sum()
}

// getJoined returns a joined entry if it is there and valid, and, where they are wanted,
// its parts. What the entry depended on when this process saw it last is asked for
// together with it.
func (s *Store) getJoined(ctx context.Context, q *store.Query, want bool) (p store.Payload, parts []*snapshot, ok bool, err error) {
	if err := s.check(ctx); err != nil {
		return nil, nil, false, err
	}
	err = s.reading(ctx, "get", func(ctx context.Context) (err error) {
		p, parts, ok, err = s.lookJoined(ctx, q, want)
		return err
	})
	if err != nil {
		return nil, nil, false, err
	}
	return p, parts, ok, nil
}

func (s *Store) lookJoined(ctx context.Context, q *store.Query, want bool) (store.Payload, []*snapshot, bool, error) {
	l := s.layouts.get(&q.Key)
	keys := []string{s.keys.entry(&q.Key)}
	if l != nil {
		keys = append(make([]string, 0, 1+len(l.keys)), keys[0])
		keys = append(keys, l.keys...)
	}
	f, err := s.fetchKeys(ctx, keys)
	if err != nil {
		return nil, nil, false, err
	}
	text, err := f.values[0].ToString()
	if err != nil {
		return nil, nil, false, nil //nolint:nilerr // nothing, or none of ours
	}
	e, ok := openJoined(q, text, l)
	if !ok {
		return nil, nil, false, nil
	}
	first := 1
	if l == nil || l.text != e.layout {
		// The entry was read before its stamps. That is as good as the other way
		// round: stamps never come back, so what holds now held since the leases.
		if l = s.parseLayout(strings.Clone(e.layout)); l == nil { // or all of the entry would be held on to
			return nil, nil, false, nil
		}
		if f, err = s.fetchKeys(ctx, l.keys); err != nil {
			return nil, nil, false, err
		}
		l.own, l.database = joinCheck(q, l.text), q.Database
		s.layouts.put(&q.Key, l)
		first = 0
	}
	if !l.proved(&f, first, e.checks) {
		for i := range l.parts {
			now, ok := l.check(i, &f, first)
			if !ok || string(now[:]) != e.checks[i*checkSize:(i+1)*checkSize] {
				return nil, nil, false, nil
			}
		}
		l.prove(&f, first, e.checks)
	}
	var parts []*snapshot
	if want {
		parts = make([]*snapshot, len(l.parts))
		for i := range l.parts {
			parts[i] = &snapshot{store: s, check: check([]byte(e.checks[i*checkSize : (i+1)*checkSize])), query: l.parts[i]}
		}
	}
	p, err := decode(q, unsafe.Slice(unsafe.StringData(e.payload), len(e.payload))) //nolint:gosec // as in judge
	if err != nil {
		return nil, nil, false, nil //nolint:nilerr // what cannot be read is a miss
	}
	return p, parts, true, nil
}

// fillJoined stores a joined entry, and lets the stamps of its parts live as long.
func (s *Store) fillJoined(ctx context.Context, q *store.Query, snap *snapshot, p store.Payload, ttl time.Duration) error {
	text := string(appendLayout(nil, snap.parts))
	if len(text) > maxLayout || len(snap.parts) == 0 {
		return nil
	}
	l := s.layouts.get(&q.Key)
	if l == nil || l.text != text {
		if l = s.parseLayout(text); l == nil {
			return nil // it would not be read
		}
		l.own, l.database = joinCheck(q, text), q.Database
	}
	b := make([]byte, checkSize, checkSize+len(text)+binary.MaxVarintLen64+checkSize*len(snap.parts)+p.Size())
	b = binary.AppendUvarint(b, uint64(len(text)))
	b = append(b, text...)
	for _, part := range snap.parts {
		b = append(b, part.check[:]...)
	}
	b, err := p.AppendBinary(b)
	if err != nil {
		return err
	}
	own := joinCheck(q, text).with(b[checkSize:])
	copy(b, own[:])
	entry := unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // b is not used any more
	requests := []*request{s.setRequest(q, entry, ttl)}
	requests = append(requests, s.touchRequests(snap.parts, ttl)...)
	err = s.reading(ctx, "fill", func(ctx context.Context) error { return s.do(ctx, requests...) })
	if err == nil {
		s.layouts.put(&q.Key, l)
	}
	return err
}

// touchRequests has the stamps of parts live that long, where their leases did not ask
// for it.
func (s *Store) touchRequests(parts []*snapshot, ttl time.Duration) []*request {
	byTable := make(map[string]*request)
	keys := make(map[string][]string)
	var out []*request
	for _, p := range parts {
		if max(p.query.TTL, minLife) >= ttl {
			continue
		}
		for i := range p.query.Deps {
			d := &p.query.Deps[i]
			t := s.keys.table(p.query.Database, d.Table)
			r := byTable[t.base]
			if r == nil {
				r = &request{key: t.base, slot: t.slot, make: func() []command {
					return []command{{script: s.scripts.touch, keys: keys[t.base], args: []string{strconv.FormatInt(ttl.Milliseconds(), 10)}}}
				}}
				byTable[t.base] = r
				keys[t.base] = []string{t.registry, t.epoch}
				out = append(out, r)
			}
			if len(d.Conjs) == 0 {
				keys[t.base] = append(keys[t.base], t.whole)
			}
			for j := range d.Conjs {
				keys[t.base] = append(keys[t.base], t.conj(d.Conjs[j].Key))
			}
		}
	}
	return out
}
