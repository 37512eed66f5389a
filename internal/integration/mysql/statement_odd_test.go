package mysql

import (
	"database/sql/driver"
	"strings"
	"testing"
)

// What a statement writes that the parser does not know, or that is written in an odd way,
// no read that was cached shows as it was before: by what it names, by a view, by what a
// function does that it calls, by a trigger. Statements that fail leave all as it was, on
// the cached handle, too.
func TestOddStatementsStayFresh(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	name := database(t, s.dsn)
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "CREATE TABLE u (id int PRIMARY KEY, v int)", "CREATE VIEW w AS SELECT * FROM u",
		"CREATE FUNCTION ff() RETURNS int MODIFIES SQL DATA BEGIN UPDATE u SET v = v + 1 WHERE id = 1; RETURN 1; END", "CREATE VIEW vf AS SELECT ff() AS x", "CREATE PROCEDURE pp() UPDATE u SET v = 9",
		"CREATE TABLE tt (id int PRIMARY KEY, v int)", "CREATE TRIGGER trg AFTER UPDATE ON tt FOR EACH ROW UPDATE t USE INDEX FOR ORDER BY (PRIMARY), u SET u.v = 5. WHERE u.id = 1")
	const read = "SELECT v FROM u WHERE id = 1"
	written := 0
	for _, text := range oddStatements {
		text = strings.ReplaceAll(text, "test_ff", name)
		exec(t, s.cached, "REPLACE INTO t VALUES (1, 1)", "REPLACE INTO u VALUES (1, 1)", "REPLACE INTO tt VALUES (1, 0)")
		s.read(t, read)
		before, hit := s.read(t, read)
		if !hit {
			t.Fatalf("before %s: the read is not cached: %v", text, s.lastReason.Load())
		}
		s.runOnce(t, text)
		want, _ := s.readWith(t.Context(), t, s.bare, read)
		if got, _ := s.read(t, read); got != want {
			t.Errorf("STALE after %s: %q, the database has %q", text, got, want)
		}
		if want != before {
			written++
		}
	}
	if written < len(oddStatements)/2 {
		t.Errorf("%d of %d statements wrote", written, len(oddStatements))
	}
}

// runOnce runs a statement on a connection that is closed behind it: what is not understood
// leaves one on which nothing is cached, and whose writes drop everything.
func (s *cachedMySQL) runOnce(t *testing.T, text string) {
	t.Helper()
	c := s.conn(t)
	if rows, err := c.QueryContext(t.Context(), text); err == nil {
		for rows.Next() {
		}
		_ = rows.Close()
	}
	_ = c.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.Close()
}

