package differential

import (
	"fmt"
	"slices"
	"strings"
)

// selection is a SELECT that is compared after each write.
type selection struct {
	text string
	args []any
	tags []string
	// ordered is true where the order of the rows is no matter of chance.
	ordered bool
}

// query makes a SELECT.
func (g *gen) query() selection {
	g.begin()
	var text string
	switch weigh(g.chooser, []option[int]{{86, 0}, {6, 1}, {4, 2}, {4, 3}}) {
	case 0:
		text = g.core(nil, nil, true)
		if !g.nested {
			g.tag("one table")
		}
	case 1:
		text = g.compound()
	case 2:
		text = g.with()
	default:
		text = g.recursive()
	}
	text = g.finish(g, text)
	return selection{text: text, args: g.args, tags: g.tags, ordered: g.ordered}
}

// take returns a source over a relation.
func (g *gen) take(r *relation) (text string, src source) {
	alias := r.name
	if slices.Contains(g.used, alias) || g.percent(50) {
		if slices.Contains(g.used, r.name) {
			g.tag("a table twice")
		}
		g.aliases++
		alias = fmt.Sprint("q", g.aliases)
	}
	g.used = append(g.used, alias, r.name)
	name := r.name
	if r.family && g.percent(20) {
		g.tag("ONLY")
		name = "ONLY " + name
	}
	if alias == r.name {
		return name, source{alias, r}
	}
	return name + pick(g.chooser, " AS ", " ") + alias, source{alias, r}
}

// source returns a table, a view, a CTE or a derived table.
func (g *gen) source(outer *scope) (text string, src source) {
	if r := g.next; r != nil {
		g.next = nil
		return g.take(r)
	}
	switch weigh(g.chooser, []option[int]{{85, 0}, {6, 1}, {3, 2}, {6, 3}}) {
	case 1:
		if len(g.made.views) > 0 {
			v := pick(g.chooser, g.made.views...)
			g.tag(v.tag)
			return g.take(v)
		}
	case 2:
		if g.depth < 2 {
			g.tag("derived table")
			g.aliases++
			r := &relation{name: fmt.Sprint("q", g.aliases)}
			text := "(" + g.named(r) + ") AS " + r.name
			return text, source{r.name, r}
		}
	case 3:
		if len(g.ctes) > 0 {
			return g.take(pick(g.chooser, g.ctes...))
		}
	}
	return g.take(g.table())
}

// named returns a query whose columns make up a relation.
func (g *gen) named(r *relation) string {
	g.depth++
	g.nested = true
	defer func() { g.depth-- }()
	from, s := g.from(nil, 1+g.n(10)/8)
	var list []string
	for i := range 2 + g.n(3) {
		c, k := g.any(s)
		if src := s.sources[0]; i == 0 && src.relation.payload != "" && g.percent(80) {
			c, k = src.alias+"."+src.relation.payload, kindInt // a change of it is seen
		}
		name := fmt.Sprint("c", i)
		list = append(list, c+" AS "+name)
		r.columns = append(r.columns, column{name: name, kind: k})
	}
	distinct := ""
	if g.percent(15) && !g.anyVague(s) {
		g.tag("DISTINCT")
		distinct = "DISTINCT "
	}
	return "SELECT " + distinct + strings.Join(list, ", ") + " FROM " + from + g.where(s)
}

func (sqliteFlavour) joins() []option[string] { return joins }

var joins = []option[string]{
	{38, "inner join"}, {22, "left join"}, {8, "right join"}, {8, "full join"}, {6, "comma"}, {5, "cross join"}, {10, "USING"}, {5, "NATURAL"},
}

