package sqlcache

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// txState is the transaction that a real connection is in, however it began.
type txState struct {
	changes *engine.Changes
	// bySavepoint is true when a SAVEPOINT began it: the release of the
	// outermost savepoint commits.
	bySavepoint bool
	// locked is true once it holds the write lock.
	locked bool
	// unknown is true when it began in a way that was not seen: any RELEASE may
	// commit it.
	unknown bool
	// schema is true when the transaction may have changed the schema: its
	// connection sees another one than its peers.
	schema bool
	// readOnly is true where the database refuses all writes: it refuses our queries
	// that lock rows as well, and then in other words.
	readOnly bool
	// dirty is true once its reads may see something else than what is committed,
	// or must fail: it has written, changed its state, met an error, or is at a
	// level of isolation that reads an older snapshot.
	dirty bool
	// seen is true once the session was looked at in it since code ran that may have
	// changed it, all where that may have written anything.
	seen, all bool
	// passesOver is true where it may be at a level of isolation at which a statement
	// passes over rows that others have locked: READ COMMITTED.
	passesOver bool
	// unmarked is true where code ran in it that may have set savepoints of its own: it is
	// not known what a rollback to one undoes.
	unmarked bool
	// taint is what its state can spoil until it ends.
	taint dialect.Taint
	// doubt is true when an error may have ended it, and the connection takes no
	// question before its rows are closed.
	doubt bool
}

// enter begins to keep account of a transaction on the held connection.
func (c *conn) enter() {
	c.tx = &txState{changes: c.connector.handle.NewChanges()}
	c.tx.dirty = c.shaky() || c.real.session.OtherIsolation
	c.tx.passesOver = c.real == nil || c.real.passesOver()
}

// passesOver reports whether a transaction that begins now may be at READ COMMITTED, or
// below. What was set of it since the connection was looked at taints its reads.
func (r *realConn) passesOver() bool {
	return !r.session.OtherIsolation || r.taint&dialect.TaintReads != 0 || r.unsure
}

// shaky reports whether reads in a transaction that begins now pass the cache, whatever
// its level of isolation.
func (c *conn) shaky() bool {
	return c.real == nil || c.real.taint != 0 || c.real.unsure || !c.connector.txs.ReadCommitted
}

// failed takes note of a statement's error inside a transaction, where such an
// error may have ended it without a word: what the program does next would be
// committed by itself.
func (c *conn) failed(err error) {
	if err == nil || c.tx == nil || c.real == nil || errors.Is(err, driver.ErrSkip) {
		return
	}
	c.tx.dirty = true
	switch txs := &c.connector.txs; {
	case !txs.ErrorMayEnd:
	case c.streaming > 0 && !txs.Nested:
		c.tx.doubt = true
	default:
		c.resync(c.real)
	}
}

// doubted is failed for an error that came while rows were open, once they are closed.
func (c *conn) doubted() {
	if c.tx != nil && c.tx.doubt && c.streaming == 0 && c.real != nil {
		c.tx.doubt = false
		c.resync(c.real)
	}
}

// inTransaction asks the database whether a connection is in a transaction.
func (c *conn) inTransaction(real *realConn) (bool, error) {
	return c.connector.cfg.Dialect.InTransaction(func(text string) error {
		_, err := c.bareExec(context.Background(), real, call{text: text})
		return err
	})
}

// resync finds out what transaction a connection is in, after something that may
// have begun or ended one.
func (c *conn) resync(real *realConn) {
	switch inside, err := c.inTransaction(real); {
	case err != nil:
		c.broken = true // nothing is known, so nothing more may be done on it
	case inside && c.tx == nil:
		c.enter()
		c.tx.changes.AddAll(true)
		c.tx.dirty, c.tx.schema, c.tx.unknown = true, true, true
	case !inside && c.tx != nil:
		c.gone()
	}
}

// gone leaves a transaction that has ended without a word, and was rolled back. The
// connection stays, database/sql may still hold its driver.Tx.
func (c *conn) gone() {
	if c.connector.txs.BeginCommits {
		// So says the error. But much commits there, and what is dropped for nothing
		// costs no more than hits.
		c.tx.changes.Bump(context.Background(), store.DropFence)
	} else {
		_ = c.rollback(context.Background(), func() error { return nil })
	}
	c.keptUnseen(context.Background())
	c.leave()
}

