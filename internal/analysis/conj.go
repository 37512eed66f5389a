package analysis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// term is column = value, where the value may be known only at the call.
type term struct {
	column *dialect.Column
	form   dependency.Form
	// value is canonical; it counts where param is nil.
	value string
	// param gives the value at the call. It is a value for FormValue, unless
	// it is NULL: then the term falls away, or becomes IS NULL if nullSafe.
	param    *dialect.Param
	nullSafe bool
	// strict makes the term fall away all the same where the argument is NULL:
	// it stands for a condition that then says nothing.
	strict bool
	// any is true where param gives an array: column = ANY (param). At the call
	// one term on each element takes its place.
	any bool
	// literal is the value as the text has it, to be shown.
	literal any
}

// compare orders terms by column and form first, as schemes do, then by what
// they compare with. Terms that compare alike are the same condition.
func (t *term) compare(u *term) int {
	if c := t.compareColumn(u); c != 0 {
		return c
	}
	switch {
	case t.param == nil && u.param == nil:
		return strings.Compare(t.value, u.value)
	case t.param == nil:
		return -1
	case u.param == nil:
		return 1
	}
	return cmp.Or(
		cmp.Compare(t.param.Index, u.param.Index),
		strings.Compare(t.param.Name, u.param.Name),
		cmp.Compare(boolInt(t.nullSafe), boolInt(u.nullSafe)),
		cmp.Compare(boolInt(t.strict), boolInt(u.strict)),
		cmp.Compare(boolInt(t.any), boolInt(u.any)),
		cmp.Compare(boolInt(t.param.Whole), boolInt(u.param.Whole)),
	)
}

// compareColumn orders terms by column and form.
func (t *term) compareColumn(u *term) int {
	if t.column != u.column {
		if c := strings.Compare(t.column.Folded, u.column.Folded); c != 0 {
			return c
		}
	}
	return cmp.Compare(t.form, u.form)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// maxTerms bounds a conjunction, so that the work of the analysis does not grow
// with the square of a text. A row that fulfils so many terms is told from
// others well enough; the rest is dropped.
const maxTerms = 32

// conj is a conjunction of terms, sorted and without doubles. The empty one is
// TRUE. A column and form can come twice with values of which one is known
// only at the call.
type conj []term

// dnf is a disjunction of conjunctions. The empty one is FALSE: no row can
// make the condition true.
type dnf []conj

// anything is the condition that restricts nothing.
func anything() dnf { return dnf{nil} }

// single is the condition of one term, in one piece of memory.
func single(t term) dnf {
	d := &struct {
		conjs [1]conj
		terms [1]term
	}{terms: [1]term{t}}
	d.conjs[0] = d.terms[:]
	return d.conjs[:]
}

// nothing is the condition that no row fulfils.
func nothing() dnf { return dnf{} }

// join ANDs two conjunctions. It returns false when they contradict each
// other by values that are known already; the rest is found at the call. The
// terms of both are conditions on one row, so any part of them may stand for
// the whole: what comes back with false is such a part.
func (c conj) join(d conj) (conj, bool) {
	if len(c) == 0 {
		return d, true
	}
	if len(d) == 0 {
		return c, true
	}
	out := make(conj, 0, len(c)+len(d))
	for len(c) > 0 && len(d) > 0 {
		switch n := c[0].compare(&d[0]); {
		case n == 0:
			out, c, d = append(out, c[0]), c[1:], d[1:]
		case n < 0:
			out, c = append(out, c[0]), c[1:]
		default:
			out, d = append(out, d[0]), d[1:]
		}
	}
	out = append(append(out, c...), d...)
	for i := 1; i < len(out); i++ {
		t, u := &out[i-1], &out[i]
		// Known values sort before parameters, so two of them are neighbours.
		if t.param == nil && u.param == nil && t.compareColumn(u) == 0 {
			return out[:min(i, maxTerms)], false
		}
	}
	return out[:min(len(out), maxTerms)], true
}

// within reports whether every term of c is one of d's: then d is the stricter
// of the two.
func (c conj) within(d conj) bool {
	for i := range c {
		if _, ok := slices.BinarySearchFunc(d, &c[i], func(t term, u *term) int { return t.compare(u) }); !ok {
			return false
		}
	}
	return true
}

func (c conj) compare(d conj) int {
	return slices.CompareFunc(c, d, func(t, u term) int { return t.compare(&u) })
}

// tidy takes away conjunctions that another one takes in. The order of the
// rest is kept.
func (d dnf) tidy() dnf {
	if len(d) < 2 {
		return d
	}
	uneven := false
	for _, c := range d {
		if len(c) == 0 {
			return anything()
		}
		uneven = uneven || len(c) != len(d[0])
	}
	// Doubles first, by sorting, so that a long list costs no square.
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return d[i].compare(d[j]) })
	drop := make([]bool, len(d))
	for k := 1; k < len(order); k++ {
		drop[order[k]] = d[order[k-1]].compare(d[order[k]]) == 0
	}
	// Only a shorter conjunction can take in another, so lists of one length,
	// the usual case, are done.
	for i := 0; uneven && i < len(d); i++ {
		for j := 0; !drop[i] && j < len(d); j++ {
			drop[i] = !drop[j] && len(d[j]) < len(d[i]) && d[j].within(d[i])
		}
	}
	out := d[:0:0]
	for i, c := range d {
		if !drop[i] {
			out = append(out, c)
		}
	}
	return out
}

