//go:build unix

package crash

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// death is how a writer is killed.
type death string

const (
	// anywhere is a kill by the parent, at any moment.
	anywhere death = "at a random moment"
	// inFence comes while the fence is sent, or right after: before its answer.
	inFence death = "in the fence"
	// beforeCommit comes when the fence is there and the transaction is open.
	beforeCommit death = "between fence and commit"
	// afterCommit comes when the database has committed, before the bump.
	afterCommit death = "between commit and bump"
	// inBump comes while the bump is sent, of which Redis gets a part.
	inBump death = "in the bump"
	// afterBump comes when the bump was sent, before its answer.
	afterBump death = "after the bump was sent"
)

// deaths is all of them.
var deaths = []death{anywhere, inFence, beforeCommit, afterCommit, inBump, afterBump}

// points are the places at which a writer kills itself. They sit in its store, its
// connection to Redis and its connection to the database.
type points struct {
	// fenced is called when a death after the commit is due, before the commit.
	fenced func()

	mu   sync.Mutex // guards what follows
	due  death
	part float64 // of what is sent to Redis, before the end
	wire bool    // the next that is sent is the last
	// at is when the fence was asked for.
	at time.Time
}

// die sets how the next write ends.
func (p *points) die(how death, part float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due, p.part = how, part
}

func (p *points) is(how ...death) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(how, p.due)
}

// holds reports whether the fence has some life left. A death after its end, on a
// machine that let the writer wait so long, leaves what no fence keeps readers from:
// that is not promised, so nobody dies of it here.
func (p *points) holds() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.at) < fenceTTL*3/4
}

// arm has the next that is sent to Redis be the last.
func (p *points) arm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wire = true
}

// kill ends the process at once: nothing runs after it, no defer and no other
// goroutine.
func kill() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// commit runs a commit of the database.
func (p *points) commit(inner func() error) error {
	if p.is(beforeCommit) {
		kill()
	}
	last := p.is(afterCommit)
	if last {
		p.fenced()
	}
	err := inner()
	if last && err == nil && p.holds() {
		kill()
	}
	return err
}

// pointedStore is the store with the places before fence and bump.
type pointedStore struct {
	*rueidisstore.Store
	points *points
}

func (s *pointedStore) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	s.points.mu.Lock()
	s.points.at = time.Now()
	s.points.mu.Unlock()
	if s.points.is(inFence) {
		s.points.arm()
	}
	return s.Store.Fence(ctx, c)
}

func (s *pointedStore) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if s.points.is(inBump, afterBump) && s.points.holds() {
		s.points.arm()
	}
	return s.Store.Bump(ctx, c, keep)
}

// dial connects to Redis.
func (p *points) dial(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &pointedWire{Conn: c, points: p}, nil
}

// pointedWire is a connection to Redis.
type pointedWire struct {
	net.Conn
	points *points
}

func (w *pointedWire) Write(b []byte) (int, error) {
	w.points.mu.Lock()
	last, part := w.points.wire, w.points.part
	w.points.mu.Unlock()
	if last {
		// What is written is on its way, whatever becomes of us.
		_, _ = w.Conn.Write(b[:int(part*float64(len(b)))])
		kill()
	}
	return w.Conn.Write(b)
}

// pointedConnector opens connections to the database. Readers and the parent use
// it too, with no points, since the type of a connection is part of what entries
// are told apart by.
type pointedConnector struct {
	inner  driver.Driver
	dsn    string
	points *points
}

func (c *pointedConnector) Driver() driver.Driver { return c.inner }

func (c *pointedConnector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.inner.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &pointedConn{inner.(sqliteConn), c.points}, nil
}

// sqliteStmt is what its statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type pointedConn struct {
	sqliteConn
	points *points
}

func (c *pointedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (result driver.Result, err error) {
	if text != "COMMIT" || c.points == nil {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	err = c.points.commit(func() error {
		result, err = c.sqliteConn.ExecContext(ctx, text, args)
		return err
	})
	return result, err
}

func (c *pointedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil || text != "COMMIT" || c.points == nil {
		return stmt, err
	}
	return &pointedCommit{stmt.(sqliteStmt), c.points}, nil
}

// pointedCommit is a COMMIT that was prepared.
type pointedCommit struct {
	sqliteStmt
	points *points
}

func (s *pointedCommit) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.points.commit(func() error {
		result, err = s.sqliteStmt.ExecContext(ctx, args)
		return err
	})
	return result, err
}

func (c *pointedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqliteConn.BeginTx(ctx, options)
	if err != nil || c.points == nil {
		return tx, err
	}
	return &pointedTx{tx, c.points}, nil
}

type pointedTx struct {
	driver.Tx
	points *points
}

func (t *pointedTx) Commit() error { return t.points.commit(t.Tx.Commit) }
