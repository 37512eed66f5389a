//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// ask is SQL that has to succeed.
func ask(t *testing.T, s *Server, text string) string {
	t.Helper()
	out, err := s.SQL("postgres", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestServer takes a server through its life.
func TestServer(t *testing.T) {
	t.Parallel()
	s := Start(t, WithSettings("work_mem = '5MB'"))
	if got := ask(t, s, "SHOW work_mem"); got != "5MB" {
		t.Errorf("work_mem is %s", got)
	}
	if first, second := s.NewDatabase(t), s.NewDatabase(t); first == second {
		t.Errorf("two databases have one DSN, %s", first)
	}
	if _, err := s.SQL("postgres", "SELECT 1/0; SELECT 2"); err == nil {
		t.Error("an error is not told")
	}
	ask(t, s, "CREATE TABLE t (a int)")
	for i, end := range []func() error{s.Shutdown, s.Abort, s.Kill} {
		ask(t, s, "INSERT INTO t VALUES (1)")
		end()
		if _, err := s.SQL("postgres", "SELECT 1"); err == nil {
			t.Error("a server that is down answers")
		}
		s.Restart()
		if got := ask(t, s, "SELECT count(*) FROM t"); got != strconv.Itoa(i+1) {
			t.Errorf("there are %s rows, want %d", got, i+1)
		}
	}
}

// TestSQL: the rows of a statement come as text, and what is wrong with one is said.
func TestSQL(t *testing.T) {
	t.Parallel()
	s := Start(t)
	if got := ask(t, s, "SELECT 1, NULL, 'a b', ''; SELECT 2"); got != "1||a b|\n2" {
		t.Errorf("got %q", got)
	}
	for text, says := range map[string]string{"SELECT 1/0": "22012: division by zero", "SELECT": ""} {
		if _, err := s.SQL("postgres", text); says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	if _, err := s.SQL("missing", "SELECT 1"); err == nil || !strings.Contains(err.Error(), "3D000") {
		t.Errorf("a database that is not there: %v", err)
	}
}

// TestNewDatabaseIsDropped: those of a server that many tests share go one by one.
func TestNewDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	s, err := Run(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	const databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'test%'"
	t.Run("one", func(t *testing.T) {
		s.NewDatabase(t)
		if got := ask(t, s, databases); got != "1" {
			t.Errorf("%s databases in the test", got)
		}
	})
	if got := ask(t, s, databases); got != "0" {
		t.Errorf("%s databases after the test", got)
	}
}

// TestPause: all of a server that is paused stands still.
func TestPause(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Pause()
	for _, pid := range append(s.children(), s.process.Pid()) {
		err := testprocess.Await("a process to stop", func(context.Context) error {
			switch state := testprocess.State(pid); state {
			case "T", "Z", "": // the process of a connection that was about to end
				return nil
			default:
				return fmt.Errorf("process %d is %s", pid, state)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
	s.Resume()
	if got := ask(t, s, "SELECT 1"); got != "1" {
		t.Error(got)
	}
}

// TestStandby: a standby has what its primary has written, and can be promoted.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := Start(t)
	standby := primary.StartStandby(t)
	ask(t, primary, "CREATE TABLE t AS SELECT 7 AS a")
	primary.CatchUp(standby)
	if got := ask(t, standby, "SELECT pg_is_in_recovery(), a FROM t"); got != "t|7" {
		t.Errorf("the standby says %s", got)
	}
	primary.Kill()
	standby.Promote()
	ask(t, standby, "INSERT INTO t VALUES (8)")
}

// child starts a server, says its process and its folder, and waits for a kill.
func child() {
	s, err := Run(Config{})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, s.process.Pid(), s.Dir())
	io.Copy(io.Discard, os.Stdin) // ends with the parent, whatever happens to it
}

// TestServerEndsWithItsProcess kills a process that has started a server.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // the kernel of no other system ends a child with its parent
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	first, dir, _ := strings.Cut(strings.TrimSpace(said), " ")
	pid, notNumber := strconv.Atoi(first)
	if now := testprocess.State(pid); err != nil || notNumber != nil || now == "" || now == "Z" {
		t.Errorf("the child said %q (%v), and the process of its server is %q", said, err, now)
	}
	cmd.Process.Kill()
	cmd.Wait()
	defer os.RemoveAll(dir)
	err = testprocess.Await("the server to end", func(context.Context) error {
		if now := testprocess.State(pid); now != "" && now != "Z" {
			return fmt.Errorf("its state is %q", now)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestMissing changes the environment, so it is not parallel.
func TestMissing(t *testing.T) {
	if said := Missing(); said != "" {
		t.Fatal(said)
	}
}
