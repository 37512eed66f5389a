package rueidisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/cacheops/cacheops/store"
)

// minLife is how long stamps live at least, so that reads with short times to live
// do not have them made again and again.
const minLife = 10 * time.Minute

// random returns n random bytes. The system's random source does not fail.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return unsafe.String(unsafe.SliceData(b), n) //nolint:gosec // nobody has b any more
}

// versionSize is the length of a registry's version.
const versionSize = 8

// newVersion returns a registry's version that none had.
func newVersion() string {
	for {
		if v := random(versionSize); binary.BigEndian.Uint64([]byte(v)) != 0 {
			return v
		}
	}
}

// Lease registers the schemes of the query and returns its stamps, or that one of
// them is fenced: one round trip.
func (s *Store) Lease(ctx context.Context, q *store.Query) (lease store.Lease, err error) {
	err = s.reading(ctx, "lease", func(ctx context.Context) (err error) {
		lease, err = s.lease(ctx, q)
		return err
	})
	if err != nil {
		return store.Lease{}, err
	}
	return lease, nil
}

func (s *Store) lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	requests := make([]*request, 1, 1+len(q.Deps))
	db := s.keys.database(q.Database)
	requests[0] = s.groundRequest(db)
	for i := range q.Deps {
		requests = append(requests, s.leaseRequest(q, &q.Deps[i]))
	}
	if err := s.do(ctx, requests...); err != nil {
		return store.Lease{}, err
	}
	global, schema, err := groundReply(requests[0])
	if err != nil {
		return store.Lease{}, err
	}
	lease := store.Lease{Schema: schema}
	c := newChecker(q)
	c.server(requests[0].master)
	lease.Fenced = !c.stamp(global)
	for i := range q.Deps {
		r := requests[1+i]
		stamps, err := s.leaseReply(q, &q.Deps[i], r)
		if err != nil {
			return store.Lease{}, err
		}
		lease.Fenced = lease.Fenced || !addStamps(&c, &q.Deps[i], r.master, stamps)
	}
	if !lease.Fenced {
		lease.Snapshot = &snapshot{store: s, check: c.sum(), query: q}
	}
	return lease, nil
}

// addStamps adds a table's stamps to a check, in the order in which a hit reads
// them, and returns false when one is fenced.
func addStamps(c *checker, dep *store.TableDep, master incarnation, stamps string) bool {
	if len(stamps) != stampSize*(1+max(1, len(dep.Conjs))) {
		return false
	}
	c.server(master)
	for len(stamps) > 0 {
		c.stamp(stamps[:stampSize])
		stamps = stamps[stampSize:]
	}
	return true
}

// leaseRequest is the lease of one table.
func (s *Store) leaseRequest(q *store.Query, dep *store.TableDep) *request {
	t := s.keys.table(q.Database, dep.Table)
	keys := make([]string, 4, 4+len(dep.Conjs))
	keys[0], keys[1], keys[2], keys[3] = t.registry, t.epoch, t.live, t.whole
	schemes := make([]string, 0, 4)
	for i := range dep.Conjs {
		keys = append(keys, t.conj(dep.Conjs[i].Key))
		if scheme := string(dep.Conjs[i].Scheme); !slices.Contains(schemes, scheme) {
			schemes = append(schemes, scheme)
		}
	}
	life := strconv.FormatInt(max(q.TTL, minLife).Milliseconds(), 10)
	return &request{key: t.base, slot: t.slot, make: func() []command {
		args := make([]string, 4, 4+len(schemes))
		args[0], args[1] = life, s.copies.version(q.Database, dep.Table)
		args[2], args[3] = newVersion(), random(stampSize*(2+len(dep.Conjs)))
		return []command{{script: s.scripts.lease, keys: keys, args: append(args, schemes...)}}
	}}
}

