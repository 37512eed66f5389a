package sqlcache_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync"
)

// txServer is a database with transactions as MySQL has them: many statements commit,
// errors roll back, a table keeps what is rolled back, and autocommit can be off. Its
// tables have one number each: t and u, which a rollback takes back, and m, which none
// does. It is used by one goroutine at a time but for the wrapper's own.
type txServer struct {
	mu        sync.Mutex // guards what follows
	committed map[string]int
	calls     []string
	// chains has new sessions begin a transaction at the end of each one.
	chains bool
	// moved is true when t is kept like m: somebody has changed the table.
	moved bool
	// late is the work of a COMMIT whose answer was lost, which is still to be carried
	// out; nil: there is none. Lossy has the next COMMIT so.
	late  map[string]int
	lossy bool
	// changing is called right before what is committed of tables changes.
	changing func(table string)
}

func newTxServer() *txServer {
	return &txServer{committed: map[string]int{"t": 1, "u": 1, "m": 1}}
}

// The answers of the server that are errors.
var (
	errTxSyntax   = errors.New("txserver: syntax")
	errTxRefused  = errors.New("txserver: refused")
	errTxDeadlock = errors.New("txserver: deadlock")
	errTxNoPoint  = errors.New("txserver: no such savepoint")
	errTxLost     = errors.New("txserver: the connection is lost") // no answer at all
)

// txSession is a connection to it.
type txSession struct {
	server *txServer
	// inside is true in a transaction; work is what it changed, over committed.
	inside bool
	work   map[string]int
	points []txPoint
	silent bool // autocommit is off
	chains bool
	closed bool
}

type txPoint struct {
	name string
	work map[string]int
}

// Connect implements driver.Connector.
func (s *txServer) Connect(context.Context) (driver.Conn, error) {
	return &txSession{server: s, work: map[string]int{}, chains: s.chains}, nil
}

// Driver implements driver.Connector.
func (s *txServer) Driver() driver.Driver { return txDriver{} }

type txDriver struct{}

// Open implements driver.Driver.
func (txDriver) Open(string) (driver.Conn, error) { return nil, errors.New("open it by its connector") }

// truth is what a new connection would read.
func (s *txServer) truth(table string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed[table]
}

// carryOut carries out the COMMIT whose answer was lost.
func (s *txServer) carryOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.committed, s.late)
	s.late = nil
}

// over reports whether there is no such COMMIT.
func (s *txServer) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.late == nil
}

// took returns what was sent since it was called last.
func (s *txServer) took() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (c *txSession) commit() {
	for table := range c.work {
		c.change(table)
	}
	maps.Copy(c.server.committed, c.work)
	c.drop()
}

// change says that a table is about to change for everybody.
func (c *txSession) change(table string) {
	if f := c.server.changing; f != nil {
		c.server.changing = nil
		c.server.mu.Unlock()
		f(table)
		c.server.mu.Lock()
		c.server.changing = f
	}
}

func (c *txSession) drop() {
	c.work, c.points, c.inside = map[string]int{}, nil, false
}

// end ends a transaction by COMMIT or ROLLBACK.
func (c *txSession) end(commit, chain bool) {
	if commit {
		c.commit()
	}
	c.drop()
	c.inside = chain || c.chains
}

// point finds a savepoint.
func (c *txSession) point(name string) int {
	for i := range c.points {
		if c.points[i].name == name {
			return i
		}
	}
	return -1
}

// write changes a table: t = 5.
func (c *txSession) write(table string, n int) {
	if table == "m" || table == "t" && c.server.moved {
		c.change(table)
		c.server.committed[table] = n
		return
	}
	if c.silent {
		c.inside = true
	}
	c.work[table] = n
	if !c.inside {
		c.commit()
	}
}

// run carries out a text, and returns the rows of a READ.
func (c *txSession) run(text string) (rows []int, err error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.closed {
		return nil, driver.ErrBadConn
	}
	c.server.calls = append(c.server.calls, text)
	return c.runLocked(text)
}

