package differential

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// gen makes the statements of one case.
type gen struct {
	chooser
	schema *schema

	// Of the statement under way.
	args     []any
	tags     []string
	plain    bool // conditions are of the plain kinds
	constant bool // no parameters: the text of a view or a trigger
	aliases  int
	used     []string // names that sources of this statement have
	depth    int      // of queries inside queries
	nested   bool     // there was one, or a join
	ctes     []*relation
	next     *relation // what the next source is over; nil: any
	objects  int       // made by DDL
}

func newGen(t *rapid.T) *gen { return &gen{chooser: chooser{t}} }

// begin starts a statement.
func (g *gen) begin() {
	g.args, g.tags, g.aliases, g.used, g.depth, g.nested, g.ctes = nil, nil, 0, nil, 0, false, nil
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

// plainTerms are the conditions that most programs write, and that a cache can
// tell rows by.
var plainTerms = []option[string]{
	{60, "="}, {15, "IN list"}, {5, "value ="}, {4, "=="}, {5, "IS NULL"}, {3, "row ="}, {3, "IS"}, {2, "IS NOT DISTINCT FROM"}, {3, "IS TRUE"},
}

var termKinds = []option[string]{
	{30, "="}, {5, "=="}, {12, "IN list"}, {4, "row ="}, {3, "row IN"}, {4, "value ="},
	{3, "IS NULL"}, {3, "IS NOT NULL"}, {3, "IS"}, {2, "IS NOT"}, {2, "IS DISTINCT FROM"}, {3, "IS NOT DISTINCT FROM"},
	{3, "IS TRUE"}, {3, "bare column"}, {2, "<>"}, {2, "!="}, {2, "<"}, {2, "<="}, {2, ">"}, {2, ">="},
	{2, "BETWEEN"}, {2, "NOT IN list"}, {2, "LIKE"}, {2, "GLOB"}, {2, "COLLATE"}, {2, "arithmetic"}, {2, "function"},
	{2, "CASE"}, {2, "column = column"}, {16, "subquery"}, {2, "concatenation"}, {2, "CAST"},
}

// term returns a condition without AND, OR and NOT.
func (g *gen) term(s *scope) string {
	kinds := termKinds
	if g.plain {
		kinds = plainTerms
	}
	name := weigh(g.chooser, kinds)
	if name == "subquery" {
		if g.depth >= 2 || g.schema == nil {
			name = "="
		} else {
			return g.subqueryTerm(s)
		}
	}
	c, k := g.any(s)
	// A condition on a column of the query around it.
	if s.outer != nil && g.percent(15) {
		g.tag("correlated")
		c, k = g.any(s.outer)
	}
	g.tag(name)
	switch name {
	case "=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM":
		return c + " " + name + " " + g.value(k)
	case "value =":
		return g.value(k) + " = " + c
	case "IN list", "NOT IN list":
		list := make([]string, 1+g.n(3))
		for i := range list {
			list[i] = g.value(k)
		}
		if g.percent(3) {
			list = nil
		}
		return c + " " + strings.TrimSuffix(name, " list") + " (" + strings.Join(list, ", ") + ")"
	case "row =":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "=", "=", "IS", "<>", "<") + " (" + g.value(k) + ", " + g.value(l) + ")"
	case "row IN":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "IN", "IN", "NOT IN") + " (VALUES (" + g.value(k) + ", " + g.value(l) + "), (" + g.value(k) + ", " + g.value(l) + "))"
	case "IS NULL", "IS NOT NULL":
		return c + " " + name
	case "IS TRUE":
		return c + " " + pick(g.chooser, "IS TRUE", "IS FALSE", "IS NOT TRUE", "IS NOT FALSE")
	case "bare column":
		return c
	case "BETWEEN":
		return c + pick(g.chooser, "", " NOT") + " BETWEEN " + g.value(k) + " AND " + g.value(k)
	case "LIKE":
		return c + pick(g.chooser, " LIKE ", " NOT LIKE ") + pick(g.chooser, "'a%'", "'%b'", "'1%'")
	case "GLOB":
		return c + " GLOB " + pick(g.chooser, "'a*'", "'[ab]'", "'1*'")
	case "COLLATE":
		return c + " = " + g.value(k) + " COLLATE " + pick(g.chooser, "BINARY", "NOCASE", "RTRIM")
	case "column = column":
		if d, ok := g.like(s, k); ok {
			return c + pick(g.chooser, " = ", " IS ") + d
		}
		return c + " = " + c
	default:
		return g.computed(c, k, name)
	}
}

// computed returns a condition on a value made from a column.
func (g *gen) computed(c string, k kind, name string) string {
	switch name {
	case "arithmetic":
		return c + pick(g.chooser, " + 1", " * 2", " - 1", " % 2", " & 1", " | 1", " << 1") + " = " + g.value(kindInt)
	case "concatenation":
		return c + " || 'a' = " + pick(g.chooser, "'aa'", "'ba'", "'1a'")
	case "CASE":
		return "CASE " + c + " WHEN " + g.value(k) + " THEN 1 ELSE 0 END = " + pick(g.chooser, "1", "0")
	case "CAST":
		return "CAST(" + c + " AS " + pick(g.chooser, "INTEGER", "TEXT") + ") = " + g.value(k)
	default:
		f := pick(g.chooser, "coalesce(#, 0)", "ifnull(#, 1)", "lower(#)", "length(#)", "abs(#)", "typeof(#)", "nullif(#, 1)", "iif(#, 1, 0)", "max(#, 1)", "+#", "-#", "upper(#)", "trim(#)")
		return strings.ReplaceAll(f, "#", c) + " = " + g.value(k)
	}
}

// subqueryTerm returns a condition with a query inside.
func (g *gen) subqueryTerm(s *scope) string {
	name := pick(g.chooser, "EXISTS", "IN (SELECT)", "NOT EXISTS", "scalar subquery", "NOT IN (SELECT)", "row IN (SELECT)", "IN table")
	g.tag(name)
	c, k := g.any(s)
	switch name {
	case "EXISTS", "NOT EXISTS":
		return name + " (" + g.inner(s, "1", nil) + ")"
	case "IN (SELECT)", "NOT IN (SELECT)":
		return c + " " + strings.TrimSuffix(name, " (SELECT)") + " (" + g.inner(s, "", []kind{k}) + ")"
	case "row IN (SELECT)":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") IN (" + g.inner(s, "", []kind{k, l}) + ")"
	case "IN table":
		for _, r := range append(slices.Clone(g.ctes), g.schema.views...) {
			if len(r.columns) == 1 {
				return c + " IN " + r.name
			}
		}
		return c + " IN (" + g.inner(s, "", []kind{k}) + ")"
	default:
		if g.percent(50) {
			return c + " = (" + g.inner(s, pick(g.chooser, "max", "min", "count"), []kind{k}) + ")"
		}
		return "(" + g.inner(s, "count", []kind{k}) + ") " + pick(g.chooser, ">", "=", "<=") + " " + pick(g.chooser, "1", "0", "2")
	}
}

// inner returns a query inside another one. The output is a constant, columns
// of the kinds, or an aggregate of one.
func (g *gen) inner(outer *scope, output string, kinds []kind) string {
	g.depth++
	g.nested = true
	defer func() { g.depth-- }()
	if outer != nil && g.percent(25) {
		// The table around the query, for other rows.
		if r := pick(g.chooser, outer.sources...).relation; slices.Contains(g.schema.tables, r) {
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
			c, _ = g.any(s)
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