// from returns the sources of a SELECT.
func (g *gen) from(outer *scope, n int) (string, *scope) {
	text, src := g.source(outer)
	s := &scope{sources: []source{src}, outer: outer, bare: n == 1 && outer == nil && g.depth == 0}
	if n > 1 {
		g.nested = true
	}
	if n > 2 {
		g.tag(fmt.Sprint("chain of ", n))
	}
	for range n - 1 {
		right, src := g.source(outer)
		name := weigh(g.chooser, g.joins())
		g.tag(name)
		s.sources = append(s.sources, src)
		switch name {
		case "comma":
			text += ", " + right
		case "cross join":
			text += " CROSS JOIN " + right
		case "USING":
			if !g.using(s.sources[:len(s.sources)-1], src) {
				text += " JOIN " + right + " ON " + g.on(s)
			} else {
				text += pick(g.chooser, " JOIN ", " LEFT JOIN ", " JOIN ", map[bool]string{true: " FULL JOIN ", false: " RIGHT JOIN "}[g.traits().fullJoins]) + right + " USING (k)"
				s.equal = append(s.equal, equality{src.alias + ".k", kindInt})
			}
		case "NATURAL":
			if !g.natural(s.sources[:len(s.sources)-1], src) {
				text += " JOIN " + right + " ON " + g.on(s)
				break
			}
			text += pick(g.chooser, " NATURAL JOIN ", " NATURAL LEFT JOIN ", " NATURAL JOIN ", " NATURAL RIGHT JOIN ") + right
		case "LATERAL":
			// Each row before it has a query of its own.
			before := &scope{sources: s.sources[:len(s.sources)-1]}
			c := &src.relation.columns[g.n(len(src.relation.columns))]
			d, ok := g.like(before, c.kind)
			if !ok {
				d = g.other(g, before, c.kind)
			}
			join := pick(g.chooser, " JOIN ", " LEFT JOIN ", " CROSS JOIN ")
			text += join + "LATERAL (SELECT " + src.alias + ".* FROM " + right + " WHERE " + src.alias + "." + c.name + " = " + d + ") AS " + src.alias
			if join != " CROSS JOIN " {
				text += " ON TRUE"
			}
		default:
			text += map[string]string{
				"inner join": pick(g.chooser, " JOIN ", " INNER JOIN "),
				"left join":  pick(g.chooser, " LEFT JOIN ", " LEFT OUTER JOIN "),
				"right join": " RIGHT JOIN ", "full join": " FULL JOIN ",
			}[name] + right + " ON " + g.on(s)
		}
	}
	return text, s
}

func hasCommon(list []source) bool {
	return slices.ContainsFunc(list, func(s source) bool { return s.relation.column("k") != nil })
}

// on returns a join's condition: mostly an equality between the last source and
// one before it, often with a term on either side.
func (g *gen) on(s *scope) string {
	last := s.sources[len(s.sources)-1]
	before := pick(g.chooser, s.sources[:len(s.sources)-1]...)
	var text string
	switch {
	case last.relation.parent == before.relation && last.relation.parent != nil && g.percent(80):
		text = last.alias + "." + last.relation.ref + " = " + before.alias + "." + before.relation.key[0]
		s.equal = append(s.equal, equality{last.alias + "." + last.relation.ref, kindInt}, equality{before.alias + "." + before.relation.key[0], kindInt})
	case before.relation.parent == last.relation && before.relation.parent != nil && g.percent(80):
		text = before.alias + "." + before.relation.ref + " = " + last.alias + "." + last.relation.key[0]
		s.equal = append(s.equal, equality{before.alias + "." + before.relation.ref, kindInt}, equality{last.alias + "." + last.relation.key[0], kindInt})
	default:
		c := &last.relation.columns[g.n(len(last.relation.columns))]
		if last.relation.column("k") != nil && g.percent(50) {
			c = last.relation.column("k")
		}
		left := &scope{sources: []source{before}}
		if k := last.relation.column("k"); k != nil && before.relation.column("k") != nil && g.plain && g.percent(75) {
			// What programs join by has one type on both sides.
			c, left.sources[0].relation = k, &relation{columns: []column{*before.relation.column("k")}}
		}
		d, ok := g.like(left, c.kind)
		if !ok {
			d = g.other(g, left, c.kind)
		}
		op := " = "
		if g.percent(10) {
			op = " " + g.same() + " "
		}
		text = last.alias + "." + c.name + op + d
		s.equal = append(s.equal, equality{last.alias + "." + c.name, c.kind}, equality{d, c.kind})
	}
	if g.percent(20) {
		g.tag("ON with a term")
		text += " AND " + g.cond(&scope{sources: []source{pick(g.chooser, last, before)}, outer: s.outer}, 1)
	} else if g.percent(5) {
		g.tag("ON without an equality")
		text = g.cond(&scope{sources: []source{last}}, 1)
	}
	return text
}

