package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// statement converts a statement of any kind. A kind that is not listed fails,
// and is told by its tokens.
func (c *converter) statement(stmt ast.Stmt) {
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		c.selectStatement(n)
	case *ast.InsertStmt:
		c.insert(n)
	case *ast.UpdateStmt:
		c.update(n)
	case *ast.DeleteStmt:
		c.delete(n)
	case *ast.BeginStmt:
		c.st.Kind = dialect.KindBegin
	case *ast.CommitStmt:
		c.st.Kind = dialect.KindCommit
	case *ast.RollbackStmt:
		c.st.Kind = dialect.KindRollback
		if n.Savepoint != nil {
			c.st.Kind, c.st.Savepoint = dialect.KindRollbackTo, nameFold(n.Savepoint.Name)
		}
	case *ast.SavepointStmt:
		c.st.Kind, c.st.Savepoint = dialect.KindSavepoint, nameFold(n.Name.Name)
	case *ast.ReleaseStmt:
		c.st.Kind, c.st.Savepoint = dialect.KindRelease, nameFold(n.Name.Name)
	case *ast.AttachStmt:
		// A table of the attached database can be meant by a bare name, and a
		// trigger can write there.
		c.st.Kind, c.st.Taint = dialect.KindSession, dialect.TaintAll
		c.exprOrNil(n.File)
		c.exprOrNil(n.Name)
		c.exprOrNil(n.Key)
	case *ast.DetachStmt:
		c.st.Kind, c.st.Taint = dialect.KindSession, dialect.TaintAll
		c.exprOrNil(n.Name)
	case *ast.PragmaStmt:
		c.pragma(n)
	case *ast.VacuumStmt:
		c.vacuum(n)
	case *ast.AnalyzeStmt:
		// It writes sqlite_stat tables, reads of which are never cached.
		c.st.Kind = dialect.KindUtility
	case *ast.ExplainStmt:
		c.explain(n)
	default:
		c.ddl(stmt)
	}
}

// explain converts an EXPLAIN: the statement in it does not run. SQLite
// carries a pragma out when it prepares it, though, and so under EXPLAIN.
func (c *converter) explain(n *ast.ExplainStmt) {
	c.statement(n.Stmt)
	if _, is := n.Stmt.(*ast.PragmaStmt); is {
		return
	}
	c.st.Kind = dialect.KindUtility
	c.st.Query, c.st.Insert, c.st.Update, c.st.Delete = nil, nil, nil, nil
	c.st.Reads, c.st.Writes = nil, nil
	c.st.Savepoint, c.st.Taint = "", 0
	c.st.Foreign, c.st.Foreigns = "", nil
}

// vacuum converts a VACUUM. It may give the rows new rowids, as no other
// statement does that names no table. VACUUM INTO writes another file.
func (c *converter) vacuum(n *ast.VacuumStmt) {
	if n.Into != nil {
		c.st.Kind = dialect.KindUtility
		c.expr(n.Into)
		return
	}
	c.st.Kind = dialect.KindDDL
}
