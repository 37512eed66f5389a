package postgres

import "testing"

// IS NULL is true of a composite value whose fields are all NULL, although the value
// is there. So what a driver returns for it does not tell.
func TestCompositeIsNull(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.cached, "CREATE TYPE place AS (street text, city text)", "CREATE DOMAIN home AS place",
			"CREATE TABLE t (id int PRIMARY KEY, p place, h home)",
			"INSERT INTO t VALUES (1, ROW(NULL, NULL), ROW(NULL, NULL))")
		for column, value := range map[string]string{"p": "ROW('a', NULL)::place", "h": "ROW('a', NULL)::home"} {
			query := "SELECT count(*) FROM t WHERE " + column + " IS NULL"
			s.want(t, "1", false, query)
			s.want(t, "1", true, query)
			exec(t, s.cached, "UPDATE t SET "+column+" = "+value+" WHERE id = 1")
			s.want(t, "0", false, query)
		}
	})
}
