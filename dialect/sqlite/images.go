package sqlite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imageResult asks for what a driver's Result holds. A statement that runs as
// a query, to its end, leaves both as it would have otherwise.
const imageResult = "SELECT changes(), last_insert_rowid()"

// imageMaxColumns bounds the columns that a statement returns, ours among them:
// SQLite's own limit must not make one fail that would pass. It is 2000.
const imageMaxColumns = 1000

// Images implements [dialect.Dialect]. After images come from a RETURNING
// clause, so that they are the rows that were written and no others; so do the
// before images of a DELETE. Those of an UPDATE come from its condition, run
// first, and those of an upsert from the keys of its rows: the caller holds the
// write lock, so that no row changes between.
//
// Each column stands behind a unary plus. It changes no value, but an
// expression has no declared type, by which some drivers convert what they
// read: the time of a DATETIME, the bool of a BOOLEAN.
func (sqliteDialect) Images(st *dialect.Statement, t *dialect.Table, columns []int) (*dialect.Images, string) {
	switch {
	case t.Kind != dialect.TablePlain:
		return nil, "not a plain table"
	case t.NoImages != "":
		return nil, t.NoImages
	case st.Incomplete != "":
		return nil, st.Incomplete
	case st.Foreign != "":
		return nil, "calls " + st.Foreign + ", which is not known"
	case len(t.Columns)+len(columns) > imageMaxColumns:
		return nil, "has too many columns"
	case st.Pos < 0 || st.Pos >= st.End || st.End > len(st.Text):
		return nil, "its text could not be told from what is around it"
	}
	wanted, ok := imageColumns(t, columns, "")
	if !ok {
		return nil, "a column is not in the table, or none is wanted"
	}
	w := &imageWriter{st: st, t: t, wanted: wanted, columns: columns}
	im := &dialect.Images{Result: imageResult}
	why := "not an INSERT, UPDATE or DELETE that was understood"
	var returning bool
	switch {
	case st.Kind == dialect.KindInsert && st.Insert != nil:
		returning = st.Insert.Returning
		why = w.insert(st.Insert)
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		returning = st.Delete.Returning
		im.WriteIsBefore = true
		why = w.delete(st.Delete)
		if !returning && st.Delete.Where == nil {
			im.Many = "SELECT 1 FROM " + t.SQL + " LIMIT 1 OFFSET ?1"
		}
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		returning = st.Update.Returning
		why = w.update(st.Update)
	}
	if why != "" {
		return nil, why
	}
	im.Write = st.Text[st.Pos:st.End] + " RETURNING " + wanted
	if returning { // its list is the last thing in the text
		im.Write = st.Text[st.Pos:st.End] + ", " + wanted
	}
	im.Before, im.BeforeParams = w.b.String(), w.params
	return im, ""
}

// RowsOf implements [dialect.Dialect].
func (sqliteDialect) RowsOf(t *dialect.Table, columns []int, n int) string {
	wanted, ok := imageColumns(t, columns, "")
	if !ok || t.RowID == "" || t.Kind != dialect.TablePlain {
		return ""
	}
	return "SELECT " + wanted + " FROM " + t.SQL + " WHERE " + t.RowID + " IN " + imageParams(n)
}

// RowByKey implements [dialect.RowByKeyer]. The key's column stands alone: so its
// affinity makes a number of a text where the column holds numbers.
func (sqliteDialect) RowByKey(t *dialect.Table, columns []int) string {
	wanted, ok := imageColumns(t, columns, "")
	if !ok || len(columns) > imageMaxColumns || len(t.Primary) != 1 || t.Kind != dialect.TablePlain {
		return ""
	}
	return "SELECT " + wanted + " FROM " + t.SQL + " WHERE " + nameQuote(t.Columns[t.Primary[0]].Name) + " = ?1"
}

// ChangesOf implements [dialect.Dialect]. Nobody else writes meanwhile.
func (sqliteDialect) ChangesOf([]*dialect.Table) string { return "" }

