package postgres

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cacheops/cacheops/dialect"
)

// exprOrNil converts an expression that may be absent.
func (c *converter) exprOrNil(n *ast.Node) dialect.Expr {
	if n == nil || n.GetNode() == nil {
		return nil
	}
	return c.expr(n)
}

func (c *converter) exprs(list []*ast.Node) []dialect.Expr {
	var out []dialect.Expr
	for _, n := range list {
		out = append(out, c.expr(n))
	}
	return out
}

// opaque makes an expression that restricts nothing.
func (c *converter) opaque(what string, parts ...*ast.Node) *dialect.Opaque {
	o := &dialect.Opaque{What: what}
	for _, n := range parts {
		if e := c.exprOrNil(n); e != nil {
			o.Args = append(o.Args, e)
		}
	}
	return o
}

// subselect converts a query inside an expression.
func (c *converter) subselect(n *ast.Node) *dialect.Query {
	c.subquery = true
	return c.queryNode(n)
}

// expr converts an expression. It never returns nil.
func (c *converter) expr(n *ast.Node) dialect.Expr {
	defer c.leave()
	if !c.enter() {
		return &dialect.Opaque{What: "too deep"}
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		return c.column(e.ColumnRef)
	case *ast.Node_AConst:
		return c.constant(e.AConst)
	case *ast.Node_ParamRef:
		return c.param(e.ParamRef, convertPlace{})
	case *ast.Node_TypeCast:
		return c.cast(e.TypeCast, "")
	case *ast.Node_AExpr:
		return c.operation(e.AExpr)
	case *ast.Node_BoolExpr:
		return c.boolean(e.BoolExpr)
	case *ast.Node_NullTest:
		return convertNot(e.NullTest.GetNulltesttype() != ast.NullTestType_IS_NULL, &dialect.IsNull{X: c.tested(e.NullTest.GetArg())})
	case *ast.Node_BooleanTest:
		return c.truth(e.BooleanTest)
	case *ast.Node_SubLink:
		return c.subLink(e.SubLink)
	case *ast.Node_FuncCall:
		return c.call(e.FuncCall)
	case *ast.Node_RowExpr:
		return c.row(e.RowExpr)
	case *ast.Node_AIndirection:
		return c.indirection(e.AIndirection)
	case *ast.Node_AArrayExpr:
		return c.opaque("ARRAY", e.AArrayExpr.GetElements()...)
	case *ast.Node_List:
		return c.opaque("list", e.List.GetItems()...)
	case *ast.Node_CollateClause:
		// Another collation finds other values equal.
		return c.opaque("COLLATE", e.CollateClause.GetArg())
	case *ast.Node_CaseExpr:
		if e.CaseExpr.GetArg() != nil {
			c.function(dialect.OperatorPrefix + "=")
		}
		o := c.opaque("CASE", e.CaseExpr.GetArg())
		for _, w := range e.CaseExpr.GetArgs() {
			o.Args = append(o.Args, c.expr(w.GetCaseWhen().GetExpr()), c.expr(w.GetCaseWhen().GetResult()))
		}
		if rest := c.exprOrNil(e.CaseExpr.GetDefresult()); rest != nil {
			o.Args = append(o.Args, rest)
		}
		return o
	case *ast.Node_CoalesceExpr:
		return c.opaque("COALESCE", e.CoalesceExpr.GetArgs()...)
	case *ast.Node_MinMaxExpr:
		return c.opaque("GREATEST or LEAST", e.MinMaxExpr.GetArgs()...)
	case *ast.Node_NamedArgExpr:
		return c.expr(e.NamedArgExpr.GetArg())
	case *ast.Node_SqlvalueFunction:
		what := e.SqlvalueFunction.GetOp().String()
		c.volatile("CURRENT_TIMESTAMP, CURRENT_USER or the like is no function of rows")
		return &dialect.Opaque{What: what}
	case *ast.Node_GroupingFunc:
		return &dialect.Call{Name: "grouping", Args: c.exprs(e.GroupingFunc.GetArgs()), Aggregate: true}
	case *ast.Node_GroupingSet:
		return c.opaque("grouping set", e.GroupingSet.GetContent()...)
	case *ast.Node_MultiAssignRef:
		if e.MultiAssignRef.GetColno() != 1 {
			return &dialect.Opaque{What: "multiple assignment"} // the first one has it
		}
		return c.expr(e.MultiAssignRef.GetSource())
	case *ast.Node_SetToDefault:
		return &dialect.Opaque{What: "DEFAULT"}
	case *ast.Node_CurrentOfExpr:
		c.volatile("CURRENT OF asks a cursor")
		return &dialect.Opaque{What: "CURRENT OF"}
	case *ast.Node_MergeSupportFunc:
		return &dialect.Opaque{What: "merge_action"}
	case *ast.Node_XmlExpr:
		return &dialect.Opaque{What: "XML", Args: c.parts(e.XmlExpr)}
	case *ast.Node_XmlSerialize:
		return &dialect.Opaque{What: "XML", Args: c.parts(e.XmlSerialize)}
	case *ast.Node_JsonObjectAgg:
		return &dialect.Call{Name: "json_objectagg", Args: c.parts(e.JsonObjectAgg), Aggregate: true}
	case *ast.Node_JsonArrayAgg:
		return &dialect.Call{Name: "json_arrayagg", Args: c.parts(e.JsonArrayAgg), Aggregate: true}
	case *ast.Node_JsonFuncExpr:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonFuncExpr)}
	case *ast.Node_JsonParseExpr:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonParseExpr)}
	case *ast.Node_JsonScalarExpr:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonScalarExpr)}
	case *ast.Node_JsonSerializeExpr:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonSerializeExpr)}
	case *ast.Node_JsonObjectConstructor:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonObjectConstructor)}
	case *ast.Node_JsonArrayConstructor:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonArrayConstructor)}
	case *ast.Node_JsonArrayQueryConstructor:
		return &dialect.Opaque{What: "JSON", Queries: []*dialect.Query{c.subselect(e.JsonArrayQueryConstructor.GetQuery())}}
	case *ast.Node_JsonIsPredicate:
		return &dialect.Opaque{What: "IS JSON", Args: c.parts(e.JsonIsPredicate)}
	case *ast.Node_JsonValueExpr:
		return &dialect.Opaque{What: "JSON", Args: c.parts(e.JsonValueExpr)}
	}
	c.failf("an expression is not known: %T", n.GetNode())
	return &dialect.Opaque{What: "unknown"}
}

