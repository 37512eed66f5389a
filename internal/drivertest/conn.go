package drivertest

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// conn is a connection. What it can do is told by the types below, which the
// generated ones embed.
type conn struct {
	d      *Driver
	number int
	closed bool
	// uses is written by every call, without a lock: a connection belongs to one
	// goroutine at a time, and the race detector tells when it does not.
	uses int
}

func (c *conn) note(ctx context.Context, call Call) error {
	c.uses++
	call.Conn = c.number
	return c.d.note(ctx, call)
}

// answer finds the answer to a text, and waits at its gate.
func (c *conn) answer(ctx context.Context, text string) (Answer, error) {
	c.d.mu.Lock()
	a, ok := c.d.answers[text]
	c.d.mu.Unlock()
	if !ok {
		return a, fmt.Errorf("drivertest: no answer to %q: put it into Config.Answers", text)
	}
	if err := ctx.Err(); err != nil {
		return a, err
	}
	if a.Gate != nil && !a.Gate.wait(ctx.Done()) {
		return a, ctx.Err()
	}
	return a, a.Err
}

func (c *conn) query(ctx context.Context, call Call) (driver.Rows, error) {
	if err := c.note(ctx, call); err != nil {
		return nil, err
	}
	a, err := c.answer(ctx, call.Query)
	if err != nil {
		return nil, err
	}
	return c.rows(&a), nil
}

func (c *conn) exec(ctx context.Context, call Call) (driver.Result, error) {
	if err := c.note(ctx, call); err != nil {
		return nil, err
	}
	a, err := c.answer(ctx, call.Query)
	if err != nil {
		return nil, err
	}
	return execResult{id: a.LastInsertID, affected: a.Affected}, nil
}

func (c *conn) prepare(ctx context.Context, op Op, text string) (driver.Stmt, error) {
	if err := c.note(ctx, Call{Op: op, Query: text}); err != nil {
		return nil, err
	}
	c.d.count(func(o *Open) { o.Stmts++ })
	return wrapStmt(&stmt{c: c, text: text}, c.d.capabilities&OnStmt), nil
}

func (c *conn) begin(ctx context.Context, call Call) (driver.Tx, error) {
	if err := c.note(ctx, call); err != nil {
		return nil, err
	}
	c.d.count(func(o *Open) { o.Txs++ })
	return &tx{c: c}, nil
}

// execResult is a driver.Result.
type execResult struct{ id, affected int64 }

// LastInsertId implements driver.Result.
func (r execResult) LastInsertId() (int64, error) { return r.id, nil }

// RowsAffected implements driver.Result.
func (r execResult) RowsAffected() (int64, error) { return r.affected, nil }

// tx is a transaction.
type tx struct {
	c    *conn
	done bool
}

func (t *tx) finish(op Op) error {
	err := t.c.note(context.Background(), Call{Op: op})
	if !t.done {
		t.done = true
		t.c.d.count(func(o *Open) { o.Txs-- })
	}
	return err
}

// Commit implements driver.Tx.
func (t *tx) Commit() error { return t.finish(OpCommit) }

// Rollback implements driver.Tx.
func (t *tx) Rollback() error { return t.finish(OpRollback) }

// unnamed turns the arguments of old methods into those of new ones.
func unnamed(args []driver.Value) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, v := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return list
}

// check is what the value checkers do.
func check(prefix string, v *driver.NamedValue) error {
	switch x := v.Value.(type) {
	case Marked:
		v.Value = prefix + x.Text
		return nil
	case Option:
		return driver.ErrRemoveArgument
	default:
		return driver.ErrSkip
	}
}

// The parts of a connection, one per interface.
type (
	connBase            struct{ c *conn }
	connPinger          struct{ c *conn }
	connExecerContext   struct{ c *conn }
	connExecer          struct{ c *conn }
	connQueryerContext  struct{ c *conn }
	connQueryer         struct{ c *conn }
	connPrepareContext  struct{ c *conn }
	connBeginTx         struct{ c *conn }
	connSessionResetter struct{ c *conn }
	connValidator       struct{ c *conn }
	connCheckerConn     struct{ c *conn }
)

// Prepare implements driver.Conn.
func (p connBase) Prepare(text string) (driver.Stmt, error) {
	return p.c.prepare(context.Background(), OpPrepare, text)
}

// Begin implements driver.Conn.
func (p connBase) Begin() (driver.Tx, error) {
	return p.c.begin(context.Background(), Call{Op: OpBegin})
}

// Close implements driver.Conn.
func (p connBase) Close() error {
	err := p.c.note(context.Background(), Call{Op: OpConnClose})
	if !p.c.closed {
		p.c.closed = true
		p.c.d.count(func(o *Open) { o.Conns-- })
	}
	return err
}

// Ping implements driver.Pinger.
func (p connPinger) Ping(ctx context.Context) error { return p.c.note(ctx, Call{Op: OpPing}) }

// ExecContext implements driver.ExecerContext.
func (p connExecerContext) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return p.c.exec(ctx, Call{Op: OpExecContext, Query: text, Args: args})
}

// Exec implements driver.Execer.
func (p connExecer) Exec(text string, args []driver.Value) (driver.Result, error) {
	return p.c.exec(context.Background(), Call{Op: OpExec, Query: text, Args: unnamed(args)})
}

// QueryContext implements driver.QueryerContext.
func (p connQueryerContext) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	return p.c.query(ctx, Call{Op: OpQueryContext, Query: text, Args: args})
}

// Query implements driver.Queryer.
func (p connQueryer) Query(text string, args []driver.Value) (driver.Rows, error) {
	return p.c.query(context.Background(), Call{Op: OpQuery, Query: text, Args: unnamed(args)})
}

// PrepareContext implements driver.ConnPrepareContext.
func (p connPrepareContext) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return p.c.prepare(ctx, OpPrepareContext, text)
}

// BeginTx implements driver.ConnBeginTx.
func (p connBeginTx) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return p.c.begin(ctx, Call{Op: OpBeginTx, Tx: opts})
}

// ResetSession implements driver.SessionResetter.
func (p connSessionResetter) ResetSession(ctx context.Context) error {
	return p.c.note(ctx, Call{Op: OpResetSession})
}

// IsValid implements driver.Validator.
func (p connValidator) IsValid() bool {
	return p.c.note(context.Background(), Call{Op: OpIsValid}) == nil
}

// CheckNamedValue implements driver.NamedValueChecker.
func (p connCheckerConn) CheckNamedValue(v *driver.NamedValue) error {
	if err := p.c.note(context.Background(), Call{Op: OpConnCheck}); err != nil {
		return err
	}
	return check("conn:", v)
}
