package differential

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var wantedChanges = flag.Int("differential.changes", 5_000, "pairs of a query and a change of a row that TestDependencies tries")

const (
	// minAltered is how many of the changes have to alter a result.
	minAltered = 0.10
	// minBound is how many of those have to be matched by a condition, and not
	// because the query depends on every row of the table.
	minBound = 0.15
)

// TestDependencies looks for a change of one row that alters the result of a
// query although neither image of the row matches the query's dependency. It
// knows nothing of why a query depends on what it does: it tries.
func TestDependencies(t *testing.T) {
	t.Parallel()
	tryChanges(t, *wantedChanges, sqliteLaw())
}

// tryChanges tries so many changes in a place.
func tryChanges(t *testing.T, changes int, at lawPlace) {
	t.Helper()
	begin := time.Now()
	var seen lawTally
	var found failing[*lawCase]
	inTurns(t, seedBase, func() bool { return seen.total() >= changes || found.any() }, func(rt *rapid.T, dir string) {
		c := rapid.Custom(func(t *rapid.T) *lawCase { return makeLawCase(t, at.flavour) }).Draw(rt, "case")
		at := at
		at.dir = dir
		f, err := c.run(at, &seen)
		if err != nil {
			rt.Fatal(err)
		}
		if f != nil && found.set(dir, c, f) {
			rt.Fatal("a change is not noticed")
		}
	})
	if c, f := found.get(); f != nil {
		at.dir = t.TempDir()
		c, f = c.minimise(at, f)
		t.Fatalf("a change is not noticed:\n%s", c.script(f))
	}
	if t.Failed() {
		return
	}
	t.Logf("figure: oracle: %d changes against %d queries (%d not cached, %d refused): %.3f altered the result, %.3f of those were matched by a condition; %.3f of those that altered nothing matched nothing; %.0f a second",
		seen.pairs, seen.queries, seen.uncached, seen.refused, share(seen.altered, seen.pairs), share(seen.bound, seen.altered), share(seen.kept, seen.pairs-seen.altered), float64(seen.pairs)/time.Since(begin).Seconds())
	if s := share(seen.altered, seen.pairs); s < minAltered {
		t.Errorf("%.3f of the changes altered a result, at least %.2f are needed", s, minAltered)
	}
	if s := share(seen.bound, seen.altered); s < minBound {
		t.Errorf("%.3f of the changes that altered a result were matched by a condition, at least %.2f are needed", s, minBound)
	}
}

// lawTally counts what was tried.
type lawTally struct {
	mu                         sync.Mutex // guards the rest
	queries, uncached, refused int
	pairs                      int // of a query and a change
	altered                    int // of those, that altered the result
	bound                      int // of those, matched by terms, not by a whole table
	kept                       int // that altered nothing and matched nothing
}

func (t *lawTally) add(u *lawTally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries += u.queries
	t.uncached += u.uncached
	t.refused += u.refused
	t.pairs += u.pairs
	t.altered += u.altered
	t.bound += u.bound
	t.kept += u.kept
}

func (t *lawTally) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pairs
}

// lawCase is a schema with rows, queries, and changes to be tried.
type lawCase struct {
	schema, data []string
	queries      []selection
	changes      []change
	driver       int // see testCase
}

// change is a change of one row.
type change struct {
	table string
	// where tells the row; empty for an INSERT.
	where string
	text  string // without RETURNING
}

// GoString keeps rapid from printing a case: its script is printed.
func (c *lawCase) GoString() string { return fmt.Sprintf("a case of %d parts", c.size()) }

func (c *lawCase) size() int {
	return len(c.schema) + len(c.data) + len(c.queries) + len(c.changes)
}

// makeLawCase draws a case. Triggers and foreign keys would change other rows
// too, so there are none that act.
func makeLawCase(t *rapid.T, f flavour) *lawCase {
	g := newGen(t, f)
	if g.strict() {
		g.driver = g.n(3)
	}
	g.flavour.schema(g, false)
	c := &lawCase{schema: g.made.ddl, data: g.rows(), driver: g.driver}
	c.queries = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) selection {
		g.t = t
		return g.query()
	}), 16, 32).Draw(t, "queries")
	c.changes = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) change {
		g.t = t
		return g.change()
	}), 24, 48).Draw(t, "changes")
	return c
}

// change makes a change of one row.
func (g *gen) change() change {
	g.begin()
	g.constant = true
	defer func() { g.constant = false }()
	t := g.table()
	c := change{table: t.name}
	where := g.row(t, g.n(6))
	switch g.n(6) {
	case 0:
		c.text = g.plainInsert(t)
	case 1:
		c.where, c.text = where, "DELETE FROM "+t.name+" WHERE "+where
	default:
		var set []string
		for range 1 + g.n(3) {
			col := &t.columns[g.n(len(t.columns))]
			if !col.generated && (len(t.key) == 0 || col.name != t.key[0] || g.percent(30)) {
				set = append(set, col.name+" = "+g.stored(t, col))
			}
		}
		// Most queries show the payload: they see the change if they see the row.
		if len(set) == 0 || g.percent(60) {
			set = append(set, t.payload+" = "+t.payload+" + 1")
		}
		c.where, c.text = where, "UPDATE "+t.name+" SET "+strings.Join(set, ", ")+" WHERE "+where
	}
	return c
}

// plainInsert makes an INSERT of one row.
func (g *gen) plainInsert(t *relation) string {
	var names, values []string
	for i := range t.columns {
		if c := &t.columns[i]; !c.generated {
			names, values = append(names, c.name), append(values, g.stored(t, c))
		}
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// script writes the case as SQL, up to the failure.
func (c *lawCase) script(f *failure) string {
	full := testCase{schema: c.schema, data: c.data, queries: c.queries}
	for i := range c.changes {
		full.steps = append(full.steps, step{list: []statement{{text: c.changes[i].text}}})
	}
	return full.script(f)
}

// minimise takes parts of a failing case away as long as it fails.
func (c *lawCase) minimise(at lawPlace, f *failure) (*lawCase, *failure) {
	try := func(d *lawCase) bool {
		g, err := d.run(at, &lawTally{})
		if err != nil || g == nil {
			return false
		}
		c, f = d, g
		return true
	}
	for size := -1; size != c.size(); {
		size = c.size()
		for _, part := range []func(*lawCase) *[]string{
			func(c *lawCase) *[]string { return &c.data },
			func(c *lawCase) *[]string { return &c.schema },
		} {
			without(len(*part(c)), func(from, to int) bool {
				d := *c
				cut(part(&d), from, to)
				return try(&d)
			})
		}
		without(len(c.queries), func(from, to int) bool {
			d := *c
			cut(&d.queries, from, to)
			return try(&d)
		})
		without(len(c.changes), func(from, to int) bool {
			d := *c
			cut(&d.changes, from, to)
			return try(&d)
		})
	}
	return c, f
}