func (c *txSession) runLocked(text string) (rows []int, err error) {
	if first, rest, several := strings.Cut(text, "; "); several {
		if _, err := c.runLocked(first); err != nil {
			return nil, err
		}
		return c.runLocked(rest)
	}
	if text == "SESSION" {
		return c.session(), nil
	}
	word, rest, _ := strings.Cut(text, " ")
	table, value, _ := strings.Cut(rest, " ")
	n, _ := strconv.Atoi(value)
	switch word {
	case "READ":
		if c.silent {
			c.inside = true
		}
		if own, ok := c.work[table]; ok {
			return []int{own}, nil
		}
		return []int{c.server.committed[table]}, nil
	case "WRITE": // WRITE t 5
		c.write(table, n)
	case "FAIL": // a write that is refused when it has done a part
		if table == "m" {
			c.write(table, n)
		}
		return nil, errTxRefused
	case "BOTH":
		c.write("m", n)
		c.write("t", n)
	case "CALL": // CALL COMMIT|WRITE,t,5|...: a procedure
		for part := range strings.SplitSeq(rest, "|") {
			if _, err := c.runLocked(strings.ReplaceAll(part, ",", " ")); err != nil {
				return nil, err
			}
		}
	case "DEADLOCK":
		c.drop()
		return nil, errTxDeadlock
	case "BEGIN":
		c.commit()
		c.inside = true
	case "COMMIT", "ROLLBACK":
		if c.server.lossy && word == "COMMIT" {
			c.server.lossy, c.server.late, c.closed = false, c.work, true
			c.drop()
			return nil, errTxLost
		}
		if name, to := strings.CutPrefix(rest, "TO "); to {
			at := c.point(name)
			if at < 0 {
				return nil, errTxNoPoint
			}
			c.work = maps.Clone(c.points[at].work)
			c.points = c.points[:at+1]
			return nil, nil
		}
		c.end(word == "COMMIT", rest == "CHAIN")
	case "SAVEPOINT":
		if !c.inside && !c.silent {
			return nil, nil
		}
		if at := c.point(rest); at >= 0 {
			c.points = append(c.points[:at:at], c.points[at+1:]...)
		}
		c.points = append(c.points, txPoint{name: rest, work: maps.Clone(c.work)})
	case "RELEASE":
		at := c.point(rest)
		if at < 0 {
			return nil, errTxNoPoint
		}
		c.points = c.points[:at]
	case "FUNC": // a function that writes
		c.write(table, n)
		return []int{n}, nil
	case "MOVE":
		c.commit()
		c.server.moved = true
	case "DDL":
		c.commit()
	case "DDL-FAILS":
		c.commit()
		return nil, errTxRefused
	case "DDL-SYNTAX":
		return nil, errTxSyntax
	case "LOCK":
		c.commit()
	case "LOCK-FAILS":
		c.commit()
		return nil, errTxRefused
	case "AUTOCOMMIT":
		if rest == "1" && c.silent {
			c.commit()
		}
		c.silent = rest == "0"
	case "CHAINS":
		c.chains = rest == "1"
	default:
		return nil, fmt.Errorf("txserver: %q is not understood", text)
	}
	return nil, nil
}

// session tells the settings.
func (c *txSession) session() []int {
	number := map[bool]int{true: 1}
	return []int{number[c.silent], number[c.chains]}
}

// ExecContext implements driver.ExecerContext.
func (c *txSession) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	if _, err := c.run(text); err != nil {
		return nil, err
	}
	return driver.RowsAffected(1), nil
}

// QueryContext implements driver.QueryerContext.
func (c *txSession) QueryContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.run(text)
	if err != nil {
		return nil, err
	}
	return &txRows{rows: rows}, nil
}

// Prepare implements driver.Conn.
func (c *txSession) Prepare(text string) (driver.Stmt, error) {
	if text == "DDL-SYNTAX" {
		return nil, errTxSyntax
	}
	if strings.Contains(text, ";") {
		return nil, errTxSyntax
	}
	return &txStmt{c: c, text: text}, nil
}

// Begin implements driver.Conn.
func (c *txSession) Begin() (driver.Tx, error) { return &txTx{c}, c.just("BEGIN") }

// just runs a text.
func (c *txSession) just(text string) error {
	_, err := c.run(text)
	return err
}

// Close implements driver.Conn.
func (c *txSession) Close() error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.drop()
	c.closed = true
	return nil
}

type txTx struct{ c *txSession }

func (t *txTx) Commit() error   { return t.c.just("COMMIT") }
func (t *txTx) Rollback() error { return t.c.just("ROLLBACK") }

type txStmt struct {
	c    *txSession
	text string
}

func (s *txStmt) Close() error  { return nil }
func (s *txStmt) NumInput() int { return 0 }
func (s *txStmt) Exec([]driver.Value) (driver.Result, error) {
	return s.c.ExecContext(context.Background(), s.text, nil)
}

func (s *txStmt) Query([]driver.Value) (driver.Rows, error) {
	return s.c.QueryContext(context.Background(), s.text, nil)
}

type txRows struct{ rows []int }

func (r *txRows) Columns() []string {
	if len(r.rows) > 1 { // the session
		return []string{"silent", "chains"}
	}
	return []string{"n"}
}

func (r *txRows) Close() error { return nil }
func (r *txRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	for i := range dest {
		dest[i] = int64(r.rows[i])
	}
	r.rows = r.rows[len(dest):]
	return nil
}
