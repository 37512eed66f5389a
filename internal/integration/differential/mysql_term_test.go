package differential

import (
	"slices"
	"strings"
)

// mysqlPlainTerms are the conditions that most programs write, and that a cache can
// tell rows by.
var mysqlPlainTerms = []option[string]{
	{62, "="}, {16, "IN list"}, {5, "value ="}, {5, "IS NULL"}, {3, "row ="}, {3, "<=>"}, {2, "IS TRUE"}, {3, "bare column"},
}

var mysqlTerms = []option[string]{
	{34, "="}, {12, "IN list"}, {4, "row ="}, {3, "row IN"}, {4, "value ="}, {3, "IS NULL"}, {3, "IS NOT NULL"}, {4, "<=>"}, {2, "IS UNKNOWN"},
	{3, "IS TRUE"}, {3, "bare column"}, {2, "<>"}, {2, "!="}, {2, "<"}, {2, "<="}, {2, ">"}, {2, ">="},
	{2, "BETWEEN"}, {2, "NOT IN list"}, {2, "LIKE"}, {2, "REGEXP"}, {2, "COLLATE"}, {2, "BINARY"}, {2, "arithmetic"}, {2, "function"},
	{2, "CASE"}, {2, "column = column"}, {16, "subquery"}, {2, "concatenation"}, {2, "CAST"}, {2, "row comparison"}, {1, "user function"}, {2, "XOR"}, {2, "||"}, {2, "!"}, {1, "comment"}, {1, "chain of ="},
}

func (mysqlFlavour) terms(plain bool) []option[string] {
	if plain {
		return mysqlPlainTerms
	}
	return mysqlTerms
}

