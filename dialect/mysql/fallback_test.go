package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// fallbackOf analyses a text by its tokens, whether it could be parsed or not.
func fallbackOf(t testing.TB, text string) *dialect.Statement {
	t.Helper()
	toks, shape, err := tokenize(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return fallback(text, parseTrim(toks), &shape, "not tried")
}

// The parser does not know these. What they mean to MariaDB, or could mean in a later
// version, must not be missed.
func TestFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		kind          dialect.Kind
		writes, reads string // what must be among them
		foreign       string
	}{
		{"SELECT a FROM t1 x QUALIFY x = 1", dialect.KindSelect, "", "t1", ""},
		{"SELECT a FROM t1, s.t2 AS x, `t 3` SOMEHOW JOIN d.t4 ON x y", dialect.KindSelect, "", "t1, s.t2, t 3, d.t4", ""},
		{"SELECT a FROM t1 STRAIGHT_JOIN t2 NATURAL JOIN t3 NEWWORD z y", dialect.KindSelect, "", "t1, t2, t3", ""},
		{"SELECT a FROM t1 JOIN LATERAL (SELECT b FROM t2, t3) NEWWORD z", dialect.KindSelect, "", "t1, t2, t3", ""},
		{"SELECT a FROM (t1, (t2 JOIN (t3))) NEWWORD", dialect.KindSelect, "", "t1, t2, t3", ""},
		{"SELECT a FROM { OJ t1 LEFT JOIN t2 ON a = b } NEWWORD x", dialect.KindSelect, "", "t1, t2", ""},
		{"SELECT (SELECT 1 FROM t1), x NEWWORD y FROM t2", dialect.KindSelect, "", "t1, t2", ""},
		{"SELECT a FROM t1 WHERE b NEWWORD c UNION SELECT b FROM t2, t3", dialect.KindSelect, "", "t1, t2, t3", ""},
		{"SELECT x.from FROM t1, t2 WHERE a NEWWORD b", dialect.KindSelect, "", "t1, t2", ""},
		{"SELECT a FROM x.where, t2 NEWWORD y z", dialect.KindSelect, "", "x.where, t2", ""},
		{"(TABLE t1 NEWWORD x)", dialect.KindSelect, "", "t1", ""},
		{"VALUES (1) NEWWORD (SELECT a FROM t1)", dialect.KindSelect, "", "t1", "newword"},
		{"WITH x AS (SELECT a FROM t1) SELECT a FROM t2 NEWWORD z y", dialect.KindSelect, "", "t1, t2", ""},
		{"WITH xy (a, b) AS (SELECT a FROM t1) (SELECT a FROM t2) NEWWORD z y", dialect.KindSelect, "", "t1, t2", "xy"},
		{"SELECT f(a), lower(b), s.lower(c), `upper`(d), count (e), if (g, 1, 2) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", "f, lower, upper, count"},
		{"SELECT count(*), max(a) OVER (PARTITION BY (d) ORDER BY (e)), now(), CAST(a AS DECIMAL(1)) IN (1) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", ""},
		{"SELECT * FROM t1 WHERE a = ANY (SELECT b FROM t2) AND any(c) NEWWORD y z", dialect.KindSelect, "", "t1, t2", "any"},
		{"SELECT `` (a) FROM t1", dialect.KindSelect, "", "t1", "``"},
		{"SELECT * FROM t1 FOR UPDATE NEWWORD", dialect.KindSelect, "", "t1", ""},
		{"SELECT insert(a, 1, 2, b), replace(a, b, c), truncate(a, 1) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", ""},
		{"SELECT * FROM t1 FOR SYSTEM_TIME BETWEEN a AND b, t2 FOR SYSTEM_TIME ALL WHERE c = 1", dialect.KindSelect, "", "t1, t2", ""},
		{"SELECT * FROM t1 ORDER BY a OFFSET 1 ROW FETCH FIRST 2 ROWS WITH TIES", dialect.KindSelect, "", "t1", ""},
		{"SELECT * FROM t1 PROCEDURE ANALYSE(10)", dialect.KindSelect, "", "t1", "analyse"},

		{"INSERT INTO t1 (a, b) VALUES (1, 2) NEWWORD x", dialect.KindInsert, "t1", "", ""},
		{"INSERT `Users` VALUES (1) NEWWORD x", dialect.KindInsert, "Users", "", ""},
		{"INSERT LOW_PRIORITY IGNORE INTO s.t1 SELECT a FROM t2 NEWWORD y x", dialect.KindInsert, "s.t1", "t2", ""},
		{"INSERT DELAYED t1 SET a = 1 NEWWORD", dialect.KindInsert, "t1", "", ""},
		{"INSERT INTO t1 VALUES (f(1)) ON DUPLICATE KEY UPDATE a = (SELECT b FROM t2) NEWWORD x", dialect.KindInsert, "t1", "t2", "f"},
		{"INSERT INTO t1 (a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUE(a)", dialect.KindInsert, "t1", "", ""},
		{"REPLACE INTO t1 PARTITION (p) VALUES (1) NEWWORD x", dialect.KindInsert, "t1", "", ""},
		{"REPLACE HIGH_PRIORITY t1 VALUES (1) NEWWORD x", dialect.KindInsert, "t1", "", ""},
		{"INSERT INTO 2fa VALUES (1)", dialect.KindInsert, "2fa", "", ""},
		{"INSERT INTO t1 VALUES (" + strings.Repeat("9", 100) + ")", dialect.KindInsert, "t1", "", ""},

		{"UPDATE t1 SET a = 1 NEWWORD b", dialect.KindUpdate, "t1", "", ""},
		{"UPDATE LOW_PRIORITY IGNORE s.`t 1` AS x SET a = 1 NEWWORD b", dialect.KindUpdate, "s.t 1", "", ""},
		{"UPDATE t1 x SET a = (SELECT b FROM t2) NEWWORD b", dialect.KindUpdate, "t1", "t2", ""},
		{"UPDATE t1 FOR PORTION OF p FROM '2000-01-01' TO '2001-01-01' SET a = 1", dialect.KindUpdate, "t1", "", ""},
		{"UPDATE t1.5 SET a = 1", dialect.KindUpdate, "t1.5", "", ""},
		// The names of several may be those that others go by.
		{"UPDATE t1 x, t2 AS y SET y.a = 1 NEWWORD b", dialect.KindUpdate, "t1, t2", "t1, t2", ""},
		{"UPDATE t1 JOIN (t2 y, t3) ON a = b SET y.a = 1 NEWWORD b", dialect.KindUpdate, "t1, t2, t3", "", ""},
		{"UPDATE IGNORE t1 STRAIGHT_JOIN t2 SET a = 1 NEWWORD b", dialect.KindUpdate, "t1, t2", "", ""},
		{"UPDATE t1 NEWWORD SOMEHOW, t2 SET a = 1", dialect.KindUpdate, "t1, t2", "", ""},
		// ORDER and GROUP do not always end what is behind FROM.
		{"UPDATE t1 USE INDEX FOR ORDER BY (i), t2 SET t2.a = 1 NEWWORD b", dialect.KindUpdate, "t1, t2", "", ""},
		{"UPDATE t1 IGNORE INDEX FOR GROUP BY (i) JOIN t2 SET t2.a = 1 NEWWORD b", dialect.KindUpdate, "t1, t2", "", ""},
		{"SELECT a FROM t1 FORCE INDEX FOR ORDER BY (i), t2 NEWWORD y z", dialect.KindSelect, "", "t1, t2", ""},
		{"UPDATE (t1) SET a = 1 NEWWORD b", dialect.KindUpdate, "t1", "", ""},
		{"WITH x AS (SELECT a FROM t3) UPDATE t1 JOIN x SET a = 1 NEWWORD b", dialect.KindUpdate, "t1, x, t3", "", ""},

		{"DELETE FROM t1 NEWWORD LIMIT 1, 2", dialect.KindDelete, "t1", "", ""},
		{"DELETE QUICK FROM t1 AS x WHERE a = (SELECT b FROM t2) NEWWORD b", dialect.KindDelete, "t1", "t2", ""},
		{"DELETE FROM s.t1 x WHERE a NEWWORD b", dialect.KindDelete, "s.t1", "", ""},
		{"DELETE FROM t1 FOR PORTION OF p FROM a TO b WHERE c = 1", dialect.KindDelete, "t1", "", ""},
		{"DELETE FROM t1 PARTITION (p) WHERE a NEWWORD b", dialect.KindDelete, "t1", "", ""},
		{"DELETE HISTORY FROM t1 BEFORE SYSTEM_TIME '2000-01-01'", dialect.KindDelete, "t1", "", ""},
		{"DELETE x, y.* FROM t1 x JOIN t2 AS y NEWWORD b", dialect.KindDelete, "t1, t2", "", ""},
		{"DELETE FROM x USING t1 x, (t2) NEWWORD b", dialect.KindDelete, "t1, t2, x", "", ""},
		{"DELETE FROM x, y USING t1 x JOIN t2 y NEWWORD b", dialect.KindDelete, "t1, t2, x, y", "", ""},
		{"DELETE FROM s.x.* USING t1 x JOIN t2 NEWWORD b", dialect.KindDelete, "t1, t2", "", ""},

		{"SET STATEMENT max_statement_time = 1 FOR SELECT a FROM t1", dialect.KindSelect, "", "t1", ""},
		{"SET STATEMENT a = (SELECT f(b) FROM t2) FOR UPDATE t1 SET a = 1", dialect.KindUpdate, "t1", "t2", "f"},
		{"SET STATEMENT a = 1, b = 2 FOR DELETE FROM t1 WHERE c = 1", dialect.KindDelete, "t1", "", ""},
		{"SET STATEMENT a = 1 FOR WITH x AS (SELECT a FROM t1) SELECT * FROM x", dialect.KindSelect, "", "t1", ""},

		{"CREATE OR REPLACE TABLE s.t1 (a NEWWORD(1))", dialect.KindDDL, "s.t1", "", "newword"},
		{"CREATE TABLE IF NOT EXISTS t1 (a INET6)", dialect.KindDDL, "t1", "", ""},
		{"CREATE UNIQUE INDEX i ON t1 (a) NEWWORD x y", dialect.KindDDL, "t1", "", ""},
		{"DROP SEQUENCE s NEWWORD y", dialect.KindDDL, "", "", ""},
		{"ALTER TABLE t1 NEWWORD x y", dialect.KindDDL, "t1", "", ""},
		{"ALTER ONLINE IGNORE TABLE t1 NEWWORD x", dialect.KindDDL, "t1", "", ""},
		{"TRUNCATE TABLE t1 WAIT 5", dialect.KindDDL, "t1", "", ""},
		{"RENAME TABLE t1 WAIT 5 TO t2", dialect.KindDDL, "t1", "", ""},
		{"DROP DATABASE x NEWWORD y", dialect.KindDDL, "", "", ""},
	} {
		st := Parse(tt.text)
		if st.Incomplete == "" || st.Query != nil || st.Insert != nil || st.Update != nil || st.Delete != nil {
			t.Errorf("%s: was parsed: it tests nothing", tt.text)
		}
		if st.Kind != tt.kind || st.Taint != 0 || st.Commits != (tt.kind == dialect.KindDDL) {
			t.Errorf("%s: %v taint %d commits %v, want %v", tt.text, st.Kind, st.Taint, st.Commits, tt.kind)
		}
		if st.Volatile == "" {
			t.Errorf("%s: not volatile, although nothing is known", tt.text)
		}
		for _, list := range []struct{ what, got, want string }{
			{"reads", dialecttest.PrintNames(st.Reads), tt.reads},
			{"writes", dialecttest.PrintNames(st.Writes), tt.writes},
			{"foreign", strings.Join(st.Foreigns, ", "), tt.foreign},
		} {
			for want := range strings.SplitSeq(list.want, ", ") {
				if want != "" && !strings.Contains(", "+list.got+", ", ", "+want+", ") || want == "" && list.got != "" && list.what != "reads" {
					t.Errorf("%s: %s is %q, want %q too", tt.text, list.what, list.got, want)
				}
			}
		}
	}
}

