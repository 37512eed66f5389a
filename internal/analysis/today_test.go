package analysis

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestTimeOfDay: what makes a date of a time of day changes at midnight, without a write.
func TestTimeOfDay(t *testing.T) {
	t.Parallel()
	shifts := table("shifts", "id", "begins/", "d")
	shifts.Columns[1].TimeOfDay = true
	dated := func(st *dialect.Statement, names ...string) *dialect.Statement {
		st.Dates = names
		return st
	}
	output := func(e dialect.Expr, alias string) *dialect.Query {
		q := from("shifts", nil)
		q.Cores[0].Columns = []dialect.Output{{Expr: e, Alias: alias}}
		return q
	}
	given := view("given", selects(output(col("begins"), "")))
	given.ViewColumns = []string{"Y"}
	again := from("again", nil)
	joined := from("renamed", nil)
	joined.Cores = append(joined.Cores, again.Cores...)
	cat := catalog(shifts, table("posts", "id", "begins"),
		view("plain", selects(from("shifts", nil))), view("same", selects(output(col("begins"), "BEGINS"))),
		view("renamed", selects(output(col("begins"), "s"))), view("computed", selects(output(opaque(col("begins")), "s"))),
		view("again", selects(output(col("s"), "z"))), given,
		view("making", dated(selects(output(col("begins"), "")), "begins")),
	)
	const why = "it may make a date of the time in column begins, which is one of the current day"
	for _, tt := range []struct {
		name string
		st   *dialect.Statement
		want string
	}{
		{"nothing", selects(from("shifts", nil)), ""},
		{"another column", dated(selects(from("shifts", nil)), "d"), ""},
		{"the column", dated(selects(from("shifts", nil)), "d", "begins"), why},
		{"in other letters", dated(selects(from("shifts", nil)), "Begins"), why},
		{"all columns", dated(selects(from("shifts", nil)), "*"), why},
		{"a column of its name", dated(selects(from("posts", nil)), "begins", "*"), ""},
		{"through a view", dated(selects(from("plain", nil)), "begins"), why},
		{"a view that does not rename it", dated(selects(from("same", nil)), "s"), ""},
		{"a view that renames it", dated(selects(from("renamed", nil)), "s"), why},
		{"a view that renames it, and another column", dated(selects(from("renamed", nil)), "z"), ""},
		{"a view that computes of it", dated(selects(from("computed", nil)), "s"), why},
		{"a view that gives names", dated(selects(from("given", nil)), "y"), why},
		{"a view of a view that renames it", dated(selects(joined), "z"), why},
		{"a view that makes a date", selects(from("making", nil)), why},
	} {
		if got := analyse(fake{}, tt.st, cat, Options{}).Read.Reason; got != tt.want {
			t.Errorf("%s: reason %q, want %q", tt.name, got, tt.want)
		}
	}
}
