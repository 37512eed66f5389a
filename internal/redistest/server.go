//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// T is what a test gives to the servers it starts: a testing.TB, or a *rapid.T.
type T = testprocess.T

// Server is a Redis server, up or down. Its methods are safe for concurrent use,
// but it is for the test to order what must not cross, as a Kill and a Restart.
//
// A method that cannot do what it says fails the test that started the server. For
// a server of [Run] it returns the error.
type Server struct {
	config Config
	owner  testprocess.Owner
	port   *testprocess.Port
	dir    string

	mu      sync.Mutex           // guards what follows
	process *testprocess.Process // nil while it is down
	paused  bool
	closed  bool
}

// Start starts a server and waits until it answers. It is killed when the test
// ends, and its log is shown if the test has failed. Where there is no Redis the test
// fails.
func Start(t T, options ...Option) *Server {
	t.Helper()
	return start(t, Config{}.apply(options))
}

func start(t T, config Config) *Server {
	t.Helper()
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
	s.owner.CloseWith("Redis on "+s.Addr(), s.logFile(), s.Close)
}

// Run starts a server and waits until it answers. It must be closed. It ends with
// this process in any case, but its folder stays then.
func Run(config Config) (*Server, error) {
	if config.binary() == "" {
		if config.Binary != "" {
			return nil, fmt.Errorf("redistest: there is no program %s", config.Binary)
		}
		return nil, errors.New("redistest: " + missing)
	}
	return testprocess.OnFreePort(func() (*Server, error) { return run(config) })
}

func run(config Config) (_ *Server, err error) {
	s := &Server{config: config}
	defer func() {
		if err != nil {
			_ = s.Close() // the error that there is says more
		}
	}()
	if s.port, err = testprocess.Reserve(config.cluster); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "redis-"); err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	// The path of a socket has a limit of about a hundred bytes.
	if config.UnixSocket && len(s.socket()) > 100 {
		os.RemoveAll(s.dir)
		if s.dir, err = os.MkdirTemp("/tmp", "redis-"); err != nil {
			return nil, fmt.Errorf("redistest: %w", err)
		}
	}
	settings, err := s.settings()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.configFile(), []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.launch(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) configFile() string { return filepath.Join(s.dir, "redis.conf") }
func (s *Server) socket() string     { return filepath.Join(s.dir, "redis.sock") }

func (s *Server) logFile() testprocess.Log {
	return testprocess.Log(filepath.Join(s.dir, "redis.log"))
}

// settings are the lines of redis.conf.
func (s *Server) settings() ([]string, error) {
	c, number := s.config, strconv.Itoa(s.port.Number)
	lines := []string{"bind 127.0.0.1", "dir " + s.dir, "daemonize no"}
	if !c.sentinel {
		lines = append(lines, "repl-diskless-sync-delay 0") // a replica need not wait for others
	}
	if !c.TLS {
		lines = append(lines, "port "+number)
	} else {
		cert, err := issued()
		if err != nil {
			return nil, err
		}
		written, err := cert.write(s.dir)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, "port 0", "tls-port "+number), written...)
		if c.cluster {
			lines = append(lines, "tls-cluster yes")
		}
	}
	if c.UnixSocket {
		lines = append(lines, "unixsocket "+s.socket())
	}
	if c.Password != "" {
		// masterauth is for the day it becomes a replica.
		lines = append(lines, "requirepass "+strconv.Quote(c.Password), "masterauth "+strconv.Quote(c.Password))
	}
	return append(lines, c.Settings...), nil
}

// launch starts the program and waits until it answers. s.mu is held.
func (s *Server) launch() error {
	args := []string{s.configFile()}
	if s.config.sentinel {
		args = append(args, "--sentinel")
	}
	program := testprocess.Program{
		What: "Redis on " + s.Addr(), Binary: s.config.binary(), Args: args, Log: s.logFile(), Ready: s.ready,
	}
	p, err := program.Launch()
	if err != nil {
		return err
	}
	s.process, s.paused = p, false
	return nil
}

