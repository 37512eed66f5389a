package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// keys returns the tables' plain names, sorted.
func keys(tables []*dialect.Table) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
		if t.Schema != "main" {
			names[i] = t.Schema + "." + t.Name
		}
	}
	slices.Sort(names)
	return names
}

// view makes a view over a query.
func view(name string, st *dialect.Statement) *dialect.Table {
	v := of(dialect.TableView, table(name, "id"))
	v.View = st
	return v
}

// reading is a blog with a table of every kind.
func reading() *dialect.Catalog {
	volatile := selects(from("posts", nil))
	volatile.Volatile = "random()"
	foreign := selects(from("posts", nil))
	foreign.Foreign = "secret"
	incomplete := &dialect.Statement{Kind: dialect.KindSelect, Incomplete: "syntax", Reads: []dialect.Name{{Name: "posts"}}}
	aux := table("posts", "id")
	aux.Schema, aux.Key = "aux", "aux.posts"
	auxView := view("auxview", selects(from("posts", nil)))
	auxView.Schema, auxView.Key = "aux", "aux.auxview"
	return dialect.NewCatalog("1", "fake", strings.ToLower, []string{"temp", "main", "aux"}, []*dialect.Table{
		table("posts", "id", "a"), table("users", "id"), table("tags", "id"),
		of(dialect.TableVirtual, table("search", "id")),
		of(dialect.TableSystem, table("sqlite_master", "id")),
		of(dialect.TableTemp, table("scratch", "id")),
		of(dialect.TableKind(99), table("strange", "id")),
		view("active", selects(from("posts", eq("a", 1)))),
		view("nested", selects(joined(dialect.JoinInner, source("active"), source("users")))),
		view("unparsed", nil),
		view("writing", &dialect.Statement{Kind: dialect.KindDelete}),
		view("volatile", volatile), view("foreign", foreign), view("incomplete", incomplete),
		view("overvolatile", selects(from("volatile", nil))),
		view("selfish", selects(from("selfish", nil))),
		view("broken", selects(from("gone", nil))),
		aux, auxView,
	})
}

func joined(kind dialect.JoinKind, left, right dialect.Source) *dialect.Query {
	return &dialect.Query{Cores: []*dialect.Core{{
		Columns: []dialect.Output{{Star: true}},
		From:    &dialect.Join{Kind: kind, Left: left, Right: right, On: eq("a", 1)},
		Where:   eq("a", 1),
	}}}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	set := func(st *dialect.Statement, change func(*dialect.Statement)) *dialect.Statement {
		change(st)
		return st
	}
	tests := []struct {
		name   string
		st     *dialect.Statement
		reason string // a part of it; empty when the read may be cached
	}{
		{"plain table", selects(from("posts", nil)), ""},
		{"view", selects(from("active", nil)), ""},
		{"view over a view", selects(from("nested", nil)), ""},
		{"volatile", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Volatile = "random()" }), "random()"},
		{"foreign", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Foreign = "secret" }), "secret"},
		{"incomplete", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Incomplete = "syntax" }), "syntax"},
		{"not parsed", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Query = nil }), "not parsed"},
		{"writes", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Writes = []dialect.Name{{Name: "users"}} }), "writes users"},
		{"unknown table", selects(from("gone", nil)), "gone is not in the catalog"},
		{"unknown table told by the tokens alone", set(selects(from("posts", nil)), func(st *dialect.Statement) { st.Reads = append(st.Reads, dialect.Name{Name: "gone"}) }), "gone"},
		{"unknown schema", selects(&dialect.Query{Cores: []*dialect.Core{{From: &dialect.TableSource{Name: dialect.Name{Schema: "x", Name: "posts"}}}}}), "x.posts"},
		{"virtual table", selects(from("search", nil)), "virtual"},
		{"virtual table called like a function", selects(&dialect.Query{Cores: []*dialect.Core{{From: &dialect.FunctionSource{Name: dialect.Name{Name: "search"}}}}}), "virtual"},
		{"system table", selects(from("sqlite_master", nil)), "system"},
		{"temporary table", selects(from("scratch", nil)), "temporary"},
		{"table of a kind to come", selects(from("strange", nil)), "no plain table"},
		{"second table is virtual", selects(joined(dialect.JoinInner, source("posts"), source("search"))), "virtual"},
		{"no table", selects(&dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Expr: lit(1)}}}}}), "reads no table"},
		{"table function alone", selects(&dialect.Query{Cores: []*dialect.Core{{From: &dialect.FunctionSource{Name: dialect.Name{Name: "json_each"}}}}}), "reads no table"},
		{"table function beside a table", selects(joined(dialect.JoinCross, source("posts"), &dialect.FunctionSource{Name: dialect.Name{Name: "json_each"}})), ""},
		{"unparsed view", selects(from("unparsed", nil)), "view unparsed could not be parsed"},
		{"view that is no select", selects(from("writing", nil)), "view writing could not be parsed"},
		{"volatile view", selects(from("volatile", nil)), "random()"},
		{"view over a volatile view", selects(from("overvolatile", nil)), "random()"},
		{"foreign view", selects(from("foreign", nil)), "secret"},
		{"incomplete view", selects(from("incomplete", nil)), "syntax"},
		{"view over a missing table", selects(from("broken", nil)), "gone"},
		{"view over itself", selects(from("selfish", nil)), "reads no table"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := analyse(fake{}, tt.st, reading(), Options{})
			if p.Read == nil {
				t.Fatal("no read")
			}
			if tt.reason == "" && p.Read.Reason != "" || !strings.Contains(p.Read.Reason, tt.reason) {
				t.Errorf("reason %q, want %q", p.Read.Reason, tt.reason)
			}
			if got := p.Describe(nil).Verdict; (got == Cached) != (tt.reason == "") {
				t.Errorf("verdict %q", got)
			}
			// What is known is depended on whether it is cached or not.
			if set := p.Bind(nil); len(set) != len(p.Read.Tables) {
				t.Errorf("%d dependencies for %d tables", len(set), len(p.Read.Tables))
			}
		})
	}
}

