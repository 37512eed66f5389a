package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// A FROM is a tree of joins. For the question which rows of a table can make a
// difference it is cut where rows are padded with NULLs: a block holds the
// sources that inner joins hold together, and the null-extended side of an
// outer join is a block of its own below it. The preserved side belongs to the
// block that the join stands in.
//
// The conditions of a block are those that each of its rows has to fulfil to
// make any difference: those of its inner joins; for a null-extended side the
// ON of its join, for without it a row is never matched; for the outermost
// block the WHERE. An ON says nothing about the preserved side, and that of a
// FULL JOIN nothing about either.

// leaf is one source of rows in a FROM: an alias of a table, or something that
// is not looked into.
type leaf struct {
	table *dialect.Table // nil for what is not looked into
	block *block
}

// block is a part of a FROM whose sources are null-extended together.
type block struct {
	parent *block
	// otherFrom and otherTo bound the leaves of the preserved side of the
	// join that null-extends this block.
	otherFrom, otherTo int
	// full is true for a side of a FULL JOIN.
	full bool

	own []premise
	// inherited are conditions of the blocks around that speak only of rows
	// that are there whatever this block has: where they do not hold,
	// nothing that this block matches is seen.
	inherited []premise
	settled   bool // inherited is complete
	equal     classes
}

// premise is a condition that has to hold for a row to make a difference.
type premise struct {
	expr  dialect.Expr
	names *names
	// leaves are those whose columns it names, sorted. Blind is true when it
	// depends on something else that is not known, or holds a query.
	leaves []int
	blind  bool
}

// newPremise looks into a condition for what it depends on.
func newPremise(e dialect.Expr, n *names) premise {
	p := premise{expr: e, names: n}
	p.look(e)
	slices.Sort(p.leaves)
	p.leaves = slices.Compact(p.leaves)
	return p
}

func (p *premise) look(e dialect.Expr) {
	if p.blind && len(p.leaves) > 64 {
		return // more does not matter
	}
	if ref, ok := e.(*dialect.ColumnRef); ok {
		at := p.names.resolve(ref)
		if !at.known {
			p.blind = true
			return
		}
		p.leaves = append(p.leaves, at.leaf)
		return
	}
	if holdsQuery(e) {
		p.blind = true
	}
	eachOperand(e, p.look)
}

// require adds a condition to those of the block, the parts that AND holds
// together one by one.
func (b *block) require(e dialect.Expr, n *names) {
	if and, ok := e.(*dialect.And); ok {
		for _, x := range and.X {
			b.require(x, n)
		}
		return
	}
	if e != nil {
		b.own = append(b.own, newPremise(e, n))
	}
}

// known returns the conditions of the outermost block that hold where a query
// in an expression is asked, whatever that query says.
func (b *block) known() []premise {
	all := slices.Concat(b.own, b.inherited)
	return slices.DeleteFunc(all, func(p premise) bool { return p.blind })
}

// settle completes the conditions of a block and of those around it. Leaves
// below first belong to a SELECT around: to this one they are constants.
func (b *block) settle(leaves []leaf, first int) {
	if b.settled {
		return
	}
	b.settled = true
	if b.parent != nil {
		b.parent.settle(leaves, first)
		if !b.full {
			b.inherited = slices.Clone(b.parent.inherited)
			for _, p := range b.parent.own {
				if b.independent(p, leaves, first) {
					b.inherited = append(b.inherited, p)
				}
			}
		}
	}
	b.equal = newClasses(b.own, b.inherited)
}

// independent reports whether a condition of the block around speaks only of
// rows that are there whatever this block has.
func (b *block) independent(p premise, leaves []leaf, first int) bool {
	if p.blind {
		return false
	}
	for _, i := range p.leaves {
		if i >= first && !b.stands(i, leaves) {
			return false
		}
	}
	return true
}

// stands reports whether the rows of a leaf are there whatever the block has.
func (b *block) stands(i int, leaves []leaf) bool {
	for ; b.parent != nil && !b.full; b = b.parent {
		if i >= b.otherFrom && i < b.otherTo || leaves[i].block == b.parent {
			return true
		}
	}
	return false
}

// classes are the columns that conditions make equal, by rules under which
// equality is one.
type classes [][]place

// maxEqualities bounds the equalities that are looked at, so that the work does
// not grow with the square of a text. Without the rest a query depends on more.
const maxEqualities = 100

// newClasses collects the equalities between columns.
func newClasses(lists ...[]premise) classes {
	var c classes
	left := maxEqualities
	for _, list := range lists {
		for _, p := range list {
			if e, ok := p.expr.(*dialect.Equal); ok && !e.NullSafe {
				c.add(e.X, e.Y, p.names, &left)
			}
		}
	}
	return c
}

// add takes an equality in; left counts how many more may be.
func (c *classes) add(x, y dialect.Expr, n *names, left *int) {
	if rx, ok := x.(*dialect.Row); ok {
		ry, ok := y.(*dialect.Row)
		for i := 0; ok && len(rx.X) == len(ry.X) && i < len(rx.X); i++ {
			c.add(rx.X[i], ry.X[i], n, left)
		}
		return
	}
	rx, ok := x.(*dialect.ColumnRef)
	if !ok {
		return
	}
	ry, ok := y.(*dialect.ColumnRef)
	if !ok {
		return
	}
	a, b := n.resolve(rx), n.resolve(ry)
	if a.column == nil || b.column == nil || a.column.Comparison == "" || a.column.Comparison != b.column.Comparison {
		return
	}
	if *left--; *left < 0 {
		return
	}
	i, j := c.find(a), c.find(b)
	switch {
	case i < 0 && j < 0:
		*c = append(*c, []place{a, b})
	case j < 0:
		(*c)[i] = append((*c)[i], b)
	case i < 0:
		(*c)[j] = append((*c)[j], a)
	case i != j:
		(*c)[i] = append((*c)[i], (*c)[j]...)
		*c = slices.Delete(*c, j, j+1)
	}
}

// find returns the class of a column, or -1.
func (c classes) find(p place) int {
	for i, class := range c {
		for _, q := range class {
			if q.leaf == p.leaf && q.column == p.column {
				return i
			}
		}
	}
	return -1
}

// of returns the column of a leaf that equals another column, nil if there is
// none.
func (c classes) of(p place, leaf int) *dialect.Column {
	i := c.find(p)
	if i < 0 {
		return nil
	}
	for _, q := range c[i] {
		if q.leaf == leaf {
			return q.column
		}
	}
	return nil
}

// touches reports whether a column of the leaf equals one of another.
func (c classes) touches(leaf int) bool {
	return slices.ContainsFunc(c, func(class []place) bool {
		return slices.ContainsFunc(class, func(q place) bool { return q.leaf == leaf })
	})
}
