//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// StartStandby starts a server that follows this one and can be read. It is killed
// when the test ends.
func (s *Server) StartStandby(t T) *Server {
	t.Helper()
	standby, err := s.RunStandby()
	if err != nil {
		t.Fatalf("%v", err)
	}
	standby.owned(t)
	return standby
}

// RunStandby is StartStandby for programs. The standby must be closed.
func (s *Server) RunStandby() (*Server, error) {
	standby, err := newServer(Config{})
	if err != nil {
		return nil, err
	}
	if err = standby.run("pg_basebackup", "-D", standby.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", s.DSN("postgres")); err == nil {
		err = standby.configure(Config{})
	}
	if err != nil {
		_ = standby.Close() // the error that there is says more
		return nil, err
	}
	return standby, nil
}

// CatchUp waits until a standby has replayed all that this server has written.
func (s *Server) CatchUp(standby *Server) error {
	position, err := s.SQL("postgres", "SELECT pg_current_wal_lsn()")
	if err != nil {
		return s.owner.Check(err)
	}
	return s.owner.Check(testprocess.Await("PostgreSQL on "+standby.Addr()+" to catch up", func(context.Context) error {
		reached, err := standby.SQL("postgres", "SELECT pg_last_wal_replay_lsn() >= '"+position+"'::pg_lsn")
		if err == nil && reached != "t" {
			err = errors.New("it has not replayed " + position)
		}
		return err
	}))
}

// Promote makes a standby a primary, and waits until it is.
func (s *Server) Promote() error {
	if done, err := s.SQL("postgres", "SELECT pg_promote(true, 60)"); err != nil || done != "t" {
		return s.owner.Check(fmt.Errorf("pgtest: promote PostgreSQL on %s: %q, %w", s.Addr(), done, err))
	}
	return nil
}
