package engine

import (
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// What is postponed of one table is bounded, whatever number of transactions it
// comes from, and nothing is taken any more after the end.
func TestPostponedIsBounded(t *testing.T) {
	t.Parallel()
	h := &Handle{engine: &Engine{cfg: Config{MaxImages: 10}}}
	table, other := &dialect.Table{Key: "one"}, &dialect.Table{Key: "two"}
	p := new(Postponed)
	for range 1000 {
		c := h.NewChanges()
		c.SetQuery("UPDATE")
		c.AddImages(table, nil, make([][]driver.Value, 2), Before)
		if !p.add(c) {
			t.Fatal("refused")
		}
	}
	c := h.NewChanges()
	c.AddImages(other, nil, make([][]driver.Value, 2), Before)
	c.AddAll(true) // of the schema
	c.AddImages(&dialect.Table{Key: "two", Name: "read anew"}, nil, make([][]driver.Value, 1), Before)
	p.add(c)
	g := p.groups[0]
	if len(p.groups) != 1 || len(g.tables) != 2 || g.statements != 1001 {
		t.Fatalf("%d groups, %d tables of %d statements", len(p.groups), len(g.tables), g.statements)
	}
	for _, pt := range g.tables {
		if !pt.epoch || len(pt.changes) != 1 || !pt.changes[0].epoch || cap(pt.changes) > 16 {
			t.Errorf("%s: %d changes in room for %d, epoch %v", pt.table.Key, len(pt.changes), cap(pt.changes), pt.epoch)
		}
	}
	if n := len(c.prompt()); n != 1 {
		t.Errorf("%d changes are left for now", n)
	}
	p.closed = true
	if p.add(c) {
		t.Error("taken after the end")
	}
}
