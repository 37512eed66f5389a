package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	libpq "github.com/lib/pq"

	"github.com/cacheops/cacheops/internal/analysis"
)

// 'now', given as an argument, is another time at each call. So is what it finds.
func TestDatedArguments(t *testing.T) {
	t.Parallel()
	each := func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.bare, "CREATE TABLE days (id int PRIMARY KEY, at timestamptz, title text)", "INSERT INTO days VALUES (1, clock_timestamp() + interval '1 hour', 'now')")
		now, list := "now", any([]string{"now"})
		if s.driver == pq {
			list = libpq.Array([]string{"now"})
		}
		for _, q := range []struct {
			query string
			arg   any
		}{
			{"SELECT count(*) FROM days WHERE at <= $1", now}, {"SELECT count(*) FROM days WHERE at <= $1", &now}, {"SELECT count(*) FROM days WHERE at <= $1", pgtype.Text{String: now, Valid: true}},
			{"SELECT count(*) FROM days WHERE at = $1", now}, {"SELECT count(*) FROM days WHERE at IN ($1, $1)", now}, {"SELECT count(*) FROM days WHERE at <= $1::timestamptz", now}, {"SELECT count(*) FROM days WHERE at <= ANY($1::timestamptz[])", list},
			{"SELECT count(*) FROM days WHERE CASE WHEN id = 1 THEN at <= $1 END", now}, {"SELECT count(*) FROM days WHERE tstzrange('-infinity', $1) @> at", now},
			{"SELECT count(*) FROM days WHERE id = 1 AND (at < $1 OR at = $1)", now},
		} {
			s.want(t, "0", false, q.query, q.arg)
			s.want(t, "0", false, q.query, q.arg)
			if got := s.lastReason.Load(); got != analysis.WhyDated {
				t.Errorf("%s: %v", q.query, got)
			}
			if q.arg != any(now) {
				continue // Explain takes values as database/sql does
			}
			e, err := s.cache.Database("main").Explain(t.Context(), q.query, q.arg)
			if err != nil || e.Reason != analysis.WhyDated {
				t.Errorf("Explain %s: %q, %v", q.query, e.Reason, err)
			}
		}
		exec(t, s.bare, "UPDATE days SET at = clock_timestamp() + interval '100 ms'")
		s.forget(t)
		s.read(t, "SELECT count(*) FROM days WHERE at <= $1", now)
		for past := ""; past != "1"; { // the time comes
			past, _ = s.readWith(t.Context(), t, s.bare, "SELECT count(*) FROM days WHERE at <= clock_timestamp()")
		}
		s.want(t, "1", false, "SELECT count(*) FROM days WHERE at <= $1", now)
		// What is compared with a text is one.
		for query, arg := range map[string]any{
			"SELECT id FROM days WHERE title = $1": "now", "SELECT id FROM days WHERE title IN ($1, 'x')": "now", "SELECT id FROM days WHERE at > '2020-01-01' AND title = $1": "now",
			"SELECT id FROM days WHERE at < $1": "2999-01-01", "SELECT id FROM days WHERE title LIKE $1": "no%",
		} {
			s.want(t, "1", false, query, arg)
			s.want(t, "1", true, query, arg)
		}
	}
	eachDriver(t, each)
	eachMode(t, each)
}
