package result

import (
	"database/sql/driver"
	"hash/maphash"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"weak"
)

// TestEqualShapesAreShared shows that results share their columns exactly when
// these are equal in everything.
func TestEqualShapesAreShared(t *testing.T) {
	t.Parallel()
	make1 := func(prefix string, column func(*columnType)) *Result {
		r, _ := Record(&fresh{rows: 1, columns: 2, value: mixed, prefix: prefix}, Limits{})
		if column == nil {
			return r
		}
		s := &shape{columns: r.shape.columns, types: append([]columnType(nil), r.shape.types...)}
		column(&s.types[1])
		changed := *r
		changed.shape = s
		changed.seal()
		changed.share()
		return &changed
	}
	first, second := make1("shared", nil), make1("shared", nil)
	if first.shape != second.shape {
		t.Error("equal shapes are not shared")
	}
	if first.Size() != second.Size()+first.shape.size() {
		t.Errorf("the first is charged %d, the second %d, the shape is %d", first.Size(), second.Size(), first.shape.size())
	}
	for name, other := range map[string]*Result{
		"name":      make1("other", nil),
		"scan type": make1("shared", func(c *columnType) { c.scan = reflect.TypeFor[int]() }),
		"database":  make1("shared", func(c *columnType) { c.database = "TEXT" }),
		"length":    make1("shared", func(c *columnType) { c.length++ }),
		"precision": make1("shared", func(c *columnType) { c.precision++ }),
		"scale":     make1("shared", func(c *columnType) { c.scale++ }),
		"flags":     make1("shared", func(c *columnType) { c.flags = 0 }),
	} {
		if other.shape == first.shape {
			t.Errorf("another %s, and yet shared", name)
		}
	}
	runtime.KeepAlive(first)
}

// TestShapesAreForgotten shows that the table holds only what is in use, also
// where hashes collide.
func TestShapesAreForgotten(t *testing.T) {
	t.Parallel()
	table := shapeTable{seed: maphash.MakeSeed(), byHash: map[uint64][]weak.Pointer[shape]{}}
	kept := table.intern(&shape{columns: []string{"kept"}, types: make([]columnType, 1)})
	hash := table.hash(kept)
	// One that has the same hash, as far as the table knows, and is gone.
	func() {
		gone := &shape{columns: []string{"gone"}, types: make([]columnType, 1)}
		table.byHash[hash] = append(table.byHash[hash], weak.Make(gone))
		runtime.KeepAlive(gone)
	}()
	runtime.GC()
	runtime.GC()
	table.drop(hash)
	if n := len(table.byHash[hash]); n != 1 {
		t.Errorf("%d shapes left, want 1", n)
	}
	if again := table.intern(&shape{columns: []string{"kept"}, types: make([]columnType, 1)}); again != kept {
		t.Error("the shape in use was forgotten")
	}
	// Another one of the same hash is still another one.
	other := &shape{columns: []string{"other"}, types: make([]columnType, 1)}
	table.byHash[table.hash(other)] = []weak.Pointer[shape]{weak.Make(kept)}
	if table.intern(other) != other {
		t.Error("two shapes are taken for one because of their hash")
	}
	runtime.KeepAlive(kept)
	table.drop(hash + 1) // of which there is none
}

// TestCleanupEmptiesTheTable waits for the garbage collector to tell the table.
func TestCleanupEmptiesTheTable(t *testing.T) {
	t.Parallel()
	table := &shapeTable{seed: maphash.MakeSeed(), byHash: map[uint64][]weak.Pointer[shape]{}}
	for _, name := range []string{"a", "b", "c"} {
		table.intern(&shape{columns: []string{name}, types: make([]columnType, 1)})
	}
	for {
		runtime.GC()
		runtime.Gosched()
		table.mu.Lock()
		n := len(table.byHash)
		table.mu.Unlock()
		if n == 0 {
			return // or the test's own deadline ends it
		}
	}
}

func TestShapesInManyGoroutines(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				r, _ := Record(&fresh{rows: 1, columns: i % 4, value: mixed, prefix: "many"}, Limits{})
				dest := make([]driver.Value, i%4)
				if rows := r.Rows(); len(rows.Columns()) != i%4 || rows.Next(dest) != nil {
					t.Error("another shape")
				}
				if i%50 == 0 {
					runtime.GC()
				}
			}
		})
	}
	wg.Wait()
}
