package postgres

import (
	"regexp"
	"strconv"

	"github.com/cacheops/cacheops/dialect"
)

// imageWrites finds what a WITH clause would do twice.
var imageWrites = regexp.MustCompile(`(?i)\b(insert|update|delete|merge)\b`)

// before writes the query that finds the rows of an UPDATE or DELETE, and locks
// them.
func (w *imageWriter) before(c *dialect.Condition, where bool, from *dialect.Clause, target, lock string) string {
	st := w.st
	end := c.TargetEnd // of what was written so far
	switch {
	case c.CurrentOf:
		return "its row is told by a cursor"
	case c.Volatile != "":
		// It is run twice and must find the same rows. What is assigned may be
		// volatile: it is run once, and RETURNING shows it.
		return c.Volatile
	case c.Shadowed:
		return "a CTE has the target's name"
	case c.TargetPos < st.Pos || c.TargetPos >= c.TargetEnd || c.TargetEnd > st.End,
		c.WithText.End > c.TargetPos:
		return imageWhyText
	}
	if c.WithText.End > 0 {
		if imageWrites.MatchString(st.Text[c.WithText.Pos:c.WithText.End]) {
			return "its WITH clause may write"
		}
		if !w.piece(c.WithText.Span, c.WithText.Params) {
			return imageWhyText
		}
		w.b.WriteByte(' ')
	}
	w.b.WriteString("SELECT " + imageList(w.t, w.columns, target) + " FROM " + st.Text[c.TargetPos:c.TargetEnd])
	if from != nil {
		if from.Pos < end || from.Pos >= from.End || from.End > st.End {
			return imageWhyText
		}
		w.b.WriteString(", ")
		if !w.piece(from.Span, from.Params) {
			return imageWhyText
		}
		end = from.End
	}
	if where != (c.WhereEnd > 0) || where && (c.WherePos < end || c.WherePos >= c.WhereEnd || c.WhereEnd > st.End) {
		return imageWhyText
	}
	if where {
		w.b.WriteString(" WHERE ")
		if !w.piece(dialect.Span{Pos: c.WherePos, End: c.WhereEnd}, c.WhereParams) {
			return imageWhyText
		}
	}
	w.limit(target, lock)
	return ""
}

// limit ends the query: with a limit, so that no more rows are locked by it than
// are kept, and the lock.
func (w *imageWriter) limit(target, lock string) {
	w.b.WriteString(" LIMIT $" + strconv.Itoa(len(w.params)+1) + " " + lock + " OF " + target)
	w.out.BeforeLimited = true
}

// piece copies a piece of the statement with new numbers for its parameters.
func (w *imageWriter) piece(span dialect.Span, params []dialect.ParamRef) bool {
	pos := span.Pos
	for _, ref := range params {
		if ref.Pos < pos || ref.End <= ref.Pos || ref.End > span.End {
			return false
		}
		n := w.number[ref.Param.Index]
		if n == 0 {
			w.params = append(w.params, ref.Param)
			n = len(w.params)
			if w.number == nil {
				w.number = make(map[int]int)
			}
			w.number[ref.Param.Index] = n
		}
		w.b.WriteString(w.st.Text[pos:ref.Pos])
		w.b.WriteString("$" + strconv.Itoa(n))
		pos = ref.End
	}
	w.b.WriteString(w.st.Text[pos:span.End])
	return true
}
