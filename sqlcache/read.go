package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/recording"
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
	reasonUnsure    = "a statement before it may have changed the connection's state"
	reasonSettings  = "the connection has other settings than the schema was read with"
	reasonTainted   = "the state of every connection of the pool may change what reads return"
	reasonSchema    = "the schema keeps changing"
	reasonUnchecked = "the schema or the connection could not be checked"
	reasonNoSchema  = "the schema changed, and could not be read"
	reasonWrites    = "it may write"
	reasonFailed    = "the call failed before the cache or the database was asked"
)

// uncacheable says why the connection's state keeps reads out of the cache.
func (c *conn) uncacheable(p *engine.Plan) (reason string, pass engine.Pass) {
	limit := c.connector.cfg.MaxOpenConns
	state := &c.connector.state
	switch {
	case c.tx != nil && c.tx.dirty:
		return reasonTx, engine.PassTransaction
	case c.streaming > 0:
		return reasonStreaming, engine.PassConnection
	case c.real != nil && c.real.taint&dialect.TaintReads != 0:
		return c.real.why, engine.PassConnection
	case c.real != nil && c.real.unsure:
		return reasonUnsure, engine.PassConnection
	case c.real != nil && p.Catalog != nil && p.Catalog.Settings != c.real.session.Settings:
		return reasonSettings, engine.PassConnection
	case state.private.Load() && limit != 1:
		return reasonPrivate, engine.PassConnection
	case limit > 0 && state.tainted.Load() >= int32(limit): //nolint:gosec // a count of connections
		return reasonTainted, engine.PassConnection
	}
	return "", 0
}

// writesToo says why a SELECT is run like a write.
func writesToo(p *engine.Plan) string {
	if p.Read == nil || p.Read.Reason == "" {
		return reasonWrites
	}
	return p.Read.Reason
}

// now is the time, where somebody wants to know how long reads take.
func (c *conn) now() (m engine.Moment) {
	if c.connector.handle.Observed() {
		m = engine.Now()
	}
	return m
}

// observe tells of a read, once for each call of the program: what database/sql
// is about to try again is not told, after driver.ErrSkip over a prepared
// statement, and after driver.ErrBadConn on another connection. In a transaction
// there is no other one.
func (c *conn) observe(ctx context.Context, p *engine.Plan, a *engine.Answer, since engine.Moment) {
	if c.comesAgain(a.Err) {
		return
	}
	c.connector.handle.Observe(ctx, c.stripe, p, a, since)
}

// comesAgain reports whether an error has database/sql try the call again.
func (c *conn) comesAgain(err error) bool {
	return err != nil && (errors.Is(err, driver.ErrSkip) || c.tx == nil && errors.Is(err, driver.ErrBadConn))
}

// recordStream has rows that the program reads by and by count as a read that is under
// way until they are closed. What fails on the way spoils the result that is recorded.
func recordStream(rec *recording.Recording, rest driver.Rows) {
	live, ok := rest.(*liveRows)
	if rec == nil || !ok {
		return
	}
	rec.Begin()
	closing := live.closing
	live.closing = func(err error) error {
		if err != nil {
			rec.Spoil("reading the rows of a query failed")
		}
		rec.End()
		if closing == nil {
			return nil
		}
		return closing(err)
	}
}

// spoil has a call that fails keep the result out that it is a part of. A call that
// did not return is one whose driver panicked, and the program may go on all the same.
// One that comes again over a prepared statement did not fail.
func spoil(ctx context.Context, returned *bool, err *error) {
	if *returned && (*err == nil || errors.Is(*err, driver.ErrSkip)) {
		return
	}
	engine.Failed(ctx)
}

// refused tells of a read that failed before it came to the cache, and returns
// its error. Of what is no SELECT it tells nothing.
func (c *conn) refused(ctx context.Context, text string, since engine.Moment, err error) error {
	if p := c.connector.handle.Plan(text); p.Statement.Kind == dialect.KindSelect {
		c.observe(ctx, p, &engine.Answer{Reason: reasonFailed, Pass: engine.PassFailed, Err: err}, since)
	}
	return err
}

