package mysql

import (
	"database/sql/driver"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imageMaxColumns bounds the columns that a statement returns, ours among them:
// MySQL's own limit must not make one fail that would pass. It is 4096.
const imageMaxColumns = 1000

// The reasons for which a statement has no images.
const (
	imageWhyText   = "its parts could not be told from its text"
	imageWhyName   = "the rows it finds have no names to be found again by"
	imageWhyQuery  = "it calls a function that is not known"
	imageWhyNested = "its condition holds a query, or its text a WITH clause"
	imageWhyPlain  = "its condition may fail for a row that it is not to touch"
	imageWhyOrder  = "what it does may depend on which of its rows it comes to first"
	imageWhyBefore = "a trigger may change the keys of its rows"
)

// Images implements [dialect.Dialect]. A statement returns no rows here, but for
// RETURNING where a program of MariaDB asks for it. So the rows that it is about to
// change are looked for before it, and read again after it, by their names.
//
// All these queries lock what they find, as the statement does. That is not for the
// locks alone: a query that locks reads what was committed last, and leaves the
// transaction's view of the database to be made when the program reads for the first
// time. So nothing here may hold a query that reads without a lock.
//
// A row that comes to match meanwhile is no matter where the condition gives a unique
// key values: the one row that has them is locked. Else the statement is restricted to
// the rows that were found, as if it had come when they were looked for.
func (mysqlDialect) Images(st *dialect.Statement, t *dialect.Table, columns []int) (*dialect.Images, string) {
	switch {
	case t.Kind != dialect.TablePlain:
		return nil, "not a plain table"
	case t.NoImages != "":
		return nil, t.NoImages
	case st.Incomplete != "":
		return nil, st.Incomplete
	case len(t.Columns)+2*len(columns) > imageMaxColumns:
		return nil, "has too many columns"
	case st.Pos < 0 || st.Pos >= st.End || st.End > len(st.Text):
		return nil, imageWhyText
	case len(columns) == 0 || slices.ContainsFunc(columns, func(c int) bool { return c != dialect.RowName && (c < 0 || c >= len(t.Columns)) }):
		return nil, "a column is not in the table, or none is wanted"
	}
	w := &imageWriter{st: st, t: t, columns: columns, named: slices.Contains(columns, dialect.RowName)}
	if w.named && !imageNamed(t) {
		return nil, imageWhyName
	}
	why := "not an INSERT, UPDATE or DELETE that was understood"
	switch {
	case st.Kind == dialect.KindInsert && st.Insert != nil:
		why = w.insert(st.Insert)
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		why = w.update(st.Update)
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		why = w.delete(st.Delete)
	}
	if why != "" {
		return nil, why
	}
	return &w.out, ""
}

// imageWriter writes the queries for one statement, out of pieces of its own text.
type imageWriter struct {
	st      *dialect.Statement
	t       *dialect.Table
	columns []int
	named   bool // the rows' names are wanted
	out     dialect.Images
}

// update writes the queries for an UPDATE. It returns why there are none.
func (w *imageWriter) update(up *dialect.Update) string {
	end := up.SetText.End
	switch {
	case up.From:
		return "joins other tables"
	case !w.named:
		return imageWhyName // its rows are read again
	case up.SetText.Pos < up.TargetEnd || up.SetText.Pos >= end:
		return imageWhyText
	}
	return w.rows(&up.Condition, up.Where, end, up.With)
}

// delete writes the queries for a DELETE. It returns why there are none.
func (w *imageWriter) delete(del *dialect.Delete) string {
	switch {
	case del.Using:
		return "joins other tables"
	case del.Returning:
		return w.deleteReturning(del)
	case !w.named:
		return imageWhyName
	}
	return w.rows(&del.Condition, del.Where, del.TargetEnd, del.With)
}

// imageNested finds a query inside a condition.
var imageNested = regexp.MustCompile(`(?i)\b(select|values|table|with)\b`)

// rows writes the query that finds the rows of an UPDATE or DELETE, and says how the
// statement is kept to them. Without a condition it would stand at end.
func (w *imageWriter) rows(c *dialect.Condition, where dialect.Expr, end int, with bool) string {
	if why := w.parts(c, where, end); why != "" {
		return why
	}
	text := w.st.Text
	own := &dialect.OwnImages{}
	pins, keys := imagePins(w.t, where)
	own.Pinned, own.Keys = pins != nil, keys
	why := ""
	switch {
	case with, imageNested.MatchString(text[c.WherePos:c.WhereEnd]), imageNested.MatchString(text[c.Tail.Pos:c.Tail.End]):
		// It would read without a lock.
		why = imageWhyNested
	case w.st.Foreign != "":
		why = imageWhyQuery // and it may do something else the second time
	case c.Volatile != "":
		why = c.Volatile
	}
	if why != "" && !own.Pinned {
		return why
	}
	w.out.Own = own
	var b strings.Builder
	b.WriteString("SELECT " + w.list("") + " FROM " + text[c.TargetPos:c.TargetEnd])
	if why != "" {
		// The key is enough: what else the condition says is the statement's matter.
		b.WriteString(" WHERE ")
		w.out.BeforeParams = pins.write(&b)
		w.out.Before = b.String() + " FOR UPDATE"
		return ""
	}
	whole := ""
	if !own.Pinned {
		whole = imageWhole(w.t, "")
	}
	switch {
	case c.WhereEnd > 0 && whole != "":
		b.WriteString(" WHERE (" + text[c.WherePos:c.WhereEnd] + ") AND " + whole)
	case c.WhereEnd > 0:
		b.WriteString(" WHERE " + text[c.WherePos:c.WhereEnd])
	case whole != "":
		b.WriteString(" WHERE " + whole)
	}
	w.out.BeforeParams = imageParams(c.WhereParams)
	if c.Tail.End > 0 {
		b.WriteString(" " + text[c.Tail.Pos:c.Tail.End])
		w.out.BeforeParams = append(w.out.BeforeParams, imageParams(c.Tail.Params)...)
	} else if !own.Pinned {
		b.WriteString(" LIMIT ?")
		w.out.BeforeLimited = true
	}
	w.out.Before = b.String() + " FOR UPDATE"
	if !own.Pinned && w.ordered(c) {
		return imageWhyOrder
	}
	if plain := (&imagePlain{t: w.t}); plain.condition(where) && imagePlainOrder.MatchString(text[c.Tail.Pos:c.Tail.End]) {
		own.Restricted, own.Restricts = w.restricted(c, end), plain.fits
		if w.st.Kind == dialect.KindUpdate {
			// It looks at what was committed of a row that is locked, and leaves it where
			// that does not match. A DELETE does not.
			own.Hasty = w.out.Before + " NOWAIT"
		}
	} else if !own.Pinned {
		return imageWhyPlain
	}
	return ""
}

// parts checks where the parts of a condition stand. It returns what is wrong.
func (w *imageWriter) parts(c *dialect.Condition, where dialect.Expr, end int) string {
	st := w.st
	switch {
	case c.CurrentOf:
		return "its row is told by a cursor"
	case c.Shadowed:
		return "a CTE has the target's name"
	case c.TargetPos < st.Pos || c.TargetPos >= c.TargetEnd || end < c.TargetEnd || end > st.End,
		(where != nil) != (c.WhereEnd > 0),
		where != nil && (c.WherePos < end || c.WherePos >= c.WhereEnd || c.WhereEnd > st.End),
		c.Tail.End > 0 && (c.Tail.Pos < max(end, c.WhereEnd) || c.Tail.Pos >= c.Tail.End || c.Tail.End > st.End):
		return imageWhyText
	}
	// Parameters have no numbers here: each must be where the text has it.
	for _, piece := range [...]dialect.Clause{{Span: dialect.Span{Pos: c.WherePos, End: c.WhereEnd}, Params: c.WhereParams}, c.Tail} {
		pos := piece.Pos
		for _, ref := range piece.Params {
			if ref.Pos < pos || ref.End != ref.Pos+1 || ref.End > piece.End || st.Text[ref.Pos] != '?' {
				return imageWhyText
			}
			pos = ref.End
		}
	}
	return ""
}

// restricted returns the function that restricts the statement to rows of some names.
//
// The rows are to be looked up by their key: of a small table the server would look at all
// of them, and so lock them, and wait for others who have nothing to do with those that
// were found. A DELETE takes no FORCE INDEX, but a LIMIT has the same effect.
func (w *imageWriter) restricted(c *dialect.Condition, end int) func([]driver.Value) string {
	st, columns := w.st, w.t.RowIDColumns
	head, limited := st.Text[st.Pos:end], false
	switch target := st.Text[c.TargetPos:c.TargetEnd]; {
	case st.Kind == dialect.KindDelete:
		limited = c.Tail.End == 0
	case !imageHint.MatchString(target):
		head = st.Text[st.Pos:c.TargetEnd] + " FORCE INDEX (PRIMARY)" + st.Text[c.TargetEnd:end]
	}
	return func(names []driver.Value) string {
		in := imageInLiterals(columns, names)
		if in == "" {
			return ""
		}
		var b strings.Builder
		b.WriteString(head)
		behind := end
		if c.WhereEnd > 0 {
			b.WriteString(st.Text[end:c.WherePos] + "(" + st.Text[c.WherePos:c.WhereEnd] + ") AND " + in)
			behind = c.WhereEnd
		} else {
			b.WriteString(" WHERE " + in)
		}
		if limited {
			b.WriteString(" LIMIT " + strconv.Itoa(len(names)))
		}
		b.WriteString(st.Text[behind:st.End])
		return b.String()
	}
}

// imageHint finds a hint for the use of indexes behind a table's name.
var imageHint = regexp.MustCompile(`(?i)\b(use|force|ignore)\b`)

// imageMostWhole bounds the columns that imageWhole names: no index has more.
const imageMostWhole = 32

// imageWhole is a condition that is true of each row, and names columns of many kinds, with
// what stands before each, so that no index has all that a query wants. The server would have the query read such an
// index alone, although the statement reads the table: it would lock the rows in another
// order, and two that run at once wait for each other.
func imageWhole(t *dialect.Table, qualifier string) string {
	var b strings.Builder
	for i, n := 0, 0; i < len(t.Columns) && n < imageMostWhole; i++ {
		c := t.Columns[i]
		if c.Generated || slices.Contains(t.Primary, i) || imageLarge(c) {
			continue
		}
		b.WriteString(" OR " + qualifier + nameQuote(c.Name) + " IS NULL")
		n++
	}
	if b.Len() == 0 {
		return ""
	}
	return "(1" + b.String() + ")"
}

// imageLarge reports whether the values of a column may stand beside their row, where to
// read them takes time.
func imageLarge(c *dialect.Column) bool {
	kind := imagePlainColumn(c)
	return kind == imageOther || kind == imageChars && !imageShort.MatchString(c.Type)
}

// imageShort is a type of texts that are kept in the row, as a rule.
var imageShort = regexp.MustCompile(`(?i)^(char|binary|(varchar|varbinary)\([0-9]{1,3}\))`)

// list writes the list of the wanted columns, with what stands before each.
func (w *imageWriter) list(qualifier string) string { return imageList(w.t, w.columns, qualifier) }

// imageList writes the list of some columns, with what stands before each.
func imageList(t *dialect.Table, columns []int, qualifier string) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		if c == dialect.RowName {
			b.WriteString(imageName(t.RowIDColumns, qualifier))
		} else {
			b.WriteString(qualifier + nameQuote(t.Columns[c].Name))
		}
	}
	return b.String()
}

// imageParams are the parameters of a piece of the text, in their order: each place has
// its own, also where one stands twice.
func imageParams(refs []dialect.ParamRef) []dialect.Param {
	params := make([]dialect.Param, len(refs))
	for i, ref := range refs {
		params[i] = ref.Param
	}
	return params
}

// imageInLiterals is the condition that a row has one of these names; empty where one
// is none.
func imageInLiterals(columns []*dialect.Column, names []driver.Value) string {
	if len(names) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(imageTuple(columns, "") + " IN (")
	for i, name := range names {
		parts := imageLiterals(columns, name)
		if parts == nil {
			return ""
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(imageRow(parts))
	}
	return b.String() + ")"
}

// imageTuple is a key as a value of a row, with what stands before each column.
func imageTuple(columns []*dialect.Column, qualifier string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = qualifier + nameQuote(c.Name)
	}
	return imageRow(parts)
}

// imageRow is a value of a row, or a value.
func imageRow(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
