package sqlite

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func imageTestTable() *dialect.Table {
	return &dialect.Table{
		Schema: "main", Name: "t", Key: "main.t", SQL: "`main`.`t`",
		Columns: []*dialect.Column{{Name: "a", Folded: "a", Comparison: valueNum}, {Name: "B`c", Folded: "b`c", Comparison: valueNum}},
		Unique:  [][]int{{0}, {0, 1}}, Primary: []int{0}, RowID: "`rowid`",
	}
}

func TestImagesText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		write, before, after string
		params               []int
	}{
		{"INSERT INTO t (a) VALUES (?)", "", "INSERT INTO t (a) VALUES (?) RETURNING +`B``c`, +`a`", nil},
		{" DELETE FROM t WHERE a = ?; -- x", "", "DELETE FROM t WHERE a = ? RETURNING +`B``c`, +`a`", nil},
		{"UPDATE t SET a = 1", "SELECT +`B``c`, +`a` FROM t", "UPDATE t SET a = 1 RETURNING +`B``c`, +`a`", nil},
		{
			"UPDATE main.t AS x SET a = ? WHERE x.a=?and a IN (?, ?2)", "SELECT +`B``c`, +`a` FROM main.t AS x WHERE x.a=?1and a IN (?2, ?1)",
			"UPDATE main.t AS x SET a = ? WHERE x.a=?and a IN (?, ?2) RETURNING +`B``c`, +`a`", []int{2, 3},
		},
		{
			"UPDATE t SET a = $new WHERE a = :old OR a = $new OR a = :old", "SELECT +`B``c`, +`a` FROM t WHERE a = ?1 OR a = ?2 OR a = ?1",
			"UPDATE t SET a = $new WHERE a = :old OR a = $new OR a = :old RETURNING +`B``c`, +`a`", []int{2, 1},
		},
		{
			"UPDATE t SET a = CURRENT_TIMESTAMP WHERE a = ?7", "SELECT +`B``c`, +`a` FROM t WHERE a = ?1",
			"UPDATE t SET a = CURRENT_TIMESTAMP WHERE a = ?7 RETURNING +`B``c`, +`a`", []int{7},
		},
		{
			"INSERT INTO t VALUES (?, 1), (:x, ?) ON CONFLICT (a) DO UPDATE SET a = ?", "SELECT +`B``c`, +`a` FROM `main`.`t` WHERE `a` IN ((?1), (?2))",
			"INSERT INTO t VALUES (?, 1), (:x, ?) ON CONFLICT (a) DO UPDATE SET a = ? RETURNING +`B``c`, +`a`", []int{1, 2},
		},
		{
			"INSERT INTO t (`B``c`, a) VALUES (?, 1), ((?2), ?1) ON CONFLICT (A, `b``C`) DO UPDATE SET a = 1 RETURNING a", "SELECT +`B``c`, +`a` FROM `main`.`t` WHERE (`a`, `B``c`) IN (VALUES (1, ?1), (?1, (?2)))",
			"INSERT INTO t (`B``c`, a) VALUES (?, 1), ((?2), ?1) ON CONFLICT (A, `b``C`) DO UPDATE SET a = 1 RETURNING a, +`B``c`, +`a`", []int{1, 2},
		},
		{ // its key is a new number
			"INSERT INTO t (`B``c`) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1", "",
			"INSERT INTO t (`B``c`) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1 RETURNING +`B``c`, +`a`", nil,
		},
		{
			"UPDATE OR IGNORE t SET a = 1 RETURNING *", "SELECT +`B``c`, +`a` FROM t",
			"UPDATE OR IGNORE t SET a = 1 RETURNING *, +`B``c`, +`a`", nil,
		},
		{
			"WITH x (n) AS (VALUES (?), (?)) UPDATE t AS y SET a = ? FROM u, x AS z LEFT JOIN v ON v.a = ? WHERE y.a = z.n AND u.a = ?2 RETURNING a",
			"WITH x (n) AS (VALUES (?1), (?2)) SELECT +`y`.`B``c`, +`y`.`a` FROM t AS y, u, x AS z LEFT JOIN v ON v.a = ?3 WHERE y.a = z.n AND u.a = ?2",
			"WITH x (n) AS (VALUES (?), (?)) UPDATE t AS y SET a = ? FROM u, x AS z LEFT JOIN v ON v.a = ? WHERE y.a = z.n AND u.a = ?2 RETURNING a, +`B``c`, +`a`", []int{1, 2, 4},
		},
		{"INSERT INTO t SELECT * FROM u", "", "INSERT INTO t SELECT * FROM u RETURNING +`B``c`, +`a`", nil},
		{"DELETE FROM t WHERE a IN (SELECT b FROM u) RETURNING *", "", "DELETE FROM t WHERE a IN (SELECT b FROM u) RETURNING *, +`B``c`, +`a`", nil},
	} {
		images, why := Dialect.Images(Parse(test.write), imageTestTable(), []int{1, 0})
		if images == nil {
			t.Errorf("%s: no images because of %q", test.write, why)
			continue
		}
		if images.Before != test.before || images.Write != test.after {
			t.Errorf("%s: got\n%s\n%s", test.write, images.Before, images.Write)
		}
		var params []int
		for _, p := range images.BeforeParams {
			params = append(params, p.Index)
		}
		if !slices.Equal(params, test.params) {
			t.Errorf("%s: parameters %v, want %v", test.write, params, test.params)
		}
	}
}

