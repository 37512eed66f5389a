package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// heirs is a schema with inheritance and with views that can be written.
//
//	cities <- capitals <- seats   inherit; cities <- towns
//	mayors -> cities              delete cascade
//	streets -> capitals           no action
//	houses -> streets             no action
//	towns has a trigger of DELETE that logs
//	big_cities                    a view of cities; bigger_cities one of that
func heirs() *dialect.Catalog {
	cities, capitals, seats, towns := table("cities", "id", "name"), table("capitals", "id", "name"), table("seats", "id", "name"), table("towns", "id", "name")
	cities.Relatives = []*dialect.Table{capitals, towns}
	capitals.Relatives = []*dialect.Table{cities, seats}
	seats.Relatives = []*dialect.Table{capitals}
	towns.Relatives = []*dialect.Table{cities}
	towns.Triggers = []dialect.Trigger{{Name: "log", Event: dialect.KindDelete, Body: []*dialect.Statement{inserts("log")}}}
	refer := func(t *dialect.Table, parent string, onDelete dialect.FKAction) *dialect.Table {
		t.ForeignKeys = []dialect.ForeignKey{{Columns: []int{1}, Parent: name(parent), OnDelete: onDelete}}
		return t
	}
	readOnly := view("read_only", selects(constant([]dialect.Expr{lit(1)})))
	foreign := selects(from("log", nil))
	foreign.Foreign = "secret"
	return catalog(
		cities, capitals, seats, towns, table("log", "id"), table("notes", "id", "x"),
		refer(table("mayors", "id", "city_id"), "cities", dialect.FKCascade),
		refer(table("houses", "id", "street_id"), "streets", dialect.FKNone), // before what it refers to
		refer(table("streets", "id", "city_id"), "capitals", dialect.FKNone),
		view("big_cities", selects(from("cities", eq("id", 1)))), view("bigger_cities", selects(from("big_cities", nil))),
		view("noted", selects(from("notes", nil))), view("calling", foreign), readOnly, view("unparsed", nil),
		view("itself", selects(from("itself", nil))),
	)
}

func TestRelatives(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"the parent", inserts("cities"), "cities | capitals seats towns"},
		{"a child", inserts("seats"), "seats | capitals cities towns"},
		{"one between", updates("capitals", "name"), "capitals | cities seats towns"},
		{"what a relative sets off", deletes("cities"), "cities | capitals log mayors seats towns"},
		{"what the parent's keys set off", deletes("seats"), "seats | capitals cities log mayors towns"},
		{"a second name of a relative", with(inserts("cities"), func(st *dialect.Statement) { st.Writes = append(st.Writes, name("capitals")) }), "| capitals cities log mayors seats towns"},
		{"others", inserts("notes"), "notes |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, heirs(), Options{}, tt.want)
		})
	}
}

// TestRelativesAreRead: a read of a table depends on that table alone, for its
// relatives' writes touch it.
func TestRelativesAreRead(t *testing.T) {
	t.Parallel()
	p := analyse(fake{}, selects(from("cities", eq("id", 1))), heirs(), Options{})
	if got := p.Describe(nil).Dependency; p.Read.Reason != "" || !slices.Equal(got, []string{"cities: id = 1"}) {
		t.Errorf("depends on %q, reason %q", got, p.Read.Reason)
	}
}

// TestNamesOfRelatives: rows of relatives may have one name, so nothing is found
// by it.
func TestNamesOfRelatives(t *testing.T) {
	t.Parallel()
	cat := heirs()
	for _, t := range cat.Tables() {
		if t.Kind == dialect.TablePlain {
			t.RowID, t.RowIDColumns, t.Primary = "rowid", t.Columns[:1], []int{0}
		}
	}
	upsert := inserts("cities")
	upsert.Insert.Upsert, upsert.Insert.Target = true, []string{"id"}
	upsert.Insert.Set, upsert.Insert.Values = []string{"name"}, [][]dialect.Span{{{Pos: 1, End: 2}, {Pos: 3, End: 4}}}
	check(t, updates("cities", "name"), cat, Options{}, "| capitals cities seats towns")
	check(t, upsert, cat, Options{}, "| capitals cities seats towns")
	check(t, deletes("cities"), cat, Options{}, "cities | capitals log mayors seats towns")
	check(t, updates("notes", "x"), cat, Options{}, "notes |")
}

