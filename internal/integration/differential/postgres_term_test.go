package differential

import (
	"slices"
	"strings"
)

// pgPlainTerms are the conditions that most programs write, and that a cache can
// tell rows by.
var pgPlainTerms = []option[string]{
	{58, "="}, {14, "IN list"}, {5, "value ="}, {7, "= ANY"}, {5, "IS NULL"}, {3, "row ="}, {3, "IS NOT DISTINCT FROM"}, {2, "IS TRUE"}, {3, "bare column"},
}

var pgTerms = []option[string]{
	{34, "="}, {10, "IN list"}, {8, "= ANY"}, {4, "row ="}, {3, "row IN"}, {4, "value ="}, {3, "<> ALL"},
	{3, "IS NULL"}, {3, "IS NOT NULL"}, {2, "IS DISTINCT FROM"}, {3, "IS NOT DISTINCT FROM"}, {2, "IS UNKNOWN"},
	{3, "IS TRUE"}, {3, "bare column"}, {2, "<>"}, {2, "!="}, {2, "<"}, {2, "<="}, {2, ">"}, {2, ">="}, {2, "OPERATOR"},
	{2, "BETWEEN"}, {2, "NOT IN list"}, {2, "LIKE"}, {2, "ILIKE"}, {2, "~"}, {2, "COLLATE"}, {2, "arithmetic"}, {2, "function"},
	{2, "CASE"}, {2, "column = column"}, {16, "subquery"}, {2, "concatenation"}, {2, "CAST"}, {2, "row comparison"}, {1, "user function"},
}

func (postgresFlavour) terms(plain bool) []option[string] {
	if plain {
		return pgPlainTerms
	}
	return pgTerms
}

func (f postgresFlavour) term(g *gen, s *scope, name, c string, k kind) string {
	switch name {
	case "=", "<>", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM":
		return c + " " + name + " " + g.value(k)
	case "OPERATOR":
		return c + " OPERATOR(pg_catalog.=) " + g.value(k)
	case "value =":
		return g.value(k) + " = " + c
	case "IN list", "NOT IN list":
		list := make([]string, 1+g.n(3))
		for i := range list {
			list[i] = g.value(k)
		}
		return c + " " + strings.TrimSuffix(name, " list") + " (" + strings.Join(list, ", ") + ")"
	case "= ANY":
		return c + " = ANY(" + f.list(g, k) + ")"
	case "<> ALL":
		return c + " <> ALL(" + f.list(g, k) + ")"
	case "row =":
		d, l := g.any(s)
		return pick(g.chooser, "(", "ROW(") + c + ", " + d + ") = (" + g.value(k) + ", " + g.value(l) + ")"
	case "row comparison":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "<>", "<", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM") + " (" + g.value(k) + ", " + g.value(l) + ")"
	case "row IN":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "IN", "IN", "NOT IN") + " ((" + g.value(k) + ", " + g.value(l) + "), (" + g.value(k) + ", " + g.value(l) + "))"
	case "IS NULL", "IS NOT NULL":
		return c + " " + pick(g.chooser, name, name, name, map[string]string{"IS NULL": "ISNULL", "IS NOT NULL": "NOTNULL"}[name])
	case "IS TRUE", "IS UNKNOWN":
		test := pick(g.chooser, " IS TRUE", " IS FALSE", " IS NOT TRUE", " IS NOT FALSE")
		if name == "IS UNKNOWN" {
			test = pick(g.chooser, " IS UNKNOWN", " IS NOT UNKNOWN")
		}
		if b, ok := g.like(s, kindBool); ok {
			return b + test
		}
		return "(" + c + " = " + g.value(k) + ")" + test
	case "bare column":
		if b, ok := g.like(s, kindBool); ok {
			return pick(g.chooser, b, b, "NOT "+b, b+" = "+g.value(kindBool), b+" IS NOT NULL")
		}
		return c + " = " + g.value(k)
	case "BETWEEN":
		return c + pick(g.chooser, " BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC ") + g.value(k) + " AND " + g.value(k)
	case "LIKE", "ILIKE", "~":
		t, ok := g.like(s, kindText)
		if !ok {
			t = c + "::text"
		}
		if name == "~" {
			return t + pick(g.chooser, " ~ ", " !~ ", " ~* ") + pick(g.chooser, "'^a'", "'b'", "'1'")
		}
		return t + pick(g.chooser, " ", " NOT ") + name + pick(g.chooser, " 'a%'", " '%b'", " '1%'", " 'a'")
	case "COLLATE":
		if t, ok := g.like(s, kindText); ok {
			return t + " = " + g.value(kindText) + " COLLATE " + pick(g.chooser, `"C"`, `"POSIX"`)
		}
		return c + " = " + g.value(k)
	case "column = column":
		if d, ok := g.like(s, k); ok {
			return c + pick(g.chooser, " = ", " IS NOT DISTINCT FROM ") + d
		}
		return c + " = " + c
	case "user function":
		if g.made.function != "" {
			g.tag("function that reads")
			return g.made.function + "(" + g.value(kindInt) + ") " + pick(g.chooser, ">", "=") + " 0"
		}
		return c + " = " + g.value(k)
	default:
		return f.computed(g, s, name, c, k)
	}
}

