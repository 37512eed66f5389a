package analysis

import "github.com/cacheops/cacheops/dialect"

// maxLeaves bounds the sources of one statement, views and CTEs looked into
// wherever they are named. Beyond it a read depends on whole tables.
const maxLeaves = 1000

// dependent works out what a query depends on, alias by alias. Each SELECT in
// it is looked at by itself, wherever it stands, and all dependencies add up: a
// row that makes no difference to any SELECT makes none to the query.
type dependent struct {
	dialect dialect.Dialect
	cat     *dialect.Catalog
	options *Options

	leaves []leaf
	// found are the conditions on the rows of each table, of all aliases.
	found   map[*dialect.Table]*tableTemplate
	views   map[*dialect.Table]bool // looked at by themselves
	merging map[*dialect.Table]bool // views being looked into
	whole   bool                    // too much: every table as a whole
	// subqueries is true when an expression holds a query somewhere.
	subqueries bool
	beside     besides
}

func newDependent(d dialect.Dialect, cat *dialect.Catalog, o *Options) *dependent {
	return &dependent{
		dialect: d, cat: cat, options: o,
		found: make(map[*dialect.Table]*tableTemplate), views: make(map[*dialect.Table]bool), merging: make(map[*dialect.Table]bool),
	}
}

// cte is a common table expression in scope.
type cte struct {
	name    string // folded
	columns []string
	query   *dialect.Query
	scope   *cteScope // of the names that its query can use
	// merging is true while it is read as a part of a FROM: a CTE that names
	// itself is not.
	merging bool
	// alone is true when it must be looked at by itself, and done when it was.
	alone, done bool
	used        bool
}

// cteScope are the CTEs that a query can name.
type cteScope struct {
	outer *cteScope
	list  []*cte
}

// find returns the CTEs of a name, the innermost first.
func (s *cteScope) find(folded string) (found []*cte) {
	for ; s != nil; s = s.outer {
		for _, c := range s.list {
			if c.name == folded {
				found = append(found, c)
				break
			}
		}
	}
	return found
}

// where is where a query stands.
type where struct {
	ctes *cteScope
	home string // the schema of the view it belongs to
	// outer are the names of the SELECT around it, nil if it can use none;
	// inherited is what holds there for every row that it is asked for.
	outer     *names
	inherited []premise
}

// at is where the queries of an expression stand.
func (n *names) at(inherited []premise) where {
	return where{ctes: n.ctes, home: n.home, outer: n, inherited: inherited}
}

// over reports whether there is too much to look at.
func (d *dependent) over() bool {
	d.whole = d.whole || len(d.leaves) > maxLeaves
	return d.whole
}

// query looks at a query by itself.
func (d *dependent) query(q *dialect.Query, w where) {
	if q == nil || d.over() {
		return
	}
	var opened *cteScope
	if len(q.With) > 0 {
		opened = d.open(q, w.ctes)
		w.ctes = opened
	}
	for _, c := range q.Cores {
		if c != nil {
			d.core(c, q, w)
		}
	}
	if d.subqueries {
		alone := where{ctes: w.ctes, home: w.home}
		d.expr(q.Limit, alone)
		d.expr(q.Offset, alone)
		if len(q.Cores) != 1 { // or else they are the core's
			for _, e := range q.OrderBy {
				d.expr(e, alone)
			}
		}
	}
	if opened != nil {
		d.close(opened, w.home)
	}
}

// open makes the scope of a query's WITH.
func (d *dependent) open(q *dialect.Query, outer *cteScope) *cteScope {
	s := &cteScope{outer: outer}
	for i := range q.With {
		c := &q.With[i]
		s.list = append(s.list, &cte{name: d.cat.Fold(c.Name), columns: c.Columns, query: c.Query, scope: s})
	}
	return s
}

// close looks at the CTEs that have to be looked at by themselves: those that
// some FROM could not take in, and those that nobody names.
func (d *dependent) close(s *cteScope, home string) {
	for again := true; again; {
		again = false
		for _, c := range s.list {
			if (c.alone || !c.used) && !c.done {
				c.done, again = true, true
				d.query(c.query, where{ctes: s, home: home})
			}
		}
	}
}

// expr looks at the queries in an expression.
func (d *dependent) expr(e dialect.Expr, w where) {
	eachQuery(e, func(q *dialect.Query) { d.query(q, w) })
}

