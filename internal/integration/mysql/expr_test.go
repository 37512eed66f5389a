package mysql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// exprSchema has columns of most types that conditions are asked of, and rows that differ
// in little: in case, in blanks, in NULLs.
var exprSchema = []string{
	"CREATE TABLE a (id bigint PRIMARY KEY, k int, ci varchar(20) COLLATE utf8mb4_general_ci, bin varchar(20) COLLATE utf8mb4_bin," +
		" l varchar(20) CHARACTER SET latin1 COLLATE latin1_bin, n decimal(10,2), f double, b boolean, d date NOT NULL, dn date, tm time, dt datetime, j json)",
	"CREATE TABLE c (id bigint PRIMARY KEY, a bigint, k int, ci varchar(20) COLLATE utf8mb4_general_ci, d date)",
	"INSERT INTO a VALUES (1, 1, 'a', 'a', 'a', 1, 1, 1, '2020-01-01', '2020-01-01', '10:00', '2020-01-01 10:00', '{\"x\": 1}')," +
		" (2, 2, 'A', 'A', 'A', 1.5, 1.5, 0, '0000-00-00', NULL, NULL, NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2020-01-03', '2020-01-03', '00:00', '2020-01-03', '[]')," +
		" (4, 1, 'b ', 'b ', 'b', -1, 1e10, 2, '0000-00-00', '0000-00-00', '23:59', '2020-01-04 23:59', '{}')",
	"INSERT INTO c VALUES (1, 1, 1, 'a', NULL), (2, 1, 2, 'A', '2020-01-01'), (3, 2, 1, 'b', '2020-01-03'), (4, NULL, NULL, NULL, NULL)",
	"CREATE VIEW v AS SELECT id, k AS kk, ci, d, tm AS at FROM a WHERE k IS NOT NULL",
}

