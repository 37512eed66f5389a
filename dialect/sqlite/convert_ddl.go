package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// ddl converts what changes the schema. The expressions in it are looked at
// for the tables and functions they name: an index computes them for the rows
// that are there.
func (c *converter) ddl(stmt ast.Stmt) {
	c.st.Kind = dialect.KindDDL
	switch n := stmt.(type) {
	case *ast.CreateTableStmt:
		c.ddlTarget(n.Name, n.Temp)
		for _, col := range n.Columns {
			c.columnDef(col)
		}
		for _, con := range n.Constraints {
			c.ordering(con.Columns)
			c.exprOrNil(con.Expr)
		}
		if n.Select != nil {
			c.query(n.Select)
		}
	case *ast.CreateIndexStmt:
		// The table has the index's schema.
		table := dialect.Name{Name: convertIdent(n.Table)}
		if n.Name != nil {
			table.Schema = convertIdent(n.Name.Schema)
		}
		c.ddlName(table, false)
		c.ordering(n.Columns)
		c.exprOrNil(n.Where)
	case *ast.CreateViewStmt:
		c.ddlTarget(n.Name, n.Temp)
		c.query(n.Select)
	case *ast.CreateTriggerStmt:
		c.createTrigger(n)
	case *ast.CreateVirtualTableStmt:
		c.ddlTarget(n.Name, false)
		// The module gets its arguments as they stand: no token in them is a
		// parameter.
		c.st.Params, c.st.NamedParams = 0, false
	case *ast.AlterTableStmt:
		c.ddlTarget(n.Table, false)
		if n.Action == ast.AlterRenameTable {
			c.write(dialect.Name{Schema: convertName(n.Table).Schema, Name: convertIdent(n.NewName)})
		}
		if n.ColumnDef != nil {
			c.columnDef(n.ColumnDef)
		}
		c.exprOrNil(n.Expr)
	case *ast.DropTableStmt:
		c.ddlTarget(n.Name, false)
	case *ast.DropViewStmt:
		c.ddlTarget(n.Name, false)
	case *ast.DropIndexStmt:
		c.ddlTemp(convertName(n.Name), false) // it does not say of which table
	case *ast.DropTriggerStmt:
		c.ddlTemp(convertName(n.Name), false)
	case *ast.ReindexStmt:
		// The name is that of a table, an index or a collation.
		if n.Name != nil {
			c.ddlTarget(n.Name, false)
		}
	default:
		c.failf("a statement is not known: %T", stmt)
	}
}

// ddlTarget notes the table or view whose schema changes.
func (c *converter) ddlTarget(n *ast.QualifiedName, temp bool) {
	c.ddlName(convertName(n), temp)
}

func (c *converter) ddlName(n dialect.Name, temp bool) {
	c.write(n)
	c.ddlTemp(n, temp)
}

// ddlTemp taints the connection when an object of the temporary schema is
// meant: the others do not see it, and it hides a table of the same name.
func (c *converter) ddlTemp(n dialect.Name, temp bool) {
	if temp || nameFold(n.Schema) == "temp" {
		c.st.Taint |= dialect.TaintAll
	}
}

func (c *converter) columnDef(col *ast.ColumnDef) {
	for _, con := range col.Constraints {
		c.exprOrNil(con.Expr)
	}
}

// createTrigger converts a CREATE TRIGGER. Nothing in it runs now; the tables
// that its body names count as read, so that none is missing.
func (c *converter) createTrigger(n *ast.CreateTriggerStmt) {
	c.ddlTarget(n.Table, n.Temp)
	c.ddlTemp(convertName(n.Name), n.Temp)
	c.exprOrNil(n.When)
	for _, part := range n.Body {
		body := &converter{text: c.text, toks: c.toks, st: &dialect.Statement{Text: c.text}, depth: c.depth}
		body.statement(part)
		if body.failed != "" {
			c.failf("%s", body.failed)
			return
		}
		for _, n := range body.st.Writes {
			c.read(n)
		}
		for _, n := range body.st.Reads {
			c.read(n)
		}
		for _, name := range body.st.Foreigns {
			c.foreign(name)
		}
		c.volatile(body.st.Volatile)
		c.st.TruthWords = c.st.TruthWords || body.st.TruthWords
	}
}
