//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// run runs a program of PostgreSQL to its end, and returns what it printed.
func (s *Server) run(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), testprocess.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // one of PostgreSQL's own
	cmd.Dir = s.dir
	// Variables of the person's own database must not reach this one.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + s.dir, "PGCONNECT_TIMEOUT=10"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pgtest: %s: %w:\n%s", name, err, out)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// SQL runs statements by psql, and returns their rows, the columns parted by |. It
// stops at the first error.
func (s *Server) SQL(database, text string) (string, error) {
	return s.run("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", s.DSN(database), "-c", text)
}

// NewDatabase makes an empty database and returns its DSN. It goes with the server.
func (s *Server) NewDatabase(t T) string {
	t.Helper()
	name := "test" + strconv.FormatInt(s.next.Add(1), 10)
	if _, err := s.SQL("postgres", "CREATE DATABASE "+name); err != nil {
		t.Fatalf("%v", err)
	}
	return s.DSN(name)
}

// children are the processes that the server has started.
func (s *Server) children() []int {
	out, err := exec.CommandContext(context.Background(), "ps", "-e", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil
	}
	var list []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[1] != strconv.Itoa(s.process.Pid()) {
			continue
		}
		if pid, err := strconv.Atoi(fields[0]); err == nil {
			list = append(list, pid)
		}
	}
	return list
}
