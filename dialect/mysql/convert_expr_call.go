package mysql

import (
	"strings"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// call converts the call of a function, and what the parser makes one of.
func (c *converter) call(n *ast.FuncCallExpr) dialect.Expr {
	name := nameFold(n.FnName.O)
	if n.Schema.O != "" || convertHasWord(c.text, n.OriginTextPosition(), "`"+n.FnName.O+"`") {
		// A name with a database is never that of a built-in function; one in quotes
		// need not be: `now`() is a stored function.
		return c.foreignCall(name, n.Args)
	}
	if own, is := functionRenamed[name]; is {
		// The parser's name for something else, unless the text has it itself.
		if convertHasWord(c.text, n.OriginTextPosition(), name) {
			return c.foreignCall(name, n.Args)
		}
		if name = own; name == convertTime || name == convertDate {
			return &dialect.Opaque{What: name}
		}
	}
	f := functions[name]
	if f.kind == functionForeign {
		return c.foreignCall(name, n.Args)
	}
	if f.some {
		c.function(name)
	}
	c.volatile(functionVolatileWhy(name, len(n.Args)))
	if f.sequence {
		return &dialect.Call{Name: name} // the argument is no expression
	}
	call := &dialect.Call{Name: name, Args: c.exprs(n.Args), Aggregate: f.kind == functionAggregate}
	if functionDates[name] {
		c.dated(call.Args...)
	}
	return call
}

// foreignCall converts the call of a function that is not known. It is not known either
// whether it computes over rows.
func (c *converter) foreignCall(name string, args []ast.ExprNode) dialect.Expr {
	c.foreign(name)
	return &dialect.Call{Name: name, Args: c.exprs(args), Aggregate: true}
}

// aggregate converts a call that computes over rows.
func (c *converter) aggregate(n *ast.AggregateFuncExpr) dialect.Expr {
	name := nameFold(n.F)
	call := &dialect.Call{Name: name, Args: c.exprs(n.Args), Aggregate: true, Extra: c.ordering(n.Order)}
	c.known(name)
	return call
}

// windowCall converts a call that computes over a window.
func (c *converter) windowCall(n *ast.WindowFuncExpr) dialect.Expr {
	name := nameFold(n.Name)
	call := &dialect.Call{Name: name, Args: c.exprs(n.Args), Aggregate: true, Window: true, Extra: c.window(&n.Spec)}
	if functionDates[name] {
		c.dated(call.Args...)
	}
	c.known(name)
	return call
}

// known notes an aggregate that the servers do not all have.
func (c *converter) known(name string) {
	switch f := functions[name]; {
	case f.kind == functionForeign:
		c.foreign(name)
	case f.some:
		c.function(name)
	}
}

// convertHasWord reports whether a word stands in the text at a place, in letters of
// either case.
func convertHasWord(text string, at int, word string) bool {
	return at >= 0 && at+len(word) <= len(text) && strings.EqualFold(text[at:at+len(word)], word)
}
