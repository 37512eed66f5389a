package mysql

import (
	"regexp"
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// imageOrderBy finds the order that a statement itself tells.
var imageOrderBy = regexp.MustCompile(`(?i)^\s*ORDER\b`)

// ordered reports whether it may depend on which of its rows a statement comes to first
// what it does, or whether it fails. Kept to the rows that were found it comes to them by
// their names, and left to itself by the index that the server chooses for its condition.
// Where two rows get the same unique key the first one has it, and the other one fails or
// is passed over. A row that another one refers to goes only after that one.
func (w *imageWriter) ordered(c *dialect.Condition) bool {
	if imageOrderBy.MatchString(w.st.Text[c.Tail.Pos:c.Tail.End]) {
		return false
	}
	if slices.ContainsFunc(w.t.Triggers, func(tr dialect.Trigger) bool { return tr.Event == w.st.Kind && imageTriggerCounts(tr) }) {
		return true
	}
	if w.st.Kind == dialect.KindDelete {
		return slices.ContainsFunc(w.t.ForeignKeys, func(fk dialect.ForeignKey) bool {
			return nameFold(fk.Parent.Name) == nameFold(w.t.Name) && fk.OnDelete != dialect.FKCascade && fk.OnDelete != dialect.FKSetNull
		})
	}
	if set := w.st.Update.SetText; imageCounts(w.st.Text[set.Pos:set.End]) {
		return true
	}
	others := len(w.t.Unique) > 0 && (len(w.t.Unique) > 1 || w.t.Primary == nil)
	switch {
	case w.t.OtherUnique:
		return true
	case others && slices.ContainsFunc(w.t.Triggers, func(tr dialect.Trigger) bool { return tr.Event == dialect.KindUpdate && tr.Before }):
		return true // it may give a row any key
	}
	return slices.ContainsFunc(w.t.Unique, func(key []int) bool {
		return slices.ContainsFunc(key, func(pos int) bool { return w.assigns(w.t.Columns[pos]) })
	})
}

// assigns reports whether an UPDATE gives a column a value, or the server does for it.
func (w *imageWriter) assigns(c *dialect.Column) bool {
	return c.Generated || slices.ContainsFunc(w.st.Update.Set, func(name string) bool { return nameFold(name) == c.Folded })
}

// imageCounting are the functions that return something else each time.
var imageCounting = tokSet("last_insert_id lastval nextval rand setval uuid_short")

// imageCounts reports whether what the assignments of a text give a row may depend on how
// often they were computed before: by a variable, a sequence, or numbers by chance that
// begin at one that is given.
func imageCounts(text string) bool {
	toks, _, err := tokenize(text)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(toks, func(t tok) bool {
		switch t.kind {
		case tokVar:
			return true
		case tokWord:
			word := tokFold(t.in(text))
			return imageCounting[word] || word == "next" // VALUE FOR
		default:
			return false
		}
	})
}

// imageTriggerCounts reports whether that holds of what a trigger does for a row.
func imageTriggerCounts(tr dialect.Trigger) bool {
	return slices.ContainsFunc(tr.Body, func(st *dialect.Statement) bool { return imageCounts(st.Text) })
}
