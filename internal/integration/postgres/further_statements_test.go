package postgres

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
)

// The event triggers of these tests.
const (
	notingEvents  = "CREATE FUNCTION notes() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.events VALUES (1); END $$"
	refusedEvents = "CREATE FUNCTION notes() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF tg_tag = 'DROP TABLE' THEN RAISE EXCEPTION 'no'; END IF; END $$"
	eventTrigger  = "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION notes()"
	eventTable    = "CREATE TABLE events (n int)"
	eventsRead    = "SELECT count(*) FROM events"
	viewOfOne     = "CREATE MATERIALIZED VIEW m AS WITH x AS (SELECT 1 AS one) SELECT upper(one::varchar(5)) FROM x"
	noted         = "CREATE FUNCTION noted() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.events VALUES (1); RETURN 1; END $$"
)

// Statements that change no row by themselves fire what does: event triggers, and
// functions that a materialised view is made of.
func TestStatementsThatFireMore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		schema []string
		write  string
		writes bool // what is fired
	}{
		{"a comment", []string{notingEvents, eventTrigger}, "COMMENT ON TABLE goods IS 'x'", true},
		{"a materialised view", []string{viewOfOne, notingEvents, eventTrigger}, "REFRESH MATERIALIZED VIEW m", true},
		{"a temporary table", []string{notingEvents, eventTrigger}, "CREATE TEMP TABLE x (a int)", true},
		{"a table of a query", []string{notingEvents, eventTrigger}, "SELECT 1 AS one INTO TEMP x", true},
		{"a grant", []string{notingEvents, eventTrigger}, "GRANT SELECT ON goods TO public", true},
		{"a function behind a materialised view", []string{noted, "CREATE MATERIALIZED VIEW m AS SELECT noted() AS n WITH NO DATA"}, "REFRESH MATERIALIZED VIEW m", true},
		{"a function behind a view behind it", []string{noted, "CREATE VIEW v AS SELECT noted() AS n", "CREATE MATERIALIZED VIEW m AS SELECT n FROM v WITH NO DATA"}, "REFRESH MATERIALIZED VIEW m", true},
		{"one of several statements", []string{notingEvents, eventTrigger}, "SELECT 1; COMMENT ON TABLE goods IS 'x'", true},
		// Nothing is dropped where nothing is written.
		{"a comment, watched", []string{refusedEvents, eventTrigger}, "COMMENT ON TABLE goods IS 'x'", false},
		{"a materialised view, watched", []string{viewOfOne, refusedEvents, eventTrigger}, "REFRESH MATERIALIZED VIEW m", false},
		{"a comment alone", nil, "COMMENT ON TABLE goods IS 'x'", false},
		{"a materialised view alone", []string{viewOfOne}, "REFRESH MATERIALIZED VIEW m", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := imageShop(t, driverName, append([]string{eventTable}, tt.schema...)...)
				s.want(t, "0", false, eventsRead)
				s.want(t, "0", true, eventsRead)
				tx := s.begin(t, nil)
				s.wantWith(t, tx, "0", true, eventsRead)
				run(t, tx, tt.write)
				inside := "0"
				if tt.writes {
					inside = "1"
				}
				if rows, hit := s.readWith(t.Context(), t, tx, eventsRead); rows != inside || hit && tt.writes {
					t.Errorf("STALE: %q, hit %v, in the transaction", rows, hit)
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				s.read(t, eventsRead) // a temporary table's connection may be the one that the pool has
				exec(t, s.cached, tt.write)
				if rows, hit := s.read(t, eventsRead); rows != inside || hit == tt.writes {
					t.Errorf("STALE or dropped for nothing: %q, hit %v, want %q", rows, hit, inside)
				}
			})
		})
	}
}

// An event trigger that another program makes is noticed.
func TestDigestOfEventTriggers(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, pgx, server.NewDatabase(t), eventTable, notingEvents)
	before := c.digest(t)
	for _, ddl := range []string{eventTrigger, "ALTER EVENT TRIGGER e DISABLE", "DROP EVENT TRIGGER e"} {
		c.exec(t, ddl)
		digest := c.digest(t)
		if digest == before {
			t.Errorf("%s left the digest as it was", ddl)
		}
		before = digest
	}
}

// Since PostgreSQL 17 there may be one that writes when a session begins, which
// nobody tells the cache.
func TestCatalogOfLoginTriggers(t *testing.T) {
	t.Parallel()
	for how, uncached := range map[string]bool{notingEvents: true, refusedEvents: false} {
		c := openCatalogConn(t, pgx, server.NewDatabase(t), eventTable, how, eventTrigger)
		newer := catalogQueryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
			rows, err := c.Query(ctx, query, args...)
			for i, v := range rows[0] {
				if text, ok := v.(string); ok {
					rows[0][i] = strings.ReplaceAll(text, `"event":"ddl_command_end"`, `"event":"login"`)
				}
			}
			return rows, err
		})
		catalog, err := postgres.Dialect.LoadCatalog(t.Context(), newer)
		if err != nil {
			t.Fatal(err)
		}
		if got := catalog.Table(dialect.Name{Name: "events"}).Uncached; strings.Contains(got, "when a session begins") != uncached {
			t.Errorf("%s: events is uncached: %q", how, got)
		}
	}
}
