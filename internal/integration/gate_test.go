package integration

import (
	"context"
	"database/sql/driver"
	"sync"
)

// gate is a driver.Connector around a real driver, in which a test can stop a
// statement, count it, or make it fail. Everything else is the real driver's.
type gate struct {
	inner driver.Connector

	mu sync.Mutex // guards the functions and the counts
	// before and after run before a statement reaches the driver and after the
	// driver answered. An error of before is the statement's error.
	before, after func(ctx context.Context, text string) error
	texts         []string
	recording     bool
	refused       error // of Connect
}

// refuse has idle connections fail as broken ones, and new ones with an error.
func (g *gate) refuse(err error) {
	g.set(func(context.Context, string) error { return driver.ErrBadConn }, nil)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = err
}

// set replaces both functions.
func (g *gate) set(before, after func(ctx context.Context, text string) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before, g.after = before, after
}

// record begins to keep the texts of statements, and returns those kept so far.
func (g *gate) record() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.texts
	g.texts, g.recording = nil, true
	return out
}

func (g *gate) enter(ctx context.Context, text string) error {
	g.mu.Lock()
	f := g.before
	if g.recording {
		g.texts = append(g.texts, text)
	}
	g.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, text)
}

func (g *gate) leave(ctx context.Context, text string) error {
	g.mu.Lock()
	f := g.after
	g.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, text)
}

func (g *gate) Driver() driver.Driver { return g.inner.Driver() }

func (g *gate) Connect(ctx context.Context) (driver.Conn, error) {
	g.mu.Lock()
	refused := g.refused
	g.mu.Unlock()
	if refused != nil {
		return nil, refused
	}
	c, err := g.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &gateConn{Conn: c, gate: g}, nil
}

// dsnConnector opens connections of a driver by a name.
type dsnConnector struct {
	drv driver.Driver
	dsn string
}

func (d dsnConnector) Connect(context.Context) (driver.Conn, error) { return d.drv.Open(d.dsn) }
func (d dsnConnector) Driver() driver.Driver                        { return d.drv }

type gateConn struct {
	driver.Conn
	gate *gate
}

func (c *gateConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.gate.enter(ctx, q); err != nil {
		return nil, err
	}
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
	if err == nil {
		err = c.gate.leave(ctx, q)
	}
	return rows, err
}

func (c *gateConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.gate.enter(ctx, q); err != nil {
		return nil, err
	}
	res, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
	if err == nil {
		err = c.gate.leave(ctx, q)
	}
	return res, err
}

func (c *gateConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return &gateStmt{Stmt: s, gate: c.gate, text: q}, nil
}

func (c *gateConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := c.gate.enter(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &gateTx{Tx: tx, gate: c.gate}, nil
}

type gateTx struct {
	driver.Tx
	gate *gate
}

func (t *gateTx) Commit() error {
	if err := t.gate.enter(context.Background(), "COMMIT"); err != nil {
		return err
	}
	err := t.Tx.Commit()
	if err == nil {
		err = t.gate.leave(context.Background(), "COMMIT")
	}
	return err
}

type gateStmt struct {
	driver.Stmt
	gate *gate
	text string
}

func (s *gateStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.gate.enter(ctx, s.text); err != nil {
		return nil, err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err == nil {
		err = s.gate.leave(ctx, s.text)
	}
	return rows, err
}

func (s *gateStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.gate.enter(ctx, s.text); err != nil {
		return nil, err
	}
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err == nil {
		err = s.gate.leave(ctx, s.text)
	}
	return res, err
}
