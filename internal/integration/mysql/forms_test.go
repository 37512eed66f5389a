package mysql

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// inAnyOrder are the rows of a query, or its error, sorted.
func inAnyOrder(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	lines := strings.Split(twinAnswer(t.Context(), db, query), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// forms are reads that name columns and tables in ways of their own, and writes after which
// each of them must be what the database has.
var forms = []struct {
	name                 string
	setup, reads, writes []string
}{
	{
		name: "columns that are not seen",
		setup: []string{
			"CREATE TABLE a (id int PRIMARY KEY, h int INVISIBLE, v int)", "CREATE TABLE b (id int PRIMARY KEY, h int INVISIBLE, v int)",
			"INSERT INTO a (id, h, v) VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO b (id, h, v) VALUES (1, 1, 1), (2, 3, 2)",
		},
		reads: []string{
			"SELECT a.id FROM a JOIN b USING (h)", "SELECT a.id FROM a JOIN b USING (h) WHERE a.v = 2", "SELECT a.id, b.id FROM a NATURAL JOIN b", "SELECT * FROM a JOIN b USING (h, v)",
			"SELECT a.v FROM a LEFT JOIN b USING (h) WHERE b.v IS NULL", "SELECT id FROM a WHERE v = 2",
		},
		writes: []string{"UPDATE b SET h = 2 WHERE id = 2", "UPDATE a SET h = 5 WHERE id = 1", "UPDATE a SET h = 1, v = 2", "DELETE FROM b WHERE h = 1", "INSERT INTO b (id, h, v) VALUES (7, 1, 1)", "UPDATE a SET h = v"},
	},
	{
		name: "partitions",
		setup: []string{
			"CREATE TABLE p (id int PRIMARY KEY, v int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))", "CREATE TABLE q (id int PRIMARY KEY, v int)",
			"INSERT INTO p VALUES (1, 1), (11, 1)", "INSERT INTO q VALUES (2, 1)",
		},
		reads: []string{"SELECT * FROM p", "SELECT * FROM p PARTITION (p0) WHERE v = 1", "SELECT * FROM p PARTITION (p1)", "SELECT * FROM q", "SELECT x.id FROM p PARTITION (p0, p1) AS x WHERE x.id = 11"},
		writes: []string{
			"UPDATE p PARTITION (p0) SET v = 2", "INSERT INTO p PARTITION (p1) VALUES (12, 1)", "UPDATE p SET id = 13 WHERE id = 1", "DELETE FROM p PARTITION (p1) WHERE v = 1", "INSERT INTO p VALUES (1, 1), (11, 1)",
			"ALTER TABLE p EXCHANGE PARTITION p0 WITH TABLE q", "ALTER TABLE p TRUNCATE PARTITION p1", "RENAME TABLE p TO x, q TO p, x TO q", "CREATE OR REPLACE TABLE p LIKE q", "INSERT INTO p VALUES (9, 1) RETURNING id",
		},
	},
	{
		name:  "names that are words",
		setup: []string{"CREATE TABLE t (id int PRIMARY KEY, `select` int, `key` varchar(5), `a.b` int, `true` int, `from` date)", "INSERT INTO t VALUES (1, 1, 'a', 1, 0, '2024-01-01'), (2, 2, 'b', 2, 1, NULL)"},
		reads: []string{
			"SELECT id FROM t WHERE `select` = 1", "SELECT id FROM t WHERE t.select = 1", "SELECT id FROM t WHERE `a.b` = 1", "SELECT id FROM t WHERE `true` = 1", "SELECT id FROM t WHERE true = 1", "SELECT id FROM t WHERE `true`", "SELECT id FROM t WHERE `true` = true",
			"SELECT id FROM t WHERE `from` = '2024-01-01'", "SELECT `select` AS `key`, `key` AS `select` FROM t WHERE `key` = 'a' HAVING `key` = 1", "SELECT id AS `select` FROM t WHERE `select` = 2 ORDER BY `select`",
			"SELECT `key` k, COUNT(*) FROM t GROUP BY k HAVING k = 'a'", "SELECT (SELECT x.id FROM t x WHERE x.id = `select` LIMIT 1) FROM t WHERE id = 1", "SELECT id AS `true` FROM t HAVING `true` = 1",
		},
		writes: []string{"UPDATE t SET `select` = 2, `key` = 'b' WHERE id = 1", "UPDATE t SET `true` = 1 - `true`", "UPDATE t SET `a.b` = 1 WHERE `select` = 2", "UPDATE t SET `from` = '2024-01-01'", "INSERT INTO t (id, `select`, `key`) VALUES (3, 1, 'a')", "UPDATE t SET `select` = 1, `key` = `select`"},
	},
	{
		name: "names that mean another thing",
		setup: []string{
			"CREATE TABLE t (id int PRIMARY KEY, v int, w int)", "CREATE TABLE u (id int PRIMARY KEY, v int, w int)", "INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, NULL, 1)", "INSERT INTO u VALUES (1, 1, 1), (2, 2, 2), (4, NULL, NULL)",
			"CREATE VIEW vw AS SELECT id, v AS w, w AS v FROM t", "CREATE VIEW vv AS SELECT v, COUNT(*) n FROM t GROUP BY v", "CREATE VIEW vu AS SELECT id, v FROM t UNION SELECT id, w FROM u", "CREATE VIEW vt AS SELECT * FROM vw WHERE w = 1",
		},
		reads: []string{
			"WITH t AS (SELECT * FROM t WHERE v = 1) SELECT * FROM t WHERE w = 1", "WITH u AS (SELECT * FROM t WHERE v = 1), t AS (SELECT * FROM u) SELECT * FROM t", "SELECT * FROM (SELECT * FROM u) t WHERE t.v = 1",
			"SELECT * FROM vw WHERE w = 1", "SELECT * FROM vw WHERE v = 1", "SELECT * FROM vv WHERE v = 1", "SELECT * FROM vu WHERE v = 1", "SELECT * FROM vt WHERE v = 1", "WITH vw AS (SELECT * FROM u) SELECT * FROM vw WHERE v = 2", "WITH t AS (SELECT 1 AS id) SELECT * FROM vt JOIN t USING (id)",
			"SELECT * FROM (SELECT id, SUM(w) OVER () s, v FROM t) z WHERE z.v = 1", "SELECT * FROM (SELECT id, LAG(w) OVER win s, v FROM t WINDOW win AS (ORDER BY id)) z WHERE z.id = 2", "SELECT v, (SELECT COUNT(*) FROM u WHERE u.v <=> t.v) FROM t WHERE w = 1 GROUP BY v WITH ROLLUP",
			"SELECT id FROM t WHERE v NOT IN (SELECT v FROM u)", "SELECT id FROM t WHERE (v, w) NOT IN (SELECT v, w FROM u WHERE w = 1)", "SELECT id FROM t WHERE v = ALL (SELECT v FROM u WHERE w = 1)", "SELECT t.id FROM t LEFT JOIN u ON u.v = t.v WHERE t.w = 1 AND u.w <=> NULL",
			"SELECT 1 FROM DUAL WHERE EXISTS (SELECT 1 FROM t WHERE v = 2)", "VALUES ((SELECT MAX(v) FROM t)), (1)", "SELECT * FROM (VALUES (1), (2)) x JOIN t ON t.v = x.`1`", "SELECT id FROM t WHERE v IN (VALUES (1), (2))",
			"SELECT jt.n, t.id FROM t, JSON_TABLE('[1,2]', '$[*]' COLUMNS (n INT PATH '$')) jt WHERE jt.n = t.v", "SELECT id FROM t EXCEPT SELECT id FROM u WHERE v = 1", "(SELECT id FROM t WHERE v = 1 ORDER BY w LIMIT 1) UNION (SELECT id FROM u WHERE w = 1) ORDER BY id LIMIT 2",
			"SELECT id FROM t WHERE (v, (w, id)) = (1, (1, 1))", "SELECT id FROM t WHERE v = 1 IN (1)", "SELECT id FROM t WHERE (v = 1) = (w = 1)", "SELECT id FROM t WHERE v BETWEEN 1 AND 1 = 1", "SELECT id FROM t WHERE v = 1 = w", "SELECT id FROM t WHERE v <=> w <=> NULL",
			"SELECT v FROM t RIGHT JOIN u USING (v) WHERE t.v IS NULL", "SELECT id FROM t WHERE v = (SELECT MAX(v) FROM u WHERE u.w = t.w)", "SELECT (SELECT SUM(t.v) FROM u LIMIT 1) FROM t WHERE w = 1", "SELECT id FROM t USE INDEX () WHERE v = 1",
		},
		writes: []string{
			"UPDATE t SET v = 2 WHERE id = 1", "UPDATE t SET v = w, w = v", "UPDATE t SET v = 1, w = v + 1 WHERE id = 2", "INSERT INTO t VALUES (4, 1, 1)", "UPDATE u SET v = 1, w = 1 WHERE id = 2", "DELETE FROM u WHERE v IS NULL", "INSERT INTO u VALUES (7, 2, NULL)",
			"UPDATE t SET v = NULL WHERE id = 4", "UPDATE t SET w = 2", "REPLACE INTO t VALUES (1, 1, 1)", "INSERT INTO vw VALUES (9, 1, 2)", "UPDATE vw SET w = 1 WHERE v = 2", "UPDATE t a JOIN t b ON a.id < b.id SET a.v = b.v, b.w = 1",
			"DELETE FROM t, u USING t JOIN u ON t.v = u.v WHERE u.id = 1", "INSERT INTO t SELECT id + 20, v, w FROM t", "UPDATE t SET v = 1 ORDER BY id DESC LIMIT 1",
		},
	},
}

// Whatever a name means, a read is what the database has after each write.
func TestFormsOfReads(t *testing.T) {
	t.Parallel()
	for _, c := range forms {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedMySQL(t, plain, nil)
			exec(t, s.bare, c.setup...)
			checkForms(t, s, c.reads, c.writes)
			if s.hits.Load() == 0 {
				t.Error("nothing was answered from the cache")
			}
		})
	}
}

