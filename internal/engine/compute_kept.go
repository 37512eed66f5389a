package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/recording"
	"github.com/cacheops/cacheops/store"
)

// Put stores a result that the program has, as if it had been computed now. The one
// before it is dropped, with what was made with it, also where this one is not stored.
func (e *Engine) Put(ctx context.Context, c *Computation, data []byte) error {
	x := computing{Computation: c, engine: e}
	reason := x.prepare(ctx)
	x.name()
	var err error
	switch {
	case c.Keeper == nil:
		err = e.Forget(ctx, c.Name, c.Identity, [][]byte{x.group()})
	case reason != "" && reason != reasonPrefix: // else it is replaced
		err = e.Unkeep(ctx, c)
	}
	if err != nil || reason != "" {
		return err
	}
	parts, reason := x.lease(ctx)
	if reason != "" {
		return ctx.Err()
	}
	done := make(chan struct{})
	if x.keep(ctx, &Computed{Data: data, TTL: x.life(&recording.Recorded{})}, parts, func(bool) { close(done) }) {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// Peek returns a result that is there and valid.
func (e *Engine) Peek(ctx context.Context, c *Computation) ([]byte, bool) {
	since := Now()
	x := computing{Computation: c, engine: e, event: ComputeEvent{Name: c.Name}}
	if o := calloptions.From(ctx); o != nil {
		x.outer = o.Recording
	}
	if x.event.Reason = x.prepare(ctx); x.event.Reason != "" {
		e.observeComputed(ctx, &x.event, since)
		x.outer.Spoil(c.Name + ": " + x.event.Reason)
		return nil, false
	}
	x.name()
	data, ok := x.look(ctx)
	x.event.Hit = ok
	e.observeComputed(ctx, &x.event, since)
	if !ok {
		x.outer.Spoil(c.Name + ": it was not there")
	}
	return data, ok
}

// Unkeep drops the result of a computation that has a Keeper. Which results there are
// for other prefixes nobody knows, so one has to be known.
func (e *Engine) Unkeep(ctx context.Context, c *Computation) error {
	x := computing{Computation: c, engine: e}
	var ok bool
	if x.prefix, ok = e.functionPrefix(ctx, c.Name); !ok {
		return fmt.Errorf("it is kept elsewhere, and %s: %w", reasonPrefix, errors.ErrUnsupported)
	}
	x.name()
	return c.Keeper.Delete(ctx, x.query.Key)
}

// Forget drops the results of a computation by their groups, or all of its results
// where there are none.
func (e *Engine) Forget(ctx context.Context, name string, identity *Identity, groups [][]byte) error {
	prefix := ""
	if e.cfg.PrefixForFunc != nil {
		prefix, _ = e.functionPrefix(ctx, name)
	}
	table := prefixed(prefix, identity.table)
	change := store.TableChange{Table: table, Epoch: len(groups) == 0}
	for _, g := range groups {
		change.Keys = append(change.Keys, ownConj(g).Key)
	}
	ch := store.Change{Database: e.computed, Token: newToken()}
	for {
		if !change.Epoch {
			reg, err := e.registry(ctx, ch.Database, table)
			if e.noted(ctx, callRegistry, err) != nil {
				return err
			}
			change.Registry = reg.Version
		}
		ch.Tables = []store.TableChange{change}
		ack, err := e.cfg.Store.Bump(ctx, &ch, store.DropFence)
		if e.noted(ctx, callBump, err) != nil {
			return err
		}
		if len(ack.Stale) == 0 {
			e.counters.invalidations.Add(1)
			return nil
		}
		change.Registry = ack.Stale[0].Version
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
