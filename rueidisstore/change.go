package rueidisstore

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// maxKeys bounds the conjunctions of one call of a script: Redis does nothing else
// while it runs one, and a key takes it about 4 microseconds. What has more goes in
// several, in one pipeline, of which Redis reads a few at a time. Fewer keys cost
// time, more save none.
const maxKeys = 128

// Fence puts the change's token on what it names: one round trip, whatever the
// number of tables.
func (s *Store) Fence(ctx context.Context, c *store.Change) (ack store.Ack, err error) {
	if err := checkFence(c); err != nil {
		return store.Ack{}, err
	}
	err = s.writing(ctx, "fence", func(ctx context.Context) (err error) {
		ack, err = s.change(ctx, c, s.scripts.fence, "fence")
		return err
	})
	if err != nil {
		return store.Ack{}, err
	}
	return ack, nil
}

// Bump takes the values of what the change names away, and its token unless it is
// kept: one round trip. It is tried also where other calls are not, after many
// failures: the commit it follows has happened.
func (s *Store) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if err := s.check(ctx); err != nil {
		return store.Ack{}, err
	}
	how, args := "bump", "0"
	if keep == store.KeepFence {
		if err := checkFence(c); err != nil {
			return store.Ack{}, err
		}
		how, args = "keep", "1"
	}
	within, cancel := context.WithTimeout(ctx, s.cfg.WriteTimeout)
	defer cancel()
	ack, err := s.change(within, c, s.scripts.bump, how, args)
	if err != nil {
		return store.Ack{}, s.failed(ctx, "bump", err)
	}
	return ack, nil
}

// checkFence refuses changes whose fences would not hold.
func checkFence(c *store.Change) error {
	switch {
	case c.Token == (store.Token{}):
		return errToken
	case c.TTL < time.Millisecond:
		return errTTL
	}
	return nil
}

// change runs the script for each table, or does how to everything.
func (s *Store) change(ctx context.Context, c *store.Change, what *script, how string, more ...string) (store.Ack, error) {
	db := s.keys.database(c.Database)
	token, ttl := string(c.Token[:]), strconv.FormatInt(c.TTL.Milliseconds(), 10)
	ground := &request{key: db.global, slot: db.slot}
	if c.All {
		ground.make = func() []command {
			return []command{
				{script: s.scripts.all, keys: []string{db.global}, args: []string{token, ttl, how}},
				schemaCommand(db),
			}
		}
		if err := s.do(ctx, ground); err != nil {
			return store.Ack{}, err
		}
		if len(ground.replies) != 2 {
			return store.Ack{}, errReply
		}
		if done, err := ground.replies[0].ToString(); err != nil || done != "1" {
			return store.Ack{}, errReply
		}
		schema, err := s.schemaReply(ctx, c.Database, ground, 1)
		return store.Ack{Schema: schema}, err
	}
	if len(c.Tables) == 0 {
		return store.Ack{}, nil
	}
	ground.make = func() []command { return []command{schemaCommand(db)} }
	requests := make([]*request, 0, 1+len(c.Tables))
	requests = append(requests, ground)
	for i := range c.Tables {
		requests = append(requests, s.tableRequest(c, &c.Tables[i], what, token, ttl, more))
	}
	if err := s.do(ctx, requests...); err != nil {
		return store.Ack{}, err
	}
	var ack store.Ack
	for i := range c.Tables {
		stale, err := s.tableReply(c, &c.Tables[i], requests[1+i])
		if err != nil {
			return store.Ack{}, err
		}
		if stale != nil {
			ack.Stale = append(ack.Stale, *stale)
		}
	}
	var err error
	ack.Schema, err = s.schemaReply(ctx, c.Database, ground, 0)
	return ack, err
}

// tableRequest is a change of one table: one call of the script, or several where
// it has many conjunctions. Each puts the token among the live fences.
func (s *Store) tableRequest(c *store.Change, tc *store.TableChange, what *script, token, ttl string, more []string) *request {
	t := s.keys.table(c.Database, tc.Table)
	return s.callsOf(c, tc, what, []string{t.registry, t.epoch, t.live, t.whole}, token, ttl, more...)
}

// callsOf is calls of a script for the keys of one table and the conjunctions of a
// change.
func (s *Store) callsOf(c *store.Change, tc *store.TableChange, what *script, of []string, token, ttl string, more ...string) *request {
	t := s.keys.table(c.Database, tc.Table)
	version, epoch := s.copies.version(c.Database, tc.Table), "1"
	conjs := tc.Keys
	if tc.Epoch {
		conjs = nil
	} else {
		version, epoch = versionText(tc.Registry), "0"
	}
	commands := make([]command, 0, 1+len(conjs)/maxKeys)
	// The deadlines of fences are in their values, and no key ends before them.
	life := strconv.FormatInt(max(c.TTL, minLife).Milliseconds(), 10)
	args := append([]string{token, ttl, epoch, version, life}, more...)
	for {
		n := min(len(conjs), maxKeys)
		keys := append(make([]string, 0, len(of)+n), of...)
		for _, k := range conjs[:n] {
			keys = append(keys, t.conj(k))
		}
		commands = append(commands, command{script: what, keys: keys, args: args})
		if conjs = conjs[n:]; len(conjs) == 0 {
			break
		}
	}
	return &request{key: t.base, slot: t.slot, make: func() []command { return commands }}
}

