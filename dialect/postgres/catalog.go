package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// LoadCatalog implements [dialect.Dialect]. It reads the schema of the whole
// database in one statement, as the role and the search path of the connection
// see it. Temporary tables are listed under their schema's name only: a catalog
// serves all connections, and those that have one are tainted.
func (postgresDialect) LoadCatalog(ctx context.Context, db dialect.Queryer) (*dialect.Catalog, error) {
	rows, err := catalogRead(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("cacheops: read the schema of PostgreSQL: %w", err)
	}
	b := &catalogBuilder{rows: rows, tables: make(map[int64]*catalogTable, len(rows.relations)), parents: make(map[int64][]int64), domains: make(map[int64]dialect.Routine)}
	// Each step uses what those before it have found.
	b.relations()
	b.families()
	b.columns()
	b.names()
	b.unique()
	b.foreignKeys()
	b.declared()
	b.views()
	b.triggers()
	b.rules()
	b.throughViews()
	b.expressions()
	b.types()
	b.casts()
	b.asides()
	b.relatives()

	var tables []*dialect.Table
	for _, t := range b.list {
		if t.root == nil || t.odd {
			tables = append(tables, t.table)
		}
	}
	var search []string
	for _, s := range rows.search {
		search = append(search, s.Name)
	}
	catalog := dialect.NewCatalog("", rows.server, nameFold, search, tables)
	catalog.Settings, catalog.Routines, catalog.SystemColumns = rows.settings, b.routines, catalogSystemColumns
	return catalog, nil
}

// catalogSystemColumns are the columns that every table has beside its own.
var catalogSystemColumns = slices.Sorted(maps.Keys(functionSystemColumns))

// catalogBuilder makes a catalog of rows.
type catalogBuilder struct {
	rows   *catalogRows
	tables map[int64]*catalogTable
	list   []*catalogTable // in the order of their oids
	// parents are those of a partition or of a table that inherits.
	parents  map[int64][]int64
	routines map[string]dialect.Routine
	calls    *routineCalls
	bodies   map[int64]*triggerBody
	domains  map[int64]dialect.Routine // what the conditions of each may do
}

// catalogTable is a relation on its way into the catalog.
type catalogTable struct {
	*catalogRelation
	table *dialect.Table
	// root is the table that this one is a partition of, at the top; nil for
	// others.
	root *catalogTable
	// odd is true for a partition whose columns are not the root's in its order:
	// it is a table of its own.
	odd bool
	// partitions are those of a root, at any depth.
	partitions []*catalogTable
	columns    []*catalogColumn
	// moves are the triggers that run for a row which changes its partition.
	moves []dialect.Trigger
	// assigned are the columns that triggers may change before a row is updated;
	// assignsAny is true when they may change all.
	assigned   []string
	assignsAny bool
}

// top is the table that stands for this one in the catalog.
func (t *catalogTable) top() *catalogTable {
	if t.root != nil {
		return t.root
	}
	return t
}

// family yields the table and its partitions.
func (t *catalogTable) family() []*catalogTable { return append([]*catalogTable{t}, t.partitions...) }

// relations makes the tables.
func (b *catalogBuilder) relations() {
	for i := range b.rows.relations {
		r := &b.rows.relations[i]
		t := &catalogTable{catalogRelation: r, table: &dialect.Table{
			Schema: r.Schema, Name: r.Name, Key: catalogKey(r.Schema, r.Name),
			SQL: nameQuote(r.Schema) + "." + nameQuote(r.Name),
		}}
		t.table.Kind, t.table.NoImages = catalogKind(r)
		b.tables[r.OID] = t
		b.list = append(b.list, t)
	}
}

// catalogKind tells the kind of a relation, and why there are no images of it.
func catalogKind(r *catalogRelation) (kind dialect.TableKind, noImages string) {
	switch {
	case r.System:
		return dialect.TableSystem, "a table of PostgreSQL's own"
	case r.Persistence == "t":
		return dialect.TableTemp, "a temporary table"
	}
	switch r.Kind {
	case "r", "p":
		return dialect.TablePlain, ""
	case "v":
		return dialect.TableView, "a view"
	case "m":
		return dialect.TableVirtual, "a materialised view"
	case "f":
		return dialect.TableVirtual, "a foreign table"
	case "S":
		return dialect.TableVirtual, "a sequence"
	}
	return dialect.TableVirtual, "of a kind that is not known: " + r.Kind
}

// families finds the roots of partitions, and the parents of what inherits.
func (b *catalogBuilder) families() {
	for _, h := range b.rows.inherits {
		if b.tables[h.Child] != nil && b.tables[h.Parent] != nil {
			b.parents[h.Child] = append(b.parents[h.Child], h.Parent)
		}
	}
	for _, t := range b.list {
		// A chain is as long as partitions are nested.
		for at := t; at.Partition && len(b.parents[at.OID]) == 1; {
			at = b.tables[b.parents[at.OID][0]]
			t.root = at
		}
		if t.root != nil {
			t.root.partitions = append(t.root.partitions, t)
		}
	}
}