// commitChanges is the write side of the protocol: fence, commit, bump.
// Rollback undoes the transaction where the fence fails.
func (c *conn) commitChanges(ctx context.Context, changes *engine.Changes, commit func() error, rollback func() error) error {
	if err := changes.Fence(ctx); err != nil {
		changes.Withdraw(ctx)
		return errors.Join(err, rollback())
	}
	done := false
	defer func() {
		if !done { // the driver panicked: the outcome is unknown
			changes.Bump(ctx, store.KeepFence)
		}
	}()
	err := commit()
	done = true
	if err == nil {
		changes.Committed(ctx)
		return nil
	}
	if c.unknown(ctx, err) {
		changes.Unanswered(ctx, c.whom()) // the server may still commit
		return err
	}
	changes.Failed(ctx)
	return err
}

// whom says whom to ask about a COMMIT without an answer: all transactions that are
// under way, or the connection where the database cannot name those.
func (c *conn) whom() (o engine.Outcome) {
	if txs := &c.connector.txs; txs.Unfinished == "" && txs.AsksProcess && c.real != nil {
		o.Process = c.real.session.Identity
	}
	return o
}

// rollback rolls the transaction back. There is nothing to invalidate then, but
// on a connection where changes may stay behind.
func (c *conn) rollback(ctx context.Context, rollback func() error) error {
	if c.tx == nil || c.real == nil {
		return rollback()
	}
	if c.real.taint&dialect.TaintRollback == 0 {
		err := rollback()
		c.keptUnseen(ctx)
		return err
	}
	ctx = context.WithoutCancel(ctx)
	err := c.commitChanges(ctx, c.tx.changes, rollback, rollback)
	if err != nil {
		// What stays behind does so without a fence too, and whatever the error.
		c.tx.changes.Owe(ctx)
	}
	return err
}

// tx is the driver.Tx of a transaction that BeginTx began. The program may end
// it by text and begin another one on the connection: what Commit and Rollback
// end then is that one.
type tx struct {
	conn  *conn
	inner driver.Tx
	ctx   context.Context //nolint:containedctx // driver.Tx has no other way to it
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (begun driver.Tx, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	c.ensureSchema(ctx)
	var inner driver.Tx
	err = c.retry(ctx, func(real *realConn) (err error) {
		c.sure(ctx, real)
		c.watch(ctx, real)
		c.look(ctx, real)
		if c.tx != nil && c.connector.txs.BeginCommits { // a text began one
			_, err = c.committing(ctx, real, &ending{text: "BEGIN", sure: true}, func() (out outcome, err error) {
				inner, err = real.begin(ctx, opts)
				return out, err
			})
			return err
		}
		inner, err = real.begin(ctx, opts)
		return err
	})
	returned = true
	if err != nil {
		c.settle(err)
		return nil, err
	}
	c.enter()
	c.tx.readOnly = opts.ReadOnly
	switch sql.IsolationLevel(opts.Isolation) {
	case sql.LevelDefault:
	case sql.LevelReadCommitted:
		c.tx.passesOver = true
		c.tx.dirty = c.shaky() // whatever the session's own level is
	case sql.LevelReadUncommitted:
		c.tx.passesOver = true
		// Where there is no such level, and a transaction sees what is committed
		// meanwhile, it is that.
		c.tx.dirty = c.tx.dirty || c.connector.txs.ReadUncommitted
	default:
		c.tx.dirty = true
	}
	return &tx{conn: c, inner: inner, ctx: ctx}, nil
}

// Commit implements driver.Tx.
func (t *tx) Commit() error {
	if t.conn.tx == nil { // ended by text, or by an error
		err := t.inner.Commit()
		t.end(err)
		return err
	}
	changes := t.conn.tx.changes
	err := t.conn.commitChanges(t.ctx, changes, t.inner.Commit, t.inner.Rollback)
	t.end(err)
	if err == nil {
		t.conn.ahead = changes.Ahead()
		t.conn.readAhead()
	}
	return err
}

// Rollback implements driver.Tx.
func (t *tx) Rollback() error {
	err := t.conn.rollback(t.ctx, t.inner.Rollback)
	t.end(err)
	return err
}

// end leaves the transaction. The real connection stays until database/sql puts
// the virtual one back, as it does right after.
func (t *tx) end(err error) {
	t.conn.leave()
	if t.conn.real != nil {
		t.conn.followed(t.conn.real, err)
	}
}
