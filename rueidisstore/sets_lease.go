package rueidisstore

import (
	"context"
	"slices"
	"strconv"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// Lease registers the schemes of the query and takes a place for its entry, listed in the
// sets of all that it depends on; or tells that one of those is fenced: one round trip.
func (s *Sets) Lease(ctx context.Context, q *store.Query) (lease store.Lease, err error) {
	err = s.base.reading(ctx, "lease", func(ctx context.Context) (err error) {
		lease, err = s.lease(ctx, q)
		return err
	})
	if err != nil {
		return store.Lease{}, err
	}
	return lease, nil
}

func (s *Sets) lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	db := s.base.keys.database(q.Database)
	r := s.leaseRequest(q, db)
	if err := s.base.do(ctx, r); err != nil {
		return store.Lease{}, err
	}
	schema, err := s.base.schemaReply(ctx, q.Database, r, 1)
	if err != nil {
		return store.Lease{}, err
	}
	list, err := r.replies[0].ToArray() // schemaReply has counted them
	if err != nil || len(list) != 1+2*len(q.Deps) {
		return store.Lease{}, errReply
	}
	value, err := list[0].ToString()
	if err != nil || value != "" && len(value) != stampSize {
		return store.Lease{}, errReply
	}
	for i := range q.Deps {
		version, err := list[1+2*i].ToString()
		if err != nil || version != "" && len(version) != versionSize {
			return store.Lease{}, errReply
		}
		told := list[2+2*i]
		if told.IsNil() {
			continue // the copy is right
		}
		schemes, err := told.AsStrSlice()
		if err != nil {
			return store.Lease{}, errReply
		}
		table := q.Deps[i].Table
		s.base.copies.put(q.Database, table, newCopy(table, version, schemes, false))
	}
	lease := store.Lease{Schema: schema, Fenced: value == ""}
	if !lease.Fenced {
		lease.Snapshot = &placed{store: s, master: r.master, parts: []place{{name: entryName(q), value: value, of: q}}}
	}
	return lease, nil
}

// leaseRequest is the lease of a query, and the question for the schema.
func (s *Sets) leaseRequest(q *store.Query, db *databaseKeys) *request {
	keys := make([]string, 4, 4+8*len(q.Deps))
	keys[0], keys[1], keys[2], keys[3] = s.entryKey(q), db.global, db.tables, db.own
	for i := range q.Deps {
		t := s.base.keys.table(q.Database, q.Deps[i].Table)
		keys = append(keys, t.registry, t.epoch, t.live, t.whole, t.members)
		for j := range q.Deps[i].Conjs {
			keys = append(keys, t.conj(q.Deps[i].Conjs[j].Key))
		}
	}
	life := strconv.FormatInt(max(q.TTL, minLife).Milliseconds(), 10)
	return &request{key: keys[0], slot: slotOf(keys[0]), make: func() []command {
		args := make([]string, 6, 6+6*len(q.Deps))
		args[0], args[1] = entryName(q), random(stampSize)
		args[2], args[3] = strconv.FormatInt(minLife.Milliseconds(), 10), life
		args[4], args[5] = s.entryPrefix(), strconv.Itoa(maxDropped)
		for i := range q.Deps {
			dep := &q.Deps[i]
			at := len(args) + 3
			args = append(args, strconv.Itoa(len(dep.Conjs)), s.base.copies.version(q.Database, dep.Table), newVersion(), "")
			for j := range dep.Conjs {
				if scheme := string(dep.Conjs[j].Scheme); !slices.Contains(args[at+1:], scheme) {
					args = append(args, scheme)
				}
			}
			args[at] = strconv.Itoa(len(args) - at - 1)
		}
		return []command{{script: s.scripts.lease, keys: keys, args: args}, schemaCommand(db)}
	}}
}

// Registry returns the table's schemes as Redis has them now.
func (s *Sets) Registry(ctx context.Context, database, table string) (out store.Registry, err error) {
	err = s.base.writing(ctx, "registry", func(ctx context.Context) (err error) {
		t := s.base.keys.table(database, table)
		read := command{name: "EXISTS", keys: []string{t.whole, t.members}}
		out, err = s.base.registry(ctx, database, table, read, func(m rueidis.RedisMessage) (bool, error) {
			n, err := m.AsInt64()
			return n > 0, err
		})
		return err
	})
	if err != nil {
		return store.Registry{}, err
	}
	return out, nil
}
