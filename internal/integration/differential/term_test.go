package differential

import (
	"slices"
	"strings"
)

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

func (sqliteFlavour) terms(plain bool) []option[string] {
	if plain {
		return plainTerms
	}
	return termKinds
}

func (f sqliteFlavour) term(g *gen, s *scope, name, c string, k kind) string {
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
		return f.computed(g, c, k, name)
	}
}

// computed returns a condition on a value made from a column.
func (sqliteFlavour) computed(g *gen, c string, k kind, name string) string {
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

// subquery returns a condition with a query inside.
func (sqliteFlavour) subquery(g *gen, s *scope) string {
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
		for _, r := range append(slices.Clone(g.ctes), g.made.views...) {
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
