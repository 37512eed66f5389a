package postgres

import (
	"testing"
)

// keySchema has tables that follow the keys of shops, by each action, over two
// levels, and one whose rows a trigger writes.
var keySchema = []string{
	"CREATE TABLE shops (id int PRIMARY KEY, code int UNIQUE, n int, town int, UNIQUE (town, code))",
	"CREATE TABLE halls (id int PRIMARY KEY, shop int REFERENCES shops (id) ON UPDATE CASCADE ON DELETE CASCADE, n int)",
	"CREATE TABLE signs (id int PRIMARY KEY, code int UNIQUE REFERENCES shops (code) ON UPDATE CASCADE, n int)",
	"CREATE TABLE lamps (id int PRIMARY KEY, sign int REFERENCES signs (code) ON UPDATE CASCADE, n int)",
	"CREATE TABLE flags (id int PRIMARY KEY, code int REFERENCES shops (code) ON UPDATE SET NULL, n int)",
	"CREATE TABLE doors (id int PRIMARY KEY, code int DEFAULT 3 REFERENCES shops (code) ON UPDATE SET DEFAULT, n int)",
	"CREATE TABLE lanes (id int PRIMARY KEY, town int, code int, n int, FOREIGN KEY (town, code) REFERENCES shops (town, code) ON UPDATE CASCADE)",
	"CREATE TABLE bells (id int PRIMARY KEY, n int)",
	"CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE bells SET n = n + 1; RETURN NULL; END'",
	"CREATE TRIGGER ring AFTER UPDATE OF sign ON lamps FOR EACH ROW EXECUTE FUNCTION ring()",
	"INSERT INTO shops VALUES (1, 1, 1, 7), (2, 2, 2, 8), (3, 3, 3, 9)",
	"INSERT INTO halls VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO signs VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO lamps VALUES (1, 1, 1), (2, 2, 2)",
	"INSERT INTO flags VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO doors VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO lanes VALUES (1, 7, 1, 1), (2, 8, 2, 2)",
	"INSERT INTO bells VALUES (1, 0)",
}

const (
	shopOne   = "SELECT id * 1000 + code * 100 + n + town * 10000 FROM shops WHERE n IN (1, 11)"
	shopTwo   = "SELECT id * 100 + code FROM shops WHERE n = 2"
	hallOne   = "SELECT shop FROM halls WHERE n = 1"
	hallTwo   = "SELECT shop FROM halls WHERE n = 2"
	signOne   = "SELECT code FROM signs WHERE n = 1"
	lampOne   = "SELECT sign FROM lamps WHERE n = 1"
	flagOne   = "SELECT code FROM flags WHERE n = 1"
	doorOne   = "SELECT code FROM doors WHERE n = 1"
	laneOne   = "SELECT town * 100 + code FROM lanes WHERE n = 1"
	bellsRing = "SELECT n FROM bells WHERE id = 1"
)