// prepareRead decides whether a read takes part in the cache, and works out its key.
func (c *conn) prepareRead(ctx context.Context, p *engine.Plan, k *call) (rc engine.Call, reason string) {
	if c.connector.txs.AtOnce != "" && k.prepared {
		// Where a text with arguments is never run at once there is one way for it.
		caps := c.connector.state.caps.Load()
		if len(k.args) == 0 || caps == nil || !caps.prepares {
			return c.connector.handle.PreparePrepared(ctx, p, k.args)
		}
	}
	return c.connector.handle.Prepare(ctx, p, k.args)
}

// read answers a SELECT from the cache, or from the database.
func (c *conn) read(ctx context.Context, p *engine.Plan, k call, since engine.Moment) (driver.Rows, error) {
	h := c.connector.handle
	var rec *recording.Recording
	defer func() { rec.End() }()
	if c.real != nil {
		c.sure(ctx, c.real)
	}
	for replans := 0; ; replans++ {
		var answer engine.Answer
		answer.Reason, answer.Pass = c.uncacheable(p)
		var rc engine.Call
		if answer.Reason == "" && k.option {
			answer.Reason, answer.Pass = moved.AllWhy, engine.PassStatement
		}
		if answer.Reason == "" {
			rc, answer.Reason = c.prepareRead(ctx, p, &k)
			answer.Pass = engine.PassOf(answer.Reason)
			if rec == nil && rc.Recording() != nil {
				rec = rc.Recording()
				rec.Begin()
			}
		}
		if answer.Reason == "" && replans > maxReplans {
			answer.Reason, answer.Pass = reasonSchema, engine.PassSchema
		}
		if answer.Reason != "" {
			if replans == 0 && answer.Pass == engine.PassStatement && c.tx == nil && p.Read != nil && p.Read.Missing && c.refresh(ctx) == nil {
				p = h.Plan(k.text) // somebody may have made the table meanwhile
				continue
			}
			if err := h.Forbidden(ctx, p, rc.Op()); err != nil {
				answer.Op, answer.Err = rc.Op(), err
				c.observe(ctx, p, &answer, since)
				return nil, err
			}
			answer.Op = rc.Op()
			return c.observedPass(ctx, p, k, &answer, since)
		}
		answer.Op = rc.Op()
		if h.Shadow() {
			if probe, ok := h.Probe(ctx, &rc); ok {
				rows, err := c.compared(ctx, &rc, &probe, k)
				answer.Hit, answer.Err = true, err
				c.observe(ctx, p, &answer, since)
				return rows, err
			}
		} else if rc.Unkept() == "" {
			if r, ok := h.Lookup(ctx, &rc); ok {
				answer.Hit = true
				rc.Record()
				rc.Remember(true, k.prepared, k.since)
				c.observe(ctx, p, &answer, since)
				return r.Rows(), nil
			}
		}
		if c.connector.skips(&k) {
			return nil, driver.ErrSkip
		}
		if rc.Unkept() == "" && !h.Admitted(ctx, &rc) && !rc.LeaveOut(engine.ReasonAdmit) {
			answer.Reason, answer.Pass = engine.ReasonAdmit, engine.PassProfile
			return c.observedPass(ctx, p, k, &answer, since)
		}
		rc.Remember(false, k.prepared, k.since)
		// A shadow is never answered by another reader's query.
		spoilt := ""
		r, rest, shared, err := h.Load(ctx, &rc, c.real == nil && !h.Shadow(), func(ctx context.Context) (*result.Result, driver.Rows, error) {
			return c.load(ctx, k, p, rc.Unkept() == "", &spoilt)
		})
		if errors.Is(err, engine.ErrPlanVoid) {
			if c.refresh(ctx) == nil {
				p = h.Plan(k.text)
				continue
			}
			// Without the new schema nothing can be planned, but it can be read.
			answer.Reason, answer.Pass = reasonNoSchema, engine.PassSchema
			return c.observedPass(ctx, p, k, &answer, since)
		}
		c.failed(err)
		answer.Shared, answer.Err = shared, err
		if answer.Reason = rc.Unkept(); answer.Reason != "" {
			answer.Pass = engine.PassProfile
		} else if answer.Reason = spoilt; spoilt != "" {
			answer.Pass = engine.PassConnection
		}
		if err == nil {
			rc.Record()
		}
		recordStream(rec, rest)
		c.observe(ctx, p, &answer, since)
		switch {
		case err != nil:
			return nil, err
		case r != nil:
			return r.Rows(), nil
		default:
			return rest, nil
		}
	}
}

