package mysql

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/sqlcache"
)

// fenceTTL is short, so that a fence that is not renewed ends while the test waits.
const fenceTTL = 2 * time.Second

// unansweredCase is a write of which the answer is cut off.
type unansweredCase struct {
	name  string
	write func(ctx context.Context, s *cachedMySQL) error
}

var unansweredCases = []unansweredCase{
	{"a statement", func(ctx context.Context, s *cachedMySQL) error {
		c, err := s.cached.Conn(ctx) // on the pool what was cut off may be run again
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.ExecContext(ctx, txWrite)
		return err
	}},
	{"a transaction", func(ctx context.Context, s *cachedMySQL) error {
		tx, err := s.cached.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, txWrite); err != nil {
			return err
		}
		return tx.Commit()
	}},
	{"a transaction by text", func(ctx context.Context, s *cachedMySQL) error {
		c, err := s.cached.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		for _, text := range []string{"BEGIN", txWrite, "COMMIT"} {
			if _, err := c.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	}},
	{"a commit in disguise", func(ctx context.Context, s *cachedMySQL) error {
		c, err := s.cached.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		for _, text := range []string{"BEGIN", txWrite, "BEGIN"} {
			if _, err := c.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	}},
}

// The connection is lost while the server carries COMMIT out, which it does much
// later, behind several lives of a fence. Nothing of before it is kept meanwhile, and
// when the server is done the next read is of after it, and is kept.
func TestOutcomeUnanswered(t *testing.T) {
	t.Parallel()
	for _, tt := range unansweredCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.try(t)
		})
	}
}

func (tt *unansweredCase) try(t *testing.T) {
	own := mysqltest.Start(t) // commits wait in all of it
	dsn := own.NewDatabase(t)
	between, through := newCutter(t, dsn)
	s := openCachedMySQL(t, plain, through, func(c *cacheops.Config, _ *sqlcache.Config) { c.FenceTTL = fenceTTL })
	direct := openCachedMySQL(t, plain, dsn, nil).bare
	exec(t, direct, txTable, txRow)
	s.warm(t)
	s.want(t, "old", true, txRead)
	held, err := direct.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	// From now on nothing is committed. What writes would wait before it began: so the
	// lock is not taken before it waits for a row, and then for this.
	row, err := direct.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = row.Rollback() }()
	run(t, row, "SELECT * FROM notes WHERE id = 1 FOR UPDATE")
	done := make(chan error, 1)
	go func() { done <- tt.write(context.Background(), s) }()
	(&cachedMySQL{bare: direct}).awaitState(t, "x.trx_state = 'LOCK WAIT'")
	locked := make(chan error, 1)
	go func() {
		_, err := held.ExecContext(context.Background(), "BACKUP STAGE START")
		if err == nil {
			_, err = held.ExecContext(context.Background(), "BACKUP STAGE FLUSH")
		}
		if err == nil {
			_, err = held.ExecContext(context.Background(), "BACKUP STAGE BLOCK_DDL")
		}
		if err == nil {
			_, err = held.ExecContext(context.Background(), "BACKUP STAGE BLOCK_COMMIT")
		}
		locked <- err
	}()
	if err := <-locked; err != nil {
		t.Fatal(err)
	}
	if err := row.Rollback(); err != nil {
		t.Fatal(err)
	}
	(&cachedMySQL{bare: direct}).awaitState(t, "p.STATE LIKE 'Waiting for backup lock'")
	between.cut()
	if err := <-done; err == nil {
		t.Fatal("the answer came")
	}
	for end := time.Now().Add(2 * fenceTTL); time.Now().Before(end); time.Sleep(fenceTTL / 20) { //nolint:forbidigo // past the end of the first fence
		if rows, hit := s.readAgain(t); rows != "old" || hit {
			t.Fatalf("STALE: %q, hit %v, while the COMMIT is under way", rows, hit)
		}
	}
	run(t, held, "BACKUP STAGE END")
	for committed, text := false, ""; ; {
		rows, hit := s.readAgain(t)
		if committed && rows != "new" {
			t.Fatalf("STALE: %q, hit %v, after the COMMIT", rows, hit)
		}
		if committed && hit {
			break
		}
		if err := direct.QueryRow(txRead).Scan(&text); err != nil {
			t.Fatal(err)
		}
		committed = text == "new"
	}
}

// readAgain reads over whichever connection still lives.
func (s *cachedMySQL) readAgain(t *testing.T) (rows string, hit bool) {
	t.Helper()
	for range 10 {
		if err := s.cached.Ping(); err == nil {
			break
		}
	}
	return s.read(t, txRead)
}