var oddStatements = []string{
	"UPDATE t, .u SET u.v = 5 WHERE u.id=1",
	"UPDATE t JOIN .u SET u.v = 5 WHERE u.id=1",
	"UPDATE .u SET v = 5 WHERE id=1",
	"UPDATE .u, t SET u.v = 5 WHERE u.id=1",
	"DELETE u FROM t JOIN .u WHERE u.id=1",
	"DELETE .u FROM t, u WHERE u.id=1",
	"DELETE FROM .u WHERE id=1",
	"INSERT INTO .u VALUES (1,5) ON DUPLICATE KEY UPDATE v=5",
	"REPLACE .u VALUES (1,5)",
	"UPDATE t, (SELECT 1. AS x) AS z, u SET u.v = 5 WHERE u.id=1",
	"UPDATE t JOIN u ON t.id = u.id AND t.id = CASE WHEN t.id = 1. THEN 1 END SET u.v = 5",
	"UPDATE (t), (u) SET u.v = 5. WHERE u.id=1",
	"UPDATE ((t) JOIN (u)) SET u.v = 5. WHERE u.id=1",
	"UPDATE {OJ t LEFT JOIN u ON t.id=u.id} SET u.v = 5. WHERE u.id=1",
	"UPDATE t STRAIGHT_JOIN u SET u.v = 5. WHERE u.id=1",
	"UPDATE t NATURAL JOIN u SET u.v = 5. WHERE u.id=1",
	"UPDATE t AS `where`, u SET u.v = 5. WHERE u.id=1",
	"UPDATE t AS `order` , u SET u.v = 5. WHERE u.id=1",
	"UPDATE t AS a, u AS b SET b.v = 5. WHERE b.id=1",
	"UPDATE t a, u b SET b.v = 5. WHERE b.id=1",
	"UPDATE t JOIN u USING (id) SET u.v = 5. WHERE u.id=1",
	"UPDATE t PARTITION (p0), u SET u.v = 5. WHERE u.id=1",
	"UPDATE t, u FORCE INDEX (PRIMARY) SET u.v = 5. WHERE u.id=1",
	"UPDATE t FORCE INDEX FOR JOIN (PRIMARY), u SET u.v = 5. WHERE u.id=1",
	"UPDATE IGNORE t, u SET u.v = 5. WHERE u.id=1",
	"UPDATE LOW_PRIORITY IGNORE t, u SET u.v = 5. WHERE u.id=1",
	"DELETE LOW_PRIORITY QUICK IGNORE u FROM t, u WHERE u.id = 1.",
	"DELETE u.* FROM t, u WHERE u.id = 1.",
	"DELETE FROM u.* USING t, u WHERE u.id = 1.",
	"DELETE b FROM t a, u b WHERE b.id = 1.",
	"DELETE a, b FROM t a JOIN u b WHERE b.id = 1.",
	"DELETE FROM b USING t a JOIN u b WHERE b.id = 1.",
	"DELETE FROM u WHERE id = 1. ORDER BY id LIMIT 1",
	"UPDATE w, t SET w.v = 5. WHERE w.id=1",
	"UPDATE t JOIN w SET w.v = 5. WHERE w.id=1",
	"UPDATE t, w x SET x.v = 5. WHERE x.id=1",
	"SET STATEMENT max_statement_time = 10 FOR UPDATE t, u SET u.v=5 WHERE u.id=1",
	"SET STATEMENT max_statement_time = 10 FOR UPDATE t USE INDEX FOR ORDER BY (PRIMARY), u SET u.v=5 WHERE u.id=1",
	"SET STATEMENT max_statement_time = 10, sort_buffer_size=100000 FOR DELETE u FROM t, u WHERE u.id=1",
	"SET STATEMENT max_statement_time=10 FOR DELETE FROM u WHERE id=1",
	"SET STATEMENT max_statement_time=10 FOR REPLACE INTO u VALUES (1,5)",
	"SET STATEMENT max_statement_time=10 FOR INSERT INTO u VALUES (1,5) ON DUPLICATE KEY UPDATE v=5",
	"SET STATEMENT max_statement_time=10 FOR SELECT ff()",
	"SELECT 1., ff()",
	"SELECT 1., ff ()",
	"SELECT 1., `ff`()",
	"SELECT 1. FROM vf",
	"SELECT 1. FROM t USE INDEX FOR ORDER BY (PRIMARY), vf",
	"SELECT 1. FROM (t, vf)",
	"SELECT 1. FROM .vf",
	"SELECT ff() FROM t FOR SYSTEM_TIME ALL",
	"SELECT 1 FROM t WHERE ff() LIMIT 1 ROWS EXAMINED 10",
	"SELECT 1 FROM t ORDER BY ff() OFFSET 0 ROWS FETCH FIRST 1 ROWS ONLY",
	"SELECT 1 FROM vf OFFSET 0 ROWS FETCH FIRST 1 ROWS ONLY",
	"DO ff()",
	"DO (SELECT MAX(x) FROM vf)",
	"SHOW TABLES WHERE ff() > 0",
	"SHOW VARIABLES WHERE ff() > 0 AND Variable_name='version'",
	"EXPLAIN SELECT * FROM (SELECT ff() AS x) AS z",
	"EXPLAIN SELECT * FROM vf",
	"ANALYZE SELECT * FROM vf",
	"ANALYZE UPDATE u SET v=5 WHERE id=1",
	"ANALYZE FORMAT=JSON DELETE FROM u WHERE id=1",
	"DESCRIBE UPDATE u SET v=5",
	"HANDLER t OPEN",
	"HELP 'x'",
	"KILL QUERY ff()",
	"SET @x = ff()",
	"SET max_statement_time = ff()",
	"SET @x = (SELECT MAX(x) FROM vf)",
	"PREPARE q FROM 'UPDATE u SET v=5'",
	"CALL pp()",
	"VALUES (ff())",
	"SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (x int PATH '$')) AS j WHERE ff()",
	"WITH c AS (SELECT ff() AS x) SELECT * FROM c",
	"INSERT INTO t VALUES (2, ff())",
	"INSERT INTO t (id, v) VALUES (2, 1) RETURNING ff()",
	"DELETE FROM t RETURNING ff()",
	"DELETE FROM t RETURNING (SELECT x FROM vf LIMIT 1)",
	"REPLACE INTO t VALUES (1, 1) RETURNING ff()",
	"UPDATE t SET v = ff() WHERE id=1",
	"UPDATE t SET v = 1 WHERE ff() = 1",
	"UPDATE t SET v = 2 ORDER BY ff() LIMIT 1",
	"INSERT INTO t SELECT 7, x FROM vf",
	"UPDATE tt SET v = 1 WHERE id=1",
	"CREATE TEMPORARY TABLE tmp SELECT ff()",
	"IF ff() THEN SELECT 1; END IF",
	"SELECT ff() INTO @a",
	"SELECT ff() LIMIT 0",
	"(SELECT ff())",
	"(SELECT 1) UNION (SELECT ff()) LIMIT 1",
	"SELECT test_ff.ff() FROM DUAL",
	"SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'x'",
	"UPDATE t USE INDEX FOR ORDER BY (PRIMARY), u SET u.v = 5. WHERE u.id = 1",
	"UPDATE t IGNORE INDEX FOR GROUP BY (PRIMARY), u SET u.v = 5. WHERE u.id = 1",
	"UPDATE t FORCE INDEX FOR ORDER BY (PRIMARY) JOIN u SET u.v = 5. WHERE u.id = 1",
	"DELETE u FROM t USE INDEX FOR GROUP BY (PRIMARY), u WHERE u.id = 1.",
}

// A read that misses on a connection on which nothing is cached says why nothing is kept.
func TestReadsOverSuchAConnectionSayWhy(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	s.cached.SetMaxOpenConns(1)
	exec(t, s.bare, "CREATE TABLE u (id int PRIMARY KEY, v int)", "INSERT INTO u VALUES (1, 1)")
	exec(t, s.cached, "BEGIN NOT ATOMIC UPDATE u SET v = 5; END")
	for range 2 {
		s.want(t, "5", false, "SELECT v FROM u WHERE id = 1")
		if why, _ := s.lastReason.Load().(string); !strings.Contains(why, "BEGIN NOT ATOMIC") {
			t.Errorf("the reason is %q", why)
		}
	}
	if stats := s.cache.Stats(); stats.PassedBy.Connection != 2 || stats.Misses != 0 {
		t.Errorf("%d reads passed by the connection, %d missed, want 2 and none", stats.PassedBy.Connection, stats.Misses)
	}
}