// core returns a SELECT without compounds. Kinds are those of its columns, nil
// for any. Top is true where it may have ORDER BY and LIMIT.
func (g *gen) core(outer *scope, kinds []kind, top bool) string {
	n := weigh(g.chooser, []option[int]{{78, 1}, {14, 2}, {5, 3}, {3, 4}})
	if g.depth > 0 || kinds != nil {
		n = 1 + n/3
	}
	from, s := g.from(outer, n)
	if kinds == nil && g.percent(14) {
		return g.aggregate(from, s)
	}
	var list []string
	limit := top && g.percent(10)
	for i, k := range kinds {
		c, ok := g.like(s, k)
		if !ok {
			c = g.other(g, s, k)
		}
		if src := s.sources[0]; i == 0 && k == kindInt && src.relation.payload != "" && g.percent(80) {
			c = src.alias + "." + src.relation.payload
		}
		list = append(list, c)
	}
	switch {
	case kinds != nil:
	case !limit && g.percent(40):
		list = []string{"*"}
	default:
		// The payloads make most changes visible.
		for _, src := range s.sources {
			for _, c := range src.relation.columns {
				if (c.name == src.relation.payload || c.name == "k" || g.percent(40)) && !(limit && g.vague(c.kind)) {
					list = append(list, src.alias+"."+c.name)
				}
			}
		}
		if len(list) == 0 {
			c, _ := g.any(s)
			list = []string{c}
		}
		list = append(list, g.extra(s, limit)...)
	}
	head := "SELECT "
	distinct := g.percent(7) && !g.anyVague(s)
	if distinct {
		g.tag("DISTINCT")
		head += "DISTINCT "
	}
	text := head + strings.Join(list, ", ") + " FROM " + from + g.where(s)
	switch {
	case limit:
		return text + g.limit(s, len(list))
	case top && g.percent(10) && !(distinct && g.strict()):
		g.tag("ORDER BY")
		return text + " ORDER BY " + g.order(s)
	}
	return text
}

// extra returns outputs that are more than columns.
func (g *gen) extra(s *scope, limit bool) []string {
	c, k := g.any(s)
	switch weigh(g.chooser, []option[int]{{75, 0}, {8, 1}, {8, 2}, {9, 3}}) {
	case 1:
		g.tag("window")
		return []string{g.window(g, s, c)}
	case 2:
		if g.depth < 2 {
			g.tag("scalar subquery")
			g.tag("subquery in the select list")
			return []string{"(" + g.inner(s, pick(g.chooser, "max", "count", "sum"), []kind{g.summed(k)}) + ")"}
		}
	case 3:
		if limit && g.vague(k) {
			return nil
		}
		return []string{pick(g.chooser, g.expressions(g, c, k)...)}
	}
	return nil
}

// anyVague tells whether the scope has a column whose values can be equal and
// differ all the same.
func (g *gen) anyVague(s *scope) bool {
	return slices.ContainsFunc(s.sources, func(src source) bool {
		return slices.ContainsFunc(src.relation.columns, func(c column) bool { return g.vague(c.kind) })
	})
}

// order returns terms of ORDER BY.
func (g *gen) order(s *scope) string {
	c, k := g.any(s)
	if g.depth < 2 && g.percent(35) {
		g.tag("subquery in ORDER BY")
		return "(" + g.inner(s, "count", []kind{k}) + "), " + c
	}
	return pick(g.chooser, g.sorted(c, k)...)
}

// limit returns an order over all outputs, so that the first rows are no matter
// of chance, and a LIMIT.
func (g *gen) limit(s *scope, n int) string {
	g.tag("LIMIT")
	text := " ORDER BY "
	if s != nil && g.percent(30) {
		text += g.order(s) + ", "
	}
	for i := range n {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(i + 1)
	}
	if g.constant || g.percent(50) {
		text += fmt.Sprint(" LIMIT ", 1+g.n(3))
	} else {
		text += " LIMIT " + g.param(int64(1+g.n(3)))
	}
	if g.percent(30) {
		g.tag("OFFSET")
		text += fmt.Sprint(" OFFSET ", g.n(3))
	}
	return text
}

