package analysis

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// upsertsOf is an upsert that assigns to these columns.
func upsertsOf(table string, set ...string) *dialect.Statement {
	st := inserts(table)
	st.Insert.Upsert, st.Insert.Set, st.Insert.Rows = true, set, 1
	return st
}

// followers are tables that follow keys where these change.
func followers() []*dialect.Table {
	follows := func(child *dialect.Table, column int, parent, key string) *dialect.Table {
		child.ForeignKeys = append(child.ForeignKeys, dialect.ForeignKey{Columns: []int{column}, Parent: name(parent), ParentColumns: []string{key}, OnUpdate: dialect.FKCascade})
		return child
	}
	writes := func(t *dialect.Table, body ...*dialect.Statement) *dialect.Table {
		t.Triggers = append(t.Triggers, dialect.Trigger{Name: "t_" + t.Name, Event: dialect.KindUpdate, Body: body})
		return t
	}
	tables := []*dialect.Table{
		table("trips", "id", "code"), follows(table("tickets", "id", "trip"), 1, "trips", "code"),
		writes(follows(table("stubs", "id", "ticket"), 1, "tickets", "trip"), inserts("log")),
		table("vast", "id", "x/"), follows(table("vaster", "id", "x"), 1, "vast", "x"),
		writes(table("again", "id", "x"), updates("again", "x")), follows(table("followed", "id", "x"), 1, "again", "x"),
		follows(table("nodes", "id", "up"), 1, "nodes", "id"),
		table("deep", "id", "x"), writes(follows(table("deeper", "id", "x"), 1, "deep", "x")),
	}
	for _, t := range tables {
		t.RowID, t.RowIDColumns, t.Primary = "rowid", t.Columns[:1], []int{0}
	}
	return tables
}

// Where others write too no UPDATE is followed to children: its images tell whether
// there is something to follow.
func TestKeyChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		st    *dialect.Statement
		alone string
		crowd string
	}{
		{updates("computed", "base"), "computed > coded |", "computed (code: coded) |"},
		{updates("computed", "code"), "computed > coded |", "computed (code: coded) |"},
		{updates("computed", "id"), "computed > coded |", "computed (code: coded) |"},
		{updates("users", "email"), "users > badges |", "users (email: badges) |"},
		{updates("users", "name"), "users |", "users |"},
		{upsertsOf("users", "email"), "| badges users", "users (email: badges) |"},
		{upsertsOf("users", "name"), "| users", "users |"},
		{inserts("users"), "users |", "users |"},
		{updates("orders", "rowid"), "orders > lines |", "orders (id: lines) |"},
		{deletes("users"), "users > lines notes orders |", "users > lines notes orders |"},
		// Over two levels, and what a trigger writes.
		{updates("trips", "code"), "trips > stubs tickets | log", "trips (code: log stubs tickets) |"},
		// The key of pairs is bound twice to what is updated.
		{updates("ends", "id"), "ends > pairs | paired", "ends (id: paired pairs) |"},
		// It is not known what there is to values of that column.
		{updates("vast", "x"), "vast > vaster |", "vast | vaster"},
		// A trigger writes the table again.
		{updates("again", "x"), "| again followed", "| again followed"},
		// A key of its own table.
		{updates("nodes", "id"), "| nodes", "nodes (id: nodes) |"},
		// Nobody knows what is behind it.
		{updates("deep", "x"), "*", "*"},
	}
	cat := catalog(append(slices.Clone(shop().Tables()), followers()...)...)
	for _, tt := range tests {
		if got := describe(analyse(fake{}, tt.st, cat, Options{}).Write); got != tt.alone {
			t.Errorf("writes %q, want %q", got, tt.alone)
		}
		w := analyse(crowd{}, tt.st, cat, Options{}).Write
		if got := describe(w); got != tt.crowd {
			t.Errorf("among others writes %q, want %q", got, tt.crowd)
		}
		for i := range w.Keys {
			for _, reached := range w.Keys[i].Tables {
				found := 0
				for _, listed := range w.Tables() {
					if listed == reached {
						found++
					}
				}
				if found != 1 {
					t.Errorf("%s: %s is %d times among its tables", tt.crowd, reached.Name, found)
				}
			}
		}
	}
	const want = "update\n  changes: users: by row images\n  changes: badges: every row, where users.email changes\n"
	if got := analyse(crowd{}, updates("users", "email"), cat, Options{}).Describe(Args{}).String(); got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}
