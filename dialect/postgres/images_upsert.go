package postgres

import (
	"slices"
	"strconv"

	"github.com/cacheops/cacheops/dialect"
)

// upsert writes the query that finds the rows which the rows of VALUES may
// conflict with, and locks them in the order of VALUES, as the statement does.
// Without names no row can be found again: then it only tells whether all rows
// are new.
func (w *imageWriter) upsert(in *dialect.Insert, target string) string {
	// The rows of a partitioned table come without xmax. There each row that was
	// not found counts as one that was there.
	w.out.WriteTellsNew = len(w.t.Also) == 0
	key, why := w.conflict(in)
	switch {
	case !w.named || why != "":
		if !w.out.WriteTellsNew {
			return "rows of a partitioned table do not tell whether they are new"
		}
		return ""
	case key == nil: // no row that is there can be updated
		return ""
	}
	columns := make([]*dialect.Column, len(in.Target))
	for i, name := range in.Target {
		columns[i], _ = w.t.Column(nameFold, name)
	}
	own := w.ownNames() + "given"
	w.b.WriteString("SELECT " + imageList(w.t, w.columns, target) + " FROM (VALUES ")
	for i, row := range in.Values {
		if i > 0 {
			w.b.WriteString(", ")
		}
		w.b.WriteString("(" + strconv.Itoa(i))
		for j, at := range key {
			span := row[at]
			w.b.WriteString(", (")
			from, _ := slices.BinarySearchFunc(in.ValueParams, span.Pos, func(p dialect.ParamRef, pos int) int { return p.Pos - pos })
			to, _ := slices.BinarySearchFunc(in.ValueParams, span.End, func(p dialect.ParamRef, pos int) int { return p.Pos - pos })
			if !w.piece(span, in.ValueParams[from:to]) {
				return imageWhyText
			}
			w.b.WriteString(")::" + columns[j].Type)
		}
		w.b.WriteByte(')')
	}
	w.b.WriteString(") AS " + own + "(n")
	for j := range key {
		w.b.WriteString(", k" + strconv.Itoa(j))
	}
	w.b.WriteString(") JOIN " + w.t.SQL + " AS " + target + " ON ")
	for j, c := range columns {
		if j > 0 {
			w.b.WriteString(" AND ")
		}
		w.b.WriteString(target + "." + nameQuote(c.Name) + " = " + own + ".k" + strconv.Itoa(j))
	}
	w.b.WriteString(" ORDER BY " + own + ".n")
	w.limit(target, w.lock(in.Set))
	return ""
}

// conflict returns where the values of the key stand by which rows conflict. A
// parameter that stands elsewhere too may be of another type than the key's.
func (w *imageWriter) conflict(in *dialect.Insert) ([]int, string) {
	if in.OnConstraint != "" {
		return nil, "the row it conflicts with is told by a constraint"
	}
	key, why := in.ConflictKey(w.t, nameFold)
	if why != "" || key == nil {
		return nil, why
	}
	uses := make(map[int]int)
	for _, ref := range in.ValueParams {
		uses[ref.Param.Index]++
	}
	for _, row := range in.Values {
		for _, at := range key {
			span := row[at]
			if span.Pos < w.st.Pos || span.Pos >= span.End || span.End > w.st.End {
				return nil, imageWhyText
			}
			for _, ref := range in.ValueParams {
				if ref.Pos >= span.Pos && ref.End <= span.End && uses[ref.Param.Index] > 1 {
					return nil, "a parameter of the key is used again"
				}
			}
		}
	}
	return key, ""
}
