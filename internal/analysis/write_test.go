package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func name(s string) dialect.Name {
	if schema, n, ok := strings.Cut(s, "."); ok {
		return dialect.Name{Schema: schema, Name: n}
	}
	return dialect.Name{Name: s}
}

func inserts(into string) *dialect.Statement {
	n := name(into)
	return &dialect.Statement{Kind: dialect.KindInsert, Writes: []dialect.Name{n}, Insert: &dialect.Insert{Table: n, Rows: 1}}
}

func updates(target string, set ...string) *dialect.Statement {
	n := name(target)
	return &dialect.Statement{Kind: dialect.KindUpdate, Writes: []dialect.Name{n}, Update: &dialect.Update{Table: n, Set: set}}
}

func deletes(from string) *dialect.Statement {
	n := name(from)
	return &dialect.Statement{Kind: dialect.KindDelete, Writes: []dialect.Name{n}, Delete: &dialect.Delete{Table: n}}
}

func with(st *dialect.Statement, change func(*dialect.Statement)) *dialect.Statement {
	change(st)
	return st
}

// describe writes a Write short: "posts > notes | users tags" is the target, the
// tables reached from its rows and the epochs; "posts (slug: links)" are those reached
// where a key changes; "?" says that its rows must be
// checked, "*" everything, "!" a change of the schema.
func describe(w *Write) string {
	if w == nil {
		return "nothing"
	}
	s := ""
	if w.All {
		s = "*"
	} else {
		if w.Target != nil {
			s = w.Target.Name
			if w.Check {
				s += "?"
			}
			s += " "
			var children []*dialect.Table
			for _, e := range w.Cascades {
				if !slices.Contains(children, e.Child) {
					children = append(children, e.Child)
				}
			}
			if children != nil {
				s += "> " + strings.Join(keys(children), " ") + " "
			}
			for _, k := range w.Keys {
				var columns []string
				for _, c := range k.Columns {
					columns = append(columns, w.Target.Columns[c].Name)
				}
				s += "(" + strings.Join(columns, ", ") + ": " + strings.Join(keys(k.Tables), " ") + ") "
			}
		}
		s = strings.TrimSpace(s + "| " + strings.Join(keys(w.Epochs), " "))
	}
	if w.Schema {
		s += "!"
	}
	return s
}

// check compares a Write with its short form, and checks what holds for all.
func check(t *testing.T, st *dialect.Statement, cat *dialect.Catalog, o Options, want string) *Write {
	t.Helper()
	w := analyse(fake{}, st, cat, o).Write
	if got := describe(w); got != want {
		t.Errorf("writes %q, want %q", got, want)
	}
	if w == nil {
		return nil
	}
	if w.All != (w.AllWhy != "") || w.All && (w.Target != nil || w.Epochs != nil) {
		t.Errorf("everything, or not: %+v", w)
	}
	if !w.All && (w.Target == nil) != (w.Why != "") {
		t.Errorf("no images and no reason, or a reason without need: %+v", w)
	}
	if w.Target != nil && slices.Contains(w.Epochs, w.Target) {
		t.Errorf("the target takes an epoch: %+v", w)
	}
	return w
}

