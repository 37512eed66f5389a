package engine

import (
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// The images of a transaction are bounded, table by table: what goes beyond is
// the whole table, and a rollback to a savepoint makes room again.
func TestImagesAreBounded(t *testing.T) {
	t.Parallel()
	h := &Handle{engine: &Engine{cfg: Config{MaxImages: 3}}}
	one, two := &dialect.Table{Key: "one"}, &dialect.Table{Key: "two"}
	rows := func(n int) [][]driver.Value { return make([][]driver.Value, n) }
	c := h.NewChanges()
	c.AddImages(one, nil, rows(2), Before)
	c.AddImages(two, nil, rows(3), Before)
	c.Savepoint("s", false)
	c.AddImages(one, nil, rows(1), After)
	if tables, all := c.batch().byTable(h.domain); all || tables[0].epoch || tables[1].epoch || c.Room(one) != 0 || c.Room(two) != 0 {
		t.Fatalf("at the bound: %+v, room for %d and %d", tables, c.Room(one), c.Room(two))
	}
	c.AddImages(one, nil, rows(1), After)
	tables, all := c.batch().byTable(h.domain)
	if all || !tables[0].epoch || tables[1].epoch {
		t.Errorf("above the bound: %+v, %+v", tables[0], tables[1])
	}
	if tables[0].rows != 3 {
		t.Errorf("%d images are kept of a table that may have 3", tables[0].rows)
	}
	c.RollbackTo("s", false)
	if tables, _ := c.batch().byTable(h.domain); tables[0].epoch || c.Room(one) != 1 {
		t.Errorf("after the rollback: epoch %v, room for %d", tables[0].epoch, c.Room(one))
	}
}
