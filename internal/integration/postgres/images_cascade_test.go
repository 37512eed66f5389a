package postgres

import (
	"slices"
	"testing"
)

// treeSchema has three levels of children: the rows of the lowest are kept, without
// a parent.
var treeSchema = []string{
	"CREATE TABLE shops (id int PRIMARY KEY, town int, code int UNIQUE)",
	"CREATE TABLE halls (id int PRIMARY KEY, shop int REFERENCES shops (id) ON DELETE CASCADE, floor int)",
	"CREATE TABLE racks (id int PRIMARY KEY, hall int REFERENCES halls (id) ON DELETE CASCADE, color int)",
	"CREATE TABLE boxes (id int PRIMARY KEY, rack int DEFAULT 0 REFERENCES racks (id) ON DELETE SET NULL, size int)",
	"CREATE TABLE signs (id int PRIMARY KEY, shop int REFERENCES shops (code) ON UPDATE CASCADE ON DELETE SET DEFAULT, text int)",
	"INSERT INTO shops VALUES (1, 1, 10), (2, 2, 20)",
	"INSERT INTO halls VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3)",
	"INSERT INTO racks VALUES (0, NULL, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)",
	"INSERT INTO boxes VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 0, 4)",
	"INSERT INTO signs VALUES (1, 10, 1), (2, 20, 2), (3, NULL, 3)",
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
)

// What the actions of foreign keys delete and change is dropped, over all levels,
// and nothing else. Where the key of a row changes that is all of the tables that
// follow it: to tell their rows, others would have to be kept from referring to the
// row before it is known whether its key changes.
func TestImagesOfCascades(t *testing.T) {
	t.Parallel()
	checkImages(t, []imageCase{
		{name: "delete", schema: treeSchema, write: "DELETE FROM shops WHERE id = $1", args: []any{1},
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne}, keeps: []string{hallsThree, racksThree, boxesThree, signsTwo, onShelf(1)}},
		{name: "delete returning", schema: treeSchema, write: "DELETE FROM shops s WHERE town = 1 RETURNING *",
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne}, keeps: []string{hallsThree, racksThree, boxesThree, signsTwo}},
		{name: "delete using", schema: treeSchema, write: "DELETE FROM shops USING halls h WHERE h.shop = shops.id AND h.floor < 3",
			drops: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne}, keeps: []string{hallsThree, racksThree, boxesThree, signsTwo}},
		{name: "delete in the middle", schema: treeSchema, write: "DELETE FROM halls WHERE id = 2",
			drops: []string{racksTwo, boxesNone}, keeps: []string{hallsOne, boxesOne, signsOne, racksThree}},
		{name: "delete of nothing", schema: treeSchema, write: "DELETE FROM shops WHERE id = 3",
			keeps: []string{hallsOne, racksTwo, boxesOne, boxesNone, signsOne}},
		{name: "update of the key", schema: treeSchema, write: "UPDATE shops SET code = 11 WHERE id = 1",
			drops: []string{signsOne}, keeps: []string{hallsOne, boxesOne}},
		{name: "update beside the key", schema: treeSchema, write: "UPDATE shops SET town = 2 WHERE id = 1",
			drops: []string{"SELECT id FROM shops WHERE town = 1"}, keeps: []string{signsOne, signsTwo, hallsOne, boxesOne}},
	}, eachDriver)
}

// A child that another session inserts or changes meanwhile is dropped with its
// parent.
func TestImagesOfCascadesAtOnce(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, tt := range []struct {
			name         string
			rival        []string
			write        string
			reads, drops []string
		}{
			{"a new child", []string{"INSERT INTO halls VALUES (4, 1, 4)"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM halls WHERE floor = 4", racksTwo, boxesOne}},
			{"a new grandchild", []string{"INSERT INTO racks VALUES (4, 2, 4)", "INSERT INTO boxes VALUES (5, 4, 5)"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM racks WHERE color = 4", "SELECT rack FROM boxes WHERE size = 5"}},
			{"a new child of a key that changes", []string{"INSERT INTO signs VALUES (4, 10, 4)"}, "UPDATE shops SET code = 11 WHERE id = 1",
				[]string{hallsOne}, []string{signsOne, "SELECT shop FROM signs WHERE text = 4"}},
			{"a child that changes", []string{"UPDATE racks SET color = 4 WHERE id = 2"}, "DELETE FROM shops WHERE id = 1",
				[]string{hallsThree, racksThree, boxesThree}, []string{hallsOne, "SELECT id FROM racks WHERE color = 4"}},
			{"a child that goes elsewhere", []string{"UPDATE racks SET hall = 3 WHERE id = 2"}, "DELETE FROM halls WHERE id = 2",
				[]string{racksTwo, racksThree, boxesThree, boxesNone}, []string{"SELECT id FROM halls WHERE floor = 2"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s := imageShop(t, driverName, treeSchema...)
				all := slices.Concat(tt.reads, tt.drops)
				s.fill(t, all...)
				other := s.rival(t)
				other.exec(tt.rival...)
				tx, err := s.cached.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
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
