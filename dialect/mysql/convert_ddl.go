package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// ddl converts what changes the schema, or rights. Everything is invalidated after it,
// so that nothing else of it counts but the names of its tables, whether it commits, and
// whether a table is temporary: that one is seen by its connection alone, and hides
// another one of its name.
func (c *converter) ddl(n ast.StmtNode) {
	c.st.Kind, c.st.Commits = dialect.KindDDL, true
	switch n := n.(type) {
	case *ast.CreateTableStmt:
		c.ddlTable(n.Table)
		c.ddlTemporary(n.TemporaryKeyword)
	case *ast.DropTableStmt:
		for _, t := range n.Tables {
			c.ddlTable(t)
		}
		c.ddlTemporary(n.TemporaryKeyword)
	case *ast.AlterTableStmt:
		c.ddlTable(n.Table)
		for _, s := range n.Specs {
			c.ddlTable(s.NewTable)
		}
	case *ast.RenameTableStmt:
		for _, t := range n.TableToTables {
			c.ddlTable(t.OldTable)
			c.ddlTable(t.NewTable)
		}
	case *ast.TruncateTableStmt:
		c.ddlTable(n.Table)
	case *ast.CreateIndexStmt:
		c.ddlTable(n.Table)
	case *ast.DropIndexStmt:
		c.ddlTable(n.Table)
	case *ast.CreateViewStmt:
		c.ddlTable(n.ViewName)
	case *ast.AlterViewStmt:
		c.ddlTable(n.ViewName)
	case *ast.CreateTriggerStmt:
		c.ddlTable(n.Table)
	case *ast.RepairTablesStmt: // rows may get lost
		for _, t := range n.Tables {
			c.ddlTable(t)
		}
	case *ast.CreateSequenceStmt:
		c.ddlTable(n.Name)
	case *ast.AlterSequenceStmt:
		c.ddlTable(n.Name)
	case *ast.DropSequenceStmt:
		for _, t := range n.Sequences {
			c.ddlTable(t)
		}
	case *ast.FlashBackDatabaseStmt, *ast.FlashBackTableStmt, *ast.FlashBackToTimestampStmt, *ast.RecoverTableStmt, *ast.CleanupTableLockStmt:
		c.failf("a statement of TiDB's: %T", n)
	case ast.DDLNode, *ast.FlushStmt,
		*ast.CreateUserStmt, *ast.AlterUserStmt, *ast.DropUserStmt, *ast.RenameUserStmt, *ast.SetPwdStmt, *ast.SetDefaultRoleStmt,
		*ast.GrantStmt, *ast.GrantRoleStmt, *ast.GrantProxyStmt, *ast.RevokeStmt, *ast.RevokeRoleStmt, *ast.RevokeProxyStmt,
		*ast.ProcedureInfo, *ast.DropProcedureStmt, *ast.CreateLoadableFunctionStmt, *ast.AlterInstanceStmt, *ast.ImportTableStmt,
		*ast.InstallPluginStmt, *ast.UninstallPluginStmt, *ast.InstallComponentStmt, *ast.UninstallComponentStmt,
		// The server begins, or ceases, to write what others wrote.
		*ast.ChangeReplicationSourceStmt, *ast.ChangeReplicationFilterStmt, *ast.StartReplicaStmt, *ast.StopReplicaStmt,
		*ast.StartGroupReplicationStmt, *ast.StopGroupReplicationStmt:
	default:
		c.failf("a statement is not known: %T", n)
	}
}

// ddlTable notes a table or view whose schema changes.
func (c *converter) ddlTable(n *ast.TableName) {
	if n != nil {
		c.write(convertName(n))
	}
}

// ddlTemporary notes that a table is said to be temporary. Such a statement does not
// commit.
func (c *converter) ddlTemporary(k ast.TemporaryKeyword) {
	if k != ast.TemporaryNone {
		c.st.Commits, c.st.Taint = false, dialect.TaintAll
	}
}
