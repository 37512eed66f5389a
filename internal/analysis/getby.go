package analysis

import (
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// GetBy is how a read finds rows of its only table: by one column that equals a
// parameter. All its other parameters say how many rows it takes.
type GetBy struct {
	Table  *dialect.Table
	Column *dialect.Column
	param  *dialect.Param
	others int // parameters besides that one
}

// GetBy tells by which column a read finds its rows, where it is one column that
// equals one parameter. Further conditions may compare with values of the text.
// Whether the read is a get at all its op says. Nil: it finds them in another way.
func (p *Plan) GetBy() *GetBy {
	r := p.Read
	if r == nil || r.Reason != "" || len(r.Tables) != 1 || len(r.deps) != 1 || len(r.deps[0].conjs) != 1 {
		return nil
	}
	g := &GetBy{Table: r.deps[0].table}
	for _, t := range r.deps[0].conjs[0] {
		switch {
		case t.param == nil:
		case g.param != nil, t.form != dependency.FormValue, t.any:
			return nil
		default:
			g.Column, g.param = t.column, t.param
		}
	}
	if g.param == nil {
		return nil
	}
	if q := p.Statement.Query; q != nil {
		for _, e := range []dialect.Expr{q.Limit, q.Offset} {
			if _, ok := e.(*dialect.Param); ok {
				g.others++
			}
		}
	}
	return g
}

// Argument returns the place of the column's value among the arguments of a call,
// -1 where there are others than there should be.
func (g *GetBy) Argument(args Args) int {
	if len(args) != 1+g.others {
		return -1
	}
	for i := range args {
		if a := &args[i]; a.Name == g.param.Name && (a.Name != "" || a.Ordinal == g.param.Index) {
			return i
		}
	}
	return -1
}
