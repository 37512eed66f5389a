//go:build unix

package mysqltest

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

	"github.com/cacheops/cacheops/internal/testprocess"
)

// T is what a test gives to the servers it starts: a testing.TB, or a *rapid.T.
type T = testprocess.T

// Server is a MariaDB server, up or down. Its methods are safe for concurrent use, but
// it is for the test to order what must not cross, as a Kill and a Restart.
//
// A method that cannot do what it says fails the test that started the server. For
// a server of [Run] it returns the error.
type Server struct {
	owner    testprocess.Owner
	bin      binaries
	user     *syscall.Credential
	port     *testprocess.Port
	dir      string
	settings []string
	next     atomic.Int64 // numbers the databases

	mu      sync.Mutex           // guards what follows
	process *testprocess.Process // nil while it is down
	closed  bool
}

// Start starts a server and waits until it answers. It is killed when the test
// ends, and its log is shown if the test has failed. Where there is no MariaDB the
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
	s.owner = testprocess.OwnedBy(t)
	s.owner.CloseWith("MariaDB on "+s.Addr(), s.logFile(), s.Close)
	return s
}

// Run starts a server and waits until it answers. It must be closed. It ends with
// this process in any case, but its folder stays then.
func Run(config Config) (*Server, error) {
	return testprocess.OnFreePort(func() (*Server, error) {
		s, err := newServer(config)
		if err != nil {
			return nil, err
		}
		if err := s.begin(); err != nil {
			_ = s.Close() // the error that there is says more
			return nil, err
		}
		return s, nil
	})
}

// newServer has a folder and a port, and no data yet.
func newServer(config Config) (*Server, error) {
	s := &Server{settings: config.Settings}
	var ok bool
	if s.bin, ok = find(); !ok {
		return nil, errors.New("mysqltest: " + missing)
	}
	var err error
	if s.user, err = runAs(); err != nil {
		return nil, fmt.Errorf("mysqltest: find a user to run MariaDB as: %w", err)
	}
	if s.port, err = testprocess.Reserve(false); err != nil {
		return nil, err
	}
	if config.OnDisk {
		s.dir, err = os.MkdirTemp("", "mariadb-")
	} else {
		s.dir, err = testprocess.Folder("mariadb-")
	}
	if err == nil && s.user != nil {
		err = os.Chown(s.dir, int(s.user.Uid), int(s.user.Gid))
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("mysqltest: %w", err)
	}
	return s, nil
}

// begin makes the data of a new server and starts it.
func (s *Server) begin() error {
	if err := s.install(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.launch()
}

func (s *Server) data() string             { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() testprocess.Log { return testprocess.Log(filepath.Join(s.dir, "log")) }

// launch starts the program and waits until it answers. s.mu is held.
func (s *Server) launch() error {
	return testprocess.Await("MariaDB on "+s.Addr()+" to start", func(context.Context) error {
		err := s.launchOnce()
		if err == nil || strings.Contains(err.Error(), "Unable to lock") || strings.Contains(err.Error(), "Can't lock aria control file") {
			return err // what is left of the process that was killed is about to end
		}
		return testprocess.FatalError{Err: err}
	})
}

// launchOnce is one try of launch.
func (s *Server) launchOnce() error {
	args := []string{
		"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.dir, "--socket=" + filepath.Join(s.dir, "socket"),
		"--pid-file=" + filepath.Join(s.dir, "pid"), "--port=" + strconv.Itoa(s.port.Number),
	}
	for _, list := range [][]string{initial, usual, s.settings} {
		args = append(args, options(list)...)
	}
	program := testprocess.Program{
		What: "MariaDB on " + s.Addr(), Binary: s.bin.server, Args: args, Credential: s.user, Log: s.logFile(),
		Ready: func(context.Context, int) error {
			_, err := s.SQL("", "SELECT 1")
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

// DSN names a database of the server, for the driver go-sql-driver/mysql and the user
// root, who needs no password. Options are added to it behind a question mark.
func (s *Server) DSN(database string) string { return "root@tcp(" + s.Addr() + ")/" + database }

// Dir is the folder of the server, with its data and its log. It is removed when
// the server is closed.
func (s *Server) Dir() string { return s.dir }

// Kill ends the server at once (SIGKILL) as a crash would, and waits until it has
// ended. Where it is down there is nothing to do.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill()
	return nil
}

// kill ends the server. s.mu is held.
func (s *Server) kill() {
	if s.process != nil {
		s.process.Kill()
		s.process = nil
	}
}

// Shutdown asks the server to end and waits until it has (SIGTERM), with the
// transactions that are open rolled back, and all data written.
func (s *Server) Shutdown() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.process.Signal(syscall.SIGTERM)
	if err := s.process.AwaitEnd("MariaDB on " + s.Addr()); err != nil {
		return s.owner.Check(err)
	}
	s.process = nil
	return nil
}

// Pause stops the server (SIGSTOP): it keeps its connections and answers nothing until
// Resume.
func (s *Server) Pause() error { return s.owner.Check(s.halt(syscall.SIGSTOP)) }

// Resume lets a server go on that Pause has stopped (SIGCONT).
func (s *Server) Resume() error { return s.owner.Check(s.halt(syscall.SIGCONT)) }

func (s *Server) halt(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.Ended() {
		return fmt.Errorf("mysqltest: MariaDB on %s is down, so it cannot be paused or resumed", s.Addr())
	}
	s.process.Signal(signal)
	return nil
}

// Restart starts a server that is down again, on the same port, with its data, and
// waits until it answers.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return s.owner.Check(fmt.Errorf("mysqltest: MariaDB on %s is closed", s.Addr()))
	case s.process != nil && !s.process.Ended():
		return s.owner.Check(fmt.Errorf("mysqltest: MariaDB on %s is up: kill it or shut it down, then restart it", s.Addr()))
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
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("mysqltest: %w", err)
	}
	return nil
}
