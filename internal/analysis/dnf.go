package analysis

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// builder turns conditions into disjunctive normal form for one leaf of a FROM:
// terms on that leaf stay, everything else is TRUE.
//
// SQL has three truth values, so a condition is asked three questions: when
// can it be true, when can it be false, when can it be NULL. Each answer is a
// condition that holds in all these cases and perhaps in more. A row that no
// conjunction matches is never in the result, so no change of it alters one.
type builder struct {
	dialect dialect.Dialect
	max     int
	skip    func(*dialect.Table, *dialect.Column) bool

	leaf   int            // the one that terms are kept for
	table  *dialect.Table // its table
	names  *names         // those of the condition at hand
	linked classes        // columns that equal the leaf's
	beside besides        // what other columns a name can mean
	// contradiction is the first conjunction that no row can fulfil.
	contradiction conj
}

// all returns when all of some conditions can be true.
func (b *builder) all(lists ...[]premise) dnf {
	var buf [4]dnf
	factors := buf[:0]
	related := b.linked.touches(b.leaf)
	for _, list := range lists {
		for i := range list {
			p := &list[i]
			if _, speaks := slices.BinarySearch(p.leaves, b.leaf); !speaks && !related {
				continue
			}
			b.names = p.names
			if f := b.isTrue(p.expr); len(f) != 1 || len(f[0]) > 0 {
				factors = append(factors, f)
			}
		}
	}
	return b.and(factors)
}

// isTrue returns when an expression can be true.
func (b *builder) isTrue(e dialect.Expr) dnf {
	switch e := e.(type) {
	case *dialect.And:
		return b.and(each(e.X, b.isTrue))
	case *dialect.Or:
		if len(e.X) == 0 {
			return anything() // no SQL says this: take it for not understood
		}
		return b.or(each(e.X, b.isTrue))
	case *dialect.Not:
		return b.isFalse(e.X)
	case *dialect.Equal:
		return b.equal(e.X, e.Y, e.NullSafe)
	case *dialect.In:
		return b.in(e)
	case *dialect.AnyOf:
		return b.anyOf(e)
	case *dialect.IsNull:
		return b.known(e.X, dependency.FormNull, dependency.Yes)
	case *dialect.IsTruth:
		if e.Want {
			return b.isTrue(e.X)
		}
		return b.isFalse(e.X)
	case *dialect.ColumnRef:
		return b.known(e, dependency.FormTruth, dependency.Yes)
	default:
		return anything()
	}
}

// isFalse returns when an expression can be false; NULL is not false.
func (b *builder) isFalse(e dialect.Expr) dnf {
	switch e := e.(type) {
	case *dialect.And:
		if len(e.X) == 0 {
			return anything()
		}
		return b.or(each(e.X, b.isFalse))
	case *dialect.Or:
		return b.and(each(e.X, b.isFalse))
	case *dialect.Not:
		return b.isTrue(e.X)
	case *dialect.Equal:
		// Other than a value is no value. Only IS NOT NULL is one.
		if e.NullSafe {
			if isNullLiteral(e.Y) {
				return b.known(e.X, dependency.FormNull, dependency.No)
			}
			if isNullLiteral(e.X) {
				return b.known(e.Y, dependency.FormNull, dependency.No)
			}
		}
		return anything()
	case *dialect.IsNull:
		return b.known(e.X, dependency.FormNull, dependency.No)
	case *dialect.IsTruth:
		// X IS NOT TRUE holds where X is false, and where it is NULL.
		if e.Want {
			return b.or([]dnf{b.isFalse(e.X), b.isNull(e.X)})
		}
		return b.or([]dnf{b.isTrue(e.X), b.isNull(e.X)})
	case *dialect.ColumnRef:
		return b.known(e, dependency.FormTruth, dependency.No)
	default:
		return anything()
	}
}

// isNull returns when an expression can be NULL.
func (b *builder) isNull(e dialect.Expr) dnf {
	switch e := e.(type) {
	case *dialect.Not:
		return b.isNull(e.X)
	case *dialect.ColumnRef:
		return b.known(e, dependency.FormNull, dependency.Yes)
	default:
		return anything()
	}
}

// each asks one question of several expressions.
func each(list []dialect.Expr, ask func(dialect.Expr) dnf) []dnf {
	out := make([]dnf, len(list))
	for i, e := range list {
		out[i] = ask(e)
	}
	return out
}

// and is the product of disjunctions. Where it would pass the bound, a factor
// is replaced by what its conjunctions have in common. Long factors come first:
// a list of many values says more about a row than one of few.
func (b *builder) and(factors []dnf) dnf {
	if len(factors) == 1 && 0 < len(factors[0]) && len(factors[0]) <= b.max {
		return factors[0].tidy()
	}
	slices.SortStableFunc(factors, func(x, y dnf) int {
		// Single conjunctions cost nothing: they go before all others.
		if (len(x) == 1) != (len(y) == 1) {
			return boolInt(len(y) == 1) - boolInt(len(x) == 1)
		}
		return len(y) - len(x)
	})
	product := anything()
	for _, f := range factors {
		if len(f) == 0 {
			return nothing()
		}
		if len(product)*len(f) > b.max {
			f = dnf{f.common()}
		}
		if len(f) == 1 && len(f[0]) == 0 {
			continue // TRUE
		}
		out := make(dnf, 0, len(product)*len(f))
		for _, c := range product {
			for _, d := range f {
				joined, ok := c.join(d)
				if ok {
					out = append(out, joined)
				} else if b.contradiction == nil {
					b.contradiction = joined
				}
			}
		}
		if product = out.tidy(); len(product) == 0 {
			return product
		}
	}
	return product
}

