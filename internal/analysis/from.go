package analysis

import "github.com/cacheops/cacheops/dialect"

// fromClause reads the FROM of one SELECT into leaves, blocks and names. Views, CTEs
// and queries in it that do no more than pick rows and columns are read as
// parts of it, with the conditions of their own.
type fromClause struct {
	d *dependent
	// pending are the conditions found. What their names mean is only known
	// when the whole FROM was read.
	pending []condition
}

// condition is an expression of a FROM, with the block whose rows have to
// fulfil it; nil where it restricts none and was only read for the queries in
// it.
type condition struct {
	block *block
	names *names
	expr  dialect.Expr
}

func (f *fromClause) require(b *block, n *names, e dialect.Expr) {
	if e != nil {
		f.pending = append(f.pending, condition{block: b, names: n, expr: e})
	}
}

// leaf adds a source of rows.
func (f *fromClause) leaf(t *dialect.Table, b *block) int {
	f.d.leaves = append(f.d.leaves, leaf{table: t, block: b})
	return len(f.d.leaves) - 1
}

// source reads a source of a FROM into a block, and its names into n.
func (f *fromClause) source(src dialect.Source, b *block, n *names) {
	if f.d.over() {
		return
	}
	switch src := src.(type) {
	case *dialect.TableSource:
		name := sourceName(f.d.cat, src)
		if src.CTE {
			f.cte(src, name, b, n)
		} else {
			f.table(src, name, b, n)
		}
	case *dialect.QuerySource:
		name := ""
		if src.Alias != "" {
			name = f.d.cat.Fold(src.Alias)
		}
		if src.Lateral || !f.merge(src.Query, nil, where{ctes: n.ctes, home: n.home}, name, b, n) {
			f.d.query(src.Query, where{ctes: n.ctes, home: n.home})
			f.opaque(name, queryColumns(f.d.cat, src.Query), b, n)
		}
	case *dialect.FunctionSource:
		for _, e := range src.Args {
			f.require(nil, n, e)
		}
		name := src.Alias
		if name == "" {
			name = src.Name.Name
		}
		f.opaque(f.d.cat.Fold(name), nil, b, n)
	case *dialect.Join:
		if !src.Nested {
			f.join(src, b, n)
			return
		}
		// What stands in the parentheses is seen from outside, but does not
		// see what stands there.
		inner := &names{cat: n.cat, outer: n.outer, ctes: n.ctes, home: n.home}
		f.join(src, b, inner)
		n.list = append(n.list, inner.list...)
		for name := range inner.merged {
			n.merge(name)
			n.unlike[name] = n.unlike[name] || inner.unlike[name]
		}
		n.twoSided = n.twoSided || inner.twoSided
	}
}

// opaque adds a source that is not looked into. Columns are nil where they are
// not known.
func (f *fromClause) opaque(name string, columns []string, b *block, n *names) {
	e := entry{name: name, leaf: f.leaf(nil, b), known: columns != nil}
	for _, c := range columns {
		e.columns = append(e.columns, output{name: c, at: place{leaf: e.leaf, known: true}})
	}
	n.list = append(n.list, e)
}

// table reads a table or a view.
func (f *fromClause) table(src *dialect.TableSource, name string, b *block, n *names) {
	list := lookup(f.d.cat, src.Name, n.home)
	if len(list) == 1 {
		t := list[0]
		switch {
		case t.Kind == dialect.TablePlain:
			n.list = append(n.list, newEntry(f.d.cat, t, src, f.leaf(t, b)))
			return
		case t.Kind == dialect.TableView && t.View != nil && !f.d.merging[t]:
			f.d.merging[t] = true
			merged := f.merge(t.View.Query, t.ViewColumns, where{home: t.Schema}, name, b, n)
			delete(f.d.merging, t)
			if merged {
				return
			}
		}
	}
	var columns []string
	for _, t := range list {
		f.d.alone(t)
		columns = nil
		if len(list) == 1 && t.Kind == dialect.TableView {
			columns = foldAll(f.d.cat, t.ViewColumns)
		}
	}
	f.opaque(name, columns, b, n)
}