// shop has a foreign key of every action, triggers and views.
//
//	orders -> users     delete cascade
//	lines -> orders     delete cascade, update cascade
//	notes -> users      delete set null
//	badges -> users     update set default (email)
//	strict -> users     no action
//	folders -> folders  delete cascade
//	ring_a <-> ring_b   delete cascade both ways
func shop() *dialect.Catalog {
	fk := func(t *dialect.Table, parent string, onDelete, onUpdate dialect.FKAction, parentColumns ...string) *dialect.Table {
		t.ForeignKeys = append(t.ForeignKeys, dialect.ForeignKey{
			Columns: []int{1}, Parent: name(parent), ParentColumns: parentColumns, OnDelete: onDelete, OnUpdate: onUpdate,
		})
		return t
	}
	trigger := func(t *dialect.Table, event dialect.Kind, body ...*dialect.Statement) *dialect.Table {
		t.Triggers = append(t.Triggers, dialect.Trigger{Name: "t_" + t.Name, Event: event, Body: body})
		return t
	}
	generated := table("computed", "id", "base", "code")
	generated.Columns[2].Generated = true
	vague := fk(table("vague", "id", "x"), "vague_root", dialect.FKSetNull, dialect.FKNone)
	vague.ForeignKeys[0].Columns = nil
	replacing := table("replacing", "id", "a")
	replacing.NoImages = "a unique index replaces on conflict"
	bound := table("bound", "id", "code")
	bound.Unique = append(bound.Unique, []int{1})
	named := fk(table("named", "id", "user_id"), "bound", dialect.FKCascade, dialect.FKCascade)
	named.ForeignKeys[0].Columns = []int{0} // its name is the key
	nameless := fk(table("nameless", "id", "x"), "users", dialect.FKNone, dialect.FKNone)
	under := fk(table("under", "id", "x"), "nameless", dialect.FKCascade, dialect.FKNone)
	stubborn := fk(table("stubborn", "id", "x"), "root", dialect.FKCascade, dialect.FKNone)
	stubborn.NoImages = "a unique index replaces on conflict"
	// pairs' key is bound twice to what is updated, so that it changes twice.
	pairs := fk(fk(table("pairs", "id", "a", "b"), "ends", dialect.FKNone, dialect.FKCascade), "ends", dialect.FKNone, dialect.FKCascade)
	pairs.ForeignKeys[1].Columns = []int{2}
	paired := fk(table("paired", "id", "a", "b"), "pairs", dialect.FKNone, dialect.FKCascade, "a", "b")
	paired.ForeignKeys[0].Columns = []int{1, 2}
	// chained's key changes before it is deleted.
	chain := fk(fk(table("chain", "id", "a", "b"), "ends", dialect.FKSetNull, dialect.FKNone), "ends", dialect.FKCascade, dialect.FKNone)
	chain.ForeignKeys[1].Columns = []int{2}
	chained := fk(table("chained", "id", "a"), "chain", dialect.FKCascade, dialect.FKNone, "a")
	cat := catalog(
		bound, named, nameless, under, table("root", "id", "x"), stubborn,
		fk(table("under_stubborn", "id", "x"), "stubborn", dialect.FKCascade, dialect.FKNone),
		table("ends", "id"), pairs, paired, chain, chained,
		trigger(fk(table("meddling", "id", "root_id"), "meddled", dialect.FKCascade, dialect.FKNone), dialect.KindDelete, updates("meddled", "x")),
		table("meddled", "id", "x"),
		table("users", "id", "email", "name"),
		fk(table("orders", "id", "user_id"), "users", dialect.FKCascade, dialect.FKNone),
		fk(table("lines", "id", "order_id"), "orders", dialect.FKCascade, dialect.FKCascade, "id"),
		fk(table("notes", "id", "user_id"), "users", dialect.FKSetNull, dialect.FKNone),
		fk(table("badges", "id", "email"), "USERS", dialect.FKNone, dialect.FKSetDefault, "Email"),
		fk(table("strict", "id", "user_id"), "users", dialect.FKNone, dialect.FKNone),
		fk(table("folders", "id", "parent_id"), "folders", dialect.FKCascade, dialect.FKNone),
		fk(table("ring_a", "id", "b_id"), "ring_b", dialect.FKCascade, dialect.FKNone),
		fk(table("ring_b", "id", "a_id"), "ring_a", dialect.FKCascade, dialect.FKNone),
		generated, fk(table("coded", "id", "code"), "computed", dialect.FKNone, dialect.FKCascade, "code"),
		replacing, fk(table("replaced", "id", "r_id"), "replacing", dialect.FKCascade, dialect.FKNone),
		// chain: deleting a document sets links' column, which a trigger of
		// links logs.
		table("documents", "id", "x"),
		trigger(fk(table("links", "id", "doc_id"), "documents", dialect.FKSetNull, dialect.FKNone), dialect.KindUpdate, inserts("log")),
		table("log", "id", "x"),
		trigger(table("counted", "id", "x"), dialect.KindInsert, updates("totals", "x")),
		table("totals", "id", "x"),
		trigger(table("counting", "id", "x"), dialect.KindInsert, inserts("orders")),
		trigger(table("echo", "id", "x"), dialect.KindInsert, updates("echo", "x")),
		trigger(table("mystery", "id", "x"), dialect.KindDelete),
		trigger(of(dialect.TableView, table("tasks_view", "id")), dialect.KindInsert, inserts("totals"), deletes("documents")),
		of(dialect.TableView, table("plain_view", "id")),
		of(dialect.TableVirtual, table("search", "id")),
		of(dialect.TableTemp, table("scratch", "id")),
		of(dialect.TableSystem, table("sqlite_sequence", "id")),
		trigger(table("searched", "id", "x"), dialect.KindInsert, inserts("search")),
		trigger(table("calling", "id", "x"), dialect.KindInsert, with(selects(from("users", nil)), func(st *dialect.Statement) {
			st.Foreign, st.Foreigns = "secret", []string{"secret"}
		})),
		trigger(table("raising", "id", "x"), dialect.KindInsert, selects(constant([]dialect.Expr{lit(1)}))),
		trigger(table("altering", "id", "x"), dialect.KindInsert, &dialect.Statement{Kind: dialect.KindDDL}),
		// vague's key to its parent names no columns; precise refers to vague.
		fk(table("vague_root", "id", "x"), "nowhere", dialect.FKNone, dialect.FKNone),
		vague, fk(table("precise", "id", "vague_x"), "vague", dialect.FKNone, dialect.FKCascade, "x"),
		table("odd", "id", ""), fk(table("kid", "id", "odd_id"), "odd", dialect.FKNone, dialect.FKCascade, "id"),
		view("calling_view", with(selects(from("users", nil)), func(st *dialect.Statement) {
			st.Foreign, st.Foreigns = "secret", []string{"secret"}
		})),
		view("over_calling_view", selects(from("calling_view", nil))),
	)
	for _, t := range cat.Tables() {
		if t.Kind == dialect.TablePlain && t != nameless {
			t.RowID, t.RowIDColumns, t.Primary = "rowid", t.Columns[:1], []int{0}
		}
	}
	return cat
}

