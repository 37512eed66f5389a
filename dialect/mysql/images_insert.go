package mysql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// insert writes the query for the rows of an INSERT, after it. It returns why there is
// none. Nothing is locked before it: two programs that both lock the place where a key
// would be, and then insert it, wait for each other.
func (w *imageWriter) insert(in *dialect.Insert) string {
	own := &dialect.OwnImages{Rows: in.Rows}
	if in.Skips || in.Upsert || in.Conflict {
		own.Counted = dialect.CountedNew
	}
	switch {
	case slices.ContainsFunc(w.t.Triggers, func(tr dialect.Trigger) bool { return tr.Event == dialect.KindInsert && tr.Before }):
		return imageWhyBefore
	case in.Upsert && in.Rows != 1:
		return "the number of rows that it affects does not tell what it did" // one updated is like two that are new
	case in.Returning:
		return w.insertReturning(in)
	case in.Query != nil:
		return "the rows of a query cannot be told"
	case in.Rows == 0:
		return "its rows were not understood"
	case len(w.t.Primary) == 0 || slices.ContainsFunc(w.t.Primary, func(pos int) bool { return imageKindOf(w.t.Columns[pos]) == imageNoKind }):
		return "its rows have no key to be found by"
	}
	w.out.Own = own
	at, why := w.keyValues(in)
	switch {
	case why != "":
		return why
	case w.generates(in, at):
		return w.generated(own)
	}
	return w.given(in, own, at)
}

// keyValues returns where, in a row of VALUES, the values of the primary key's columns
// stand: -1 where a row has none.
func (w *imageWriter) keyValues(in *dialect.Insert) (at []int, why string) {
	var listed []int
	for _, name := range in.Columns {
		_, pos := w.t.Column(nameFold, name)
		if pos < 0 || slices.Contains(listed, pos) {
			return nil, "its columns were not understood"
		}
		listed = append(listed, pos)
	}
	if len(in.Values) != in.Rows {
		return nil, "its values are not known"
	}
	empty := len(in.Columns) == 0 && len(in.Values[0]) == 0 // INSERT INTO t VALUES ()
	if len(in.Columns) == 0 && !empty {
		for pos := range w.t.Columns {
			listed = append(listed, pos)
		}
	}
	for _, row := range in.Values {
		if len(row) != len(listed) {
			return nil, "its values are not known"
		}
	}
	for _, pos := range w.t.Primary {
		at = append(at, slices.Index(listed, pos))
	}
	return at, ""
}

// generates reports whether the database generates the key of each row.
func (w *imageWriter) generates(in *dialect.Insert, at []int) bool {
	if len(w.t.Primary) != 1 || w.t.Step <= 0 || w.t.Generates != w.t.Primary[0] {
		return false
	}
	return at[0] < 0 || !slices.ContainsFunc(in.Values, func(row []dialect.Span) bool {
		return !strings.EqualFold(w.text(row[at[0]]), "NULL")
	})
}

// text is a piece of the statement's text; empty where it cannot be one.
func (w *imageWriter) text(s dialect.Span) string {
	if s.Pos < w.st.Pos || s.Pos >= s.End || s.End > w.st.End {
		return ""
	}
	return w.st.Text[s.Pos:s.End]
}

// generated writes the query for rows whose keys are generated. Where there are several
// it finds none if the numbers have another distance than the catalog says.
func (w *imageWriter) generated(own *dialect.OwnImages) string {
	own.Generated, own.Step = true, w.t.Step
	c := w.t.Columns[w.t.Primary[0]]
	own.After = "SELECT " + w.list("r.") + " FROM " + imageByKey(w.t, "r") + " WHERE " + imageIn(c, "r.", own.Rows) + imageAndWhole(w.t, w.columns, "r.")
	if own.Rows > 1 {
		own.After += " AND @@SESSION.auto_increment_increment = " + strconv.FormatInt(own.Step, 10)
	}
	own.After += " FOR UPDATE"
	return ""
}

// given writes the query for rows whose keys the text gives. A value that a column
// cannot hold as it is was changed on its way there: then no row has it, and one is
// missing.
func (w *imageWriter) given(in *dialect.Insert, own *dialect.OwnImages, at []int) string {
	columns := make([]*dialect.Column, len(at))
	for i, pos := range w.t.Primary {
		if columns[i] = w.t.Columns[pos]; at[i] < 0 || columns[i].Comparison == "" {
			return "the key of a row is not in the text"
		}
	}
	var b strings.Builder
	b.WriteString("SELECT " + w.list("r.") + " FROM " + imageByKey(w.t, "r") + " WHERE " + imageTuple(columns, "r.") + " IN (")
	parts := make([]string, len(at))
	for n, row := range in.Values {
		for i := range at {
			var why string
			if parts[i], why = w.keyValue(in, own, columns[i], w.t.Primary[i], row[at[i]]); why != "" {
				return why
			}
		}
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(imageRow(parts))
	}
	own.After = b.String() + ")" + imageAndWhole(w.t, w.columns, "r.") + " FOR UPDATE"
	return ""
}

// keyValue writes a value that a column of the key gets, and takes note of it where it
// is a parameter.
func (w *imageWriter) keyValue(in *dialect.Insert, own *dialect.OwnImages, c *dialect.Column, pos int, span dialect.Span) (text, why string) {
	const unknown = "a value of the key is neither a plain literal nor a parameter"
	// Where it is not known which column gets numbers, it may be any.
	kind := imageKindOf(c)
	nonZero := w.t.Generates == pos && w.t.Step > 0 || w.t.Step <= 0 && (kind == imageSigned || kind == imageUnsigned)
	text = w.text(span)
	if text == "?" {
		for _, ref := range in.ValueParams {
			if ref.Pos == span.Pos {
				own.Keys = append(own.Keys, dialect.KeyArgument{Param: ref.Param, Column: c, NonZero: nonZero})
				own.AfterParams = append(own.AfterParams, ref.Param)
				return "?", ""
			}
		}
		return "", unknown
	}
	v, ok := imageValue(text)
	if !ok || nonZero && v == int64(0) {
		return "", unknown
	}
	if _, isText := v.(string); isText && nonZero {
		return "", unknown
	}
	if _, ok := Dialect.Canonical(c, v, dialect.SideArgument); !ok {
		return "", unknown
	}
	return imageLiteral(v), ""
}

// imageValue reads a plain literal: a whole number, or a text of printable ASCII without
// anything that one session reads otherwise than another.
func imageValue(text string) (any, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] != '+' {
		return n, true
	}
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return nil, false
	}
	text = text[1 : len(text)-1]
	if strings.ContainsAny(text, `'"\`) || imageLiteral(text) == "" {
		return nil, false
	}
	return text, true
}
