package sqlcache

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// maxStmts bounds the prepared statements that a real connection keeps.
const maxStmts = 64

// stmtCache keeps a connection's prepared statements by their text. A statement
// is taken out while it is in use, so that a second use of the text meanwhile
// gets one of its own. The zero value is empty and ready.
type stmtCache struct {
	idle []*realStmt // the least recently used first
}

// realStmt is a prepared statement of a real connection.
type realStmt struct {
	driver.Stmt
	text string
	// made is when it was prepared, as [connector.moment] counts.
	made uint64
	ran  bool    // once at least
	sent *uint64 // that of the connection
}

// take returns a prepared statement, which the caller must put back or discard. One
// that was made before since is closed: the program has prepared the text again, and
// the server may refuse what it prepared before a change of the schema.
func (c *stmtCache) take(ctx context.Context, r *realConn, text string, since uint64) (*realStmt, error) {
	for i, s := range slices.Backward(c.idle) {
		if s.text != text {
			continue
		}
		c.idle = slices.Delete(c.idle, i, i+1)
		if s.made >= since {
			return s, nil
		}
		s.discard()
	}
	made := r.connector.moment()
	s, err := r.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return &realStmt{Stmt: s, text: text, made: made, sent: &r.sent}, nil
}

// onceOnly reports whether a text is prepared for one use: COPY, which the driver
// pq turns into a state of its connection until the statement is closed.
//
// A comment that is nested may be taken for the text: what is not such a statement is
// prepared once more than it had to be.
func onceOnly(text string) bool {
	for {
		text = strings.TrimLeft(text, " \t\r\n\f\v;")
		var end string
		switch {
		case strings.HasPrefix(text, "--"):
			end = "\n"
		case strings.HasPrefix(text, "/*"):
			end = "*/"
		default:
			return len(text) >= 4 && strings.EqualFold(text[:4], "COPY")
		}
		_, rest, ok := strings.Cut(text, end)
		if !ok {
			return false
		}
		text = rest
	}
}

// put gives a statement back.
func (c *stmtCache) put(s *realStmt) {
	if len(c.idle) >= maxStmts {
		c.idle[0].discard()
		c.idle = slices.Delete(c.idle, 0, 1)
	}
	c.idle = append(c.idle, s)
}

// forget closes the statement of a text, if one is kept.
func (c *stmtCache) forget(text string) error {
	for i, s := range slices.Backward(c.idle) {
		if s.text == text {
			c.idle = slices.Delete(c.idle, i, i+1)
			return s.Stmt.Close()
		}
	}
	return nil
}

// clear closes all statements.
func (c *stmtCache) clear() {
	for _, s := range c.idle {
		s.discard()
	}
	c.idle = nil
}

// discard closes a statement. Its error says nothing that its use did not.
func (s *realStmt) discard() { _ = s.Stmt.Close() }

// checkCount is what database/sql says to a wrong number of arguments.
func (s *realStmt) checkCount(args []driver.NamedValue) error {
	if want := s.NumInput(); want >= 0 && want != len(args) {
		return fmt.Errorf("sql: expected %d arguments, got %d", want, len(args))
	}
	return nil
}

// query is what database/sql does to query a prepared statement.
func (s *realStmt) query(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.ran = true
	*s.sent++
	if q, ok := s.Stmt.(driver.StmtQueryContext); ok {
		return q.QueryContext(ctx, args)
	}
	values, err := unnamed(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Stmt.Query(values) //nolint:staticcheck // drivers without contexts
}

// exec is what database/sql does to execute a prepared statement.
func (s *realStmt) exec(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.ran = true
	*s.sent++
	if e, ok := s.Stmt.(driver.StmtExecContext); ok {
		return e.ExecContext(ctx, args)
	}
	values, err := unnamed(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Stmt.Exec(values) //nolint:staticcheck // drivers without contexts
}
