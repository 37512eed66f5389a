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

// run runs a program of PostgreSQL to its end.
func (s *Server) run(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), testprocess.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // one of PostgreSQL's own
	cmd.Dir = s.dir
	// Variables of the person's own database must not reach this one.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + s.dir, "PGCONNECT_TIMEOUT=10"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgtest: %s: %w:\n%s", name, err, out)
	}
	return nil
}

// NewDatabase makes an empty database and returns its DSN. It is dropped when the
// test ends, or goes with the server where that is one of a test itself.
func (s *Server) NewDatabase(t T) string {
	t.Helper()
	name := "test" + strconv.FormatInt(s.next.Add(1), 10)
	if err := s.CreateDatabase(name); err != nil {
		t.Fatalf("%v", err)
	}
	if s.owner == (testprocess.Owner{}) {
		t.Cleanup(func() {
			// It takes 7 MB, maybe of memory. One that stays goes with the server.
			_, _ = s.SQL("postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		})
	}
	return s.DSN(name)
}

// CreateDatabase makes an empty database of a name.
func (s *Server) CreateDatabase(name string) error {
	version, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	text := "CREATE DATABASE " + name
	// By the WAL, as it is done since then, it takes more than twice as long where
	// nobody waits for a disk.
	if major, err := strconv.Atoi(strings.TrimSpace(string(version))); err == nil && major >= 15 {
		text += " STRATEGY file_copy"
	}
	_, err = s.SQL("postgres", text)
	return err
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
