package postgres

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// TestSessions: what a DSN or a statement sets is seen.
func TestSessions(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		dsn := server.NewDatabase(t)
		plain := openCatalogConn(t, driverName, dsn).session(t)
		if plain.Taint != 0 || plain.Why != "" || plain.OtherIsolation || plain.Private {
			t.Errorf("a new connection is %+v", plain)
		}
		if again := openCatalogConn(t, driverName, dsn).session(t); again.Settings != plain.Settings || again.Identity == plain.Identity {
			t.Errorf("another connection is %+v, the first one %+v", again, plain)
		}
		if !regexp.MustCompile(`^b:[0-9]+:[0-9]{16}$`).MatchString(plain.Identity) {
			t.Errorf("it is named %s", plain.Identity)
		}
		for _, test := range []struct {
			set   string
			taint dialect.Taint
			why   string // a part of it
		}{
			{"search_path=other", 0, ""},
			{"DateStyle=German", 0, ""},
			{"TimeZone=Asia/Tokyo", 0, ""},
			{"IntervalStyle=iso_8601", 0, ""},
			{"bytea_output=escape", 0, ""},
			{"extra_float_digits=0", 0, ""},
			{"session_replication_role=replica", 0, ""},
			{"row_security=off", 0, ""},
			{"default_transaction_read_only=on", dialect.TaintReads, "read_only"},
			{"transform_null_equals=on", dialect.TaintReads, "finds NULL"},
			{"gin_fuzzy_search_limit=5", dialect.TaintReads, "at random"},
			{"standard_conforming_strings=off", dialect.TaintAll, "backslash"},
		} {
			name, value, _ := strings.Cut(test.set, "=")
			for what, c := range map[string]*catalogConn{
				"in the DSN": openCatalogConn(t, driverName, withSetting(t, dsn, name, value)),
				"by a SET":   openCatalogConn(t, driverName, dsn, "SET "+name+" = '"+value+"'"),
			} {
				s := c.session(t)
				if s.Taint != test.taint || !strings.Contains(s.Why, test.why) {
					t.Errorf("%s %s: %+v", test.set, what, s)
				}
				if name != "default_transaction_read_only" && s.Settings == plain.Settings {
					t.Errorf("%s %s is not among the settings", test.set, what)
				}
				if s.Settings != c.catalog(t).Settings {
					t.Errorf("%s %s: the catalog's settings are others", test.set, what)
				}
			}
		}
		for level, other := range map[string]bool{"read committed": false, "repeatable read": true, "serializable": true} {
			c := openCatalogConn(t, driverName, dsn, "SET default_transaction_isolation = '"+level+"'")
			if s := c.session(t); s.OtherIsolation != other || s.Taint != 0 {
				t.Errorf("%s: %+v", level, s)
			}
		}
		for _, made := range []string{
			"CREATE TEMP TABLE x (a int)", "CREATE TEMP VIEW x AS SELECT 1", "CREATE TEMP SEQUENCE x", "CREATE TYPE pg_temp.x AS ENUM ('a')",
			"CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		} {
			c := openCatalogConn(t, driverName, dsn, made)
			if s := c.session(t); s.Taint != dialect.TaintAll || !strings.Contains(s.Why, "temporary") || s.Settings != plain.Settings {
				t.Errorf("%s: %+v", made, s)
			}
			c.exec(t, "DISCARD TEMP")
			if s := c.session(t); s.Taint != 0 {
				t.Errorf("%s, discarded: %+v", made, s)
			}
		}
	})
}

// withSetting returns a DSN with one more setting.
func withSetting(t *testing.T, dsn, name, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // a plus is one to libpq and pgx
	return u.String()
}

// TestSessionOfStandby: a standby is behind.
func TestSessionOfStandby(t *testing.T) {
	t.Parallel()
	// Of a server of its own: the other one has the databases of all tests.
	standby := pgtest.Start(t).StartStandby(t)
	eachDriver(t, func(t *testing.T, driverName string) {
		s := openCatalogConn(t, driverName, standby.DSN("postgres")).session(t)
		if s.Taint != dialect.TaintReads || !strings.Contains(s.Why, "standby") {
			t.Errorf("%+v", s)
		}
	})
}