// columns gives the tables their columns.
func (b *catalogBuilder) columns() {
	ctype := ""
	if len(b.rows.database) == 1 {
		ctype = b.rows.database[0].CType
	}
	for i := range b.rows.columns {
		row := &b.rows.columns[i]
		t := b.tables[row.Rel]
		if t == nil {
			continue
		}
		t.columns = append(t.columns, row)
		c := &dialect.Column{
			Name: row.Name, Folded: row.Name, SQL: nameQuote(row.Name), Type: row.Type, NotNull: row.NotNull,
			Composite:  catalogByte(row.BaseKind) == 'c',
			Generated:  row.Generated != "",
			HasDefault: row.Generated == "" && (row.HasDefault || row.Identity != ""),
		}
		if row.Collation != "" {
			c.Collation = nameQuote(row.CollationSchema) + "." + nameQuote(row.Collation)
		}
		if t.table.Kind == dialect.TablePlain {
			c.Comparison = valueComparison(valueType{
				Name: row.Base, Kind: catalogByte(row.BaseKind), Schema: row.BaseSchema, Deterministic: row.Deterministic,
				Extension: row.Extension, CType: ctype,
			})
		}
		t.table.Columns = append(t.table.Columns, c)
		if t.table.Kind == dialect.TableView {
			t.table.ViewColumns = append(t.table.ViewColumns, row.Name)
		}
	}
}

// names gives partitions to their roots, as other names of them. One that has
// other columns, or the same in another order, is a table of its own under the
// root's key.
func (b *catalogBuilder) names() {
	for _, t := range b.list {
		if t.root == nil {
			continue
		}
		same := func(a, b *catalogColumn) bool {
			return a.Name == b.Name && a.Type == b.Type && a.Collation == b.Collation
		}
		if t.odd = !slices.EqualFunc(t.columns, t.root.columns, same); !t.odd {
			t.root.table.Also = append(t.root.table.Also, dialect.Name{Schema: t.Schema, Name: t.Name})
			continue
		}
		t.table.Key = t.root.table.Key
		t.table.NoImages = "a partition whose columns stand in another order than those of " + t.root.Name
		t.table.Uncached = t.table.NoImages
		// Whatever is done to it is done to the root.
		for _, event := range triggerEvents {
			t.table.Triggers = append(t.table.Triggers, dialect.Trigger{Name: "partition of " + t.root.Name, Event: event, Body: []*dialect.Statement{{
				Kind: event, Incomplete: "a partition", Writes: []dialect.Name{{Schema: t.root.Schema, Name: t.root.Name}},
			}}})
		}
	}
	for _, t := range b.list {
		if t.root == nil && t.table.Kind == dialect.TablePlain {
			t.settle()
		}
	}
}

// settle says of a plain table why reads of it are not cached, and why there are
// no images of it. What is so for a partition is so for the table.
func (t *catalogTable) settle() {
	for _, p := range t.family() {
		switch {
		case p.Kind == "f":
			// What a write to it reaches is not known.
			t.table.Kind, t.table.NoImages = dialect.TableVirtual, "a table with a partition at another server"
			return
		case p.Secured:
			t.uncached("a table with row level security")
		case p.Persistence == "u":
			t.uncached("an unlogged table, which a crash empties")
		}
		switch writes := p.Inserts || p.Updates || p.Deletes; {
		case p.Active:
			t.noImages("row level security hides rows from the role")
		case p != t && !writes: // what is written by the root's name asks nothing of it
		case !p.SelectsSome:
			t.noImages("the role may not read it")
		case !p.Selects:
			t.noImages("the role may read some of its columns only")
		case p.Deletes && !p.Updates:
			t.noImages("the role may not change its rows, and so not lock them")
		}
	}
}

// uncached sets why reads of the table are not cached; the first reason wins.
func (t *catalogTable) uncached(why string) {
	if t.table.Uncached == "" {
		t.table.Uncached = why
	}
}

// noImages sets why there are no images of the table; the first reason wins.
func (t *catalogTable) noImages(why string) {
	if t.table.NoImages == "" {
		t.table.NoImages = why
	}
}

// relatives binds tables to those that they inherit from. A table's rows are in
// part those of its heirs, and these may be those of yet another one.
func (b *catalogBuilder) relatives() {
	children := make(map[int64][]int64)
	for _, t := range b.list { // in one order always
		for _, parent := range b.parents[t.OID] {
			if t.root == nil {
				children[parent] = append(children[parent], t.OID)
			}
		}
	}
	for _, t := range b.list {
		if t.root != nil || len(b.parents[t.OID]) == 0 && len(children[t.OID]) == 0 {
			continue
		}
		heirs := catalogReach([]int64{t.OID}, children)
		if len(heirs) > 1 {
			// A key is not one of its heirs' rows, which are among its own.
			t.noImages("the rows of the tables that inherit from it are among its own")
			t.table.Unique, t.table.RowID, t.table.RowIDColumns = nil, "", nil
		}
		for _, oid := range heirs {
			switch heir := b.tables[oid]; {
			case heir.Kind == "f":
				t.table.Kind, t.table.NoImages = dialect.TableVirtual, "a table with an heir at another server"
			case heir.Persistence == "u":
				t.uncached("an unlogged table, which a crash empties")
			}
		}
		for _, oid := range catalogReach(heirs, b.parents) {
			if oid != t.OID {
				t.table.Relatives = append(t.table.Relatives, b.tables[oid].table)
			}
		}
	}
}

// catalogReach returns what can be reached, with where it starts.
func catalogReach(from []int64, next map[int64][]int64) []int64 {
	out := slices.Clone(from)
	for i := 0; i < len(out); i++ {
		for _, oid := range next[out[i]] {
			if !slices.Contains(out, oid) {
				out = append(out, oid)
			}
		}
	}
	return out
}

// catalogKey names a table in stamps, such as public.posts. A name with other
// characters than small letters, digits, _ and bytes past ASCII is quoted, so
// that no two tables share a key.
func catalogKey(schema, name string) string {
	part := func(s string) string {
		for i := range len(s) {
			if c := s[i]; c != '_' && (c < '0' || '9' < c) && (c < 'a' || 'z' < c) && c < 0x80 {
				return nameQuote(s)
			}
		}
		return s
	}
	return part(schema) + "." + part(name)
}

// catalogByte returns the first byte of a text, 0 of an empty one.
func catalogByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}
