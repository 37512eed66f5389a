package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// Postponed collects the changes of many transactions, to invalidate them
// together.
type Postponed struct {
	mu     sync.Mutex // guards what follows
	closed bool       // it was flushed: nobody will look at it again
	groups []*postponedGroup
}

// postponedGroup is what was collected of one database.
type postponedGroup struct {
	handle     *Handle // the first that changed something
	tables     []*postponedTable
	rows       map[string]int // by the table's key, whatever the prefix
	statements int
}

// postponedTable is what was collected of one table.
type postponedTable struct {
	table   *dialect.Table
	prefix  string
	epoch   bool
	changes []change
}

type postponeKey struct{}

// postponing returns what collects the changes made under a context, nil when
// they are to be invalidated at once.
func postponing(ctx context.Context) *Postponed {
	p, _ := ctx.Value(postponeKey{}).(*Postponed)
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	return p
}

// Postpone calls f with a context under which committed changes are collected,
// and invalidates them when f has ended, in whatever way. Under such a context it
// only calls f.
func Postpone(ctx context.Context, f func(context.Context) error) (err error) {
	if postponing(ctx) != nil {
		return f(ctx)
	}
	p := new(Postponed)
	defer func() {
		if ferr := p.flush(ctx); ferr != nil {
			err = errors.Join(err, ferr)
		}
	}()
	return f(context.WithValue(ctx, postponeKey{}, p))
}

// postponable reports whether a change may be invalidated later. One of the
// schema is more than stale: plans and types would be wrong. What the program
// asked for it gets.
func (ch *change) postponable() bool { return ch.table != nil && !ch.schema && !ch.asked }

// prompt returns the part of the log that is not postponed.
func (c *Changes) prompt() []change {
	var out []change
	for i := range c.log {
		if !c.log[i].postponable() {
			out = append(out, c.log[i])
		}
	}
	return out
}

// add takes over a transaction's changes, after its commit. It returns false
// when it was flushed already: then the caller has to invalidate them.
func (p *Postponed) add(c *Changes) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	g := p.group(c.handle)
	statement := -1
	for i := range c.log {
		ch := &c.log[i]
		if !ch.postponable() {
			continue
		}
		if ch.statement != statement {
			statement = ch.statement
			g.statements++
		}
		g.add(*ch)
	}
	return true
}

// group returns the group of a handle's database.
func (p *Postponed) group(h *Handle) *postponedGroup {
	for _, g := range p.groups {
		if g.handle.engine == h.engine && g.handle.database == h.database {
			return g
		}
	}
	g := &postponedGroup{handle: h}
	p.groups = append(p.groups, g)
	return g
}

// add takes a change over, in bounded memory: of a table with too many images
// no more is kept than that it takes a new epoch.
func (g *postponedGroup) add(ch change) {
	ch.statement = g.statements
	var t *postponedTable
	for _, other := range g.tables {
		if other.table.Key == ch.table.Key && other.prefix == ch.prefix {
			t = other
		}
	}
	if t == nil {
		t = &postponedTable{table: ch.table, prefix: ch.prefix}
		g.tables = append(g.tables, t)
	}
	if g.rows == nil {
		g.rows = make(map[string]int)
	}
	g.rows[ch.table.Key] += len(ch.rows)
	// As in byTable: positions of columns mean nothing across two schemas.
	if t.epoch = t.epoch || ch.epoch || ch.table != t.table || g.rows[ch.table.Key] > g.handle.engine.cfg.MaxImages; t.epoch {
		t.changes = append(t.changes[:0], change{table: t.table, prefix: t.prefix, epoch: true, query: ch.query, statement: ch.statement})
		clear(t.changes[1:cap(t.changes)])
		return
	}
	t.changes = append(t.changes, ch)
}

// flush invalidates what was collected, one database after the other. What is
// committed from here on is invalidated by those who commit it.
func (p *Postponed) flush(ctx context.Context) (err error) {
	p.mu.Lock()
	p.closed = true
	groups := p.groups
	p.groups = nil
	p.mu.Unlock()
	for _, g := range groups {
		if gerr := g.flush(ctx); gerr != nil && !errors.Is(gerr, store.ErrClosed) {
			err = errors.Join(err, fmt.Errorf("cacheops: the postponed invalidation of %q failed: results from before its writes may be served until their TTL, or until Invalidate with All: %w", g.handle.database, gerr))
		}
	}
	return err
}

// flush makes one invalidation of the group. The context's end does not end it.
func (g *postponedGroup) flush(ctx context.Context) error {
	b := &batch{handle: g.handle, token: newToken(), cause: CausePostponed, statements: g.statements}
	for _, t := range g.tables {
		b.log = append(b.log, t.changes...)
	}
	if len(b.log) == 0 {
		return nil
	}
	e := g.handle.engine
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.cfg.FenceTTL)
	defer cancel()
	err := b.bump(ctx, store.DropFence)
	if err != nil && !errors.Is(err, store.ErrClosed) {
		// Also told here, for the program may be in a panic.
		e.cfg.Logger.ErrorContext(ctx, "cacheops: a postponed invalidation failed", "database", g.handle.database, "error", err)
	}
	if err == nil && g.handle.ahead != nil {
		g.handle.ahead(g.handle.aheadOf(b.log))
	}
	return err
}
