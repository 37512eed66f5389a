package analysis

import (
	"database/sql/driver"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// Args are the arguments of a call.
type Args = []driver.NamedValue

// tableTemplate is the dependency on one table before the arguments are known.
type tableTemplate struct {
	table *dialect.Table
	whole bool
	conjs dnf
	terms int // in all conjunctions
	// arrays are the terms on arrays, each once; limit bounds the conjunctions
	// that their elements make of the template's.
	arrays []term
	limit  int
	// fixed is the dependency of a text whose parameters play no part in it.
	fixed *dependency.Table
}

// settle completes a template: what no argument decides is worked out once.
func (t *tableTemplate) settle(d dialect.Dialect) {
	open := false
	for _, c := range t.conjs {
		t.terms += len(c)
		for i := range c {
			open = open || c[i].param != nil
			if c[i].any && !slices.ContainsFunc(t.arrays, func(a term) bool { return a.compare(&c[i]) == 0 && a.column == c[i].column }) {
				t.arrays = append(t.arrays, c[i])
			}
		}
	}
	if !open {
		b := newBinder(d, nil, false)
		fixed := b.table(t)
		t.fixed = &fixed
	}
}

// binder finds the arguments of parameters.
type binder struct {
	dialect dialect.Dialect
	args    Args
	named   bool
	// plain is true when the arguments are numbered 1, 2, 3 and have no names.
	plain bool
}

func newBinder(d dialect.Dialect, args Args, named bool) binder {
	b := binder{dialect: d, args: args, named: named, plain: true}
	for i := range args {
		b.plain = b.plain && args[i].Ordinal == i+1 && args[i].Name == ""
	}
	return b
}

// argument returns the value of a parameter. It is unknown unless exactly one
// argument fits: the one of its name, or, in a statement without any named
// parameter, the one of its number. Drivers differ in everything else.
func (b *binder) argument(p *dialect.Param) (v driver.Value, known bool) {
	if p.Name == "" && b.named {
		return nil, false
	}
	if b.plain {
		if p.Name != "" || p.Index < 1 || p.Index > len(b.args) {
			return nil, false
		}
		return b.args[p.Index-1].Value, true
	}
	for i := range b.args {
		a := &b.args[i]
		if a.Name != p.Name || p.Name == "" && a.Ordinal != p.Index {
			continue
		}
		if known {
			return nil, false
		}
		v, known = a.Value, true
	}
	return v, known
}

// resolve gives a term its value. False means that the term falls away.
func (b *binder) resolve(t *term) (dependency.Term, bool) {
	if t.param == nil {
		return dependency.Term{Column: t.column, Form: t.form, Value: t.value}, true
	}
	v, known := b.argument(t.param)
	if !known {
		return dependency.Term{}, false
	}
	if v == nil {
		return dependency.Term{Column: t.column, Form: dependency.FormNull, Value: dependency.Yes}, t.nullSafe && !t.strict
	}
	if raw, ok := v.([]byte); ok && raw == nil || t.column.Comparison == "" {
		return dependency.Term{}, false // nil bytes are NULL to some drivers, empty to others
	}
	if t.param.Whole && !isWhole(v) {
		return dependency.Term{}, false
	}
	text, ok := b.dialect.Canonical(t.column, v, dialect.SideArgument)
	return dependency.Term{Column: t.column, Form: t.form, Value: text}, ok
}

// table binds the dependency on one table. The template is not changed.
func (b *binder) table(t *tableTemplate) dependency.Table {
	if t.fixed != nil {
		return *t.fixed
	}
	whole := dependency.Table{Table: t.table, Whole: true}
	if t.whole {
		return whole
	}
	if t.arrays != nil {
		return b.spread(t)
	}
	out := dependency.Table{Table: t.table, Conjs: make([]dependency.Conj, 0, len(t.conjs))}
	terms := make([]dependency.Term, 0, t.terms) // one block for all conjunctions
	var contradiction dependency.Conj
	for _, c := range t.conjs {
		start := len(terms)
		bound, ok := b.conj(terms[start:start:start+len(c)], c)
		switch {
		case !ok:
			// No row can match it. See builder.template for why one is kept.
			if contradiction == nil {
				contradiction = bound
				terms = terms[:start+len(bound)]
			}
			continue
		case len(bound) == 0:
			return whole
		}
		terms = terms[:start+len(bound)]
		out.Conjs = append(out.Conjs, bound)
	}
	out.Conjs = tidyBound(out.Conjs)
	if len(out.Conjs) == 0 {
		if len(contradiction) == 0 {
			return whole
		}
		out.Conjs = append(out.Conjs, contradiction)
	}
	return out
}

// conj binds a conjunction into dst, sorted and unlike in column and form. It
// returns false with a part of the terms when no row can match them all.
func (b *binder) conj(dst dependency.Conj, c conj) (dependency.Conj, bool) {
	for i := range c {
		t, ok := b.resolve(&c[i])
		if !ok {
			continue
		}
		// Terms come sorted but for those that became IS NULL.
		at := len(dst)
		for at > 0 && dst[at-1].Compare(&t) > 0 {
			at--
		}
		if at > 0 && dst[at-1].Compare(&t) == 0 {
			if dst[at-1] != t {
				return dst, false
			}
			continue
		}
		dst = append(dst, dependency.Term{})
		copy(dst[at+1:], dst[at:])
		dst[at] = t
	}
	return settleNulls(dst)
}

// settleNulls compares IS NULL and IS NOT NULL with the other terms on the same
// column: a term on a value, or on its truth, says that there is one.
func settleNulls(c dependency.Conj) (dependency.Conj, bool) {
	for i := 1; i < len(c); i++ {
		// FormNull is the last form, so any other stands right before it.
		if c[i].Form != dependency.FormNull || c[i-1].Column != c[i].Column {
			continue
		}
		if c[i].Value == dependency.Yes {
			return c, false
		}
		c = append(c[:i], c[i+1:]...)
		i--
	}
	return c, true
}

// tidyBound takes away conjunctions that another one takes in. It works in
// place: what it writes over was dropped for one that stays.
func tidyBound(conjs []dependency.Conj) []dependency.Conj {
	if len(conjs) < 2 {
		return conjs
	}
	var buf [DefaultMaxConjunctions]uint32
	sums := append(buf[:0], make([]uint32, len(conjs))...)
	for i, c := range conjs {
		sums[i] = checksum(c)
	}
	out, kept := conjs[:0], sums[:0]
next:
	for i, c := range conjs {
		sum := sums[i]
		for j, d := range conjs {
			switch {
			case len(d) < len(c):
				if within(d, c) {
					continue next
				}
			case j < len(out) && len(d) == len(c) && kept[j] == sum && within(d, c):
				continue next // of two equal ones the first stays
			}
		}
		out, kept = append(out, c), append(kept, sum)
	}
	return out
}

// checksum tells most conjunctions apart without comparing them: a list of
// many values is compared with itself.
func checksum(c dependency.Conj) uint32 {
	h := uint32(2166136261) // FNV-1a
	for i := range c {
		for j := range len(c[i].Value) {
			h = (h ^ uint32(c[i].Value[j])) * 16777619
		}
		h = (h ^ uint32(c[i].Form)) * 16777619
	}
	return h
}

// within reports whether every term of c is one of d's. Both are sorted.
func within(c, d dependency.Conj) bool {
	for i := range c {
		for len(d) > 0 && d[0].Compare(&c[i]) < 0 {
			d = d[1:]
		}
		if len(d) == 0 || d[0] != c[i] {
			return false
		}
	}
	return true
}
