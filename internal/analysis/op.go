package analysis

import (
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// Op is a kind of read. Ops combine as bits.
type Op uint8

// The kinds of read. A read has exactly one, the first that fits of exists,
// count, aggregate, get and fetch.
const (
	// OpGet reads one row: LIMIT 1 or 2, or equality with values on all
	// columns of a unique key of the only table. LIMIT 2 is how object mappers
	// find out that a row is the only one.
	OpGet Op = 1 << iota
	// OpFetch reads a list: everything else.
	OpFetch
	// OpCount counts rows: the only output is count(...), without GROUP BY.
	OpCount
	// OpExists asks whether there is a row: the only output is EXISTS (...),
	// or it is a constant and the LIMIT is 1.
	OpExists
	// OpAggregate computes over rows: an output holds an aggregate, or there
	// is a GROUP BY or a HAVING.
	OpAggregate

	// OpAll is every kind.
	OpAll = OpGet | OpFetch | OpCount | OpExists | OpAggregate
)

// String returns the kinds' names joined by "|", "none" for none.
func (o Op) String() string {
	var names []string
	for i, name := range [...]string{"get", "fetch", "count", "exists", "aggregate"} {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "|")
}

// opRule tells the op, which can depend on a bound LIMIT.
type opRule struct {
	op Op
	// limit is a bound LIMIT. Where its value is 1, the op is one, and where it
	// is 2, two.
	limit    *dialect.Param
	one, two Op
}

// Op tells the kind of a read, which can depend on a bound LIMIT. It does not
// allocate.
func (r *Read) Op(args Args) Op {
	if r.ops.limit == nil {
		return r.ops.op
	}
	b := newBinder(nil, args, r.named)
	v, known := b.argument(r.ops.limit)
	if !known {
		return r.ops.op
	}
	switch limitValue(v) {
	case 1:
		return r.ops.one
	case 2:
		return r.ops.two
	default:
		return r.ops.op
	}
}

// limitValue returns a LIMIT's number, 0 for one that is of no interest.
func limitValue(v driver.Value) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int:
		return int64(n)
	default:
		return 0
	}
}

func makeOpRule(q *dialect.Query, cat *dialect.Catalog) opRule {
	if q == nil || len(q.Cores) == 0 {
		return opRule{op: OpFetch}
	}
	rule := opRule{op: OpFetch, one: OpGet, two: OpGet}
	if len(q.Cores) == 1 && q.Cores[0] != nil {
		c := q.Cores[0]
		if op := outputOp(c); op != 0 {
			return opRule{op: op}
		}
		if isUniqueRead(q, c, cat) {
			rule.op = OpGet
		}
		if len(c.Columns) == 1 && c.From != nil && isConstant(c.Columns[0].Expr) {
			rule.one = OpExists
		}
	}
	switch limit := q.Limit.(type) {
	case *dialect.Param:
		rule.limit = limit
		return rule
	case *dialect.Literal:
		switch limitValue(limit.Value) {
		case 1:
			rule.op = rule.one
		case 2:
			rule.op = rule.two
		}
	}
	return opRule{op: rule.op}
}

// outputOp tells the op that the outputs alone decide, 0 for none.
func outputOp(c *dialect.Core) Op {
	if len(c.Columns) == 1 {
		e := c.Columns[0].Expr
		if not, ok := e.(*dialect.Not); ok {
			e = not.X
		}
		if _, ok := e.(*dialect.Exists); ok {
			return OpExists
		}
		if call, ok := e.(*dialect.Call); ok && call.Aggregate && !call.Window && call.Name == "count" && len(c.GroupBy) == 0 {
			return OpCount
		}
	}
	if len(c.GroupBy) > 0 || c.Having != nil {
		return OpAggregate
	}
	for i := range c.Columns {
		if hasAggregate(c.Columns[i].Expr) {
			return OpAggregate
		}
	}
	return 0
}

// hasAggregate reports whether an aggregate is computed by the SELECT that an
// expression stands in: not by a query inside, and not over a window.
func hasAggregate(e dialect.Expr) bool {
	some := func(list ...dialect.Expr) bool { return slices.ContainsFunc(list, hasAggregate) }
	switch e := e.(type) {
	case *dialect.Call:
		return e.Aggregate && !e.Window || some(e.Args...) || some(e.Extra...)
	case *dialect.And:
		return some(e.X...)
	case *dialect.Or:
		return some(e.X...)
	case *dialect.Not:
		return some(e.X)
	case *dialect.Equal:
		return some(e.X, e.Y)
	case *dialect.In:
		return some(e.X) || some(e.List...)
	case *dialect.AnyOf:
		return some(e.X)
	case *dialect.IsNull:
		return some(e.X)
	case *dialect.IsTruth:
		return some(e.X)
	case *dialect.Row:
		return some(e.X...)
	case *dialect.Opaque:
		return some(e.Args...)
	default:
		return false
	}
}

// isConstant reports whether an output is the same for every row.
func isConstant(e dialect.Expr) bool { return e != nil && isValue(e) }

// isUniqueRead reports whether the WHERE of a read of one table gives all
// columns of a unique key a value.
func isUniqueRead(q *dialect.Query, c *dialect.Core, cat *dialect.Catalog) bool {
	src, ok := c.From.(*dialect.TableSource)
	if !ok || src.CTE || len(q.With) > 0 {
		return false
	}
	t := cat.Table(src.Name)
	if t == nil || len(t.Unique) == 0 {
		return false
	}
	s := names{cat: cat, list: []entry{newEntry(cat, t, src, 0)}}
	given := make(map[*dialect.Column]bool)
	givenColumns(&s, c.Where, given)
	for _, unique := range t.Unique {
		all := len(unique) > 0
		for _, i := range unique {
			all = all && i < len(t.Columns) && given[t.Columns[i]]
		}
		if all {
			return true
		}
	}
	return false
}

// givenColumns adds the columns that have to equal one value each.
func givenColumns(s *names, e dialect.Expr, given map[*dialect.Column]bool) {
	switch e := e.(type) {
	case *dialect.And:
		for _, x := range e.X {
			givenColumns(s, x, given)
		}
	case *dialect.Equal:
		if !e.NullSafe { // many rows can be NULL under a unique key
			givenEqual(s, e.X, e.Y, given)
		}
	case *dialect.In:
		if e.Query == nil && len(e.List) == 1 {
			givenEqual(s, e.X, e.List[0], given)
		}
	}
}

func givenEqual(s *names, x, y dialect.Expr, given map[*dialect.Column]bool) {
	if rx, ok := x.(*dialect.Row); ok {
		ry, ok := y.(*dialect.Row)
		for i := 0; ok && len(rx.X) == len(ry.X) && i < len(rx.X); i++ {
			givenEqual(s, rx.X[i], ry.X[i], given)
		}
		return
	}
	if isValue(x) {
		x, y = y, x
	}
	if ref, ok := x.(*dialect.ColumnRef); ok && isValue(y) {
		if c := s.resolve(ref).column; c != nil {
			given[c] = true
		}
	}
}