// computed returns a condition on a value made from a column.
func (postgresFlavour) computed(g *gen, s *scope, name, c string, k kind) string {
	number, hasNumber := g.like(s, kindInt)
	switch name {
	case "arithmetic":
		if hasNumber {
			return number + pick(g.chooser, " + 1", " * 2", " - 1", " % 2", " & 1", " | 1", " << 1") + " = " + g.value(kindInt)
		}
		return c + " IS NULL"
	case "concatenation":
		return c + "::text || 'a' = " + pick(g.chooser, "'aa'", "'ba'", "'1a'")
	case "CASE":
		return "CASE " + c + " WHEN " + g.value(k) + " THEN 1 ELSE 0 END = " + pick(g.chooser, "1", "0")
	case "CAST":
		return pick(g.chooser, "CAST("+c+" AS text)", c+"::text", c+"::varchar") + " = " + g.value(kindText)
	}
	if hasNumber && g.percent(50) {
		form := pick(g.chooser, "coalesce(#, 0)", "abs(#)", "nullif(#, 1)", "greatest(#, 1)", "+#", "-#", "length(#::text)", "#::bigint", "mod(#, 2)")
		return strings.ReplaceAll(form, "#", number) + " = " + g.value(kindInt)
	}
	form := pick(g.chooser, "lower(#::text)", "upper(#::text)", "trim(#::text)", "coalesce(#::text, 'a')", "substr(#::text, 1, 1)", "md5(#::text)", "#::text")
	return strings.ReplaceAll(form, "#", c) + " = " + g.value(kindText)
}

// subquery returns a condition with a query inside.
func (postgresFlavour) subquery(g *gen, s *scope) string {
	name := pick(g.chooser, "EXISTS", "IN (SELECT)", "NOT EXISTS", "scalar subquery", "NOT IN (SELECT)", "row IN (SELECT)", "= ANY (SELECT)")
	g.tag(name)
	c, k := g.any(s)
	switch name {
	case "EXISTS", "NOT EXISTS":
		return name + " (" + g.inner(s, "1", nil) + ")"
	case "IN (SELECT)", "NOT IN (SELECT)":
		return c + " " + strings.TrimSuffix(name, " (SELECT)") + " (" + g.inner(s, "", []kind{k}) + ")"
	case "= ANY (SELECT)":
		return c + pick(g.chooser, " = ANY", " = SOME", " <> ALL") + " (" + g.inner(s, "", []kind{k}) + ")"
	case "row IN (SELECT)":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") IN (" + g.inner(s, "", []kind{k, l}) + ")"
	default:
		if n, ok := g.like(s, kindInt); ok && g.percent(50) {
			return n + " = (" + g.inner(s, pick(g.chooser, "max", "min", "count"), []kind{kindInt}) + ")"
		}
		return "(" + g.inner(s, "count", []kind{k}) + ") " + pick(g.chooser, ">", "=", "<=") + " " + pick(g.chooser, "1", "0", "2")
	}
}

