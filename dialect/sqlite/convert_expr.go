package sqlite

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// exprOrNil converts an expression that may be absent.
func (c *converter) exprOrNil(e ast.Expr) dialect.Expr {
	if e == nil {
		return nil
	}
	return c.expr(e)
}

func (c *converter) exprs(list []ast.Expr) []dialect.Expr {
	var out []dialect.Expr
	for _, e := range list {
		out = append(out, c.expr(e))
	}
	return out
}

// opaque makes an expression that restricts nothing.
func (c *converter) opaque(what string, parts ...ast.Expr) *dialect.Opaque {
	o := &dialect.Opaque{What: what}
	for _, p := range parts {
		if p != nil {
			o.Args = append(o.Args, c.expr(p))
		}
	}
	return o
}

// subselect converts a query inside an expression.
func (c *converter) subselect(sel *ast.SelectStmt) *dialect.Query {
	c.subquery = true
	return c.query(sel)
}

// expr converts an expression. It never returns nil.
func (c *converter) expr(e ast.Expr) dialect.Expr {
	defer c.leave()
	if !c.enter() {
		return &dialect.Opaque{What: "too deep"}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		// SQLite drops the parentheses when it parses; the affinity and the
		// collation of what stands in them stay.
		return c.expr(e.X)
	case *ast.Ident:
		return c.ident(e)
	case *ast.QualifiedRef:
		return convertRef(e)
	case *ast.Literal:
		return c.literal(e)
	case *ast.BindParam:
		return c.param(e)
	case *ast.UnaryExpr:
		return c.unary(e)
	case *ast.BinaryExpr:
		return c.binary(e)
	case *ast.IsExpr:
		return c.is(e)
	case *ast.NullCheckExpr:
		return convertNot(e.Test != ast.TestIsNull, &dialect.IsNull{X: c.expr(e.X)})
	case *ast.InExpr:
		return convertNot(e.Not, c.in(e))
	case *ast.LikeExpr:
		return convertNot(e.Not, c.like(e))
	case *ast.BetweenExpr:
		return convertNot(e.Not, c.opaque("BETWEEN", e.X, e.Lo, e.Hi))
	case *ast.CaseExpr:
		parts := []ast.Expr{e.Operand}
		for _, w := range e.Whens {
			parts = append(parts, w.When, w.Then)
		}
		return c.opaque("CASE", append(parts, e.Else)...)
	case *ast.CastExpr:
		return c.opaque("CAST", e.X)
	case *ast.CollateExpr:
		// Another collation finds other values equal.
		return c.opaque("COLLATE", e.X)
	case *ast.VectorExpr:
		return &dialect.Row{X: c.exprs(e.List)}
	case *ast.FuncCall:
		return c.call(e)
	case *ast.ExistsExpr:
		return &dialect.Exists{Query: c.subselect(e.Select)}
	case *ast.SubqueryExpr:
		return &dialect.Scalar{Query: c.subselect(e.Select)}
	case *ast.RaiseExpr:
		return c.opaque("RAISE", e.Message)
	}
	c.failf("an expression is not known: %T", e)
	return &dialect.Opaque{What: "unknown"}
}

// convertNot negates an expression if not is set.
func convertNot(not bool, e dialect.Expr) dialect.Expr {
	if not {
		return &dialect.Not{X: e}
	}
	return e
}

// ident converts a single name. The bare words TRUE and FALSE are numbers.
func (c *converter) ident(id *ast.Ident) dialect.Expr {
	if truth, ok := convertTruthWord(id); ok {
		c.st.TruthWords = true
		if truth {
			return &dialect.Literal{Value: int64(1)}
		}
		return &dialect.Literal{Value: int64(0)}
	}
	return &dialect.ColumnRef{Name: id.Name}
}

// convertTruthWord reports whether an expression is the bare word TRUE or
// FALSE, in parentheses or not.
func convertTruthWord(e ast.Expr) (truth, ok bool) {
	id, is := convertUnparen(e).(*ast.Ident)
	if !is || id.Quote != ast.QuoteNone {
		return false, false
	}
	if tokFoldEqual(id.Name, "true") {
		return true, true
	}
	return false, tokFoldEqual(id.Name, "false")
}

