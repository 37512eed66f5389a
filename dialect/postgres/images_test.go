package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// imageTable makes a table by its columns: "id integer key, code text unique".
func imageTable(name, columns string) *dialect.Table {
	t := &dialect.Table{Schema: "public", Name: name, Key: "public." + name, SQL: `"public".` + nameQuote(name)}
	for i, text := range strings.Split(columns, ", ") {
		words := strings.Fields(text)
		c := &dialect.Column{Name: words[0], Folded: words[0], SQL: nameQuote(words[0]), Type: words[1], Comparison: words[1]}
		t.Columns = append(t.Columns, c)
		switch {
		case slices.Contains(words, "key"):
			c.NotNull = true
			t.Primary = append(t.Primary, i)
			t.RowIDColumns = append(t.RowIDColumns, c)
		case slices.Contains(words, "unique"):
			t.Unique = append(t.Unique, []int{i})
		case slices.Contains(words, "json"):
			c.Comparison = ""
		}
	}
	if len(t.Primary) > 0 {
		t.RowID = "its name"
		t.Unique = slices.Insert(t.Unique, 0, t.Primary)
	}
	return t
}

// imageText writes out what was made of a statement.
func imageText(im *dialect.Images, why string) string {
	if im == nil {
		return "none: " + why
	}
	var b strings.Builder
	line := func(what, text string) {
		if text != "" {
			b.WriteString(what + ": " + text + "\n")
		}
	}
	line("before", im.Before)
	if im.Before != "" {
		var params []int
		for _, p := range im.BeforeParams {
			params = append(params, p.Index)
		}
		line("with", fmt.Sprint(params, im.BeforeLimited))
	}
	line("both", im.Both)
	line("write", im.Write)
	line("many", im.Many)
	if im.WriteIsBefore {
		b.WriteString("it shows what was there\n")
	}
	if im.WriteTellsNew {
		b.WriteString("it tells what is new\n")
	}
	line("result", im.Result)
	return strings.TrimSuffix(b.String(), "\n")
}

