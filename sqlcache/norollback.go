package sqlcache

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// Tables whose changes a rollback leaves are there for everybody as soon as they are
// made. So they are fenced before the statement and bumped right after it, whatever
// becomes of the statement and of the transaction around it.

// lasting returns those of the tables that a write can reach.
func lasting(w *analysis.Write) (tables []*dialect.Table) {
	for _, t := range w.Tables() {
		if t.NoRollback {
			tables = append(tables, t)
		}
	}
	return tables
}

// outsideOurs reports whether a write must not be put into a transaction of ours: it
// would end that one before its fence, is not taken back by it, or commits piece by
// piece, so that an error in one leaves the others.
func (c *conn) outsideOurs(st *dialect.Statement, w *analysis.Write) bool {
	switch {
	case st.Commits, st.Kind == dialect.KindScript && !c.connector.txs.ScriptAtomic:
		return true
	default:
		return len(lasting(w)) > 0
	}
}

// writeLasting carries out a write inside a transaction that reaches such tables, and
// perhaps others as well. The fence tells whether the schema is still that of the plan.
func (c *conn) writeLasting(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, tables []*dialect.Table, k call, wantRows bool) (outcome, error) {
	own := c.connector.handle.NewChanges()
	own.Statement(ctx, k.text)
	own.Planned(p)
	own.AddEpochs(tables...)
	if err := own.Fence(ctx); err != nil {
		own.Withdraw(ctx)
		return outcome{}, err
	}
	bumped := false
	defer func() {
		if !bumped { // the driver panicked
			own.Bump(ctx, store.KeepFence)
		}
	}()
	out, err := c.writeCollected(ctx, real, p, w, k, wantRows)
	bumped = true
	c.ended(ctx, real, own, err)
	return out, err
}

// writeAnything carries out a write inside a transaction that may reach any table, and
// so one that a rollback leaves as it is.
func (c *conn) writeAnything(ctx context.Context, real *realConn, st *dialect.Statement, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	own := c.connector.handle.NewChanges()
	own.Statement(ctx, k.text)
	own.AddAll(w.Schema)
	return c.fencedBare(ctx, real, own, k, wantRows, writesRows(st))
}

// writeScript carries out several writes in one text inside a transaction. Their rows
// are the program's to read one after the other, and the database goes on meanwhile.
func (c *conn) writeScript(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	c.tx.changes.Planned(p)
	c.tx.changes.AddWrite(w) // an error of one leaves what those before it did
	tables := lasting(w)
	if len(tables) == 0 {
		return c.bare(ctx, real, k, wantRows)
	}
	own := c.connector.handle.NewChanges()
	own.Statement(ctx, k.text)
	own.Planned(p)
	own.AddEpochs(tables...)
	return c.fencedBare(ctx, real, own, k, wantRows, false)
}

// keptUnseen sees, after a rollback, to what was written by plans of an older schema: a
// table may have become one that a rollback leaves as it is.
func (c *conn) keptUnseen(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if !c.connector.txs.Keeps || !c.tx.changes.Outrun(ctx) {
		return
	}
	changes := c.connector.handle.NewChanges()
	changes.Statement(ctx, "ROLLBACK")
	changes.AddAll(false)
	changes.Bump(ctx, store.DropFence)
}
