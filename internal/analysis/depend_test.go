package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// family is a schema for joins. Column t compares without case in a and with it
// in b and c; f has no rules.
func family() *dialect.Catalog {
	view := func(name, query string, columns ...string) *dialect.Table {
		v := of(dialect.TableView, columnsOf(table(name), columns...))
		v.View = sqlite.Parse(query)
		for _, c := range v.Columns {
			v.ViewColumns = append(v.ViewColumns, c.Name)
		}
		return v
	}
	return catalog(
		columnsOf(table("a"), "id num", "x num", "y num", "t nocase", "f"),
		columnsOf(table("b"), "id num", "aid num", "x num", "y num", "t text", "f"),
		columnsOf(table("c"), "id num", "bid num", "x num", "z num", "t text"),
		view("v", "SELECT id, x AS ex, y + 1 AS sum, t FROM a WHERE y = 2", "id", "ex", "sum", "t"),
		view("vv", "SELECT v.id AS vid, b.x FROM v JOIN b ON b.aid = v.id WHERE v.ex = 3", "vid", "x"),
		view("lefts", "SELECT a.id, b.x FROM a LEFT JOIN b ON b.aid = a.id AND b.y = 4", "id", "x"),
		view("sums", "SELECT x, count(*) AS n FROM a WHERE y = 2 GROUP BY x", "x", "n"),
		view("renamed", "SELECT id, x FROM a", "one", "two"),
		view("unnamed", "SELECT id, x + 1 FROM a WHERE y = 2", "id", "x + 1"),
		view("stars", "SELECT * FROM a WHERE x = 1", "id", "x", "y", "t", "f"),
	)
}

