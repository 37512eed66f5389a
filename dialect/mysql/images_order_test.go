package mysql

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestImagesInOrder: what a statement does, or whether it fails, may depend on which of
// its rows it comes to first. Then nothing changes how it comes to them.
func TestImagesInOrder(t *testing.T) {
	t.Parallel()
	goods := imageTable("goods", "id int key auto, shelf int, code varchar(20) unique, n int")
	stamped := imageTable("stamped", "id int key auto, shelf int, at datetime unique computed, n int")
	other := imageTable("other", "id int key auto, shelf int, n int")
	other.OtherUnique = true
	watched := imageTable("watched", "id int key auto, shelf int, code varchar(20) unique, n int")
	watched.Triggers = []dialect.Trigger{{Name: "g", Event: dialect.KindUpdate, Before: true}}
	alone := imageTable("alone", "id int key auto, shelf int, n int")
	alone.Triggers = watched.Triggers
	counted := imageTable("counted", "id int key auto, shelf int, n int")
	counted.Triggers = []dialect.Trigger{{Name: "g", Event: dialect.KindUpdate, Body: []*dialect.Statement{Parse("SELECT NEXT VALUE FOR s")}}}
	tree := func(action dialect.FKAction, parent string) *dialect.Table {
		t := imageTable("tree", "id int key auto, shelf int, n int")
		t.ForeignKeys = []dialect.ForeignKey{{Columns: []int{1}, Parent: dialect.Name{Name: parent}, OnDelete: action}}
		return t
	}
	for _, tt := range []struct {
		text    string
		table   *dialect.Table
		ordered bool
	}{
		{"UPDATE goods SET n = 1 WHERE n > 5", goods, false},
		{"UPDATE goods SET CODE = 'x' WHERE n > 5", goods, true},
		{"UPDATE goods SET n = 1, `code` = 'x'", goods, true},
		{"UPDATE IGNORE goods SET code = 'x' WHERE n > 5 LIMIT 3", goods, true},
		{"UPDATE goods SET code = 'x' WHERE n > 5 ORDER BY n", goods, false},
		{"UPDATE goods SET code = 'x' WHERE id = 5", goods, false},
		{"UPDATE goods SET code = 'x' WHERE code = 'y'", goods, false},
		{"UPDATE goods SET id = id + 1 WHERE n > 5", goods, true},
		{"UPDATE goods SET n = (@n := @n + 1) WHERE n > 5", goods, true},
		{"UPDATE goods SET n = NEXT VALUE FOR s WHERE n > 5", goods, true},
		{"UPDATE goods SET n = NextVal(s) WHERE n > 5", goods, true},
		{"UPDATE goods SET n = LAST_INSERT_ID(n + 1) WHERE n > 5", goods, true},
		{"UPDATE goods SET n = RAND(5) WHERE n > 5", goods, true},
		{"UPDATE goods SET n = (@n := @n + 1) WHERE n > 5 ORDER BY n", goods, false},
		{"UPDATE goods SET n = (@n := @n + 1) WHERE id = 5", goods, false},
		{"UPDATE goods SET n = LENGTH('@n RAND') WHERE n > 5", goods, false},
		{"UPDATE goods SET n = YEAR(NOW()) WHERE n > 5", goods, false},
		{"UPDATE stamped SET n = 1 WHERE n > 5", stamped, true},
		{"UPDATE other SET n = 1 WHERE n > 5", other, true},
		{"UPDATE watched SET n = 1 WHERE n > 5", watched, true},
		{"UPDATE watched SET n = 1 WHERE id = 5", watched, false},
		{"UPDATE alone SET n = 1 WHERE n > 5", alone, false},
		{"UPDATE counted SET n = 1 WHERE n > 5", counted, true},
		{"UPDATE counted SET n = 1 WHERE id = 5", counted, false},
		{"DELETE FROM counted WHERE n > 5", counted, false},
		{"DELETE FROM goods WHERE n > 5", goods, false},
		{"DELETE FROM tree WHERE n > 5", tree(dialect.FKNone, "TREE"), true},
		{"DELETE FROM tree WHERE n > 5", tree(dialect.FKSetDefault, "tree"), true},
		{"DELETE FROM tree WHERE n > 5 ORDER BY id", tree(dialect.FKNone, "tree"), false},
		{"DELETE FROM tree WHERE id = 5", tree(dialect.FKNone, "tree"), false},
		{"DELETE FROM tree WHERE n > 5", tree(dialect.FKCascade, "tree"), false},
		{"DELETE FROM tree WHERE n > 5", tree(dialect.FKNone, "goods"), false},
	} {
		im, why := Dialect.Images(Parse(tt.text), tt.table, []int{1, dialect.RowName})
		if ordered := why == imageWhyOrder; ordered != tt.ordered || !ordered && im == nil {
			t.Errorf("%s: %q, want that its order matters: %t", tt.text, why, tt.ordered)
		}
	}
}
