//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// T is what a test gives to the servers it starts: a testing.TB, or a *rapid.T.
// The package does not import testing, because a program can use it too.
type T interface {
	Helper()
	Cleanup(f func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Server is a PostgreSQL server, up or down. Its methods are safe for concurrent
// use, but it is for the test to order what must not cross, as a Kill and a Restart.
//
// A method that cannot do what it says fails the test that started the server. For
// a server of [Run] it returns the error.
type Server struct {
	t    T // nil for a server of Run
	bin  string
	user *syscall.Credential
	port *testprocess.Port
	dir  string
	next atomic.Int64 // numbers the databases

	mu      sync.Mutex           // guards what follows
	process *testprocess.Process // nil while it is down
	closed  bool
}

// errInUse is a port that another process took between our look and the
// server's.
var errInUse = errors.New("the port is in use")

// Start starts a server and waits until it answers. It is killed when the test
// ends, and its log is shown if the test has failed. Where there is no PostgreSQL the
// test fails.
func Start(t T, options ...Option) *Server {
	t.Helper()
	var config Config
	for _, option := range options {
		option(&config)
	}
	s, err := Run(config)
	if err != nil {
		t.Fatalf("%v", err)
	}
	s.owned(t)
	return s
}

// owned makes the server one of a test.
func (s *Server) owned(t T) {
	s.t = t
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last lines of the log of PostgreSQL on %s, in %s:\n%s", s.Addr(), s.dir, s.log())
		}
		_ = s.Close() // the folder for temporary files is cleaned by the system too
	})
}

// Run starts a server and waits until it answers. It must be closed. It ends with
// this process in any case, but its folder stays then.
func Run(config Config) (*Server, error) {
	for try := 1; ; try++ {
		s, err := newServer(config)
		if err == nil {
			err = s.begin(config)
		}
		if err == nil {
			return s, nil
		}
		if s != nil {
			_ = s.Close() // the error that there is says more
		}
		if try == 10 || !errors.Is(err, errInUse) {
			return nil, err
		}
	}
}

// newServer has a folder and a port, and no data yet.
func newServer(config Config) (*Server, error) {
	s := &Server{bin: binaries()}
	if s.bin == "" {
		return nil, errors.New("pgtest: " + missing)
	}
	var err error
	if s.user, err = runAs(); err != nil {
		return nil, fmt.Errorf("pgtest: find a user to run PostgreSQL as: %w", err)
	}
	if s.port, err = testprocess.Reserve(false); err != nil {
		return nil, err
	}
	if config.OnDisk {
		s.dir, err = os.MkdirTemp("", "postgres-")
	} else {
		s.dir, err = testprocess.Folder("postgres-")
	}
	if err == nil && s.user != nil {
		err = os.Chown(s.dir, int(s.user.Uid), int(s.user.Gid))
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	return s, nil
}

// begin makes the data of a new server and starts it.
func (s *Server) begin(config Config) error {
	// Texts compare as in most databases that are made today, and ICU's
	// collations are there where PostgreSQL was built with them.
	if err := s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"); err != nil {
		return err
	}
	return s.configure(config)
}

