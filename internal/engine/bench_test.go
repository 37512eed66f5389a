package engine

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/store/memory"
)

// newTestHandle is a handle on a database of one table, with its schema read.
func newTestHandle(b testing.TB, maxPlans int) *Handle {
	b.Helper()
	st, err := memory.New(memory.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	e, err := New(Config{
		Store: st, Policy: func(*dialect.Table) Policy { return Policy{Ops: analysis.OpAll, TTL: time.Hour} },
		FenceTTL: time.Second, LockTTL: time.Second, MaxEntryBytes: 1 << 20, MaxImages: 100, MaxPlans: maxPlans, MaxSchemes: 64, MaxLocalBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	h, err := e.Open(HandleConfig{Dialect: sqlite.Dialect, Database: "main"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.Close)
	version, err := st.Schema(context.Background(), "main")
	if err != nil {
		b.Fatal(err)
	}
	posts := &dialect.Table{Schema: "main", Name: "posts", Key: "main.posts", SQL: "posts", Columns: []*dialect.Column{
		{Name: "id", Folded: "id", Comparison: "sqlite1.num"}, {Name: "views", Folded: "views", Comparison: "sqlite1.num"},
	}}
	catalog := dialect.NewCatalog("1", "test", func(s string) string { return s }, []string{"main"}, []*dialect.Table{posts})
	h.schema.Store(h.newState(catalog, version))
	return h
}

// TestPlanCacheFigures shows what it costs to take a plan from the plan cache.
func TestPlanCacheFigures(t *testing.T) {
	h := newTestHandle(t, 1000)
	const text = "SELECT id FROM posts WHERE id = ? ORDER BY id LIMIT 10"
	h.Plan(text)
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			h.Plan(text)
		}
	})
	t.Logf("figure: take a plan from the plan cache: %d ns", r.NsPerOp())
}

// BenchmarkPlanCached takes a plan from the plan cache, as every call does.
func BenchmarkPlanCached(b *testing.B) {
	h := newTestHandle(b, 1000)
	const text = "SELECT id FROM posts WHERE id = ? ORDER BY id LIMIT 10"
	if p := h.Plan(text); p.Read == nil || p.Read.Reason != "" {
		b.Fatalf("not planned: %+v", p.Read)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Plan(text)
	}
}
