package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
)

// What a hit costs, and what recording adds to a call that is not cached.
func BenchmarkFunc(b *testing.B) {
	f := newFuncs(b, nil)
	ctx := context.Background()
	text := newFunc(b, f.cache, "text", func(ctx context.Context, c category) (s string, err error) {
		err = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", c.ID).Scan(&s)
		return s, err
	})
	number := newFunc(b, f.cache, "number", func(ctx context.Context, c category) (summary, error) { return f.summarise(ctx, c) })
	b.Run("hit/text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := text.Call(ctx, category{1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hit/struct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := number.Call(ctx, category{1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode/struct", func(b *testing.B) {
		b.ReportAllocs()
		codec := cacheops.CBOR()
		data, err := codec.Marshal(summary{2, "one"})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			var s summary
			if err := codec.Unmarshal(data, &s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
