package sqlcache

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// Connections stay open to a server that is made a replica of another one. From then on
// what they read may be old, and no statement tells of it: so they are looked at again,
// each by itself, for those of one pool may be connections to several servers.

// reasonMoved is why a connection takes no part whose settings the server has changed.
const reasonMoved = "the connection's settings were changed by the server"

// due reports whether a connection has to be looked at again: the last time was long ago,
// or another one was found to be behind since.
func (c *connector) due(r *realConn) bool {
	if !r.session.Watched {
		return false
	}
	return r.lookedAt <= engine.Moment(c.state.turned.Load()) || engine.Now()-r.lookedAt > engine.Moment(c.schemaInterval())
}

// watch looks at a connection again where that is due. It reports whether the server is
// known to be as it was; in a transaction that has to wait for the end.
func (c *conn) watch(ctx context.Context, real *realConn) bool {
	if !c.connector.due(real) {
		return true
	}
	if c.tx != nil || c.streaming > 0 {
		return false
	}
	asked := engine.Now()
	session, err := c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	if err != nil || !c.turned(ctx, real, session.Behind) {
		return false
	}
	if session.Settings != real.session.Settings {
		session.Taint, session.Why = dialect.TaintAll, reasonMoved
	}
	real.clearTaint(fromServer)
	real.setTaint(session.Taint, fromServer, session.Why)
	real.lookedAt = asked
	return true
}

// turned takes over whether the server may be behind another one. Where it was not when it
// was last asked, what was read since then may have been old, and all that is cached goes;
// the other connections are looked at before anything is read over them again. It reports
// false where that has to be tried again.
func (c *conn) turned(ctx context.Context, real *realConn, behind bool) bool {
	if behind && !real.session.Behind {
		state := &c.connector.state
		if before := state.turned.Load(); real.lookedAt > engine.Moment(before) {
			state.turned.CompareAndSwap(before, int64(engine.Now()))
		}
		if c.connector.handle.Engine().Emptied(ctx, c.connector.cfg.Database) != nil {
			return false
		}
	}
	real.session.Behind = behind
	return true
}
