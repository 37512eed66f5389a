package sqlite

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func imageTestTable() *dialect.Table {
	return &dialect.Table{
		Schema: "main", Name: "t", Key: "main.t", SQL: "`main`.`t`",
		Columns: []*dialect.Column{{Name: "a", Folded: "a"}, {Name: "B`c", Folded: "b`c"}},
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
		"view":            {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.Kind = dialect.TableView }), nil},
		"virtual":         {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.Kind = dialect.TableVirtual }), nil},
		"no images":       {Parse("DELETE FROM t"), change(func(t *dialect.Table) { t.NoImages = "so" }), nil},
		"select":          {Parse("SELECT 1"), plain, nil},
		"no column":       {Parse("DELETE FROM t"), plain, []int{2}},
		"negative":        {Parse("DELETE FROM t"), plain, []int{-1}},
		"foreign":         {Parse("DELETE FROM t WHERE my_own(a)"), plain, nil},
		"foreign value":   {Parse("UPDATE t SET a = my_own(a)"), plain, nil},
		"volatile where":  {Parse("UPDATE t SET a = 1 WHERE a > random()"), plain, nil},
		"subquery":        {Parse("INSERT INTO t (a) VALUES ((SELECT max(a) FROM t))"), plain, nil},
		"or fail":         {Parse("INSERT OR FAIL INTO t (a) VALUES (1), (2)"), plain, nil},
		"update or fail":  {Parse("UPDATE OR FAIL t SET a = 1"), plain, nil},
		"limit":           {Parse("DELETE FROM t ORDER BY a LIMIT 1"), plain, nil},
		"update limit":    {Parse("UPDATE t SET a = 1 LIMIT 1"), plain, nil},
		"incomplete":      {&dialect.Statement{Kind: dialect.KindDelete, Incomplete: "not parsed", Text: "DELETE FROM t", End: 13}, plain, nil},
		"not parsed":      {&dialect.Statement{Kind: dialect.KindDelete, Text: "DELETE FROM t", End: 13}, plain, nil},
		"no text":         {update(func(st *dialect.Statement, _ *dialect.Update) { st.End = st.Pos }), plain, nil},
		"text too long":   {update(func(st *dialect.Statement, _ *dialect.Update) { st.End++ }), plain, nil},
		"no target":       {update(func(_ *dialect.Statement, up *dialect.Update) { up.TargetEnd = up.TargetPos }), plain, nil},
		"target outside":  {update(func(_ *dialect.Statement, up *dialect.Update) { up.TargetEnd = 1000 }), plain, nil},
		"no condition":    {update(func(_ *dialect.Statement, up *dialect.Update) { up.WherePos, up.WhereEnd = 0, 0 }), plain, nil},
		"no expression":   {update(func(_ *dialect.Statement, up *dialect.Update) { up.Where = nil }), plain, nil},
		"condition first": {update(func(_ *dialect.Statement, up *dialect.Update) { up.WherePos = 0 }), plain, nil},
		"condition long":  {update(func(_ *dialect.Statement, up *dialect.Update) { up.WhereEnd = 1000 }), plain, nil},
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