// ChildrenOf implements [dialect.Dialect]. The parent's column stands on the
// left of the comparison, as SQLite has it in its own actions: so it is the
// parent's collation that decides.
func (sqliteDialect) ChildrenOf(parent, child *dialect.Table, fk *dialect.ForeignKey, _ dialect.Kind, columns []int, n int) string {
	wanted, ok := imageColumns(child, columns, "c")
	if !ok || parent.RowID == "" || parent.Kind != dialect.TablePlain || child.Kind != dialect.TablePlain {
		return ""
	}
	key := fk.ParentKey(parent, nameFold)
	if len(key) == 0 || len(key) != len(fk.Columns) {
		return ""
	}
	var b strings.Builder
	b.WriteString("SELECT " + wanted + " FROM " + parent.SQL + " AS p CROSS JOIN " + child.SQL + " AS c WHERE p." + parent.RowID + " IN " + imageParams(n))
	for i, column := range key {
		if fk.Columns[i] < 0 || fk.Columns[i] >= len(child.Columns) {
			return ""
		}
		b.WriteString(" AND p." + nameQuote(parent.Columns[column].Name) + " = c." + nameQuote(child.Columns[fk.Columns[i]].Name))
	}
	return b.String()
}

// imageParams is the list (?1, ?2, ...) of n parameters.
func imageParams(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(", ?" + strconv.Itoa(i+1))
	}
	return "(" + strings.TrimPrefix(b.String(), ", ") + ")"
}

// imageColumns writes the list of the wanted columns. RETURNING does not know
// the alias of its table, so they are qualified only where that is asked for.
func imageColumns(t *dialect.Table, columns []int, qualifier string) (string, bool) {
	if len(columns) == 0 {
		return "", false
	}
	if qualifier != "" {
		qualifier += "."
	}
	var b strings.Builder
	for i, c := range columns {
		if c != dialect.RowName && (c < 0 || c >= len(t.Columns)) || c == dialect.RowName && t.RowID == "" {
			return "", false
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("+" + qualifier)
		if c == dialect.RowName {
			b.WriteString(t.RowID)
		} else {
			b.WriteString(nameQuote(t.Columns[c].Name))
		}
	}
	return b.String(), true
}

// imageWriter writes the query for the images before a statement, out of
// pieces of the statement's own text. Its parameters are numbered anew, each of
// the statement's that is used once.
type imageWriter struct {
	st      *dialect.Statement
	t       *dialect.Table
	columns []int
	wanted  string

	b      strings.Builder
	params []dialect.Param
	number map[int]int // new numbers by old
}

// The reasons for which a statement has no images.
const (
	imageWhyConflict = "may do something else on a conflict"
	imageWhyLimit    = "has ORDER BY or LIMIT"
	imageWhyParams   = "its parameters could not be told from the text"
)

func (w *imageWriter) insert(in *dialect.Insert) string {
	switch {
	case in.Conflict:
		return imageWhyConflict
	case in.Query == nil && in.Rows == 0:
		return "its rows were not understood"
	case in.Upsert:
		return w.upsert(in)
	}
	return ""
}

func (w *imageWriter) delete(del *dialect.Delete) string {
	switch {
	case del.Using:
		return "joins other tables"
	case del.Limit:
		return imageWhyLimit
	case !slices.Contains(w.columns, dialect.RowName):
		return "" // RETURNING tells all
	}
	return w.before(&del.Condition, del.Where != nil, nil, w.wanted)
}

func (w *imageWriter) update(up *dialect.Update) string {
	switch {
	case up.Limit:
		return imageWhyLimit
	case up.Conflict:
		return imageWhyConflict
	case !up.From:
		return w.before(&up.Condition, up.Where != nil, nil, w.wanted)
	case up.Outer:
		return "joins by RIGHT, FULL, NATURAL or USING"
	}
	alias := up.Alias
	if alias == "" {
		alias = up.Table.Name
	}
	wanted, _ := imageColumns(w.t, w.columns, nameQuote(alias))
	return w.before(&up.Condition, up.Where != nil, &up.FromText, wanted)
}

// before writes the query that finds the rows of an UPDATE or DELETE.
func (w *imageWriter) before(c *dialect.Condition, where bool, from *dialect.Clause, wanted string) string {
	st := w.st
	end := c.TargetEnd // of what was written so far
	switch {
	case c.Volatile != "":
		// It is run twice and must find the same rows. What is assigned may be
		// volatile: it is run once, and RETURNING shows it.
		return c.Volatile
	case c.Shadowed:
		return "a CTE has the target's name"
	case c.TargetPos < st.Pos || c.TargetPos >= c.TargetEnd || c.TargetEnd > st.End,
		c.WithText.End > c.TargetPos:
		return "its target could not be told from the text"
	}
	if c.WithText.End > 0 {
		if !w.piece(c.WithText.Span, c.WithText.Params) {
			return imageWhyParams
		}
		w.b.WriteByte(' ')
	}
	w.b.WriteString("SELECT ")
	if from != nil && slices.Contains(w.columns, dialect.RowName) {
		w.b.WriteString("DISTINCT ") // a row may be joined to many
	}
	w.b.WriteString(wanted + " FROM " + st.Text[c.TargetPos:c.TargetEnd])
	if from != nil {
		if from.Pos < end || from.Pos >= from.End || from.End > st.End {
			return "its FROM could not be told from the text"
		}
		w.b.WriteString(", ")
		if !w.piece(from.Span, from.Params) {
			return imageWhyParams
		}
		end = from.End
	}
	if where != (c.WhereEnd > 0) || where && (c.WherePos < end || c.WherePos >= c.WhereEnd || c.WhereEnd > st.End) {
		return "its condition could not be told from the text"
	}
	if where {
		w.b.WriteString(" WHERE ")
		if !w.piece(dialect.Span{Pos: c.WherePos, End: c.WhereEnd}, c.WhereParams) {
			return imageWhyParams
		}
	}
	return ""
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
		w.b.WriteByte('?')
		w.b.WriteString(strconv.Itoa(n))
		pos = ref.End
	}
	w.b.WriteString(w.st.Text[pos:span.End])
	return true
}