// configure writes the settings and starts the server.
func (s *Server) configure(config Config) error {
	lines := append(append([]string{}, usual...), "port = "+strconv.Itoa(s.port.Number))
	text := strings.Join(append(lines, config.Settings...), "\n") + "\n"
	// Behind what initdb wrote, and what a primary had.
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if _, err = f.WriteString(text); err != nil {
		_ = f.Close()
		return fmt.Errorf("pgtest: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.launch()
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// launch starts the program and waits until it answers. s.mu is held.
func (s *Server) launch() error {
	return testprocess.Await("PostgreSQL on "+s.Addr()+" to start", func(ctx context.Context) error {
		err := s.launchOnce()
		if err == nil || strings.Contains(err.Error(), "pre-existing shared memory block") || strings.Contains(err.Error(), "lock file \"postmaster.pid\"") {
			return err // what is left of the process that was killed is about to end
		}
		return testprocess.FatalError{Err: err}
	})
}

func (s *Server) launchOnce() error {
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer func() { _ = log.Close() }() // the program has its own
	from, err := log.Stat()
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	p, err := testprocess.Spawn(log, s.user, filepath.Join(s.bin, "postgres"), "-D", s.data())
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	err = testprocess.Await("PostgreSQL on "+s.Addr()+" to be ready", func(context.Context) error {
		if p.Ended() {
			return testprocess.FatalError{Err: s.whyEnded(from.Size())}
		}
		_, err := s.SQL("postgres", "SELECT 1")
		return err
	})
	if err != nil {
		p.Kill()
		return err
	}
	s.process = p
	return nil
}

// whyEnded tells from the log, from an offset on, why the program ended.
func (s *Server) whyEnded(from int64) error {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err
	}
	text = text[min(from, int64(len(text))):]
	err = fmt.Errorf("it ended:\n%s", text)
	if strings.Contains(string(text), "Address already in use") {
		err = fmt.Errorf("%w: %w", errInUse, err)
	}
	return err
}

// log returns the last lines of the log.
func (s *Server) log() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	const enough = 8000
	return string(text[max(0, len(text)-enough):])
}

// check fails the test for an error, and returns it.
func (s *Server) check(err error) error {
	if err != nil && s.t != nil {
		s.t.Helper()
		s.t.Fatalf("%v", err)
	}
	return err
}

// Addr is host:port.
func (s *Server) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port.Number))
}

// DSN names a database of the server, for the superuser postgres, who needs no
// password.
func (s *Server) DSN(database string) string {
	return "postgres://postgres@" + s.Addr() + "/" + database + "?sslmode=disable"
}

// Dir is the folder of the server, with its data and its log. It is removed when
// the server is closed.
func (s *Server) Dir() string { return s.dir }

// Kill ends the server at once (SIGKILL) as a crash would, and waits until all of
// it has ended. Where it is down there is nothing to do.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill()
	return nil
}

// kill ends the server and those of its processes that would look on. s.mu is held.
func (s *Server) kill() {
	if s.process == nil {
		return
	}
	children := s.children()
	s.process.Kill()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended just now
	}
	s.process = nil
}

// Shutdown asks the server to end and waits until it has: fast (SIGINT), with the
// transactions that are open rolled back, and all data written.
func (s *Server) Shutdown() error { return s.check(s.end(syscall.SIGINT)) }

// Abort asks the server to end without writing its data (SIGQUIT): it recovers when
// it is started again.
func (s *Server) Abort() error { return s.check(s.end(syscall.SIGQUIT)) }

func (s *Server) end(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.process.Signal(signal)
	limit := time.NewTimer(testprocess.Patience)
	defer limit.Stop()
	select {
	case <-s.process.Done():
		s.process = nil
		return nil
	case <-limit.C:
		return fmt.Errorf("pgtest: waited %v in vain for PostgreSQL on %s to shut down", testprocess.Patience, s.Addr())
	}
}

// Pause stops all processes of the server (SIGSTOP): it keeps its connections and
// answers nothing until Resume.
func (s *Server) Pause() error { return s.check(s.halt(syscall.SIGSTOP)) }

// Resume lets a server go on that Pause has stopped (SIGCONT).
func (s *Server) Resume() error { return s.check(s.halt(syscall.SIGCONT)) }

func (s *Server) halt(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.Ended() {
		return fmt.Errorf("pgtest: PostgreSQL on %s is down, so it cannot be paused or resumed", s.Addr())
	}
	s.process.Signal(signal) // first, so that it makes no more processes
	for _, pid := range s.children() {
		_ = syscall.Kill(pid, signal) // it may have ended just now
	}
	return nil
}

// Restart starts a server that is down again, on the same port, with its data, and
// waits until it answers.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return s.check(fmt.Errorf("pgtest: PostgreSQL on %s is closed", s.Addr()))
	case s.process != nil && !s.process.Ended():
		return s.check(fmt.Errorf("pgtest: PostgreSQL on %s is up: kill it or shut it down, then restart it", s.Addr()))
	}
	return s.check(s.launch())
}

// Close kills the server and removes its folder. A second Close does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.kill()
	if s.port != nil {
		s.port.Release()
	}
	if s.dir == "" {
		return nil
	}
	// What is left of a server that was killed may write while it ends.
	var err error
	for range 100 {
		if err = os.RemoveAll(s.dir); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // nobody tells when a file is gone
	}
	return fmt.Errorf("pgtest: %w", err)
}