// cte reads a CTE.
func (f *fromClause) cte(src *dialect.TableSource, name string, b *block, n *names) {
	found := n.ctes.find(f.d.cat.Fold(src.Name.Name))
	if len(found) == 0 { // the dialect knows it, so this is a mistake of ours
		f.d.whole = true
		return
	}
	c := found[0]
	if len(found) > 1 {
		// Where the name stands in the WITH of the inner one it may mean the outer
		// one: databases differ in whether a CTE sees those behind it.
		for _, c := range found {
			c.used, c.alone = true, true
		}
		f.opaque(name, nil, b, n)
		return
	}
	c.used = true
	if !c.merging {
		c.merging = true
		merged := f.merge(c.query, c.columns, where{ctes: c.scope, home: n.home}, name, b, n)
		c.merging = false
		if merged {
			return
		}
	}
	c.alone = true
	columns := foldAll(f.d.cat, c.columns)
	if len(columns) == 0 {
		columns = queryColumns(f.d.cat, c.query)
	}
	f.opaque(name, columns, b, n)
}

// merge reads a query of a FROM as a part of it, if it is one that may be.
// Columns are the names that it is given from outside, nil for its own.
func (f *fromClause) merge(q *dialect.Query, columns []string, w where, name string, b *block, n *names) bool {
	if !f.d.mergeable(q, w.home) {
		return false
	}
	if len(q.With) > 0 {
		// Its CTEs would be looked at again for each time it is named.
		return false
	}
	c := q.Cores[0]
	inner := &names{cat: f.d.cat, ctes: w.ctes, home: w.home}
	f.source(c.From, b, inner)
	f.require(b, inner, c.Where)
	for i := range c.Columns {
		f.require(nil, inner, c.Columns[i].Expr)
	}
	for _, e := range q.OrderBy {
		f.require(nil, inner, e)
	}
	e := entry{name: name, known: true}
	var ok bool
	if e.columns, ok = f.outputs(c, inner, columns); !ok {
		e.columns, e.known, e.leaf = nil, false, f.leaf(nil, b)
	}
	n.list = append(n.list, e)
	return true
}

// outputs are the columns of a SELECT that is read as a part of a FROM, by the
// names given, or by their own where there are none. Ok is false where they are
// not known.
func (f *fromClause) outputs(c *dialect.Core, n *names, given []string) (out []output, ok bool) {
	for i := range c.Columns {
		o := &c.Columns[i]
		if o.Star && o.Expr != nil {
			return nil, false // the columns of a value
		}
		if o.Star {
			if out, ok = f.star(out, o, n); !ok {
				return nil, false
			}
			continue
		}
		var at place
		ref, isColumn := o.Expr.(*dialect.ColumnRef)
		if isColumn {
			at = n.resolve(ref)
		}
		name := o.Alias
		if name == "" {
			switch {
			case at.known:
				name = ref.Name
			case given == nil:
				return nil, false // named after its text, or after what it stands for
			}
		}
		out = append(out, output{name: f.d.cat.Fold(name), at: at})
	}
	if given == nil {
		return out, ownNames(out)
	}
	if len(given) != len(out) {
		return nil, false
	}
	for i, name := range given {
		out[i].name = f.d.cat.Fold(name)
	}
	return out, true
}

// ownNames reports whether columns have the names they are given: SQLite makes
// k:1 of a second k, and column1 of TRUE.
func ownNames(out []output) bool {
	seen := make(map[string]bool, len(out))
	for _, o := range out {
		if seen[o.name] || o.name == "true" || o.name == "false" {
			return false
		}
		seen[o.name] = true
	}
	return true
}

// star appends the columns that a star stands for.
func (f *fromClause) star(out []output, o *dialect.Output, n *names) ([]output, bool) {
	if o.Table == "" && len(n.merged) > 0 {
		return nil, false // which columns the join made one is not told here
	}
	table, count := f.d.cat.Fold(o.Table), 0
	for i := range n.list {
		e := &n.list[i]
		switch {
		case o.Table != "" && e.name != table:
			continue
		case !e.known:
			return nil, false
		case e.table != nil:
			for _, c := range e.table.Columns {
				out = append(out, output{name: c.Folded, at: place{leaf: e.leaf, column: c, known: true}})
			}
		default:
			out = append(out, e.columns...)
		}
		count++
	}
	return out, count > 0 && (o.Table == "" || count == 1)
}