// leaseReply reads the answer to leaseRequest.
func (s *Store) leaseReply(q *store.Query, dep *store.TableDep, r *request) (stamps string, err error) {
	if len(r.replies) != 1 {
		return "", errReply
	}
	list, err := r.replies[0].ToArray()
	if err != nil || len(list) != 3 {
		return "", errReply
	}
	if stamps, err = list[0].ToString(); err != nil {
		return "", errReply
	}
	version, err := list[1].ToString()
	if err != nil || len(version) != versionSize {
		return "", errReply
	}
	if list[2].IsNil() {
		return stamps, nil // the copy is right
	}
	schemes, err := list[2].AsStrSlice()
	if err != nil {
		return "", errReply
	}
	s.copies.put(q.Database, dep.Table, newCopy(dep.Table, version, schemes, false))
	return stamps, nil
}

// newCopy makes a copy of a registry.
func newCopy(table, version string, schemes []string, unread bool) *registryCopy {
	c := &registryCopy{version: version, registry: store.Registry{Table: table, Unread: unread}}
	if version != "" {
		c.registry.Version = binary.BigEndian.Uint64([]byte(version))
	}
	for _, x := range schemes {
		c.registry.Schemes = append(c.registry.Schemes, store.Scheme(x))
	}
	slices.Sort(c.registry.Schemes) // Redis tells them in any order
	return c
}

// groundRequest is the lease of what every read of a database depends on.
func (s *Store) groundRequest(db *databaseKeys) *request {
	return &request{key: db.global, slot: db.slot, make: func() []command {
		fresh := random(2 * stampSize)
		return []command{{
			script: s.scripts.ground, keys: []string{db.global, db.schema},
			args: []string{fresh[:stampSize], fresh[stampSize:]},
		}}
	}}
}

// groundReply reads the answer to groundRequest.
func groundReply(r *request) (global string, schema store.Schema, err error) {
	if len(r.replies) != 1 {
		return "", schema, errReply
	}
	list, err := r.replies[0].AsStrSlice()
	if err != nil || len(list) != 2 || len(list[1]) != stampSize {
		return "", schema, errReply
	}
	return list[0], schemaOf(list[1], r.master), nil
}

// ground returns the version of a database's schema, made if there is none.
func (s *Store) ground(ctx context.Context, database string) (store.Schema, error) {
	r := s.groundRequest(s.keys.database(database))
	if err := s.do(ctx, r); err != nil {
		return store.Schema{}, err
	}
	_, schema, err := groundReply(r)
	return schema, err
}

// schemaOf is the version of a schema as callers know it. The server is part of
// it: one that has gone back in time may have an old version under a new schema.
func schemaOf(stored string, m incarnation) store.Schema {
	b := make([]byte, 0, stampSize+len(m))
	b = append(b, stored...)
	b = append(b, m[:]...)
	sum := sha256.Sum256(b)
	return store.Schema(sum[:stampSize])
}

// Schema returns the version of the database's schema. It changes when Redis
// restarts, too.
func (s *Store) Schema(ctx context.Context, database string) (schema store.Schema, err error) {
	err = s.reading(ctx, "schema", func(ctx context.Context) (err error) {
		schema, err = s.ground(ctx, database)
		return err
	})
	if err != nil {
		return store.Schema{}, err
	}
	return schema, nil
}

// BumpSchema gives the database's schema a new version.
func (s *Store) BumpSchema(ctx context.Context, database string) (schema store.Schema, err error) {
	err = s.writing(ctx, "new schema", func(ctx context.Context) error {
		db := s.keys.database(database)
		var fresh string
		r := request{key: db.schema, slot: db.slot, make: func() []command {
			fresh = random(stampSize)
			return []command{{script: s.scripts.schema, keys: []string{db.schema}, args: []string{fresh}}}
		}}
		if err := s.do(ctx, &r); err != nil {
			return err
		}
		schema = schemaOf(fresh, r.master)
		return nil
	})
	if err != nil {
		return store.Schema{}, err
	}
	return schema, nil
}
