package analysis

import (
	"cmp"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// An array that is compared with by = ANY is an IN whose list is only known at
// the call. Its conjunctions are multiplied there as those of an IN are when the
// plan is made, and within the same bound.

// array is what one call gives for a term on an array.
type array struct {
	term *term
	// values are the terms that take its place, each value once; of shown the
	// elements as the caller gave them.
	values []term
	shown  []any
	// dropped is true where the elements are not known, or too many.
	dropped bool
}

// array finds the elements of an array. It is dropped where it is NULL, like any
// other argument, and where an element is outside the rules: that one may equal
// what no term says. Without an element no row matches.
func (b *binder) array(t *term) array {
	a := array{term: t, dropped: true}
	v, known := b.argument(t.param)
	if !known || v == nil || t.column.Comparison == "" {
		return a
	}
	elements, ok := b.dialect.Elements(t.column, v)
	if !ok {
		return a
	}
	seen := make(map[string]bool, len(elements))
	for _, v := range elements {
		if raw, isBytes := v.([]byte); v == nil || isBytes && raw == nil || t.param.Whole && !isWhole(v) {
			return a // the dialect leaves NULLs out, so this is something else
		}
		text, ok := b.dialect.Canonical(t.column, v, dialect.SideArgument)
		if !ok {
			return a
		}
		if !seen[text] {
			seen[text] = true
			a.values = append(a.values, term{column: t.column, form: dependency.FormValue, value: text})
			a.shown = append(a.shown, v)
		}
	}
	a.dropped = false
	return a
}

// spread binds a template with arrays: each conjunction is multiplied by the
// elements of those that it compares with.
func (b *binder) spread(t *tableTemplate) dependency.Table {
	list := make([]array, len(t.arrays))
	for i := range t.arrays {
		list[i] = b.array(&t.arrays[i])
	}
	choose(list, t)
	spread := tableTemplate{table: t.table}
	var contradiction conj
	for _, c := range t.conjs {
		product, ok := multiply(c, list)
		if !ok && contradiction == nil {
			contradiction = product[0]
		}
		if ok {
			spread.conjs = append(spread.conjs, product...)
		}
	}
	if len(spread.conjs) == 0 {
		// No row can match: see dependent.add for why something is kept. What is
		// left of a conjunction without its arrays says less than it did.
		spread.conjs = dnf{contradiction}
	}
	for _, c := range spread.conjs {
		spread.terms += len(c)
	}
	return b.table(&spread)
}

// choose drops arrays until the product is within the template's bound. The
// longer ones stay: a list of many values says more about a row than one of few.
func choose(list []array, t *tableTemplate) {
	order := make([]*array, 0, len(list))
	for i := range list {
		if !list[i].dropped {
			list[i].dropped = true
			order = append(order, &list[i])
		}
	}
	slices.SortStableFunc(order, func(x, y *array) int { return cmp.Compare(len(y.values), len(x.values)) })
	for _, a := range order {
		a.dropped = false
		a.dropped = size(t.conjs, list) > t.limit
	}
}

// size counts the conjunctions that arrays make of others. It stops counting
// where they are far too many.
func size(conjs dnf, list []array) int {
	const enough = 1 << 20
	total := 0
	for _, c := range conjs {
		n := 1
		for i := range c {
			if a := find(list, &c[i]); a != nil && !a.dropped && n < enough {
				n *= len(a.values)
			}
		}
		if total += n; total > enough {
			return enough
		}
	}
	return total
}

// find returns the array of a term, nil for a term on something else.
func find(list []array, t *term) *array {
	if !t.any {
		return nil
	}
	for i := range list {
		if list[i].term.column == t.column && list[i].term.compare(t) == 0 {
			return &list[i]
		}
	}
	return nil
}

// multiply puts the elements of arrays in the place of the terms on them. False
// means that one has no element: no row matches, and what comes back is the
// conjunction without its arrays.
func multiply(c conj, list []array) (product dnf, ok bool) {
	product, ok = dnf{nil}, true
	for i := range c {
		var values []term
		switch a := find(list, &c[i]); {
		case a == nil:
			values = c[i : i+1]
		case a.dropped:
			continue
		case len(a.values) == 0:
			ok = false
			continue
		case !ok:
			continue
		default:
			values = a.values
		}
		longer := make(dnf, 0, len(product)*len(values))
		for _, p := range product {
			for _, v := range values {
				longer = append(longer, append(slices.Clip(p), v))
			}
		}
		product = longer
	}
	if !ok {
		// An array before the empty one may have been multiplied already.
		product = dnf{slices.DeleteFunc(slices.Clone(c), func(t term) bool { return t.any })}
	}
	return product, ok
}
