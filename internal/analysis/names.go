package analysis

import "github.com/cacheops/cacheops/dialect"

// lookup returns the tables that a name can mean in an object of the home
// schema: a view, a trigger, a foreign key. Databases differ in whether such a
// name is first looked up at home or by the search path, so both count. Home is
// empty for a statement's own text. The list is empty when there is none.
func lookup(cat *dialect.Catalog, n dialect.Name, home string) []*dialect.Table {
	list := make([]*dialect.Table, 0, 2)
	add := func(n dialect.Name) {
		if t := cat.Table(n); t != nil && (len(list) == 0 || list[0] != t) {
			list = append(list, t)
		}
	}
	add(n)
	if n.Schema == "" && home != "" {
		add(dialect.Name{Schema: home, Name: n.Name})
	}
	return list
}

// names are the names that the expressions of one SELECT can use: those of its
// FROM, and behind them those of the SELECT around it.
type names struct {
	cat   *dialect.Catalog
	outer *names // nil at the outermost, and where what is outside is not known
	list  []entry
	// ctes and home are what names of tables mean there.
	ctes *cteScope
	home string
	// merged are the columns that a USING or a NATURAL JOIN made one of two.
	// The leftmost stands for them all, but where a RIGHT or FULL JOIN makes
	// another value of them: then they stand for nothing.
	merged map[string]bool
	// unlike are those of them that are not of one type, as far as is known: what
	// stands for them may be one of them in the other's type.
	unlike map[string]bool
	// twoSided is true when there is a RIGHT or FULL JOIN.
	twoSided bool

	memo map[*dialect.ColumnRef]place
}

// entry is one source of a FROM, by the name that columns are qualified with.
type entry struct {
	name string // folded; empty for a query without an alias
	// schema is the folded schema that may stand before the name, empty where
	// the name is an alias.
	schema string

	leaf  int // of a table, or of something that is not looked into
	table *dialect.Table
	// columns are those of a source that is no table, where they are known.
	columns []output
	// known is true where there are no other columns.
	known bool
}

// output is a column of a source that is no table: its folded name, and what it
// is where that is a column of a table.
type output struct {
	name string
	at   place
}

// place is what a column reference means.
type place struct {
	leaf int
	// column is nil for a column of a source that is not looked into.
	column *dialect.Column
	// known is false when it is not known what the reference means.
	known bool
}

// resolve finds the one column that a reference means.
func (n *names) resolve(ref *dialect.ColumnRef) place {
	if p, ok := n.memo[ref]; ok {
		return p
	}
	p := n.find(ref)
	if n.memo == nil {
		n.memo = make(map[*dialect.ColumnRef]place)
	}
	n.memo[ref] = p
	return p
}

// reference returns a reference that means a column, whatever its name.
func (n *names) reference(p place) *dialect.ColumnRef {
	ref := new(dialect.ColumnRef)
	if n.memo == nil {
		n.memo = make(map[*dialect.ColumnRef]place)
	}
	n.memo[ref] = p
	return ref
}

// merge notes that a join makes one column of two.
func (n *names) merge(folded string) {
	if n.merged == nil {
		n.merged, n.unlike = make(map[string]bool), make(map[string]bool)
	}
	n.merged[folded] = true
}

func (n *names) find(ref *dialect.ColumnRef) place {
	name, qualifier, schema := n.cat.Fold(ref.Name), "", ""
	if ref.Qualifier != "" {
		qualifier = n.cat.Fold(ref.Qualifier)
	}
	if ref.Schema != "" {
		if schema = n.cat.Fold(ref.Schema); qualifier == "" {
			return place{}
		}
	}
	var found place
	count, unknown, qualified := 0, 0, false
	for i := range n.list {
		e := &n.list[i]
		if qualifier != "" {
			if e.name != qualifier {
				continue
			}
			qualified = true
			if schema != "" && e.schema != schema {
				continue
			}
		}
		p, has := e.column(n.cat, name)
		switch {
		case has && count == 0:
			found, count = p, 1
		case has:
			count++
		case !e.known:
			// It may have such a column. Beside another source that has one
			// the name is ambiguous then, and the database refuses the
			// statement, unless a join made one column of the two.
			unknown++
			if qualifier != "" {
				found = place{leaf: e.leaf, known: true}
			}
		}
	}
	switch {
	case qualifier != "" && count+unknown == 1:
		return found
	case qualifier != "" && count+unknown > 1:
		return place{}
	case unknown > 0 && (count == 0 || len(n.merged) > 0):
		return place{}
	case count == 1 && !(n.twoSided && n.merged[name]):
		return found
	case count > 1 && n.merged[name] && !n.twoSided && !n.unlike[name]:
		return found // the leftmost
	case qualifier == "" || qualified, n.outer == nil:
		// Before they look outside databases try much that is no column: a
		// row's number, the names of results, columns that they named
		// themselves. Only a source that is surely not here is looked for there.
		return place{}
	default:
		return n.outer.resolve(ref)
	}
}

// column looks for a column of a source by its folded name.
func (e *entry) column(cat *dialect.Catalog, name string) (p place, has bool) {
	if e.table != nil {
		c, _ := e.table.Column(cat.Fold, name)
		return place{leaf: e.leaf, column: c, known: c != nil}, c != nil
	}
	for i := range e.columns {
		o := &e.columns[i]
		if o.name != name {
			continue
		}
		if has {
			return place{}, true // two of one name
		}
		p, has = o.at, true
	}
	return p, has
}

// newEntry is the entry of a plain table.
func newEntry(cat *dialect.Catalog, t *dialect.Table, src *dialect.TableSource, leaf int) entry {
	e := entry{name: sourceName(cat, src), leaf: leaf, table: t, known: true}
	if e.name == cat.Fold(src.Name.Name) {
		e.schema = cat.Fold(t.Schema)
	}
	return e
}

// sourceName is the folded name that the columns of a source are qualified
// with.
func sourceName(cat *dialect.Catalog, src *dialect.TableSource) string {
	if src.Alias != "" {
		return cat.Fold(src.Alias)
	}
	return cat.Fold(src.Name.Name)
}