func TestImagesOfNamedRows(t *testing.T) {
	t.Parallel()
	table := imageTestTable()
	images, why := Dialect.Images(Parse("WITH x AS (SELECT ?) DELETE FROM t WHERE a IN x"), table, []int{0, dialect.RowName})
	if images == nil {
		t.Fatal(why)
	}
	if want := "WITH x AS (SELECT ?1) SELECT +`a`, +`rowid` FROM t WHERE a IN x"; images.Before != want {
		t.Errorf("got %s", images.Before)
	}
	if images, _ := Dialect.Images(Parse("UPDATE t SET a = 1 FROM u"), table, []int{0, dialect.RowName}); images == nil || images.Before != "SELECT DISTINCT +`t`.`a`, +`t`.`rowid` FROM t, u" {
		t.Errorf("got %+v", images)
	}
	if want := "SELECT +`a` FROM `main`.`t` WHERE `rowid` IN (?1, ?2)"; Dialect.RowsOf(table, []int{0}, 2) != want {
		t.Errorf("got %s", Dialect.RowsOf(table, []int{0}, 2))
	}
	fk := &dialect.ForeignKey{Columns: []int{1}}
	want := "SELECT +c.`a`, +c.`rowid` FROM `main`.`t` AS p CROSS JOIN `main`.`t` AS c WHERE p.`rowid` IN (?1) AND p.`a` = c.`B``c`"
	if got := Dialect.ChildrenOf(table, table, fk, dialect.KindDelete, []int{0, dialect.RowName}, 1); got != want {
		t.Errorf("got %s", got)
	}
	nameless := imageTestTable()
	nameless.RowID = ""
	for what, got := range map[string]string{
		"rows without a name":       Dialect.RowsOf(nameless, []int{0}, 1),
		"no column":                 Dialect.RowsOf(table, nil, 1),
		"parent without a name":     Dialect.ChildrenOf(nameless, table, fk, dialect.KindDelete, []int{0}, 1),
		"child without a name":      Dialect.ChildrenOf(table, nameless, fk, dialect.KindDelete, []int{dialect.RowName}, 1),
		"columns that do not match": Dialect.ChildrenOf(table, table, &dialect.ForeignKey{Columns: []int{0, 1}}, dialect.KindDelete, []int{0}, 1),
		"unknown parent column":     Dialect.ChildrenOf(table, table, &dialect.ForeignKey{Columns: []int{0}, ParentColumns: []string{"x"}}, dialect.KindDelete, []int{0}, 1),
		"unknown child column":      Dialect.ChildrenOf(table, table, &dialect.ForeignKey{Columns: []int{7}}, dialect.KindDelete, []int{0}, 1),
	} {
		if got != "" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestImagesRefused(t *testing.T) {
	t.Parallel()
	change := func(f func(*dialect.Table)) *dialect.Table {
		table := imageTestTable()
		f(table)
		return table
	}
	plain := imageTestTable()
	update := func(f func(*dialect.Statement, *dialect.Update)) *dialect.Statement {
		st := *Parse("UPDATE t SET a = ? WHERE a = ?")
		up := *st.Update
		st.Update = &up
		f(&st, &up)
		return &st
	}
	for name, test := range map[string]struct {
		st      *dialect.Statement
		table   *dialect.Table
		columns []int
	}{
		"view":                    {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.Kind = dialect.TableView }), nil},
		"virtual":                 {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.Kind = dialect.TableVirtual }), nil},
		"no images":               {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.NoImages = "so" }), nil},
		"select":                  {Parse("SELECT 1"), plain, nil},
		"no column":               {Parse("DELETE FROM t"), plain, []int{2}},
		"negative":                {Parse("DELETE FROM t"), plain, []int{-2}},
		"foreign":                 {Parse("DELETE FROM t WHERE my_own(a)"), plain, nil},
		"foreign value":           {Parse("UPDATE t SET a = my_own(a)"), plain, nil},
		"volatile where":          {Parse("UPDATE t SET a = 1 WHERE a > random()"), plain, nil},
		"upsert by a query":       {Parse("INSERT INTO t (a) SELECT 1 WHERE 1 ON CONFLICT (a) DO UPDATE SET a = 1"), plain, nil},
		"upsert by a value":       {Parse("INSERT INTO t (a) VALUES (1 + 1) ON CONFLICT (a) DO UPDATE SET a = 1"), plain, nil},
		"upsert by a text":        {Parse("INSERT INTO t (a) VALUES (\"x\") ON CONFLICT (a) DO UPDATE SET a = 1"), plain, nil},
		"upsert by any key":       {Parse("INSERT INTO t (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 1"), plain, nil},
		"upsert by no key":        {Parse("INSERT INTO t VALUES (1, 2) ON CONFLICT (`B``c`) DO UPDATE SET a = 1"), plain, nil},
		"upsert by the row":       {Parse("INSERT INTO t (a) VALUES (1) ON CONFLICT (rowid) DO UPDATE SET a = 1"), plain, nil},
		"upsert of the row":       {Parse("INSERT INTO t (rowid) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"), plain, nil},
		"upsert twice a column":   {Parse("INSERT INTO t (a, a) VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET a = 1"), plain, nil},
		"upsert by a default":     {Parse("INSERT INTO t (`B``c`) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"), change(func(t *dialect.Table) { t.Columns[0].HasDefault = true }), nil},
		"upsert by a generated":   {Parse("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"), change(func(t *dialect.Table) { t.Columns[0].Generated = true }), nil},
		"upsert by a float":       {Parse("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"), change(func(t *dialect.Table) { t.Columns[0].Comparison = "" }), nil},
		"upsert, other collation": {Parse("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"), change(func(t *dialect.Table) { t.OtherUnique = true }), nil},
		"upsert, rows too short":  {Parse("INSERT INTO t VALUES (1) ON CONFLICT (a, `B``c`) DO UPDATE SET a = 1"), plain, nil},
		"too many columns":        {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.Columns = slices.Repeat(t.Columns, 600) }), nil},
		"outer join":              {Parse("UPDATE t SET a = 1 FROM u RIGHT JOIN v ON 1"), plain, nil},
		"shadowed":                {Parse("WITH t AS (SELECT 1) UPDATE t SET a = 1"), plain, nil},
		"volatile with":           {Parse("WITH x AS (SELECT random()) UPDATE t SET a = 1 WHERE a IN x"), plain, nil},
		"volatile delete, named":  {Parse("DELETE FROM t WHERE a > random()"), plain, []int{0, dialect.RowName}},
		"row without a name":      {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.RowID = "" }), []int{dialect.RowName}},
		"or fail":                 {Parse("INSERT OR FAIL INTO t (a) VALUES (1), (2)"), plain, nil},
		"update or fail":          {Parse("UPDATE OR FAIL t SET a = 1"), plain, nil},
		"limit":                   {Parse("DELETE FROM t ORDER BY a LIMIT 1"), plain, nil},
		"update limit":            {Parse("UPDATE t SET a = 1 LIMIT 1"), plain, nil},
		"incomplete":              {&dialect.Statement{Kind: dialect.KindDelete, Incomplete: "not parsed", Text: "DELETE FROM t", End: 13}, plain, nil},
		"not parsed":              {&dialect.Statement{Kind: dialect.KindDelete, Text: "DELETE FROM t", End: 13}, plain, nil},
		"no text":                 {update(func(st *dialect.Statement, _ *dialect.Update) { st.End = st.Pos }), plain, nil},
		"text too long":           {update(func(st *dialect.Statement, _ *dialect.Update) { st.End++ }), plain, nil},
		"no target":               {update(func(_ *dialect.Statement, up *dialect.Update) { up.TargetEnd = up.TargetPos }), plain, nil},
		"target outside":          {update(func(_ *dialect.Statement, up *dialect.Update) { up.TargetEnd = 1000 }), plain, nil},
		"no condition":            {update(func(_ *dialect.Statement, up *dialect.Update) { up.WherePos, up.WhereEnd = 0, 0 }), plain, nil},
		"no expression":           {update(func(_ *dialect.Statement, up *dialect.Update) { up.Where = nil }), plain, nil},
		"condition first":         {update(func(_ *dialect.Statement, up *dialect.Update) { up.WherePos = 0 }), plain, nil},
		"condition long":          {update(func(_ *dialect.Statement, up *dialect.Update) { up.WhereEnd = 1000 }), plain, nil},
		"parameter outside": {update(func(_ *dialect.Statement, up *dialect.Update) {
			up.WhereParams = []dialect.ParamRef{{Param: dialect.Param{Index: 1}, Pos: 0, End: 1}}
		}), plain, nil},
	} {
		if test.columns == nil {
			test.columns = []int{0}
		}
		if images, why := Dialect.Images(test.st, test.table, test.columns); images != nil || why == "" {
			t.Errorf("%s: images %+v, reason %q", name, images, why)
		}
	}
}

func BenchmarkImages(b *testing.B) {
	st := Parse("UPDATE t SET a = ? WHERE a = ? AND a <> ?")
	table := imageTestTable()
	columns := []int{0, 1}
	b.ReportAllocs()
	for b.Loop() {
		if images, why := Dialect.Images(st, table, columns); images == nil {
			b.Fatal(why)
		}
	}
}
