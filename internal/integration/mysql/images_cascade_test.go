package mysql

import (
	"slices"
	"testing"
)

// treeSchema has three levels of children: the rows of the lowest are kept, without
// a parent. One table is its own parent.
var treeSchema = []string{
	"CREATE TABLE shops (id int PRIMARY KEY, town int, code varchar(9) UNIQUE)",
	"CREATE TABLE halls (id int, part varchar(9), shop int, floor int, PRIMARY KEY (id, part), FOREIGN KEY (shop) REFERENCES shops (id) ON DELETE CASCADE)",
	"CREATE TABLE racks (id int PRIMARY KEY, hall int, part varchar(9), color int, FOREIGN KEY (hall, part) REFERENCES halls (id, part) ON DELETE CASCADE)",
	"CREATE TABLE boxes (id int PRIMARY KEY, rack int, size int, FOREIGN KEY (rack) REFERENCES racks (id) ON DELETE SET NULL)",
	"CREATE TABLE signs (id int PRIMARY KEY, shop varchar(9), text int, FOREIGN KEY (shop) REFERENCES shops (code) ON UPDATE CASCADE ON DELETE SET NULL)",
	"CREATE TABLE staff (id int PRIMARY KEY, boss int, shop int, FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE CASCADE, FOREIGN KEY (shop) REFERENCES shops (id) ON DELETE CASCADE)",
	"INSERT INTO shops VALUES (1, 1, 'ten'), (2, 2, 'twenty')",
	"INSERT INTO halls VALUES (1, 'a', 1, 1), (2, 'a', 1, 2), (3, 'a', 2, 3)",
	"INSERT INTO racks VALUES (0, NULL, NULL, 0), (1, 1, 'A', 1), (2, 2, 'a', 2), (3, 3, 'a', 3)",
	"INSERT INTO boxes VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 0, 4)",
	"INSERT INTO signs VALUES (1, 'ten', 1), (2, 'twenty', 2), (3, NULL, 3)",
	"INSERT INTO staff VALUES (1, NULL, 1), (2, 1, NULL), (3, 2, NULL), (4, NULL, 2), (5, 4, NULL)",
}

const (
	hallsOne   = "SELECT id FROM halls WHERE floor = 1"
	hallsThree = "SELECT id FROM halls WHERE floor = 3"
	racksTwo   = "SELECT id FROM racks WHERE color = 2"
	racksThree = "SELECT id FROM racks WHERE color = 3"
	boxesOne   = "SELECT rack FROM boxes WHERE size = 1"
	boxesThree = "SELECT rack FROM boxes WHERE size = 3"
	boxesNone  = "SELECT id FROM boxes WHERE rack IS NULL ORDER BY id"
	signsOne   = "SELECT shop FROM signs WHERE text = 1"
	signsTwo   = "SELECT shop FROM signs WHERE text = 2"
	staffTwo   = "SELECT id FROM staff WHERE boss = 2"
	staffFour  = "SELECT id FROM staff WHERE boss = 4"
)

