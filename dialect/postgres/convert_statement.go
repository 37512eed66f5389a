package postgres

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// statement converts a statement of any kind.
func (c *converter) statement(stmt *ast.Node) {
	switch n := stmt.GetNode().(type) {
	case nil:
		c.failf("a statement is empty")
	case *ast.Node_SelectStmt:
		c.selectStatement(n.SelectStmt)
	case *ast.Node_InsertStmt:
		c.st.Kind = dialect.KindInsert
		c.st.Insert = c.insert(n.InsertStmt, true)
	case *ast.Node_UpdateStmt:
		c.st.Kind = dialect.KindUpdate
		c.st.Update = c.update(n.UpdateStmt, true)
	case *ast.Node_DeleteStmt:
		c.st.Kind = dialect.KindDelete
		c.st.Delete = c.delete(n.DeleteStmt, true)
	case *ast.Node_MergeStmt:
		c.st.Kind = dialect.KindUpdate
		c.merge(n.MergeStmt)
		c.incomplete("MERGE may insert, update or delete any row")
	case *ast.Node_CopyStmt:
		c.copy(n.CopyStmt)
	case *ast.Node_TruncateStmt:
		c.st.Kind = dialect.KindDelete
		for _, r := range n.TruncateStmt.GetRelations() {
			c.target(r.GetRangeVar())
		}
		c.st.Cascade = n.TruncateStmt.GetBehavior() == ast.DropBehavior_DROP_CASCADE
		c.incomplete("TRUNCATE deletes every row")
	case *ast.Node_TransactionStmt:
		c.transaction(n.TransactionStmt)
	case *ast.Node_VariableSetStmt:
		c.set(n.VariableSetStmt)
	case *ast.Node_DiscardStmt:
		c.st.Kind = dialect.KindSession
		if n.DiscardStmt.GetTarget() == ast.DiscardMode_DISCARD_ALL {
			c.st.Resets = dialect.ResetAll
		}
	case *ast.Node_LoadStmt:
		c.st.Kind, c.st.Taint = dialect.KindSession, dialect.TaintAll // it brings in foreign code
	case *ast.Node_ExplainStmt:
		c.explain(n.ExplainStmt)
	case *ast.Node_PrepareStmt:
		c.prepare(n.PrepareStmt)
	case *ast.Node_ExecuteStmt:
		c.unknown(0, "EXECUTE runs what was prepared under a name")
	case *ast.Node_DeclareCursorStmt:
		// What the query calls is called by the FETCHes, inside the transaction that
		// the cursor lives in, or by its COMMIT.
		c.statement(n.DeclareCursorStmt.GetQuery())
		c.incomplete("a cursor's rows are fetched later")
	case *ast.Node_CallStmt:
		// A procedure is declared as a function is.
		c.st.Kind = dialect.KindSelect
		call := n.CallStmt.GetFunccall()
		c.exprs(call.GetArgs())
		if _, name, ok := convertLast(call.GetFuncname()); ok {
			c.foreign(name)
			c.foreign(dialect.ProcedurePrefix + name)
		} else {
			c.failf("the name of a procedure is not understood")
		}
		c.incomplete("CALL runs a procedure")
	case *ast.Node_DoStmt:
		c.unknown(dialect.TaintAll, "DO runs a program")
	case *ast.Node_CommentStmt, *ast.Node_SecLabelStmt, *ast.Node_ReindexStmt: // REINDEX since PostgreSQL 17
		c.st.Kind = dialect.KindUtility
		c.foreign(routineEvents)
	case *ast.Node_RefreshMatViewStmt:
		// Reads of the materialised view itself are not cached.
		c.st.Kind = dialect.KindUtility
		c.foreign(routineEvents)
		c.foreign(routineRefresh)
	case *ast.Node_VariableShowStmt, *ast.Node_LockStmt, *ast.Node_VacuumStmt, *ast.Node_ClusterStmt, *ast.Node_CheckPointStmt,
		*ast.Node_ListenStmt, *ast.Node_UnlistenStmt, *ast.Node_NotifyStmt, *ast.Node_DeallocateStmt,
		*ast.Node_FetchStmt, *ast.Node_ClosePortalStmt, *ast.Node_ConstraintsSetStmt:
		c.st.Kind = dialect.KindUtility
	default:
		c.ddl(stmt)
	}
	if c.writing {
		c.incomplete("a WITH holds a write")
	}
	c.settleParams()
}

// incomplete leaves of a statement what it reads, writes and calls.
func (c *converter) incomplete(why string) {
	if c.st.Incomplete == "" {
		c.st.Incomplete = why
	}
	c.volatile(why)
	c.st.Query, c.st.Insert, c.st.Update, c.st.Delete = nil, nil, nil, nil
}

// unknown makes the statement one that nothing is known of.
func (c *converter) unknown(taint dialect.Taint, why string) {
	c.st.Kind, c.st.Taint = dialect.KindUnknown, taint
	c.incomplete(why)
}

