//go:build unix

package crash

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

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

// What is done to a writer's connection to a server, which the writer survives.
const (
	// ended is the end of its process at the server, at any moment.
	ended death = "its backend terminated at a random moment"
	// endedBeforeCommit is the same when the fence is there and the transaction is
	// open.
	endedBeforeCommit death = "its backend terminated between fence and commit"
	// cutBeforeCommit cuts the connection in place of the COMMIT.
	cutBeforeCommit death = "its connection cut before the server saw the commit"
	// cutAfterCommit cuts it behind the COMMIT, before the answer.
	cutAfterCommit death = "its connection cut before the answer to the commit"
)

// strikes is all of these.
var strikes = []death{ended, endedBeforeCommit, cutBeforeCommit, cutAfterCommit}

// errCut is what a driver hears of a connection that is cut here.
var errCut = errors.New("the connection was cut")

// points are the places at which a writer kills itself. They sit in its store, its
// connection to Redis and its connection to the database.
type points struct {
	// fenced is called before a commit of which nobody will hear.
	fenced func()
	// ended has the backend terminated, and returns when it was.
	ended func()

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
	if err := p.committing(); err != nil {
		return err
	}
	err := inner()
	if err == nil {
		p.committed()
	}
	return err
}

// committing is called right before a commit.
func (p *points) committing() error {
	switch {
	case p.is(beforeCommit):
		kill()
	case p.is(afterCommit, cutBeforeCommit, cutAfterCommit):
		p.fenced()
	case p.is(endedBeforeCommit):
		p.ended()
	}
	if p.is(cutBeforeCommit) {
		return errCut
	}
	return nil
}

// sent is called when a commit was sent to a server that has not answered yet.
func (p *points) sent() error {
	if p.is(cutAfterCommit) {
		return errCut
	}
	return nil
}

// committed is called when the database has committed.
func (p *points) committed() {
	if p.is(afterCommit) && p.holds() {
		kill()
	}
}

// pointedStore is the store with the places before fence and bump.
type pointedStore struct {
	redisStore
	points *points
}

func (s *pointedStore) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	s.points.mu.Lock()
	s.points.at = time.Now()
	s.points.mu.Unlock()
	if s.points.is(inFence) {
		s.points.arm()
	}
	return s.redisStore.Fence(ctx, c)
}

func (s *pointedStore) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if s.points.is(inBump, afterBump) && s.points.holds() {
		s.points.arm()
	}
	return s.redisStore.Bump(ctx, c, keep)
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
