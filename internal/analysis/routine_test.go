package analysis

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// calling is a shop and a blog whose schema has functions, operators and types of
// its own. Its view pure_view calls a pure one, writing_view one that writes.
func calling() *dialect.Catalog {
	pure := selects(from("users", nil))
	pure.Foreign, pure.Foreigns = "slug", []string{"slug"}
	writing := selects(from("users", nil))
	writing.Functions = []string{"lower", "now"}
	tables := append(shop().Tables(), view("pure_view", pure), view("writing_view", writing), table("events", "id", "audit"))
	cat := catalog(tables...)
	cat.Routines = map[string]dialect.Routine{
		"slug": dialect.RoutinePure, "total": dialect.RoutineReads, "audit": dialect.RoutineWrites, "now": dialect.RoutineWrites,
		dialect.OperatorPrefix + "@@": dialect.RoutineReads, dialect.OperatorPrefix + "<->": dialect.RoutinePure,
		dialect.OperatorPrefix + "+": dialect.RoutineWrites, "type cube": dialect.RoutinePure, "type mood": dialect.RoutineReads,
	}
	return cat
}

func TestRoutines(t *testing.T) {
	t.Parallel()
	foreign := func(st *dialect.Statement, names ...string) *dialect.Statement {
		st.Foreign, st.Foreigns = names[0], names
		return st
	}
	own := func(st *dialect.Statement, names ...string) *dialect.Statement {
		st.Functions = names
		return st
	}
	users := func() *dialect.Statement { return selects(from("users", nil)) }
	o := Options{Functions: map[string][]string{"audit": {"log"}, "lower": {"log"}, "elsewhere": {"log"}}}
	tests := []struct {
		name   string
		st     *dialect.Statement
		o      Options
		reason string // a part of the verdict on a SELECT, empty where it is cached
		writes string
	}{
		{"pure", foreign(users(), "slug"), Options{}, "", "nothing"},
		{"pure, with its schema", foreign(users(), "app.slug"), Options{}, "", "nothing"},
		{"reads", foreign(users(), "slug", "total"), Options{}, "function total may read tables", "nothing"},
		{"writes", foreign(users(), "audit"), Options{}, "function audit may read and write", "*"},
		{"writes, declared", foreign(users(), "audit"), o, "function audit may read and write", "| log"},
		{"not in the schema", foreign(users(), "elsewhere"), Options{}, "function elsewhere is not known", "*"},
		{"not in the schema, declared", foreign(users(), "elsewhere"), o, "function elsewhere is not known", "| log"},
		{"not all are named", &dialect.Statement{Kind: dialect.KindSelect, Query: from("users", nil), Foreign: "slug"}, Options{}, "function slug is not known", "*"},
		{"operator, pure", foreign(users(), "operator <->"), Options{}, "", "nothing"},
		{"operator, reads", foreign(users(), "operator @@"), Options{}, "operator @@ may read", "nothing"},
		{"type, pure", foreign(users(), "type cube"), Options{}, "", "nothing"},
		{"type, reads", foreign(users(), "type mood"), Options{}, "type mood may read", "nothing"},

		{"the database's own", own(users(), "lower", "operator ="), Options{}, "", "nothing"},
		{"the database's own, declared", own(users(), "lower"), o, "", "nothing"},
		{"the database's own or another, that writes", own(users(), "lower", "now"), Options{}, "function now may read and write", "*"},
		{"the database's own operator or another", own(users(), "operator +"), Options{}, "operator + may read and write", "*"},
		{"through a view, pure", selects(from("pure_view", nil)), Options{}, "", "nothing"},
		{"through a view", selects(from("writing_view", nil)), Options{}, "function now may read and write", "*"},

		{"insert, pure", foreign(inserts("log"), "slug"), Options{}, "", "log |"},
		{"insert, reads", foreign(inserts("log"), "total"), Options{}, "", "| log"},
		{"insert, writes", foreign(inserts("log"), "audit"), Options{}, "", "*"},
		{"insert, declared", foreign(inserts("log"), "audit"), Options{Functions: map[string][]string{"audit": {"totals"}}}, "", "| log totals"},
		{"update, the database's own or another", own(updates("log", "x"), "now"), Options{}, "", "*"},
		{"update, the database's own", own(updates("log", "x"), "lower"), Options{}, "", "log |"},
		{"update, an operator that reads", own(updates("log", "x"), "operator @@"), Options{}, "", "| log"},
		{"update or the like, a column or a pure one", with(inserts("log"), func(st *dialect.Statement) { st.Functions = []string{"attribute slug"} }), Options{}, "", "log |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, calling(), tt.o, tt.writes)
			r := analyse(fake{}, tt.st, calling(), tt.o).Read
			if r == nil {
				return
			}
			if tt.reason == "" && r.Reason != "" || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("reason %q, want %q", r.Reason, tt.reason)
			}
		})
	}
}