func TestWrites(t *testing.T) {
	t.Parallel()
	insert := func(into string, change func(*dialect.Insert)) *dialect.Statement {
		st := inserts(into)
		change(st.Insert)
		return st
	}
	update := func(change func(*dialect.Update)) *dialect.Statement {
		st := updates("orders", "user_id")
		change(st.Update)
		return st
	}
	del := func(change func(*dialect.Delete)) *dialect.Statement {
		st := deletes("lines")
		change(st.Delete)
		return st
	}
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"insert", inserts("orders"), "orders |"},
		{"insert by schema", inserts("main.Orders"), "orders |"},
		{"insert DEFAULT VALUES", insert("orders", func(i *dialect.Insert) { i.Rows = 1 }), "orders |"},
		{"insert many", insert("orders", func(i *dialect.Insert) { i.Rows = 9 }), "orders |"},
		{"insert select", insert("orders", func(i *dialect.Insert) { i.Rows, i.Query = 0, from("users", nil) }), "orders |"},
		{"insert of an unknown number of rows", insert("orders", func(i *dialect.Insert) { i.Rows = 0 }), "| orders"},
		{"insert with", insert("orders", func(i *dialect.Insert) { i.With = true }), "orders |"},
		{"insert subquery", insert("orders", func(i *dialect.Insert) { i.Subquery = true }), "orders |"},
		{"insert returning", insert("orders", func(i *dialect.Insert) { i.Returning = true }), "orders |"},
		{"upsert updates the key that others refer to", insert("orders", func(i *dialect.Insert) { i.Upsert = true }), "| lines orders"},
		{"replace deletes what others refer to", insert("users", func(i *dialect.Insert) { i.Conflict = true }), "| lines notes orders users"},
		{"plain insert deletes nothing", inserts("users"), "users |"},

		{"update", update(func(*dialect.Update) {}), "orders |"},
		{"update from", update(func(u *dialect.Update) { u.From = true }), "orders? |"},
		{"update from an outer join", update(func(u *dialect.Update) { u.From, u.Outer = true, true }), "| orders"},
		{"update limit", update(func(u *dialect.Update) { u.Limit = true }), "| orders"},
		{"update with", update(func(u *dialect.Update) { u.With = true }), "orders? |"},
		{"update subquery", update(func(u *dialect.Update) { u.Subquery = true }), "orders? |"},
		{"update returning", update(func(u *dialect.Update) { u.Returning = true }), "orders |"},
		{"update or replace", update(func(u *dialect.Update) { u.Conflict = true }), "| lines orders"},
		{"update of a key", updates("orders", "ID"), "orders > lines |"},
		{"update of a key by a query", with(updates("orders", "ID"), func(st *dialect.Statement) { st.Update.Subquery = true }), "| lines orders"},
		{"update behind a CTE of its name", update(func(u *dialect.Update) { u.With, u.Shadowed = true, true }), "| orders"},
		{"update of the row's other name", updates("orders", "rowid"), "orders > lines |"},
		{"update of the row's other name and more", updates("orders", "user_id", "rowid"), "orders > lines |"},
		{"update of a named parent column", updates("users", "EMAIL"), "users > badges |"},
		{"update of another column", updates("users", "name"), "users |"},
		{"update of what a generated key is computed from", updates("computed", "base"), "computed > coded |"},
		{"update of unknown columns", updates("users"), "users > badges |"},

		{"delete", deletes("lines"), "lines |"},
		{"delete using", del(func(d *dialect.Delete) { d.Using = true }), "| lines"},
		{"delete limit", del(func(d *dialect.Delete) { d.Limit = true }), "| lines"},
		{"delete with", del(func(d *dialect.Delete) { d.With = true }), "lines |"},
		{"delete subquery", del(func(d *dialect.Delete) { d.Subquery = true }), "lines |"},
		{"delete returning", del(func(d *dialect.Delete) { d.Returning = true }), "lines |"},
		{"delete cascades on and on", deletes("users"), "users > lines notes orders |"},
		{"delete cascades to itself", deletes("folders"), "folders > folders |"},
		{"insert into what refers to itself", inserts("folders"), "folders |"},
		{"update of what refers to itself", updates("folders", "parent_id"), "folders |"},
		{"delete in a ring", deletes("ring_a"), "ring_a > ring_a ring_b |"},
		{"delete by a condition that changes", with(deletes("users"), func(st *dialect.Statement) { st.Volatile, st.Delete.Volatile = "random()", "random()" }), "users | lines notes orders"},
		{"delete behind a CTE of its name", with(deletes("users"), func(st *dialect.Statement) { st.Delete.With, st.Delete.Shadowed = true, true }), "users | lines notes orders"},
		{"action that gives its row another name", updates("bound", "id"), "bound | named"},
		{"deletion of a row whose name is its key", deletes("bound"), "bound > named |"},
		{"parent without a name", deletes("nameless"), "nameless | under"},
		{"child without images", deletes("root"), "root | stubborn under_stubborn"},
		{"key that changes twice", updates("ends", "id"), "ends > pairs | paired"},
		{"key that changes before its row is deleted", deletes("ends"), "ends > chain | chained"},
		{"trigger of a child that writes the target", deletes("meddled"), "| meddled meddling"},
		{"upsert that sets a key", insert("orders", func(i *dialect.Insert) {
			i.Upsert, i.Target, i.Set, i.Values = true, []string{"ID"}, []string{"id"}, [][]dialect.Span{{{Pos: 1, End: 2}, {}}}
		}), "orders | lines"},
		{"upsert that sets no key", insert("orders", func(i *dialect.Insert) {
			i.Upsert, i.Target, i.Set, i.Values = true, []string{"ID"}, []string{"user_id"}, [][]dialect.Span{{{Pos: 1, End: 2}, {}}}
		}), "orders |"},
		{"replace whose trigger inserts a parent", insert("counting", func(i *dialect.Insert) { i.Conflict = true }), "| counting lines orders"},
		{"insert whose trigger inserts a parent", inserts("counting"), "counting | orders"},
		{"foreign key of unknown columns", deletes("vague_root"), "vague_root | precise vague"},
		{"column without a name is not every column", with(updates("odd", ""), func(st *dialect.Statement) { st.Writes = append(st.Writes, name("main.odd")) }), "| kid odd"},
		{"set null fires a trigger", deletes("documents"), "documents > links | log"},

		{"volatile condition", with(updates("orders", "user_id"), func(st *dialect.Statement) { st.Volatile, st.Update.Volatile = "random()", "random()" }), "| orders"},
		{"volatile value", with(updates("orders", "user_id"), func(st *dialect.Statement) { st.Volatile = "random()" }), "orders |"},
		{"table without images", inserts("replacing"), "| replaced replacing"},
		{"update of a table without images", updates("replacing", "a"), "| replaced replacing"},
		{"trigger", inserts("counted"), "counted | totals"},
		{"trigger of another event", updates("counted", "x"), "counted |"},
		{"trigger that comes back", inserts("echo"), "| echo"},
		{"trigger that was not parsed", deletes("mystery"), "*"},
		{"trigger that was not parsed, of another event", inserts("mystery"), "mystery |"},
		{"trigger that writes a virtual table", inserts("searched"), "*"},
		{"trigger that calls a function", inserts("calling"), "*"},
		{"trigger that only reads", inserts("raising"), "raising |"},
		{"trigger that changes the schema", inserts("altering"), "*"},

		{"view with a trigger", inserts("tasks_view"), "| documents links log totals"},
		{"view without a trigger", inserts("plain_view"), "*"},
		{"view without a trigger of the event", deletes("tasks_view"), "*"},
		{"virtual table", inserts("search"), "*"},
		{"temporary table", inserts("scratch"), "*"},
		{"system table", deletes("sqlite_sequence"), "*"},
		{"unknown table", inserts("gone"), "*"},
		{"unknown schema", inserts("x.orders"), "*"},
		{"a second table", with(deletes("lines"), func(st *dialect.Statement) { st.Writes = append(st.Writes, name("documents")) }), "lines | documents links log"},
		{"a second name of the target", with(deletes("lines"), func(st *dialect.Statement) { st.Writes = append(st.Writes, name("main.lines")) }), "| lines"},
		{"a second table that is unknown", with(deletes("lines"), func(st *dialect.Statement) { st.Writes = append(st.Writes, name("gone")) }), "*"},

		{"incomplete insert", &dialect.Statement{Kind: dialect.KindInsert, Incomplete: "syntax", Writes: []dialect.Name{name("users")}}, "| badges lines notes orders users"},
		{"incomplete update", &dialect.Statement{Kind: dialect.KindUpdate, Incomplete: "syntax", Writes: []dialect.Name{name("users")}}, "| badges lines notes orders users"},
		{"incomplete delete", &dialect.Statement{Kind: dialect.KindDelete, Incomplete: "syntax", Writes: []dialect.Name{name("lines"), name("log")}}, "| lines log"},
		{"incomplete without a table", &dialect.Statement{Kind: dialect.KindDelete, Incomplete: "syntax"}, "*"},
		{"incomplete with an unknown table", &dialect.Statement{Kind: dialect.KindDelete, Incomplete: "syntax", Writes: []dialect.Name{name("lines"), name("gone")}}, "*"},
		{"neither parsed nor incomplete", &dialect.Statement{Kind: dialect.KindDelete, Writes: []dialect.Name{name("lines")}}, "*"},

		{"DDL", &dialect.Statement{Kind: dialect.KindDDL, Writes: []dialect.Name{name("users")}}, "*!"},
		{"unknown", &dialect.Statement{}, "*!"},
		{"a kind to come", &dialect.Statement{Kind: dialect.Kind(99)}, "*!"},
		{"select", selects(from("users", nil)), "nothing"},
		{"select that writes", with(selects(from("users", nil)), func(st *dialect.Statement) { st.Writes = []dialect.Name{name("log")} }), "| log"},
		{"select through a view that calls", selects(from("over_calling_view", nil)), "*"},
		{"insert from a view that calls", with(inserts("log"), func(st *dialect.Statement) { st.Reads = []dialect.Name{name("calling_view")} }), "*"},
		{"begin", &dialect.Statement{Kind: dialect.KindBegin}, "nothing"},
		{"commit", &dialect.Statement{Kind: dialect.KindCommit}, "nothing"},
		{"rollback", &dialect.Statement{Kind: dialect.KindRollback}, "nothing"},
		{"savepoint", &dialect.Statement{Kind: dialect.KindSavepoint}, "nothing"},
		{"release", &dialect.Statement{Kind: dialect.KindRelease}, "nothing"},
		{"rollback to", &dialect.Statement{Kind: dialect.KindRollbackTo}, "nothing"},
		{"session", &dialect.Statement{Kind: dialect.KindSession}, "nothing"},
		{"utility", &dialect.Statement{Kind: dialect.KindUtility}, "nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, shop(), Options{}, tt.want)
		})
	}
}

