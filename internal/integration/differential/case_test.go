package differential

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// testCase is a whole case: everything that runs, made before anything does.
type testCase struct {
	schema      []string
	foreignKeys bool
	usual       bool // made of what programs do every day
	shadow      bool // the cache is in shadow mode
	driver      int  // which of the database's drivers
	mode        int  // how the driver is set
	data        []string
	queries     []selection
	steps       []step
	tables      []*relation
}

// GoString keeps rapid from printing a case: its script is printed.
func (c *testCase) GoString() string { return fmt.Sprintf("a case of %d parts", c.size()) }

// makeCase draws a case.
func makeCase(t *rapid.T, f flavour) *testCase {
	g := newGen(t, f)
	if g.strict() {
		g.driver = g.n(3)
	}
	query, next := g.query, func(queries int) step { return g.step(g, queries) }
	usual := g.percent(*usualCases)
	if usual {
		g.makeUsualSchema()
		query, next = g.usualQuery, g.usualStep
	} else {
		g.flavour.schema(g, true)
	}
	c := &testCase{schema: g.made.ddl, foreignKeys: g.made.foreignKeys, usual: usual, data: g.rows(), driver: g.driver, tables: g.made.tables}
	// Custom generators and slices are what rapid can take parts out of.
	c.queries = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) selection {
		g.t = t
		return query()
	}), 24, 40).Draw(t, "queries")
	c.shadow, c.mode = len(c.queries)%8 == 0, len(c.queries)/2 // no draw: cases stay what they were by their seeds
	c.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		g.t = t
		return next(len(c.queries))
	}), 30, 60).Draw(t, "steps")
	return c
}

// rows returns the rows that the tables begin with. Those that the database
// refuses are left out.
func (g *gen) rows() (list []string) {
	for _, t := range g.made.tables {
		for n := range 3 + g.n(5) {
			g.begin()
			g.constant = true
			var names, values []string
			for i := range t.columns {
				c := &t.columns[i]
				if c.generated {
					continue
				}
				value := g.stored(t, c)
				switch {
				case i == 0:
					value = fmt.Sprint(n + 1)
				case t.parent != nil && c.name == t.ref:
					value = fmt.Sprint(1 + g.n(n+1))
				}
				names, values = append(names, c.name), append(values, value)
			}
			list = append(list, g.seed(t.name, strings.Join(names, ", "), strings.Join(values, ", ")))
		}
	}
	g.constant = false
	return list
}

// script writes the case as SQL, up to the failure.
func (c *testCase) script(f *failure) string {
	var b strings.Builder
	line := func(text string, args []any) {
		b.WriteString(text + ";")
		for i, a := range args {
			fmt.Fprintf(&b, "%s ?%d = %s", []string{" --", ","}[min(i, 1)], i+1, argText(a))
		}
		b.WriteByte('\n')
	}
	if c.shadow {
		line("-- in shadow mode", nil)
	}
	if c.foreignKeys {
		line("PRAGMA foreign_keys = ON", nil)
	}
	for _, text := range c.schema {
		line(text, nil)
	}
	for _, text := range c.data {
		line(text, nil)
	}
	for i := range c.queries {
		b.WriteString("-- cached: ")
		line(c.queries[i].text, c.queries[i].args)
	}
	for i := range c.steps {
		s := &c.steps[i]
		switch s.begin {
		case "":
		case "api":
			b.WriteString("BEGIN; -- BeginTx\n")
		default:
			line(s.begin, nil)
		}
		for j := range s.list {
			st := &s.list[j]
			switch {
			case st.read == 0:
				line(st.text, st.args)
			case st.apart:
				fmt.Fprintf(&b, "-- query %d is read outside of the transaction\n", st.read)
			default:
				fmt.Fprintf(&b, "-- query %d is read\n", st.read)
			}
		}
		if s.begin != "" {
			line(s.end, nil)
		}
		b.WriteString("-- all queries are read\n")
	}
	fmt.Fprintf(&b, "-- %s\n-- got:  %s\n-- want: %s\n", strings.ReplaceAll(f.what, "\n", "\n-- "), f.got, f.want)
	return b.String()
}
