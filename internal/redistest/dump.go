//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cacheops/cacheops/internal/testprocess"
)

func (s *Server) dumpFile() string { return filepath.Join(s.dir, "dump.rdb") }

// Save writes the data to the server's disk, and returns when that is done.
func (s *Server) Save() error {
	return s.owner.Check(testprocess.Await("Redis on "+s.Addr()+" to save its data", func(ctx context.Context) error {
		_, err := s.do(ctx, "SAVE")
		// It may be at it already, for a replica.
		if err == nil || strings.Contains(err.Error(), "save already in progress") {
			return err
		}
		return testprocess.FatalError{Err: err}
	}))
}

// CopyDump returns the data as the server has last saved them (its dump.rdb): nil
// if it never has.
func (s *Server) CopyDump() []byte {
	dump, err := os.ReadFile(s.dumpFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_ = s.owner.Check(err)
	return dump
}

// PutDump makes what CopyDump returned the data that a server that is down begins
// with when it is restarted; nil for none. A server with "appendonly yes" does not
// look at it while it has a log: [Server.Wipe] it first.
func (s *Server) PutDump(dump []byte) error {
	return s.owner.Check(s.whileDown(func() error {
		if dump == nil {
			return os.RemoveAll(s.dumpFile())
		}
		return os.WriteFile(s.dumpFile(), dump, 0o600)
	}))
}

// Wipe removes the data of a server that is down: its dump.rdb and its
// append-only files.
func (s *Server) Wipe() error {
	return s.owner.Check(s.whileDown(func() error {
		return errors.Join(
			os.RemoveAll(s.dumpFile()),
			os.RemoveAll(filepath.Join(s.dir, "appendonly.aof")), // before Redis 7
			os.RemoveAll(filepath.Join(s.dir, "appendonlydir")),
		)
	}))
}

// whileDown calls f while the server is down and cannot be started.
func (s *Server) whileDown(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil && !s.process.Ended() {
		return fmt.Errorf("redistest: Redis on %s is up, and would not notice what is done to its files: kill it first", s.Addr())
	}
	if err := f(); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}