func (f mysqlFlavour) term(g *gen, s *scope, name, c string, k kind) string {
	switch name {
	case "=", "<>", "!=", "<", "<=", ">", ">=", "<=>":
		return c + " " + name + " " + g.value(k)
	case "value =":
		return g.value(k) + pick(g.chooser, " = ", " = ", " <=> ") + c
	case "IN list", "NOT IN list":
		list := make([]string, 1+g.n(3))
		for i := range list {
			list[i] = g.value(k)
		}
		return c + " " + strings.TrimSuffix(name, " list") + " (" + strings.Join(list, ", ") + ")"
	case "row =":
		d, l := g.any(s)
		return pick(g.chooser, "(", "ROW(") + c + ", " + d + ") = (" + g.value(k) + ", " + g.value(l) + ")"
	case "row comparison":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "<>", "<", ">=", "<=>") + " (" + g.value(k) + ", " + g.value(l) + ")"
	case "row IN":
		d, l := g.any(s)
		return "(" + c + ", " + d + ") " + pick(g.chooser, "IN", "IN", "NOT IN") + " ((" + g.value(k) + ", " + g.value(l) + "), (" + g.value(k) + ", " + g.value(l) + "))"
	case "IS NULL", "IS NOT NULL":
		return c + " " + name
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
		if b, ok := g.like(s, kindBool); ok && g.percent(70) {
			return pick(g.chooser, b, b, "NOT "+b, b+" = "+g.value(kindBool), b+" IS NOT NULL")
		}
		return c
	case "BETWEEN":
		return c + pick(g.chooser, " BETWEEN ", " NOT BETWEEN ") + g.value(k) + " AND " + g.value(k)
	case "LIKE":
		return c + pick(g.chooser, " LIKE", " NOT LIKE") + pick(g.chooser, " 'a%'", " '%b'", " '1%'", " 'a'", " 'a|%' ESCAPE '|'")
	case "REGEXP":
		return c + pick(g.chooser, " REGEXP ", " RLIKE ", " NOT REGEXP ") + pick(g.chooser, "'^a'", "'b'", "'1'")
	case "COLLATE":
		if t, ok := g.like(s, kindText); ok {
			return pick(g.chooser, t+" = "+g.value(kindText)+" COLLATE utf8mb4_general_ci", t+" COLLATE utf8mb4_bin = "+g.value(kindText), t+" COLLATE utf8mb4_unicode_ci IN ("+g.value(kindText)+", "+g.value(kindText)+")")
		}
		return c + " = " + g.value(k)
	case "BINARY":
		return pick(g.chooser, "BINARY "+c+" = "+g.value(k), c+" = BINARY "+g.value(k))
	case "column = column":
		if d, ok := g.like(s, k); ok {
			return c + pick(g.chooser, " = ", " <=> ") + d
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

// computed returns a condition on a value made from a column, or one that MySQL reads in
// its own way.
func (mysqlFlavour) computed(g *gen, s *scope, name, c string, k kind) string {
	d, l := g.any(s)
	switch name {
	case "arithmetic":
		return c + pick(g.chooser, " + 1", " * 2", " - 1", " % 2", " & 1", " | 1", " << 1", " DIV 2", " MOD 2", " ^ 1") + " = " + g.value(kindInt)
	case "concatenation":
		return "CONCAT(" + c + ", 'a') = " + pick(g.chooser, "'aa'", "'ba'", "'1a'")
	case "CASE":
		return "CASE " + c + " WHEN " + g.value(k) + " THEN 1 ELSE 0 END = " + pick(g.chooser, "1", "0")
	case "CAST":
		return pick(g.chooser, "CAST("+c+" AS CHAR)", "CONVERT("+c+", CHAR)", "CONVERT("+c+" USING latin1)", "CAST("+c+" AS BINARY)") + " = " + g.value(kindText)
	case "XOR":
		return "(" + c + " = " + g.value(k) + " XOR " + d + " = " + g.value(l) + ")"
	case "||":
		return "(" + c + " = " + g.value(k) + pick(g.chooser, " || ", " && ", " || ") + d + " = " + g.value(l) + ")"
	case "!":
		return pick(g.chooser, "!("+c+" = "+g.value(k)+")", "! "+c, "NOT "+c+" = "+g.value(k), "!"+c+" = "+g.value(kindInt))
	case "comment":
		return pick(g.chooser,
			c+" = "+g.value(k)+" /*! OR "+d+" = "+g.value(l)+" */", c+" = "+g.value(k)+" /* OR 1 */", c+" = "+g.value(k)+" -- OR\n", c+" = "+g.value(k)+" # OR\n", c+" = 3--1",
			c+" = "+g.value(k)+" /*M!100100 OR 1 */", c+" = "+g.value(k)+" /*!99999 OR 1 */")
	case "chain of =":
		return c + " = " + d + " = " + g.value(kindInt)
	}
	if g.percent(50) {
		form := pick(g.chooser, "coalesce(#, 0)", "abs(#)", "nullif(#, 1)", "greatest(#, 1)", "+#", "-#", "length(#)", "mod(#, 2)", "ifnull(#, 1)", "if(#, 1, 0)", "floor(#)", "~#", "char_length(#)", "isnull(#)", "sign(#)")
		return strings.ReplaceAll(form, "#", c) + " = " + g.value(kindInt)
	}
	form := pick(g.chooser, "lower(#)", "upper(#)", "trim(#)", "coalesce(#, 'a')", "substr(#, 1, 1)", "md5(#)", "hex(#)", "left(#, 1)", "reverse(#)", "replace(#, 'a', 'b')", "lpad(#, 2, 'a')")
	return strings.ReplaceAll(form, "#", c) + " = " + g.value(kindText)
}

// subquery returns a condition with a query inside.
func (f mysqlFlavour) subquery(g *gen, s *scope) string {
	if s.outer != nil && slices.ContainsFunc(s.sources, func(src source) bool { return slices.Contains(g.made.views, src.relation) }) {
		// MariaDB 10.11.19 may crash when it prepares a query in a query that reads a
		// view, in mark_select_range_as_dependent.
		c, k := g.any(s)
		return f.term(g, s, "=", c, k)
	}
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

var mysqlJoins = []option[string]{
	{40, "inner join"}, {24, "left join"}, {9, "right join"}, {6, "comma"}, {5, "cross join"}, {10, "USING"}, {6, "NATURAL"},
}

func (mysqlFlavour) joins() []option[string] { return mysqlJoins }

// using: a column that two sources before it have would be ambiguous.
func (mysqlFlavour) using(before []source, src source) bool {
	return len(before) == 1 && src.relation.column("k") != nil && hasCommon(before)
}

func (mysqlFlavour) natural(before []source, _ source) bool { return len(before) == 1 }

func (mysqlFlavour) inTable(name string) string { return "(SELECT * FROM " + name + ")" }

// window returns a window function whose value is no matter of the order of rows
// that are alike.
func (mysqlFlavour) window(g *gen, s *scope, c string) string {
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

func (mysqlFlavour) expressions(g *gen, c string, k kind) []string {
	list := []string{
		c + " = " + g.value(k), "CASE WHEN " + c + " IS NULL THEN 0 ELSE 1 END", c + " <=> " + g.value(k), "CAST(" + c + " AS CHAR)", "coalesce(" + c + ", 'none')", "CONCAT(" + c + ", '')", "hex(" + c + ")",
		g.value(k) + " AS constant", "'é' AS constant", "NULL AS nothing",
	}
	if k == kindInt {
		list = append(list, "coalesce("+c+", 0)", c+" + 1", c+" IN (1, 2)", c+" / 2", c+" * 1.5", c+" DIV 2", "-"+c)
	}
	if k == kindDate || k == kindTime {
		list = append(list, c+" + INTERVAL 1 DAY", "YEAR("+c+")", "DATE("+c+")", "UNIX_TIMESTAMP("+c+")", "DATE_FORMAT("+c+", '%W %d')")
	}
	if g.made.function != "" && g.percent(20) {
		g.tag("function that reads")
		return []string{g.made.function + "(1)"}
	}
	return list
}

func (mysqlFlavour) aggregates(g *gen, c string, k kind) []string {
	list := []string{
		"count(*)", "count(" + c + ")", "count(DISTINCT " + c + ")", "sum(" + c + " = " + g.value(k) + ")", "bit_or(" + c + " IS NULL)", "min(hex(" + c + "))",
		"group_concat(hex(" + c + ") ORDER BY hex(" + c + "))", "std(" + c + " IS NULL)",
	}
	switch k {
	case kindInt, kindNum, kindDate, kindTime, kindText:
		list = append(list, "min("+c+")", "max("+c+")")
	}
	if k == kindInt {
		list = append(list, "avg("+c+")", "group_concat("+c+" ORDER BY "+c+" SEPARATOR ';')", "bit_and("+c+")")
	}
	return list
}

func (mysqlFlavour) having(g *gen, by string, byKind kind, c string, k kind) []string {
	list := []string{"count(*) > 1", "count(" + c + ") = 1", by + " = " + g.value(byKind), by + " IS NOT NULL"}
	if k == kindInt {
		list = append(list, "min("+c+") = "+g.value(k), "sum("+c+") > 1")
	}
	return list
}

func (mysqlFlavour) sorted(c string, k kind) []string {
	list := []string{c, c + " DESC", c + " IS NULL, " + c, "-" + c}
	if k == kindText {
		list = append(list, c+" COLLATE utf8mb4_general_ci")
	}
	return list
}

// firstRows: rows that are alike in all columns are no matter of their order.
func (mysqlFlavour) firstRows(columns int) string { return postgresFlavour{}.firstRows(columns) }
