package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// conn is a virtual connection: what database/sql takes for a connection. It
// borrows a real one for a miss, a write or a transaction, and keeps it as long
// as something on it depends on its having been the same one: until the end of
// a transaction, until streamed rows are closed, and after any statement but a
// plain read until database/sql puts the connection back into its pool.
//
// Like every driver.Conn it is used by one goroutine at a time.
type conn struct {
	connector *connector
	stripe    *engine.Stripe // where it counts its reads

	leased *leased   // keeps the real connection out of the pool
	real   *realConn // nil when none is held

	sticky    bool     // keep the real connection until IsValid
	tx        *txState // nil outside a transaction
	streaming int      // results on the real connection that are not closed
	closed    bool
	broken    bool // its real connection is in an unknown state
	judging   bool // the statement is looked at when it is done: see committing
	// unchecked is true when arguments were left as they are, see
	// CheckNamedValue.
	unchecked bool

	ahead []engine.Ahead // reads to make once the commit is over

	owns *connector // closed with the connection; nil for connections of a pool
}

// errClosed is returned by a connection that was closed.
var errClosed = errors.New("cacheops: the connection is closed")

// acquire borrows a real connection, unless one is held. It waits for the pool
// by the context.
func (c *conn) acquire(ctx context.Context) (*realConn, error) {
	if c.closed {
		return nil, errClosed
	}
	if c.broken {
		return nil, driver.ErrBadConn
	}
	if c.real != nil {
		return c.real, nil
	}
	l, err := c.connector.lease(ctx)
	if err != nil {
		return nil, err
	}
	c.leased, c.real = l, l.real
	c.tx, l.real.tx = l.real.tx, nil
	return c.real, nil
}

// asReal is the connection that realConnector made for the pool.
func asReal(dc any) (*realConn, error) {
	real, ok := dc.(*realConn)
	if !ok {
		return nil, ErrNotWrapped
	}
	return real, nil
}

// giveBack returns the real connection to its pool, or has it closed when the
// cause is driver.ErrBadConn.
func (c *conn) giveBack(cause error) {
	if c.real == nil {
		return
	}
	l := c.leased
	if c.tx != nil {
		if cause == nil {
			c.real.tx = c.tx // it goes with its connection
		} else {
			c.keptUnseen(context.Background())
		}
		c.tx = nil
	}
	c.leased, c.real, c.sticky = nil, nil, false
	c.connector.giveBack(l, cause)
}

// settle gives the real connection back if nothing asks to keep it.
func (c *conn) settle(err error) {
	if errors.Is(err, driver.ErrBadConn) && c.tx == nil && c.streaming == 0 {
		c.giveBack(err)
		return
	}
	if !c.sticky && c.tx == nil && c.streaming == 0 {
		c.giveBack(nil)
	}
}

// retry runs f with a real connection, again with another one when it was
// broken before f did anything. Each idle one may be, a new one is not.
func (c *conn) retry(ctx context.Context, f func(*realConn) error) error {
	more := 0 // how often it may be tried again
	if c.real == nil {
		more = c.connector.parking.unused()
	}
	for ; ; more-- {
		real, err := c.acquire(ctx)
		if err != nil {
			return err
		}
		if err = f(real); more <= 0 || !errors.Is(err, driver.ErrBadConn) || c.tx != nil || c.streaming > 0 {
			return err
		}
		c.giveBack(err)
	}
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// Close implements driver.Conn. A real connection that is still held is closed
// with it, as it would have been without the wrapper: database/sql asks IsValid
// of a connection that it means to keep, and did not ask.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.giveBack(driver.ErrBadConn)
	if c.owns != nil {
		return c.owns.Close()
	}
	return nil
}

// IsValid implements driver.Validator. database/sql calls it when it puts the
// connection back: the session is over, and with it the claim on the real
// connection, but for a transaction that a statement's text began.
func (c *conn) IsValid() bool {
	if c.closed || c.broken {
		return false
	}
	if c.real == nil {
		return true
	}
	if c.streaming == 0 && (c.tx == nil || c.real.stays()) {
		c.giveBack(nil)
		return true
	}
	return c.real.IsValid()
}

// ResetSession implements driver.SessionResetter. The real connections have
// theirs called by their own pool.
func (c *conn) ResetSession(context.Context) error { return nil }

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) (err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	err = c.retry(ctx, func(real *realConn) error {
		if p, ok := real.Conn.(driver.Pinger); ok {
			return p.Ping(ctx)
		}
		return nil
	})
	c.failed(err)
	c.settle(err)
	returned = true
	return err
}