// truncates is TRUNCATE.
func truncates(cascade bool, names ...string) *dialect.Statement {
	st := &dialect.Statement{Kind: dialect.KindDelete, Incomplete: "TRUNCATE", Cascade: cascade}
	for _, n := range names {
		st.Writes = append(st.Writes, name(n))
	}
	return st
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	parsed := deletes("streets")
	parsed.Cascade = true
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"plain", truncates(false, "streets"), "| streets"},
		{"several", truncates(false, "notes", "streets", "houses"), "| houses notes streets"},
		{"with relatives and a trigger", truncates(false, "towns"), "| capitals cities log mayors seats towns"},
		{"cascade, keys without an action", truncates(true, "streets"), "| houses streets"},
		{"cascade on and on", truncates(true, "capitals"), "| capitals cities houses log mayors seats streets towns"},
		{"cascade to nothing", truncates(true, "notes"), "| notes"},
		{"cascade, parsed", parsed, "| houses streets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, heirs(), Options{}, tt.want)
		})
	}
}

func TestWritesToViews(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"view", inserts("noted"), "| notes"},
		{"view of a table with relatives", updates("big_cities", "name"), "| capitals cities log mayors seats towns"},
		{"view of a view", deletes("bigger_cities"), "| capitals cities log mayors seats towns"},
		{"view that calls", inserts("calling"), "*"},
		{"view without a table", inserts("read_only"), "*"},
		{"view that was not parsed", inserts("unparsed"), "*"},
		{"view of itself", inserts("itself"), "|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, heirs(), Options{}, tt.want)
		})
	}
}

// TestSeveralWrites: a text can write in its WITH, and without being an INSERT,
// UPDATE or DELETE that is parsed.
func TestSeveralWrites(t *testing.T) {
	t.Parallel()
	also := func(st *dialect.Statement, names ...string) *dialect.Statement {
		for _, n := range names {
			st.Writes = append(st.Writes, name(n))
		}
		return st
	}
	opens := func(st *dialect.Statement) *dialect.Statement {
		switch {
		case st.Insert != nil:
			st.Insert.With = true
		case st.Update != nil:
			st.Update.With = true
		default:
			st.Delete.With = true
		}
		return st
	}
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"select", also(selects(from("log", nil)), "notes", "towns"), "| capitals cities log mayors notes seats towns"},
		{"insert", opens(also(inserts("notes"), "streets")), "| notes streets"},
		{"insert into what the WITH writes", opens(also(inserts("notes"), "notes")), "| notes"},
		{"insert into what the WITH deletes from", opens(also(inserts("towns"), "towns")), "| capitals cities log mayors seats towns"},
		{"insert, its WITH writes nothing", opens(inserts("notes")), "notes |"},
		{"update", opens(also(updates("notes", "x"), "streets")), "| notes streets"},
		{"delete", opens(also(deletes("notes"), "streets")), "| notes streets"},
		{"MERGE, COPY", also(&dialect.Statement{Kind: dialect.KindInsert, Incomplete: "MERGE"}, "notes"), "| notes"},
		{"MERGE into a parent", also(&dialect.Statement{Kind: dialect.KindInsert, Incomplete: "MERGE"}, "cities"), "| capitals cities log mayors seats towns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, heirs(), Options{}, tt.want)
			if r := analyse(fake{}, tt.st, heirs(), Options{}).Read; r != nil && !strings.Contains(r.Reason, "writes notes") {
				t.Errorf("a SELECT that writes is cached: %q", r.Reason)
			}
		})
	}
}

func TestUncached(t *testing.T) {
	t.Parallel()
	cat := heirs()
	cat.Table(name("notes")).Uncached = "row level security"
	for _, from := range []*dialect.Query{from("notes", nil), from("noted", nil)} {
		r := analyse(fake{}, selects(from), cat, Options{}).Read
		if r.Reason != "notes is not cached: row level security" {
			t.Errorf("reason %q", r.Reason)
		}
	}
	check(t, updates("notes", "x"), cat, Options{}, "notes |")
}
