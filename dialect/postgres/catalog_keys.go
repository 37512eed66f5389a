package postgres

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// unique gives the tables their keys, and the names of their rows. An index of a
// partition is no key of the root: of it only counts how it compares.
func (b *catalogBuilder) unique() {
	immediate := make(map[*catalogTable][][]int)
	for start := 0; start < len(b.rows.unique); {
		end := start + 1
		for end < len(b.rows.unique) && b.rows.unique[end].OID == b.rows.unique[start].OID {
			end++
		}
		index := b.rows.unique[start:end]
		start = end
		t := b.tables[index[0].Rel]
		if t == nil || t.table.Kind == dialect.TableView {
			continue
		}
		var set []int
		same, named := true, true
		for _, column := range index {
			_, at := t.top().table.Column(nameFold, column.Column)
			same, named = same && column.Same, named && at >= 0
			set = append(set, at)
		}
		switch {
		case index[0].Partial || !named:
			// It is asked for by its condition or its expressions, not by columns.
		case !same:
			t.top().table.OtherUnique = true
		case t.root != nil:
		default:
			if index[0].Primary {
				t.table.Primary = set
			}
			if index[0].Immediate {
				t.table.Unique = append(t.table.Unique, set)
				immediate[t] = append(immediate[t], set)
			}
		}
	}
	for t, keys := range immediate {
		if t.table.Kind != dialect.TablePlain {
			continue
		}
		// The primary key comes first.
		for _, key := range keys {
			if t.rowName(key) {
				break
			}
		}
	}
}

// rowName names the table's rows by a key, if it can: its columns are never
// NULL, and it is known what is equal in them.
func (t *catalogTable) rowName(key []int) bool {
	var columns []*dialect.Column
	var names []string
	for _, at := range key {
		c := t.table.Columns[at]
		if !c.NotNull || c.Comparison == "" {
			return false
		}
		columns = append(columns, c)
		names = append(names, c.SQL)
	}
	t.table.RowID = "(" + strings.Join(names, ",") + ")::text"
	if len(names) > 1 {
		t.table.RowID = "ROW" + t.table.RowID
	}
	t.table.RowIDColumns = columns
	return true
}

// foreignKeys gives the tables their references to others. A partition's are the
// root's, and one to a partition is one to its root: columns are found by their
// names.
func (b *catalogBuilder) foreignKeys() {
	for start := 0; start < len(b.rows.keys); {
		end := start + 1
		for end < len(b.rows.keys) && b.rows.keys[end].OID == b.rows.keys[start].OID {
			end++
		}
		pairs := b.rows.keys[start:end]
		start = end
		child, parent := b.tables[pairs[0].Rel], b.tables[pairs[0].Parent]
		if child == nil || parent == nil {
			continue
		}
		child, parent = child.top(), parent.top()
		fk := dialect.ForeignKey{
			Parent:   dialect.Name{Schema: parent.Schema, Name: parent.Name},
			OnDelete: catalogAction(pairs[0].OnDelete), OnUpdate: catalogAction(pairs[0].OnUpdate),
		}
		for _, pair := range pairs {
			_, at := child.table.Column(nameFold, pair.Column)
			fk.Columns = append(fk.Columns, at)
			fk.ParentColumns = append(fk.ParentColumns, pair.ParentColumn)
			if pair.Sets {
				fk.DeleteSets = append(fk.DeleteSets, at)
			}
		}
		if len(fk.DeleteSets) == len(fk.Columns) {
			fk.DeleteSets = nil
		}
		if (fk.OnDelete != dialect.FKNone || fk.OnUpdate != dialect.FKNone) && !child.Updates {
			// PostgreSQL writes it in its owner's name.
			child.noImages("the role may not change its rows, and so not lock them")
		}
		// Each partition has a copy of the root's.
		if !slices.ContainsFunc(child.table.ForeignKeys, func(other dialect.ForeignKey) bool {
			return other.Parent == fk.Parent && other.OnDelete == fk.OnDelete && other.OnUpdate == fk.OnUpdate &&
				slices.Equal(other.Columns, fk.Columns) && slices.Equal(other.ParentColumns, fk.ParentColumns) && slices.Equal(other.DeleteSets, fk.DeleteSets)
		}) {
			child.table.ForeignKeys = append(child.table.ForeignKeys, fk)
		}
	}
}

// catalogAction reads confdeltype and confupdtype. One that is not known is
// taken for a change of the row.
func catalogAction(s string) dialect.FKAction {
	switch s {
	case "a", "r":
		return dialect.FKNone
	case "c":
		return dialect.FKCascade
	case "d":
		return dialect.FKSetDefault
	default:
		return dialect.FKSetNull
	}
}
