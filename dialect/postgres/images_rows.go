package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// RowsOf implements [dialect.Dialect]. A key of several columns has no names by
// which an index could find rows.
func (postgresDialect) RowsOf(t *dialect.Table, columns []int, n int) string {
	if !imageNamed(t) || !imageHas(t, columns) {
		return ""
	}
	return "SELECT " + imageList(t, columns, "r") + " FROM " + t.SQL + " AS r WHERE " + imageIn(t, "r", n)
}

// RowByKey implements [dialect.RowByKeyer]. The parameter has the key's own type: a
// cast would cut a text that is too long for it, and find another row.
func (postgresDialect) RowByKey(t *dialect.Table, columns []int) string {
	if t.Kind != dialect.TablePlain || len(t.Primary) != 1 || len(columns) > imageMaxColumns || !imageHas(t, columns) {
		return ""
	}
	return "SELECT " + imageList(t, columns, "r") + " FROM " + t.SQL + " AS r WHERE r." + nameQuote(t.Columns[t.Primary[0]].Name) + " = $1"
}

// ChildrenOf implements [dialect.Dialect]. The parent's column stands on the left
// of the comparison, as PostgreSQL has it in its own checks: so it is the
// parent's collation that decides.
func (postgresDialect) ChildrenOf(parent, child *dialect.Table, fk *dialect.ForeignKey, event dialect.Kind, columns []int, n int) string {
	if !imageNamed(parent) || child.Kind != dialect.TablePlain || !imageHas(child, columns) {
		return ""
	}
	key := fk.ParentKey(parent, nameFold)
	if len(key) == 0 || len(key) != len(fk.Columns) {
		return ""
	}
	var b strings.Builder
	b.WriteString("SELECT " + imageList(child, columns, "c") + " FROM " + parent.SQL + " AS p JOIN " + child.SQL + " AS c ON ")
	for i, column := range key {
		if fk.Columns[i] < 0 || fk.Columns[i] >= len(child.Columns) {
			return ""
		}
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString("p." + nameQuote(parent.Columns[column].Name) + " = c." + nameQuote(child.Columns[fk.Columns[i]].Name))
	}
	b.WriteString(" WHERE " + imageIn(parent, "p", n) + " FOR ")
	if event == dialect.KindDelete && fk.OnDelete == dialect.FKCascade {
		b.WriteString("UPDATE")
	} else {
		b.WriteString(imageLock(child, func(c *dialect.Column) bool {
			return slices.ContainsFunc(fk.Sets(event), func(pos int) bool { return child.Columns[pos] == c })
		}))
	}
	b.WriteString(" OF c")
	return b.String()
}

// ChangesOf implements [dialect.Dialect]. The functions count at once, and what was undone
// by a savepoint too. They also count what the server has not been told yet of
// transactions before: only by how much it grows says something. Nothing is counted where
// track_counts is off.
func (postgresDialect) ChangesOf(tables []*dialect.Table) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, t := range tables {
		if i > 0 {
			b.WriteString(", ")
		}
		oid := "'" + strings.ReplaceAll(t.SQL, "'", "''") + "'::pg_catalog.regclass"
		b.WriteString("CASE pg_catalog.current_setting('track_counts') WHEN 'on' THEN pg_catalog.pg_stat_get_xact_tuples_deleted(" + oid +
			") + pg_catalog.pg_stat_get_xact_tuples_updated(" + oid + ") END")
	}
	return b.String()
}

// imageNamed reports whether rows of a table can be found by their names.
func imageNamed(t *dialect.Table) bool {
	return t.Kind == dialect.TablePlain && t.RowID != "" && len(t.RowIDColumns) == 1 && len(t.Relatives) == 0
}

// imageHas reports whether a table has these columns.
func imageHas(t *dialect.Table, columns []int) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(c int) bool {
		return c == dialect.RowName && (t.RowID == "" || len(t.RowIDColumns) == 0) || c != dialect.RowName && (c < 0 || c >= len(t.Columns))
	})
}

// imageIn is the condition that a row has one of n names: its key is compared
// with the keys that the names are texts of, so that an index serves.
func imageIn(t *dialect.Table, qualifier string, n int) string {
	c := t.RowIDColumns[0]
	var b strings.Builder
	b.WriteString(qualifier + "." + nameQuote(c.Name) + " IN (")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::pg_catalog.text::" + c.Type)
	}
	b.WriteByte(')')
	return b.String()
}
