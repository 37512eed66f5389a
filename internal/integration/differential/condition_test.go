package differential

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// gen makes the statements of one case.
type gen struct {
	chooser
	flavour
	made   *schema
	driver int // see testCase

	// Of the statement under way.
	args     []any
	tags     []string
	plain    bool // conditions are of the plain kinds
	constant bool // no parameters: the text of a view or a trigger
	aliases  int
	used     []string // names that sources of this statement have
	depth    int      // of queries inside queries
	nested   bool     // there was one, or a join
	ordered  bool     // the order of the rows is no matter of chance
	ctes     []*relation
	next     *relation // what the next source is over; nil: any
	objects  int       // made by DDL
}

func newGen(t *rapid.T, f flavour) *gen { return &gen{chooser: chooser{t}, flavour: f} }

// begin starts a statement.
func (g *gen) begin() {
	g.args, g.tags, g.aliases, g.used, g.depth, g.nested, g.ordered, g.ctes = nil, nil, 0, nil, 0, false, false, nil
	g.plain = g.percent(60)
}

// tag notes that the statement has a construct.
func (g *gen) tag(name string) {
	if !slices.Contains(g.tags, name) {
		g.tags = append(g.tags, name)
	}
}

// source is one appearance of a relation in FROM.
type source struct {
	alias    string
	relation *relation
}

// scope is what the columns of a SELECT can be of.
type scope struct {
	sources []source
	outer   *scope
	equal   []equality // columns that a join compares
	bare    bool       // the columns may stand without their source
}

type equality struct {
	ref  string
	kind kind
}

// alone is the scope of a relation by its own name.
func (g *gen) alone(r *relation) *scope {
	g.used = append(g.used, r.name)
	return &scope{sources: []source{{r.name, r}}}
}

// ref returns a column of a source.
func (g *gen) ref(s *scope, src source, c *column) string {
	if s.bare && len(s.sources) == 1 && g.percent(60) {
		return c.name
	}
	return src.alias + "." + c.name
}

// any returns a column of the scope and what kind it is. Columns that
// conditions usually speak of come more often than others.
func (g *gen) any(s *scope) (string, kind) {
	src := pick(g.chooser, s.sources...)
	c := &src.relation.columns[g.n(len(src.relation.columns))]
	if c.name == src.relation.payload && g.percent(70) {
		c = &src.relation.columns[g.n(min(3, len(src.relation.columns)))]
	}
	return g.ref(s, src, c), c.kind
}

// like returns a column of one kind, if the scope has one.
func (g *gen) like(s *scope, k kind) (string, bool) {
	var refs []string
	for _, src := range s.sources {
		for i := range src.relation.columns {
			if c := &src.relation.columns[i]; c.kind.like(k) && c.name != src.relation.payload {
				refs = append(refs, g.ref(s, src, c))
			}
		}
	}
	if len(refs) == 0 {
		return "", false
	}
	return refs[g.n(len(refs))], true
}

// where returns a WHERE clause, or nothing.
func (g *gen) where(s *scope) string {
	if g.percent(6) {
		return ""
	}
	// Most conditions say which rows they are about, whatever else they say:
	// where two tables meet, or in each table.
	var conds []string
	switch {
	case len(s.equal) > 0 && g.percent(80):
		e := pick(g.chooser, s.equal...)
		g.tag("=")
		conds = append(conds, e.ref+" = "+g.value(e.kind))
	case len(s.sources) > 1 && g.percent(50):
		for _, src := range s.sources {
			conds = append(conds, g.plainly(&scope{sources: []source{src}, outer: s.outer}))
		}
	case !g.plain && g.percent(60):
		conds = append(conds, g.plainly(s))
	default:
		return " WHERE " + g.cond(s, 2)
	}
	if !g.plain || g.percent(12) {
		conds = append(conds, g.cond(s, 1))
	}
	if len(conds) > 1 {
		g.tag("AND")
	}
	return " WHERE " + strings.Join(conds, " AND ")
}

// plainly returns a condition of the plain kinds.
func (g *gen) plainly(s *scope) string {
	was := g.plain
	g.plain = true
	defer func() { g.plain = was }()
	return g.term(s)
}

// cond returns a condition.
func (g *gen) cond(s *scope, depth int) string {
	if depth > 0 {
		switch weigh(g.chooser, []option[int]{{58, 0}, {25, 1}, {11, 2}, {6, 3}}) {
		case 1:
			g.tag("AND")
			return "(" + g.cond(s, depth-1) + " AND " + g.cond(s, depth-1) + ")"
		case 2:
			g.tag("OR")
			return "(" + g.cond(s, depth-1) + " OR " + g.cond(s, depth-1) + ")"
		case 3:
			g.tag("NOT")
			return "NOT (" + g.cond(s, depth-1) + ")"
		}
	}
	return g.term(s)
}

// term returns a condition without AND, OR and NOT.
func (g *gen) term(s *scope) string {
	name := weigh(g.chooser, g.terms(g.plain))
	if name == "subquery" {
		if g.depth >= 2 || g.made == nil {
			name = "="
		} else {
			return g.subquery(g, s)
		}
	}
	c, k := g.any(s)
	// A condition on a column of the query around it.
	if s.outer != nil && g.percent(15) {
		g.tag("correlated")
		c, k = g.any(s.outer)
	}
	g.tag(name)
	return g.flavour.term(g, s, name, c, k)
}

// inner returns a query inside another one. The output is a constant, columns
// of the kinds, or an aggregate of one.
func (g *gen) inner(outer *scope, output string, kinds []kind) string {
	g.depth++
	g.nested = true
	defer func() { g.depth-- }()
	if outer != nil && g.percent(25) {
		// The table around the query, for other rows.
		if r := pick(g.chooser, outer.sources...).relation; slices.Contains(g.made.tables, r) {
			g.next = r
		}
	}
	from, s := g.from(outer, 1+g.n(10)/8)
	if s.outer = outer; outer != nil && g.percent(30) {
		s.outer = nil // cannot be correlated
	}
	var list []string
	for _, k := range kinds {
		c, ok := g.like(s, k)
		if !ok {
			c = g.other(g, s, k)
		}
		if output != "" {
			c = output + "(" + c + ")"
		}
		list = append(list, c)
	}
	if len(kinds) == 0 {
		list = []string{output}
	}
	text := "SELECT " + strings.Join(list, ", ") + " FROM " + from
	var conds []string
	if s.outer != nil && g.percent(60) {
		g.tag("correlated")
		o, k := g.any(s.outer)
		if c, ok := g.like(s, k); ok {
			conds = append(conds, c+" = "+o)
		}
	}
	if g.percent(75) || len(conds) == 0 {
		conds = append(conds, g.cond(s, 1))
	}
	return text + " WHERE " + strings.Join(conds, " AND ")
}