// common is the conjunction of the terms that all have: weaker than each.
func (d dnf) common() conj {
	if len(d) == 0 {
		return nil
	}
	out := slices.Clone(d[0])
	for _, c := range d[1:] {
		out = slices.DeleteFunc(out, func(t term) bool { return !(conj{t}).within(c) })
	}
	return out
}

// shrink drops terms until there are at most limit conjunctions. Columns that
// are compared with many values go first, so that a value that all have in
// common stays. No conjunction is dropped: each lives on in a weaker one.
func (d dnf) shrink(limit int) dnf {
	d = d.tidy()
	for len(d) > limit {
		worst := d.mostValues()
		for i, c := range d {
			d[i] = slices.DeleteFunc(slices.Clone(c), func(t term) bool { return t.compareColumn(worst) == 0 })
		}
		d = d.tidy()
	}
	return d
}

// mostValues returns a term of the column and form with the most values. A
// conjunction that has no term on a column counts as a value of its own. There
// is a term, or tidy would have left one empty conjunction.
func (d dnf) mostValues() *term {
	var all []*term
	for _, c := range d {
		for i := range c {
			all = append(all, &c[i])
		}
	}
	slices.SortStableFunc(all, (*term).compare)
	var worst *term
	most, n := 0, 0
	for i, t := range all {
		switch {
		case i == 0 || t.compareColumn(all[i-1]) != 0:
			n = 1
		case t.compare(all[i-1]) != 0:
			n++
		}
		if n > most {
			worst, most = t, n
		}
	}
	return worst
}

// rejectsNull reports whether a row of NULLs cannot fulfil the condition, and
// returns the part of it that is known to say so: a term on IS with an argument
// does unless that is NULL, which is found at the call.
func (d dnf) rejectsNull() (dnf, bool) {
	out := make(dnf, 0, len(d))
	for _, c := range d {
		switch {
		case slices.ContainsFunc(c, func(t term) bool { return t.rejectsNull() }):
			out = append(out, c)
		default:
			i := slices.IndexFunc(c, func(t term) bool { return t.param != nil && t.nullSafe })
			if i < 0 {
				return nil, false
			}
			t := c[i]
			t.strict = true
			out = append(out, conj{t})
		}
	}
	return out, true
}

// rejectsNull reports whether a column that is NULL never fulfils the term.
func (t *term) rejectsNull() bool {
	switch t.form {
	case dependency.FormNull:
		return t.value != dependency.Yes
	case dependency.FormValue:
		return !t.nullSafe || t.param == nil
	default:
		return true
	}
}