// join reads a join.
func (f *fromClause) join(j *dialect.Join, b *block, n *names) {
	left, right := b, b
	switch j.Kind {
	case dialect.JoinInner, dialect.JoinCross:
	case dialect.JoinLeft:
		right = &block{parent: b}
	case dialect.JoinRight:
		left = &block{parent: b}
	case dialect.JoinFull:
		left, right = &block{parent: b, full: true}, &block{parent: b, full: true}
	}
	start, entries := len(f.d.leaves), len(n.list)
	f.source(j.Left, left, n)
	middle, between := len(f.d.leaves), len(n.list)
	f.source(j.Right, right, n)
	end := len(f.d.leaves)

	var on *block // whose rows make no difference without it
	switch j.Kind {
	case dialect.JoinLeft:
		on, right.otherFrom, right.otherTo = right, start, middle
	case dialect.JoinRight:
		on, left.otherFrom, left.otherTo = left, middle, end
	case dialect.JoinFull:
	default:
		on = b
	}
	f.require(on, n, j.On)
	f.using(j, on, n, entries, between)
	n.twoSided = n.twoSided || j.Kind == dialect.JoinRight || j.Kind == dialect.JoinFull
}

// using adds the equalities of USING and NATURAL. The entries of the left side
// are those from the first to the second number, those of the right side follow.
func (f *fromClause) using(j *dialect.Join, on *block, n *names, first, second int) {
	if len(j.Using) == 0 && !j.Natural {
		return
	}
	n.merge("") // names without a qualifier are no longer what they seem
	shared := foldAll(f.d.cat, j.Using)
	if j.Natural {
		for i := second; i < len(n.list); i++ {
			shared = append(shared, n.list[i].columnNames()...)
		}
	}
	for _, name := range shared {
		l, okLeft := leftmost(f.d.cat, n.list[first:second], name)
		r, okRight := leftmost(f.d.cat, n.list[second:], name)
		if !okLeft || !okRight {
			continue
		}
		n.merge(name)
		n.unlike[name] = n.unlike[name] || l.column == nil || r.column == nil || l.column.Comparison != r.column.Comparison
		// After a RIGHT or FULL JOIN the left one need not be the leftmost.
		if on != nil && !n.twoSided && !n.unlike[name] && l.known && r.known {
			f.require(on, n, &dialect.Equal{X: n.reference(l), Y: n.reference(r)})
		}
	}
}

// leftmost returns the first column of that name.
func leftmost(cat *dialect.Catalog, list []entry, name string) (p place, ok bool) {
	for i := range list {
		if p, ok = list[i].column(cat, name); ok {
			return p, true
		}
		if !list[i].known {
			return place{}, true // it may have one, and then that is meant
		}
	}
	return place{}, false
}

// columnNames are the folded names of a source's columns, as far as known.
func (e *entry) columnNames() []string {
	var out []string
	if e.table != nil {
		for _, c := range e.table.Columns {
			out = append(out, c.Folded)
		}
	}
	for i := range e.columns {
		out = append(out, e.columns[i].name)
	}
	return out
}

// queryColumns are the folded names of a query's columns, nil where they are
// not known: where one has no name of its own the database makes one.
func queryColumns(cat *dialect.Catalog, q *dialect.Query) []string {
	if q == nil || len(q.Cores) == 0 || q.Cores[0] == nil || len(q.Cores[0].Values) > 0 {
		return nil
	}
	var out []output
	for _, o := range q.Cores[0].Columns {
		if o.Alias == "" {
			return nil
		}
		out = append(out, output{name: cat.Fold(o.Alias)})
	}
	if !ownNames(out) {
		return nil
	}
	var names []string
	for _, o := range out {
		names = append(names, o.name)
	}
	return names
}

func foldAll(cat *dialect.Catalog, list []string) []string {
	var out []string
	for _, name := range list {
		out = append(out, cat.Fold(name))
	}
	return out
}
