package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
)

// maxReplans bounds how often a read is planned anew because the schema keeps
// changing; then it passes uncached.
const maxReplans = 3

// Why a connection's state keeps a read out of the cache.
const (
	reasonTx        = "inside a transaction"
	reasonStreaming = "the connection has an open result, and so may read an old snapshot"
	reasonPrivate   = "the database is private to each connection: set MaxOpenConns to 1, or use a file"
	reasonTainted   = "the state of every connection of the pool may change what reads return"
	reasonSchema    = "the schema keeps changing"
)

// uncacheable says why the connection's state keeps reads out of the cache.
func (c *conn) uncacheable() string {
	limit := c.connector.cfg.MaxOpenConns
	state := &c.connector.state
	switch {
	case c.tx != nil:
		return reasonTx
	case c.streaming > 0:
		return reasonStreaming
	case c.real != nil && c.real.taint&dialect.TaintReads != 0:
		return c.real.why
	case state.private.Load() && limit != 1:
		return reasonPrivate
	case limit > 0 && state.tainted.Load() >= int32(limit): //nolint:gosec // a count of connections
		return reasonTainted
	}
	return ""
}

// read answers a SELECT from the cache, or from the database.
func (c *conn) read(ctx context.Context, p *engine.Plan, k call) (driver.Rows, error) {
	h := c.connector.handle
	var start time.Time
	if h.Observed() {
		start = time.Now()
	}
	for replans := 0; ; replans++ {
		reason := c.uncacheable()
		var rc engine.Call
		if reason == "" {
			rc, reason = h.Prepare(ctx, p, k.args)
		}
		if reason == "" && replans > maxReplans {
			reason = reasonSchema
		}
		if reason != "" {
			if replans == 0 && c.tx == nil && p.Read != nil && p.Read.Missing && c.refresh(ctx) == nil {
				p = h.Plan(k.text) // somebody may have made the table meanwhile
				continue
			}
			if err := h.Forbidden(ctx, p, rc.Op()); err != nil {
				return nil, err
			}
			return c.observedPass(ctx, p, k, rc.Op(), reason, start)
		}
		if r, ok := h.Lookup(ctx, &rc); ok {
			h.Observe(ctx, p, rc.Op(), true, false, "", start, nil)
			return r.Rows(), nil
		}
		if !h.Admitted(ctx, &rc) {
			return c.observedPass(ctx, p, k, rc.Op(), engine.ReasonAdmit, start)
		}
		r, rest, shared, err := h.Load(ctx, &rc, c.real == nil, func(ctx context.Context) (*result.Result, driver.Rows, error) {
			return c.load(ctx, k)
		})
		if errors.Is(err, engine.ErrPlanVoid) {
			if err := c.refresh(ctx); err != nil {
				return nil, err
			}
			p = h.Plan(k.text)
			continue
		}
		h.Observe(ctx, p, rc.Op(), false, shared, "", start, err)
		if err != nil {
			return nil, err
		}
		if r != nil {
			return r.Rows(), nil
		}
		return rest, nil
	}
}

// observedPass runs a read past the cache and tells the hooks why.
func (c *conn) observedPass(ctx context.Context, p *engine.Plan, k call, op analysis.Op, reason string, start time.Time) (driver.Rows, error) {
	rows, err := c.pass(ctx, k)
	c.connector.handle.Observe(ctx, p, op, false, false, reason, start, err)
	return rows, err
}

// load asks the database for a result that may be stored.
func (c *conn) load(ctx context.Context, k call) (r *result.Result, rest driver.Rows, err error) {
	h := c.connector.handle
	err = c.retry(ctx, func(real *realConn) error {
		if changed, err := h.CheckSchema(ctx, real, nil); err == nil && changed {
			return engine.ErrPlanVoid
		} else if err != nil {
			// The statement will meet what is wrong, and tell it in its own
			// words; but nothing is stored that was read past a failed check.
			rest, err = c.bareQuery(ctx, real, k)
			return err
		}
		rows, err := c.bareQuery(ctx, real, k)
		if err != nil {
			return err
		}
		if real.taint&dialect.TaintReads != 0 {
			rest = rows
			return nil
		}
		r, rest = result.Record(rows, result.Limits{Bytes: h.Engine().MaxEntryBytes()})
		return nil
	})
	if rest != nil {
		return nil, c.stream(rest), err
	}
	c.settle(err)
	return r, nil, err
}

// pass runs a read past the cache.
func (c *conn) pass(ctx context.Context, k call) (driver.Rows, error) {
	var rows driver.Rows
	err := c.retry(ctx, func(real *realConn) (err error) {
		rows, err = c.bareQuery(ctx, real, k)
		return err
	})
	if err != nil {
		c.failed(err)
		c.settle(err)
		return nil, err
	}
	return c.stream(rows), nil
}

// refresh brings the schema up to the store's version.
func (c *conn) refresh(ctx context.Context) error {
	version, err := c.connector.storedSchema(ctx)
	if err != nil {
		return err
	}
	err = c.retry(ctx, func(real *realConn) error {
		_, err := c.connector.handle.CheckSchema(ctx, real, &version)
		return err
	})
	c.settle(err)
	return err
}
