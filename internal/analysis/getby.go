package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// GetBy is how a read of one table finds its rows by one column: by a parameter, or
// by a value in the text. All its other parameters say how many rows it takes.
type GetBy struct {
	// Literal is the value as the text has it; nil where it is a parameter's.
	Literal any
	param   *dialect.Param
	others  int // parameters besides that one
}

// GetBy tells how a read finds rows of the only table that it reads by a column that
// equals one value. Further conditions may compare with values of the text. Whether
// the read is a get at all its op says. Nil: it finds them in another way.
func (p *Plan) GetBy(t *dialect.Table, c *dialect.Column) *GetBy {
	r := p.Read
	if r == nil || r.Reason != "" || len(r.Tables) != 1 || len(r.deps) != 1 || r.deps[0].table != t || len(r.deps[0].conjs) != 1 {
		return nil
	}
	conj := r.deps[0].conjs[0]
	at := slices.IndexFunc(conj, func(t term) bool { return t.column == c && t.form == dependency.FormValue })
	if at < 0 || conj[at].any || slices.ContainsFunc(slices.Delete(slices.Clone(conj), at, at+1), func(t term) bool { return t.param != nil }) {
		return nil
	}
	g := &GetBy{Literal: conj[at].literal, param: conj[at].param}
	if g.param != nil {
		g.Literal = nil
	} else if g.Literal == nil {
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

// Argument returns the place of the column's value among the arguments of a call, -1
// where the text has it. False: there are others than there should be.
func (g *GetBy) Argument(args Args) (at int, ok bool) {
	if g.param == nil {
		return -1, len(args) == g.others
	}
	if len(args) != 1+g.others {
		return -1, false
	}
	for i := range args {
		if a := &args[i]; a.Name == g.param.Name && (a.Name != "" || a.Ordinal == g.param.Index) {
			return i, true
		}
	}
	return -1, false
}
