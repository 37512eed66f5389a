package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// TestCatalogEvents: what the server may write by itself at any time is not cached.
func TestCatalogEvents(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	c := openCatalogConn(t, dsn, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)", "CREATE TABLE c (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE)",
		"CREATE TABLE d (id int PRIMARY KEY)", "CREATE TRIGGER tr AFTER DELETE ON c FOR EACH ROW DELETE FROM d", "CREATE TABLE free (id int)", "CREATE PROCEDURE pr() DELETE FROM a", "CREATE VIEW v AS SELECT id FROM a")
	uncached := func() string {
		var out []string
		for _, table := range c.catalog(t).Tables() {
			if table.Kind == dialect.TablePlain && table.Uncached != "" {
				out = append(out, table.Name)
			}
		}
		return strings.Join(out, " ")
	}
	const every = "CREATE OR REPLACE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' "
	c.exec(t, every+"DO DELETE FROM a")
	if got := uncached(); got != "" {
		t.Errorf("while the scheduler is off: %s", got)
	}
	c.exec(t, "SET GLOBAL event_scheduler = ON")
	for _, test := range []struct{ event, want string }{
		{"DO DELETE FROM a", "a"},
		{"DO DELETE FROM b", "b c d"},
		{"DO BEGIN IF 1 THEN CALL pr(); END IF; END", "a"},
		{"DO DELETE FROM v", "a b c d free"},
		{"DO TRUNCATE a", "a b c d free"},
		{"DO SELECT count(*) FROM a", ""},
		{"DISABLE DO DELETE FROM a", ""},
	} {
		c.exec(t, every+test.event)
		if got := uncached(); got != test.want {
			t.Errorf("%s: %q, want %q", test.event, got, test.want)
		}
	}
}
