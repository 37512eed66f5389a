package mysql

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// RowsOf implements [dialect.Dialect]. The query locks the rows, which the transaction
// has locked already: so it sees the newest of them, whatever the transaction's view of
// the database is, and does not make that view.
func (mysqlDialect) RowsOf(t *dialect.Table, columns []int, n int) string {
	if !imageNamed(t) || !imageHas(t, columns) || n < 1 {
		return ""
	}
	list := imageList(t, columns, "r.")
	if len(t.RowIDColumns) == 1 {
		return "SELECT " + list + " FROM " + imageByKey(t, "r") + " WHERE " + imageIn(t.RowIDColumns[0], "r.", n) + imageAndWhole(t, columns, "r.") + " FOR UPDATE"
	}
	return imageUnbuffered + list + " FROM " + imageNames(n) + " STRAIGHT_JOIN " + imageByKey(t, "r") + " ON " + imageNameIs(t, "r.") + imageAndWhole(t, columns, "r.") + " FOR UPDATE"
}

// RowByKey implements [dialect.RowByKeyer].
func (mysqlDialect) RowByKey(t *dialect.Table, columns []int) string {
	if t.Kind != dialect.TablePlain || len(t.Primary) != 1 || len(columns) > imageMaxColumns || !imageHas(t, columns) {
		return ""
	}
	return "SELECT " + imageList(t, columns, "r.") + " FROM " + t.SQL + " AS r WHERE r." + nameQuote(t.Columns[t.Primary[0]].Name) + " = ?"
}

// ChildrenOf implements [dialect.Dialect]. An action of InnoDB takes the same lock on
// each row of the child, whatever it does to it. The parent's rows are locked already.
// STRAIGHT_JOIN has the child's rows found by the index that each foreign key has, from
// those of the parent: all rows that a query looks at are locked. Where the columns are not
// of one type there is no query: see imageAlike.
func (mysqlDialect) ChildrenOf(parent, child *dialect.Table, fk *dialect.ForeignKey, _ dialect.Kind, columns []int, n int) string {
	if !imageNamed(parent) || child.Kind != dialect.TablePlain || !imageHas(child, columns) || n < 1 {
		return ""
	}
	key := fk.ParentKey(parent, nameFold)
	if len(key) == 0 || len(key) != len(fk.Columns) {
		return ""
	}
	var b strings.Builder
	b.WriteString(imageUnbuffered + imageList(child, columns, "c.") + " FROM ")
	if len(parent.RowIDColumns) > 1 {
		b.WriteString(imageNames(n) + " STRAIGHT_JOIN ")
	}
	b.WriteString(imageByKey(parent, "p"))
	if len(parent.RowIDColumns) > 1 {
		b.WriteString(" ON " + imageNameIs(parent, "p."))
	}
	b.WriteString(" STRAIGHT_JOIN " + child.SQL + " AS c ON ")
	for i, column := range key {
		if fk.Columns[i] < 0 || fk.Columns[i] >= len(child.Columns) || !imageAlike(parent.Columns[column], child.Columns[fk.Columns[i]]) {
			return ""
		}
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString("c." + nameQuote(child.Columns[fk.Columns[i]].Name) + " = p." + nameQuote(parent.Columns[column].Name))
	}
	b.WriteString(imageAndWhole(parent, nil, "p."))
	if len(parent.RowIDColumns) == 1 {
		b.WriteString(" WHERE " + imageIn(parent.RowIDColumns[0], "p.", n))
	}
	return b.String() + " FOR UPDATE"
}

// ChangesOf implements [dialect.Dialect]. The server counts no rows by transaction and
// table: where others may add children, no foreign keys are followed.
func (mysqlDialect) ChangesOf([]*dialect.Table) string { return "" }

// imageAlike reports whether a query finds the values of one column that InnoDB holds equal
// to those of the other. InnoDB compares them as they are stored, and lets a key of
// decimal(4,0) refer to one of decimal(4,2), where 1058 is stored as 4.34 is.
func imageAlike(a, b *dialect.Column) bool {
	return a.Collation == b.Collation && imageStored(a) == imageStored(b)
}

// imageLength is the length of a text, or how wide a whole number is shown.
var imageLength = regexp.MustCompile(`^((?:tiny|small|medium|big)?int|char|varchar|binary|varbinary)\([0-9]+\)`)

// imageStored is a column's type, as far as it says how values are stored.
func imageStored(c *dialect.Column) string {
	return imageLength.ReplaceAllString(strings.ToLower(c.Type), "$1")
}

// imageNamed reports whether rows of a table can be found by their names.
func imageNamed(t *dialect.Table) bool {
	return t.Kind == dialect.TablePlain && t.RowID != "" && len(t.RowIDColumns) > 0 && len(t.Relatives) == 0 &&
		!slices.ContainsFunc(t.RowIDColumns, func(c *dialect.Column) bool { return imageKindOf(c) == imageNoKind })
}

// imageHas reports whether a table has these columns.
func imageHas(t *dialect.Table, columns []int) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(c int) bool {
		return c == dialect.RowName && !imageNamed(t) || c != dialect.RowName && (c < 0 || c >= len(t.Columns))
	})
}

// imageByKey is a table whose rows are looked up by its primary key. Of a small table the
// server would look at all rows otherwise, and lock them, and so wait for others who have
// nothing to do with those that are asked for.
func imageByKey(t *dialect.Table, alias string) string {
	return t.SQL + " AS " + alias + " FORCE INDEX (PRIMARY)"
}

// imageUnbuffered begins a query that looks rows of one table up by those of another. It is
// to do so one by one: with a buffer of the latter the server would rather look at all rows
// of the former, and lock them. MariaDB takes the first comment for a command, MySQL the
// second one for a hint.
const imageUnbuffered = "/*M! SET STATEMENT join_cache_level = 0 FOR */ SELECT /*+ NO_BNL() */ "

// imageAndWhole follows a condition on the key of a table where a query wants nothing but
// the key: of its index alone the server would read all.
func imageAndWhole(t *dialect.Table, columns []int, qualifier string) string {
	if slices.ContainsFunc(columns, func(c int) bool { return c != dialect.RowName && !slices.Contains(t.Primary, c) }) {
		return ""
	}
	if whole := imageWhole(t, qualifier); whole != "" {
		return " AND " + whole
	}
	return ""
}

// imageIn is the condition that a row has one of n names, which are parameters, for a
// key of one column.
func imageIn(c *dialect.Column, qualifier string, n int) string {
	value := imageKey(c, "?")
	return qualifier + nameQuote(c.Name) + " IN (" + value + strings.Repeat(", "+value, n-1) + ")"
}

// imageNames is a table of n names, which are parameters, each once.
func imageNames(n int) string {
	return "(SELECT ? AS n" + strings.Repeat(" UNION SELECT ?", n-1) + ") AS d"
}

// imageNameIs is the condition that a row has the name d.n, for a key of several
// columns.
func imageNameIs(t *dialect.Table, qualifier string) string {
	parts := make([]string, len(t.RowIDColumns))
	for i, c := range t.RowIDColumns {
		part := "SUBSTRING_INDEX(SUBSTRING_INDEX(d.n, ',', " + strconv.Itoa(i+1) + "), ',', -1)"
		parts[i] = qualifier + nameQuote(c.Name) + " = " + imageKey(c, part)
	}
	return strings.Join(parts, " AND ")
}
