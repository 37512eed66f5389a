//go:build unix

package mysqltest

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
	out, err := s.SQL("", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestServer takes a server through its life.
func TestServer(t *testing.T) {
	t.Parallel()
	s := Start(t, WithSettings("sort_buffer_size=5M"))
	if got := ask(t, s, "SELECT @@sort_buffer_size"); got != strconv.Itoa(5<<20) {
		t.Errorf("sort_buffer_size is %s", got)
	}
	if first, second := s.NewDatabase(t), s.NewDatabase(t); first == second {
		t.Errorf("two databases have one DSN, %s", first)
	}
	ask(t, s, "CREATE DATABASE d; CREATE TABLE d.t (a int) ENGINE = InnoDB")
	for i, end := range []func() error{s.Shutdown, s.Kill} {
		ask(t, s, "INSERT INTO d.t VALUES (1)")
		end()
		if _, err := s.SQL("", "SELECT 1"); err == nil {
			t.Error("a server that is down answers")
		}
		s.Restart()
		if got := ask(t, s, "SELECT count(*) FROM d.t"); got != strconv.Itoa(i+1) {
			t.Errorf("there are %s rows, want %d", got, i+1)
		}
	}
}

// TestSQL: the rows of a statement come as text, and what is wrong with one is said.
func TestSQL(t *testing.T) {
	t.Parallel()
	s := Start(t)
	if got := ask(t, s, "SELECT 1, NULL, 'a b', ''; DO 1; SELECT 2"); got != "1||a b|\n2" {
		t.Errorf("got %q", got)
	}
	long := strings.Repeat("é", 100_000)
	if got := ask(t, s, "SELECT '"+long+"', 1"); got != long+"|1" {
		t.Errorf("a long text came with %d bytes", len(got))
	}
	for text, says := range map[string]string{
		"SELECT 1; SELECT a; SELECT 2": "1054: 42S22: Unknown column 'a'",
		"SELECT":                       "1064: 42000: You have an error in your SQL syntax",
	} {
		if _, err := s.SQL("", text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	if _, err := s.SQL("missing", "SELECT 1"); err == nil || !strings.Contains(err.Error(), "1049") {
		t.Errorf("a database that is not there: %v", err)
	}
	if got, err := s.SQL("mysql", "SELECT DATABASE()"); err != nil || got != "mysql" {
		t.Errorf("the database is %q (%v)", got, err)
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
	const databases = "SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'test%'"
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

// TestPause: a server that is paused stands still.
func TestPause(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Pause()
	err := testprocess.Await("the server to stop", func(context.Context) error {
		if state := testprocess.State(s.process.Pid()); state != "T" {
			return fmt.Errorf("it is %s", state)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	s.Resume()
	if got := ask(t, s, "SELECT 1"); got != "1" {
		t.Error(got)
	}
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

// TestMissing: the server is there, or nothing else of this could be tested.
func TestMissing(t *testing.T) {
	t.Parallel()
	if said := Missing(); said != "" {
		t.Fatal(said)
	}
}
