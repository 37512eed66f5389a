package sqlcache

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
)

// Connections on which every statement begins a transaction without a word: MySQL's
// autocommit = 0. Such a transaction goes with the real connection, as the database
// has it: whoever uses that one next goes on in it.

// reasonSilent is why reads pass on such a connection: a read that begins a transaction
// may see the rows of its beginning for as long as it lasts.
const reasonSilent = "autocommit is off, so that each statement is in a transaction"

// setSilent says whether statements begin transactions from now on.
func (r *realConn) setSilent(silent bool) {
	r.session.Silent = silent
	if silent {
		r.setTaint(dialect.TaintReads, fromSilence, reasonSilent)
	} else {
		r.clearTaint(fromSilence)
	}
}

// silently enters the transaction that a statement is about to begin without a word.
func (c *conn) silently(real *realConn) {
	if c.tx == nil && real.session.Silent {
		c.enter()
	}
}

// beginsSilently reports whether a statement can begin a transaction without a word.
// One that ends them or commits first does not: it leaves none behind, or is looked at
// after it.
func beginsSilently(st *dialect.Statement) bool {
	switch st.Kind {
	case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback, dialect.KindSession:
		return false
	default:
		return !st.Commits
	}
}

// stays reports whether a transaction goes with the real connection when the virtual one
// gives it back.
func (r *realConn) stays() bool { return r.session.Silent || r.session.Chains }

// autocommits takes over what a statement made of autocommit. After an error the
// database is asked, and after a script, by [conn.sure].
func (c *conn) autocommits(ctx context.Context, real *realConn, st *dialect.Statement, err error) {
	switch {
	case st.Autocommit == dialect.AutocommitKept:
	case err == nil:
		real.setSilent(st.Autocommit == dialect.AutocommitOff)
	default:
		c.learnSilence(ctx, real)
	}
}

// learnSilence asks whether statements begin transactions. Where that cannot be told the
// connection is of no more use.
func (c *conn) learnSilence(ctx context.Context, real *realConn) {
	session, err := c.connector.cfg.Dialect.CheckSession(context.WithoutCancel(ctx), real.Once())
	if err != nil {
		c.broken = true
		return
	}
	real.setSilent(session.Silent)
}