// or puts disjunctions together.
func (b *builder) or(list []dnf) dnf {
	var sum dnf
	for _, d := range list {
		sum = append(sum, d...)
		if len(sum) > 4*b.max { // keep the work within bounds on the way
			sum = sum.shrink(b.max)
		}
	}
	return sum.shrink(b.max)
}

// equal is X = Y, of rows and of single values.
func (b *builder) equal(x, y dialect.Expr, nullSafe bool) dnf {
	rx, isRow := x.(*dialect.Row)
	if !isRow {
		return b.compare(x, y, nullSafe)
	}
	ry, ok := y.(*dialect.Row)
	if !ok || len(rx.X) != len(ry.X) {
		return anything()
	}
	factors := make([]dnf, len(rx.X))
	for i := range rx.X {
		factors[i] = b.equal(rx.X[i], ry.X[i], nullSafe)
	}
	return b.and(factors)
}

// in is X IN (list), X IN (VALUES ...), and X IN (), which no row fulfils.
func (b *builder) in(e *dialect.In) dnf {
	if e.Query == nil {
		if len(e.List) > b.max {
			return anything()
		}
		return b.or(each(e.List, func(item dialect.Expr) dnf { return b.equal(e.X, item, false) }))
	}
	rows, ok := constantRows(e.Query)
	if !ok || len(rows) > b.max {
		return anything()
	}
	list := make([]dnf, len(rows))
	for i, row := range rows {
		switch _, isRow := e.X.(*dialect.Row); {
		case isRow:
			list[i] = b.equal(e.X, &dialect.Row{X: row}, false)
		case len(row) == 1:
			list[i] = b.compare(e.X, row[0], false)
		default:
			return anything()
		}
	}
	return b.or(list)
}

// compare is column = value, either way round.
func (b *builder) compare(x, y dialect.Expr, nullSafe bool) dnf {
	if isValue(x) {
		x, y = y, x
	}
	c := b.equalColumn(x)
	if c == nil {
		return anything()
	}
	switch v := y.(type) {
	case *dialect.Literal:
		if v.Value == nil {
			if nullSafe {
				return b.known(x, dependency.FormNull, dependency.Yes)
			}
			// Never true in SQL, and yet not taken for FALSE: settings exist
			// that make it IS NULL.
			return anything()
		}
		if c.Comparison == "" {
			return anything()
		}
		text, ok := b.dialect.Canonical(c, v.Value, dialect.SideArgument)
		if !ok {
			return anything()
		}
		return single(term{column: c, form: dependency.FormValue, value: text, literal: v.Value})
	case *dialect.Param:
		if c.Comparison == "" && !nullSafe || !fits(v, c) || v.Mixed || !b.beside.alike(c, v.Beside) {
			return anything()
		}
		// Of a composite one it is not known which of its values are NULL.
		return single(term{column: c, form: dependency.FormValue, param: v, nullSafe: nullSafe, strict: nullSafe && c.Composite})
	default:
		return anything()
	}
}

// fits reports whether a parameter is compared with a column as it is.
func fits(p *dialect.Param, c *dialect.Column) bool {
	return p.As == "" || slices.Contains(strings.Fields(p.As), c.Comparison)
}

// anyOf is column = ANY (array). What the array holds is only known at the
// call.
func (b *builder) anyOf(e *dialect.AnyOf) dnf {
	c := b.equalColumn(e.X)
	if c == nil || c.Comparison == "" || e.Array == nil || e.Array.Mixed || !b.beside.alike(c, e.Array.Beside) || !fits(e.Array, c) {
		return anything()
	}
	return single(term{column: c, form: dependency.FormValue, param: e.Array, any: true})
}

// known is a term whose value the form has by itself.
func (b *builder) known(e dialect.Expr, form dependency.Form, value string) dnf {
	c := b.column(e)
	// IS NULL finds a row of NULLs to be NULL, and its negation one that holds
	// a NULL, which no term on the whole value says.
	if c == nil || c.Composite {
		return anything()
	}
	return single(term{column: c, form: form, value: value})
}

// column returns the leaf's column that an expression is, nil if it is none
// that terms may use.
func (b *builder) column(e dialect.Expr) *dialect.Column {
	ref, ok := e.(*dialect.ColumnRef)
	if !ok {
		return nil
	}
	p := b.names.resolve(ref)
	if p.column == nil || p.leaf != b.leaf {
		return nil
	}
	return b.usable(p.column)
}

// equalColumn returns the leaf's column that an expression is, or one that
// equals it: what the one is compared with by equality the other equals too.
func (b *builder) equalColumn(e dialect.Expr) *dialect.Column {
	ref, ok := e.(*dialect.ColumnRef)
	if !ok {
		return nil
	}
	p := b.names.resolve(ref)
	switch {
	case p.column == nil:
		return nil
	case p.leaf == b.leaf:
		return b.usable(p.column)
	default:
		return b.usable(b.linked.of(p, b.leaf))
	}
}

func (b *builder) usable(c *dialect.Column) *dialect.Column {
	if c == nil || b.skip != nil && b.skip(b.table, c) {
		return nil
	}
	return c
}

func isNullLiteral(e dialect.Expr) bool {
	l, ok := e.(*dialect.Literal)
	return ok && l.Value == nil
}