func TestFallbackUnknown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"nonsense",
		"WITH",
		"WITH x AS (SELECT 1)",
		"WITH x AS (SELECT 1) INSERT INTO t1 SELECT 1 NEWWORD",
		"WITH x AS (DELETE FROM t1) SELECT * FROM x NEWWORD y z",
		"WITH x AS (SELECT a INTO @b FROM t1) SELECT * FROM x NEWWORD y z",
		"SELECT * INTO OUTFILE 'x' FROM t2 NEWWORD y z",
		"SELECT * FROM (UPDATE t1 SET a = 1)",
		"SELECT * FROM (DELETE FROM t1 RETURNING *) x",
		"SELECT * FROM (INSERT t1 VALUES (1) RETURNING *) x",
		"UPDATE t1 SET a = (DELETE FROM t2)",
		"INSERT INTO t1 SELECT * FROM (REPLACE t2 VALUES (1) RETURNING *) x",
		"INSERT INTO",
		"INSERT INTO (SELECT 1) VALUES (1)",
		"INSERT frob INTO t1 VALUES (1)",
		"REPLACE",
		"BEGIN NEWWORD",
		"BEGIN NOT ATOMIC SELECT 1",
		"COMMIT NEWWORD",
		"ROLLBACK NEWWORD x",
		"SAVEPOINT a b",
		"SET a b c",
		"SET STATEMENT a = 1",
		"SET STATEMENT a = 1 FOR CALL p()",
		"SET STATEMENT a = 1 FOR CREATE TABLE t1 (a INT)",
		"SET STATEMENT a = (DELETE FROM t1) FOR SELECT 1",
		// MariaDB takes a point before a name as that of the database it does not have.
		"UPDATE t1, .t2 SET t2.a = 1 NEWWORD b",
		"DELETE t2 FROM t1 JOIN .t2 NEWWORD b",
		"SELECT a FROM .t2 NEWWORD y z",
		"EXPLAIN NEWWORD x y z",
		"ANALYZE FORMAT=JSON UPDATE t1 SET a = 1",
		"MERGE INTO t1 USING t2",
		"CALL f NEWWORD x",
		"LOAD NEWWORD",
		"HANDLER t1 NEWWORD",
		"EXECUTE IMMEDIATE 'DROP TABLE t1'",
		"CREATE TEMPORARY TABLE t1 (a NEWWORD)",
		"CREATE OR REPLACE TEMPORARY TABLE t1 (a INT)",
		"DROP TEMPORARY TABLE t1 NEWWORD y",
		"CREATE NEWWORD x",
		"RENAME USER a TO b NEWWORD c d",
		"CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; END",
		"DELIMITER //",
	} {
		st := Parse(text)
		if st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || st.Incomplete == "" || st.Volatile == "" || !st.Commits {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
		if st.Pos < 0 || st.Pos > st.End || st.End > len(text) {
			t.Errorf("%s: span %d:%d", text, st.Pos, st.End)
		}
	}
}

