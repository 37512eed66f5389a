package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// computedByOthers are tables with a virtual column c that is another value to another
// session. N tells apart what a row was and is.
var computedByOthers = []struct{ name, columns, first, second string }{
	{"a column that is computed of one", "at timestamp NULL, h int AS (HOUR(at)) VIRTUAL, c int AS (h + 1) VIRTUAL", "at = '2026-06-01 10:00:00'", "at = '2026-06-01 12:00:00'"},
	{"a fraction that is cut or rounded", "at datetime(6), c datetime AS (at) VIRTUAL", "at = '2026-06-01 10:00:00.2'", "at = '2026-06-01 10:00:01.7'"},
	{"a text that is a date to some", "at varchar(20), c date AS (at) VIRTUAL", "at = '2026-02-28'", "at = '2026-02-31'"},
	{"a difference without a sign", "a int unsigned, b int unsigned, c bigint AS (a - b) VIRTUAL", "a = 3, b = 2", "a = 2, b = 5"},
	{"a column that is computed of one that is not seen", "at timestamp NULL, h int AS (HOUR(at)) VIRTUAL INVISIBLE, c int AS (h + 1) VIRTUAL", "at = '2026-06-01 10:00:00'", "at = '2026-06-01 12:00:00'"},
	{"NULL to some", "at timestamp NULL, c int AS (IF(HOUR(at) > 14, NULL, 1)) VIRTUAL", "at = '2026-06-01 10:00:00'", "at = '2026-06-01 12:00:00'"},
	{"the number of a date", "at datetime(6), c bigint AS (at + 0) VIRTUAL", "at = '2026-06-01 10:00:00.2'", "at = '2026-06-01 10:00:01.7'"},
	{"a date that is compared with a text", "at datetime, x varchar(20), c int AS (at = x) VIRTUAL", "at = '2026-03-03', x = '2026-02-31'", "at = '2026-02-28', x = '2026-02-28'"},
}

// nothing is NULL for each parameter of a text.
func nothing(text string) []any { return make([]any, strings.Count(text, "?")) }

// What a virtual column is to one session it need not be to another: a write of the one
// is seen by the reads of the other all the same.
func TestComputedByOthers(t *testing.T) {
	t.Parallel()
	for _, c := range computedByOthers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shared, err := memory.New(memory.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := shared.Close(); err != nil {
					t.Error(err)
				}
			})
			use := func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = shared }
			dsn := server.NewDatabase(t)
			var all []*cachedMySQL
			for _, mode := range []string{"time_zone=%27%2B00%3A00%27&sql_mode=%27%27", "time_zone=%27%2B05%3A00%27&sql_mode=%27TIME_ROUND_FRACTIONAL%2CNO_UNSIGNED_SUBTRACTION%2CALLOW_INVALID_DATES%27"} {
				all = append(all, openCachedMySQL(t, mode, dsn, use))
			}
			exec(t, all[0].bare, "CREATE TABLE t (id int PRIMARY KEY, n int, "+c.columns+")", "INSERT INTO t SET id = 1, n = 1, "+c.first, "INSERT INTO t SET id = 2, n = 2, "+c.second)
			reads := []string{"SELECT n FROM t WHERE c IS NULL ORDER BY n", "SELECT n FROM t WHERE c IS NOT NULL ORDER BY n", "SELECT n FROM t WHERE c <=> ? ORDER BY n"}
			for _, s := range all {
				values, _ := s.readWith(t.Context(), t, s.bare, "SELECT DISTINCT CAST(c AS CHAR) FROM t WHERE c IS NOT NULL")
				for v := range strings.SplitSeq(values, ",") {
					reads = append(reads, "SELECT n FROM t WHERE c = '"+v+"' ORDER BY n")
				}
			}
			for n, s := range all {
				for _, write := range []string{"UPDATE t SET n = n + 10, " + c.first + " WHERE id = 2", "UPDATE t SET n = n + 1, " + c.second + " WHERE id = 1", "UPDATE t SET n = n + 1 WHERE id = 1", "DELETE FROM t WHERE id = 2", "INSERT INTO t SET id = 2, n = 2, " + c.second} {
					for _, s := range all {
						for _, q := range slices.Concat(reads, reads) {
							s.read(t, q, nothing(q)...)
						}
					}
					exec(t, s.cached, write)
					for m, s := range all {
						for _, q := range reads {
							want, _ := s.readWith(t.Context(), t, s.bare, q, nothing(q)...)
							if got, _ := s.read(t, q, nothing(q)...); got != want {
								t.Errorf("STALE after %s of session %d, for session %d: %s: %q, want %q", write, n, m, q, got, want)
							}
						}
					}
				}
			}
		})
	}
}
