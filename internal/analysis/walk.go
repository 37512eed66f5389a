package analysis

import "github.com/cacheops/cacheops/dialect"

// eachOperand calls f for every expression right below e. It does not go into
// queries.
func eachOperand(e dialect.Expr, f func(dialect.Expr)) {
	call := func(list ...dialect.Expr) {
		for _, x := range list {
			if x != nil {
				f(x)
			}
		}
	}
	switch e := e.(type) {
	case *dialect.And:
		call(e.X...)
	case *dialect.Or:
		call(e.X...)
	case *dialect.Not:
		call(e.X)
	case *dialect.Equal:
		call(e.X, e.Y)
	case *dialect.In:
		call(e.X)
		call(e.List...)
	case *dialect.AnyOf:
		call(e.X)
	case *dialect.IsNull:
		call(e.X)
	case *dialect.IsTruth:
		call(e.X)
	case *dialect.Row:
		call(e.X...)
	case *dialect.Call:
		call(e.Args...)
		call(e.Extra...)
	case *dialect.Opaque:
		call(e.Args...)
	}
}

// queriesOf returns the queries right in an expression. A list of constants is
// none.
func queriesOf(e dialect.Expr) []*dialect.Query {
	switch e := e.(type) {
	case *dialect.In:
		if _, constant := constantRows(e.Query); e.Query != nil && !constant {
			return []*dialect.Query{e.Query}
		}
	case *dialect.Exists:
		return []*dialect.Query{e.Query}
	case *dialect.Scalar:
		return []*dialect.Query{e.Query}
	case *dialect.Opaque:
		return e.Queries
	}
	return nil
}

func holdsQuery(e dialect.Expr) bool { return len(queriesOf(e)) > 0 }

// eachQuery calls f for every query in an expression, but not for those in
// those.
func eachQuery(e dialect.Expr, f func(*dialect.Query)) {
	if e == nil {
		return
	}
	for _, q := range queriesOf(e) {
		f(q)
	}
	eachOperand(e, func(x dialect.Expr) { eachQuery(x, f) })
}