// checkForms runs writes, and compares reads after each of them.
func checkForms(t *testing.T, s *cachedMySQL, reads, writes []string) {
	t.Helper()
	for _, write := range writes {
		for _, q := range slices.Concat(reads, reads) {
			inAnyOrder(t, s.cached, q)
		}
		exec(t, s.cached, write)
		for _, q := range reads {
			want := inAnyOrder(t, s.bare, q)
			if got := inAnyOrder(t, s.cached, q); got != want {
				t.Errorf("STALE after %s: %s: got\n%s\nwant\n%s", write, q, got, want)
			}
		}
	}
}

// randomJoins writes a FROM: joins in each other with and without parentheses, their
// conditions right behind them, further behind, or nowhere.
type randomJoins struct {
	*rand.Rand
	sources int
}

func (r *randomJoins) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r *randomJoins) column(of []string) string { return r.pick(of...) + "." + r.pick("x", "y", "z") }

func (r *randomJoins) condition(of []string) string {
	switch r.IntN(7) {
	case 0:
		return r.column(of) + " IS NULL"
	case 1:
		return "(" + r.column(of) + " = 1 OR " + r.column(of) + " IS NULL)"
	case 2:
		return "NOT " + r.column(of)
	case 3, 4:
		return r.column(of) + " = " + r.column(of)
	default:
		return r.column(of) + r.pick(" = ", " = ", " <=> ") + r.pick("0", "1", "2")
	}
}

