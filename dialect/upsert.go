package dialect

import "slices"

// ConflictKey returns where, in a row of VALUES, the values stand by which an
// upsert tells the row it conflicts with, in the order of Target; nil when no
// row that is there can be updated. The string says why it cannot be told.
func (i *Insert) ConflictKey(t *Table, fold func(string) string) ([]int, string) {
	switch {
	case i.Query != nil:
		return nil, "the rows of a query may update others"
	case len(i.Target) == 0:
		return nil, "the row it conflicts with is not told by columns"
	case t.OtherUnique:
		// ON CONFLICT (a) is satisfied by any unique index on a, whatever it
		// finds equal.
		return nil, "a unique index compares otherwise than its columns do"
	}
	listed, why := i.positions(t, fold)
	if why != "" {
		return nil, why
	}
	target := make([]int, 0, len(i.Target))
	at := make([]int, 0, len(i.Target))
	given := true
	for _, name := range i.Target {
		c, pos := t.Column(fold, name)
		// Without rules of comparison the key may be equal only as it is stored: a
		// REAL column makes one number of two.
		if c == nil || c.Generated || c.Comparison == "" || slices.Contains(target, pos) {
			return nil, "the row it conflicts with is told by " + name
		}
		target = append(target, pos)
		where := slices.Index(listed, pos)
		if where < 0 {
			if c.HasDefault {
				return nil, "the row it conflicts with is told by the default of " + name
			}
			given = false // NULL, or a new number: neither is there yet
		}
		at = append(at, where)
	}
	key := slices.Sorted(slices.Values(target))
	if !slices.ContainsFunc(t.Unique, func(u []int) bool { return slices.Equal(slices.Sorted(slices.Values(u)), key) }) {
		return nil, "the row it conflicts with is not told by a unique key"
	}
	if !given {
		return nil, ""
	}
	if len(i.Values) == 0 {
		return nil, "its values are not known"
	}
	for _, row := range i.Values {
		for _, pos := range at {
			if pos >= len(row) || row[pos] == (Span{}) {
				return nil, "a value of the key is neither a literal nor a parameter"
			}
		}
	}
	return at, ""
}

// positions returns which column of the table each value of a row is for.
func (i *Insert) positions(t *Table, fold func(string) string) (listed []int, why string) {
	if len(i.Columns) == 0 {
		for pos, c := range t.Columns {
			if !c.Generated {
				listed = append(listed, pos)
			}
		}
		return listed, ""
	}
	for _, name := range i.Columns {
		_, pos := t.Column(fold, name)
		if pos < 0 {
			return nil, name + " may be another name of the key"
		}
		if slices.Contains(listed, pos) {
			return nil, "column " + name + " is listed twice"
		}
		listed = append(listed, pos)
	}
	return listed, ""
}