// TestDependencies says what queries depend on, table by table. ?1 is 7, ?2 is
// 'live', ?3 is NULL.
func TestDependencies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, query, want string }{
		// Joins: the terms on each alias.
		{"inner join", "SELECT * FROM a JOIN b ON b.aid = a.id AND b.x = 1 WHERE a.x = 2", "a: x = 2 | b: x = 1"},
		{"comma", "SELECT * FROM a, b WHERE a.x = 1 AND b.y = 2", "a: x = 1 | b: y = 2"},
		{"cross join with ON", "SELECT * FROM a CROSS JOIN b ON b.x = 1", "a: every row | b: x = 1"},
		{"names without a qualifier", "SELECT * FROM a JOIN b ON aid = a.id WHERE aid = 2 OR aid = 3", "a: id = 2 | a: id = 3 | b: aid = 2 | b: aid = 3"},
		{"an ambiguous name says nothing", "SELECT * FROM a JOIN b ON aid = a.id WHERE x = 1", "a: every row | b: every row"},
		{"the aliases of one table add up", "SELECT * FROM a p JOIN a q ON q.id = p.y WHERE p.x = 1 AND q.x = 2", "a: x = 1 | a: x = 2"},
		{"an alias hides the table's name", "SELECT * FROM a p JOIN b a ON a.aid = p.id WHERE a.x = 1", "a: every row | b: x = 1"},
		{"OR over two tables says nothing", "SELECT * FROM a JOIN b ON aid = a.id WHERE a.x = 1 OR b.x = 2", "a: every row | b: every row"},
		{"OR inside AND", "SELECT * FROM a JOIN b ON aid = a.id WHERE a.x = 1 AND (b.x = 2 OR a.y = 3)", "a: x = 1 | b: every row"},

		// Equality across joins.
		{"equality crosses the join", "SELECT * FROM a JOIN b ON b.aid = a.id WHERE a.id = ?1", "a: id = 7 | b: aid = 7"},
		{"over three tables", "SELECT * FROM a JOIN b ON b.aid = a.id JOIN c ON c.bid = b.aid WHERE c.bid IN (1, 2)", "a: id = 1 | a: id = 2 | b: aid = 1 | b: aid = 2 | c: bid = 1 | c: bid = 2"},
		{"of rows", "SELECT * FROM a JOIN b ON (b.aid, b.x) = (a.id, a.x) WHERE a.x = 1 AND a.id = 2", "a: id = 2 AND x = 1 | b: aid = 2 AND x = 1"},
		{"within OR", "SELECT * FROM a JOIN b ON b.aid = a.id WHERE a.id = 1 OR b.aid = 2", "a: id = 1 | a: id = 2 | b: aid = 1 | b: aid = 2"},
		{"unlike collations carry nothing", "SELECT * FROM a JOIN b ON a.t = b.t WHERE a.t = 'x'", "a: t = 'x' | b: every row"},
		{"like collations do", "SELECT * FROM b JOIN c ON c.t = b.t WHERE b.t = 'x'", "b: t = 'x' | c: t = 'x'"},
		{"IS between columns carries nothing", "SELECT * FROM a JOIN b ON b.aid IS a.id WHERE a.id = 1", "a: id = 1 | b: every row"},
		{"IS NULL is not carried", "SELECT * FROM a JOIN b ON b.aid = a.id WHERE a.id IS NULL", "a: id IS NULL | b: every row"},
		{"truth is not carried", "SELECT * FROM a JOIN b ON b.aid = a.id WHERE a.id", "a: id IS TRUE | b: every row"},
		{"under OR an equality of columns is no fact", "SELECT * FROM a JOIN b ON b.aid = a.id OR b.x = 1 WHERE a.id = 1", "a: id = 1 | b: every row"},
		{"under NOT neither", "SELECT * FROM a JOIN b ON NOT (b.aid = a.id) WHERE a.id = 1", "a: id = 1 | b: every row"},

		// Outer joins.
		{"ON restricts the null-extended side", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND b.x = 1", "a: every row | b: x = 1"},
		{"ON never restricts the preserved side", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND a.x = 1", "a: every row | b: every row"},
		{"RIGHT JOIN is the other way round", "SELECT * FROM a RIGHT JOIN b ON b.aid = a.id AND a.x = 1 AND b.x = 2", "a: x = 1 | b: every row"},
		{"FULL JOIN restricts neither", "SELECT * FROM a FULL JOIN b ON b.aid = a.id AND a.x = 1 AND b.x = 2", "a: every row | b: every row"},
		{"WHERE restricts the preserved side", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE a.x = 1", "a: x = 1 | b: every row"},
		{"WHERE restricts the null-extended side where it rejects NULL", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x = 1", "a: every row | b: x = 1"},
		{"IS NULL does not", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS NULL", "a: every row | b: every row"},
		{"IS NULL in ON does restrict", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND b.x IS NULL", "a: every row | b: x IS NULL"},
		{"OR with IS NULL does not", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x = 1 OR b.x IS NULL", "a: every row | b: every row"},
		{"IS NULL beside a term that rejects NULL does", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x = 1 AND b.y IS NULL", "a: every row | b: x = 1 AND y IS NULL"},
		{"IS NOT NULL does", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS NOT NULL", "a: every row | b: x IS NOT NULL"},
		{"IS NOT TRUE does not", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS NOT TRUE", "a: every row | b: every row"},
		{"IS with a value does", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS 5", "a: every row | b: x = 5"},
		{"IS with an argument that is a value does", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS ?1", "a: every row | b: x = 7"},
		{"IS with an argument that is NULL does not", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS ?3", "a: every row | b: every row"},
		{"IS NULL and IS with an argument that is NULL", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS ?3 AND b.y IS NULL", "a: every row | b: every row"},
		{"two IS with arguments, one NULL", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.x IS ?3 AND b.y IS ?1", "a: every row | b: every row"},
		{"on the preserved side IS NULL is a term", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE a.x IS ?3", "a: x IS NULL | b: every row"},
		{"ON and WHERE together", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND b.x = 1 WHERE b.y = 2", "a: every row | b: x = 1 AND y = 2"},
		{"the ON of a later LEFT JOIN does not restrict an earlier table", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id LEFT JOIN c ON c.bid = a.id AND b.x = 1", "a: every row | b: every row | c: every row"},
		{"the ON of a later inner join does, where it rejects NULL", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id JOIN c ON c.bid = a.id AND b.x = 1", "a: every row | b: x = 1 | c: every row"},
		{"and not where it does not", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id JOIN c ON c.bid = a.id AND b.x IS NULL", "a: every row | b: every row | c: every row"},
		{"inner join inside the null-extended side", "SELECT * FROM a LEFT JOIN (b JOIN c ON c.bid = b.id AND b.x = 1) ON b.aid = a.id AND c.z = 2", "a: every row | b: x = 1 | c: z = 2"},
		{"null-extended inside the null-extended side", "SELECT * FROM a LEFT JOIN (b LEFT JOIN c ON c.bid = b.id) ON b.aid = a.id AND c.x IS NULL", "a: every row | b: every row | c: every row"},
		{"the same with a term that rejects NULL", "SELECT * FROM a LEFT JOIN (b LEFT JOIN c ON c.bid = b.id) ON b.aid = a.id AND c.x = 1", "a: every row | b: every row | c: x = 1"},
		{"null-extended by FULL JOIN, WHERE rejects NULL", "SELECT * FROM a FULL JOIN b ON b.aid = a.id WHERE a.x = 1", "a: x = 1 | b: every row"},
		{"a RIGHT JOIN makes all before it null-extended", "SELECT * FROM a JOIN b ON b.aid = a.id RIGHT JOIN c ON c.bid = b.id WHERE a.x IS NULL", "a: every row | b: every row | c: every row"},
		{"inner ON below a RIGHT JOIN still restricts", "SELECT * FROM a JOIN b ON b.aid = a.id AND a.x = 1 RIGHT JOIN c ON c.bid = b.id", "a: x = 1 | b: every row | c: every row"},
		{"a contradictory ON empties its side alone", "SELECT * FROM a LEFT JOIN b ON b.x = 1 AND b.x = 2 WHERE a.x = 3", "a: x = 3 | b: x = 1"},

		// Equality across outer joins.
		{"a value of the preserved side reaches the other", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE a.id = 1", "a: id = 1 | b: aid = 1"},
		{"over a chain of left joins", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id LEFT JOIN c ON c.bid = b.aid WHERE a.id = 1", "a: id = 1 | b: aid = 1 | c: every row"},
		{"a value of the null-extended side does not reach the preserved one by ON", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND b.aid = 1", "a: every row | b: aid = 1"},
		{"nor by a WHERE", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.aid = 1", "a: every row | b: aid = 1"},
		{"the WHERE's own equality does", "SELECT * FROM a LEFT JOIN b ON b.x = 1 WHERE b.aid = a.id AND b.aid = 1", "a: id = 1 | b: aid = 1 AND x = 1"},
		{"a FULL JOIN passes nothing on", "SELECT * FROM a FULL JOIN b ON b.aid = a.id WHERE a.id = 1", "a: id = 1 | b: every row"},
		{"a value of a sibling that is null-extended", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id LEFT JOIN c ON c.bid = b.id WHERE b.id = 1", "a: every row | b: id = 1 | c: bid = 1"},
		{"a condition that the side itself decides is none on it", "SELECT * FROM a LEFT JOIN b ON b.aid = a.x WHERE a.x = 1 OR b.id IS NULL", "a: every row | b: every row"},

		// USING and NATURAL.
		{"USING", "SELECT * FROM a JOIN b USING (x) WHERE a.x = 1", "a: x = 1 | b: x = 1"},
		{"USING, by the name alone", "SELECT * FROM a JOIN b USING (x) WHERE x = 1", "a: x = 1 | b: x = 1"},
		{"USING of a LEFT JOIN", "SELECT * FROM a LEFT JOIN b USING (x) WHERE x = 1", "a: x = 1 | b: x = 1"},
		{"USING of a RIGHT JOIN makes another value", "SELECT * FROM a RIGHT JOIN b USING (x) WHERE x = 1", "a: every row | b: every row"},
		{"NATURAL", "SELECT * FROM b NATURAL JOIN c WHERE b.id = 1", "b: id = 1 | c: id = 1"},
		{"NATURAL with a query of unknown columns", "SELECT * FROM a NATURAL JOIN (SELECT max(x) FROM b) WHERE y = 1", "a: every row | b: every row"},

		{"USING behind a source whose columns are not known", "SELECT * FROM (SELECT * FROM a LIMIT 9) q CROSS JOIN b JOIN c USING (x) WHERE b.x = 5", "a: every row | b: x = 5 | c: every row"},
		{"NATURAL behind one", "SELECT * FROM (SELECT * FROM a LIMIT 9) q CROSS JOIN b NATURAL JOIN c WHERE b.x = 5", "a: every row | b: x = 5 | c: every row"},
		{"a join in parentheses sees no names outside", "SELECT * FROM a JOIN (b JOIN c ON c.x = z) ON b.aid = a.id WHERE a.y = 1 AND c.z = 2", "a: y = 1 | b: every row | c: z = 2"},
		{"not even of a sibling", "SELECT * FROM c JOIN (a JOIN b ON b.y = z) ON a.id = c.bid WHERE c.z = 5", "c: z = 5 | a: every row | b: every row"},
		{"but is seen from there", "SELECT * FROM a JOIN (b JOIN c ON c.bid = b.id) ON b.aid = a.id AND c.z = 2 WHERE b.id = 3", "a: every row | b: id = 3 | c: bid = 3 AND z = 2"},
		{"a schema before an alias", "SELECT * FROM a WHERE a.x = 1 AND EXISTS (SELECT 1 FROM b a, c WHERE c.z = main.a.x)", "a: x = 1 | b: every row | c: every row"},

		// Queries in FROM, CTEs and views.
		{"query in FROM", "SELECT * FROM (SELECT id, x AS ex FROM a WHERE y = 1) d WHERE d.ex = 2", "a: x = 2 AND y = 1"},
		{"with an aggregate it is by itself", "SELECT * FROM (SELECT x, count(*) AS n FROM a WHERE y = 1 GROUP BY x) d WHERE d.x = 2", "a: y = 1"},
		{"an aggregate without GROUP BY", "SELECT * FROM (SELECT max(x) AS x FROM a WHERE y = 1) d WHERE d.x = 2", "a: y = 1"},
		{"a window", "SELECT * FROM (SELECT x, row_number() OVER (ORDER BY id) AS n FROM a WHERE y = 1) d WHERE d.x = 2", "a: y = 1"},
		{"with a LIMIT it is by itself", "SELECT * FROM (SELECT * FROM a WHERE y = 1 ORDER BY id LIMIT 3) d WHERE d.x = 2", "a: y = 1"},
		{"DISTINCT", "SELECT * FROM (SELECT DISTINCT x FROM a) d WHERE d.x = 2", "a: x = 2"},
		{"a compound is by itself", "SELECT * FROM (SELECT x FROM a WHERE y = 1 UNION SELECT x FROM b WHERE y = 2) d WHERE d.x = 3", "a: y = 1 | b: y = 2"},
		{"an aggregate of a query inside, over columns from outside it", "SELECT s FROM (SELECT (SELECT sum(a.x)) AS s, a.y AS y FROM a) d WHERE d.y = 5", "a: every row"},
		{"the same two queries deep", "SELECT s FROM (SELECT (SELECT 1 FROM b WHERE b.id = (SELECT sum(a.x))) AS s, a.y AS y FROM a) d WHERE d.y = 5", "a: every row | b: every row"},
		{"an aggregate of a query inside, over its own columns", "SELECT s FROM (SELECT (SELECT sum(b.x) FROM b) AS s, a.y AS y FROM a) d WHERE d.y = 5", "a: y = 5 | b: every row"},
		{"an expression is no column", "SELECT * FROM (SELECT id, x + 1 AS x FROM a) d WHERE d.x = 2 AND d.id = 1", "a: id = 1"},
		{"two columns of one name, of which the database renames one", "SELECT * FROM a WHERE y = 1 AND EXISTS (SELECT 1 FROM (SELECT b.id, c.id FROM b, c) d, b WHERE b.x = y)", "a: y = 1 | b: every row | c: every row"},
		{"two columns of one name", "SELECT * FROM (SELECT x AS n, y AS n FROM a) d WHERE n = 2", "a: every row"},
		{"null-extended query", "SELECT * FROM b LEFT JOIN (SELECT * FROM a WHERE x = 1) d ON d.id = b.aid WHERE d.y IS NULL", "b: every row | a: x = 1"},
		{"outer join in a null-extended query", "SELECT * FROM c LEFT JOIN (SELECT a.id, b.x FROM a LEFT JOIN b ON b.aid = a.id WHERE b.y = 1) d ON d.id = c.bid AND d.x IS NULL", "c: every row | a: every row | b: x IS NULL AND y = 1"},
		{"CTE", "WITH d AS (SELECT * FROM a WHERE x = 1) SELECT * FROM d WHERE y = 2", "a: x = 1 AND y = 2"},
		{"CTE named twice", "WITH d AS (SELECT * FROM a WHERE x = 1) SELECT * FROM d p JOIN d q ON q.id = p.y WHERE p.y = 2 AND q.y = 3", "a: x = 1 AND y = 2 | a: id = 2 AND x = 1 AND y = 3"},
		{"CTE with names", "WITH d (one, two) AS (SELECT id, x FROM a) SELECT * FROM d WHERE two = 2", "a: x = 2"},
		{"CTE that hides a table", "WITH a AS (SELECT * FROM b WHERE x = 1) SELECT * FROM a WHERE y = 2", "b: x = 1 AND y = 2"},
		{"CTE of a CTE", "WITH d AS (SELECT * FROM a WHERE x = 1), e AS (SELECT * FROM d WHERE y = 2) SELECT * FROM e WHERE id = 3", "a: id = 3 AND x = 1 AND y = 2"},
		{"CTE that nobody names", "WITH d AS (SELECT * FROM a WHERE x = 1) SELECT * FROM b WHERE y = 2", "a: x = 1 | b: y = 2"},
		{"recursive CTE", "WITH RECURSIVE d (id) AS (SELECT id FROM a WHERE x = 1 UNION SELECT b.id FROM b JOIN d ON b.aid = d.id WHERE b.y = 2) SELECT * FROM d WHERE id = 3", "a: x = 1 | b: y = 2"},
		{"CTE inside a CTE's own scope", "WITH d AS (SELECT * FROM a WHERE x = 1) SELECT * FROM b WHERE x IN (WITH d AS (SELECT * FROM c WHERE z = 2) SELECT id FROM d)", "a: x = 1 | b: every row | c: z = 2"},
		{"view", "SELECT * FROM v WHERE ex = 1", "a: x = 1 AND y = 2"},
		{"view, a column that is computed", "SELECT * FROM v WHERE sum = 1 AND id = 5", "a: id = 5 AND y = 2"},
		{"nested view", "SELECT * FROM vv WHERE vid = 1 AND x = 2", "b: aid = 1 AND x = 2 | a: id = 1 AND x = 3 AND y = 2"},
		{"view with an outer join", "SELECT * FROM lefts WHERE x IS NULL AND id = 1", "a: id = 1 | b: aid = 1 AND y = 4"},
		{"view with an aggregate", "SELECT * FROM sums WHERE x = 1", "a: y = 2"},
		{"view with columns of other names", "SELECT * FROM renamed WHERE two = 1", "a: x = 1"},
		{"view with a column named after its text", "SELECT * FROM unnamed WHERE id = 1", "a: id = 1 AND y = 2"},
		{"view over a star", "SELECT * FROM stars WHERE y = 2", "a: x = 1 AND y = 2"},
		{"view twice", "SELECT * FROM v p, v q WHERE p.id = 1 AND q.id = 2", "a: id = 1 AND y = 2 | a: id = 2 AND y = 2"},
		{"table function", "SELECT * FROM a, json_each(a.f) j WHERE a.x = 1 AND j.value = 2", "a: x = 1"},

		// Queries in expressions.
		{"EXISTS", "SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.aid = a.id AND b.x = 1)", "a: every row | b: x = 1"},
		{"NOT EXISTS", "SELECT * FROM a WHERE x = 2 AND NOT EXISTS (SELECT 1 FROM b WHERE b.aid = a.id AND b.x = 1)", "a: x = 2 | b: x = 1"},
		{"a value from outside reaches a correlated query", "SELECT * FROM a WHERE id = 1 AND EXISTS (SELECT 1 FROM b WHERE b.aid = a.id)", "a: id = 1 | b: aid = 1"},
		{"not from under an OR", "SELECT * FROM a WHERE id = 1 OR EXISTS (SELECT 1 FROM b WHERE b.aid = a.id)", "a: every row | b: every row"},
		{"IN a query", "SELECT * FROM a WHERE x = 1 AND id IN (SELECT aid FROM b WHERE y = 2)", "a: x = 1 | b: y = 2"},
		{"NOT IN a query", "SELECT * FROM a WHERE id NOT IN (SELECT aid FROM b WHERE y = 2)", "a: every row | b: y = 2"},
		{"scalar in the outputs", "SELECT (SELECT max(x) FROM b WHERE b.aid = a.id AND b.y = 1) FROM a WHERE a.id = 2", "a: id = 2 | b: aid = 2 AND y = 1"},
		{"scalar beside an aggregate: there is a row without rows", "SELECT count(*), (SELECT max(x) FROM b WHERE b.aid = a.id) FROM a WHERE a.id = 2", "a: id = 2 | b: every row"},
		{"an aggregate of a query inside makes one row of none", "SELECT (SELECT max(a.x) FROM b WHERE b.aid = a.id) FROM a WHERE a.id = 2", "a: id = 2 | b: every row"},
		{"scalar beside a GROUP BY", "SELECT count(*), (SELECT max(x) FROM b WHERE b.aid = a.id) FROM a WHERE a.id = 2 GROUP BY y", "a: id = 2 | b: aid = 2"},
		{"query in ORDER BY", "SELECT * FROM a WHERE id = 1 ORDER BY (SELECT max(x) FROM b WHERE b.aid = a.id)", "a: id = 1 | b: aid = 1"},
		{"query in ON", "SELECT * FROM a LEFT JOIN b ON b.aid = a.id AND EXISTS (SELECT 1 FROM c WHERE c.bid = b.id AND c.z = 1) WHERE a.id = 2", "a: id = 2 | b: aid = 2 | c: z = 1"},
		{"query in LIMIT", "SELECT * FROM a WHERE x = 1 LIMIT (SELECT count(*) FROM b WHERE y = 2)", "a: x = 1 | b: y = 2"},
		{"the query's own names go first", "SELECT * FROM a WHERE id = 1 AND EXISTS (SELECT 1 FROM b WHERE b.aid = id)", "a: id = 1 | b: every row"},
		{"an output's name goes before one from outside", "SELECT * FROM a WHERE y = 1 AND EXISTS (SELECT c.x AS y FROM c WHERE c.z = y)", "a: y = 1 | c: every row"},
		{"two levels", "SELECT * FROM a WHERE id = 1 AND EXISTS (SELECT 1 FROM b WHERE b.aid = a.id AND EXISTS (SELECT 1 FROM c WHERE c.bid = b.aid))", "a: id = 1 | b: aid = 1 | c: bid = 1"},
		{"a term on a table outside is none on one inside", "SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.aid = a.id AND a.x = 1)", "a: every row | b: every row"},

		// Compounds.
		{"UNION", "SELECT id FROM a WHERE x = 1 UNION SELECT id FROM b WHERE x = 2", "a: x = 1 | b: x = 2"},
		{"EXCEPT", "SELECT id FROM a WHERE x = 1 EXCEPT SELECT id FROM a WHERE x = 2", "a: x = 1 | a: x = 2"},
		{"a part that is not restricted", "SELECT id FROM a WHERE x = 1 UNION ALL SELECT id FROM a", "a: every row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := analyse(sqlite.Dialect, sqlite.Parse(tt.query), family(), Options{})
			if p.Read == nil || p.Read.Reason != "" {
				t.Fatalf("%s: not cached: %+v", tt.query, p.Read)
			}
			got := p.Describe(sample()).Dependency
			want := strings.Split(tt.want, " | ")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s\ngot  %s\nwant %s", tt.query, strings.Join(got, " | "), strings.Join(want, " | "))
			}
		})
	}
}

// TestDependenciesAreBounded: queries that name each other over and over cost
// whole tables, and no more time than they may.
func TestDependenciesAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("WITH d0 AS (SELECT * FROM a WHERE x = 1)")
	for i := range 20 {
		n := string(rune('a' + i))
		last := "d0"
		if i > 0 {
			last = "d" + string(rune('a'+i-1))
		}
		b.WriteString(", d" + n + " AS (SELECT p.* FROM " + last + " p, " + last + " q)")
	}
	b.WriteString(" SELECT * FROM dt")
	p := Make(sqlite.Dialect, sqlite.Parse(b.String()), family(), Options{})
	if got := p.Describe(nil).Dependency; p.Read.Reason != "" || !slices.Equal(got, []string{"a: every row"}) {
		t.Errorf("%q depends on %q", p.Read.Reason, got)
	}
	many := "SELECT * FROM a WHERE x = 0"
	for i := range 300 {
		many += " UNION SELECT * FROM a WHERE x = " + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100))
	}
	p = Make(sqlite.Dialect, sqlite.Parse(many), family(), Options{})
	if n := len(p.Bind(nil)[0].Conjs); n > maxAliases*DefaultMaxConjunctions {
		t.Errorf("%d conjunctions", n)
	}
}

// TestEqualitiesAreBounded: the work of carrying values over does not grow with
// the square of a text.
func TestEqualitiesAreBounded(t *testing.T) {
	t.Parallel()
	text := "SELECT * FROM a JOIN b ON a.id = b.aid"
	for range 10 * maxEqualities {
		text += " AND a.x = b.x"
	}
	st := sqlite.Parse(text)
	n := &names{cat: family()}
	for i, name := range []string{"a", "b"} {
		t := n.cat.Table(dialect.Name{Name: name})
		n.list = append(n.list, newEntry(n.cat, t, &dialect.TableSource{Name: dialect.Name{Name: name}}, i))
	}
	b := &block{}
	j, ok := st.Query.Cores[0].From.(*dialect.Join)
	if !ok {
		t.Fatal("no join")
	}
	b.require(j.On, n)
	left := maxEqualities
	var c classes
	for _, p := range b.own {
		e, _ := p.expr.(*dialect.Equal)
		c.add(e.X, e.Y, n, &left)
	}
	if left >= 0 || len(c) != 2 {
		t.Errorf("%d classes, %d equalities more may be taken in", len(c), left)
	}
}
