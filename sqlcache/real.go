package sqlcache

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// poolState is what the virtual connections of a handle share.
type poolState struct {
	// caps is what the driver's connections can do; nil before the first one.
	caps atomic.Pointer[capabilities]
	// tainted counts the real connections on which reads may return other rows.
	tainted atomic.Int32
	// private is true when each real connection has a database of its own.
	private atomic.Bool
	moments atomic.Uint64 // see connector.moment
	// turned is when a connection was last found to be one to a server that may be behind
	// by now: an engine.Moment.
	turned atomic.Int64
	// settings are those of the real connections.
	settings settingsCount
}

// capabilities are the optional interfaces of a driver's connections that
// database/sql asks for before it hands over a statement.
type capabilities struct {
	queryer, execer bool // with or without a context
	names           bool // queries take named arguments: driver.QueryerContext
	checker         bool // driver.NamedValueChecker
	// prepares is true when the driver is known to run no text with arguments at once.
	// It is asked only where that matters.
	prepares bool
}

// realConnector makes the real connections for the inner pool.
type realConnector struct{ connector *connector }

// Driver implements driver.Connector.
func (r *realConnector) Driver() driver.Driver { return r.connector.inner.Driver() }

// Connect implements driver.Connector. It looks at the state that the data
// source name and the server's defaults gave the new connection.
func (r *realConnector) Connect(ctx context.Context) (driver.Conn, error) {
	k := r.connector
	dc, err := k.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	rc := newRealConn(dc, k)
	k.parking.open.Add(1)
	if k.state.caps.Load() == nil {
		caps := rc.capabilities()
		caps.prepares = rc.prepares(ctx)
		k.state.caps.CompareAndSwap(nil, caps)
	}
	asked := engine.Now()
	session, err := k.cfg.Dialect.CheckSession(ctx, rc.Once())
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), rc.Close())
	}
	if err != nil {
		// The program's own statement will meet the same error and tell it.
		session = dialect.Session{Taint: dialect.TaintAll, Why: "the connection's state could not be read: " + err.Error()}
	}
	rc.begins(session, asked)
	if cat := k.handle.Catalog(); err == nil && session.Taint == 0 && cat != nil {
		// Where it fails the statement that the connection is for meets the same.
		if cat.Settings == session.Settings {
			_, _ = k.handle.Look(ctx, rc)
		} else {
			k.adopt(ctx, rc)
		}
	}
	if session.Private {
		k.state.private.Store(true)
		// Behind a new connection is a new, empty database.
		if err := k.handle.Engine().Emptied(ctx, k.cfg.Database); err != nil {
			return nil, errors.Join(err, rc.Close())
		}
	}
	return rc, nil
}

// realConn is a connection of the driver, with what we know about its state.
// It belongs to one virtual connection at a time, or to the pool.
type realConn struct {
	driver.Conn
	connector *connector
	stmts     stmtCache
	session   dialect.Session // as CheckSession found it
	looked    bool            // it did
	lookedAt  engine.Moment   // right before it last was
	// tx is a transaction that goes with the connection, while it is in its pool.
	tx *txState
	// unsure is true since something ran that may have changed the session unseen.
	unsure bool
	// sent counts the statements that were handed to the driver, and sentThen is what it
	// was when session was found: see uncounted.
	sent, sentThen uint64
	// spent is true where the program used the driver's connection itself and the session
	// is as it was: then it is closed when it comes back, see [connector.giveBack].
	spent  bool
	taint  dialect.Taint // all of taints
	why    string
	taints [origins]dialect.Taint
	whys   [origins]string
	closed bool

	// What the connection can do of what each query asks for; nil: it cannot.
	queryer   driver.QueryerContext
	resetter  driver.SessionResetter
	validator driver.Validator
}

// newRealConn finds out once what the connection can do at each query.
func newRealConn(dc driver.Conn, k *connector) *realConn {
	r := &realConn{Conn: dc, connector: k}
	r.queryer, _ = dc.(driver.QueryerContext)
	r.resetter, _ = dc.(driver.SessionResetter)
	r.validator, _ = dc.(driver.Validator)
	return r
}