// A key that a statement assigns to is the same as a rule: then nothing that
// follows it is dropped. Where it changes everything that follows is, on each level.
func TestImagesOfKeys(t *testing.T) {
	t.Parallel()
	byCode := []string{signOne, lampOne, flagOne, doorOne, laneOne, bellsRing}
	var all []imageCase
	add := func(name, write string, args []any, drops, keeps []string) {
		all = append(all, imageCase{name: name, schema: keySchema, write: write, args: args, drops: drops, keeps: keeps})
	}
	followers := append([]string{hallOne, shopTwo}, byCode...)
	add("saved by the primary key", "UPDATE shops SET id = $1, code = $2, n = 11, town = 7 WHERE id = $1", []any{1, 1}, []string{shopOne}, followers)
	add("saved and returned", "UPDATE shops SET code = 1, n = 11, town = town WHERE id = 1 RETURNING *", nil, []string{shopOne}, followers)
	add("saved by a condition", "UPDATE shops SET id = id, code = $1, n = 11 WHERE n = 1", []any{1}, []string{shopOne}, followers)
	add("saved by a list", "UPDATE shops SET code = v.code, n = v.n FROM (VALUES (1, 1, 11), (3, 3, 33)) AS v (id, code, n) WHERE shops.id = v.id", nil, []string{shopOne}, followers)
	add("saved by an upsert", "INSERT INTO shops VALUES ($1, 1, 11, 7), (4, 4, 4, 4) ON CONFLICT (id) DO UPDATE SET code = excluded.code, n = excluded.n, town = excluded.town", []any{1}, []string{shopOne}, followers)
	add("saved by an upsert of the key", "INSERT INTO shops VALUES (5, $1, 11, 7) ON CONFLICT (code) DO UPDATE SET code = excluded.code, n = excluded.n", []any{1}, []string{shopOne}, followers)

	apart := []string{hallOne, shopTwo}
	add("changed by the primary key", "UPDATE shops SET code = 11 WHERE id = 1", nil, append([]string{shopOne}, byCode...), apart)
	add("changed by a condition", "UPDATE shops SET code = code + 10 WHERE n = 1 RETURNING id", nil, append([]string{shopOne}, byCode...), apart)
	add("changed by a list", "UPDATE shops SET code = v.code FROM (VALUES (1, 11), (3, 3)) AS v (id, code) WHERE shops.id = v.id", nil, append([]string{shopOne}, byCode...), apart)
	add("changed by an upsert", "INSERT INTO shops VALUES (4, 4, 4, 4), (1, 11, 1, 7) ON CONFLICT (id) DO UPDATE SET code = excluded.code", nil, append([]string{shopOne}, byCode...), apart)
	add("changed by an upsert of an unknown row", "INSERT INTO shops VALUES (1, 1, 1, 1) ON CONFLICT ON CONSTRAINT shops_pkey DO UPDATE SET code = 11", nil, append([]string{shopOne}, byCode...), []string{hallOne})
	add("half a key", "UPDATE shops SET town = 17, code = 1 WHERE id = 1", nil, []string{shopOne, laneOne}, []string{hallOne, signOne, lampOne, flagOne, doorOne, bellsRing})
	add("the rows' name", "UPDATE shops SET id = 11 WHERE id = 1", nil, []string{shopOne, hallOne}, append([]string{shopTwo}, byCode...))
	add("the rows' names", "UPDATE shops SET id = id + 10 WHERE n < 3", nil, []string{shopOne, shopTwo, hallOne, hallTwo}, byCode)
	checkImages(t, all, eachDriver)
}

// A key is compared to the last bit: its children get what it is written as. So are
// keys of which nobody reads the table, and those that a row has of its own table.
func TestImagesOfKeysAlone(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE rates (id int PRIMARY KEY, rate numeric UNIQUE, word text UNIQUE, day timestamptz UNIQUE, real float8 UNIQUE, n int, up int REFERENCES rates ON UPDATE CASCADE)",
		"CREATE TABLE terms (id int PRIMARY KEY, rate numeric REFERENCES rates (rate) ON UPDATE CASCADE, word text REFERENCES rates (word) ON UPDATE CASCADE, " +
			"day timestamptz REFERENCES rates (day) ON UPDATE CASCADE)",
		"CREATE TABLE reals (id int PRIMARY KEY, real float8 REFERENCES rates (real) ON UPDATE CASCADE)",
		"INSERT INTO rates VALUES (1, 1.0, 'a', '2024-01-02', 0, 1, 1), (2, 2.0, 'b', '2024-01-03', 1, 2, 1)",
		"INSERT INTO terms VALUES (1, 1.0, 'a', '2024-01-02')", "INSERT INTO reals VALUES (1, 0)",
	}
	const terms, days = "SELECT rate || word FROM terms WHERE id = 1", "SELECT day FROM terms WHERE id = 1"
	const reals, up = "SELECT real FROM reals WHERE id = 1", "SELECT up FROM rates WHERE n = 2"
	checkImages(t, []imageCase{
		{name: "saved", schema: schema, write: "UPDATE rates SET rate = 1.0, word = 'a', day = '2024-01-02', n = 5 WHERE id = 1", keeps: []string{terms, days, reals}},
		{name: "saved with what follows the row itself", schema: schema, write: "UPDATE rates SET id = 1, word = 'a' WHERE id = 1", keeps: []string{terms, reals, up}},
		{name: "another scale", schema: schema, write: "UPDATE rates SET rate = 1.00, word = 'a' WHERE id = 1", drops: []string{terms}, keeps: []string{reals}},
		{name: "another case", schema: schema, write: "UPDATE rates SET word = 'A' WHERE n = 1", drops: []string{terms}, keeps: []string{reals, up}},
		{name: "another microsecond", schema: schema, write: "UPDATE rates SET day = day + interval '1 microsecond' WHERE id = 1", drops: []string{days}, keeps: []string{reals}},
		{name: "another sign", schema: schema, write: "UPDATE rates SET real = '-0' WHERE id = 1", drops: []string{reals}, keeps: []string{terms}},
		{name: "of its own table", schema: schema, write: "UPDATE rates SET id = 3 WHERE id = 1", drops: []string{up}, keeps: []string{terms}},
	}, eachDriver)
}

