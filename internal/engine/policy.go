package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
)

// Policy is what the profiles say about one table.
type Policy struct {
	// Ops are the kinds of read that are cached unasked.
	Ops analysis.Op
	// TTL bounds the life of an entry.
	TTL time.Duration
	// Never forbids caching; a call that asks for it gets an error.
	Never bool
	// Untracked leaves writes unnoticed. Reads are cached only by Ops.
	Untracked bool
	// Migrations marks the table of a migration tool, which is not cached.
	Migrations bool
	// Local keeps results in the process, for ever.
	Local bool
	// Lock lets one reader of an entry after the other ask the database.
	Lock bool
	// Agnostic shares results between databases.
	Agnostic bool
	// Save is the column by which rows are read again after a commit that wrote them,
	// "" for none. SaveHere is true where the profile names the table itself.
	Save     string
	SaveHere bool
	// MaxTerms is the number of columns compared at once above which a read is
	// not cached unasked. 0: no limit.
	MaxTerms int
}

// readPolicy is what the profiles say about a read of several tables.
type readPolicy struct {
	// ops are those that all tables allow, ttl is the shortest.
	ops analysis.Op
	ttl time.Duration
	// refused is why the read is not cached, also when a call asks for it.
	refused string
	// never is the table for which asking is an error, "" for none.
	never string
	// unasked is why the read is cached only when a call asks for it.
	unasked string
	// local and agnostic are true when all tables are, lock and untracked when
	// one is.
	local, agnostic, lock, untracked bool
}

// combine is the policy of a read.
func (s *schemaState) combine(r *analysis.Read) readPolicy {
	all := readPolicy{ops: analysis.OpAll, local: len(r.Tables) > 0, agnostic: len(r.Tables) > 0}
	for _, t := range r.Tables {
		p := s.policies[t]
		all.ops &= p.Ops
		if all.ttl == 0 || p.TTL < all.ttl {
			all.ttl = p.TTL
		}
		all.local = all.local && p.Local
		all.lock = all.lock || p.Lock
		all.untracked = all.untracked || p.Untracked
		all.agnostic = all.agnostic && p.Agnostic
		switch {
		case p.Never:
			all.never, all.refused = t.Name, reasonNever
		case all.refused != "":
		case p.Migrations:
			all.refused = reasonMigrations
		case p.Untracked && p.Ops == 0:
			all.refused = reasonUntracked
		}
		if p.MaxTerms > 0 && r.Terms(t) > p.MaxTerms {
			all.unasked = reasonTerms
		}
	}
	return all
}

// Untracked reports whether writes of the table are left unnoticed.
func (h *Handle) Untracked(t *dialect.Table) bool {
	s := h.schema.Load()
	return s != nil && s.policies[t].Untracked
}

// ReadInfo tells the program's own judgement of a read.
type ReadInfo struct {
	Database string
	Query    string
	Args     analysis.Args
	Op       analysis.Op
	Tables   []string
	Terms    int
	Asked    bool
}

// Admitted asks the program whether a call that missed is to be kept.
func (h *Handle) Admitted(ctx context.Context, c *Call) (ok bool) {
	admit := h.engine.cfg.Admit
	if admit == nil {
		return true
	}
	defer func() {
		if r := recover(); r != nil {
			h.engine.panicked(ctx, "Config.Admit", r)
			ok = false
		}
	}()
	info := &ReadInfo{
		Database: h.database, Query: c.plan.text, Args: c.args, Op: c.op, Tables: c.plan.tables,
		Asked: calloptions.From(ctx).Asks(c.op),
	}
	for _, t := range c.plan.Read.Tables {
		info.Terms = max(info.Terms, c.plan.Read.Terms(t))
	}
	return admit(info)
}

// Forbidden returns the error of a call that asks for what a profile forbids.
func (h *Handle) Forbidden(ctx context.Context, p *Plan, op analysis.Op) error {
	if p.policy.never == "" || h.engine.disabled.Load() || !calloptions.From(ctx).Asks(op) {
		return nil
	}
	return fmt.Errorf("cacheops: With asks to cache a read of table %q: %w: leave Ops out, or change its Mode", p.policy.never, ErrNever)
}