// aggregate returns a SELECT with aggregates.
func (g *gen) aggregate(from string, s *scope) string {
	g.tag("aggregate")
	c, k := g.any(s)
	var list []string
	for _, src := range s.sources {
		if p := src.relation.payload; p != "" && src.relation.column(p) != nil {
			list = append(list, "sum("+src.alias+"."+p+")")
		}
	}
	list = append(list, pick(g.chooser, g.aggregates(g, c, k)...))
	where := g.where(s)
	whole := g.percent(50)
	if whole || g.anyVague(s) {
		return "SELECT " + strings.Join(list, ", ") + " FROM " + from + where
	}
	g.tag("GROUP BY")
	by, byKind := g.any(s)
	text := "SELECT " + by + ", " + strings.Join(list, ", ") + " FROM " + from + where + " GROUP BY " + by
	if g.percent(45) {
		g.tag("HAVING")
		if g.percent(60) && g.depth < 2 {
			g.tag("subquery in HAVING")
			return text + " HAVING count(*) > (" + g.inner(nil, "count", []kind{k}) + ")"
		}
		return text + " HAVING " + pick(g.chooser, g.having(g, by, byKind, c, k)...)
	}
	return text
}

// compound returns a UNION, INTERSECT or EXCEPT of two or three SELECTs.
func (g *gen) compound() string {
	kinds := make([]kind, 1+g.n(3))
	for i := range kinds {
		kinds[i] = pick(g.chooser, kindInt, kindText)
	}
	if g.percent(70) {
		kinds[0] = kindInt
	}
	text := g.core(nil, kinds, false)
	for range 1 + g.n(5)/4 {
		name := pick(g.chooser, "UNION", "UNION ALL", "EXCEPT", "INTERSECT")
		g.tag(name)
		text += " " + name + " " + g.core(nil, kinds, false)
	}
	if g.percent(20) {
		text += g.limit(nil, len(kinds))
	}
	return text
}

// with returns a SELECT over common table expressions.
func (g *gen) with() string {
	g.tag("CTE")
	var parts []string
	for i := range 1 + g.n(2) {
		r := &relation{name: fmt.Sprint("n", i)}
		body := g.named(r)
		name := r.name
		if g.percent(30) {
			names := make([]string, len(r.columns))
			for j := range r.columns {
				r.columns[j].name = fmt.Sprint("d", j)
				names[j] = r.columns[j].name
			}
			name += " (" + strings.Join(names, ", ") + ")"
		}
		if g.traits().materialized {
			body = pick(g.chooser, "", "", "MATERIALIZED ", "NOT MATERIALIZED ") + "(" + body + ")"
		} else {
			body = "(" + body + ")"
		}
		parts = append(parts, name+" AS "+body)
		g.ctes = append(g.ctes, r)
	}
	from, src := g.take(g.ctes[len(g.ctes)-1])
	s := &scope{sources: []source{src}}
	if g.percent(50) {
		right, other := g.source(nil)
		s.sources = append(s.sources, other)
		name := pick(g.chooser, "inner join", "left join")
		g.tag(name)
		from += map[string]string{"inner join": " JOIN ", "left join": " LEFT JOIN "}[name] + right + " ON " + g.on(s)
	}
	return "WITH " + strings.Join(parts, ", ") + " SELECT * FROM " + from + g.where(s)
}

// recursive returns a query that follows references from row to row.
func (g *gen) recursive() string {
	g.tag("recursive CTE")
	t := g.table()
	for _, u := range g.made.tables {
		if u.parent == u && g.percent(80) {
			t = u
		}
	}
	from := "k"
	if t.parent == t {
		from = t.ref
	}
	id := t.columns[0].name
	seed := g.alone(t)
	text := "WITH RECURSIVE r (n, d) AS (SELECT " + t.name + "." + id + ", 0 FROM " + t.name + " WHERE " + g.cond(seed, 1) +
		pick(g.chooser, " UNION ", " UNION ALL ") + "SELECT " + t.name + "." + id + ", r.d + 1 FROM r JOIN " + t.name + " ON " + t.name + "." + from + " = r.n WHERE r.d < 2"
	if g.percent(30) {
		text += " AND " + g.cond(seed, 0)
	}
	text += ") SELECT "
	if g.percent(30) {
		return text + "n, d FROM r"
	}
	return text + "r.d, " + t.name + ".* FROM r JOIN " + t.name + " ON " + t.name + "." + id + " = r.n"
}
