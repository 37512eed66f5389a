package analysis

import "github.com/cacheops/cacheops/dialect"

// lookup returns the tables that a name can mean in an object of the home
// schema: a view, a trigger, a foreign key. Databases differ in whether such a
// name is first looked up at home or by the search path, so both count. Home is
// empty for a statement's own text. The list is empty when there is none.
func lookup(cat *dialect.Catalog, n dialect.Name, home string) []*dialect.Table {
	var list []*dialect.Table
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

// alias is one appearance of a table in FROM. A query that names a table twice
// has two, and a dependency for each.
type alias struct {
	table *dialect.Table
	name  string // folded, as columns are qualified
	// schema is true when columns may be qualified by the table's schema too.
	schema bool
}

// scope resolves columns among the aliases of one SELECT.
type scope struct {
	cat     *dialect.Catalog
	aliases []alias
}

func (s *scope) add(t *dialect.Table, src *dialect.TableSource) {
	name := src.Alias
	if name == "" {
		name = src.Name.Name
	}
	name = s.cat.Fold(name)
	s.aliases = append(s.aliases, alias{table: t, name: name, schema: name == s.cat.Fold(src.Name.Name)})
}

// resolve returns the column that a reference means and the alias it belongs
// to; nil when there is none, or more than one.
func (s *scope) resolve(ref *dialect.ColumnRef) (column *dialect.Column, index int) {
	for i := range s.aliases {
		a := &s.aliases[i]
		if ref.Qualifier != "" && s.cat.Fold(ref.Qualifier) != a.name {
			continue
		}
		if ref.Schema != "" && (!a.schema || ref.Qualifier == "" || s.cat.Fold(ref.Schema) != s.cat.Fold(a.table.Schema)) {
			continue
		}
		c, _ := a.table.Column(s.cat.Fold, ref.Name)
		if c == nil {
			continue
		}
		if column != nil {
			return nil, 0
		}
		column, index = c, i
	}
	return column, index
}
