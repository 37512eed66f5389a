package sqlite

import (
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imageResult asks for what a driver's Result holds. A statement that runs as
// a query, to its end, leaves both as it would have otherwise.
const imageResult = "SELECT changes(), last_insert_rowid()"

// Images implements [dialect.Dialect]. After images come from a RETURNING
// clause, so that they are the rows that were written and no others; so do the
// before images of a DELETE. Those of an UPDATE come from its condition, run
// first: the caller holds the write lock, so that no row changes between.
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
	case st.Pos < 0 || st.Pos >= st.End || st.End > len(st.Text):
		return nil, "its text could not be told from what is around it"
	}
	wanted, ok := imageColumns(t, columns)
	if !ok {
		return nil, "a column is not in the table, or none is wanted"
	}
	im := &dialect.Images{Write: st.Text[st.Pos:st.End] + " RETURNING " + wanted, Result: imageResult}
	why := "not an INSERT, UPDATE or DELETE that was understood"
	switch {
	case st.Kind == dialect.KindInsert && st.Insert != nil:
		why = imageRefuseInsert(st.Insert)
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		why = imageRefuseDelete(st.Delete)
		im.WriteIsBefore = true
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		if why = imageRefuseUpdate(st); why == "" {
			why = imageBefore(im, st, wanted)
		}
	}
	if why != "" {
		return nil, why
	}
	return im, ""
}

// imageColumns writes the list of the wanted columns. They are not qualified,
// because RETURNING does not know the alias of its table.
func imageColumns(t *dialect.Table, columns []int) (string, bool) {
	if len(columns) == 0 {
		return "", false
	}
	var b strings.Builder
	for i, c := range columns {
		if c < 0 || c >= len(t.Columns) {
			return "", false
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('+')
		b.WriteString(nameQuote(t.Columns[c].Name))
	}
	return b.String(), true
}

// The reasons for which a statement has no images.
const (
	imageWhyReturning = "has a RETURNING clause of its own"
	imageWhyWith      = "starts with WITH"
	imageWhySubquery  = "holds a subquery"
	imageWhyConflict  = "may do something else on a conflict"
	imageWhyLimit     = "has ORDER BY or LIMIT"
)

func imageRefuseInsert(in *dialect.Insert) string {
	switch {
	case in.Returning:
		return imageWhyReturning
	case in.With:
		return imageWhyWith
	case in.Query != nil:
		return "inserts the rows of a query"
	case in.Subquery:
		return imageWhySubquery
	case in.Upsert:
		return "may update the row it conflicts with"
	case in.Conflict:
		return imageWhyConflict
	}
	return ""
}

func imageRefuseDelete(del *dialect.Delete) string {
	switch {
	case del.Returning:
		return imageWhyReturning
	case del.With:
		return imageWhyWith
	case del.Using:
		return "joins other tables"
	case del.Subquery:
		return imageWhySubquery
	case del.Limit:
		return imageWhyLimit
	}
	return ""
}

func imageRefuseUpdate(st *dialect.Statement) string {
	up := st.Update
	switch {
	case up.Returning:
		return imageWhyReturning
	case up.With:
		return imageWhyWith
	case up.From:
		return "joins other tables"
	case up.Subquery:
		return imageWhySubquery
	case up.Limit:
		return imageWhyLimit
	case up.Conflict:
		return imageWhyConflict
	case up.TargetPos < st.Pos || up.TargetPos >= up.TargetEnd || up.TargetEnd > st.End:
		return "its target could not be told from the text"
	case (up.Where != nil) != (up.WhereEnd > 0),
		up.WhereEnd > 0 && (up.WherePos < up.TargetEnd || up.WherePos >= up.WhereEnd || up.WhereEnd > st.End):
		return "its condition could not be told from the text"
	}
	if st.Volatile != "" && up.WhereEnd > 0 {
		// A volatile value to assign is welcome, it is run once and RETURNING
		// shows it. A condition is run twice and must find the same rows.
		where := Parse("SELECT 1 WHERE " + st.Text[up.WherePos:up.WhereEnd])
		if where.Kind != dialect.KindSelect || where.Query == nil || where.Foreign != "" {
			return "its condition was not understood"
		}
		if where.Volatile != "" {
			return where.Volatile
		}
	}
	return ""
}

// imageBefore writes the query that finds the rows of an UPDATE. Its parameters
// are numbered anew, each of the statement's that the condition uses once.
func imageBefore(im *dialect.Images, st *dialect.Statement, wanted string) string {
	up := st.Update
	var b strings.Builder
	b.WriteString("SELECT ")
	b.WriteString(wanted)
	b.WriteString(" FROM ")
	b.WriteString(st.Text[up.TargetPos:up.TargetEnd])
	if up.WhereEnd > 0 {
		b.WriteString(" WHERE ")
		pos := up.WherePos
		number := make(map[int]int, len(up.WhereParams))
		for _, ref := range up.WhereParams {
			if ref.Pos < pos || ref.End <= ref.Pos || ref.End > up.WhereEnd {
				return "its parameters could not be told from the text"
			}
			n := number[ref.Param.Index]
			if n == 0 {
				im.BeforeParams = append(im.BeforeParams, ref.Param)
				n = len(im.BeforeParams)
				number[ref.Param.Index] = n
			}
			b.WriteString(st.Text[pos:ref.Pos])
			b.WriteByte('?')
			b.WriteString(strconv.Itoa(n))
			pos = ref.End
		}
		b.WriteString(st.Text[pos:up.WhereEnd])
	}
	im.Before = b.String()
	return ""
}
