package sqlcache

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// origin is where a taint comes from, and so what can take it away.
type origin uint8

const (
	// fromSettings is what the connection began with, and what statements set.
	fromSettings origin = iota
	// fromState is what statements left at the server besides: temporary tables,
	// and what was not understood.
	fromState
	// fromCode is what was found after a statement that ran code of the database's own:
	// a function, a trigger.
	fromCode
	// fromProgram is what the program did to the driver's connection itself. It
	// stays.
	fromProgram
	// fromSilence is what transactions that begin without a word spoil.
	fromSilence
	// fromServer is what was found when the connection was looked at again: see watch.
	fromServer
	// fromNext is what was set for the next transaction alone, until one is over.
	fromNext

	origins // how many there are
)

// reasonNext is why reads pass that may be the next transaction.
const reasonNext = "the next transaction has a level of isolation of its own"

// originOf tells where the taint that a kind of statement leaves comes from.
func originOf(k dialect.Kind) origin {
	if k == dialect.KindSession || k == dialect.KindSelect {
		return fromSettings
	}
	return fromState
}

// setTaint adds to what the connection's state can spoil.
func (r *realConn) setTaint(t dialect.Taint, from origin, why string) {
	if t == 0 {
		return
	}
	if r.taints[from] == 0 {
		r.whys[from] = why
	}
	r.taints[from] |= t
	r.tainted()
}

// clearTaint takes away what comes from there.
func (r *realConn) clearTaint(from origin) {
	r.taints[from], r.whys[from] = 0, ""
	r.tainted()
}

// tainted brings taint, why and the count of the pool up to date.
func (r *realConn) tainted() {
	before := r.taint
	r.taint, r.why = 0, ""
	for from, t := range r.taints {
		if r.taint == 0 {
			r.why = r.whys[from]
		}
		r.taint |= t
	}
	switch was, is := before&dialect.TaintReads != 0, r.taint&dialect.TaintReads != 0; {
	case is && !was:
		r.connector.state.tainted.Add(1)
	case was && !is:
		r.connector.state.tainted.Add(-1)
	}
}

// begins takes over what was found out of a connection that is new, or as new.
// The database was asked from then on.
func (r *realConn) begins(s dialect.Session, asked engine.Moment) {
	r.connector.state.settings.move(r.session.Settings, s.Settings, r.looked)
	r.uncounted(s)
	r.session, r.looked, r.lookedAt = s, true, asked
	r.setTaint(s.Taint, fromSettings, s.Why)
	r.setSilent(s.Silent)
}

// uncounted takes what a session tells of the statements it has run. Where it counts fewer
// than were sent since it was last looked at, its counters began anew meanwhile, and what
// they would have told stays unknown as long as the connection.
func (r *realConn) uncounted(s dialect.Session) {
	then, since := r.session.Statements, r.sent-r.sentThen
	r.session.Statements, r.sentThen = s.Statements, r.sent
	if then > 0 && s.Statements < then+since {
		r.setTaint(dialect.TaintAll, fromState, "the session counts anew what it ran, as after FLUSH STATUS: it may have temporary tables")
	}
}

// reset looks at the connection again after a statement that put settings back.
// Inside a transaction a rollback would undo that, so there the taint stays, and
// it does where the state cannot be read.
func (c *conn) reset(ctx context.Context, real *realConn, how dialect.Reset) {
	if how == 0 || c.tx != nil || c.streaming > 0 {
		return
	}
	if how == dialect.ResetAll {
		real.stmts.clear() // the server has forgotten them
	}
	asked := engine.Now()
	session, err := c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	if err != nil {
		// A driver that keeps statements of its own learns only now that they are gone.
		session, err = c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	}
	if err != nil || !c.turned(ctx, real, session.Behind) {
		return
	}
	real.unsure = false
	real.clearTaint(fromSettings)
	real.clearTaint(fromCode)
	real.clearTaint(fromServer)
	if how == dialect.ResetAll {
		real.clearTaint(fromState)
	}
	real.begins(session, asked)
}

// ran notes that a statement runs code that may change the session. All says that the
// statement may write anything as well.
func (c *conn) ran(real *realConn, all bool) {
	if !c.connector.txs.Concurrent {
		return
	}
	real.unsure, c.sticky = true, true
	if c.tx != nil {
		c.tx.seen, c.tx.all = false, c.tx.all || all
	}
}

// seen is sure for a write inside a transaction. What was set for the transaction alone
// ends with it, so the session is looked at again after it. Where the transaction may
// have written anything nothing is to be found out.
func (c *conn) seen(ctx context.Context, real *realConn) {
	if !real.unsure || c.tx == nil || c.tx.seen || c.tx.all || c.streaming > 0 {
		return
	}
	session, err := c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	if err != nil {
		return
	}
	c.tx.seen = true
	if c.tx.taint |= session.Taint; session.Settings != real.session.Settings {
		c.tx.taint |= dialect.TaintAll
	}
}

