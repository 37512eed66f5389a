//go:build unix

package mysqltest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// install makes the data of a new server, with a user root who needs no password.
func (s *Server) install() error {
	ctx, cancel := context.WithTimeout(context.Background(), testprocess.Patience)
	defer cancel()
	args := append([]string{"--no-defaults", "--datadir=" + s.data(), "--auth-root-authentication-method=normal", "--skip-test-db"}, options(initial)...)
	cmd := exec.CommandContext(ctx, s.bin.install, args...) //nolint:gosec // MariaDB's own
	cmd.Dir = s.dir
	// Variables of the person's own database must not reach this one.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "LC_ALL=C.UTF-8", "HOME=" + s.dir, "TMPDIR=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("mysqltest: %s: %w:\n%s", s.bin.install, err, out)
	}
	return nil
}

// options are settings as arguments.
func options(settings []string) []string {
	list := make([]string, 0, len(settings))
	for _, setting := range settings {
		list = append(list, "--"+setting)
	}
	return list
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
			// A transaction that was left open holds it up. One that stays goes with the
			// server.
			_, _ = s.SQL("", "SET lock_wait_timeout = 10; DROP DATABASE IF EXISTS "+name)
		})
	}
	return s.DSN(name)
}

// CreateDatabase makes an empty database of a name.
func (s *Server) CreateDatabase(name string) error {
	_, err := s.SQL("", "CREATE DATABASE "+name)
	return err
}
