//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
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
type T = testprocess.T

// Server is a PostgreSQL server, up or down. Its methods are safe for concurrent
// use, but it is for the test to order what must not cross, as a Kill and a Restart.
//
// A method that cannot do what it says fails the test that started the server. For
// a server of [Run] it returns the error.
type Server struct {
	owner testprocess.Owner
	bin   string
	user  *syscall.Credential
	port  *testprocess.Port
	dir   string
	next  atomic.Int64 // numbers the databases

	mu      sync.Mutex           // guards what follows
	process *testprocess.Process // nil while it is down
	closed  bool
}

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
	s.owner = testprocess.OwnedBy(t)
	s.owner.CloseWith("PostgreSQL on "+s.Addr(), s.logFile(), s.Close)
}

// Run starts a server and waits until it answers. It must be closed. It ends with
// this process in any case, but its folder stays then.
func Run(config Config) (*Server, error) {
	return testprocess.OnFreePort(func() (*Server, error) {
		s, err := newServer(config)
		if err != nil {
			return nil, err
		}
		if err := s.begin(config); err != nil {
			_ = s.Close() // the error that there is says more
			return nil, err
		}
		return s, nil
	})
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

func (s *Server) data() string             { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() testprocess.Log { return testprocess.Log(filepath.Join(s.dir, "log")) }

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

// launchOnce is one try of launch.
func (s *Server) launchOnce() error {
	program := testprocess.Program{
		What: "PostgreSQL on " + s.Addr(), Binary: filepath.Join(s.bin, "postgres"), Args: []string{"-D", s.data()},
		Credential: s.user, Log: s.logFile(),
		Ready: func(context.Context, int) error {
			_, err := s.SQL("postgres", "SELECT 1")
			return err
		},
	}
	p, err := program.Launch()
	if err != nil {
		return err
	}
	s.process = p
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.port.Addr() }

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
func (s *Server) Shutdown() error { return s.owner.Check(s.end(syscall.SIGINT)) }

// Abort asks the server to end without writing its data (SIGQUIT): it recovers when
// it is started again.
func (s *Server) Abort() error { return s.owner.Check(s.end(syscall.SIGQUIT)) }

func (s *Server) end(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.process.Signal(signal)
	if err := s.process.AwaitEnd("PostgreSQL on " + s.Addr()); err != nil {
		return err
	}
	s.process = nil
	return nil
}

// Pause stops all processes of the server (SIGSTOP): it keeps its connections and
// answers nothing until Resume.
func (s *Server) Pause() error { return s.owner.Check(s.halt(syscall.SIGSTOP)) }

// Resume lets a server go on that Pause has stopped (SIGCONT).
func (s *Server) Resume() error { return s.owner.Check(s.halt(syscall.SIGCONT)) }

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
		return s.owner.Check(fmt.Errorf("pgtest: PostgreSQL on %s is closed", s.Addr()))
	case s.process != nil && !s.process.Ended():
		return s.owner.Check(fmt.Errorf("pgtest: PostgreSQL on %s is up: kill it or shut it down, then restart it", s.Addr()))
	}
	return s.owner.Check(s.launch())
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
