package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// both writes the UPDATE of a row that is told by its primary key, joined to the
// same version of the same row: it returns what was there and what is there now,
// and takes the statement's own lock and no other. Where somebody else changes the
// row while the statement waits for it, PostgreSQL looks at the new version, which
// is not the one that was joined: then nothing is changed.
func (w *imageWriter) both(up *dialect.Update, target string) string {
	if why := w.notBoth(up); why != "" {
		return why
	}
	text, set := w.st.Text, up.SetText.Span
	list, why := w.bothList(up, target)
	if why != "" {
		return why
	}
	own := w.ownNames()
	old := own + "old"
	var from, join, before strings.Builder
	from.WriteString(" FROM (SELECT " + target + ".tableoid AS " + own + "t, " + target + ".ctid AS " + own + "c")
	for i, pos := range w.t.Primary {
		column := target + "." + nameQuote(w.t.Columns[pos].Name)
		name := own + "k" + strconv.Itoa(i)
		from.WriteString(", " + column + " AS " + name)
		join.WriteString(" AND " + old + "." + name + " = " + column)
	}
	for i, pos := range w.columns {
		name := own + strconv.Itoa(i)
		from.WriteString(", " + target + "." + nameQuote(w.t.Columns[pos].Name) + " AS " + name)
		before.WriteString(old + "." + name + ", ")
	}
	from.WriteString(" FROM " + text[up.TargetPos:up.TargetEnd] + ") AS " + old)
	for _, system := range [...]string{"ctid", "tableoid"} {
		join.WriteString(" AND " + old + "." + own + system[:1] + " OPERATOR(pg_catalog.=) " + target + "." + system)
	}
	w.out.Both = text[w.st.Pos:set.End] + from.String() + text[set.End:up.WherePos] + "(" + text[up.WherePos:up.WhereEnd] + ")" +
		join.String() + list + before.String() + imageList(w.t, w.columns, target)
	return ""
}

// notBoth says why an UPDATE has no form that returns both images; empty when it may
// have one.
func (w *imageWriter) notBoth(up *dialect.Update) string {
	set := up.SetText.Span
	switch {
	case up.From:
		return imageWhyName
	case up.CurrentOf || up.Shadowed || up.Volatile != "":
		return "its row is told by something that cannot be joined"
	case !imagePinned(up, w.t) || !imageOneRow(w.t):
		return imageWhyName
	case slices.ContainsFunc(w.t.Triggers, func(tr dialect.Trigger) bool { return tr.Event == dialect.KindUpdate && tr.Idle }):
		// A statement that changed no row is run again, and so would it be.
		return "a trigger may run twice"
	case up.TargetPos < w.st.Pos || up.TargetPos >= up.TargetEnd || up.WithText.End > up.TargetPos,
		set.Pos < up.TargetEnd || set.Pos >= set.End,
		up.WherePos < set.End || up.WherePos >= up.WhereEnd || up.WhereEnd > w.st.End:
		return imageWhyText
	}
	return ""
}

// bothList writes the RETURNING clause up to our own columns: with those that the
// program asked for, if it did.
func (w *imageWriter) bothList(up *dialect.Update, target string) (list, why string) {
	if !up.Returning {
		return " RETURNING ", ""
	}
	r := up.Returns.Span
	if r.Pos < up.WhereEnd || r.Pos >= r.End || r.End > w.st.End {
		return "", imageWhyText
	}
	// A star would show the columns of what is joined as well.
	list = w.st.Text[r.Pos:r.End]
	switch {
	case strings.TrimSpace(list) == "*":
		list = target + ".*"
	case up.ReturnsStar:
		return "", "it returns everything, and more"
	}
	return w.st.Text[up.WhereEnd:r.Pos] + list + ", ", ""
}

// ownNames is what our own names in a statement begin with: something that
// neither its text nor its table has.
func (w *imageWriter) ownNames() string {
	text := strings.ToLower(w.st.Text)
	for i := 0; ; i++ {
		own := "cacheops" + strconv.Itoa(i) + "_"
		if i == 0 {
			own = "cacheops_"
		}
		if !strings.Contains(text, own) && !slices.ContainsFunc(w.t.Columns, func(c *dialect.Column) bool { return strings.HasPrefix(c.Name, own) }) {
			return own
		}
	}
}

// imagePinned reports whether a condition says of each column of the primary key
// that it equals a literal or a parameter.
func imagePinned(up *dialect.Update, t *dialect.Table) bool {
	name := up.Alias
	if name == "" {
		name = up.Table.Name
	}
	pinned := make([]bool, len(t.Primary))
	var walk func(dialect.Expr)
	walk = func(e dialect.Expr) {
		switch e := e.(type) {
		case *dialect.And:
			for _, x := range e.X {
				walk(x)
			}
		case *dialect.Equal:
			if e.NullSafe {
				return
			}
			imagePin(e.X, e.Y, name, t, pinned)
			imagePin(e.Y, e.X, name, t, pinned)
		}
	}
	walk(up.Where)
	return len(pinned) > 0 && !slices.Contains(pinned, false)
}

// imageOneRow reports whether no two rows ever have the same primary key. Where it
// is checked at the end of a transaction only, a statement may find two, of which it
// is told of one and passes the other over for somebody who changes it.
func imageOneRow(t *dialect.Table) bool {
	return slices.ContainsFunc(t.Unique, func(key []int) bool { return slices.Equal(key, t.Primary) })
}

// imagePin takes note of a column that equals a value.
func imagePin(column, value dialect.Expr, target string, t *dialect.Table, pinned []bool) {
	switch value.(type) {
	case *dialect.Literal, *dialect.Param:
	default:
		return
	}
	ref, ok := column.(*dialect.ColumnRef)
	if !ok || ref.Qualifier != "" && ref.Qualifier != target {
		return
	}
	for i, pos := range t.Primary {
		pinned[i] = pinned[i] || t.Columns[pos].Name == ref.Name
	}
}