// capabilities returns what the driver's connections can do, over a first
// connection if there was none yet.
func (c *conn) capabilities(ctx context.Context) (*capabilities, error) {
	if caps := c.connector.state.caps.Load(); caps != nil {
		return caps, nil
	}
	if _, err := c.acquire(ctx); err != nil {
		return nil, err
	}
	c.settle(nil)
	return c.connector.state.caps.Load(), nil
}

// CheckNamedValue implements driver.NamedValueChecker. Where the driver checks
// arguments itself they are left as they are until a real connection is at
// hand. The first arguments ever are left too: there was no connection yet to
// ask, and there is no context here to wait for one. So are those that may be
// for a prepared statement, which has its own say on them: where the driver's
// connections cannot run a text at once, database/sql asks us all the same.
func (c *conn) CheckNamedValue(*driver.NamedValue) error {
	caps := c.connector.state.caps.Load()
	if caps != nil && !caps.checker && caps.queryer && caps.execer {
		return driver.ErrSkip
	}
	c.unchecked = true
	return nil
}

// arguments finishes what CheckNamedValue left.
func (c *conn) arguments(ctx context.Context, caps *capabilities, k *call) (err error) {
	unchecked := c.unchecked
	c.unchecked = false
	switch {
	case caps.checker && len(k.args) == 0:
	case caps.checker:
		// As a real connection does it, so that keys and dependencies are worked
		// out from the values that the database will see. A hit does not wait for
		// one where it is known what that would do.
		if checker := c.connector.checker; checker != nil {
			args, err := checkArgs(checker, k.args)
			if !errors.Is(err, dialect.ErrAskConnection) {
				k.args = args
				return err
			}
		}
		err = c.retry(ctx, func(real *realConn) (err error) {
			k.args, err = c.convert(real, k.args)
			return err
		})
		c.settle(err)
	case unchecked:
		k.args, err = checkArgs(defaultChecker{}, k.args)
	}
	return err
}

// defaultChecker leaves every argument to the default conversion.
type defaultChecker struct{}

func (defaultChecker) CheckNamedValue(*driver.NamedValue) error { return driver.ErrSkip }

// convert applies the driver's own conversion of arguments, if it has one.
func (c *conn) convert(real *realConn, args []driver.NamedValue) ([]driver.NamedValue, error) {
	checker, ok := real.Conn.(driver.NamedValueChecker)
	if !ok {
		return args, nil
	}
	return checkArgs(checker, args)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	since := c.now()
	k := call{text: query, args: args}
	switch err = c.queryArguments(ctx, &k); {
	case err == nil:
		rows, err = c.query(ctx, k, since)
	case err != driver.ErrSkip: //nolint:errorlint // our own, as it is; it comes again over a prepared statement
		err = c.refused(ctx, query, since, err)
	}
	returned = true
	return rows, err
}