// core looks at one SELECT of a query.
func (d *dependent) core(c *dialect.Core, q *dialect.Query, w where) {
	first := len(d.leaves)
	n := &names{cat: d.cat, outer: w.outer, ctes: w.ctes, home: w.home}
	root := &block{inherited: w.inherited}
	f := fromClause{d: d, pending: []condition{{block: root, names: n, expr: c.Where}}}
	f.source(c.From, root, n)
	for _, p := range f.pending {
		if p.block != nil {
			p.block.require(p.expr, p.names)
		}
	}
	root.settle(d.leaves, first)
	for i := first; i < len(d.leaves); i++ {
		d.leaves[i].block.settle(d.leaves, first)
		d.leaf(&d.leaves[i], i)
	}
	if d.subqueries {
		d.inner(c, q, n, root, f.pending)
	}
}

// inner looks at the queries in the expressions of a SELECT.
func (d *dependent) inner(c *dialect.Core, q *dialect.Query, n *names, root *block, conditions []condition) {
	known := root.known()
	for _, p := range conditions {
		if p.block == root {
			d.expr(p.expr, p.names.at(known))
		} else {
			d.expr(p.expr, p.names.at(nil))
		}
	}
	// What the WHERE lets through is what outputs are computed of, but for a
	// SELECT that has a row although nothing came through.
	if len(c.GroupBy) == 0 && (c.Having != nil || !d.plainOutputs(c, q, n.home)) {
		known = nil
	}
	w := n.at(known)
	for i := range c.Columns {
		d.expr(c.Columns[i].Expr, w)
	}
	lists := [][]dialect.Expr{c.GroupBy, {c.Having}, c.Windows}
	if len(q.Cores) == 1 {
		lists = append(lists, q.OrderBy)
	}
	for _, list := range append(lists, c.Values...) {
		for _, e := range list {
			d.expr(e, w)
		}
	}
}

// leaf adds what depends on the rows of one leaf.
func (d *dependent) leaf(l *leaf, index int) {
	if l.table == nil {
		return
	}
	b := builder{dialect: d.dialect, max: d.options.MaxConjunctions, skip: d.options.SkipColumn, leaf: index, table: l.table, beside: d.beside}
	b.linked = l.block.equal
	all := b.all(l.block.own, l.block.inherited)
	// Conditions of the blocks around hold for the rows that this block's were
	// joined to. They speak of a row of it only if they are not fulfilled by
	// the NULLs that stand for it when there is none.
	for p := l.block.parent; p != nil; p = p.parent {
		b.linked = p.equal
		if more, ok := b.all(p.own, p.inherited).rejectsNull(); ok {
			all = b.and([]dnf{all, more})
		}
	}
	d.add(l.table, all, b.contradiction)
}

// add adds the conditions on one alias of a table.
//
// A condition that no row can fulfil still leaves a dependency: one of the
// conjunctions that contradict themselves, or the whole table. The result
// cannot change, so any dependency is right, and an empty one would be read as
// a mistake.
func (d *dependent) add(t *dialect.Table, all dnf, contradiction conj) {
	found := d.found[t]
	if found == nil {
		found = &tableTemplate{table: t}
		d.found[t] = found
	}
	found.limit += d.options.MaxConjunctions
	switch {
	case found.whole:
	case len(all) > 0:
		found.conjs = append(found.conjs, all...)
	case len(contradiction) > 0:
		found.conjs = append(found.conjs, contradiction)
	default:
		found.whole = true
	}
}

// everyRow adds a dependency on a whole table.
func (d *dependent) everyRow(t *dialect.Table) { d.add(t, anything(), nil) }

// templates returns the dependencies on the tables of a read.
func (d *dependent) templates(tables []*dialect.Table) []tableTemplate {
	out := make([]tableTemplate, len(tables))
	for i, t := range tables {
		out[i] = tableTemplate{table: t, whole: true}
		if found := d.found[t]; found != nil && !d.whole && !found.whole {
			most := maxAliases * d.options.MaxConjunctions
			conjs := found.conjs.shrink(most)
			out[i].conjs, out[i].whole, out[i].limit = conjs, len(conjs) == 0 || len(conjs[0]) == 0, min(found.limit, most)
		}
	}
	return out
}

// maxAliases bounds the conjunctions of one table over all its aliases, as a
// multiple of those of one.
const maxAliases = 4

// alone looks at what a name in FROM stands for by itself.
func (d *dependent) alone(t *dialect.Table) {
	switch {
	case t.Kind == dialect.TablePlain:
		d.everyRow(t)
	case t.Kind == dialect.TableView && t.View != nil && !d.views[t]:
		d.views[t] = true
		d.query(t.View.Query, where{home: t.Schema})
	}
}