// convertNot negates an expression if not is set.
func convertNot(not bool, e dialect.Expr) dialect.Expr {
	if not {
		return &dialect.Not{X: e}
	}
	return e
}

// parts converts every expression inside a node of a kind that is not looked at
// more closely, and looks at the types it names.
func (c *converter) parts(m proto.Message) []dialect.Expr {
	defer c.leave()
	if !c.enter() {
		return nil
	}
	var out []dialect.Expr
	value := func(v protoreflect.Value) {
		switch x := v.Message().Interface().(type) {
		case *ast.Node:
			switch inner := x.GetNode().(type) {
			case nil, *ast.Node_String_, *ast.Node_Integer:
			case *ast.Node_List:
				out = append(out, c.exprs(inner.List.GetItems())...)
			case *ast.Node_ResTarget:
				out = append(out, c.expr(inner.ResTarget.GetVal()))
			case *ast.Node_SortBy:
				out = append(out, c.ordering([]*ast.Node{x})...)
			case *ast.Node_RangeTableFuncCol:
				c.params.alias(inner.RangeTableFuncCol.GetColname())
				out = append(out, c.parts(inner.RangeTableFuncCol)...)
			case *ast.Node_JsonTableColumn:
				c.params.alias(inner.JsonTableColumn.GetName())
				out = append(out, c.parts(inner.JsonTableColumn)...)
			case *ast.Node_JsonArgument:
				out = append(out, c.parts(inner.JsonArgument)...)
			case *ast.Node_JsonKeyValue:
				out = append(out, c.parts(inner.JsonKeyValue)...)
			case *ast.Node_JsonTablePathSpec:
				out = append(out, c.parts(inner.JsonTablePathSpec)...)
			default:
				out = append(out, c.expr(x))
			}
		case *ast.TypeName:
			c.typeName(x)
		case *ast.Alias:
		case *ast.WindowDef:
			out = append(out, c.window(x)...)
		default:
			out = append(out, c.parts(v.Message().Interface())...)
		}
	}
	eachMessage(m, value)
	return out
}

// eachMessage calls f for every message right inside one, in the order of the
// fields.
func eachMessage(m proto.Message, f func(protoreflect.Value)) {
	r := m.ProtoReflect()
	fields := r.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case fd.Kind() != protoreflect.MessageKind || !r.Has(fd):
		case fd.IsList():
			for list, j := r.Get(fd).List(), 0; j < list.Len(); j++ {
				f(list.Get(j))
			}
		default:
			f(r.Get(fd))
		}
	}
}