// TestAttributes: a qualified name is a call where what it qualifies has no such
// column.
func TestAttributes(t *testing.T) {
	t.Parallel()
	of := func(ref string, src dialect.Source) *dialect.Statement {
		return selects(&dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Expr: col(ref)}}, From: src}}})
	}
	sub := func(columns ...dialect.Output) dialect.Source {
		return &dialect.QuerySource{Alias: "d", Query: &dialect.Query{Cores: []*dialect.Core{{Columns: columns, From: source("users")}}}}
	}
	withCTE := func(c dialect.CTE) *dialect.Statement {
		q := &dialect.Query{With: []dialect.CTE{c}, Cores: []*dialect.Core{{
			Columns: []dialect.Output{{Expr: col("d.audit")}},
			From:    &dialect.TableSource{Name: dialect.Name{Name: "d"}, Alias: "d", CTE: true},
		}}}
		return selects(q)
	}
	twice := of("e.audit", source("events e"))
	twice.Query.Cores[0].Where = &dialect.Exists{Query: from("users e", nil)}
	tests := []struct {
		name   string
		st     *dialect.Statement
		writes string // of everything means that it is a call
	}{
		{"column", of("events.audit", source("events")), "nothing"},
		{"column of an alias", of("e.audit", source("events e")), "nothing"},
		{"call", of("users.audit", source("users")), "*"},
		{"call by an alias", of("u.Audit", source("users u")), "*"},
		{"without a qualifier it is none", of("audit", source("users")), "nothing"},
		{"of nothing that is known", of("x.audit", source("users")), "*"},
		{"an alias that means two", twice, "*"},
		{"query with the name", of("d.audit", sub(dialect.Output{Expr: opaque(), Alias: "audit"})), "nothing"},
		{"query with the column", of("d.audit", sub(dialect.Output{Expr: col("audit")})), "nothing"},
		{"query without it", of("d.audit", sub(dialect.Output{Expr: col("name")})), "*"},
		{"query of all columns", of("d.audit", sub(dialect.Output{Star: true})), "*"},
		{"no query", of("d.audit", &dialect.QuerySource{Alias: "d"}), "*"},
		{"function", of("d.audit", &dialect.Join{Left: source("users"), Right: &dialect.FunctionSource{Alias: "d"}}), "*"},
		{"CTE with the name", withCTE(dialect.CTE{Name: "d", Columns: []string{"audit"}, Query: from("users", nil)}), "nothing"},
		{"CTE without it", withCTE(dialect.CTE{Name: "d", Query: from("users", nil)}), "*"},

		{"update of a table with the column", with(updates("events", "id"), func(st *dialect.Statement) { st.Functions = []string{"attribute audit"} }), "events |"},
		{"update of one without", with(updates("log", "x"), func(st *dialect.Statement) { st.Functions = []string{"attribute audit"} }), "*"},
		{"update from one without", with(updates("events", "id"), func(st *dialect.Statement) {
			st.Functions, st.Reads = []string{"attribute audit"}, []dialect.Name{name("users")}
		}), "*"},
		{"update with one that only reads", with(updates("log", "x"), func(st *dialect.Statement) { st.Functions = []string{"attribute total"} }), "log |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, calling(), Options{}, tt.writes)
			if r := analyse(fake{}, tt.st, calling(), Options{}).Read; r != nil && (r.Reason == "") != (tt.writes == "nothing") {
				t.Errorf("reason %q", r.Reason)
			}
		})
	}
	reads := of("users.total", source("users"))
	check(t, reads, calling(), Options{}, "nothing")
	if r := analyse(fake{}, reads, calling(), Options{}).Read; !strings.Contains(r.Reason, "total may read") {
		t.Errorf("a call of what reads: reason %q", r.Reason)
	}
}

// TestSystemColumns: a column that changes without a statement cannot be cached.
func TestSystemColumns(t *testing.T) {
	t.Parallel()
	cat := catalog(table("posts", "id"), view("named", selects(from("posts", nil))))
	cat.Table(name("named")).ViewColumns = []string{"id", "ctid"}
	cat.SystemColumns = []string{"ctid", "xmin"}
	read := func(from string, e dialect.Expr) string {
		q := &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Expr: e}}, From: source(from)}}}
		return analyse(fake{}, selects(q), cat, Options{}).Read.Reason
	}
	for _, e := range []dialect.Expr{col("ctid"), col("posts.xmin"), opaque(col("CTID"))} {
		if got := read("posts", e); !strings.Contains(got, "changes without a statement") {
			t.Errorf("%s: reason %q", sexpr(e), got)
		}
	}
	if got := read("posts p", col("p.id")) + read("named", col("named.ctid")); got != "" {
		t.Errorf("columns of the table's own: reason %q", got)
	}
}