var pgJoins = []option[string]{
	{37, "inner join"}, {22, "left join"}, {8, "right join"}, {8, "full join"}, {6, "comma"}, {5, "cross join"}, {10, "USING"}, {5, "NATURAL"}, {5, "LATERAL"},
}

func (postgresFlavour) joins() []option[string] { return pgJoins }

// using: a column that two sources before it have would be ambiguous.
func (postgresFlavour) using(before []source, src source) bool {
	return len(before) == 1 && src.relation.column("k") != nil && hasCommon(before)
}

func (postgresFlavour) natural(before []source, _ source) bool { return len(before) == 1 }

// window returns a window function whose value is no matter of the order of rows
// that are alike.
func (postgresFlavour) window(g *gen, s *scope, c string) string {
	var order []string
	for _, src := range s.sources {
		order = append(order, src.alias+"."+src.relation.columns[0].name)
	}
	functions := []string{"rank()", "dense_rank()", "count(*)"}
	if n, ok := g.like(s, kindInt); ok {
		functions = append(functions, "sum("+n+")", "max("+n+")")
	}
	if r := s.sources[0].relation; len(s.sources) == 1 && len(r.key) > 0 && slices.Contains(g.made.tables, r) {
		functions = append(functions, "row_number()", "lag("+c+")", "first_value("+c+")")
		order = nil
		for _, key := range r.key {
			order = append(order, s.sources[0].alias+"."+key)
		}
	}
	return pick(g.chooser, functions...) + " OVER (" + pick(g.chooser, "", "PARTITION BY "+c+" ") + "ORDER BY " + strings.Join(order, ", ") + ")"
}

func (postgresFlavour) expressions(g *gen, c string, k kind) []string {
	list := []string{c + " = " + g.value(k), "CASE WHEN " + c + " IS NULL THEN 0 ELSE 1 END", c + " IS DISTINCT FROM " + g.value(k), c + "::text", "coalesce(" + c + "::text, 'none')"}
	if k == kindInt {
		list = append(list, "coalesce("+c+", 0)", c+" + 1", c+" IN (1, 2)", c+" || ''")
	}
	if g.made.function != "" && g.percent(20) {
		g.tag("function that reads")
		return []string{g.made.function + "(1)"}
	}
	return list
}

func (f postgresFlavour) aggregates(g *gen, c string, k kind) []string {
	list := []string{
		"count(*)", "count(" + c + ")", "count(DISTINCT " + c + ")", "count(*) FILTER (WHERE " + c + " = " + g.value(k) + ")",
		"string_agg(" + c + "::text, ',' ORDER BY " + c + `::text COLLATE "C")`, "bool_or(" + c + " IS NULL)",
	}
	switch k {
	case kindInt, kindNum, kindDate, kindTime, kindEnum:
		list = append(list, "min("+c+")", "max("+c+")")
	}
	if k == kindInt {
		list = append(list, "avg("+c+")", "array_agg("+c+" ORDER BY "+c+")")
	}
	return list
}

func (postgresFlavour) having(g *gen, by string, byKind kind, c string, k kind) []string {
	list := []string{"count(*) > 1", "count(" + c + ") = 1", by + " = " + g.value(byKind), by + " IS NOT NULL"}
	if k == kindInt {
		list = append(list, "min("+c+") = "+g.value(k), "sum("+c+") > 1")
	}
	return list
}

func (postgresFlavour) sorted(c string, k kind) []string {
	list := []string{c, c + " DESC", c + " NULLS FIRST", c + " USING <"}
	if k == kindText {
		list = append(list, c+` COLLATE "C"`)
	}
	return list
}