// explain converts an EXPLAIN: the statement in it does not run, unless ANALYZE
// says so.
func (c *converter) explain(n *ast.ExplainStmt) {
	runs := false
	for _, o := range n.GetOptions() {
		if e := o.GetDefElem(); e.GetDefname() == "analyze" {
			runs = !convertOff(e.GetArg())
		}
	}
	if !runs {
		c.st.Kind = dialect.KindUtility
		return
	}
	c.statement(n.GetQuery())
	switch c.st.Kind {
	case dialect.KindSelect, dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete:
		c.incomplete("EXPLAIN ANALYZE runs a statement")
	default:
	}
}

// convertOff reports whether the argument of an option surely says no.
func convertOff(n *ast.Node) bool {
	switch v := n.GetNode().(type) {
	case *ast.Node_String_:
		return slices.Contains([]string{"false", "off"}, nameLower(v.String_.GetSval()))
	case *ast.Node_Integer:
		return v.Integer.GetIval() == 0
	case *ast.Node_Boolean:
		return !v.Boolean.GetBoolval()
	}
	return false
}

// prepare converts a PREPARE: nothing runs. What the statement would leave on the
// connection counts as left, for the EXECUTE does not say what it runs.
func (c *converter) prepare(n *ast.PrepareStmt) {
	inner := &converter{text: c.text, toks: c.toks, st: &dialect.Statement{Text: c.text}, depth: c.depth}
	inner.statement(n.GetQuery())
	if inner.failed != "" {
		c.failf("%s", inner.failed)
	}
	c.st.Kind, c.st.Taint = dialect.KindSession, inner.st.Taint
	c.st.Params = 0 // those of the prepared statement
}

// copy converts a COPY. One that runs a program may do anything.
func (c *converter) copy(n *ast.CopyStmt) {
	switch {
	case n.GetIsProgram():
		c.unknown(dialect.TaintAll, "COPY runs a program")
		return
	case n.GetQuery() != nil:
		c.statement(n.GetQuery())
	case n.GetIsFrom():
		c.st.Kind = dialect.KindInsert
		c.target(n.GetRelation())
		c.exprOrNil(n.GetWhereClause())
	default:
		c.st.Kind = dialect.KindSelect
		c.table(c.relation(n.GetRelation()))
	}
	c.incomplete("COPY")
}

// transaction converts BEGIN, COMMIT and their kin.
func (c *converter) transaction(n *ast.TransactionStmt) {
	c.st.Chain = n.GetChain()
	switch n.GetKind() {
	case ast.TransactionStmtKind_TRANS_STMT_BEGIN, ast.TransactionStmtKind_TRANS_STMT_START:
		c.st.Kind = dialect.KindBegin
		c.st.OtherIsolation = convertIsolation(n.GetOptions())
		c.st.ReadOnly = convertReadOnly(n.GetOptions())
	case ast.TransactionStmtKind_TRANS_STMT_COMMIT:
		c.st.Kind = dialect.KindCommit
	case ast.TransactionStmtKind_TRANS_STMT_ROLLBACK:
		c.st.Kind = dialect.KindRollback
	case ast.TransactionStmtKind_TRANS_STMT_SAVEPOINT:
		c.st.Kind, c.st.Savepoint = dialect.KindSavepoint, n.GetSavepointName()
	case ast.TransactionStmtKind_TRANS_STMT_RELEASE:
		c.st.Kind, c.st.Savepoint = dialect.KindRelease, n.GetSavepointName()
	case ast.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		c.st.Kind, c.st.Savepoint = dialect.KindRollbackTo, n.GetSavepointName()
	case ast.TransactionStmtKind_TRANS_STMT_PREPARE:
		c.st.Kind = dialect.KindPrepareTx
	case ast.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED, ast.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED:
		c.unknown(0, "it ends a transaction of somebody else")
	default:
		c.failf("a transaction's statement is not known: %s", n.GetKind())
	}
}

// convertReadOnly reports whether the options of a transaction forbid writes.
func convertReadOnly(options []*ast.Node) bool {
	only := false
	for _, o := range options {
		if e := o.GetDefElem(); e.GetDefname() == "transaction_read_only" {
			only = e.GetArg().GetAConst().GetIval().GetIval() != 0
		}
	}
	return only
}

// convertIsolation reports whether the options of a transaction ask for another
// level than READ COMMITTED, which READ UNCOMMITTED is as well.
func convertIsolation(options []*ast.Node) bool {
	other := false
	for _, o := range options {
		if e := o.GetDefElem(); e.GetDefname() == "transaction_isolation" {
			level := nameLower(e.GetArg().GetAConst().GetSval().GetSval())
			other = level != "read committed" && level != "read uncommitted"
		}
	}
	return other
}
