package mysql

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/mysqltest"
)

// deadlock has a transaction of the cached handle die in a deadlock. Both have written
// one of the rows.
func (s *cachedMySQL) deadlock(t testing.TB, victim executor) {
	t.Helper()
	other, err := s.bare.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	// The server rolls back the one that has changed less.
	run(t, other, "INSERT INTO heavy SELECT seq FROM seq_1_to_50", "UPDATE notes SET text = 'other' WHERE id = 2")
	done := make(chan error, 1)
	go func() {
		_, err := other.ExecContext(context.Background(), "UPDATE notes SET text = 'other' WHERE id = 1")
		done <- err
	}()
	s.awaitState(t, "x.trx_state = 'LOCK WAIT'")
	_, err = victim.ExecContext(context.Background(), "UPDATE notes SET text = 'victim' WHERE id = 2")
	if number(err) != 1213 {
		t.Fatal("no deadlock: ", err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// awaitState waits until a transaction of the database is in a state, given as a condition
// on its connection, p, and on itself, x.
func (s *cachedMySQL) awaitState(t testing.TB, condition string) {
	t.Helper()
	for n := 0; n == 0; time.Sleep(150 * time.Millisecond) { //nolint:forbidigo // who asks again within 100 ms is told the same
		err := s.bare.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.PROCESSLIST AS p JOIN information_schema.INNODB_TRX AS x ON x.trx_mysql_thread_id = p.ID"+
			" WHERE p.DB = DATABASE() AND "+condition).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// After a deadlock the transaction is over, and what the program goes on to write
// commits by itself, whatever it does with the transaction then.
func TestTxDeadlock(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"Commit", "Rollback", "text"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			s := newNotes(t, plain, nil, "CREATE TABLE heavy (id int PRIMARY KEY)")
			var victim executor
			var finish func() error
			if end == "text" {
				c := s.conn(t)
				run(t, c, "BEGIN")
				victim, finish = c, func() error {
					_, err := c.ExecContext(context.Background(), "ROLLBACK")
					return err
				}
			} else {
				tx := s.begin(t, nil)
				victim, finish = tx, tx.Rollback
				if end == "Commit" {
					finish = tx.Commit
				}
			}
			run(t, victim, txWrite)
			s.deadlock(t, victim)
			s.txBoth(t, "the deadlock")
			run(t, victim, "UPDATE notes SET text = 'alone' WHERE id = 2")
			s.want(t, "alone", false, txOther)
			s.want(t, "alone", true, txOther)
			s.txBoth(t, "the write")
			if err := finish(); err != nil {
				t.Fatal(err)
			}
			s.want(t, "alone", true, txOther)
			s.txBoth(t, "the end")
			exec(t, s.cached, txWrite)
			s.want(t, "new", false, txRead)
		})
	}
}

// A lock that could not be had in time undoes the statement alone; a duplicate key and
// a killed statement do as well. The transaction goes on.
func TestTxErrorsThatEndNothing(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil)
	holder, err := s.bare.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	run(t, holder, "SELECT * FROM notes WHERE id = 2 FOR UPDATE")
	tx := s.begin(t, nil)
	run(t, tx, "SET innodb_lock_wait_timeout = 1", txWrite)
	for _, fails := range []struct {
		text  string
		error uint16
	}{
		{"INSERT INTO notes VALUES (1, 'again')", 1062},
		{txWriteOther, 1205},
		{"SELECT nothing FROM notes", 1054},
		{"SIGNAL SQLSTATE '45000'", 1644},
	} {
		if _, err := tx.ExecContext(t.Context(), fails.text); number(err) != fails.error {
			t.Fatalf("%s: %v", fails.text, err)
		}
		s.txBoth(t, fails.text)
		s.want(t, "old", true, txRead)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "new", false, txRead)
}

// A connection that is killed takes its transaction with it.
func TestTxKilled(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		tx := s.begin(t, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		var id int64
		if err := tx.QueryRow("SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		run(t, tx, txWrite)
		if _, err := s.bare.Exec("KILL ?", id); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(txWriteOther); err == nil {
			t.Fatal("the connection lives")
		}
		if err := tx.Commit(); err == nil {
			t.Fatal("the commit passes")
		}
		s.txBoth(t, "the kill")
		exec(t, s.cached, txWrite)
		s.want(t, "new", false, txRead)
	})
}

// A server may be told to roll the whole transaction back where a lock could not be had
// in time: what follows commits by itself then.
func TestTxRolledBackOnTimeout(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t, mysqltest.WithSettings("innodb_rollback_on_timeout=1"))
	s := openCachedMySQL(t, plain, own.NewDatabase(t), nil)
	exec(t, s.bare, txTable, txRow)
	s.warm(t)
	holder, err := s.bare.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	run(t, holder, "SELECT * FROM notes WHERE id = 2 FOR UPDATE")
	tx := s.begin(t, nil)
	run(t, tx, "SET innodb_lock_wait_timeout = 1", txWrite)
	if _, err := tx.Exec(txWriteOther); number(err) != 1205 {
		t.Fatal("the lock was to be had: ", err)
	}
	s.txBoth(t, "the timeout")
	run(t, tx, "UPDATE notes SET text = 'alone' WHERE id = 1")
	s.want(t, "alone", false, txRead)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.txBoth(t, "the end")
}
