package analysis

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestOps(t *testing.T) {
	t.Parallel()
	out := func(e ...dialect.Expr) func(*dialect.Query) {
		return func(q *dialect.Query) {
			q.Cores[0].Columns = nil
			for _, x := range e {
				q.Cores[0].Columns = append(q.Cores[0].Columns, dialect.Output{Expr: x})
			}
		}
	}
	limit := func(e dialect.Expr) func(*dialect.Query) { return func(q *dialect.Query) { q.Limit = e } }
	where := func(e dialect.Expr) func(*dialect.Query) { return func(q *dialect.Query) { q.Cores[0].Where = e } }
	group := func(q *dialect.Query) { q.Cores[0].GroupBy = []dialect.Expr{col("a")} }
	having := func(q *dialect.Query) { q.Cores[0].Having = col("a") }
	aggregate := func(name string, args ...dialect.Expr) *dialect.Call {
		return &dialect.Call{Name: name, Aggregate: true, Args: args}
	}
	window := aggregate("count")
	window.Window = true
	filtered := &dialect.Call{Name: "f", Extra: []dialect.Expr{aggregate("sum", col("a"))}}
	scalar := &dialect.Scalar{Query: &dialect.Query{Cores: []*dialect.Core{{
		Columns: []dialect.Output{{Expr: aggregate("count")}}, From: source("users"),
	}}}}
	type change = func(*dialect.Query)
	tests := []struct {
		name string
		do   []change
		args Args
		want Op
	}{
		{"list", nil, nil, OpFetch},
		{"LIMIT 1", []change{limit(lit(1))}, nil, OpGet},
		{"LIMIT 2", []change{limit(lit(2))}, nil, OpGet},
		{"LIMIT 3", []change{limit(lit(3))}, nil, OpFetch},
		{"LIMIT 0", []change{limit(lit(0))}, nil, OpFetch},
		{"LIMIT ? of 1", []change{limit(par(1))}, args(1), OpGet},
		{"LIMIT ? of 2", []change{limit(par(1))}, args(2), OpGet},
		{"LIMIT ? of 20", []change{limit(par(1))}, args(20), OpFetch},
		{"LIMIT ? unknown", []change{limit(par(1))}, nil, OpFetch},
		{"LIMIT of an expression", []change{limit(opaque())}, nil, OpFetch},

		{"unique key", []change{where(eq("id", par(1)))}, args(1), OpGet},
		{"unique key and more", []change{where(and(eq("id", 1), null("c")))}, nil, OpGet},
		{"unique key, the other way round", []change{where(&dialect.Equal{X: par(1), Y: col("posts.id")})}, nil, OpGet},
		{"unique key, IN of one", []change{where(in("id", 1))}, nil, OpGet},
		{"unique key, IN of two", []change{where(in("id", 1, 2))}, nil, OpFetch},
		{"unique key, IN of VALUES", []change{where(&dialect.In{X: col("id"), Query: constant([]dialect.Expr{lit(1)})})}, nil, OpFetch},
		{"unique key through OR", []change{where(or(eq("id", 1), eq("id", 2)))}, nil, OpFetch},
		{"unique key negated", []change{where(not(eq("id", 1)))}, nil, OpFetch},
		{"unique key IS", []change{where(is("id", lit(1)))}, nil, OpFetch},
		{"unique key of another column", []change{where(eq("id", col("a")))}, nil, OpFetch},
		{"unique key of two columns", []change{where(and(eq("a", 1), eq("b", 2)))}, nil, OpGet},
		{"unique key of two columns, as a row", []change{where(&dialect.Equal{X: row(col("a"), col("b")), Y: row(lit(1), par(1))})}, nil, OpGet},
		{"half of a unique key", []change{where(eq("a", 1))}, nil, OpFetch},
		{"unique key with LIMIT 20", []change{where(eq("id", 1)), limit(lit(20))}, nil, OpGet},
		{"unique key with LIMIT ? of 20", []change{where(eq("id", 1)), limit(par(1))}, args(20), OpGet},
		{"unique key in a join", []change{where(eq("posts.id", 1)), func(q *dialect.Query) {
			q.Cores[0].From = &dialect.Join{Left: source("posts"), Right: source("users")}
		}}, nil, OpFetch},

		{"count", []change{out(aggregate("count"))}, nil, OpCount},
		{"count with LIMIT 1", []change{out(aggregate("count")), limit(lit(1))}, nil, OpCount},
		{"count of a unique key", []change{out(aggregate("count")), where(eq("id", 1))}, nil, OpCount},
		{"count and more", []change{out(aggregate("count"), aggregate("sum"))}, nil, OpAggregate},
		{"count grouped", []change{out(aggregate("count")), group}, nil, OpAggregate},
		{"count over a window", []change{out(window)}, nil, OpFetch},
		{"count in a compound", []change{out(aggregate("count")), func(q *dialect.Query) { q.Cores = append(q.Cores, from("users", nil).Cores...) }}, nil, OpFetch},

		{"sum", []change{out(aggregate("sum", col("a")))}, nil, OpAggregate},
		{"sum in an expression", []change{out(opaque(aggregate("sum")))}, nil, OpAggregate},
		{"sum in a condition", []change{out(not(or(and(null("a")), &dialect.Equal{X: col("a"), Y: aggregate("sum")})))}, nil, OpAggregate},
		{"sum in an extra", []change{out(filtered)}, nil, OpAggregate},
		{"sum beside a column", []change{out(col("a"), aggregate("sum"))}, nil, OpAggregate},
		{"sum of a query inside", []change{out(col("a"), scalar)}, nil, OpFetch},
		{"GROUP BY", []change{group}, nil, OpAggregate},
		{"HAVING", []change{having}, nil, OpAggregate},
		{"GROUP BY with LIMIT 1", []change{group, limit(lit(1))}, nil, OpAggregate},

		{"EXISTS", []change{out(&dialect.Exists{Query: from("users", nil)})}, nil, OpExists},
		{"NOT EXISTS", []change{out(not(&dialect.Exists{Query: from("users", nil)}))}, nil, OpExists},
		{"EXISTS and more", []change{out(lit(1), &dialect.Exists{Query: from("users", nil)})}, nil, OpFetch},
		{"1 with LIMIT 1", []change{out(lit(1)), limit(lit(1))}, nil, OpExists},
		{"1 with LIMIT ? of 1", []change{out(lit(1)), limit(par(1))}, args(1), OpExists},
		{"1 with LIMIT ? of 2", []change{out(lit(1)), limit(par(1))}, args(2), OpGet},
		{"1 with LIMIT 2", []change{out(lit(1)), limit(lit(2))}, nil, OpGet},
		{"1 without LIMIT", []change{out(lit(1))}, nil, OpFetch},
		{"column with LIMIT 1", []change{out(col("a")), limit(lit(1))}, nil, OpGet},
		{"VALUES", []change{func(q *dialect.Query) { q.Cores = constant([]dialect.Expr{lit(1)}).Cores }}, nil, OpFetch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := from("posts", nil)
			for _, do := range tt.do {
				do(q)
			}
			if got := analyse(fake{}, selects(q), blog(), Options{}).Read.Op(tt.args); got != tt.want {
				t.Errorf("op %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOpString(t *testing.T) {
	t.Parallel()
	for op, want := range map[Op]string{0: "none", OpGet: "get", OpFetch | OpCount: "fetch|count", OpAll: "get|fetch|count|exists|aggregate"} {
		if got := op.String(); got != want {
			t.Errorf("%d: %q, want %q", op, got, want)
		}
	}
}
