package dependency

import (
	"slices"

	"github.com/cacheops/cacheops/store"
)

// Within returns the dependency with no more schemes on a table than limit,
// those included that are registered already. A conjunction of a scheme that
// would be one too many is mapped onto the registered scheme that keeps most of
// its terms, or else onto every row: it is shorter then, so that more writes
// match it, and none is missed. The set itself is not changed.
//
// Readers that ask at the same moment may register a few more.
func (s Set) Within(limit int, registered func(table string) ([]store.Scheme, error)) (Set, error) {
	var out Set
	for i := range s {
		t := &s[i]
		if t.Whole || len(t.Conjs) == 0 {
			continue // the empty scheme always has room
		}
		schemes, err := registered(t.Table.Key)
		if err != nil {
			return nil, err
		}
		if conjs, changed := within(t.Conjs, schemes, limit); changed {
			if out == nil {
				out = slices.Clone(s)
			}
			out[i].Conjs = conjs
		}
	}
	if out == nil {
		return s, nil
	}
	return out, nil
}

func within(conjs []Conj, registered []store.Scheme, limit int) (out []Conj, changed bool) {
	var added []store.Scheme
	var buf [128]byte
	for i, c := range conjs {
		scheme := c.sorted().appendScheme(buf[:0])
		switch is := func(s store.Scheme) bool { return string(s) == string(scheme) }; {
		case slices.ContainsFunc(registered, is) || slices.ContainsFunc(added, is): // without an allocation, as nearly always
		case len(registered)+len(added) < limit:
			added = append(added, store.Scheme(scheme))
		default:
			if !changed {
				out, changed = slices.Clone(conjs), true
			}
			out[i] = c.onto(registered)
		}
	}
	return out, changed
}

// onto returns the longest part of the conjunction that has one of the schemes;
// the empty one if none has.
func (c Conj) onto(schemes []store.Scheme) Conj {
	var best Conj
	for _, s := range schemes {
		columns, err := ParseScheme(s)
		if err != nil || len(columns) <= len(best) || len(columns) > len(c) {
			continue
		}
		if part, ok := c.part(columns); ok {
			best = part
		}
	}
	return best
}

// part returns the terms on these columns; false unless each has one.
func (c Conj) part(columns []SchemeColumn) (Conj, bool) {
	out := make(Conj, 0, len(columns))
	for _, column := range columns {
		i := slices.IndexFunc(c, func(t Term) bool {
			return t.Column.Folded == column.Column && t.Form == column.Form && t.Form.comparison(t.Column) == column.Comparison
		})
		if i < 0 {
			return nil, false
		}
		out = append(out, c[i])
	}
	return out, true
}