func convertUnparen(e ast.Expr) ast.Expr {
	for {
		p, ok := e.(*ast.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

func convertRef(e *ast.QualifiedRef) dialect.Expr {
	ref := &dialect.ColumnRef{Name: e.Parts[len(e.Parts)-1].Name}
	if n := len(e.Parts); n >= 2 {
		ref.Qualifier = e.Parts[n-2].Name
		if n >= 3 {
			ref.Schema = e.Parts[n-3].Name
		}
	}
	return ref
}

func (c *converter) param(e *ast.BindParam) dialect.Expr {
	if e.Number < 1 || e.Number > tokMaxParam {
		c.failf("a parameter's number is not between 1 and %d", tokMaxParam)
	}
	p := dialect.Param{Index: e.Number}
	if e.Kind != ast.ParamAnon && e.Kind != ast.ParamNumber {
		p.Name = e.Name
	}
	c.params = append(c.params, dialect.ParamRef{Param: p, Pos: e.Pos(), End: e.End()})
	return &p
}

func (c *converter) unary(e *ast.UnaryExpr) dialect.Expr {
	switch e.Op {
	case ast.OpNot:
		return &dialect.Not{X: c.expr(e.X)}
	case ast.OpMinus:
		if lit, ok := c.negative(e.X); ok {
			return lit
		}
		return c.opaque("arithmetic", e.X)
	case ast.OpPlus:
		// A plus does nothing to a value, but it takes a column's affinity
		// away, so that +id = '5' is not id = '5'. A literal has none.
		x := c.expr(e.X)
		if lit, ok := x.(*dialect.Literal); ok {
			return lit
		}
		return &dialect.Opaque{What: "unary plus", Args: []dialect.Expr{x}}
	case ast.OpBitNot:
		return c.opaque("arithmetic", e.X)
	}
	c.failf("an operator is not known: %s", e.Op)
	return &dialect.Opaque{What: "unknown"}
}

func (c *converter) binary(e *ast.BinaryExpr) dialect.Expr {
	switch e.Op {
	case ast.OpAnd:
		return &dialect.And{X: c.chain(e)}
	case ast.OpOr:
		return &dialect.Or{X: c.chain(e)}
	case ast.OpEq:
		return &dialect.Equal{X: c.expr(e.X), Y: c.expr(e.Y)}
	case ast.OpNe, ast.OpLt, ast.OpLe, ast.OpGt, ast.OpGe:
		return c.opaque("comparison "+e.Op.String(), e.X, e.Y)
	case ast.OpAdd, ast.OpSub, ast.OpMul, ast.OpDiv, ast.OpMod,
		ast.OpBitAnd, ast.OpBitOr, ast.OpLShift, ast.OpRShift:
		return c.opaque("arithmetic", e.X, e.Y)
	case ast.OpConcat, ast.OpPtr, ast.OpPtr2:
		return c.opaque(e.Op.String(), e.X, e.Y)
	}
	c.failf("an operator is not known: %s", e.Op)
	return &dialect.Opaque{What: "unknown"}
}

// chain converts the operands of a chain of ANDs or of ORs in their order. The
// parser leans chains to the left; they are unrolled in a loop, because
// programs build long ones.
func (c *converter) chain(e *ast.BinaryExpr) []dialect.Expr {
	operands := []ast.Expr{e.Y}
	left := e.X
	for {
		b, ok := convertUnparen(left).(*ast.BinaryExpr)
		if !ok || b.Op != e.Op {
			break
		}
		operands = append(operands, b.Y)
		left = b.X
	}
	out := make([]dialect.Expr, 0, len(operands)+1)
	out = append(out, c.expr(left))
	for _, operand := range slices.Backward(operands) {
		out = append(out, c.expr(operand))
	}
	return out
}

// is converts the four forms of IS. IS DISTINCT FROM is IS NOT, also in that
// TRUE and FALSE on its right side are tests of truth.
func (c *converter) is(e *ast.IsExpr) dialect.Expr {
	not := e.Not != e.Distinct // IS NOT DISTINCT FROM sets both
	if truth, ok := convertTruthWord(e.Y); ok {
		c.st.TruthWords = true
		return convertNot(not, &dialect.IsTruth{X: c.expr(e.X), Want: truth})
	}
	switch {
	case convertIsNull(e.Y):
		return convertNot(not, &dialect.IsNull{X: c.expr(e.X)})
	case convertIsNull(e.X):
		return convertNot(not, &dialect.IsNull{X: c.expr(e.Y)})
	}
	return convertNot(not, &dialect.Equal{X: c.expr(e.X), Y: c.expr(e.Y), NullSafe: true})
}

func convertIsNull(e ast.Expr) bool {
	lit, ok := convertUnparen(e).(*ast.Literal)
	return ok && lit.Kind == ast.LitNull
}

// in converts X IN (list), X IN (query) and X IN table, without its NOT.
func (c *converter) in(e *ast.InExpr) dialect.Expr {
	x := &dialect.In{X: c.expr(e.X)}
	switch {
	case e.Select != nil:
		x.Query = c.subselect(e.Select)
	case e.Table != nil:
		// SQLite reads it as IN (SELECT * FROM table).
		c.subquery = true
		name := convertName(e.Table)
		core := &dialect.Core{Columns: []dialect.Output{{Star: true}}}
		if e.HasArgs {
			core.From = &dialect.FunctionSource{Name: name, Args: c.tableFunction(name, e.Args), Alias: name.Name}
		} else {
			core.From = c.tableSource(name, name.Name)
		}
		x.Query = &dialect.Query{Cores: []*dialect.Core{core}}
	default:
		x.List = c.exprs(e.List)
	}
	return x
}

// like converts LIKE, GLOB, REGEXP and MATCH, without its NOT. The last two
// are calls of functions that SQLite itself does not have.
func (c *converter) like(e *ast.LikeExpr) dialect.Expr {
	op := strings.ToUpper(e.Op.Name)
	switch op {
	case "LIKE", "GLOB":
	case "REGEXP":
		c.foreign("regexp")
	case "MATCH":
		// A virtual table answers it from an index of its own.
		c.volatile("MATCH asks a virtual table")
	default:
		c.foreign(strings.ToLower(op))
	}
	return c.opaque(op, e.X, e.Y, e.Escape)
}

// call converts the call of a function.
func (c *converter) call(e *ast.FuncCall) dialect.Expr {
	name := nameFold(e.Name.Name)
	call := &dialect.Call{Name: name, Args: c.exprs(e.Args), Star: e.Star, Window: e.Over != nil}
	kind, why := functionLookup(name, e)
	switch kind {
	case functionForeign:
		c.foreign(name)
	case functionVolatile:
		c.volatile(why)
	case functionAggregate:
		call.Aggregate = true
	}
	if e.Filter != nil {
		call.Extra = append(call.Extra, c.expr(e.Filter))
	}
	call.Extra = append(call.Extra, c.window(e.Over)...)
	call.Extra = append(call.Extra, c.ordering(e.OrderBy)...)
	return call
}