// TestTables checks that every table is found wherever its name stands, and
// depended on as a whole where nothing is said of its rows there.
func TestTables(t *testing.T) {
	t.Parallel()
	users := func() *dialect.Query { return from("users", nil) }
	with := func(change func(*dialect.Query, *dialect.Core)) *dialect.Query {
		q := from("posts", eq("a", 1))
		change(q, q.Cores[0])
		return q
	}
	call := func(e dialect.Expr) dialect.Expr { return &dialect.Call{Name: "f", Args: []dialect.Expr{e}} }
	scalar := func() dialect.Expr { return &dialect.Scalar{Query: users()} }
	tests := []struct {
		name string
		q    *dialect.Query
		want string
	}{
		{"view", from("active", eq("a", 1)), "posts"},
		{"view over a view", from("nested", nil), "posts users"},
		{"view and its table", joined(dialect.JoinInner, source("active"), source("posts")), "posts"},
		{"join", joined(dialect.JoinLeft, source("posts"), source("users")), "posts users"},
		{"join of joins", joined(dialect.JoinFull, &dialect.Join{Left: source("posts"), Right: source("users")}, source("tags")), "posts tags users"},
		{"self join", joined(dialect.JoinInner, source("posts p"), source("posts q")), "posts"},
		{"subquery in a join's ON", joined(dialect.JoinInner, source("posts"), &dialect.Join{Left: source("tags"), Right: source("tags x"), On: scalar()}), "posts tags users"},
		{"subquery in FROM", with(func(_ *dialect.Query, c *dialect.Core) { c.From = &dialect.QuerySource{Query: users()} }), "users"},
		{"EXISTS", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = and(eq("a", 1), &dialect.Exists{Query: users()}) }), "posts users"},
		{"EXISTS over the same table", with(func(_ *dialect.Query, c *dialect.Core) {
			c.Where = and(eq("a", 1), &dialect.Exists{Query: from("posts", nil)})
		}), "posts"},
		{"CTE over the same table", with(func(q *dialect.Query, _ *dialect.Core) {
			q.With = []dialect.CTE{{Name: "x", Query: from("posts", nil)}}
		}), "posts"},
		{"compound over the same table", with(func(q *dialect.Query, _ *dialect.Core) { q.Cores = append(q.Cores, from("posts", nil).Cores...) }), "posts"},
		{"IN (SELECT)", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = not(&dialect.In{X: col("a"), Query: users()}) }), "posts users"},
		{"IN (VALUES) of a subquery", with(func(_ *dialect.Query, c *dialect.Core) {
			c.Where = &dialect.In{X: col("a"), Query: constant([]dialect.Expr{scalar()})}
		}), "posts users"},
		{"scalar", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = or(eq("a", scalar()), null("a")) }), "posts users"},
		{"scalar in IN list", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = in("a", scalar()) }), "posts users"},
		{"scalar in a row", with(func(_ *dialect.Query, c *dialect.Core) {
			c.Where = &dialect.Equal{X: row(col("a"), scalar()), Y: row(lit(1), lit(2))}
		}), "posts users"},
		{"scalar under IS TRUE", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = truth(scalar(), true) }), "posts users"},
		{"scalar under IS NULL", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = &dialect.IsNull{X: scalar()} }), "posts users"},
		{"opaque's query", with(func(_ *dialect.Query, c *dialect.Core) {
			c.Where = &dialect.Opaque{Queries: []*dialect.Query{users()}}
		}), "posts users"},
		{"opaque's argument", with(func(_ *dialect.Query, c *dialect.Core) { c.Where = opaque(scalar()) }), "posts users"},
		{"output", with(func(_ *dialect.Query, c *dialect.Core) { c.Columns = []dialect.Output{{Expr: call(scalar())}} }), "posts users"},
		{"FILTER or OVER", with(func(_ *dialect.Query, c *dialect.Core) {
			c.Columns = []dialect.Output{{Expr: &dialect.Call{Extra: []dialect.Expr{scalar()}}}}
		}), "posts users"},
		{"GROUP BY", with(func(_ *dialect.Query, c *dialect.Core) { c.GroupBy = []dialect.Expr{scalar()} }), "posts users"},
		{"HAVING", with(func(_ *dialect.Query, c *dialect.Core) { c.Having = scalar() }), "posts users"},
		{"WINDOW", with(func(_ *dialect.Query, c *dialect.Core) { c.Windows = []dialect.Expr{scalar()} }), "posts users"},
		{"ORDER BY", with(func(q *dialect.Query, _ *dialect.Core) { q.OrderBy = []dialect.Expr{scalar()} }), "posts users"},
		{"LIMIT", with(func(q *dialect.Query, _ *dialect.Core) { q.Limit = scalar() }), "posts users"},
		{"OFFSET", with(func(q *dialect.Query, _ *dialect.Core) { q.Offset = scalar() }), "posts users"},
		{"VALUES", constant([]dialect.Expr{scalar()}), "users"},
		{"table function's argument", with(func(_ *dialect.Query, c *dialect.Core) {
			c.From = &dialect.Join{Left: source("posts"), Right: &dialect.FunctionSource{Args: []dialect.Expr{scalar()}}}
		}), "posts users"},
		{"compound", with(func(q *dialect.Query, _ *dialect.Core) { q.Cores = append(q.Cores, users().Cores...) }), "posts users"},
		{"CTE", with(func(q *dialect.Query, c *dialect.Core) {
			q.With = []dialect.CTE{{Name: "x", Query: users()}}
			c.From = &dialect.TableSource{Name: dialect.Name{Name: "x"}, CTE: true}
		}), "users"},
		{"CTE that is not used", with(func(q *dialect.Query, _ *dialect.Core) { q.With = []dialect.CTE{{Name: "x", Query: users()}} }), "posts users"},
		{"CTE that hides a table", with(func(q *dialect.Query, c *dialect.Core) {
			q.With = []dialect.CTE{{Name: "posts", Query: users()}}
			c.From = &dialect.TableSource{Name: dialect.Name{Name: "posts"}, CTE: true}
		}), "users"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := selects(tt.q)
			st.Reads = nil // what the tree holds must be found in the tree
			p := analyse(fake{}, st, reading(), Options{})
			if p.Read.Reason != "" {
				t.Fatalf("not cached: %s", p.Read.Reason)
			}
			if got := strings.Join(keys(p.Read.Tables), " "); got != tt.want {
				t.Errorf("reads %q, want %q", got, tt.want)
			}
			for _, d := range p.Bind(nil) {
				if !d.Whole && d.Table.Name != "posts" {
					t.Errorf("%s is not depended on as a whole", d.Table.Name)
				}
			}
		})
	}
}