// compared answers a read that the cache would have answered from the database,
// as without a cache, and compares the two.
func (c *conn) compared(ctx context.Context, rc *engine.Call, probe *engine.Probe, k call) (driver.Rows, error) {
	r, rest, err := c.load(ctx, k, nil, true, new(string))
	c.connector.handle.Compare(ctx, rc, probe, r)
	switch {
	case err != nil:
		return nil, err
	case r != nil:
		return r.Rows(), nil
	default:
		return rest, nil
	}
}

// observedPass runs a read past the cache and tells why.
func (c *conn) observedPass(ctx context.Context, p *engine.Plan, k call, answer *engine.Answer, since engine.Moment) (driver.Rows, error) {
	if c.connector.skips(&k) {
		return nil, driver.ErrSkip
	}
	// Before it begins: the function may return while it runs.
	engine.Passed(ctx, answer.Reason, answer.Pass == engine.PassTransaction)
	rows, err := c.pass(ctx, p, k)
	answer.Err = err
	c.observe(ctx, p, answer, since)
	return rows, err
}

// load asks the database for a result that may be stored, or, where it is not to be
// kept, for rows to read by and by. The schema is compared with that of the plan, unless
// that is nil. Spoilt tells why a result is not kept that is read with a connection on which
// nothing is cached: which connection reads is known only then.
func (c *conn) load(ctx context.Context, k call, p *engine.Plan, keep bool, spoilt *string) (r *result.Result, rest driver.Rows, err error) {
	h := c.connector.handle
	err = c.retry(ctx, func(real *realConn) error {
		c.silently(real)
		// Where that can be, the schema is compared while the rows are open: a
		// transaction of its own would take several times as long. A version that is
		// still the plan's was the plan's when the query began.
		nested := c.connector.txs.Nested
		failed := p != nil && !c.sure(ctx, real)
		if p != nil && p.Catalog != nil && p.Catalog.Settings != real.session.Settings {
			if c.tx == nil && c.streaming == 0 && c.connector.adopt(ctx, real) {
				return engine.ErrPlanVoid
			}
			failed = true
		}
		if p != nil && c.look(ctx, real) {
			return engine.ErrPlanVoid
		}
		if p != nil && !nested && !failed {
			void, err := h.Outdated(ctx, c.asks(ctx, real), p)
			if err == nil && void {
				return engine.ErrPlanVoid
			}
			// If it failed the statement will meet what is wrong, and tell it in its
			// own words; but nothing is stored that was read past a failed check.
			failed = err != nil
		}
		rows, err := c.bareQuery(ctx, real, k)
		if err != nil {
			return err
		}
		if p != nil && nested {
			void, err := h.Outdated(ctx, real, p)
			if err == nil && void {
				return errors.Join(engine.ErrPlanVoid, rows.Close())
			}
			failed = err != nil
		}
		if why := real.why; failed || real.taint&dialect.TaintReads != 0 {
			if failed {
				why = reasonUnchecked
			}
			engine.Passed(ctx, why, false)
			*spoilt, rest = why, rows
			return nil
		}
		if !keep {
			rest = rows
			return nil
		}
		r, rest = result.Record(rows, result.Limits{Bytes: h.Engine().MaxEntryBytes()})
		if result.TooLarge(rest) {
			h.CountTooLarge()
		} else if rest != nil && c.tx != nil {
			c.tx.dirty = true // an error may be behind them, that the program has not met
		}
		return nil
	})
	if rest != nil {
		return nil, c.stream(rest), err
	}
	c.settle(err)
	return r, nil, err
}

// pass runs a read past the cache.
func (c *conn) pass(ctx context.Context, p *engine.Plan, k call) (driver.Rows, error) {
	var rows driver.Rows
	err := c.retry(ctx, func(real *realConn) (err error) {
		c.silently(real)
		if p.Runs {
			c.ran(real, false)
		}
		// What is no pure function of rows may leave something behind at the server, an
		// advisory lock for one, that is this connection's as long as it is in use.
		c.sticky = c.sticky || p.Read == nil || p.Read.Reason != ""
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
	version, err := c.connector.handle.StoredSchema(ctx)
	if err != nil {
		return err
	}
	err = c.retry(ctx, func(real *realConn) error {
		if c.look(ctx, real) {
			return nil
		}
		return c.checkSchema(ctx, real, &version)
	})
	c.settle(err)
	return err
}
