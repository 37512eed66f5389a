package rueidisstore

import (
	"context"
	"slices"
	"strconv"

	"github.com/cacheops/cacheops/store"
)

// Fence puts the change's token on what it names, and deletes the entries that depend on
// it: one round trip, and one more for every thousand entries. Each waits
// [Config.WriteTimeout] at most.
func (s *Sets) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	if err := checkFence(c); err != nil {
		return store.Ack{}, err
	}
	return s.change(ctx, c, "fence", func(ctx context.Context, call func(context.Context) error) error {
		return s.base.writing(ctx, "fence", call)
	})
}

// Bump deletes the entries that depend on what the change names, and takes its token away
// unless it is kept: round trips as with Fence. It is tried also where other calls are
// not, after many failures: the commit it follows has happened.
func (s *Sets) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if err := s.base.check(ctx); err != nil {
		return store.Ack{}, err
	}
	how := "bump"
	if keep == store.KeepFence {
		if err := checkFence(c); err != nil {
			return store.Ack{}, err
		}
		how = "keep"
	}
	return s.change(ctx, c, how, func(ctx context.Context, call func(context.Context) error) error {
		within, cancel := context.WithTimeout(ctx, s.base.cfg.WriteTimeout)
		defer cancel()
		if err := call(within); err != nil {
			return s.base.failed(ctx, "bump", err)
		}
		return nil
	})
}

// change does one round after the other until no entry is left. Run makes one.
func (s *Sets) change(ctx context.Context, c *store.Change, how string, run func(context.Context, func(context.Context) error) error) (ack store.Ack, err error) {
	rest := *c
	for {
		var left []store.TableChange
		more := false
		err := run(ctx, func(ctx context.Context) (err error) {
			if rest.All {
				more, err = s.changeAll(ctx, &rest, how, &ack)
				return err
			}
			left, err = s.changeTables(ctx, &rest, how, &ack)
			more = len(left) > 0
			return err
		})
		if err != nil {
			return store.Ack{}, err
		}
		if !more {
			return ack, nil
		}
		rest.Tables = left
	}
}

// changeAll is one round over everything.
func (s *Sets) changeAll(ctx context.Context, c *store.Change, how string, ack *store.Ack) (more bool, err error) {
	db := s.base.keys.database(c.Database)
	r := &request{key: db.global, slot: db.slot, make: func() []command {
		return []command{
			{script: s.scripts.all, keys: []string{db.global, db.tables}, args: []string{
				string(c.Token[:]), strconv.FormatInt(c.TTL.Milliseconds(), 10), how, strconv.Itoa(maxDropped), s.entryPrefix(),
			}},
			schemaCommand(db),
		}
	}}
	if err := s.base.do(ctx, r); err != nil {
		return false, err
	}
	if len(r.replies) != 2 {
		return false, errReply
	}
	left, err := r.replies[0].ToString()
	if err != nil || left != "0" && left != "1" {
		return false, errReply
	}
	ack.Schema, err = s.base.schemaReply(ctx, c.Database, r, 1)
	return left == "1", err
}

// changeTables is one round over the tables of a change. It returns those in which
// entries are left.
func (s *Sets) changeTables(ctx context.Context, c *store.Change, how string, ack *store.Ack) (left []store.TableChange, err error) {
	if len(c.Tables) == 0 {
		return nil, nil
	}
	db := s.base.keys.database(c.Database)
	ground := &request{key: db.global, slot: db.slot, make: func() []command { return []command{schemaCommand(db)} }}
	requests := make([]*request, 0, 1+len(c.Tables))
	requests = append(requests, ground)
	token, ttl := string(c.Token[:]), strconv.FormatInt(c.TTL.Milliseconds(), 10)
	for i := range c.Tables {
		t := s.base.keys.table(c.Database, c.Tables[i].Table)
		requests = append(requests, s.base.callsOf(c, &c.Tables[i], s.scripts.change,
			[]string{t.registry, t.epoch, t.live, t.whole, t.members}, token, ttl, how, strconv.Itoa(maxDropped), s.entryPrefix()))
	}
	if err := s.base.do(ctx, requests...); err != nil {
		return nil, err
	}
	for i := range c.Tables {
		r := requests[1+i]
		stale, err := s.base.tableReply(c, &c.Tables[i], r)
		if err != nil {
			return nil, err
		}
		if stale != nil {
			ack.Stale = append(ack.Stale, *stale)
			continue
		}
		more := slices.ContainsFunc(r.replies, entriesLeft)
		if more {
			left = append(left, c.Tables[i])
		}
	}
	ack.Schema, err = s.base.schemaReply(ctx, c.Database, ground, 0)
	return left, err
}
