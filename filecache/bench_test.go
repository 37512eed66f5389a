package filecache

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// What a file costs beside a bare one.
func Benchmark(b *testing.B) {
	for _, size := range []int{100, 10_000, 1_000_000} {
		data := make([]byte, size)
		bare := filepath.Join(b.TempDir(), "bare")
		c := newCache(b, Config{})
		key := store.Key{1}
		run := func(name string, f func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(size))
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("os.WriteFile", func() error { return os.WriteFile(bare, data, 0o600) })
		run("Set", func() error { return c.Set(b.Context(), key, data, time.Hour) })
		run("os.ReadFile", func() error { _, err := os.ReadFile(bare); return err })
		run("Get", func() error { _, err := c.Get(b.Context(), key); return err })
	}
}

// A value by its name, with its type.
func BenchmarkGetValue(b *testing.B) {
	c := newCache(b, Config{})
	if err := Set(b.Context(), c, "key", "some text", time.Hour); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Get[string](b.Context(), c, "key"); err != nil {
			b.Fatal(err)
		}
	}
}