// TestReadsBesideTheTree: a table that only the statement's list names is
// depended on, and then the WHERE does not speak for all tables.
func TestReadsBesideTheTree(t *testing.T) {
	t.Parallel()
	st := selects(from("posts", eq("a", 1)))
	st.Reads = append(st.Reads, dialect.Name{Name: "users"})
	p := analyse(fake{}, st, reading(), Options{})
	if got := keys(p.Read.Tables); !slices.Equal(got, []string{"posts", "users"}) {
		t.Errorf("reads %q", got)
	}
	for _, d := range p.Bind(nil) {
		if !d.Whole {
			t.Errorf("%s is not depended on as a whole", d.Table.Name)
		}
	}
}

// TestTruthWords: where TRUE may be a column, a condition with it says nothing.
func TestTruthWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		column string
		words  bool
		whole  bool
	}{
		{"other", true, false}, {"true", false, false}, {"true", true, true}, {"false", true, true},
	} {
		st := selects(from("t", eq("a", true)))
		st.TruthWords = tt.words
		p := analyse(fake{}, st, catalog(table("t", "id", "a", tt.column)), Options{})
		if got := p.Bind(nil)[0].Whole; got != tt.whole {
			t.Errorf("column %s, words %v: whole is %v", tt.column, tt.words, got)
		}
	}
}

