package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// sqliteConn is what connections of the SQLite driver can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// errNotSQLite is returned for a connection of another driver.
var errNotSQLite = errors.New("the driver is not the SQLite one that this was written for")

// statements keeps the texts of all statements that reach the driver.
type statements struct {
	driver.Connector

	// reached is told of each before it runs. It may be nil.
	reached func(text string)

	mu    sync.Mutex // guards texts
	texts []string
}

func newStatements(inner driver.Connector) *statements { return &statements{Connector: inner} }

// take returns the texts since it was called last.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.texts
	s.texts = nil
	return out
}

func (s *statements) add(text string) {
	if s.reached != nil {
		s.reached(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = append(s.texts, text)
}

// Connect implements driver.Connector.
func (s *statements) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(errNotSQLite, c.Close())
	}
	return &recordedConn{sqliteConn: inner, to: s}, nil
}

type recordedConn struct {
	sqliteConn

	to *statements
}

// BeginTx implements driver.ConnBeginTx.
func (c *recordedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.to.add("BEGIN")
	tx, err := c.sqliteConn.BeginTx(ctx, opts)
	return recordedTx{Tx: tx, to: c.to}, err
}

// ExecContext implements driver.ExecerContext.
func (c *recordedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.to.add(text)
	return c.sqliteConn.ExecContext(ctx, text, args)
}

// QueryContext implements driver.QueryerContext.
func (c *recordedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.to.add(text)
	return c.sqliteConn.QueryContext(ctx, text, args)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *recordedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	inner, ok := s.(sqliteStmt)
	if !ok {
		return nil, errors.Join(errNotSQLite, s.Close())
	}
	return &recordedStmt{sqliteStmt: inner, to: c.to, text: text}, nil
}

// sqliteStmt is what its prepared statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type recordedStmt struct {
	sqliteStmt

	to   *statements
	text string
}

// ExecContext implements driver.StmtExecContext.
func (s *recordedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.to.add(s.text)
	return s.sqliteStmt.ExecContext(ctx, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s *recordedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.to.add(s.text)
	return s.sqliteStmt.QueryContext(ctx, args)
}

type recordedTx struct {
	driver.Tx

	to *statements
}

// Commit implements driver.Tx.
func (t recordedTx) Commit() error {
	t.to.add("COMMIT")
	return t.Tx.Commit()
}

// answered opens connections that answer one text by doing nothing, and all
// others by the database. So what the cache adds to a read that it lets pass
// can be told from what the database's time varies by.
type answered struct {
	driver.Connector

	text    string
	nothing *drivertest.Nothing
}

// Connect implements driver.Connector.
func (a *answered) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := a.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(errNotSQLite, c.Close())
	}
	return &answeredConn{sqliteConn: inner, by: a}, nil
}

type answeredConn struct {
	sqliteConn

	by *answered
}

// QueryContext implements driver.QueryerContext.
func (c *answeredConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if text == c.by.text {
		return c.by.nothing.Answer(args), nil
	}
	return c.sqliteConn.QueryContext(ctx, text, args)
}
