package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// mergeable reports whether a query in FROM may be read as a part of that FROM,
// with its WHERE: what is then asked of its columns may be asked of those that
// they are. Home is the schema of the view it belongs to.
func (d *dependent) mergeable(q *dialect.Query, home string) bool {
	if q == nil || len(q.Cores) != 1 || q.Cores[0] == nil || q.Limit != nil || q.Offset != nil {
		return false
	}
	c := q.Cores[0]
	// A window, and DISTINCT ON, look at several rows: one that is asked for no
	// more still has a part in what becomes of another.
	return c.From != nil && len(c.Values) == 0 && len(c.GroupBy) == 0 && c.Having == nil && len(c.Windows) == 0 && d.plainOutputs(c, q, home)
}

// plainOutputs reports whether a SELECT computes nothing over its rows, so that
// each row of its result is one of its FROM.
func (d *dependent) plainOutputs(c *dialect.Core, q *dialect.Query, home string) bool {
	a := aggregates{cat: d.cat, home: home}
	return !slices.ContainsFunc(c.Columns, func(o dialect.Output) bool { return a.expr(o.Expr) }) &&
		!slices.ContainsFunc(q.OrderBy, a.expr)
}

// aggregates looks for aggregates and windows of one SELECT in its expressions.
// An aggregate in a query inside is one of the SELECT around it where all
// columns that it names come from there: (SELECT sum(outside.x)) makes one row
// of all. What cannot be told counts.
type aggregates struct {
	cat  *dialect.Catalog
	home string
	// inside are the sources of the queries inside, down to the one looked at.
	inside [][]dialect.Source
}

func (a *aggregates) expr(e dialect.Expr) bool {
	if e == nil {
		return false
	}
	if call, ok := e.(*dialect.Call); ok {
		switch {
		case len(a.inside) == 0 && (call.Aggregate || call.Window):
			return true
		case call.Aggregate && !call.Window && a.escapes(call):
			return true
		}
	}
	if slices.ContainsFunc(queriesOf(e), a.query) {
		return true
	}
	found := false
	eachOperand(e, func(x dialect.Expr) { found = found || a.expr(x) })
	return found
}

// query looks at a query inside.
func (a *aggregates) query(q *dialect.Query) bool {
	if q == nil {
		return false
	}
	for i := range q.With {
		if a.query(q.With[i].Query) {
			return true
		}
	}
	for _, c := range q.Cores {
		if c != nil && a.core(c, q) {
			return true
		}
	}
	return false
}

func (a *aggregates) core(c *dialect.Core, q *dialect.Query) bool {
	sources, on := flatten(c.From)
	a.inside = append(a.inside, sources)
	defer func() { a.inside = a.inside[:len(a.inside)-1] }()
	for i := range c.Columns {
		if a.expr(c.Columns[i].Expr) {
			return true
		}
	}
	for _, src := range sources {
		if sub, ok := src.(*dialect.QuerySource); ok && a.query(sub.Query) {
			return true
		}
		if f, ok := src.(*dialect.FunctionSource); ok && slices.ContainsFunc(f.Args, a.expr) {
			return true
		}
	}
	for _, list := range append([][]dialect.Expr{on, {c.Where, c.Having, q.Limit, q.Offset}, c.GroupBy, c.Windows, q.OrderBy}, c.Values...) {
		if slices.ContainsFunc(list, a.expr) {
			return true
		}
	}
	return false
}

// escapes reports whether an aggregate of a query inside may be one of the
// SELECT around it: it names columns, and none that is known to be inside.
func (a *aggregates) escapes(call *dialect.Call) bool {
	names, own := false, false
	var look func(e dialect.Expr)
	look = func(e dialect.Expr) {
		if ref, ok := e.(*dialect.ColumnRef); ok {
			names = true
			own = own || slices.ContainsFunc(a.inside, func(list []dialect.Source) bool {
				return slices.ContainsFunc(list, func(src dialect.Source) bool { return a.has(src, ref) })
			})
			return
		}
		names = names || holdsQuery(e) // who knows what it names
		eachOperand(e, look)
	}
	eachOperand(call, look)
	return names && !own
}

// has reports whether a reference surely means a column of a source.
func (a *aggregates) has(src dialect.Source, ref *dialect.ColumnRef) bool {
	alias := ""
	switch src := src.(type) {
	case *dialect.TableSource:
		alias = src.Alias
		if alias == "" {
			alias = src.Name.Name
		}
		if ref.Qualifier == "" && !src.CTE {
			for _, t := range lookup(a.cat, src.Name, a.home) {
				if c, _ := t.Column(a.cat.Fold, ref.Name); c != nil {
					return true
				}
			}
		}
	case *dialect.QuerySource:
		alias = src.Alias
	case *dialect.FunctionSource:
		alias = src.Alias
	}
	return ref.Qualifier != "" && alias != "" && a.cat.Fold(ref.Qualifier) == a.cat.Fold(alias)
}

// flatten returns the sources of a FROM and the conditions of its joins.
func flatten(src dialect.Source) (sources []dialect.Source, on []dialect.Expr) {
	j, ok := src.(*dialect.Join)
	if !ok {
		if src == nil {
			return nil, nil
		}
		return []dialect.Source{src}, nil
	}
	sources, on = flatten(j.Left)
	right, more := flatten(j.Right)
	return append(sources, right...), append(append(on, j.On), more...)
}
