package mysql

import "testing"

// TestConvertDates: of a time of day a server makes a moment of today where it wants a
// date. Where the text may have it do so, it names the column.
func TestConvertDates(t *testing.T) {
	t.Parallel()
	checkProperty(t, "dates", []understood{
		{"SELECT a, b AS c, max(d), count(*), concat(e) FROM t WHERE f = ? AND g > '10:00' AND h IN (1, ?) AND i BETWEEN ? AND '9' AND j IS NULL AND k LIKE l GROUP BY m ORDER BY n", ""},
		{"SELECT hour(a), time_to_sec(b), time(c), TIMEDIFF(d, e) FROM t", ""},
		{"SELECT * FROM t JOIN u ON t.a = u.b WHERE (c, d) = (?, e) AND f <=> g AND h <> i AND j < k + 1", "a, b, d, e, f, g, h, i, j, k"},
		{"SELECT * FROM t WHERE 1 = A OR b = B OR (b, c) = (1, 2)", "b"},
		{"SELECT * FROM t WHERE a IN (1, b) AND c NOT IN (d) AND (e, f) IN ((1, g)) AND ? IN (h, i)", "a, b, c, d, f, g, h, i"},
		{"SELECT * FROM t WHERE a BETWEEN b AND ? AND ? BETWEEN c AND d", "a, b, c, d"},
		{"SELECT * FROM t WHERE a = DATE '2020-01-01' AND b < TIMESTAMP '2020-01-01 00:00:00' AND c = CAST(? AS DATETIME)", "a, b, c"},
		{"SELECT date(a), YEAR(b), c + INTERVAL 1 DAY, unix_timestamp(d), extract(DAY FROM e), date_format(f, ?), timestampdiff(DAY, g, h) FROM t", "a, b, c, d, e, f, g, h"},
		{"SELECT coalesce(a, b), if(c, d, e), nullif(f, g), greatest(h, i), CASE j WHEN k THEN l ELSE m END, lag(n, 1, o) OVER () FROM t", "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o"},
		{"SELECT CAST(a AS DATE), CONVERT(b, DATETIME), CAST(c AS CHAR), CAST(d AS TIME) FROM t", "a, b"},
		{"SELECT * FROM a JOIN b USING (c, d)", "c, d"},
		{"SELECT * FROM a NATURAL JOIN b", "*"},
		{"SELECT a, b FROM t UNION SELECT c, max(d) FROM u", "a, b, c, d"},
		{"SELECT a FROM t UNION (SELECT b FROM u ORDER BY c LIMIT 1)", "a, b"},
		{"SELECT * FROM t UNION ALL SELECT a FROM u", "*, a"},
		{"SELECT * FROM t WHERE a IN (SELECT b FROM u) AND c = (SELECT max(d) FROM v) AND e > ALL (SELECT f FROM w)", "a, b, d, c, f, e"},
		{"SELECT * FROM t WHERE a IN (SELECT * FROM u) AND EXISTS (SELECT b, v.* FROM v)", "a, *"},
		{"SELECT * FROM t WHERE EXISTS (SELECT b, v.* FROM v)", ""},
		// Outside they have other names.
		{"SELECT x.b FROM (SELECT a, b AS b, c AS d, max(e) AS f FROM t) x", "c, e"},
		{"SELECT 1 FROM (SELECT a, b FROM t) x(c, d)", "a, b"},
		{"WITH x AS (SELECT a, b AS c FROM t) SELECT * FROM x", "b"},
		{"WITH x(c) AS (SELECT a FROM t) SELECT * FROM x", "a"},
	})
	checkProperty(t, "volatile", []understood{
		{"SELECT date(time(a)) FROM t", "a time of day may be made a time of today"},
		{"SELECT * FROM t WHERE a = TIME '10:00'", "a time of day may be made a time of today"},
		{"SELECT * FROM t WHERE a > CAST(b AS TIME)", "a time of day may be made a time of today"},
		{"SELECT coalesce(sec_to_time(a), b) FROM t", "a time of day may be made a time of today"},
		{"SELECT maketime(1, 2, 3) UNION SELECT a FROM t", "a time of day may be made a time of today"},
		{"SELECT date(str_to_date(a, '%H:%i')) FROM t", "a time of day may be made a time of today"},
		{"SELECT date(str_to_date(a, '%Y-%m-%d')) FROM t", ""},
		{"SELECT timediff(a, b) FROM t WHERE time(a) < '10:00' AND sec_to_time(b) BETWEEN ? AND ?", ""},
	})
}
