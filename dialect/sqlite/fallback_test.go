package sqlite

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// fallbackOf analyses a text by its tokens, whether it could be parsed or not.
func fallbackOf(t testing.TB, text string) *dialect.Statement {
	t.Helper()
	toks, _, err := tokenize(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return fallback(text, parseTrim(toks), "not tried")
}

// These texts are not SQLite's today. What they could mean in a later version
// must not be missed.
func TestFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		kind          dialect.Kind
		writes, reads string // what must be among them
		foreign       string
		taint         dialect.Taint
	}{
		{"SELECT a FROM t1 QUALIFY x = 1", dialect.KindSelect, "", "t1", "", 0},
		{"SELECT a FROM t1, main.t2 AS x, [t 3] SOMEHOW JOIN 't4' WHERE a IN t5 FOR SYSTEM", dialect.KindSelect, "", "t1, main.t2, t 3, t4, t5", "", 0},
		{"SELECT a FROM t1 JOIN LATERAL (SELECT b FROM t2, t3) NEWWORD", dialect.KindSelect, "", "t1, t2, t3", "lateral", 0},
		{"SELECT a FROM (t1, (t2 JOIN t3)) NEWWORD", dialect.KindSelect, "", "t1, t2, t3", "", 0},
		{"SELECT (SELECT 1 FROM t1), x NEWWORD y FROM t2", dialect.KindSelect, "", "t1, t2", "", 0},
		{"SELECT a FROM t1, window, t2 NEWWORD z", dialect.KindSelect, "", "t1, window, t2", "", 0},
		{"SELECT a FROM t1 WHERE b NEWWORD c UNION SELECT b FROM t2, t3", dialect.KindSelect, "", "t1, t2, t3", "", 0},
		{"VALUES (1) NEWWORD (SELECT a FROM t1)", dialect.KindSelect, "", "t1", "newword", 0},
		{"WITH x AS (SELECT a FROM t1), replace(a) AS (SELECT 1) SELECT a FROM t2 NEWWORD z", dialect.KindSelect, "", "t1, t2", "replace", 0},
		{"SELECT f(a), lower(b), lower(c, d), date(e) FROM t1 WHERE a REGEXP 'x' NEWWORD z", dialect.KindSelect, "", "t1", "f lower regexp", 0},
		{"SELECT count(*), max(a), sum(b) FILTER (WHERE c) OVER (PARTITION BY (d) ORDER BY (e)) FROM t1 NEWWORD z", dialect.KindSelect, "", "t1", "", 0},
		{"SELECT a FROM json_each(b) JOIN json_tree(c) WHERE d IN jsonb_each(e) NEWWORD z", dialect.KindSelect, "", "json_each", "", 0},
		{"SELECT a FROM lower(b), t1 NEWWORD z", dialect.KindSelect, "", "t1, lower", "lower", 0},
		{"SELECT a FROM t1, lower(b) NEWWORD z", dialect.KindSelect, "", "t1, lower", "lower", 0},
		{"SELECT a FROM t1 WHERE a IN max(b) NEWWORD z", dialect.KindSelect, "", "t1, max", "max", 0},
		// Called like a scalar function it is the application's.
		{"SELECT json_each(a) FROM t1 NEWWORD z", dialect.KindSelect, "", "t1", "json_each", 0},
		{"SELECT a IS DISTINCT FROM json_each(a) FROM t1 NEWWORD z", dialect.KindSelect, "", "t1", "json_each", 0},
		{"SELECT \"\"(a) FROM t1, \"\" NEWWORD z", dialect.KindSelect, "", "t1", `""`, 0},
		{"SELECT key(a), by(b), filter(c), over(d), conflict(e) FROM t1 NEWWORD z", dialect.KindSelect, "", "t1", "key by filter over conflict", 0},

		{"INSERT INTO t1 (a, b) VALUES (1, 2) NEWWORD x", dialect.KindInsert, "t1", "", "", 0},
		{"INSERT OR SOMETHING INTO main.t1 SELECT a FROM t2 NEWWORD x", dialect.KindInsert, "main.t1", "t2", "", 0},
		{"REPLACE INTO t1 SELECT a FROM t2 NEWWORD x", dialect.KindInsert, "t1", "t2", "", 0},
		{"INSERT INTO t1 VALUES (1) ON CONFLICT (a) DO UPDATE SET a = (SELECT b FROM t2) NEWWORD x", dialect.KindInsert, "t1", "t2", "", 0},
		{"WITH x AS (SELECT a FROM t2) INSERT INTO t1 SELECT a FROM x NEWWORD y", dialect.KindInsert, "t1", "t2", "", 0},
		{"UPDATE t1 SET a = 1 NEWWORD b FROM t2, t3 WHERE c IN t4", dialect.KindUpdate, "t1", "t2, t3, t4", "", 0},
		{"UPDATE OR IGNORE main.[t 1] SET a = 1 NEWWORD b", dialect.KindUpdate, "main.t 1", "", "", 0},
		{"WITH x AS (SELECT a FROM t2) UPDATE OR FAIL t1 SET a = 1 NEWWORD b", dialect.KindUpdate, "t1", "t2", "", 0},
		{"UPDATE t1 SET a = f(1) NEWWORD b", dialect.KindUpdate, "t1", "", "f", 0},
		{"DELETE FROM t1 USING t2 WHERE a = (SELECT b FROM t3)", dialect.KindDelete, "t1", "t3", "", 0},

		{"CREATE TABLE t1 (a NEWWORD(1)) NEWWORD y", dialect.KindDDL, "t1", "", "newword", 0},
		{"CREATE TEMP TABLE t1 NEWWORD", dialect.KindDDL, "t1", "", "", dialect.TaintAll},
		{"CREATE TABLE Temp.t1 NEWWORD", dialect.KindDDL, "Temp.t1", "", "", dialect.TaintAll},
		{"CREATE UNIQUE INDEX IF NOT EXISTS main.i ON t1 (a) NEWWORD", dialect.KindDDL, "main.i, t1, main.t1", "", "t1", 0},
		{"ALTER TABLE main.t1 NEWWORD TO t2", dialect.KindDDL, "main.t1, t2, main.t2", "", "", 0},
		{"DROP TABLE IF EXISTS t1 CASCADE", dialect.KindDDL, "t1", "", "", 0},
		{"CREATE VIEW v AS SELECT a FROM t1 NEWWORD x", dialect.KindDDL, "v", "t1", "", 0},
		{"ATTACH 'x' NEWWORD y", dialect.KindSession, "", "", "", dialect.TaintAll},
		{"DETACH x NEWWORD y", dialect.KindSession, "", "", "", dialect.TaintAll},
		{"BEGIN CONCURRENT", dialect.KindBegin, "", "", "", 0},
		{"BEGIN CONCURRENT TRANSACTION", dialect.KindBegin, "", "", "", 0},
	} {
		st := Parse(tt.text)
		if st.Incomplete == "" || st.Query != nil || st.Insert != nil || st.Update != nil || st.Delete != nil {
			t.Errorf("%s: was parsed: it tests nothing", tt.text)
		}
		if st.Kind != tt.kind || st.Taint != tt.taint {
			t.Errorf("%s: %v taint %d, want %v %d", tt.text, st.Kind, st.Taint, tt.kind, tt.taint)
		}
		if st.Volatile == "" {
			t.Errorf("%s: not volatile, although nothing is known", tt.text)
		}
		if got := dialecttest.PrintNames(st.Writes); got != tt.writes {
			t.Errorf("%s: writes %s, want %s", tt.text, got, tt.writes)
		}
		for want := range strings.SplitSeq(tt.reads, ", ") {
			if want != "" && !strings.Contains(", "+dialecttest.PrintNames(st.Reads)+", ", ", "+want+", ") {
				t.Errorf("%s: reads %s, want %s too", tt.text, dialecttest.PrintNames(st.Reads), want)
			}
		}
		if got := strings.Join(st.Foreigns, " "); got != tt.foreign {
			t.Errorf("%s: foreign %q, want %q", tt.text, got, tt.foreign)
		}
	}
}