// column converts a reference to a column. A star inside an expression, and what
// has more than three parts, is a row or the field of one.
func (c *converter) column(n *ast.ColumnRef) dialect.Expr {
	names, ok := convertStrings(n.GetFields())
	if !ok || len(names) == 0 || len(names) > 3 {
		if !convertIsStar(n.GetFields()) && len(names) < 4 {
			c.failf("a column's name is not understood")
		}
		return &dialect.Opaque{What: "row"}
	}
	ref := &dialect.ColumnRef{Name: names[len(names)-1]}
	if len(names) > 1 {
		ref.Qualifier = names[len(names)-2]
		c.attributes = append(c.attributes, ref.Name)
		if strings.HasPrefix(ref.Name, "pg_") { // t.pg_typeof is pg_typeof(t)
			c.attribute(ref.Name)
		}
	}
	if len(names) > 2 {
		ref.Schema = names[0]
	}
	if functionSystemColumns[ref.Name] {
		c.volatile(ref.Name + " says where a row stands or who wrote it")
	}
	return ref
}

// attribute looks at the name of a field: x.f is f(x) where there is no such field.
// Functions of others are told by the catalog.
func (c *converter) attribute(name string) {
	switch {
	case functions[name] == functionVolatile:
		c.volatile(functionVolatileWhy(name, 1))
	case name == "ts_stat", name == "lo_import", name == "pg_import_system_collations":
		c.foreign(name)
	}
}

func (c *converter) row(n *ast.RowExpr) dialect.Expr {
	row := &dialect.Row{}
	for _, x := range n.GetArgs() {
		switch {
		case x.GetColumnRef() != nil && convertIsStar(x.GetColumnRef().GetFields()),
			x.GetAIndirection() != nil && convertIsStar(x.GetAIndirection().GetIndirection()):
			return c.opaque("row", n.GetArgs()...) // of nobody knows how many
		case x.GetRowExpr() != nil:
			// Two rows inside rows are equal also where both have a NULL.
			row.X = append(row.X, c.opaque("row", x.GetRowExpr().GetArgs()...))
		default:
			row.X = append(row.X, c.expr(x))
		}
	}
	return row
}

// indirection converts x[1], x.field and the like. A field may be a function.
func (c *converter) indirection(n *ast.A_Indirection) dialect.Expr {
	o := c.opaque("part of a value", n.GetArg())
	for _, part := range n.GetIndirection() {
		switch p := part.GetNode().(type) {
		case *ast.Node_String_:
			c.attribute(p.String_.GetSval())
			c.function(p.String_.GetSval())
		case *ast.Node_AIndices:
			for _, i := range []*ast.Node{p.AIndices.GetLidx(), p.AIndices.GetUidx()} {
				if e := c.exprOrNil(i); e != nil {
					o.Args = append(o.Args, e)
				}
			}
		case *ast.Node_AStar:
		default:
			c.failf("a part of a value is not known: %T", p)
		}
	}
	return o
}

func (c *converter) boolean(n *ast.BoolExpr) dialect.Expr {
	args := c.exprs(n.GetArgs())
	switch n.GetBoolop() {
	case ast.BoolExprType_AND_EXPR:
		return &dialect.And{X: args}
	case ast.BoolExprType_OR_EXPR:
		return &dialect.Or{X: args}
	case ast.BoolExprType_NOT_EXPR:
		if len(args) == 1 {
			return &dialect.Not{X: args[0]}
		}
	default:
	}
	c.failf("an operator is not known: %s", n.GetBoolop())
	return &dialect.Opaque{What: "unknown"}
}

// tested converts what stands before IS NULL, which leaves a parameter's type
// open.
func (c *converter) tested(n *ast.Node) dialect.Expr {
	if p := n.GetParamRef(); p != nil {
		return c.param(p, convertPlace{null: true})
	}
	return c.expr(n)
}

func (c *converter) truth(n *ast.BooleanTest) dialect.Expr {
	x := c.expr(n.GetArg())
	switch n.GetBooltesttype() {
	case ast.BoolTestType_IS_TRUE:
		return &dialect.IsTruth{X: x, Want: true}
	case ast.BoolTestType_IS_NOT_TRUE:
		return &dialect.Not{X: &dialect.IsTruth{X: x, Want: true}}
	case ast.BoolTestType_IS_FALSE:
		return &dialect.IsTruth{X: x}
	case ast.BoolTestType_IS_NOT_FALSE:
		return &dialect.Not{X: &dialect.IsTruth{X: x}}
	case ast.BoolTestType_IS_UNKNOWN:
		return &dialect.IsNull{X: x}
	case ast.BoolTestType_IS_NOT_UNKNOWN:
		return &dialect.Not{X: &dialect.IsNull{X: x}}
	default:
	}
	c.failf("a test is not known: %s", n.GetBooltesttype())
	return &dialect.Opaque{What: "unknown"}
}
