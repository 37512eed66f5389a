package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// catalogPrimary is the name of the primary key's index. No other has it.
const catalogPrimary = "PRIMARY"

// unique gives the tables their keys, and the names of their rows.
func (b *catalogBuilder) unique() {
	for start := 0; start < len(b.rows.indexes); {
		first, end := &b.rows.indexes[start], start+1
		for end < len(b.rows.indexes) {
			next := &b.rows.indexes[end]
			if next.schema != first.schema || next.table != first.table || next.index != first.index {
				break
			}
			end++
		}
		parts := b.rows.indexes[start:end]
		start = end
		t := b.tables[catalogAt(first.schema, first.table)]
		if t == nil || t.row == nil || t.row.name != first.table || t.Kind == dialect.TableView {
			continue
		}
		set := t.indexColumns(parts)
		switch {
		case set == nil:
			t.OtherUnique = true
		case strings.EqualFold(first.index, catalogPrimary):
			t.Primary = set
			t.Unique = slices.Insert(t.Unique, 0, set)
		default:
			t.Unique = append(t.Unique, set)
		}
	}
	for _, t := range b.list {
		t.RowID, t.RowIDColumns = imageRowID(t.Table)
	}
}

// indexColumns returns the columns (positions) of a unique index; nil where it is one on
// an expression, on the beginning of a column, or on one that SELECT * leaves out.
func (t *catalogTable) indexColumns(parts []catalogIndexRow) []int {
	var set []int
	for i := range parts {
		part := &parts[i]
		_, at := t.Column(nameFold, part.column.text)
		if part.column.null || part.prefix || at < 0 {
			return nil
		}
		if t.versioned() && t.end == at+1 {
			continue // of the rows that are there it is the same
		}
		set = append(set, at)
	}
	return set
}

// foreignKeys gives the tables their references to others.
func (b *catalogBuilder) foreignKeys() {
	for start := 0; start < len(b.rows.keys); {
		end := start + 1
		for end < len(b.rows.keys) && b.rows.keys[end].id == b.rows.keys[start].id && b.rows.keys[end].schema == b.rows.keys[start].schema {
			end++
		}
		pairs := b.rows.keys[start:end]
		start = end
		t := b.tables[catalogAt(pairs[0].schema, pairs[0].table)]
		if t == nil {
			continue
		}
		fk := dialect.ForeignKey{
			Parent:   dialect.Name{Schema: pairs[0].parentSchema, Name: pairs[0].parent},
			OnDelete: dialect.FKSetNull, OnUpdate: dialect.FKSetNull, // as long as nothing is known of it
		}
		if a, known := b.rows.actions[pairs[0].id]; known {
			fk.OnDelete, fk.OnUpdate = catalogAction(a.onDelete), catalogAction(a.onUpdate)
		}
		for i := range pairs {
			_, at := t.Column(nameFold, pairs[i].column)
			if at < 0 {
				t.noImages("a column of its foreign key is not in SELECT *, or may not be seen")
			}
			fk.Columns = append(fk.Columns, at)
			fk.ParentColumns = append(fk.ParentColumns, pairs[i].parentColumn)
		}
		t.ForeignKeys = append(t.ForeignKeys, fk)
	}
}

// catalogAction reads DELETE_RULE and UPDATE_RULE. One that is not known is taken for a
// change of the row.
func catalogAction(s string) dialect.FKAction {
	switch strings.ToUpper(s) {
	case "NO ACTION", "RESTRICT":
		return dialect.FKNone
	case "CASCADE":
		return dialect.FKCascade
	case "SET DEFAULT":
		return dialect.FKSetDefault
	default:
		return dialect.FKSetNull
	}
}
