package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// stmt is a prepared statement of a virtual connection: its text, and what the
// driver said of it when it was prepared. It runs over a prepared statement of
// whichever real connection is at hand.
type stmt struct {
	conn *conn
	text string
	// since is when it was prepared, as [connector.moment] counts; 0 where the driver
	// or the server keeps what it prepares up with the schema.
	since uint64
	// inputs is what the driver's NumInput said.
	inputs int
	// checks is true when the driver's statement or connection checks arguments
	// itself.
	checks bool
	// known is true when the dialect may know what they do: it is the connection that
	// does, or the driver's statements do the same.
	known bool
	// names is true when the driver's statement takes named arguments in a
	// query: it has driver.StmtQueryContext.
	names bool
}

// convertingStmt is a stmt whose driver converts arguments by their position.
type convertingStmt struct {
	stmt
	// converters are those of the positions, where the driver knows how many
	// there are.
	converters []driver.ValueConverter
}

// PrepareContext implements driver.ConnPrepareContext. The statement is
// prepared at once, so that its errors come where they are expected.
func (c *conn) PrepareContext(ctx context.Context, query string) (out driver.Stmt, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	once := onceOnly(query)
	if once && c.tx != nil {
		c.tx.dirty = true // another statement meanwhile is an error
	}
	err = c.retry(ctx, func(real *realConn) error {
		since := c.since(real)
		if once {
			_ = real.stmts.forget(query) // it is of no more use, and nobody asks what it says
		}
		s, err := real.stmts.take(ctx, real, query, since)
		if err != nil {
			return err
		}
		defer real.stmts.put(s)
		p := stmt{conn: c, text: query, since: since, inputs: s.NumInput()}
		_, p.names = s.Stmt.(driver.StmtQueryContext)
		_, p.checks = s.Stmt.(driver.NamedValueChecker)
		if !p.checks {
			_, p.checks = real.Conn.(driver.NamedValueChecker)
			p.known = p.checks
		} else if checker, ok := c.connector.checker.(dialect.StatementChecker); ok {
			p.known = checker.ChecksStatements()
		}
		cc, ok := s.Stmt.(driver.ColumnConverter) //nolint:staticcheck // drivers still have it
		if !ok {
			out = &p
			return nil
		}
		converting := &convertingStmt{stmt: p}
		for i := range p.inputs {
			converting.converters = append(converting.converters, cc.ColumnConverter(i))
		}
		out = converting
		return nil
	})
	c.failed(err)
	c.settle(err)
	returned = true
	return out, err
}

// since is when a statement must have been prepared to be the one that the program
// prepares now; 0 where one that is kept is as good. A text may mean something else
// after the session was changed, to which the server does not hold what it prepared.
func (c *conn) since(real *realConn) uint64 {
	txs := &c.connector.txs
	if !txs.Concurrent || txs.Reprepares && real.taint == 0 && !real.unsure && (c.tx == nil || c.tx.taint == 0) {
		return 0
	}
	return c.connector.moment()
}

// ColumnConverter implements driver.ColumnConverter.
func (s *convertingStmt) ColumnConverter(i int) driver.ValueConverter {
	if i < len(s.converters) {
		return s.converters[i]
	}
	converter := driver.ValueConverter(driver.DefaultParameterConverter)
	err := s.withReal(func(_ *realConn, st driver.Stmt) {
		if cc, ok := st.(driver.ColumnConverter); ok { //nolint:staticcheck // drivers still have it
			converter = cc.ColumnConverter(i)
		}
	})
	if err != nil {
		return failedConverter{err}
	}
	return converter
}

// failedConverter converts nothing.
type failedConverter struct{ err error }

// ConvertValue implements driver.ValueConverter.
func (f failedConverter) ConvertValue(any) (driver.Value, error) { return nil, f.err }

// withReal calls f with a prepared statement of a real connection.
func (s *stmt) withReal(f func(*realConn, driver.Stmt)) error {
	ctx := context.Background() // database/sql has none to give here
	err := s.conn.retry(ctx, func(real *realConn) error {
		st, err := real.stmts.take(ctx, real, s.text, s.since)
		if err != nil {
			return err
		}
		defer real.stmts.put(st)
		f(real, st.Stmt)
		return nil
	})
	s.conn.failed(err)
	s.conn.settle(err)
	return err
}

// Close implements driver.Stmt. Real connections keep theirs for the next use
// of the text, but of what is for one use.
func (s *stmt) Close() error {
	c := s.conn
	if !onceOnly(s.text) || c.real == nil {
		return nil
	}
	err := c.real.stmts.forget(s.text)
	c.failed(err)
	return err
}

// NumInput implements driver.Stmt.
func (s *stmt) NumInput() int { return s.inputs }

// CheckNamedValue implements driver.NamedValueChecker.
func (s *stmt) CheckNamedValue(nv *driver.NamedValue) error {
	if !s.checks {
		return driver.ErrSkip
	}
	if checker := s.conn.connector.checker; checker != nil && s.known {
		if err := checker.CheckNamedValue(nv); !errors.Is(err, dialect.ErrAskConnection) {
			return err
		}
	}
	checked := driver.ErrSkip
	err := s.withReal(func(real *realConn, st driver.Stmt) {
		if checker, ok := st.(driver.NamedValueChecker); ok {
			checked = checker.CheckNamedValue(nv)
		} else if checker, ok := real.Conn.(driver.NamedValueChecker); ok {
			checked = checker.CheckNamedValue(nv)
		}
	})
	if err != nil {
		return err
	}
	return checked
}

// Exec implements driver.Stmt.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query implements driver.Stmt.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	if n := engine.NoticeFrom(ctx, s.text); n != nil { // of a program that prepares all it runs
		res, err = s.conn.take(ctx, n)
	} else {
		res, err = s.conn.exec(ctx, call{text: s.text, args: args, prepared: true, since: s.since})
	}
	returned = true
	return res, err
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	since := s.conn.now()
	if !s.names {
		err = nameless(args)
	}
	if err != nil {
		err = s.conn.refused(ctx, s.text, since, err)
	} else {
		rows, err = s.conn.query(ctx, call{text: s.text, args: args, prepared: true, since: s.since}, since)
	}
	returned = true
	return rows, err
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}
