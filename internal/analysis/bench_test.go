package analysis

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
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