func TestUnparsedViewMayCall(t *testing.T) {
	t.Parallel()
	check(t, selects(from("unparsed", nil)), reading(), Options{}, "*")
}

func TestScripts(t *testing.T) {
	t.Parallel()
	script := func(parts ...*dialect.Statement) *dialect.Statement {
		return &dialect.Statement{Kind: dialect.KindScript, Script: parts}
	}
	begin := &dialect.Statement{Kind: dialect.KindBegin}
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"union, never by images", script(begin, inserts("log"), deletes("documents"), selects(from("users", nil))), "| documents links log"},
		{"one writes everything", script(inserts("log"), inserts("gone")), "*"},
		{"one changes the schema", script(inserts("log"), &dialect.Statement{Kind: dialect.KindDDL}), "*!"},
		{"script in a script", script(script(inserts("log")), inserts("lines")), "| lines log"},
		{"reads", script(begin, selects(from("users", nil))), "nothing"},
		{"parts unknown", script(), "*!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := analyse(fake{}, tt.st, shop(), Options{})
			if got := describe(p.Write); got != tt.want {
				t.Errorf("writes %q, want %q", got, tt.want)
			}
			if p.Read != nil {
				t.Error("a script is taken for a read")
			}
		})
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	calls := func(st *dialect.Statement, names ...string) *dialect.Statement {
		st.Foreign, st.Foreigns = "CreateOrder", names
		return st
	}
	o := Options{Functions: map[string][]string{
		"createorder": {"orders"}, "purge": {"main.documents"}, "pure": {}, "lost": {"gone"}, "none": nil,
	}}
	tests := []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"select, not declared", calls(selects(from("users", nil)), "secret"), "*"},
		{"select, declared", calls(selects(from("users", nil)), "CreateOrder"), "| lines orders"},
		{"select, declared by schema", calls(selects(from("users", nil)), "purge"), "| documents links log"},
		{"select, declared to write nothing", calls(selects(from("users", nil)), "pure", "none"), "nothing"},
		{"one of two not declared", calls(selects(from("users", nil)), "CreateOrder", "secret"), "*"},
		{"both declared", calls(selects(from("users", nil)), "CreateOrder", "purge"), "| documents lines links log orders"},
		{"the names are not all known", calls(selects(from("users", nil))), "*"},
		{"declared table is unknown", calls(selects(from("users", nil)), "lost"), "*"},
		{"insert, not declared", calls(inserts("log"), "secret"), "*"},
		{"insert, declared", calls(inserts("log"), "CreateOrder"), "| lines log orders"},
		{"insert, declared to write nothing", calls(inserts("log"), "pure"), "| log"},
		{"incomplete, not declared", calls(&dialect.Statement{Kind: dialect.KindDelete, Incomplete: "syntax", Writes: []dialect.Name{name("log")}}, "secret"), "*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, tt.st, shop(), o, tt.want)
			if p := analyse(fake{}, tt.st, shop(), o); p.Read != nil && p.Read.Reason == "" {
				t.Error("a SELECT with an unknown function is cached")
			}
		})
	}
}

// TestReasons checks that a write says what keeps its rows from being told.
func TestReasons(t *testing.T) {
	t.Parallel()
	tests := []struct {
		st   *dialect.Statement
		want string
	}{
		{inserts("echo"), "echo again"},
		{deletes("meddled"), "meddled again"},
		{inserts("replacing"), "a unique index replaces on conflict"},
		{with(inserts("log"), func(st *dialect.Statement) { st.Insert.Query, st.Insert.Upsert = from("users", nil), true }), "query"},
		{with(updates("log"), func(st *dialect.Statement) { st.Volatile, st.Update.Volatile = "random()", "random()" }), "random()"},
		{&dialect.Statement{Kind: dialect.KindDelete, Incomplete: "odd syntax", Writes: []dialect.Name{name("log")}}, "odd syntax"},
	}
	for _, tt := range tests {
		p := analyse(fake{}, tt.st, shop(), Options{})
		if !strings.Contains(p.Write.Why, tt.want) {
			t.Errorf("why is %q, want %q", p.Write.Why, tt.want)
		}
		if d := p.Describe(nil).String(); !strings.Contains(d, tt.want) {
			t.Errorf("the description does not say %q:\n%s", tt.want, d)
		}
	}
}