// TestTruthNames: the bare words may mean a column of a result, of a CTE or of a
// view, as well.
func TestTruthNames(t *testing.T) {
	t.Parallel()
	named := func(change func(*dialect.Query)) *dialect.Statement {
		q := from("t", eq("a", true))
		change(q)
		st := selects(q)
		st.TruthWords = true
		return st
	}
	v := view("v", selects(from("t", eq("a", 1))))
	v.Columns = append(v.Columns, &dialect.Column{Name: "True", Folded: "true"})
	cat := catalog(table("t", "id", "a"), v)
	for name, st := range map[string]*dialect.Statement{
		"output": named(func(q *dialect.Query) { q.Cores[0].Columns = []dialect.Output{{Expr: col("a"), Alias: "TRUE"}} }),
		"CTE": named(func(q *dialect.Query) {
			q.With = []dialect.CTE{{Name: "x", Columns: []string{"false"}, Query: from("t", nil)}}
		}),
		"view": named(func(q *dialect.Query) { q.Cores[0].From = source("v") }),
	} {
		if p := analyse(fake{}, st, cat, Options{}); !p.Bind(nil)[0].Whole {
			t.Errorf("%s: depends on %v", name, p.Describe(nil).Dependency)
		}
	}
}

// TestViewOfAnotherSchema: a name in a view may mean the table of the view's own
// schema or the one that the search path finds. Both are depended on.
func TestViewOfAnotherSchema(t *testing.T) {
	t.Parallel()
	p := analyse(fake{}, selects(from("auxview", nil)), reading(), Options{})
	if got := keys(p.Read.Tables); !slices.Equal(got, []string{"aux.posts", "posts"}) {
		t.Errorf("reads %q", got)
	}
}

// TestLists: what a single-table WHERE gives is not lost by what does not
// restrict.
func TestClausesThatDoNotRestrict(t *testing.T) {
	t.Parallel()
	q := from("posts", eq("a", 1))
	c := q.Cores[0]
	c.Distinct = true
	c.GroupBy = []dialect.Expr{col("id")}
	c.Having = eq("id", 3)
	q.OrderBy = []dialect.Expr{col("id")}
	q.Limit, q.Offset = lit(10), par(1)
	p := analyse(fake{}, selects(q), reading(), Options{})
	if got := p.Describe(args(5)).Dependency; !slices.Equal(got, []string{"posts: a = 1"}) {
		t.Errorf("depends on %q", got)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	var deep dialect.Expr = &dialect.Exists{Query: from("users", nil)}
	for range maxNodes {
		deep = not(deep)
	}
	wide := in("a")
	for range maxNodes {
		wide.(*dialect.In).List = append(wide.(*dialect.In).List, lit(1))
	}
	for name, where := range map[string]dialect.Expr{"deep": deep, "wide": wide} {
		p := Make(fake{}, selects(from("posts", where)), reading(), Options{})
		if !strings.Contains(p.Read.Reason, "too large") {
			t.Errorf("%s: reason %q", name, p.Read.Reason)
		}
		if p.Read.Op(nil) != OpFetch {
			t.Errorf("%s: op %s", name, p.Read.Op(nil))
		}
	}
}

// TestMakeSurvives: a tree that breaks the analysis must not break the program,
// and must not be cached.
func TestMakeSurvives(t *testing.T) {
	t.Parallel()
	st := posts(nil)
	st.Query.Cores[0].Where = (*dialect.And)(nil)
	p := Make(fake{}, st, blog(), Options{})
	if p.Read == nil || p.Read.Reason == "" || p.Write == nil || !p.Write.All || p.Bind(nil) != nil {
		t.Errorf("%+v, %+v", p.Read, p.Write)
	}
}