func TestFallbackUnknown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"nonsense",
		"WITH",
		"WITH x AS (SELECT 1)",
		"WITH x AS (SELECT 1) MERGE INTO t1",
		"WITH x AS (DELETE FROM t1 RETURNING *) SELECT * FROM x",
		"WITH x AS (INSERT INTO t1 VALUES (1) RETURNING *) UPDATE t2 SET a = 1",
		"SELECT * INTO t1 FROM t2",
		"SELECT * FROM (UPDATE t1 SET a = 1 RETURNING *)",
		"SELECT * FROM t1 FOR UPDATE",
		"SELECT a FROM (REPLACE INTO t1 VALUES (1))",
		"UPDATE t1 SET a = (DELETE FROM t2 RETURNING 1)",
		"UPDATE t1 SET a = 1; UPDATE t2 SET a = 1 NEWWORD",
		"INSERT INTO",
		"INSERT t1 VALUES (1)",
		"INSERT INTO (SELECT 1) VALUES (1)",
		"DELETE t1 FROM t2",
		"UPDATE",
		"UPDATE (t1) SET a = 1",
		"UPDATE ONLY(t1) SET a = 1, b = (UPDATE t2)",
		"CREATE FUNCTION f() AS x",
		"CREATE OR REPLACE TABLE t1 (a)",
		"CREATE TRIGGER tr AFTER NEWWORD ON t1 BEGIN DELETE FROM t2; END",
		"ALTER VIEW v RENAME TO w",
		"DROP FUNCTION f",
		"DROP TABLE",
		"COMMIT AND CHAIN",
		"COMMIT NEWWORD",
		"ROLLBACK NEWWORD x",
		"SAVEPOINT a b",
		"BEGIN NEWWORD",
		"PRAGMA a.b.c = 1",
		"EXPLAIN NEWWORD",
		"EXPLAIN EXPLAIN SELECT 1",
		"VACUUM a b",
		"TRUNCATE TABLE t1",
		"MERGE INTO t1 USING t2",
	} {
		st := Parse(text)
		if st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || st.Incomplete == "" || st.Volatile == "" {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
		if st.Pos < 0 || st.Pos > st.End || st.End > len(text) {
			t.Errorf("%s: span %d:%d", text, st.Pos, st.End)
		}
	}
}

// Of texts that can be parsed, the tokens must not tell less than the parser.
func TestFallbackCovers(t *testing.T) {
	t.Parallel()
	known := 0
	for _, c := range corpus(t) {
		parsed, guessed := Parse(c.Text), fallbackOf(t, c.Text)
		if miss := dialecttest.GuessMisses(parsed, guessed, nameFold); miss != "" {
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
