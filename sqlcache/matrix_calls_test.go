package sqlcache_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// isStatement reports whether a call carries out a statement.
func isStatement(op drivertest.Op) bool {
	switch op {
	case drivertest.OpExec, drivertest.OpExecContext, drivertest.OpQuery, drivertest.OpQueryContext,
		drivertest.OpStmtExec, drivertest.OpStmtExecContext, drivertest.OpStmtQuery, drivertest.OpStmtQueryContext:
		return true
	default:
		return false
	}
}

// isTransaction reports whether a call begins or ends a transaction.
func isTransaction(op drivertest.Op) bool {
	switch op {
	case drivertest.OpBegin, drivertest.OpBeginTx, drivertest.OpCommit, drivertest.OpRollback, drivertest.OpPing:
		return true
	default:
		return false
	}
}

// statements lists what the driver was asked to do for the program: by which of
// its methods, with which arguments and options, under which context. What the
// wrapper does for itself is left out: its own transactions, and how often it
// prepares a text.
func statements(calls []drivertest.Call) []string {
	var list []string
	for _, k := range calls {
		if strings.HasSuffix(k.Query, " OWN") || !isStatement(k.Op) && !isTransaction(k.Op) {
			continue
		}
		line := fmt.Sprintf("%s %q", k.Op, k.Query)
		for _, a := range k.Args {
			line += fmt.Sprintf(" [%d %q %T %v]", a.Ordinal, a.Name, a.Value, a.Value)
		}
		if k.Op != drivertest.OpCommit && k.Op != drivertest.OpRollback {
			line += fmt.Sprintf(" %+v deadline %v value %v", k.Tx, k.HasDeadline, k.Value)
		}
		list = append(list, line)
	}
	return list
}

// sameStatements requires that the driver was asked for the same, but for reads
// that the cache answered: a program may repeat itself.
func sameStatements(t *testing.T, want, got []drivertest.Call) {
	t.Helper()
	wanted, rest := statements(want), statements(got)
	for _, line := range wanted {
		if len(rest) > 0 && rest[0] == line {
			rest = rest[1:]
			continue
		}
		if !strings.Contains(line, "SELECT") {
			t.Errorf("the driver was not asked as the bare one was:\n  bare:    %s\n  wrapped: %q", line, rest)
			return
		}
	}
	if len(rest) > 0 {
		t.Errorf("the driver was asked otherwise than the bare one:\n  wrapped: %q\n  bare:    %q", rest, wanted)
	}
}

// fates requires that nothing is asked of a connection that was closed, or that
// said it is not valid, or whose session could not be reset, but to be closed.
func fates(t *testing.T, p *program, calls []drivertest.Call) {
	t.Helper()
	counts := map[drivertest.Op]int{}
	over := map[int]drivertest.Op{}
	for _, k := range calls {
		counts[k.Op]++
		switch k.Op {
		case drivertest.OpStmtClose, drivertest.OpRowsClose:
			continue
		}
		if why, is := over[k.Conn]; is && k.Conn != 0 && k.Op != drivertest.OpConnClose {
			t.Errorf("used after %s: %+v", why, k)
		}
		switch k.Op {
		case drivertest.OpConnClose:
			over[k.Conn] = k.Op
		case drivertest.OpIsValid, drivertest.OpResetSession:
			for _, f := range p.failures {
				if f.Op == k.Op && (f.Nth == 0 || f.Nth == counts[k.Op]) {
					over[k.Conn] = k.Op
				}
			}
		}
	}
}

// resets requires that a connection was reset between two that held it: a
// driver that can do so counts on it.
func resets(t *testing.T, calls []drivertest.Call) {
	t.Helper()
	checked := map[int]bool{} // went back to the pool
	for _, k := range calls {
		switch {
		case k.Op == drivertest.OpIsValid:
			checked[k.Conn] = true
		case k.Op == drivertest.OpResetSession:
			checked[k.Conn] = false
		case checked[k.Conn] && (isStatement(k.Op) || isTransaction(k.Op)):
			t.Errorf("used again without a reset of its session: %+v", k)
		}
	}
}

// sortedKeys returns a map's keys in order, so that both runs go the same way.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