// ready is nil once the process answers and has read its data.
func (s *Server) ready(ctx context.Context, pid int) error {
	server, err := s.info(ctx, "server")
	if err != nil {
		return err
	}
	if server["process_id"] != strconv.Itoa(pid) {
		return fmt.Errorf("process %s answers, not %d", server["process_id"], pid)
	}
	persistence, err := s.info(ctx, "persistence")
	if err != nil {
		return err
	}
	if persistence["loading"] == "1" {
		return errors.New("it is reading its data")
	}
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.port.Addr() }

// URL names the server with its password: redis://, rediss:// with TLS, or
// unix:// with a Unix socket.
func (s *Server) URL() string {
	if !s.config.UnixSocket {
		return s.tcpURL()
	}
	return (&url.URL{Scheme: "unix", Path: s.socket(), User: s.user()}).String()
}

// tcpURL names the server by its port.
func (s *Server) tcpURL() string {
	scheme := "redis"
	if s.config.TLS {
		scheme = "rediss"
	}
	return (&url.URL{Scheme: scheme, Host: s.Addr(), User: s.user()}).String()
}

// user is the password as URLs have it, with the name of the default user left
// out.
func (s *Server) user() *url.Userinfo {
	if s.config.Password == "" {
		return nil
	}
	return url.UserPassword("", s.config.Password)
}

// Dir is the folder of the server, with its data, redis.conf and redis.log. It is
// removed when the server is closed.
func (s *Server) Dir() string { return s.dir }

// Pid is the number of the server's process, or 0 while it is down.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Pid()
}

// answering reports whether the server is up and not paused.
func (s *Server) answering() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil && !s.process.Ended() && !s.paused
}

// Kill ends the server at once (SIGKILL), and waits until it has ended. Where it
// is down there is nothing to do.
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
		s.process, s.paused = nil, false
	}
}

// Shutdown asks the server to end (SIGTERM), and waits until it has. It saves its
// data before, unless its settings say otherwise.
func (s *Server) Shutdown() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	s.process.Signal(syscall.SIGTERM)
	s.process.Signal(syscall.SIGCONT) // one that is paused would not notice
	if err := s.process.AwaitEnd("Redis on " + s.Addr()); err != nil {
		return s.owner.Check(err)
	}
	s.process, s.paused = nil, false
	return nil
}

// Pause stops the server (SIGSTOP), and returns once it has stopped: it keeps its
// connections and takes new ones, but answers nothing until Resume.
func (s *Server) Pause() error {
	return s.owner.Check(s.halt(syscall.SIGSTOP, true))
}

// Resume lets a server go on that Pause has stopped (SIGCONT).
func (s *Server) Resume() error {
	return s.owner.Check(s.halt(syscall.SIGCONT, false))
}

func (s *Server) halt(signal syscall.Signal, paused bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.Ended() {
		return fmt.Errorf("redistest: Redis on %s is down, so it cannot be paused or resumed", s.Addr())
	}
	s.process.Signal(signal)
	s.paused = paused
	what := "Redis on " + s.Addr() + " to go on"
	if paused {
		what = "Redis on " + s.Addr() + " to stop"
	}
	return testprocess.Await(what, func(context.Context) error {
		if now := testprocess.State(s.process.Pid()); (now == "T") != paused {
			return fmt.Errorf("its state is %q", now)
		}
		return nil
	})
}

// Restart starts a server that is down again, on the same port, with the same
// folder, its data, and redis.conf as it is by now, and waits until it answers.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return s.owner.Check(fmt.Errorf("redistest: Redis on %s is closed", s.Addr()))
	case s.process != nil && !s.process.Ended():
		return s.owner.Check(fmt.Errorf("redistest: Redis on %s is up: kill it or shut it down, then restart it", s.Addr()))
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
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}
