package postgres

import (
	"slices"
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

// These texts are not PostgreSQL's today. What they could mean in a later version
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
		{"SELECT a FROM t1 x QUALIFY x = 1", dialect.KindSelect, "", "t1", "", 0},
		{`SELECT a FROM t1, s.t2 AS x, "t 3" SOMEHOW JOIN d.s.t4 ON x y`, dialect.KindSelect, "", "t1, s.t2, t 3, s.t4", "", 0},
		{"SELECT a FROM t1 JOIN LATERAL (SELECT b FROM t2, t3) NEWWORD z", dialect.KindSelect, "", "t1, t2, t3", "", 0},
		{"SELECT a FROM (t1, (t2 JOIN ONLY t3)) NEWWORD", dialect.KindSelect, "", "t1, t2, t3", "", 0},
		{"SELECT (SELECT 1 FROM t1), x NEWWORD y FROM t2", dialect.KindSelect, "", "t1, t2", "", 0},
		{"SELECT a FROM t1 WHERE b NEWWORD c UNION SELECT b FROM t2, t3", dialect.KindSelect, "", "t1, t2, t3", "", 0},
		{"(TABLE t1 NEWWORD x)", dialect.KindSelect, "", "t1", "", 0},
		{"VALUES (1) NEWWORD (SELECT a FROM t1)", dialect.KindSelect, "", "t1", "newword", 0},
		{"WITH x AS MATERIALIZED (SELECT a FROM t1) SELECT a FROM t2 NEWWORD z y", dialect.KindSelect, "", "t1, t2", "", 0},
		{"SELECT f(a), lower(b), s.lower(c), pg_catalog.upper(d) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", "f, lower", 0},
		{"SELECT a::mood, CAST(b AS s.kind), c::int, CAST(d AS double precision), e <=> f FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", "type mood, type kind, operator <=>", 0},
		{"SELECT count(*), max(a) FILTER (WHERE c) OVER (PARTITION BY (d) ORDER BY (e)) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", "", 0},
		{"SELECT set_config(a) FROM t1 NEWWORD y z", dialect.KindSelect, "", "t1", "", dialect.TaintAll},
		{"SELECT * FROM t1 FOR UPDATE NEWWORD", dialect.KindSelect, "", "t1", "", 0},
		{"SELECT * FROM t1 FOR NO KEY UPDATE NEWWORD", dialect.KindSelect, "", "t1", "", 0},

		{"INSERT INTO t1 (a, b) VALUES (1, 2) NEWWORD x", dialect.KindInsert, "t1", "", "", 0},
		{`INSERT INTO "Users" VALUES (1) NEWWORD x`, dialect.KindInsert, "Users", "", "", 0},
		{"INSERT INTO Users VALUES (1) NEWWORD x", dialect.KindInsert, "users", "", "", 0},
		{"INSERT INTO s.t1 SELECT a FROM t2 NEWWORD y x", dialect.KindInsert, "s.t1", "t2", "", 0},
		{"INSERT INTO t1 VALUES (f(1)) ON CONFLICT (a) DO UPDATE SET a = (SELECT b FROM t2) NEWWORD x", dialect.KindInsert, "t1", "t2", "f", 0},
		{"WITH x AS (SELECT a FROM t2) INSERT INTO t1 SELECT a FROM x NEWWORD y z", dialect.KindInsert, "t1", "t2", "", 0},
		{"UPDATE t1 SET a = 1 NEWWORD b FROM t2, t3 WHERE c IN (TABLE t4)", dialect.KindUpdate, "t1", "t2, t3, t4", "", 0},
		{"UPDATE ONLY s.\"t 1\" SET a = 1 NEWWORD b", dialect.KindUpdate, "s.t 1", "", "", 0},
		{"UPDATE ONLY (t1) SET a = 1 NEWWORD b", dialect.KindUpdate, "t1", "", "", 0},
		{"DELETE FROM t1 NEWWORD x USING t2 WHERE a = (SELECT b FROM t3)", dialect.KindDelete, "t1", "t2, t3", "", 0},

		{"CREATE TABLE t1 (a NEWWORD(1)) NEWWORD y", dialect.KindDDL, "", "", "newword", dialect.TaintAll},
		{"DROP NEWWORD x", dialect.KindDDL, "", "", "", dialect.TaintAll},
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
		for want := range strings.SplitSeq(tt.foreign, ", ") {
			if want != "" && !strings.Contains(", "+strings.Join(st.Foreigns, ", ")+", ", ", "+want+", ") || want == "" && st.Foreign != "" {
				t.Errorf("%s: foreign %q, want %q too", tt.text, st.Foreigns, want)
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
		"WITH x AS (SELECT 1) MERGE INTO t1",
		"WITH x AS (DELETE FROM t1 RETURNING *) SELECT * FROM x NEWWORD y z",
		"WITH x AS (INSERT INTO t1 VALUES (1) RETURNING *) UPDATE t2 SET a = 1 NEWWORD",
		"SELECT * INTO t1 FROM t2 NEWWORD y z",
		"SELECT * FROM (UPDATE t1 SET a = 1 RETURNING *)",
		"UPDATE t1 SET a = (DELETE FROM t2 RETURNING 1)",
		"UPDATE t1 SET a = 1; UPDATE t2 SET a = 1 NEWWORD",
		"INSERT INTO",
		"INSERT t1 VALUES (1)",
		"INSERT INTO (SELECT 1) VALUES (1)",
		`INSERT INTO U&"t" VALUES (1) NEWWORD`,
		"DELETE t1 FROM t2",
		"UPDATE",
		"COMMIT NEWWORD",
		"ROLLBACK NEWWORD x",
		"SAVEPOINT a b",
		"BEGIN NEWWORD",
		"SET a b c",
		"EXPLAIN NEWWORD",
		"TRUNCATE TABLE t1 NEWWORD",
		"MERGE INTO t1 USING t2",
		"COPY t1 NEWWORD",
		"CALL f",
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

// fallbackMisses is [dialecttest.GuessMisses] for PostgreSQL. DDL invalidates
// everything, so that its tables do not matter. Of a type before a text, mood 'x', the
// tokens tell nothing: what could write in there is a function of the type's own.
func fallbackMisses(parsed, guessed *dialect.Statement) string {
	told := *parsed
	if told.Kind == dialect.KindDDL {
		told.Reads, told.Writes, told.Foreigns, told.Params = nil, nil, nil, 0
	}
	told.Foreigns = slices.DeleteFunc(slices.Clone(told.Foreigns), func(name string) bool {
		return strings.HasPrefix(name, dialect.TypePrefix)
	})
	return dialecttest.GuessMisses(&told, guessed, nameFold)
}

// Of texts that can be parsed, the tokens must not tell less than the parser.
func TestFallbackCovers(t *testing.T) {
	t.Parallel()
	known := 0
	for _, c := range corpus(t, "corpus.tsv") {
		parsed, guessed := Parse(c.Text), fallbackOf(t, c.Text)
		if miss := fallbackMisses(parsed, guessed); miss != "" {
			t.Errorf("%s: the tokens miss %s", c.Name, miss)
		}
		if guessed.Kind != dialect.KindUnknown {
			known++
		}
	}
	// What is always unknown misses nothing.
	if known < 70 {
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
