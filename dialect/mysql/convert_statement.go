package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// statement converts a statement of any kind into c.st. What the parser knows of TiDB
// alone is refused: no server takes it.
func (c *converter) statement(n ast.StmtNode) {
	switch n := n.(type) {
	case nil:
		c.failf("a statement is empty")
	case *ast.SelectStmt:
		c.st.Kind = dialect.KindSelect
		c.st.Query = c.query(n)
	case *ast.SetOprStmt:
		c.st.Kind = dialect.KindSelect
		c.st.Query = c.query(n)
	case *ast.InsertStmt:
		c.st.Kind = dialect.KindInsert
		c.insert(n)
	case *ast.UpdateStmt:
		c.st.Kind = dialect.KindUpdate
		c.update(n)
	case *ast.DeleteStmt:
		c.st.Kind = dialect.KindDelete
		c.delete(n)
	case *ast.LoadDataStmt:
		c.load(n.Table, n.ColumnAssignments, "LOAD DATA")
	case *ast.LoadXMLStmt:
		c.load(n.Table, n.ColumnAssignments, "LOAD XML")
	case *ast.CallStmt:
		c.procedure(n.Procedure)
	case *ast.DoStmt:
		c.st.Kind = dialect.KindSelect
		c.exprs(n.Exprs)
		c.incomplete("DO returns no rows")
	case *ast.ExplainStmt:
		c.explain(n)
	case *ast.PrepareStmt:
		c.st.Kind = dialect.KindSession // nothing runs yet
	case *ast.ExecuteStmt:
		c.unknown("EXECUTE runs what was prepared under a name")
	case *ast.BinlogStmt:
		c.unknown("BINLOG writes rows of any table")
	case *ast.CloneStmt:
		c.unknown("CLONE may take the place of all data")
	case *ast.XAStmt:
		if c.st.Kind = dialect.KindUtility; n.Op != ast.XAOpRecover {
			c.unknown("XA has transactions of its own")
		}
	default:
		if !c.transaction(n) && !c.session(n) && !c.aside(n) {
			c.ddl(n)
		}
	}
}

// transaction converts BEGIN, COMMIT and their kin; false where n is none of them.
func (c *converter) transaction(n ast.StmtNode) bool {
	switch n := n.(type) {
	case *ast.BeginStmt:
		if n.Mode != "" || n.CausalConsistencyOnly || n.AsOf != nil {
			c.failf("a transaction of TiDB's")
		}
		c.st.Kind, c.st.ReadOnly = dialect.KindBegin, n.ReadOnly
		// The parser does not tell of WITH CONSISTENT SNAPSHOT.
		for i := range c.toks {
			c.st.OtherIsolation = c.st.OtherIsolation || c.isWord(i, "snapshot")
		}
	case *ast.CommitStmt:
		c.st.Kind, c.st.Chain = dialect.KindCommit, n.CompletionType == ast.CompletionTypeChain
	case *ast.RollbackStmt:
		if n.SavepointName != "" {
			c.savepoint(dialect.KindRollbackTo, n.SavepointName)
			break
		}
		c.st.Kind, c.st.Chain = dialect.KindRollback, n.CompletionType == ast.CompletionTypeChain
	case *ast.SavepointStmt:
		c.savepoint(dialect.KindSavepoint, n.Name)
	case *ast.ReleaseSavepointStmt:
		c.savepoint(dialect.KindRelease, n.Name)
	default:
		return false
	}
	return true
}

// savepoint converts what names a savepoint. Names are compared by a collation, in which
// an accented letter equals the plain one: of such a name it is not known which others it
// takes the place of, so that no rollback to one is believed any more.
func (c *converter) savepoint(kind dialect.Kind, name string) {
	for i := range len(name) {
		if name[i] >= 0x80 {
			c.unknown("the name of a savepoint may be equal to others")
			return
		}
	}
	c.st.Kind, c.st.Savepoint = kind, nameFold(name)
}

