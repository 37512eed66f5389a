package postgres

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cacheops/cacheops/dialect"
)

// ddl notes what changes the schema: the names of the tables in it, and whether
// one is temporary. Everything is invalidated after it, so that nothing else of it
// counts.
func (c *converter) ddl(stmt *ast.Node) {
	c.st.Kind = dialect.KindDDL
	if drop := stmt.GetDropStmt(); drop != nil {
		for _, o := range drop.GetObjects() {
			if schema, name, ok := convertLast(o.GetList().GetItems()); ok {
				c.write(dialect.Name{Schema: schema, Name: name})
			}
		}
		return
	}
	c.ddlTargets(stmt.ProtoReflect().Interface())
}

// ddlTarget notes the table or view whose schema changes. A temporary one is seen
// by its connection alone, and hides a table of the same name.
func (c *converter) ddlTarget(r *ast.RangeVar) {
	c.write(c.relation(r))
	if r.GetRelpersistence() == "t" || strings.HasPrefix(r.GetSchemaname(), "pg_temp") {
		c.st.Taint |= dialect.TaintAll
	}
}

// ddlTargets notes every table that is named anywhere in a node.
func (c *converter) ddlTargets(m proto.Message) {
	defer c.leave()
	if !c.enter() {
		return
	}
	if r, ok := m.(*ast.RangeVar); ok {
		if r.GetRelname() != "" {
			c.ddlTarget(r)
		}
		return
	}
	eachMessage(m, func(v protoreflect.Value) { c.ddlTargets(v.Message().Interface()) })
}