// versionText is a registry's version as Redis has it.
func versionText(v uint64) string {
	if v == 0 {
		return ""
	}
	var b [versionSize]byte
	binary.BigEndian.PutUint64(b[:], v)
	return string(b[:])
}

// tableReply reads the answer to tableRequest. It keeps what is told of the
// registry, and returns that where the change was worked out from another one.
func (s *Store) tableReply(c *store.Change, tc *store.TableChange, r *request) (stale *store.Registry, err error) {
	if len(r.replies) == 0 {
		return nil, errReply
	}
	for i := range r.replies {
		list, err := r.replies[i].ToArray()
		if err != nil || len(list) < 4 {
			return nil, errReply
		}
		done, err1 := list[0].ToString()
		version, err2 := list[1].ToString()
		unread, err3 := list[3].ToString()
		if err1 != nil || err2 != nil || err3 != nil || version != "" && len(version) != versionSize {
			return nil, errReply
		}
		var told *registryCopy
		if !list[2].IsNil() {
			schemes, err := list[2].AsStrSlice()
			if err != nil {
				return nil, errReply
			}
			told = newCopy(tc.Table, version, schemes, unread == "1")
		} else if version == "" {
			// There are no schemes. Of a version that the caller has they are not told,
			// and the copy may be forgotten by now.
			have := s.copies.get(c.Database, tc.Table)
			if have == nil || have.registry.Unread != (unread == "1") {
				told = newCopy(tc.Table, version, nil, unread == "1")
			}
		}
		if told != nil {
			s.copies.put(c.Database, tc.Table, told)
		}
		if done != "1" {
			if list[2].IsNil() {
				return nil, errReply
			}
			stale = &told.registry
		}
	}
	return stale, nil
}

// schemaCommand asks for the schema's version. It is an MGET, because that answers
// nil where the key holds what is no string, and a write does not fail for it.
func schemaCommand(db *databaseKeys) command {
	return command{name: "MGET", keys: []string{db.schema}}
}

// schemaReply reads the schema's version from the answer at a place. Where there is
// none, one is made.
func (s *Store) schemaReply(ctx context.Context, database string, r *request, at int) (store.Schema, error) {
	if len(r.replies) <= at {
		return store.Schema{}, errReply
	}
	if list, err := values(r.replies[at], 1); err == nil {
		if stored, err := list[0].ToString(); err == nil && len(stored) == stampSize {
			return schemaOf(stored, r.master), nil
		}
	}
	return s.ground(ctx, database)
}

// entriesLeft reports whether a script of sets mode says so.
func entriesLeft(m rueidis.RedisMessage) bool {
	list, err := m.ToArray()
	if err != nil || len(list) != 5 {
		return false
	}
	left, err := list[4].ToString()
	return err == nil && left == "1"
}

// Registry returns the table's schemes as Redis has them now. Writers ask for them,
// who wait longer than readers, and fail where these have the database to go to.
func (s *Store) Registry(ctx context.Context, database, table string) (out store.Registry, err error) {
	err = s.writing(ctx, "registry", func(ctx context.Context) (err error) {
		t := s.keys.table(database, table)
		read := command{name: "TYPE", keys: []string{t.epoch}}
		out, err = s.registry(ctx, database, table, read, func(m rueidis.RedisMessage) (bool, error) {
			kind, err := m.ToString()
			return kind == "string", err
		})
		return err
	})
	if err != nil {
		return store.Registry{}, err
	}
	return out, nil
}

// registry reads a registry. Where it is lost, the answer to read tells whether entries
// may be valid.
func (s *Store) registry(ctx context.Context, database, table string, read command, valid func(rueidis.RedisMessage) (bool, error)) (store.Registry, error) {
	t := s.keys.table(database, table)
	r := request{key: t.base, slot: t.slot, make: func() []command {
		return []command{{name: "HGETALL", keys: []string{t.registry}}, read}
	}}
	if err := s.do(ctx, &r); isWrongType(err) {
		return store.Registry{Table: table}, nil // it is lost: the next lease or fence makes a new one
	} else if err != nil {
		return store.Registry{}, err
	}
	if len(r.replies) != 2 {
		return store.Registry{}, errReply
	}
	fields, err := r.replies[0].AsStrMap()
	if err != nil {
		return store.Registry{}, errReply
	}
	some, err := valid(r.replies[1])
	if err != nil {
		return store.Registry{}, errReply
	}
	version := fields["v"]
	if len(version) != versionSize {
		version = "" // it is lost, as above
	}
	var schemes []string
	for f := range fields {
		if scheme, ok := strings.CutPrefix(f, "s"); ok && version != "" {
			schemes = append(schemes, scheme)
		}
	}
	c := newCopy(table, version, schemes, version == "" && !some)
	s.copies.put(database, table, c)
	return c.registry, nil
}
