package analysis

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// routine returns what the schema says of a function or operator; false where it
// has none of that name. The schema knows routines without their own schemas.
func routine(cat *dialect.Catalog, name string) (r dialect.Routine, known bool) {
	if len(cat.Routines) == 0 {
		return 0, false
	}
	name = cat.Fold(name)
	r, known = cat.Routines[name]
	if i := strings.LastIndexByte(name, '.'); !known && i >= 0 && isFunction(name) {
		r, known = cat.Routines[name[i+1:]]
	}
	return r, known
}

// isFunction tells a function from what has a word before its name: an operator,
// or a type that is cast to.
func isFunction(name string) bool { return !strings.Contains(name, " ") }

// routineText names a routine in a sentence.
func routineText(name string) string {
	if isFunction(name) {
		return "function " + name
	}
	return name
}

// impure says which of a statement's functions need not be a pure function of
// its arguments, and why; empty when all are.
func impure(cat *dialect.Catalog, st *dialect.Statement) string {
	if st.Foreign != "" && len(st.Foreigns) == 0 {
		return routineText(st.Foreign) + " is not known to the dialect"
	}
	for _, name := range st.Foreigns {
		if r, known := routine(cat, name); !known {
			return routineText(name) + " is not known to the dialect"
		} else if r != dialect.RoutinePure {
			return impureText(name, r)
		}
	}
	for _, name := range st.Functions {
		if strings.HasPrefix(name, dialect.AttributePrefix) {
			continue // a column before anything else: see attributes
		}
		// Another function of the name may be meant than the database's own.
		if r, known := routine(cat, name); known && r != dialect.RoutinePure {
			return impureText(name, r)
		}
	}
	return ""
}

func impureText(name string, r dialect.Routine) string {
	if r == dialect.RoutineReads {
		return routineText(name) + " may read tables or settings"
	}
	return routineText(name) + " may read and write anything"
}

// attributes are the references to columns of a SELECT that may be system columns
// or calls: t.f is f(t) where t has no column f.
type attributes struct {
	refs    []*dialect.ColumnRef
	sources []dialect.Source
	ctes    []*dialect.CTE
}

// attribute returns the first routine that is called like a column, of those
// that count, or "".
func (a *attributes) attribute(cat *dialect.Catalog, home string, counts func(dialect.Routine) bool) (string, dialect.Routine) {
	if len(cat.Routines) == 0 {
		return "", 0
	}
	for _, ref := range a.refs {
		if ref.Qualifier == "" {
			continue // the name of a column, of a result, or of a whole row
		}
		if r, known := routine(cat, ref.Name); known && counts(r) && !a.isColumn(cat, home, ref) {
			return ref.Name, r
		}
	}
	return "", 0
}

// system returns the first system column that is named, or "".
func (a *attributes) system(cat *dialect.Catalog, home string) string {
	for _, ref := range a.refs {
		if slices.Contains(cat.SystemColumns, cat.Fold(ref.Name)) && (ref.Qualifier == "" || !a.isColumn(cat, home, ref)) {
			return ref.Name
		}
	}
	return ""
}

// isColumn reports whether a qualified reference surely means a column: all that
// its qualifier can mean, wherever in the statement, has a column of the name.
func (a *attributes) isColumn(cat *dialect.Catalog, home string, ref *dialect.ColumnRef) bool {
	name, qualifier := cat.Fold(ref.Name), cat.Fold(ref.Qualifier)
	found := false
	for _, src := range a.sources {
		alias, own := "", false
		switch src := src.(type) {
		case *dialect.TableSource:
			alias, own = sourceName(cat, src), a.tableHas(cat, home, src, name)
		case *dialect.QuerySource:
			alias, own = cat.Fold(src.Alias), queryHas(cat, nil, src.Query, name)
		case *dialect.FunctionSource:
			if alias = cat.Fold(src.Alias); alias == "" {
				alias = cat.Fold(src.Name.Name)
			}
		}
		if alias != qualifier {
			continue
		}
		if !own {
			return false
		}
		found = true
	}
	return found
}

// tableHas reports whether a table, view or CTE in FROM surely has a column.
func (a *attributes) tableHas(cat *dialect.Catalog, home string, src *dialect.TableSource, name string) bool {
	if src.CTE {
		found := false
		for _, c := range a.ctes {
			if cat.Fold(c.Name) != cat.Fold(src.Name.Name) {
				continue
			}
			if !queryHas(cat, c.Columns, c.Query, name) {
				return false
			}
			found = true
		}
		return found
	}
	list := lookup(cat, src.Name, home)
	return len(list) > 0 && !slices.ContainsFunc(list, func(t *dialect.Table) bool { return !tableColumn(cat, t, name) })
}

// tableColumn reports whether a table or view has a column.
func tableColumn(cat *dialect.Catalog, t *dialect.Table, name string) bool {
	if t.Kind == dialect.TableView && slices.Contains(foldAll(cat, t.ViewColumns), name) {
		return true
	}
	c, _ := t.Column(cat.Fold, name)
	return c != nil
}

// queryHas reports whether a query in FROM surely has a column, by the names
// that are given to its columns or by their own.
func queryHas(cat *dialect.Catalog, given []string, q *dialect.Query, name string) bool {
	if len(given) > 0 {
		return slices.Contains(foldAll(cat, given), name)
	}
	if q == nil || len(q.Cores) == 0 || q.Cores[0] == nil {
		return false
	}
	return slices.ContainsFunc(q.Cores[0].Columns, func(o dialect.Output) bool {
		if o.Alias != "" {
			return cat.Fold(o.Alias) == name
		}
		ref, ok := o.Expr.(*dialect.ColumnRef)
		return ok && cat.Fold(ref.Name) == name
	})
}
