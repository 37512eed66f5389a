package rueidisstore

import (
	"context"
	"strconv"
	"time"
	"unsafe"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// fetched is the values of what a hit reads, in the order of [keyring.hit], and
// the servers that they came from: that of the global epoch, and those of the
// tables, or the only one there is.
type fetched struct {
	values  []rueidis.RedisMessage
	masters []incarnation
	only    incarnation // where there are no masters
}

// fetch reads the values of the keys of a hit: all in one command where there is
// one server, else in one for each slot, side by side. They need not be of one
// moment: a stamp never comes back once it is gone, so one that is unchanged was
// so since the lease.
func (s *Store) fetch(ctx context.Context, q *store.Query, keys []string) (fetched, error) {
	n, err := s.join(ctx)
	if err != nil {
		return fetched{}, err
	}
	if n.single == nil {
		return s.fetchApart(ctx, n, q, keys)
	}
	values, master, err := n.mget(ctx, keys)
	if err != nil {
		return fetched{}, err
	}
	return fetched{values: values, only: master}, nil
}

// fetchApart reads the values from the nodes of a Cluster.
func (s *Store) fetchApart(ctx context.Context, n *network, q *store.Query, keys []string) (fetched, error) {
	requests := make([]*request, 0, 2+len(q.Deps))
	counts := make([]int, 0, 2+len(q.Deps))
	rest := keys
	add := func(count int) {
		part := rest[:count]
		rest = rest[count:]
		counts = append(counts, count)
		requests = append(requests, &request{key: part[0], slot: slotOf(part[0]), make: func() []command {
			return []command{{name: "MGET", keys: part}}
		}})
	}
	add(1)
	add(1)
	for i := range q.Deps {
		add(1 + max(1, len(q.Deps[i].Conjs)))
	}
	if err := n.do(ctx, requests...); err != nil {
		return fetched{}, err
	}
	f := fetched{values: make([]rueidis.RedisMessage, 0, len(keys))}
	for i, r := range requests {
		if len(r.replies) != 1 {
			return fetched{}, errReply
		}
		list, err := values(r.replies[0], counts[i])
		if err != nil {
			return fetched{}, err
		}
		f.values = append(f.values, list...)
		if i > 0 {
			f.masters = append(f.masters, r.master)
		}
	}
	return f, nil
}

// values returns the answer to an MGET.
func values(m rueidis.RedisMessage, n int) ([]rueidis.RedisMessage, error) {
	list, err := m.ToArray()
	if err != nil || len(list) != n {
		return nil, errReply
	}
	return list, nil
}

// master returns the server of the stamps at a place: 0 is that of the global
// epoch, 1 that of the first table.
func (f *fetched) master(i int) incarnation {
	if len(f.masters) == 0 {
		return f.only
	}
	return f.masters[i]
}

// judge returns the payload, if the entry is valid under the stamps, and the check
// of those.
func judge(q *store.Query, f *fetched) (_ store.Payload, now check, _ bool) {
	entry, err := f.values[0].ToString()
	if err != nil {
		return nil, now, false
	}
	c := newChecker(q)
	rest := f.values[1:]
	for i := -1; i < len(q.Deps); i++ {
		n := 1
		if i >= 0 {
			n += max(1, len(q.Deps[i].Conjs))
		}
		c.server(f.master(i + 1))
		for j := range n {
			value, err := rest[j].ToString()
			if err != nil || !c.stamp(value) {
				return nil, now, false
			}
		}
		rest = rest[n:]
	}
	now = c.sum()
	payload, ok := openEntry(unsafe.Slice(unsafe.StringData(entry), len(entry)), now) //nolint:gosec // it is only read
	if !ok {
		return nil, now, false
	}
	// What is decoded may refer to the bytes: they are the reply's own, and nobody
	// changes them.
	p, err := decode(q, payload)
	return p, now, err == nil
}

// decode calls Decode, which is another's and reads what anybody may have written.
func decode(q *store.Query, b []byte) (p store.Payload, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, errReply
		}
	}()
	return q.Decode(b)
}

// Get returns the entry if it is there and valid: one round trip. For a joined
// entry it is two where this process does not know what it depends on.
func (s *Store) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	p, _, ok, err := s.get(ctx, q)
	return p, ok, err
}

// get returns the entry if it is there and valid, and the check of a plain one.
func (s *Store) get(ctx context.Context, q *store.Query) (_ store.Payload, now check, _ bool, _ error) {
	if q.Joined {
		p, _, ok, err := s.getJoined(ctx, q, false)
		return p, now, ok, err
	}
	if err := s.check(ctx); err != nil {
		return nil, now, false, err
	}
	var f fetched
	err := s.reading(ctx, "get", func(ctx context.Context) (err error) {
		f, err = s.fetch(ctx, q, s.keys.hit(q))
		return err
	})
	if err != nil {
		return nil, now, false, err
	}
	p, now, ok := judge(q, &f)
	return p, now, ok, nil
}

// Recall is Get with the snapshot of the entry.
func (s *Store) Recall(ctx context.Context, q *store.Query) (store.Payload, store.Snapshot, bool, error) {
	if q.Joined {
		p, parts, ok, err := s.getJoined(ctx, q, true)
		if !ok || err != nil {
			return nil, nil, false, err
		}
		return p, s.joined(parts), true, nil
	}
	p, now, ok, err := s.get(ctx, q)
	if !ok || err != nil {
		return nil, nil, false, err
	}
	return p, &snapshot{store: s, check: now, query: q}, true, nil
}

// Fill stores the result. A nil snapshot, or a TTL of less than a millisecond,
// stores nothing. The context ends the wait, and not what was sent.
func (s *Store) Fill(ctx context.Context, q *store.Query, sn store.Snapshot, p store.Payload, ttl time.Duration) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	if ttl < time.Millisecond || sn == nil || p == nil {
		return nil
	}
	snap, ok := sn.(*snapshot)
	if !ok || snap == nil || snap.store != s {
		return errSnapshot
	}
	if q.Joined != (snap.query == nil) {
		return errSnapshot
	}
	if q.Joined {
		return s.fillJoined(ctx, q, snap, p, ttl)
	}
	b, err := appendEntry(make([]byte, 0, checkSize+p.Size()), snap.check, p)
	if err != nil {
		return err
	}
	entry := unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // b is not used any more
	return s.reading(ctx, "fill", func(ctx context.Context) error { return s.do(ctx, s.setRequest(q, entry, ttl)) })
}

// setRequest puts an entry.
func (s *Store) setRequest(q *store.Query, entry string, ttl time.Duration) *request {
	key := s.keys.entry(&q.Key)
	return &request{key: key, slot: slotOf(key), make: func() []command {
		return []command{{name: "SET", keys: []string{key}, args: []string{entry, "PX", strconv.FormatInt(ttl.Milliseconds(), 10)}}}
	}}
}