// TestImages: the queries for images, with and without the rows' names.
func TestImages(t *testing.T) {
	t.Parallel()
	goods := imageTable("goods", "id integer key, shelf integer, code text unique, n integer")
	pairs := imageTable("pairs", "a integer key, b text key, c integer")
	parts := imageTable("parts", "id integer key, v integer")
	parts.Also = []dialect.Name{{Schema: "public", Name: "parts_1"}}
	loose := imageTable("loose", "a integer, b integer")
	late := imageTable("late", "id integer key, n integer") // its key is checked at the end of a transaction
	late.Unique = nil
	family := imageTable("family", "id integer key, v integer")
	family.Relatives = []*dialect.Table{loose}
	odd := imageTable("odd", "id integer key, doc json, cacheops_0 integer")
	odd.OtherUnique = true
	const (
		name  = `"goods"."id"::pg_catalog.text`
		plain = `"goods"."shelf"`
		isNew = `("goods".xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid)`
	)
	join := func(alias, own string) string {
		return fmt.Sprintf(` AND %[2]sold.%[2]sk0 = %[1]s."id" AND %[2]sold.%[2]sc OPERATOR(pg_catalog.=) %[1]s.ctid AND %[2]sold.%[2]st OPERATOR(pg_catalog.=) %[1]s.tableoid`, alias, own)
	}
	old := func(alias, from string) string {
		return fmt.Sprintf(` FROM (SELECT %[1]s.tableoid AS cacheops_t, %[1]s.ctid AS cacheops_c, %[1]s."id" AS cacheops_k0, %[1]s."shelf" AS cacheops_0 FROM %[2]s) AS cacheops_old`, alias, from)
	}
	for _, tt := range []struct {
		text  string
		table *dialect.Table
		named bool
		want  string
	}{
		// Rows that are new, or gone.
		{"INSERT INTO goods VALUES ($1, 2, 'c', 3);", goods, false, "write: INSERT INTO goods VALUES ($1, 2, 'c', 3) RETURNING " + plain},
		{"INSERT INTO goods AS g (id) SELECT 1 RETURNING *, g.id", goods, false, `write: INSERT INTO goods AS g (id) SELECT 1 RETURNING *, g.id, "g"."shelf"`},
		{"INSERT INTO goods (id) VALUES (1) ON CONFLICT DO NOTHING", goods, false, "write: INSERT INTO goods (id) VALUES (1) ON CONFLICT DO NOTHING RETURNING " + plain},
		{"DELETE FROM goods WHERE id = 1", goods, false, "write: DELETE FROM goods WHERE id = 1 RETURNING " + plain + "\nit shows what was there"},
		{"DELETE FROM goods", goods, false, "write: DELETE FROM goods RETURNING " + plain + "\nmany: SELECT 1 FROM goods OFFSET $1 LIMIT 1\nit shows what was there"},
		{"DELETE FROM goods g USING moves m WHERE m.good = g.id AND m.n = $2 RETURNING m.n", goods, true,
			`before: SELECT "g"."shelf", "g"."id"::pg_catalog.text FROM goods g, moves m WHERE m.good = g.id AND m.n = $1 LIMIT $2 FOR UPDATE OF "g"` + "\nwith: [2] true\n" +
				`write: DELETE FROM goods g USING moves m WHERE m.good = g.id AND m.n = $2 RETURNING m.n, "g"."shelf", "g"."id"::pg_catalog.text` + "\nit shows what was there"},

		// A row that is told by its key.
		{"UPDATE goods SET shelf = $1 WHERE id = $2", goods, false, `both: UPDATE goods SET shelf = $1` + old(`"goods"`, "goods") + ` WHERE (id = $2)` + join(`"goods"`, "cacheops_") + ` RETURNING cacheops_old.cacheops_0, "goods"."shelf"`},
		{"UPDATE ONLY goods AS g SET (shelf, n) = (1, 2) WHERE (5 = g.id) AND (n > 1 OR n < 0) RETURNING *", goods, false,
			`both: UPDATE ONLY goods AS g SET (shelf, n) = (1, 2)` + old(`"g"`, "ONLY goods AS g") + ` WHERE ((5 = g.id) AND (n > 1 OR n < 0))` + join(`"g"`, "cacheops_") + ` RETURNING "g".*, cacheops_old.cacheops_0, "g"."shelf"`},
		{"UPDATE goods SET n = 1 -- ; WHERE\nWHERE id = 1 /* x */ RETURNING id", goods, false,
			`both: UPDATE goods SET n = 1` + old(`"goods"`, "goods") + " -- ; WHERE\nWHERE (id = 1)" + join(`"goods"`, "cacheops_") + ` /* x */ RETURNING id, cacheops_old.cacheops_0, "goods"."shelf"`},
		{"UPDATE goods SET n = 1 WHERE id = 1 RETURNING *, n", goods, false, "none: it returns everything, and more"},
		{"UPDATE pairs SET c = 1 WHERE a = 1", pairs, false, "none: " + imageWhyName},
		{"UPDATE goods SET n = 1 WHERE id = 1 OR n = 2", goods, false, "none: " + imageWhyName},
		{"UPDATE goods SET n = 1 WHERE id = n", goods, false, "none: " + imageWhyName},
		{"UPDATE goods SET n = 1 FROM moves m WHERE goods.id = 1", goods, false, "none: " + imageWhyName},
		{"UPDATE goods SET n = 1 WHERE id IN (1)", goods, false, "none: " + imageWhyName},
		{"UPDATE goods g SET n = 1 WHERE id = 1 AND EXISTS (SELECT 1 FROM pairs g WHERE g.id = 1)", goods, false,
			`both: UPDATE goods g SET n = 1` + old(`"g"`, "goods g") + ` WHERE (id = 1 AND EXISTS (SELECT 1 FROM pairs g WHERE g.id = 1))` + join(`"g"`, "cacheops_") + ` RETURNING cacheops_old.cacheops_0, "g"."shelf"`},

		// Rows that are told by a condition.
		{"UPDATE goods SET shelf = $1 WHERE n < $3 AND n <> $3 AND n > $2", goods, true,
			"before: SELECT " + plain + ", " + name + " FROM goods WHERE n < $1 AND n <> $1 AND n > $2 LIMIT $3 FOR NO KEY UPDATE OF \"goods\"\nwith: [3 2] true\n" +
				"write: UPDATE goods SET shelf = $1 WHERE n < $3 AND n <> $3 AND n > $2 RETURNING " + plain + ", " + name},
		{"UPDATE goods SET code = 'x' RETURNING *, n", goods, true,
			"before: SELECT " + plain + ", " + name + " FROM goods LIMIT $1 FOR NO KEY UPDATE OF \"goods\"\nwith: [] true\n" +
				"write: UPDATE goods SET code = 'x' RETURNING *, n, " + plain + ", " + name},
		{"WITH w AS (SELECT $1::int) UPDATE goods SET n = $2 FROM moves m, w WHERE m.good = id", goods, true,
			"before: WITH w AS (SELECT $1::int) SELECT " + plain + ", " + name + " FROM goods, moves m, w WHERE m.good = id LIMIT $2 FOR NO KEY UPDATE OF \"goods\"\nwith: [1] true\n" +
				"write: WITH w AS (SELECT $1::int) UPDATE goods SET n = $2 FROM moves m, w WHERE m.good = id RETURNING " + plain + ", " + name},
		{"UPDATE pairs SET c = 1 WHERE a = 1", pairs, true,
			`before: SELECT "pairs"."b", ROW("pairs"."a", "pairs"."b")::pg_catalog.text FROM pairs WHERE a = 1 LIMIT $1 FOR NO KEY UPDATE OF "pairs"` + "\nwith: [] true\n" +
				`write: UPDATE pairs SET c = 1 WHERE a = 1 RETURNING "pairs"."b", ROW("pairs"."a", "pairs"."b")::pg_catalog.text`},
		{"UPDATE goods SET id = id + 1", goods, true, "before: SELECT " + plain + ", " + name + " FROM goods LIMIT $1 FOR NO KEY UPDATE OF \"goods\"\nwith: [] true\nwrite: UPDATE goods SET id = id + 1 RETURNING " + plain + ", " + name},
		{"UPDATE goods SET n = 1 WHERE random() < 0.5", goods, true, "none: random()"},
		{"UPDATE goods SET n = 1 WHERE CURRENT OF c", goods, true, "none: its row is told by a cursor"},
		{"WITH goods AS (SELECT 1) UPDATE goods SET n = 1 WHERE n = 2", goods, true, "none: a CTE has the target's name"},
		{"UPDATE late SET n = 1 WHERE id = 1", late, false, "none: " + imageWhyName},
		{"UPDATE loose SET a = 1", loose, true, "none: " + imageWhyName},
		{"UPDATE family SET v = 1 WHERE v = 2", family, true, "none: " + imageWhyName},
		{"UPDATE odd SET doc = NULL WHERE id < 3", odd, true,
			`before: SELECT "odd"."doc", "odd"."id"::pg_catalog.text FROM odd WHERE id < 3 LIMIT $1 FOR NO KEY UPDATE OF "odd"` + "\nwith: [] true\n" +
				`write: UPDATE odd SET doc = NULL WHERE id < 3 RETURNING "odd"."doc", "odd"."id"::pg_catalog.text`},
		{"UPDATE odd SET cacheops_0 = 1 WHERE id = 3", odd, false,
			`both: UPDATE odd SET cacheops_0 = 1` + strings.NewReplacer("cacheops_", "cacheops1_", `"shelf"`, `"doc"`).Replace(old(`"odd"`, "odd")) +
				` WHERE (id = 3)` + join(`"odd"`, "cacheops1_") + ` RETURNING cacheops1_old.cacheops1_0, "odd"."doc"`},

		// Rows that are new or were there.
		{"INSERT INTO goods (n, id) VALUES ($1, $2), (3, -4) ON CONFLICT (id) DO UPDATE SET n = excluded.n", goods, true,
			"before: SELECT " + plain + ", " + name + ` FROM (VALUES (0, ($1)::integer), (1, (-4)::integer)) AS cacheops_given(n, k0) JOIN "public"."goods" AS "goods" ON "goods"."id" = cacheops_given.k0 ORDER BY cacheops_given.n LIMIT $2 FOR NO KEY UPDATE OF "goods"` + "\nwith: [2] true\n" +
				"write: INSERT INTO goods (n, id) VALUES ($1, $2), (3, -4) ON CONFLICT (id) DO UPDATE SET n = excluded.n RETURNING " + plain + ", " + name + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO goods VALUES (1, 2, 'c', 3) ON CONFLICT (code) DO UPDATE SET code = 'd' RETURNING id", goods, true,
			"before: SELECT " + plain + ", " + name + ` FROM (VALUES (0, ('c')::text)) AS cacheops_given(n, k0) JOIN "public"."goods" AS "goods" ON "goods"."code" = cacheops_given.k0 ORDER BY cacheops_given.n LIMIT $1 FOR UPDATE OF "goods"` + "\nwith: [] true\n" +
				"write: INSERT INTO goods VALUES (1, 2, 'c', 3) ON CONFLICT (code) DO UPDATE SET code = 'd' RETURNING id, " + plain + ", " + name + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO goods (id, n) VALUES ($1, $1) ON CONFLICT (id) DO UPDATE SET n = 1", goods, true,
			"write: INSERT INTO goods (id, n) VALUES ($1, $1) ON CONFLICT (id) DO UPDATE SET n = 1 RETURNING " + plain + ", " + name + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO goods (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2", goods, true,
			"before: SELECT " + plain + ", " + name + ` FROM (VALUES (0, (1)::integer)) AS cacheops_given(n, k0) JOIN "public"."goods" AS "goods" ON "goods"."id" = cacheops_given.k0 ORDER BY cacheops_given.n LIMIT $1 FOR UPDATE OF "goods"` + "\nwith: [] true\n" +
				"write: INSERT INTO goods (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2 RETURNING " + plain + ", " + name + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO goods (id) VALUES (1) ON CONFLICT ON CONSTRAINT goods_pkey DO UPDATE SET n = 2", goods, true,
			"write: INSERT INTO goods (id) VALUES (1) ON CONFLICT ON CONSTRAINT goods_pkey DO UPDATE SET n = 2 RETURNING " + plain + ", " + name + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO goods SELECT * FROM goods ON CONFLICT (id) DO UPDATE SET n = 2", goods, false,
			"write: INSERT INTO goods SELECT * FROM goods ON CONFLICT (id) DO UPDATE SET n = 2 RETURNING " + plain + ", " + isNew + "\nit tells what is new"},
		{"INSERT INTO parts VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = 2", parts, true,
			`before: SELECT "parts"."v", "parts"."id"::pg_catalog.text FROM (VALUES (0, (1)::integer)) AS cacheops_given(n, k0) JOIN "public"."parts" AS "parts" ON "parts"."id" = cacheops_given.k0 ORDER BY cacheops_given.n LIMIT $1 FOR NO KEY UPDATE OF "parts"` + "\nwith: [] true\n" +
				`write: INSERT INTO parts VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = 2 RETURNING "parts"."v", "parts"."id"::pg_catalog.text`},
		{"INSERT INTO parts VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = 2", parts, false, "none: rows of a partitioned table do not tell whether they are new"},

		{"MERGE INTO goods USING moves ON good = id WHEN MATCHED THEN DELETE", goods, false, "none: "},
	} {
		columns := []int{1}
		if tt.named {
			columns = append(columns, dialect.RowName)
		}
		got := imageText(Dialect.Images(Parse(tt.text), tt.table, columns))
		if got != tt.want && !(strings.HasPrefix(tt.want, "none: ") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s\ngot\n%s\nwant\n%s", tt.text, got, tt.want)
		}
	}
}

// TestImagesOfRows: rows are found again by their names, and children by those of
// their parents.
func TestImagesOfRows(t *testing.T) {
	t.Parallel()
	goods := imageTable("goods", "id integer key, code text unique")
	pairs := imageTable("pairs", "a integer key, b text key")
	moves := imageTable("moves", "id integer key, good integer, code text unique")
	by := func(column int, parent string, onDelete dialect.FKAction) *dialect.ForeignKey {
		return &dialect.ForeignKey{Columns: []int{column}, Parent: dialect.Name{Name: "goods"}, ParentColumns: []string{parent}, OnDelete: onDelete}
	}
	for _, tt := range []struct{ what, got, want string }{
		{"rows", Dialect.RowsOf(goods, []int{1, dialect.RowName}, 2), `SELECT r."code", r."id"::pg_catalog.text FROM "public"."goods" AS r WHERE r."id" IN ($1::pg_catalog.text::integer, $2::pg_catalog.text::integer)`},
		{"rows of a key of two columns", Dialect.RowsOf(pairs, []int{1}, 1), ""},
		{"children that go", Dialect.ChildrenOf(goods, moves, by(1, "id", dialect.FKCascade), dialect.KindDelete, []int{1}, 1), `SELECT c."good" FROM "public"."goods" AS p JOIN "public"."moves" AS c ON p."id" = c."good" WHERE p."id" IN ($1::pg_catalog.text::integer) FOR UPDATE OF c`},
		{"children that change", Dialect.ChildrenOf(goods, moves, by(1, "id", dialect.FKSetNull), dialect.KindDelete, []int{1}, 1), `SELECT c."good" FROM "public"."goods" AS p JOIN "public"."moves" AS c ON p."id" = c."good" WHERE p."id" IN ($1::pg_catalog.text::integer) FOR NO KEY UPDATE OF c`},
		{"children whose key changes", Dialect.ChildrenOf(goods, moves, by(2, "code", dialect.FKSetNull), dialect.KindDelete, []int{1}, 1), `SELECT c."good" FROM "public"."goods" AS p JOIN "public"."moves" AS c ON p."code" = c."code" WHERE p."id" IN ($1::pg_catalog.text::integer) FOR UPDATE OF c`},
		{"children of a key of two columns", Dialect.ChildrenOf(pairs, moves, &dialect.ForeignKey{Columns: []int{1, 2}}, dialect.KindDelete, []int{1}, 1), ""},
		{"what was changed", Dialect.ChangesOf([]*dialect.Table{{SQL: `"a"."it's"`}}), `SELECT CASE pg_catalog.current_setting('track_counts') WHEN 'on' THEN pg_catalog.pg_stat_get_xact_tuples_deleted('"a"."it''s"'::pg_catalog.regclass) + pg_catalog.pg_stat_get_xact_tuples_updated('"a"."it''s"'::pg_catalog.regclass) END`},
		{"children by a column that is not there", Dialect.ChildrenOf(goods, moves, by(1, "x", dialect.FKCascade), dialect.KindDelete, []int{1}, 1), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.what, tt.got, tt.want)
		}
	}
}
