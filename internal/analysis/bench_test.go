package analysis

import (
	"strconv"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// typical is what an object mapper asks for.
func typical() *dialect.Statement {
	return posts(and(eq("a", par(1)), in("b", par(2), par(3)), null("raw"), opaque(col("c"), par(4))))
}

func BenchmarkMake(b *testing.B) {
	st, cat := typical(), blog()
	b.ReportAllocs()
	for b.Loop() {
		Make(fake{}, st, cat, Options{})
	}
}

func BenchmarkMakeWrite(b *testing.B) {
	st, cat := deletes("users"), shop()
	b.ReportAllocs()
	for b.Loop() {
		Make(fake{}, st, cat, Options{})
	}
}

func BenchmarkBind(b *testing.B) {
	long := in("a").(*dialect.In)
	var values []any
	for i := range 50 {
		long.List = append(long.List, par(i+1))
		values = append(values, i)
	}
	benchmarks := []struct {
		name string
		st   *dialect.Statement
		args Args
	}{
		{"typical", typical(), args(1, 2, 3, 4)},
		{"get", posts(eq("id", par(1))), args(1)},
		{"literals", posts(eq("a", 1)), nil},
		{"in of 50", posts(long), args(values...)},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			p := Make(fake{}, bb.st, blog(), Options{})
			b.ReportAllocs()
			for b.Loop() {
				p.Bind(bb.args)
			}
		})
		b.Run(bb.name+" to deps", func(b *testing.B) {
			p := Make(fake{}, bb.st, blog(), Options{})
			b.ReportAllocs()
			for b.Loop() {
				p.Bind(bb.args).Deps()
			}
		})
	}
}

func BenchmarkOp(b *testing.B) {
	q := from("posts", eq("a", par(1)))
	q.Limit = par(2)
	p, a := Make(fake{}, selects(q), blog(), Options{}), args(1, 20)
	b.ReportAllocs()
	for b.Loop() {
		p.Read.Op(a)
	}
}

// TestBindAllocates keeps the promise of few allocations: the set, the
// conjunctions and one block of terms, besides what the dialect needs for the
// texts of three values.
func TestBindAllocates(t *testing.T) {
	p, a := Make(fake{}, typical(), blog(), Options{}), args(1, 2, 3, 4)
	if n := testing.AllocsPerRun(100, func() { p.Bind(a) }); n > 3+6 {
		t.Errorf("%v allocations", n)
	}
	fixed := Make(fake{}, posts(eq("a", 1)), blog(), Options{})
	if n := testing.AllocsPerRun(100, func() { fixed.Bind(nil) }); n > 1 {
		t.Errorf("%v allocations without parameters", n)
	}
}

// tenTables is a join of ten tables with a condition on each, as SQLite's
// dialect parses it.
func tenTables() (text string, cat *dialect.Catalog) {
	var tables []*dialect.Table
	text = "SELECT t0.id, t9.x FROM t0"
	for i := range 10 {
		name := "t" + strconv.Itoa(i)
		tables = append(tables, columnsOf(table(name), "id num", "parent_id num", "x num", "y text", "z nocase", "created_at num", "title text", "status text"))
		if i > 0 {
			before := "t" + strconv.Itoa(i-1)
			text += " LEFT JOIN " + name + " ON " + name + ".parent_id = " + before + ".id AND " + name + ".status = 'live'"
		}
	}
	return text + " WHERE t0.id = ? AND t0.status IN ('a', 'b') AND t1.x = 3 ORDER BY t0.created_at LIMIT 10", catalog(tables...)
}

// TestPlanningFigures shows what it costs to plan a join of ten tables that is
// seen for the first time. The machine decides how long that is, so nothing is
// asserted.
func TestPlanningFigures(t *testing.T) {
	text, cat := tenTables()
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			Make(sqlite.Dialect, sqlite.Parse(text), cat, Options{})
		}
	})
	t.Logf("figure: parse and plan a join of ten tables: %.1f us", float64(r.NsPerOp())/1000)
}

// BenchmarkTenTables plans a join of ten tables seen for the first time.
func BenchmarkTenTables(b *testing.B) {
	text, cat := tenTables()
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sqlite.Parse(text)
		}
	})
	b.Run("analyse", func(b *testing.B) {
		st := sqlite.Parse(text)
		b.ReportAllocs()
		for b.Loop() {
			Make(sqlite.Dialect, st, cat, Options{})
		}
	})
	b.Run("parse and analyse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Make(sqlite.Dialect, sqlite.Parse(text), cat, Options{})
		}
	})
}
