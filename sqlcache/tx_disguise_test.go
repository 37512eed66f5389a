package sqlcache_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// txHandle is a cached handle on a txServer.
type txHandle struct {
	server *txServer
	cache  *cacheops.Cache
	db     *sql.DB
}

func newTxHandle(t testing.TB) *txHandle {
	t.Helper()
	return newTxHandleOn(t, newTxServer(), cacheops.Config{})
}

// newTxHandleOn is a handle of a process of its own on a server, with such a cache.
func newTxHandleOn(t testing.TB, server *txServer, cfg cacheops.Config) *txHandle {
	t.Helper()
	h := &txHandle{server: server, cache: newCacheWith(t, cfg)}
	var err error
	h.db, err = sqlcache.OpenDB(h.cache, h.server, sqlcache.Config{Dialect: txDialect{server: h.server}, Database: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// conn is one connection.
func (h *txHandle) conn(t testing.TB) *sql.Conn {
	t.Helper()
	c, err := h.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// tables are those of txServer.
var txTables = []string{"t", "u", "m"}

// check reads every table over a connection of the pool, through the cache, and compares
// that with what is committed. It returns the tables of which the cache answered.
func (h *txHandle) check(t testing.TB, after string) (hits string) {
	t.Helper()
	for _, table := range txTables {
		before := h.cache.Stats().Hits
		var n int
		if err := h.db.QueryRowContext(t.Context(), "READ "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if want := h.server.truth(table); n != want {
			t.Fatalf("after %s: %s is read as %d, and is %d", after, table, n, want)
		}
		if h.cache.Stats().Hits > before {
			hits += table
		}
	}
	return hits
}

// What commits in disguise is dropped when it is committed, and what is rolled back is
// not, but for what stays. Each step says of which tables the cache still answers.
func TestDisguises(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		steps []string // "text = tables that are hits after it"
	}{
		{"begin in a transaction", []string{"BEGIN = tum", "WRITE t 2 = tum", "BEGIN = um", "WRITE u 3 = tum", "ROLLBACK = tum"}},
		{"DDL", []string{"BEGIN = tum", "WRITE t 2 = tum", "DDL = "}},
		{"DDL that fails", []string{"BEGIN = tum", "WRITE t 2 = tum", "DDL-FAILS = ", "ROLLBACK = tum"}},
		{"DDL that is refused", []string{"BEGIN = tum", "WRITE t 2 = tum", "DDL-SYNTAX = tum", "WRITE u 2 = tum", "COMMIT = m"}},
		{"DDL that is refused, and a rollback", []string{"BEGIN = tum", "WRITE u 2 = tum", "DDL-SYNTAX = tum", "ROLLBACK = tum"}},
		{"LOCK TABLES", []string{"BEGIN = tum", "WRITE t 2 = tum", "LOCK = um", "WRITE u 2 = "}},
		{"LOCK TABLES that fails", []string{"BEGIN = tum", "WRITE t 2 = tum", "LOCK-FAILS = um", "WRITE u 2 = tm", "ROLLBACK = tum"}},
		{"a table that stays, alone", []string{"WRITE m 2 = tu", "FAIL m 3 = tu", "BOTH 4 = u"}},
		{"a table that stays, in a transaction", []string{"BEGIN = tum", "WRITE m 2 = tu", "BOTH 3 = tu", "FAIL m 4 = tu", "ROLLBACK = tum"}},
		{"a savepoint and a table that stays", []string{"BEGIN = tum", "SAVEPOINT a = tum", "BOTH 3 = tu", "ROLLBACK TO a = tum", "COMMIT = tum"}},
		{"a savepoint of the same name", []string{"BEGIN = tum", "SAVEPOINT a = tum", "WRITE t 2 = tum", "SAVEPOINT a = tum", "WRITE u 2 = tum", "ROLLBACK TO a = tum", "COMMIT = um"}},
		{"a savepoint of the same name, released", []string{"BEGIN = tum", "SAVEPOINT a = tum", "WRITE t 2 = tum", "SAVEPOINT a = tum", "RELEASE a = tum", "ROLLBACK TO a ! tum", "COMMIT = um"}},
		{"deadlock", []string{"BEGIN = tum", "WRITE t 2 = tum", "DEADLOCK ! um", "WRITE u 3 = tm", "ROLLBACK = tum", "WRITE t 4 = um"}},
		{"autocommit off", []string{"AUTOCOMMIT 0 = tum", "WRITE t 2 = tum", "COMMIT = um", "WRITE t 3 = tum", "ROLLBACK = tum", "WRITE u 4 = tum", "AUTOCOMMIT 1 = tm", "WRITE t 5 = um"}},
		{"autocommit off, and DDL", []string{"AUTOCOMMIT 0 = tum", "WRITE t 2 = tum", "DDL = ", "WRITE t 3 = ", "COMMIT = "}},
		{"autocommit on again within a transaction", []string{"BEGIN = tum", "WRITE t 2 = tum", "AUTOCOMMIT 1 = um", "WRITE u 2 = tum", "ROLLBACK = tum"}},
		{"autocommit off, and a script", []string{"AUTOCOMMIT 0 = tum", "WRITE t 2; WRITE u 2 = tum", "COMMIT = m"}},
		{"chain", []string{"BEGIN = tum", "WRITE t 2 = tum", "COMMIT CHAIN = um", "WRITE t 3 = tum", "ROLLBACK CHAIN = tum", "WRITE u 3 = tum", "COMMIT = tm"}},
		{"chain without a transaction", []string{"COMMIT CHAIN = tum", "WRITE t 2 = tum", "COMMIT = um"}},
		{"a script", []string{"WRITE t 2; WRITE m 2 = u", "WRITE t 3; FAIL u 3 = m", "BEGIN = tum", "WRITE t 4; FAIL u 4 = tum", "COMMIT = m"}},
		{"a script that begins", []string{"BEGIN; WRITE t 2 = ", "WRITE u 3 = ", "ROLLBACK = tum"}},
		{"a script that commits", []string{"BEGIN = tum", "WRITE t 2 = tum", "COMMIT; WRITE u 3 = ", "WRITE u 4 = tm"}},
		{"a script that turns autocommit off", []string{"AUTOCOMMIT 0; WRITE t 2 = ", "COMMIT = ", "WRITE t 3 = tum", "COMMIT = um", "WRITE t 4 = tum", "COMMIT = um", "WRITE t 5 = tum", "ROLLBACK = tum"}},
		{"a procedure", []string{"CALL WRITE,t,2 = ", "CALL BEGIN|WRITE,t,3 = ", "COMMIT = "}},
		{"a procedure that commits", []string{"BEGIN = tum", "WRITE t 2 = tum", "CALL COMMIT|WRITE,u,3 = ", "WRITE t 3 = um"}},
		{"a procedure that commits and begins", []string{"BEGIN = tum", "WRITE t 2 = tum", "CALL COMMIT|BEGIN|WRITE,u,3 = ", "ROLLBACK = tum"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newTxHandle(t)
			c := h.conn(t)
			for i, step := range tt.steps {
				h.check(t, "nothing") // fills
				text, want, fails := strings.Cut(step, " ! ")
				if !fails {
					text, want, _ = strings.Cut(step, " = ")
				}
				_, err := c.ExecContext(t.Context(), text)
				if fails && err == nil || err != nil && !fails && !strings.Contains(text, "-") && !strings.Contains(text, "FAIL") {
					t.Fatalf("step %d, %s: %v", i, text, err)
				}
				if got := h.check(t, text); got != want {
					t.Errorf("step %d, %s: the cache answers of %q, want %q", i, text, got, want)
				}
			}
		})
	}
}

// A driver.Tx that begins where a text left a transaction commits that one.
func TestBeginTxInATransaction(t *testing.T) {
	t.Parallel()
	h := newTxHandle(t)
	c := h.conn(t)
	for _, text := range []string{"BEGIN", "WRITE t 2"} {
		if _, err := c.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	h.check(t, "nothing")
	tx, err := c.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.check(t, "BeginTx"); got != "um" {
		t.Errorf("the cache answers of %q", got)
	}
	if _, err := tx.ExecContext(t.Context(), "WRITE u 2"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := h.check(t, "Rollback"); got != "tum" {
		t.Errorf("the cache answers of %q", got)
	}
}

// A transaction that began without a word goes with its connection to whoever uses it
// next, and nobody waits for it.
func TestSilentTransactionInThePool(t *testing.T) {
	t.Parallel()
	h := newTxHandle(t)
	h.check(t, "nothing")
	for _, text := range []string{"AUTOCOMMIT 0", "WRITE t 2", "COMMIT"} {
		if _, err := h.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		h.check(t, text)
	}
}

// Where a transaction begins at the end of each one, what follows is a part of it.
func TestChainingSessions(t *testing.T) {
	t.Parallel()
	server := newTxServer()
	server.chains = true
	h := newTxHandleOn(t, server, cacheops.Config{})
	h.check(t, "nothing")
	c := h.conn(t)
	for _, step := range []struct {
		text, hits string
		truth      int
	}{
		{"BEGIN", "tum", 1}, {"WRITE t 2", "tum", 1}, {"COMMIT", "um", 2},
		{"WRITE t 3", "tum", 2}, {"ROLLBACK", "tum", 2}, {"WRITE t 4", "tum", 2}, {"COMMIT", "um", 4},
	} {
		if _, err := c.ExecContext(t.Context(), step.text); err != nil {
			t.Fatal(err)
		}
		if got := h.check(t, step.text); got != step.hits || server.truth("t") != step.truth {
			t.Errorf("%s: the cache answers of %q, and t is %d", step.text, got, server.truth("t"))
		}
		h.check(t, "nothing")
	}
	tx, err := h.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "WRITE t 5"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	h.check(t, "Commit")
	for _, text := range []string{"WRITE t 6", "ROLLBACK", "WRITE t 7", "COMMIT"} { // over whichever connection is there
		if _, err := h.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	h.check(t, "COMMIT")
}

// What may write any table may write one that stays, so that nothing of it waits for the
// end of the transaction.
func TestUnknownWritesInTransactions(t *testing.T) {
	t.Parallel()
	h := newTxHandle(t)
	h.check(t, "nothing")
	c := h.conn(t)
	for _, text := range []string{"BEGIN", "FUNC m 2", "FUNC t 3", "ROLLBACK"} {
		if _, err := c.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		h.check(t, text)
	}
}

// A table that another process has made one that stays, unseen by this one, is looked
// after when the transaction is rolled back.
func TestRollbackOfAnOldPlan(t *testing.T) {
	t.Parallel()
	inner, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	server := newTxServer()
	h, other := newTxHandleOn(t, server, cacheops.Config{Store: inner}), newTxHandleOn(t, server, cacheops.Config{Store: inner})
	h.check(t, "nothing")
	if _, err := other.db.ExecContext(t.Context(), "MOVE"); err != nil {
		t.Fatal(err)
	}
	other.check(t, "MOVE")
	tx, err := h.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "WRITE t 2"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	other.check(t, "the rollback")
}

// A COMMIT whose answer is lost may be carried out at any time. So long as the server
// knows of its connection nothing that is read of what it changes is kept.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	const fence = time.Second
	h := newTxHandleOn(t, newTxServer(), cacheops.Config{FenceTTL: fence})
	h.check(t, "nothing")
	tx, err := h.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "WRITE t 2"); err != nil {
		t.Fatal(err)
	}
	h.server.mu.Lock()
	h.server.lossy = true
	h.server.mu.Unlock()
	if err := tx.Commit(); err == nil {
		t.Fatal("the commit passes")
	}
	for end := time.Now().Add(2 * fence); time.Now().Before(end); time.Sleep(fence / 20) { //nolint:forbidigo // past the end of the first fence
		if got := h.check(t, "a lost COMMIT"); strings.Contains(got, "t") {
			t.Fatal("what was read before the COMMIT is kept")
		}
	}
	h.server.carryOut()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(fence / 20) { //nolint:forbidigo // until it was asked
		h.check(t, "the COMMIT")
		if got := h.check(t, "the COMMIT"); strings.Contains(got, "t") {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the fence stays")
		}
	}
}

// Statements are sent as they were without the cache, where nothing is to be fenced
// between them.
func TestScriptsAreNotWrapped(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"WRITE t 2; WRITE u 2", "WRITE m 2", "BOTH 2", "DDL"} {
		h := newTxHandle(t)
		h.check(t, "nothing")
		h.server.took()
		if _, err := h.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		calls := slices.DeleteFunc(h.server.took(), func(s string) bool { return strings.HasSuffix(s, " probe") || s == "SESSION" })
		if !slices.Equal(calls, []string{text}) {
			t.Errorf("%s: sent %q", text, calls)
		}
	}
}

// txStatements are what programs of the next test are made of; %d is a number that was
// not written before.
var txStatements = []string{
	"WRITE t %d", "WRITE u %d", "WRITE m %d", "BOTH %d", "WRITE t %d", "FAIL t %d", "FAIL m %d",
	"BEGIN", "BEGIN", "COMMIT", "ROLLBACK", "COMMIT CHAIN", "ROLLBACK CHAIN",
	"SAVEPOINT a", "SAVEPOINT b", "RELEASE a", "RELEASE b", "ROLLBACK TO a", "ROLLBACK TO b",
	"DEADLOCK", "DDL", "DDL-FAILS", "DDL-SYNTAX", "LOCK-FAILS", "AUTOCOMMIT 0", "AUTOCOMMIT 1",
	"WRITE t %[1]d; WRITE u %[1]d", "WRITE u %[1]d; FAIL t %[1]d", "BEGIN; WRITE t %d", "WRITE m %d; COMMIT; WRITE u %[1]d", "AUTOCOMMIT 0; WRITE t %d",
	"CALL WRITE,t,%d", "CALL COMMIT|BEGIN|WRITE,u,%d", "CALL AUTOCOMMIT,0|WRITE,t,%d", "CALL ROLLBACK", "READ t", "READ u",
}

// taintingStatements are those that leave a connection on which everything is careful.
var taintingStatements = []string{"LOCK", "CHAINS 1", "CHAINS 0"}

// Whatever two connections do, one statement after the other, what a third one reads
// through the cache is what is committed, and what is about to be committed it does not
// read there: a process that is killed then leaves nothing that is stale.
func TestRandomTransactions(t *testing.T) {
	t.Parallel()
	programs := 400
	if testing.Short() {
		programs = 100
	}
	hits := 0
	for seed := range programs {
		r := rand.New(rand.NewPCG(7, uint64(seed)))
		h := newTxHandle(t)
		conns := []*sql.Conn{h.conn(t), h.conn(t)}
		txs := make([]*sql.Tx, len(conns))
		var done []string
		h.server.changing = func(table string) {
			before := h.cache.Stats().Hits
			var n int
			if err := h.db.QueryRowContext(t.Context(), "READ "+table).Scan(&n); err != nil {
				t.Error(err)
			}
			if h.cache.Stats().Hits > before {
				t.Errorf("after %s: %s changes, and nobody has fenced it", strings.Join(done, ", "), table)
			}
		}
		for n := range 40 {
			hits += len(h.check(t, strings.Join(done, ", ")))
			i := r.IntN(len(conns))
			text := txStatements[r.IntN(len(txStatements))]
			if seed%4 == 0 && r.IntN(12) == 0 {
				text = taintingStatements[r.IntN(len(taintingStatements))]
			}
			if strings.Contains(text, "%") {
				text = fmt.Sprintf(text, 10+n)
			}
			var exec sqlExecer = conns[i]
			if txs[i] != nil {
				exec = txs[i]
			}
			switch r.IntN(14) {
			case 0:
				if txs[i] == nil {
					text = "BeginTx"
					txs[i], _ = conns[i].BeginTx(t.Context(), nil)
				}
			case 1, 2:
				if txs[i] == nil {
					break
				}
				if text = "Rollback"; r.IntN(2) == 0 {
					text = "Commit"
					_ = txs[i].Commit()
				} else {
					_ = txs[i].Rollback()
				}
				txs[i] = nil
			default:
				_, _ = exec.ExecContext(t.Context(), text)
			}
			done = append(done, fmt.Sprintf("%d: %s", i, text))
			h.check(t, strings.Join(done, ", "))
		}
	}
	if hits < programs*30 {
		t.Errorf("%d hits in %d programs: nothing was cached", hits, programs)
	}
}

// sqlExecer is a *sql.Conn or *sql.Tx.
type sqlExecer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