func (r *realConn) capabilities() *capabilities {
	var c capabilities
	switch r.Conn.(type) {
	case driver.QueryerContext, driver.Queryer: //nolint:staticcheck // drivers still have it
		c.queryer = true
	}
	switch r.Conn.(type) {
	case driver.ExecerContext, driver.Execer: //nolint:staticcheck // drivers still have it
		c.execer = true
	}
	_, c.names = r.Conn.(driver.QueryerContext)
	_, c.checker = r.Conn.(driver.NamedValueChecker)
	return &c
}

// prepares asks the driver whether it leaves a text with arguments to a prepared
// statement. False also stands for not known: then results over one are kept by
// themselves.
func (r *realConn) prepares(ctx context.Context) bool {
	query := r.connector.txs.AtOnce
	if query == "" || r.queryer == nil {
		return false
	}
	rows, err := r.queryer.QueryContext(ctx, query, []driver.NamedValue{{Ordinal: 1, Value: int64(1)}})
	if err == nil {
		_ = rows.Close()
	}
	return errors.Is(err, driver.ErrSkip)
}

// Close implements driver.Conn.
func (r *realConn) Close() error {
	if !r.closed {
		r.connector.parking.open.Add(-1)
	}
	if !r.closed && r.taint&dialect.TaintReads != 0 {
		r.connector.state.tainted.Add(-1)
	}
	if !r.closed && r.looked {
		r.connector.state.settings.forget(r.session.Settings)
	}
	r.closed = true
	r.stmts.clear()
	return r.Conn.Close()
}