// sure looks at the connection again where something ran on it that may have changed
// its session unseen: a function that calls set_config, say. It reports whether the
// session is known; inside a transaction it has to wait for the end.
func (c *conn) sure(ctx context.Context, real *realConn) bool {
	if !real.unsure {
		return true
	}
	if c.tx != nil || c.streaming > 0 {
		return false
	}
	session, err := c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	if err != nil || !c.turned(ctx, real, session.Behind) {
		return false
	}
	real.unsure, real.session.OtherIsolation, real.session.Chains = false, session.OtherIsolation, session.Chains
	real.setSilent(session.Silent)
	real.clearTaint(fromCode)
	real.setTaint(session.Taint, fromCode, session.Why)
	real.uncounted(session)
	if session.Settings != real.session.Settings {
		// It is not what connections begin with, so nobody else is to see it.
		real.setTaint(dialect.TaintAll, fromCode, "the connection's settings were changed by what a statement ran")
	}
	return true
}

// left takes over the state that a statement has left, or may have.
func (c *conn) left(ctx context.Context, real *realConn, st *dialect.Statement, err error) {
	if !mayHaveRun(ctx, err) {
		return
	}
	switch {
	case st.Local && c.tx != nil:
		c.tx.taint |= st.Taint
	case !st.Local && st.Taint != 0:
		by := abbreviate(st.Text)
		if st.Kind == dialect.KindSession {
			by = st.Kind.String() + " " + by
		}
		real.setTaint(st.Taint, originOf(st.Kind), "the connection's state was changed by "+by)
	}
	if st.OtherIsolation && st.Kind == dialect.KindSession {
		real.setTaint(dialect.TaintReads, fromNext, reasonNext)
	}
	if err == nil {
		c.reset(ctx, real, st.Resets)
	}
}

// spoils tells what the state of a connection can spoil, of a statement with that
// plan: what it was tainted with, in the transaction too, and everything where its
// settings are not those that the plan was made with, or not known.
func (c *conn) spoils(real *realConn, p *engine.Plan) dialect.Taint {
	switch {
	case real.unsure && (c.tx == nil || !c.tx.seen), p.Catalog != nil && p.Catalog.Settings != real.session.Settings:
		return real.taint | dialect.TaintReads | dialect.TaintWrites
	case c.tx != nil && c.tx.taint != 0:
		return real.taint | c.tx.taint
	}
	return real.taint
}

// settingsCount counts the open connections by their settings.
type settingsCount struct {
	mu    sync.Mutex // guards count
	count map[string]int

	adopted atomic.Int64 // an engine.Moment: when the schema was last read for others
}

// move takes a connection from its old settings, if it was counted, to new ones.
func (s *settingsCount) move(from, to string, counted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if counted {
		s.leave(from)
	}
	if s.count == nil {
		s.count = make(map[string]int)
	}
	s.count[to]++
}

// forget takes a connection that is closed away.
func (s *settingsCount) forget(from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(from)
}

// leave is called with the lock held.
func (s *settingsCount) leave(from string) {
	if s.count[from]--; s.count[from] <= 0 {
		delete(s.count, from)
	}
}

// has reports whether an open connection has these settings.
func (s *settingsCount) has(settings string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[settings] > 0
}

// adopt reads the schema over a connection with other settings than the one in force
// was read with, where no connection is left that has those: the defaults of the role
// or the database were changed, say. Where connections come and go with one or the
// other it is done seldom, for each time all that was cached is of no more use. It
// reports whether plans are void.
func (c *connector) adopt(ctx context.Context, real *realConn) bool {
	cat := c.handle.Catalog()
	s := &c.state.settings
	if cat == nil || cat.Settings == real.session.Settings || real.taint != 0 || real.unsure || s.has(cat.Settings) {
		return false
	}
	last, now := s.adopted.Load(), engine.Now()
	if last != 0 && now-engine.Moment(last) < engine.Moment(c.schemaInterval()) || !s.adopted.CompareAndSwap(last, int64(now)) {
		return false
	}
	return c.handle.Reload(ctx, real, cat.Settings) == nil
}

// checkSchema is [engine.Handle.CheckSchema] over a connection at hand, or over one of
// its own where the program left that one in a state of its own.
func (c *conn) checkSchema(ctx context.Context, real *realConn, stored *store.Schema) error {
	db := c.asks(ctx, real)
	if _, shifted := db.(shiftedConn); shifted && (c.tx == nil || real.session.Silent) {
		return c.connector.apart(ctx, func(db dialect.Queryer) error {
			_, err := c.connector.handle.CheckSchema(ctx, db, stored)
			return err
		})
	}
	_, err := c.connector.handle.CheckSchema(ctx, db, stored)
	return err
}

// asks returns a connection for questions about the schema. Where the program's
// state of it shows another schema, or an error of ours would be the program's, it
// says so.
func (c *conn) asks(ctx context.Context, real *realConn) dialect.Queryer {
	if c.connector.txs.Concurrent && (c.tx != nil || c.streaming > 0 || real.taint != 0 || !c.sure(ctx, real)) {
		return shiftedConn{real}
	}
	return real
}

// shiftedConn is a connection over which no schema is read.
type shiftedConn struct{ *realConn }

// Shifted says so to the engine.
func (shiftedConn) Shifted() bool { return true }

// look compares the schema with the database's own from time to time, where that
// has no version to ask for. It reports whether plans are void.
func (c *conn) look(ctx context.Context, real *realConn) bool {
	h := c.connector.handle
	if !h.LookDue() || c.tx != nil || c.streaming > 0 || real.taint != 0 || real.unsure {
		return false
	}
	if cat := h.Catalog(); cat == nil || cat.Settings != real.session.Settings {
		return false
	}
	changed, err := h.Look(ctx, real)
	return changed || err != nil && h.SchemaStale()
}