// upsert writes the query that finds the rows which the rows of VALUES may
// conflict with. A value is converted by the column's affinity and compared by
// its collation when it stands behind IN, as it is when it is stored.
func (w *imageWriter) upsert(in *dialect.Insert) string {
	key, why := in.ConflictKey(w.t, nameFold)
	if why != "" || key == nil {
		return why
	}
	columns := make([]string, len(in.Target))
	for i, name := range in.Target {
		c, _ := w.t.Column(nameFold, name)
		columns[i] = nameQuote(c.Name)
	}
	w.b.WriteString("SELECT " + w.wanted + " FROM " + w.t.SQL + " WHERE ")
	if len(key) == 1 {
		w.b.WriteString(columns[0] + " IN (")
	} else {
		w.b.WriteString("(" + strings.Join(columns, ", ") + ") IN (VALUES ")
	}
	for i, row := range in.Values {
		if i > 0 {
			w.b.WriteString(", ")
		}
		w.b.WriteByte('(')
		for j, at := range key {
			if j > 0 {
				w.b.WriteString(", ")
			}
			span := row[at]
			if span.Pos < w.st.Pos || span.Pos >= span.End || span.End > w.st.End {
				return "its values could not be told from the text"
			}
			from, _ := slices.BinarySearchFunc(in.ValueParams, span.Pos, func(p dialect.ParamRef, pos int) int { return p.Pos - pos })
			to, _ := slices.BinarySearchFunc(in.ValueParams, span.End, func(p dialect.ParamRef, pos int) int { return p.Pos - pos })
			if !w.piece(span, in.ValueParams[from:to]) {
				return imageWhyParams
			}
		}
		w.b.WriteByte(')')
	}
	w.b.WriteByte(')')
	return ""
}