// Keys of several columns, as tables of many tenants have them.
func TestImagesOfKeysOfTenants(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE shops (tenant int, id int, n int, PRIMARY KEY (tenant, id))",
		"CREATE TABLE halls (tenant int, id int, shop int, n int, PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, shop) REFERENCES shops ON UPDATE CASCADE ON DELETE CASCADE)",
		"CREATE TABLE racks (tenant int, id int, hall int, n int, PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, hall) REFERENCES halls ON UPDATE CASCADE ON DELETE CASCADE)",
		"INSERT INTO shops VALUES (1, 1, 1), (2, 1, 2)", "INSERT INTO halls VALUES (1, 1, 1, 1), (2, 1, 1, 2)", "INSERT INTO racks VALUES (1, 1, 1, 1), (2, 1, 1, 2)",
	}
	const shop, hall, rack = "SELECT n FROM shops WHERE tenant = 1", "SELECT tenant * 10 + shop FROM halls WHERE n = 1", "SELECT tenant * 10 + hall FROM racks WHERE n = 1"
	const other = "SELECT n FROM shops WHERE tenant = 2"
	checkImages(t, []imageCase{
		{name: "saved by key", schema: schema, write: "UPDATE shops SET tenant = $1, id = $2, n = 5 WHERE tenant = $1 AND id = $2", args: []any{1, 1}, drops: []string{shop}, keeps: []string{hall, rack, other}},
		{name: "saved by a condition", schema: schema, write: "UPDATE shops SET tenant = 1, id = 1, n = 5 WHERE n = 1", drops: []string{shop}, keeps: []string{hall, rack, other}},
		{name: "saved by an upsert", schema: schema, write: "INSERT INTO shops VALUES (1, 1, 5) ON CONFLICT (tenant, id) DO UPDATE SET tenant = excluded.tenant, n = excluded.n", drops: []string{shop}, keeps: []string{hall, rack, other}},
		{name: "changed by key", schema: schema, write: "UPDATE shops SET id = 3 WHERE tenant = 1 AND id = 1", drops: []string{hall}, keeps: []string{other}},
		{name: "changed by a condition", schema: schema, write: "UPDATE shops SET tenant = 3 WHERE n = 1", drops: []string{shop, hall, rack}},
		{name: "deleted", schema: schema, write: "DELETE FROM shops WHERE tenant = 1", drops: []string{shop, hall, rack}},
	}, eachDriver)
}

// Who saves a key that others follow does not wait for those who refer to the row.
// Bare programs that do so pass each other.
func TestImagesOfKeysAtOnce(t *testing.T) {
	t.Parallel()
	const first = "INSERT INTO halls (id, shop, n) SELECT COALESCE(max(id), 0) + (random() * 1e8)::int, 1, 1 FROM halls"
	for name, second := range map[string]string{
		"by key":              "UPDATE shops SET id = 1, code = 1, town = 7, n = n + 10 WHERE id = 1",
		"by a condition":      "UPDATE shops SET code = 1, n = n + 10 WHERE n IN (1, 11)",
		"by a list":           "UPDATE shops SET code = v.code, n = shops.n + 10 FROM (VALUES (1, 1)) AS v (id, code) WHERE shops.id = v.id",
		"an upsert beside it": "INSERT INTO shops VALUES (1, 1, 1, 7) ON CONFLICT (id) DO UPDATE SET n = shops.n + 10",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := imageShop(t, driverName, keySchema...)
				if err := pair(t.Context(), s.bare, first, second); err != nil {
					t.Fatalf("the bare program: %v", err)
				}
				exec(t, s.bare, "UPDATE shops SET n = 1 WHERE id = 1")
				s.forget(t)
				before := s.fill(t, "SELECT n FROM shops WHERE id = 1", "SELECT count(*) FROM halls WHERE shop = 1", signOne, lampOne, flagOne, doorOne, laneOne, bellsRing)
				if err := pair(t.Context(), s.cached, first, second); err != nil {
					t.Errorf("DEADLOCK: %v", err)
				}
				before.check(t, s, "SELECT n FROM shops WHERE id = 1", "SELECT count(*) FROM halls WHERE shop = 1")
			})
		})
	}
}
