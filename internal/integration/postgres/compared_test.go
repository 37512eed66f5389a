package postgres

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

// cents is an amount that says one thing to database/sql and another to pgx, which
// asks what it is to a column of its type.
type cents int64

// Value implements driver.Valuer.
func (c cents) Value() (driver.Value, error) { return int64(c), nil }

// NumericValue implements pgtype.NumericValuer.
func (c cents) NumericValue() (n pgtype.Numeric, err error) {
	err = n.Scan(fmt.Sprintf("%d.%02d", c/100, c%100))
	return n, err
}

// shouted is a text that pgx writes in capitals.
type shouted string

// TextValue implements pgtype.TextValuer.
func (s shouted) TextValue() (pgtype.Text, error) {
	return pgtype.Text{String: strings.ToUpper(string(s)), Valid: true}, nil
}

// otherwise are reads that compare values in another way than the names of their
// columns and operators tell.
var otherwise = []struct {
	name   string
	option string // of the data source name
	only   string // the driver
	setup  []string
	query  string
	args   []any
	write  string
}{
	{
		name:  "an operator of the program's for char(n)",
		setup: []string{"CREATE TABLE t (v int, c char(5))", "INSERT INTO t VALUES (1, 'a')", "CREATE OPERATOR = (LEFTARG = bpchar, RIGHTARG = text, PROCEDURE = bpchariclike)"},
		query: "SELECT v FROM t WHERE c = $1::text ORDER BY v", args: []any{"a    "}, write: "INSERT INTO t VALUES (2, 'A')",
	},
	{
		name: "an operator of the program's before PostgreSQL's", option: "&search_path=public,pg_catalog",
		setup: []string{"CREATE TABLE t (v int, c text)", "INSERT INTO t VALUES (1, 'a')", "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, PROCEDURE = texticlike)"},
		query: "SELECT v FROM t WHERE c = $1 ORDER BY v", args: []any{"a"}, write: "INSERT INTO t VALUES (2, 'A')",
	},
	{
		name: "not unequal by an operator of the program's", option: "&search_path=public,pg_catalog",
		setup: []string{"CREATE TABLE t (v int, c text)", "INSERT INTO t VALUES (1, 'a')", "CREATE OPERATOR public.<> (LEFTARG = text, RIGHTARG = text, PROCEDURE = texticnlike)"},
		query: "SELECT v FROM t WHERE NOT (c <> ALL ($1)) ORDER BY v", args: []any{"{a}"}, write: "INSERT INTO t VALUES (2, 'A')",
	},
	{
		name: "a type of the program's before PostgreSQL's", option: "&search_path=public,pg_catalog",
		setup: []string{
			"CREATE TABLE t (v text)", "CREATE TABLE other (v int)", "INSERT INTO t VALUES ('a')",
			"CREATE FUNCTION empty(text) RETURNS bool LANGUAGE sql STABLE AS 'SELECT count(*) = 0 FROM public.other'", "CREATE DOMAIN public.jsonb AS text CHECK (public.empty(VALUE))",
		},
		query: "SELECT v::jsonb FROM t", write: "INSERT INTO other VALUES (1)",
	},
	{
		name: "a type of the program's before PostgreSQL's that is pure", option: "&search_path=public,pg_catalog",
		setup: []string{"CREATE TABLE t (v int, n pg_catalog.text)", "INSERT INTO t VALUES (1, 'a')", "CREATE DOMAIN public.text AS char(5)"},
		query: "SELECT v FROM t WHERE n = $1::text ORDER BY v", args: []any{"a "}, write: "INSERT INTO t VALUES (2, 'a')",
	},
	{
		name:  "USING a number with a fraction of a float",
		setup: []string{"CREATE TABLE a (n numeric, v int)", "CREATE TABLE b (n float8)", "INSERT INTO a VALUES (0.1, 1)", "INSERT INTO b VALUES (0.1)"},
		query: "SELECT v FROM a JOIN b USING (n) WHERE n = 0.1 ORDER BY v", write: "INSERT INTO a VALUES (0.1000000000000000000001, 2)",
	},
	{
		name:  "USING a whole number and a float",
		setup: []string{"CREATE TABLE a (n int8, v int)", "CREATE TABLE b (n float8)", "INSERT INTO a VALUES (9007199254740993, 1)"},
		query: "SELECT v FROM a LEFT JOIN b USING (n) WHERE n = 9007199254740993 ORDER BY v", write: "INSERT INTO a VALUES (9007199254740992, 2)",
	},
	{
		name:  "NATURAL JOIN of a whole number and a float",
		setup: []string{"CREATE TABLE a (n int8, v int)", "CREATE TABLE b (n float8)", "INSERT INTO a VALUES (9007199254740993, 1)"},
		query: "SELECT v FROM a NATURAL LEFT JOIN b WHERE n = 9007199254740993 ORDER BY v", write: "INSERT INTO a VALUES (9007199254740992, 2)",
	},
	{
		name:  "USING a number after a float",
		setup: []string{"CREATE TABLE a (n numeric)", "CREATE TABLE b (n float8)", "CREATE TABLE c (n numeric, v int)", "INSERT INTO a VALUES (0.1)", "INSERT INTO b VALUES (0.1)", "INSERT INTO c VALUES (0.1, 1)"},
		query: "SELECT v FROM a JOIN b USING (n) JOIN c USING (n) WHERE a.n = 0.1 ORDER BY v", write: "INSERT INTO c VALUES (0.1000000000000000000001, 2)",
	},
	{
		name: "USING a clock and a moment", option: "&timezone=America/New_York",
		setup: []string{"CREATE TABLE a (n timestamp, v int)", "CREATE TABLE b (n timestamptz)", "INSERT INTO a VALUES ('2024-02-29 07:00', 1)"},
		query: "SELECT v FROM a LEFT JOIN b USING (n) WHERE n = $1 ORDER BY v", args: []any{noon}, write: "INSERT INTO a VALUES ('2024-02-29 07:00', 2)",
	},
	{
		name:   "USING a clock and a moment that is computed",
		option: "&timezone=America/New_York",
		setup:  []string{"CREATE TABLE a (n timestamp, v int)", "CREATE TABLE b (n timestamptz)", "INSERT INTO a VALUES ('2024-02-29 07:00', 1)"},
		query:  "SELECT v FROM a LEFT JOIN (SELECT max(n) AS n FROM b) AS q USING (n) WHERE n = $1 ORDER BY v", args: []any{noon}, write: "INSERT INTO a VALUES ('2024-02-29 07:00', 2)",
	},
	{
		name:  "a text that a cast of the program's makes a uuid",
		setup: []string{"CREATE TABLE t (v int, n varchar)", "INSERT INTO t VALUES (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8')", "CREATE CAST (varchar AS uuid) WITH INOUT AS IMPLICIT"},
		query: "SELECT v FROM t WHERE n = $1::uuid ORDER BY v", args: []any{someUUID.String()}, write: "INSERT INTO t VALUES (2, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8')",
	},
	{
		name:  "a text that a cast of the program's makes a uuid, which the statement tells",
		setup: []string{"CREATE TABLE t (v int, n varchar)", "INSERT INTO t VALUES (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8')", "CREATE CAST (varchar AS uuid) WITH INOUT AS IMPLICIT"},
		query: "SELECT v FROM t WHERE n = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid ORDER BY v", write: "INSERT INTO t VALUES (2, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8')",
	},
	{
		name:  "texts that a cast of the program's makes numbers",
		setup: []string{"CREATE TABLE t (v int, n varchar)", "INSERT INTO t VALUES (1, '7')", "CREATE CAST (varchar AS int4) WITH INOUT AS IMPLICIT"},
		query: "SELECT v FROM t WHERE n = ANY ($1::int[]) ORDER BY v", args: []any{"{7}"}, write: "INSERT INTO t VALUES (2, '07')",
	},
	{
		name:  "a text that a cast of the program's makes a number, which is told before",
		setup: []string{"CREATE TABLE t (v int, n varchar)", "INSERT INTO t VALUES (1, '7')", "CREATE CAST (varchar AS int4) WITH INOUT AS IMPLICIT"},
		query: "SELECT v FROM t WHERE $1::int IS NULL OR n = $1 ORDER BY v", args: []any{"7"}, write: "INSERT INTO t VALUES (2, '07')",
	},
	{
		name: "a number of its own kind", only: pgx,
		setup: []string{"CREATE TABLE t (v int, n numeric)", "INSERT INTO t VALUES (1, 10.5)"},
		query: "SELECT v FROM t WHERE n = $1 ORDER BY v", args: []any{cents(1050)}, write: "INSERT INTO t VALUES (2, 10.5)",
	},
	{
		name: "a text of its own kind", only: pgx,
		setup: []string{"CREATE TABLE t (v int, n text)", "INSERT INTO t VALUES (1, 'A')"},
		query: "SELECT v FROM t WHERE n = $1 ORDER BY v", args: []any{shouted("a")}, write: "INSERT INTO t VALUES (2, 'A')",
	},
	{
		name: "texts of their own kind", only: pgx,
		setup: []string{"CREATE TABLE t (v int, n text)", "INSERT INTO t VALUES (1, 'A')"},
		query: "SELECT v FROM t WHERE n = ANY ($1) ORDER BY v", args: []any{[]shouted{"a"}}, write: "INSERT INTO t VALUES (2, 'A')",
	},
}