// What the actions of foreign keys delete and change is dropped, over all levels,
// and nothing else. Where the key of a row changes that is all of the tables that
// follow it.
func TestImagesOfCascades(t *testing.T) {
	t.Parallel()
	checkImages(t, []imageCase{
		{name: "delete", schema: treeSchema, write: "DELETE FROM shops WHERE id = ?", args: []any{1},
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne, staffTwo}, keeps: []string{hallsThree, racksThree, boxesThree, signsTwo, staffFour, onShelf(1)}},
		{name: "delete returning", schema: treeSchema, write: "DELETE FROM shops WHERE town = 1 RETURNING *",
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne, staffTwo}, keeps: []string{hallsThree, racksThree, boxesThree, signsTwo, staffFour}},
		{name: "delete in the middle", schema: treeSchema, write: "DELETE FROM halls WHERE floor = 2",
			drops: []string{racksTwo, boxesNone}, keeps: []string{hallsOne, boxesOne, signsOne, racksThree}},
		{name: "delete of nothing", schema: treeSchema, write: "DELETE FROM shops WHERE id = 3",
			keeps: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne, staffTwo}},
		{name: "delete of its own parent", schema: treeSchema, write: "DELETE FROM staff WHERE id = 4",
			drops: []string{staffFour}, keeps: []string{hallsOne, staffTwo}},
		{name: "update of the key", schema: treeSchema, write: "UPDATE shops SET code = 'eleven' WHERE id = 1",
			drops: []string{signsOne}, keeps: []string{hallsOne, boxesOne}},
		{name: "update of the key's case", schema: treeSchema, write: "UPDATE shops SET code = 'TEN' WHERE id = 1",
			drops: []string{signsOne}, keeps: []string{hallsOne, boxesOne}},
		{name: "update of the key to what it is", schema: treeSchema, write: "UPDATE shops SET code = 'ten', town = 5 WHERE id = 1",
			drops: []string{"SELECT id FROM shops WHERE town = 1"}, keeps: []string{signsOne, hallsOne, boxesOne}},
		{name: "update beside the key", schema: treeSchema, write: "UPDATE shops SET town = 2 WHERE town = 1",
			drops: []string{"SELECT id FROM shops WHERE town = 1"}, keeps: []string{signsOne, signsTwo, hallsOne, boxesOne}},
		{name: "replace", schema: treeSchema, write: "REPLACE INTO shops VALUES (1, 1, 'ten')",
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne, staffTwo}, keeps: []string{onShelf(1)}},
		{name: "replace of a new row", schema: treeSchema, write: "REPLACE INTO shops VALUES (7, 1, 'seventy')",
			drops: []string{"SELECT id FROM shops WHERE town = 1 ORDER BY id"}, keeps: []string{"SELECT id FROM shops WHERE town = 2"}},
	})
}

// A child that another session inserts or changes meanwhile is dropped with its
// parent.
func TestImagesOfCascadesAtOnce(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for _, tt := range []struct {
			name         string
			rival        []string
			write        string
			reads, drops []string
		}{
			{"a new child", []string{"INSERT INTO halls VALUES (4, 'a', 1, 4)"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM halls WHERE floor = 4", racksTwo, boxesOne}},
			{"a new grandchild", []string{"INSERT INTO racks VALUES (4, 2, 'a', 4)", "INSERT INTO boxes VALUES (5, 4, 5)"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM racks WHERE color = 4", "SELECT rack FROM boxes WHERE size = 5"}},
			{"a new child of a key that changes", []string{"INSERT INTO signs VALUES (4, 'ten', 4)"}, "UPDATE shops SET code = 'eleven' WHERE id = 1",
				[]string{hallsOne}, []string{signsOne, "SELECT shop FROM signs WHERE text = 4"}},
			{"a child that changes", []string{"UPDATE racks SET color = 4 WHERE id = 2"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM racks WHERE color = 4"}},
			{"a child that goes elsewhere", []string{"UPDATE racks SET hall = 3 WHERE id = 2"}, "DELETE FROM halls WHERE floor = 2",
				[]string{racksTwo, racksThree, boxesThree, boxesNone}, []string{"SELECT id FROM halls WHERE floor = 2"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s := imageShop(t, mode, treeSchema...)
				all := slices.Concat(tt.reads, tt.drops)
				s.fill(t, all...)
				other := s.rival(t)
				other.exec(tt.rival...)
				tx := s.begin(t, nil)
				wait := inBackground(func() error { return runImageWrite(t.Context(), tx, tt.write, nil) })
				s.awaitLocks(t, 1)
				other.commit()
				if err := wait(); err != nil {
					t.Fatal(err)
				}
				s.forget(t)
				before := s.fill(t, all...)
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				before.check(t, s, tt.drops...)
			})
		}
	})
}