// procedure converts a CALL. A procedure is declared as a function is, but unlike a function
// it may commit, begin a transaction, and leave the settings of the connection changed.
func (c *converter) procedure(n *ast.FuncCallExpr) {
	c.st.Kind, c.st.Commits = dialect.KindSelect, true
	c.exprs(n.Args)
	name := nameFold(n.FnName.O)
	c.foreign(name)
	c.foreign(dialect.ProcedurePrefix + name)
	c.incomplete("CALL runs a procedure")
}

// explain converts EXPLAIN and DESCRIBE. The statement in it runs with ANALYZE alone; but
// the servers run parts of any to find the plan: subqueries, views, and functions of
// constants.
func (c *converter) explain(n *ast.ExplainStmt) {
	if n.Explore || n.Stmt == nil {
		c.failf("an EXPLAIN of TiDB's")
		return
	}
	c.noPlaces = true
	c.statement(n.Stmt)
	if n.Analyze {
		c.incomplete("EXPLAIN ANALYZE runs a statement")
		return
	}
	for _, name := range c.st.Writes {
		c.read(name) // a view, perhaps
	}
	c.st.Taint, c.st.Commits, c.st.Writes = 0, false, nil
	c.st.Query, c.st.Insert, c.st.Update, c.st.Delete, c.st.Incomplete = nil, nil, nil, nil, ""
	c.utility("EXPLAIN runs parts of a statement")
}

// utility makes the statement one that changes nothing but by what its expressions call.
func (c *converter) utility(why string) {
	c.st.Kind = dialect.KindUtility
	if c.calls() {
		c.st.Kind = dialect.KindSelect
		c.incomplete(why)
	}
}

// calls reports whether a function, or a view, may be called that does anything.
func (c *converter) calls() bool {
	return c.st.Foreign != "" || len(c.st.Reads) > 0 || len(c.st.Functions) > 0
}

// aside converts what changes neither rows nor the schema; false where n may. Those that
// MySQL or MariaDB list among the statements that commit have Commits.
func (c *converter) aside(n ast.StmtNode) bool {
	switch n := n.(type) {
	case *ast.AnalyzeTableStmt, *ast.OptimizeTableStmt, *ast.CheckTableStmt, *ast.CacheIndexStmt, *ast.LoadIndexStmt,
		*ast.ResetBinaryLogsAndGtidsStmt, *ast.ResetReplicaStmt, *ast.ShutdownStmt, *ast.RestartStmt:
		c.st.Commits = true
	case *ast.PurgeBinaryLogsStmt:
		c.st.Commits = true
		c.expr(n.Before)
	case *ast.FlushStmt:
		return c.flush(n)
	case *ast.ShowStmt:
		c.expr(n.Where)
	case *ast.HandlerReadStmt: // like all of HANDLER not cached
		c.exprs(n.Values)
		c.expr(n.Where)
	case *ast.KillStmt:
		c.expr(n.Expr)
	case *ast.HandlerOpenStmt, *ast.HandlerCloseStmt, *ast.ExplainForStmt, *ast.ChecksumTableStmt, *ast.HelpStmt, *ast.DeallocateStmt,
		*ast.SignalStmt, *ast.ResignalStmt, *ast.GetDiagnosticsStmt, *ast.LockInstanceStmt, *ast.UnlockInstanceStmt,
		*ast.ResetPersistStmt, *ast.SetResourceGroupStmt:
	default:
		return false
	}
	c.utility("it returns no rows of a query")
	return true
}

// flush converts FLUSH; false where it changes rights. One that locks tables has locks
// that a transaction of our own would end.
func (c *converter) flush(n *ast.FlushStmt) bool {
	for _, f := range append([]*ast.FlushStmt{n}, n.MoreOptions...) {
		switch {
		case f.Tp == ast.FlushPrivileges:
			return false
		case f.ReadLock, f.ForExport:
			c.st.Kind, c.st.Commits, c.st.Taint = dialect.KindSession, true, dialect.TaintAll
			return true
		}
	}
	c.st.Kind, c.st.Commits = dialect.KindUtility, true
	return true
}