// A read that compares in another way depends on more, or is not cached.
func TestComparedOtherwise(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, c := range otherwise {
			if c.only != "" && c.only != driverName {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				s := openCachedPostgres(t, driverName, server.NewDatabase(t)+c.option, nil)
				exec(t, s.bare, c.setup...)
				show := func(cached bool) string {
					db := s.bare
					if cached {
						db = s.cached
					}
					rows, err := db.QueryContext(t.Context(), c.query, c.args...)
					return transcriptOf(rows, err)
				}
				before := show(false)
				for range 2 {
					if got := show(true); got != before {
						t.Fatalf("got:\n%s\nwant:\n%s", got, before)
					}
				}
				exec(t, s.cached, c.write)
				after := show(false)
				if after == before {
					t.Fatal("the write changes nothing")
				}
				if got := show(true); got != after {
					t.Errorf("stale after %s: got:\n%s\nwant:\n%s", c.write, got, after)
				}
			})
		}
	})
}

// A text that PostgreSQL takes for the present time stands for another one each time.
func TestArgumentIsTheClock(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.bare, "CREATE TABLE t (at timestamptz)", "INSERT INTO t VALUES (clock_timestamp() + '1 hour')")
		for _, c := range []struct {
			query string
			arg   any
		}{
			{"SELECT count(*) FROM t WHERE at < $1", "now"}, {"SELECT count(*) FROM t WHERE at < ANY ($1)", "{now}"},
			{"SELECT count(*) FROM t WHERE at < $1::timestamptz", sql.NullString{String: "NOW", Valid: true}},
		} {
			s.want(t, "0", false, c.query, c.arg)
		}
		// As if an hour had gone by: behind the cache's back.
		exec(t, s.bare, "UPDATE t SET at = at - interval '2 hours'")
		s.want(t, "1", false, "SELECT count(*) FROM t WHERE at < $1", "now")
		s.want(t, "1", false, "SELECT count(*) FROM t WHERE at < ANY ($1)", "{now}")
		s.want(t, "1", false, "SELECT count(*) FROM t WHERE at < $1::timestamptz", sql.NullString{String: "NOW", Valid: true})
	})
}