// exprReads are read again after each write. Those with a star must have been cached.
var exprReads = []string{
	"* SELECT * FROM a WHERE id = 1", "* SELECT * FROM a WHERE id IN (1, 3)", "* SELECT * FROM a WHERE k = 1 AND id = 4", "* SELECT * FROM a WHERE NOT k = 1",
	"* SELECT id FROM a WHERE ci = 'a'", "* SELECT id FROM a WHERE bin = 'a'", "* SELECT id FROM a WHERE l = 'a'", "* SELECT id FROM a WHERE ci = 'B'", "* SELECT id FROM a WHERE bin = 'b'",
	"* SELECT id FROM a WHERE bin = 'A' COLLATE utf8mb4_general_ci", "* SELECT id FROM a WHERE bin IN ('z', 'A' COLLATE utf8mb4_general_ci)", "* SELECT id FROM a WHERE BINARY ci = 'a'",
	"* SELECT id FROM a WHERE l IN ('B', ci)", "* SELECT id FROM a WHERE (id, bin) IN ((1, 'A' COLLATE utf8mb4_general_ci), (2, 'x'))",
	"* SELECT id FROM a WHERE d IS NULL", "* SELECT id FROM a WHERE dn IS NULL", "* SELECT id FROM a WHERE d IS NULL AND k = 1", "* SELECT id FROM a WHERE NOT (d IS NOT NULL)", "* SELECT id FROM a WHERE d <=> NULL",
	"* SELECT c.id FROM c LEFT JOIN a ON a.id = c.a WHERE a.d IS NULL", "* SELECT id FROM v WHERE d IS NULL",
	"* SELECT id FROM a WHERE b", "* SELECT id FROM a WHERE NOT b", "* SELECT id FROM a WHERE b IS TRUE", "* SELECT id FROM a WHERE b IS NOT FALSE", "* SELECT id FROM a WHERE b = TRUE", "* SELECT id FROM a WHERE b IS UNKNOWN",
	"* SELECT id FROM a WHERE n = 1", "* SELECT id FROM a WHERE n = 1.50", "* SELECT id FROM a WHERE k = 1e0", "* SELECT id FROM a WHERE k = '1'", "* SELECT id FROM a WHERE k = '1x'", "* SELECT id FROM a WHERE ci = 0", "* SELECT id FROM a WHERE k = x'31'",
	"* SELECT id FROM a WHERE k IN (1, '2', NULL)", "* SELECT id FROM a WHERE k NOT IN (1)", "* SELECT id FROM a WHERE k <=> NULL", "* SELECT id FROM a WHERE (k, ci) = (1, 'a')", "* SELECT id FROM a WHERE (k, ci) <=> (NULL, NULL)",
	"* SELECT id FROM a WHERE k = 1 = 1", "* SELECT id FROM a WHERE (k = 1) IS NULL", "* SELECT id FROM a WHERE k = 1 XOR id = 4", "* SELECT id FROM a WHERE k = 1 || id = 2", "* SELECT id FROM a WHERE ! k = 1",
	"* SELECT id FROM a WHERE dn = '2020-01-01'", "* SELECT id FROM a WHERE dn = DATE '2020-01-01'", "* SELECT id FROM a WHERE dn = 20200101", "* SELECT id FROM a WHERE dt = '2020-01-03'",
	"* SELECT count(*) FROM a WHERE k = 1", "* SELECT max(n) FROM a WHERE ci = 'a'", "* SELECT ci, count(*) FROM a GROUP BY ci ORDER BY 1", "* SELECT id x FROM a HAVING x > 2", "* SELECT k FROM a GROUP BY k WITH ROLLUP",
	"* SELECT a.id, c.id FROM a JOIN c ON c.a = a.id WHERE a.k = 1 ORDER BY 2", "* SELECT a.id, c.id FROM a LEFT JOIN c ON c.a = a.id AND c.k = 1 ORDER BY 1, 2", "* SELECT a.id, c.id FROM a RIGHT JOIN c ON c.a = a.id AND a.k = 1 ORDER BY 2",
	"* SELECT a.id, c.id FROM a, c WHERE a.ci = c.ci AND c.k = 1 ORDER BY 1, 2", "* SELECT a.id FROM a JOIN c USING (id, k) WHERE id > 1 OR a.ci = 'a'", "* SELECT count(*) FROM a x JOIN a y JOIN c ON c.a = x.id WHERE y.id = 2",
	"* SELECT a.id FROM c, a JOIN c e ON e.a = a.id WHERE c.id = 3 ORDER BY 1", "* SELECT id FROM a WHERE EXISTS (SELECT 1 FROM c WHERE c.a = a.id AND c.k = 2)", "* SELECT id FROM a WHERE id NOT IN (SELECT a FROM c WHERE k = 1 AND a IS NOT NULL)",
	"* SELECT id, (SELECT count(*) FROM c WHERE c.a = a.id) FROM a WHERE k = 1", "* SELECT id FROM a WHERE k = ANY (SELECT k FROM c WHERE id = 1)", "* SELECT id FROM a WHERE k >= ALL (SELECT k FROM c WHERE k IS NOT NULL)",
	"* SELECT id FROM a WHERE id = 1 UNION SELECT id FROM c WHERE k = 1 ORDER BY 1", "* SELECT k FROM a WHERE k IS NOT NULL EXCEPT SELECT k FROM c WHERE id = 1", "* (SELECT id FROM a WHERE k = 1 ORDER BY id LIMIT 1) UNION ALL SELECT 9",
	"* WITH x AS (SELECT id, k FROM a WHERE ci = 'a') SELECT id FROM x WHERE k = 1", "* WITH RECURSIVE r AS (SELECT 1 AS z UNION ALL SELECT z + 1 FROM r WHERE z < 4) SELECT z, a.k FROM r JOIN a ON a.id = z ORDER BY 1",
	"* WITH a AS (SELECT id, k FROM a WHERE k = 2) SELECT id FROM a", "* SELECT x.m FROM (SELECT max(id) AS m, k FROM a GROUP BY k) x WHERE x.k = 1", "* SELECT id FROM v WHERE kk = 1", "* SELECT id FROM v WHERE ci = 'A' LIMIT 1, 2",
	"* SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) FROM a WHERE k = 1", "* SELECT DISTINCT k FROM a WHERE k BETWEEN 1 AND 1", "* SELECT id FROM a WHERE ci LIKE 'a'", "* SELECT id FROM a ORDER BY ci = 'a', id LIMIT 2",
	"* SELECT group_concat(id ORDER BY id) FROM a WHERE k = 1", "* SELECT id FROM a WHERE json_value(j, '$.x') = 1", "* SELECT jt.x FROM a, JSON_TABLE(a.j, '$' COLUMNS (x INT PATH '$.x')) jt WHERE a.id = 1",
	"* SELECT tm FROM a WHERE tm = '10:00'", "* SELECT id FROM a WHERE hour(tm) = 10", "* SELECT max(tm) FROM a WHERE k = 1",
	"SELECT date(tm) FROM a WHERE id = 1", "SELECT id FROM a WHERE tm < dt", "SELECT coalesce(tm, dt) FROM a", "SELECT tm FROM a WHERE id = 1 UNION SELECT dt FROM a", "SELECT year(at) FROM v", "* SELECT at FROM v",
	"SELECT x.s FROM (SELECT tm AS s FROM a) x", "SELECT id FROM a WHERE tm = TIMESTAMP '2020-01-01 10:00:00'",
	"SELECT id FROM a FOR UPDATE", "SELECT SQL_CALC_FOUND_ROWS id FROM a LIMIT 1", "SELECT id FROM a WHERE id = @x", "SELECT id FROM a ORDER BY rand() LIMIT 0", "SELECT count(*) FROM a WHERE now() < '2000-01-01'",
}

