//go:build unix

package redistest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

func TestServerKeepsWhatItSaved(t *testing.T) {
	t.Parallel()
	s := Start(t)
	do(t, s, "OK", "SET", "k", "1")
	addr, pid := s.Addr(), s.Pid()
	s.Shutdown()
	if s.Pid() != 0 {
		t.Error("it has a process while it is down")
	}
	if _, err := s.Do("PING"); err == nil {
		t.Error("it answers while it is down")
	}
	s.Restart()
	if s.Addr() != addr || s.Pid() == pid || s.Pid() == 0 {
		t.Errorf("it was %s with the process %d, and is %s with %d", addr, pid, s.Addr(), s.Pid())
	}
	do(t, s, "1", "GET", "k")

	old := s.CopyDump()
	do(t, s, "OK", "SET", "k", "2")
	s.Save()
	s.Kill()
	s.Restart()
	do(t, s, "2", "GET", "k")

	s.Kill()
	s.PutDump(old)
	s.Restart()
	do(t, s, "1", "GET", "k")

	s.Kill()
	s.Wipe()
	s.Restart()
	do(t, s, "0", "DBSIZE")
	if dump := s.CopyDump(); dump != nil {
		t.Errorf("a dump of %d bytes is left", len(dump))
	}
}

func TestServerLosesWhatItDidNotSave(t *testing.T) {
	t.Parallel()
	s := Start(t, WithSettings("save ''"))
	for _, stop := range []func() error{s.Kill, s.Shutdown} {
		do(t, s, "OK", "SET", "k", "1")
		stop()
		s.Restart()
		do(t, s, "", "GET", "k")
	}
}

func TestServerKeepsAnAppendOnlyFile(t *testing.T) {
	t.Parallel()
	s := Start(t, WithSettings("save ''", "appendonly yes", "appendfsync always"))
	do(t, s, "OK", "SET", "k", "1")
	s.Kill()
	s.Restart()
	do(t, s, "1", "GET", "k")
	s.Kill()
	s.Wipe()
	s.Restart()
	do(t, s, "", "GET", "k")
}

func TestServerPauses(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if answer, err := s.do(ctx, "PING"); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it answered %q, %v while it was paused", answer, err)
	}
	s.Resume()
	do(t, s, "PONG", "PING")

	s.Pause()
	s.Shutdown() // it is told to go on, so that it notices
	s.Restart()
	s.Pause()
	s.Kill()
	s.Restart()
	do(t, s, "PONG", "PING")
}

func TestServerAnswers(t *testing.T) {
	t.Parallel()
	s := Start(t, WithPassword(`a "b" c`), WithSettings("maxmemory 10mb"))
	do(t, s, "2", "RPUSH", "k", "a\r\nb", "\x00c")
	if got := must[[]string](t)(s.List("LRANGE", "k", "0", "-1")); !slices.Equal(got, []string{"a\r\nb", "\x00c"}) {
		t.Errorf("the list is %q", got)
	}
	do(t, s, "OK\nWRONGTYPE Operation against a key holding the wrong kind of value\n",
		"EVAL", "return {{ok='OK'}, redis.pcall('GET', 'k'), false}", "0")
	_, err := s.Do("GET", "k")
	if answered := Error(""); !errors.As(err, &answered) || !strings.HasPrefix(string(answered), "WRONGTYPE") {
		t.Errorf("GET of a list: %v", err)
	}
	if got := s.Info("memory")["maxmemory"]; got != "10485760" {
		t.Errorf("maxmemory is %s", got)
	}
	s.config.Password = "wrong"
	if _, err := s.Do("PING"); err == nil {
		t.Error("a wrong password was taken")
	}
}

func TestServerURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options []Option
		want    func(s *Server) url.URL
	}{
		{"plain", nil, func(s *Server) url.URL { return url.URL{Scheme: "redis", Host: s.Addr()} }},
		{"TLS", []Option{WithTLS(), WithPassword("p@/ss")}, func(s *Server) url.URL {
			return url.URL{Scheme: "rediss", Host: s.Addr(), User: url.UserPassword("", "p@/ss")}
		}},
		{"Unix", []Option{WithUnixSocket(), WithPassword("p")}, func(s *Server) url.URL {
			return url.URL{Scheme: "unix", Path: s.Dir() + "/redis.sock", User: url.UserPassword("", "p")}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, test.options...)
			got := must[*url.URL](t)(url.Parse(s.URL()))
			if want := test.want(s); got.Scheme != want.Scheme || got.Host != want.Host || got.Path != want.Path || got.User.String() != want.User.String() {
				t.Errorf("the URL is %v, want %v", got, &want)
			}
			do(t, s, "PONG", "PING")
			if got.Scheme != "unix" {
				return
			}
			conn := must[net.Conn](t)(net.Dial("unix", got.Path))
			defer conn.Close()
			conn.Write([]byte("AUTH p\r\n"))
			answer := make([]byte, 5)
			if _, err := conn.Read(answer); err != nil || string(answer) != "+OK\r\n" {
				t.Errorf("the socket answered %q, %v", answer, err)
			}
		})
	}
}

func TestServerTakesTLSAlone(t *testing.T) {
	t.Parallel()
	s := Start(t, WithTLS())
	stranger := s.TLSConfig()
	stranger.RootCAs = nil
	if conn, err := tls.Dial("tcp", s.Addr(), stranger); err == nil {
		conn.Close()
		t.Error("a client that does not know the certificate trusts it")
	}
	plain := &Server{config: Config{}, port: s.port}
	if _, err := plain.Do("PING"); err == nil {
		t.Error("it answers without TLS")
	}
	if plain.TLSConfig() != nil {
		t.Error("a server without TLS has a configuration for it")
	}
}

// TestRun uses servers as a program does.
func TestRun(t *testing.T) {
	t.Parallel()
	s := must[*Server](t)(Run(Config{}))
	defer s.Close()
	for what, err := range map[string]error{
		"restart": s.Restart(), "wipe": s.Wipe(), "put a dump": s.PutDump(nil),
	} {
		if err == nil {
			t.Errorf("could %s while it is up", what)
		}
	}
	s.Kill()
	for what, err := range map[string]error{"pause": s.Pause(), "save": s.Save()} {
		if err == nil {
			t.Errorf("could %s while it is down", what)
		}
	}
	if info := s.Info("server"); info != nil {
		t.Errorf("a server that is down says %v", info)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Restart(); err == nil {
		t.Error("restarted after Close")
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]Config{
		"no-such-setting":             {Settings: []string{"no-such-setting 1"}},
		"there is no program no-such": {Binary: "no-such"},
	} {
		s, err := Run(config)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// TestPortsAreTakenOnce shows that a port whose server is down stays its own, and
// that a server finds another where its port was taken.
func TestPortsAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Kill()
	if err := udpBound(s.port.Number); err == nil {
		t.Error("the port of a server that is down was given away")
	}
	taken := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer taken.Close()
	_, number, _ := net.SplitHostPort(taken.Addr().String())
	_, err := run(Config{Settings: []string{"port " + number}})
	if !errors.Is(err, testprocess.ErrPortInUse) {
		t.Errorf("the error of a port that is in use is %v", err)
	}
}

// udpBound tries to take what holds a port.
func udpBound(number int) error {
	c, err := net.ListenPacket("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	if err == nil {
		c.Close()
	}
	return err
}

// TestServerOutlivesTheThreadThatStartedIt shows that a server ends with the
// process that started it, and not with a thread of it.
func TestServerOutlivesTheThreadThatStartedIt(t *testing.T) {
	t.Parallel()
	servers := make(chan *Server)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends
		s, err := Run(Config{})
		if err != nil {
			t.Error(err)
		}
		servers <- s
	}()
	s := <-servers
	if s == nil {
		return
	}
	defer s.Close()
	for range 20 {
		do(t, s, "PONG", "PING")
	}
}
