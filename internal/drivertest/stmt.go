package drivertest

import (
	"context"
	"database/sql/driver"
)

// stmt is a prepared statement.
type stmt struct {
	c      *conn
	text   string
	closed bool
}

// The parts of a statement, one per interface.
type (
	stmtBase             struct{ s *stmt }
	stmtStmtExecContext  struct{ s *stmt }
	stmtStmtQueryContext struct{ s *stmt }
	stmtCheckerStmt      struct{ s *stmt }
	stmtColumnConverter  struct{ s *stmt }
)

// Close implements driver.Stmt.
func (p stmtBase) Close() error {
	err := p.s.c.note(context.Background(), Call{Op: OpStmtClose, Query: p.s.text})
	if !p.s.closed {
		p.s.closed = true
		p.s.c.d.count(func(o *Open) { o.Stmts-- })
	}
	return err
}

// NumInput implements driver.Stmt: it does not know.
func (p stmtBase) NumInput() int { return -1 }

// Exec implements driver.Stmt.
func (p stmtBase) Exec(args []driver.Value) (driver.Result, error) {
	return p.s.c.exec(context.Background(), Call{Op: OpStmtExec, Query: p.s.text, Args: unnamed(args)})
}

// Query implements driver.Stmt.
func (p stmtBase) Query(args []driver.Value) (driver.Rows, error) {
	return p.s.c.query(context.Background(), Call{Op: OpStmtQuery, Query: p.s.text, Args: unnamed(args)})
}

// ExecContext implements driver.StmtExecContext.
func (p stmtStmtExecContext) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return p.s.c.exec(ctx, Call{Op: OpStmtExecContext, Query: p.s.text, Args: args})
}

// QueryContext implements driver.StmtQueryContext.
func (p stmtStmtQueryContext) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return p.s.c.query(ctx, Call{Op: OpStmtQueryContext, Query: p.s.text, Args: args})
}

// CheckNamedValue implements driver.NamedValueChecker.
func (p stmtCheckerStmt) CheckNamedValue(v *driver.NamedValue) error {
	if err := p.s.c.note(context.Background(), Call{Op: OpStmtCheck}); err != nil {
		return err
	}
	return check("stmt:", v)
}

// ColumnConverter implements driver.ColumnConverter.
func (p stmtColumnConverter) ColumnConverter(int) driver.ValueConverter {
	// A converter has no error of its own to return.
	_ = p.s.c.note(context.Background(), Call{Op: OpStmtConverter})
	return converter{}
}

// converter turns Marked into a text.
type converter struct{}

// ConvertValue implements driver.ValueConverter.
func (converter) ConvertValue(v any) (driver.Value, error) {
	if m, ok := v.(Marked); ok {
		return "column:" + m.Text, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}