// ResetSession implements driver.SessionResetter for the inner pool.
func (r *realConn) ResetSession(ctx context.Context) error {
	if r.resetter != nil {
		return r.resetter.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator for the inner pool.
func (r *realConn) IsValid() bool {
	if r.validator != nil {
		return r.validator.IsValid()
	}
	return true
}

// prepare is what database/sql does to prepare a statement.
func (r *realConn) prepare(ctx context.Context, query string) (driver.Stmt, error) {
	if p, ok := r.Conn.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	s, err := r.Conn.Prepare(query)
	if err == nil && ctx.Err() != nil {
		_ = s.Close() // the program hears of its context
		return nil, ctx.Err()
	}
	return s, err
}

// query is what database/sql does to run a query on a connection. ErrSkip asks
// for the way over Prepare.
func (r *realConn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if r.queryer != nil {
		rows, err := r.queryer.QueryContext(ctx, query, args)
		r.count(err)
		return rows, err
	}
	q, ok := r.Conn.(driver.Queryer) //nolint:staticcheck // drivers still have it
	if !ok {
		return nil, driver.ErrSkip
	}
	values, err := unnamed(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := q.Query(query, values)
	r.count(err)
	return rows, err
}

// exec is what database/sql does to run a statement on a connection. ErrSkip
// asks for the way over Prepare.
func (r *realConn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if e, ok := r.Conn.(driver.ExecerContext); ok {
		res, err := e.ExecContext(ctx, query, args)
		r.count(err)
		return res, err
	}
	e, ok := r.Conn.(driver.Execer) //nolint:staticcheck // drivers still have it
	if !ok {
		return nil, driver.ErrSkip
	}
	values, err := unnamed(args)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	res, err := e.Exec(query, values)
	r.count(err)
	return res, err
}

// count counts a statement that the driver did not decline.
func (r *realConn) count(err error) {
	if !errors.Is(err, driver.ErrSkip) {
		r.sent++
	}
}

// skips reports whether the driver would leave a text with arguments to be prepared.
// To know it beforehand spares all that is done around a statement. What it does with one
// text tells nothing of others: it may be that it cannot write the arguments into that.
func (c *connector) skips(k *call) bool {
	if k.prepared || len(k.args) == 0 {
		return false
	}
	caps := c.state.caps.Load()
	return caps != nil && caps.prepares
}

// begin is what database/sql does to start a transaction.
func (r *realConn) begin(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	r.sent++
	if b, ok := r.Conn.(driver.ConnBeginTx); ok {
		return b.BeginTx(ctx, opts)
	}
	if opts.Isolation != driver.IsolationLevel(sql.LevelDefault) {
		return nil, errors.New("sql: driver does not support non-default isolation level")
	}
	if opts.ReadOnly {
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	tx, err := r.Conn.Begin() //nolint:staticcheck // drivers still have it
	if err == nil && ctx.Err() != nil {
		_ = tx.Rollback() // the program hears of its context
		return nil, ctx.Err()
	}
	return tx, err
}

// Query implements dialect.Queryer: a query of our own, over a prepared
// statement that the connection keeps.
func (r *realConn) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return r.collect(ctx, call{text: query, args: named}, -1)
}

// Once returns the connection for queries whose statements are not to be kept.
func (r *realConn) Once() dialect.Queryer { return onceConn{r} }

// onceConn is a connection for queries that are seldom repeated. What is kept
// prepared takes memory of the database's own connection: SQLite has little of it
// that is fast, and then takes microseconds more for each statement of the
// program.
type onceConn struct{ real *realConn }

// Query implements dialect.Queryer.
func (c onceConn) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	rows, err := c.real.Query(ctx, query, args...)
	_ = c.real.stmts.forget(query) // the query told what there is to tell
	return rows, err
}

// queryKept runs a query over a prepared statement that the connection keeps.
func (r *realConn) queryKept(ctx context.Context, k call) (driver.Rows, error) {
	s, err := r.stmts.take(ctx, r, k.text, k.since)
	if err != nil {
		return nil, err
	}
	if k.prepared {
		if err := s.checkCount(k.args); err != nil {
			r.stmts.put(s)
			return nil, err
		}
	}
	rows, err := s.query(ctx, k.args)
	if err != nil {
		s.discard()
		return nil, err
	}
	return &stmtRows{passRows: passRows{Rows: rows}, real: r, stmt: s}, nil
}

// collect runs a query of our own and returns its rows, at most limit if that
// is not negative.
func (r *realConn) collect(ctx context.Context, k call, limit int) (out [][]driver.Value, err error) {
	rows, err := r.send(ctx, k)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err = closed(rows, err); err != nil {
			out = nil
		}
	}()
	width := len(rows.Columns())
	for limit < 0 || len(out) < limit {
		row := make([]driver.Value, width)
		if err := rows.Next(row); err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok { // the driver may use its memory again
				row[i] = append([]byte{}, b...)
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// unnamed strips the ordinals for a driver without named parameters.
func unnamed(args []driver.NamedValue) ([]driver.Value, error) {
	if err := nameless(args); err != nil {
		return nil, err
	}
	values := make([]driver.Value, len(args))
	for i := range args {
		values[i] = args[i].Value
	}
	return values, nil
}

// nameless returns what database/sql says to named arguments where the driver's
// method takes none. A hit must say it too: the entry may come from a method of
// the driver that takes them.
func nameless(args []driver.NamedValue) error {
	for i := range args {
		if args[i].Name != "" {
			return errors.New("sql: driver does not support the use of Named Parameters")
		}
	}
	return nil
}

// checkArgs converts arguments as database/sql does with a driver that checks
// them itself.
func checkArgs(checker driver.NamedValueChecker, args []driver.NamedValue) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, 0, len(args))
	for _, nv := range args {
		nv.Ordinal = len(out) + 1
		err := checker.CheckNamedValue(&nv)
		if errors.Is(err, driver.ErrSkip) {
			nv.Value, err = driver.DefaultParameterConverter.ConvertValue(nv.Value)
		}
		switch {
		case err == nil:
			out = append(out, nv)
		case errors.Is(err, driver.ErrRemoveArgument):
		default:
			name := fmt.Sprintf("$%d", nv.Ordinal)
			if nv.Name != "" {
				name = fmt.Sprintf("with name %q", nv.Name)
			}
			return nil, fmt.Errorf("sql: converting argument %s type: %w", name, err)
		}
	}
	return out, nil
}
