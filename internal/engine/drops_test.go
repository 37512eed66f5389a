package engine

import (
	"fmt"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// watch is what drops a read of one condition.
func (d *drops) watch(t *dialect.Table, key string) []watched {
	return []watched{{table: t, name: t.Key, keys: []uint64{maphash.String(d.seed, key)}, texts: []string{"through " + key}}}
}

func dropOf(query string, t *dialect.Table, keys ...string) *told {
	return &told{database: "d", query: query, tables: []toldTable{{tableChanges: &tableChanges{table: t, name: t.Key}, keys: keys}}}
}

// The newest drop that met the read is told, as long as it is remembered.
func TestDropsAreARing(t *testing.T) {
	t.Parallel()
	d := &drops{seed: maphash.MakeSeed()}
	table, other := &dialect.Table{Name: "one", Key: "one"}, &dialect.Table{Name: "two", Key: "two"}
	watch := d.watch(table, "a")
	if got := d.last("d", watch); got != nil {
		t.Errorf("nothing happened, and %+v is told", got)
	}
	d.add(&told{database: "d", query: "failed"}) // nothing was dropped
	d.add(dropOf("first", table, "b", "a"))
	d.add(dropOf("second", table, "a"))
	d.add(dropOf("other condition", table, "b"))
	d.add(dropOf("other table", other, "a"))
	d.add(&told{database: "other", query: "other database", all: true})
	if got := d.last("d", watch); got == nil || got.Query != "second" || got.Table != "one" || got.Through != "through a" {
		t.Fatalf("%+v", got)
	}
	for i := range maxDrops - 4 {
		d.add(dropOf(fmt.Sprint(i), other, "x", "y"))
	}
	if got := d.last("d", watch); got == nil || got.Query != "second" {
		t.Errorf("the last that is remembered is not found: %+v", got)
	}
	d.add(dropOf("one more", other, "x"))
	if got := d.last("d", watch); got != nil {
		t.Errorf("%+v is remembered for ever", got)
	}
	if len(d.ring) != maxDrops {
		t.Errorf("%d are remembered", len(d.ring))
	}
	// A slot that is used again keeps nothing of what it held.
	d.add(dropOf("epoch", table))
	d.ring[(d.next-1+maxDrops)%maxDrops].tables[0].epoch = true
	if got := d.last("d", watch); got == nil || got.Through != "the whole table" {
		t.Errorf("%+v", got)
	}
}

// A change of any size takes little memory, and is told as what it may be.
func TestDropsAreBounded(t *testing.T) {
	t.Parallel()
	d := &drops{seed: maphash.MakeSeed()}
	table := &dialect.Table{Name: "one", Key: "one"}
	keys := make([]string, 10*maxDropKeys)
	for i := range keys {
		keys[i] = fmt.Sprint("k", i)
	}
	for range 2 * maxDrops {
		d.add(dropOf(strings.Repeat("\u00e9", maxDropQuery), table, keys...))
	}
	for i := range d.ring {
		if s := &d.ring[i]; len(s.keys) != maxDropKeys || cap(s.keys) > 2*maxDropKeys || len(s.query) > maxDropQuery+len("...") {
			t.Fatalf("%d keys in room for %d, %d bytes of text", len(s.keys), cap(s.keys), len(s.query))
		}
	}
	if got := d.last("d", d.watch(table, "k1")); got == nil || got.Through != "through k1" {
		t.Errorf("%+v", got)
	}
	if got := d.last("d", d.watch(table, "beyond")); got == nil || !strings.Contains(got.Through, "perhaps") {
		t.Errorf("%+v", got)
	}
	many := &told{database: "d", query: "many tables"}
	for i := range 2 * maxDropTables {
		many.tables = append(many.tables, toldTable{tableChanges: &tableChanges{table: &dialect.Table{Key: fmt.Sprint(i)}}})
	}
	d.add(many)
	if got := d.last("d", d.watch(table, "beyond")); got == nil || got.Query != "many tables" || !strings.Contains(got.Through, "perhaps") {
		t.Errorf("%+v", got)
	}
}

// BenchmarkDropsAdd is what each invalidation pays to be remembered.
func BenchmarkDropsAdd(b *testing.B) {
	d := &drops{seed: maphash.MakeSeed()}
	one := dropOf("UPDATE posts SET title = ? WHERE id = ?", &dialect.Table{Name: "posts", Key: "posts"}, "r7:1:a=any;v2:i1", "r7:1:a=any;v2:i2", "r2:1:")
	for range maxDrops {
		d.add(one)
	}
	b.ReportAllocs()
	for b.Loop() {
		d.add(one)
	}
}
