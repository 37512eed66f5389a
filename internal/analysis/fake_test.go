package analysis

import (
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// fake is a dialect with rules that are easy to see: integers and texts under
// "any", texts without regard to case under "fold". Floats are outside the
// rules. Of columns without rules it says what is wrong: nobody may ask.
type fake struct{ dialect.Dialect }

func (fake) Canonical(c *dialect.Column, v driver.Value, _ dialect.Side) (string, bool) {
	if c.Comparison == "" {
		return "same", true
	}
	switch v := v.(type) {
	case int64:
		return "i" + strconv.FormatInt(v, 10), c.Comparison == "any"
	case bool:
		return "i" + strconv.Itoa(boolInt(v)), c.Comparison == "any"
	case string:
		if c.Comparison == "fold" {
			v = strings.ToLower(v)
		}
		return "t" + v, true
	case []byte:
		return "b" + string(v), true
	default:
		return "", false
	}
}

func (fake) Transactions() dialect.Transactions { return dialect.Transactions{} }

// list is an array that an argument gives.
type list []any

func (fake) Elements(_ *dialect.Column, v driver.Value) (out []driver.Value, known bool) {
	l, known := v.(list)
	for _, x := range l {
		if x != nil {
			out = append(out, x)
		}
	}
	return out, known
}

func anyOf(column string, index int) dialect.Expr {
	return &dialect.AnyOf{X: col(column), Array: &dialect.Param{Index: index}}
}

// crowd is a fake whose tables others write at the same time.
type crowd struct{ fake }

func (crowd) Transactions() dialect.Transactions { return dialect.Transactions{Concurrent: true} }

func (fake) Truth(_ *dialect.Column, v driver.Value) (truth, known bool) {
	n, ok := v.(int64)
	return n != 0, ok
}

// table makes a plain table of the main schema. A column is named "name" or
// "name/comparison"; the first one is the primary key.
func table(name string, columns ...string) *dialect.Table {
	t := &dialect.Table{Schema: "main", Name: name, Key: "main." + name, Unique: [][]int{{0}}}
	for _, c := range columns {
		n, comparison, has := strings.Cut(c, "/")
		if !has {
			comparison = "any"
		}
		t.Columns = append(t.Columns, &dialect.Column{Name: n, Folded: n, Comparison: comparison})
	}
	return t
}

// of changes a table's kind.
func of(kind dialect.TableKind, t *dialect.Table) *dialect.Table {
	t.Kind = kind
	return t
}

func catalog(tables ...*dialect.Table) *dialect.Catalog {
	return dialect.NewCatalog("1", "fake", strings.ToLower, []string{"temp", "main"}, tables)
}

// blog is the catalog of most tests.
func blog() *dialect.Catalog {
	posts := table("posts", "id", "a", "b", "c", "title/fold", "raw/", "visible")
	posts.Unique = append(posts.Unique, []int{1, 2})
	return catalog(posts, table("users", "id", "name/fold"))
}

// The constructors below write conditions and statements short.

func col(name string) *dialect.ColumnRef {
	parts := strings.Split(name, ".")
	ref := &dialect.ColumnRef{Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		ref.Qualifier = parts[len(parts)-2]
	}
	if len(parts) > 2 {
		ref.Schema = parts[0]
	}
	return ref
}

func lit(v any) dialect.Expr {
	if n, ok := v.(int); ok {
		v = int64(n)
	}
	return &dialect.Literal{Value: v}
}

func par(index int) dialect.Expr         { return &dialect.Param{Index: index} }
func named(name string) dialect.Expr     { return &dialect.Param{Index: 1, Name: name} }
func and(x ...dialect.Expr) dialect.Expr { return &dialect.And{X: x} }
func or(x ...dialect.Expr) dialect.Expr  { return &dialect.Or{X: x} }
func not(x dialect.Expr) dialect.Expr    { return &dialect.Not{X: x} }
func row(x ...dialect.Expr) dialect.Expr { return &dialect.Row{X: x} }

func eq(column string, v any) dialect.Expr {
	if e, ok := v.(dialect.Expr); ok {
		return &dialect.Equal{X: col(column), Y: e}
	}
	return &dialect.Equal{X: col(column), Y: lit(v)}
}

func is(column string, v dialect.Expr) dialect.Expr {
	return &dialect.Equal{X: col(column), Y: v, NullSafe: true}
}

func in(column string, list ...any) dialect.Expr {
	e := &dialect.In{X: col(column), List: []dialect.Expr{}}
	for _, v := range list {
		if x, ok := v.(dialect.Expr); ok {
			e.List = append(e.List, x)
			continue
		}
		e.List = append(e.List, lit(v))
	}
	return e
}

func null(column string) dialect.Expr { return &dialect.IsNull{X: col(column)} }

func truth(x dialect.Expr, want bool) dialect.Expr { return &dialect.IsTruth{X: x, Want: want} }

func opaque(x ...dialect.Expr) dialect.Expr { return &dialect.Opaque{What: "opaque", Args: x} }

// from is SELECT * FROM name WHERE where.
func from(name string, where dialect.Expr) *dialect.Query {
	return &dialect.Query{Cores: []*dialect.Core{{
		Columns: []dialect.Output{{Star: true}}, From: source(name), Where: where,
	}}}
}

func source(name string) *dialect.TableSource {
	name, alias, has := strings.Cut(name, " ")
	if !has {
		alias = name
	}
	return &dialect.TableSource{Name: dialect.Name{Name: name}, Alias: alias}
}

// selects is the statement of a query.
func selects(q *dialect.Query) *dialect.Statement {
	s := &survey{}
	s.query(q)
	return &dialect.Statement{Kind: dialect.KindSelect, Query: q, Reads: append(s.tables, s.functions...)}
}

func posts(where dialect.Expr) *dialect.Statement { return selects(from("posts", where)) }

// args numbers values from 1.
func args(values ...any) Args {
	out := make(Args, len(values))
	for i, v := range values {
		if n, ok := v.(int); ok {
			v = int64(n)
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

func constant(rows ...[]dialect.Expr) *dialect.Query {
	return &dialect.Query{Cores: []*dialect.Core{{Values: rows}}}
}