// fallbackMisses is [dialecttest.GuessMisses] for MySQL. DDL invalidates everything, so
// that its tables do not matter.
func fallbackMisses(parsed, guessed *dialect.Statement) string {
	told := *parsed
	if told.Kind == dialect.KindDDL {
		told.Reads, told.Writes, told.Foreigns, told.Params = nil, nil, nil, 0
	}
	if guessed.Kind == told.Kind && told.Commits && !guessed.Commits {
		return "that it commits"
	}
	return dialecttest.GuessMisses(&told, guessed, nameFold)
}

// Of texts that can be parsed, the tokens must not tell less than the parser.
func TestFallbackCovers(t *testing.T) {
	t.Parallel()
	known := 0
	for _, c := range corpus(t) {
		parsed, guessed := Parse(c.Text), fallbackOf(t, c.Text)
		if miss := fallbackMisses(parsed, guessed); miss != "" {
			t.Errorf("%s: the tokens miss %s", c.Name, miss)
		}
		if guessed.Kind != dialect.KindUnknown {
			known++
		}
	}
	// What is always unknown misses nothing.
	if known < 80 {
		t.Errorf("only %d statements of the corpus are told by their tokens", known)
	}
}

// Deep nesting is cheap to look at: the tests' time limit is the assertion.
func TestFallbackDeep(t *testing.T) {
	t.Parallel()
	const n = 200_000
	st := Parse("SELECT " + strings.Repeat("lower(", n) + "f(a)" + strings.Repeat(")", n) + " FROM t1")
	if st.Kind != dialect.KindSelect || st.Foreign != "f" || dialecttest.PrintNames(st.Reads) != "t1" {
		t.Errorf("%v foreign %q reads %v", st.Kind, st.Foreign, st.Reads)
	}
}
