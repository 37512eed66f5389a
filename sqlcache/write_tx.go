package sqlcache

import (
	"context"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// writeInTx carries out a write inside a transaction.
func (c *conn) writeInTx(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	t := c.tx
	t.changes.Statement(ctx, k.text)
	if !w.All && (!t.locked || c.connector.txs.Concurrent) {
		locked, err := c.lock(ctx, real, w)
		if err != nil {
			return outcome{}, err
		}
		if !locked {
			w = everything // the schema cannot be compared without the lock
		} else if !t.schema {
			outdated, err := c.connector.handle.Outdated(ctx, c.asks(ctx, real), p)
			switch {
			case err != nil:
				w = everything
			case outdated:
				p = c.connector.handle.Plan(k.text)
				if w = p.Write; w == nil {
					w = everything
				}
			}
		}
	}
	if t.schema {
		w = everything // the plans know another schema than this connection
	}
	if w.All {
		t.schema = t.schema || w.Schema
		t.changes.AddAll(w.Schema)
		if c.connector.txs.Keeps {
			return c.writeAnything(ctx, real, p.Statement, w, k, wantRows)
		}
		return c.bare(ctx, real, k, wantRows)
	}
	if p.Statement.Kind == dialect.KindScript && !c.connector.txs.ScriptAtomic {
		return c.writeScript(ctx, real, p, w, k, wantRows)
	}
	if tables := lasting(w); len(tables) > 0 {
		return c.writeLasting(ctx, real, p, w, tables, k, wantRows)
	}
	return c.writeCollected(ctx, real, p, w, k, wantRows)
}

// writeCollected carries out a write inside a transaction, whose tables are known, and
// collects what it changes.
func (c *conn) writeCollected(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	t := c.tx
	t.changes.Planned(p)
	out, err := c.collect(ctx, real, p, w, t.changes, k, wantRows)
	t.locked = t.locked || err == nil // a write holds the lock to the end
	if err != nil && (ctx.Err() != nil || !wrappable(p.Statement, w)) {
		// A statement whose context ended may have taken effect all the same,
		// and OR FAIL leaves behind what it did before the error.
		t.changes.AddWrite(w)
	}
	return out, err
}

// lockStatement stands for the text that takes the lock.
var lockStatement = &dialect.Statement{Kind: dialect.KindDelete}

// lock takes the write lock before anything is read: a transaction that read
// first may be refused the lock where the bare statement would have waited for
// it. It reports false where there is no table to take it with.
func (c *conn) lock(ctx context.Context, real *realConn, w *analysis.Write) (bool, error) {
	text := c.connector.txs.LockForWrite
	if text == "" {
		return true, nil
	}
	for _, t := range w.Tables() {
		if t.Kind != dialect.TablePlain {
			continue
		}
		// The database may refuse to compile it where it takes the program's
		// statement: for a table whose foreign key names one that is not there.
		lock := fmt.Sprintf(text, t.SQL)
		if c.prepares(ctx, real, lockStatement, lock) == nil {
			return true, c.control(ctx, real, lock)
		}
	}
	return false, nil
}