func (r *randomJoins) from(depth int) (text string, aliases []string) {
	if depth == 0 || r.IntN(6) == 0 {
		alias := fmt.Sprintf("p%d", r.sources)
		r.sources++
		source := r.pick("a", "b", "c", "a", "b", "c", "va", "(SELECT * FROM b WHERE y = 1)", "(SELECT q.x, q.y AS z, r.z AS y FROM a q RIGHT JOIN c r ON q.x = r.y)")
		return source + " " + alias, []string{alias}
	}
	left, before := r.from(depth - 1)
	right, behind := r.from(depth - 1)
	if len(before) > 1 && r.IntN(2) == 0 {
		left = "(" + left + ")"
	}
	if len(behind) > 1 && r.IntN(2) == 0 {
		right = "(" + right + ")"
	}
	aliases = slices.Concat(before, behind)
	on := " ON " + r.condition(aliases) + r.pick("", " AND "+r.condition(aliases))
	switch r.IntN(12) {
	case 0:
		return left + ", " + right, aliases
	case 1, 2:
		return left + r.pick(" JOIN ", " CROSS JOIN ", " STRAIGHT_JOIN ") + right, aliases
	case 3:
		return left + r.pick(" LEFT JOIN ", " RIGHT JOIN ", " JOIN ") + right + " USING (" + r.pick("x", "x, y") + ")", aliases
	case 4:
		return left + r.pick(" NATURAL JOIN ", " NATURAL LEFT JOIN ", " NATURAL RIGHT JOIN ") + right, aliases
	default:
		return left + r.pick(" JOIN ", " RIGHT JOIN ", " RIGHT JOIN ", " LEFT JOIN ", " LEFT JOIN ") + right + on, aliases
	}
}

// However joins stand in each other, no row that makes a difference is left out.
func TestFormsOfJoins(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	for _, table := range []string{"a", "b", "c"} {
		exec(t, s.bare, "CREATE TABLE "+table+" (id int PRIMARY KEY, x int, y int, z int)", "INSERT INTO "+table+" VALUES (1, 1, 1, 1), (2, 0, NULL, 1), (3, 2, 1, NULL)")
	}
	exec(t, s.bare, "CREATE VIEW va AS SELECT x, z AS y, y AS z FROM a WHERE x = 1")
	r := &randomJoins{Rand: rand.New(rand.NewPCG(5, 3))}
	var reads, writes []string
	for len(reads) < 100 {
		from, aliases := r.from(1 + r.IntN(2))
		q := "SELECT COUNT(*), SUM(COALESCE(" + r.column(aliases) + ", 7)), SUM(COALESCE(" + r.column(aliases) + ", 13) * 31) FROM " + from + r.pick("", " WHERE "+r.condition(aliases), " WHERE "+r.condition(aliases)+" AND "+r.condition(aliases))
		if rows, err := s.bare.Query(q); err == nil { // some names are not seen where they stand
			_ = rows.Close()
			reads = append(reads, q)
		}
	}
	for range 15 {
		table, id := r.pick("a", "b", "c"), r.pick("1", "2", "3", "4")
		value := func() string { return r.pick("0", "1", "2", "NULL") }
		writes = append(writes, r.pick("UPDATE "+table+" SET "+r.pick("x", "y", "z")+" = "+value()+" WHERE id = "+id, "DELETE FROM "+table+" WHERE id = "+id, "REPLACE INTO "+table+" VALUES ("+id+", "+value()+", "+value()+", "+value()+")"))
	}
	checkForms(t, s, reads, writes)
	if s.hits.Load() == 0 {
		t.Error("nothing was answered from the cache")
	}
}