var exprWrites = []string{
	"UPDATE a SET k = 2 WHERE id = 1", "UPDATE a SET k = NULL WHERE id = 4", "UPDATE a SET ci = 'A', bin = 'A', l = 'A' WHERE id = 1", "UPDATE a SET ci = 'B', bin = 'B', l = 'B' WHERE id = 4", "UPDATE a SET b = NULL, n = 1.5 WHERE id = 1",
	"UPDATE a SET d = '2020-02-02' WHERE id = 2", "UPDATE a SET d = '0000-00-00', dn = '0000-00-00' WHERE id = 1", "UPDATE a SET tm = '11:00', dt = '2020-01-03' WHERE id = 1", "UPDATE c SET k = 2 WHERE id = 1",
	"UPDATE c SET a = 4, ci = 'B' WHERE id = 3", "INSERT INTO a (id, k, ci, bin, l, d) VALUES (5, 1, 'á', 'a', 'a', '0000-00-00')", "INSERT INTO c VALUES (5, 5, 1, 'a', NULL)", "DELETE FROM c WHERE id = 2", "DELETE FROM a WHERE id = 2",
	"UPDATE a SET j = '{\"x\": 7}' WHERE id = 1", "UPDATE a SET k = 1, ci = 'a', bin = 'a', l = 'a'", "DELETE FROM a WHERE k = 1 AND id > 3", "UPDATE a SET id = 7, d = '0000-00-00' WHERE id = 3",
}

// TestExpressionsStayFresh reads everything again after each write.
func TestExpressionsStayFresh(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		// Dates of zeros need another sql_mode than the server's.
		s := newCachedMySQL(t, strings.TrimPrefix(mode+"&sql_mode=%27%27", "&"), nil)
		exec(t, s.bare, exprSchema...)
		rows := func(db *sql.DB, text string) string {
			t.Helper()
			got, err := exprRows(t, db, text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			return got
		}
		for _, write := range append([]string{"DO 0"}, exprWrites...) {
			exec(t, s.cached, write)
			for _, read := range exprReads {
				text, cached := strings.CutPrefix(read, "* ")
				want, first := rows(s.bare, text), rows(s.cached, text)
				before := s.hits.Load()
				again := rows(s.cached, text)
				if first != want || again != want {
					t.Fatalf("after %s: %s\n%s and then\n%s, should be\n%s", write, text, first, again, want)
				}
				if hit := s.hits.Load() > before; hit != cached {
					t.Errorf("%s: a hit is %v, should be %v: %v", text, hit, cached, s.lastReason.Load())
				}
			}
			if t.Failed() {
				t.FailNow()
			}
		}
	})
}

// exprRows returns all rows of a query as text.
func exprRows(t *testing.T, db *sql.DB, text string) (string, error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		return "", err //nolint:wrapcheck // the test's own
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err //nolint:wrapcheck // the test's own
	}
	var b strings.Builder
	b.WriteString(strings.Join(columns, "|"))
	for rows.Next() {
		values, to := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return "", err //nolint:wrapcheck // the test's own
		}
		fmt.Fprintf(&b, "\n%v", values)
	}
	return b.String(), rows.Err() //nolint:wrapcheck // the test's own
}
