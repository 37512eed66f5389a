package drivertest

import (
	"context"
	"database/sql/driver"
	"slices"
)

// Op is a kind of call that the driver gets.
type Op string

// The kinds of calls. Those that several types have begin with the type.
const (
	OpOpen           Op = "Open"
	OpOpenConnector  Op = "OpenConnector"
	OpConnect        Op = "Connect"
	OpConnectorClose Op = "Connector.Close"

	OpPing           Op = "Ping"
	OpExecContext    Op = "ExecContext"
	OpExec           Op = "Exec"
	OpQueryContext   Op = "QueryContext"
	OpQuery          Op = "Query"
	OpPrepareContext Op = "PrepareContext"
	OpPrepare        Op = "Prepare"
	OpBeginTx        Op = "BeginTx"
	OpBegin          Op = "Begin"
	OpResetSession   Op = "ResetSession"
	OpIsValid        Op = "IsValid"
	OpConnCheck      Op = "Conn.CheckNamedValue"
	OpConnClose      Op = "Conn.Close"

	OpCommit   Op = "Commit"
	OpRollback Op = "Rollback"

	OpStmtExecContext  Op = "Stmt.ExecContext"
	OpStmtExec         Op = "Stmt.Exec"
	OpStmtQueryContext Op = "Stmt.QueryContext"
	OpStmtQuery        Op = "Stmt.Query"
	OpStmtCheck        Op = "Stmt.CheckNamedValue"
	OpStmtConverter    Op = "Stmt.ColumnConverter"
	OpStmtClose        Op = "Stmt.Close"

	OpNext          Op = "Rows.Next"
	OpNextResultSet Op = "Rows.NextResultSet"
	OpRowsClose     Op = "Rows.Close"
)

// Call is one call that the driver got.
type Call struct {
	Op Op
	// Conn numbers the connections from 1; 0 where there is none.
	Conn int
	// Query is the statement's text, or the data source name.
	Query string
	// Args are the arguments as the driver got them. Those of calls without
	// names have only Ordinal and Value.
	Args []driver.NamedValue
	// Tx is the options of OpBeginTx.
	Tx driver.TxOptions
	// HasDeadline and Value tell of the context: its deadline, and what it has
	// under [ContextKey].
	HasDeadline bool
	Value       any
}

// ContextKey is the type of the key whose value calls record: the key is
// ContextKey{}.
type ContextKey struct{}

// note records a call and returns the error that it is to fail with, if any.
// Methods without a context pass the empty one.
func (d *Driver) note(ctx context.Context, c Call) error {
	_, c.HasDeadline = ctx.Deadline()
	c.Value = ctx.Value(ContextKey{})
	c.Args = slices.Clone(c.Args)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, c)
	d.counts[c.Op]++
	for _, f := range d.failures {
		if f.Op == c.Op && (f.Nth == 0 || f.Nth == d.counts[c.Op]) {
			return f.Err
		}
	}
	return nil
}

// Calls returns what was called so far, in order.
func (d *Driver) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

// Ops returns the kinds of the calls so far, in order.
func (d *Driver) Ops() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	ops := make([]Op, len(d.calls))
	for i := range d.calls {
		ops[i] = d.calls[i].Op
	}
	return ops
}

// Count returns how many calls of that kind there were.
func (d *Driver) Count(op Op) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[op]
}

// Reset forgets the calls and the counts, also those that failures go by.
// What is open stays counted.
func (d *Driver) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = nil
	clear(d.counts)
}

// Fail puts a failure before all others.
func (d *Driver) Fail(f Failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures = slices.Insert(d.failures, 0, f)
}