// queryArguments finishes the arguments of a query that is run at once.
func (c *conn) queryArguments(ctx context.Context, k *call) error {
	caps, err := c.capabilities(ctx)
	if err != nil {
		return err
	}
	if !caps.queryer {
		c.unchecked = false
		return driver.ErrSkip
	}
	if err := c.arguments(ctx, caps, k); err != nil {
		return err
	}
	if !caps.names {
		return nameless(k.args)
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	returned := false
	defer spoil(ctx, &returned, &err)
	res, err = c.execText(ctx, query, args)
	returned = true
	return res, err
}

// execText runs a text for its effect.
func (c *conn) execText(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if n := engine.NoticeFrom(ctx, query); n != nil {
		return c.take(ctx, n)
	}
	caps, err := c.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	if !caps.execer {
		c.unchecked = false
		return nil, driver.ErrSkip
	}
	k := call{text: query, args: args}
	if err := c.arguments(ctx, caps, &k); err != nil {
		return nil, err
	}
	if c.connector.skips(&k) {
		return nil, driver.ErrSkip
	}
	return c.exec(ctx, k)
}

// call is one statement to run.
type call struct {
	text string
	args []driver.NamedValue
	// prepared runs it over a prepared statement, as the program asked.
	prepared bool
	// since is when the program prepared it, as [connector.moment] counts.
	since uint64
	// kept runs a statement of ours over a prepared one in any case: it has
	// arguments of one that the program prepared, and drivers give those other types
	// than they write into a text.
	kept bool
	// atOnce runs a statement of ours as a text, where the driver runs texts with
	// arguments: it has those of a text of the program's.
	atOnce bool
	// answers is true when it may return rows although it is run for its effect.
	answers bool
	// option is true when an argument is no value of a parameter, but tells the
	// driver how to run the statement.
	option bool
}

// query runs a statement for its rows. Since is when the call began.
func (c *conn) query(ctx context.Context, k call, since engine.Moment) (driver.Rows, error) {
	p := c.planCall(ctx, &k)
	if (p.Statement.Kind != dialect.KindSelect || p.Write != nil) && c.connector.skips(&k) {
		return nil, driver.ErrSkip
	}
	if p.Statement.Kind != dialect.KindSelect {
		out, err := c.run(ctx, p, k, true)
		return told(ctx, out.rows, err)
	}
	if p.Write != nil || p.Statement.Taint != 0 || c.connector.txs.Concurrent && p.Catalog == nil && p.Statement.Foreign != "" {
		out, err := c.run(ctx, p, k, true)
		c.observe(ctx, p, &engine.Answer{Reason: writesToo(p), Err: err}, since)
		return out.rows, err
	}
	// With a connection in hand database/sql leaves it to the driver to look
	// at the context, and a hit does not get that far.
	if err := ctx.Err(); err != nil {
		return nil, c.refused(ctx, k.text, since, err)
	}
	return c.read(ctx, p, k, since)
}

// exec runs a statement for its effect.
func (c *conn) exec(ctx context.Context, k call) (driver.Result, error) {
	p := c.planCall(ctx, &k)
	k.answers = mayAnswer(p.Statement)
	out, err := c.run(ctx, p, k, false)
	return out.result, err
}

// mayAnswer reports whether a statement may return rows.
func mayAnswer(st *dialect.Statement) bool {
	switch {
	case bounds(st.Kind), st.Kind == dialect.KindUpdate && st.Update == nil:
		return false // of several tables
	case st.Insert != nil, st.Update != nil, st.Delete != nil:
		return returns(st)
	}
	return true
}

// plan analyses a text.
func (c *conn) plan(ctx context.Context, text string) *engine.Plan {
	c.ensureSchema(ctx)
	return c.connector.handle.Plan(text)
}

// ensureSchema reads the schema before the first plan. Where that fails plans
// say nothing, reads pass and writes invalidate everything, and the statement
// itself tells the program what is wrong. In a transaction it is too late: the
// schema seen there may never be committed.
func (c *conn) ensureSchema(ctx context.Context) {
	h := c.connector.handle
	if c.tx != nil || !h.SchemaStale() {
		return
	}
	if real, err := c.acquire(ctx); err == nil {
		err = c.checkSchema(ctx, real, nil)
		c.settle(err)
	}
}

// bareQuery runs a statement on a real connection without any regard to the
// cache.
func (c *conn) bareQuery(ctx context.Context, real *realConn, k call) (driver.Rows, error) {
	if !k.prepared {
		rows, err := real.query(ctx, k.text, k.args)
		if !c.skipped(k, err) {
			return rows, err
		}
		k.prepared = true
	}
	return real.queryKept(ctx, k)
}

// skipped reports whether a driver wants a statement with arguments to be prepared, as
// database/sql would do next. By then a transaction may have been begun for it, or a
// fence be up, so that it costs less to do so at once. The arguments were checked by
// the connection, which has the last word in drivers that others write with.
func (c *conn) skipped(k call, err error) bool {
	return c.connector.txs.Concurrent && len(k.args) > 0 && errors.Is(err, driver.ErrSkip) && nameless(k.args) == nil
}

// bareExec is bareQuery for a statement's effect.
func (c *conn) bareExec(ctx context.Context, real *realConn, k call) (driver.Result, error) {
	if !k.prepared {
		res, err := real.exec(ctx, k.text, k.args)
		if !c.skipped(k, err) {
			return res, err
		}
		k.prepared = true
	}
	s, err := real.stmts.take(ctx, real, k.text, k.since)
	once := k.answers && c.connector.txs.ExecOnce
	if err == nil && once && s.ran {
		s.discard()
		s, err = real.stmts.take(ctx, real, k.text, k.since)
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkCount(k.args); err != nil {
		real.stmts.put(s)
		return nil, err
	}
	done := false
	defer func() {
		if done && !once {
			real.stmts.put(s)
		} else { // also where the driver panics: it would keep its connection open
			s.discard()
		}
	}()
	res, err := s.exec(ctx, k.args)
	done = err == nil
	return res, err
}
