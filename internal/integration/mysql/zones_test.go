package mysql

import (
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// Sessions whose clocks differ see one moment as different texts, and what is computed
// from it too. A write of one is seen by the reads of all.
func TestClocksOfOthers(t *testing.T) {
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
	for _, mode := range []string{
		"time_zone=%27%2B00%3A00%27", "time_zone=%27%2B05%3A30%27&lc_time_names=de_DE", "parseTime=true&loc=America%2FNew_York&time_zone=%27-05%3A00%27", "time_zone=SYSTEM&interpolateParams=true",
	} {
		all = append(all, openCachedMySQL(t, mode, dsn, use))
	}
	const noon, lateThere, dawn = "'2026-06-01 12:00:00'", "'2026-06-01 17:30:00'", "'2026-06-01 07:00:00'"
	exec(t, all[0].bare, "CREATE TABLE events (id int PRIMARY KEY, at timestamp NULL, clock datetime, n int)",
		"CREATE TABLE shows (id int PRIMARY KEY, at timestamp NULL, clock datetime, n int, shown varchar(30) AS (at) VIRTUAL)",
		"CREATE TABLE days (id int PRIMARY KEY, at timestamp NULL, clock datetime, n int, day varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin AS (DAYNAME(clock)) VIRTUAL)")
	tables := []string{"events", "shows", "days"}
	reads := []string{"SELECT n FROM days WHERE day = 'Monday'", "SELECT n FROM days WHERE day = 'Montag'", "SELECT at FROM events WHERE id = 1"}
	for _, table := range tables {
		exec(t, all[0].bare, "INSERT INTO "+table+" (id, at, clock, n) VALUES (1, "+noon+", "+noon+", 1), (2, '2026-06-02 01:00:00', '2026-06-02 01:00:00', 2)")
	}
	for _, at := range []string{noon, lateThere, dawn} {
		reads = append(reads, "SELECT n FROM events WHERE at = "+at, "SELECT n FROM events WHERE at IN ('1999-01-01', "+at+")", "SELECT n FROM events WHERE clock = "+at, "SELECT n FROM shows WHERE shown = "+at)
	}
	check := func(after string) {
		t.Helper()
		for range 2 {
			for n, s := range all {
				for _, query := range reads {
					want, _ := s.readWith(t.Context(), t, s.bare, query)
					if got, hit := s.read(t, query); got != want {
						t.Errorf("STALE after %s: session %d: %s: %q, hit %v, want %q", after, n, query, got, hit, want)
					}
				}
			}
		}
	}
	check("nothing")
	for _, s := range all {
		for _, table := range tables {
			for _, write := range []string{
				"UPDATE " + table + " SET n = n + 1 WHERE id = 1", "UPDATE " + table + " SET at = " + dawn + " WHERE id = 1", "UPDATE " + table + " SET at = " + lateThere + " WHERE at = " + dawn,
				"DELETE FROM " + table + " WHERE at = " + lateThere, "INSERT INTO " + table + " (id, at, clock, n) VALUES (1, " + noon + ", " + noon + ", 1)",
			} {
				exec(t, s.cached, write)
				check(write)
			}
		}
	}
}
