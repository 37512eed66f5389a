package postgres

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imageMaxColumns bounds the columns that a statement returns, ours among them:
// PostgreSQL's own limit must not make one fail that would pass. It is 1664.
const imageMaxColumns = 1000

// The reasons for which a statement has no images.
const (
	imageWhyConflict = "may do something else on a conflict"
	imageWhyLimit    = "has ORDER BY or LIMIT"
	imageWhyText     = "its parts could not be told from its text"
	imageWhyName     = "the rows it finds have no names to be found again by"
)

// Images implements [dialect.Dialect]. After images come from a RETURNING clause,
// so that they are the rows that were written and no others; so do the before
// images of a DELETE. Those of an UPDATE come from the statement itself, joined
// to its own table, where it tells its row by the primary key; else from its
// condition, run first. That query locks what it finds as the statement will.
// Others may add rows meanwhile: so it goes with the rows' names, and a row that
// was written but not found is known by its name.
//
// A failed query fails the whole transaction here. So each is made of the
// statement's own pieces, in the order in which PostgreSQL works out the types
// of parameters: WITH, FROM, WHERE. It can meet no error that the statement would
// not meet as well, but for a privilege that is missing: those are looked up in
// the catalog, see [dialect.Table.NoImages].
//
// With names among the columns an UPDATE has a Before, without them it has a
// Both or nothing.
func (postgresDialect) Images(st *dialect.Statement, t *dialect.Table, columns []int) (*dialect.Images, string) {
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
	if w.named && (len(t.RowIDColumns) == 0 || t.RowID == "" || len(t.Relatives) > 0) {
		return nil, imageWhyName // a table that inherits may have rows of the same name
	}
	why := "not an INSERT, UPDATE or DELETE that was understood"
	switch {
	case st.Kind == dialect.KindInsert && st.Insert != nil:
		why = w.insert(st.Insert)
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		why = w.delete(st.Delete)
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		why = w.update(st.Update)
	}
	if why != "" {
		return nil, why
	}
	w.out.Before, w.out.BeforeParams = w.b.String(), w.params
	return &w.out, ""
}

// imageWriter writes the queries for one statement, out of pieces of its own
// text. The parameters of the query before it are numbered anew, each of the
// statement's that is used once.
type imageWriter struct {
	st      *dialect.Statement
	t       *dialect.Table
	columns []int
	named   bool // the rows' names are wanted
	out     dialect.Images

	b      strings.Builder // Before
	params []dialect.Param
	number map[int]int // new numbers by old
}

// insert writes the queries for an INSERT. It returns why there are none.
func (w *imageWriter) insert(in *dialect.Insert) string {
	switch {
	case in.Conflict:
		return imageWhyConflict
	case in.Query == nil && in.Rows == 0:
		return "its rows were not understood"
	}
	target := imageTarget(in.Alias, in.Table)
	extra := ""
	if in.Upsert {
		if why := w.upsert(in, target); why != "" {
			return why
		}
		if w.out.WriteTellsNew {
			// The version of a row that an upsert updates carries the lock that the
			// upsert has just taken; a new row has never been locked.
			extra = ", (" + target + ".xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid)"
		}
	}
	w.write(in.Returning, target, extra)
	return ""
}

// delete writes the queries for a DELETE. It returns why there are none.
func (w *imageWriter) delete(del *dialect.Delete) string {
	target := imageTarget(del.Alias, del.Table)
	w.out.WriteIsBefore = true
	w.write(del.Returning, target, "")
	switch {
	case del.Limit:
		return imageWhyLimit
	case w.named:
		var using *dialect.Clause
		if del.Using {
			using = &del.UsingText
		}
		return w.before(&del.Condition, del.Where != nil, using, target, "FOR UPDATE")
	case del.Where == nil && !del.Returning && !del.Using && del.TargetPos >= w.st.Pos && del.TargetPos < del.TargetEnd && del.TargetEnd <= w.st.End && !del.CurrentOf && !del.Shadowed:
		w.out.Many = "SELECT 1 FROM " + w.st.Text[del.TargetPos:del.TargetEnd] + " OFFSET $1 LIMIT 1"
	}
	return ""
}

// update writes the queries for an UPDATE. It returns why there are none.
func (w *imageWriter) update(up *dialect.Update) string {
	target := imageTarget(up.Alias, up.Table)
	switch {
	case up.Limit:
		return imageWhyLimit
	case up.Conflict:
		return imageWhyConflict
	case !w.named:
		return w.both(up, target)
	case up.Outer:
		return "joins by RIGHT, FULL, NATURAL or USING"
	}
	var from *dialect.Clause
	if up.From {
		from = &up.FromText
	}
	w.write(up.Returning, target, "")
	// What is assigned to a key is the same as a rule, where a program saves all
	// columns: PostgreSQL looks at the values, and locks no more than it must. So a
	// row that others refer to by a foreign key is not to be locked as if its key
	// changed. Only where triggers run before the row changes it locks by the text.
	lock := "FOR NO KEY UPDATE"
	if slices.ContainsFunc(w.t.Triggers, func(tr dialect.Trigger) bool { return tr.Event == dialect.KindUpdate && tr.Before }) {
		lock = w.lock(up.Set)
	}
	return w.before(&up.Condition, up.Where != nil, from, target, lock)
}

// lock is the lock that an upsert takes on a row when it assigns to these columns,
// and an UPDATE where triggers run before it. A stronger one would be in the way of others that refer to the row by
// a foreign key, a weaker one would have to be made stronger by the statement.
func (w *imageWriter) lock(set []string) string {
	return "FOR " + imageLock(w.t, func(c *dialect.Column) bool { return slices.Contains(set, c.Name) })
}

// imageLock tells which lock a change of these columns takes.
func imageLock(t *dialect.Table, changed func(*dialect.Column) bool) string {
	for _, u := range t.Unique {
		for _, pos := range u {
			if pos >= 0 && pos < len(t.Columns) && changed(t.Columns[pos]) {
				return "UPDATE"
			}
		}
	}
	for _, c := range t.Columns {
		// A unique index that compares in its own way is on some column that has no
		// rules of comparison, most of all.
		if t.OtherUnique && c.Comparison == "" && changed(c) {
			return "UPDATE"
		}
	}
	return "NO KEY UPDATE"
}

// write sets the statement that returns the images.
func (w *imageWriter) write(returning bool, target, extra string) {
	list := " RETURNING "
	if returning { // its list is the last thing in the text
		list = ", "
	}
	w.out.Write = w.st.Text[w.st.Pos:w.st.End] + list + imageList(w.t, w.columns, target) + extra
}

// imageList writes the list of the wanted columns.
func imageList(t *dialect.Table, columns []int, qualifier string) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		if c == dialect.RowName {
			b.WriteString(imageName(t, qualifier))
		} else {
			b.WriteString(qualifier + "." + nameQuote(t.Columns[c].Name))
		}
	}
	return b.String()
}

// imageName writes a row's name, as [dialect.Table.RowID] has it, with its columns
// qualified.
func imageName(t *dialect.Table, qualifier string) string {
	names := make([]string, len(t.RowIDColumns))
	for i, c := range t.RowIDColumns {
		names[i] = qualifier + "." + nameQuote(c.Name)
	}
	if len(names) == 1 {
		return names[0] + "::pg_catalog.text"
	}
	return "ROW(" + strings.Join(names, ", ") + ")::pg_catalog.text"
}

// imageTarget is the name by which a statement's expressions know its target.
func imageTarget(alias string, name dialect.Name) string {
	if alias == "" {
		alias = name.Name
	}
	return nameQuote(alias)
}
