package integration

import (
	"database/sql/driver"
	"sync"
	"testing"

	sqlitedriver "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// registerFunctions gives every connection of the process functions of the
// program's own, which return what they get.
var registerFunctions = sync.OnceFunc(func() {
	for _, name := range []string{"declared_nothing", "declared_others", "declared_missing", "undeclared"} {
		sqlitedriver.MustRegisterScalarFunction(name, 1, func(_ *sqlitedriver.FunctionContext, args []driver.Value) (driver.Value, error) {
			return args[0], nil
		})
	}
})

// A function of the program's own may write whatever it likes: a statement that
// calls it drops everything, unless Config.Writes says what it writes. Names have
// no case there, as they have none in SQL.
func TestDeclaredFunctions(t *testing.T) {
	t.Parallel()
	registerFunctions()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Writes = map[string][]string{"Declared_Nothing": nil, "DECLARED_others": {"main.Others"}, "declared_missing": {"nowhere"}}
	})
	exec(t, s.cached, createOthers, "INSERT INTO others VALUES (1, 1, 'other')")
	const others = "SELECT name FROM others WHERE kind = 1"
	for _, tt := range []struct {
		text              string
		keeps, keepsOther bool
	}{
		{"SELECT declared_nothing(1)", true, true},
		{"SELECT Declared_Others(1)", true, false},
		{"SELECT declared_missing(1)", false, false},
		{"SELECT undeclared(1)", false, false},
		// The rows that such a function computes are not told by images.
		{"UPDATE items SET kind = declared_nothing(kind) WHERE kind = 2", false, true},
		{"UPDATE items SET kind = DECLARED_OTHERS(kind) WHERE kind = 2", false, false},
		{"UPDATE others SET kind = declared_nothing(kind) WHERE kind = 2", true, false},
		{"UPDATE items SET kind = undeclared(kind) WHERE kind = 2", false, false},
	} {
		s.read(t, namesOfKind, 1)
		s.read(t, others)
		if err := all(s.cached.Query(tt.text)); err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		_, kept := s.read(t, namesOfKind, 1)
		_, keptOther := s.read(t, others)
		if kept != tt.keeps || keptOther != tt.keepsOther {
			t.Errorf("%s: keeps items: %v, others: %v", tt.text, kept, keptOther)
		}
	}
	// Declared or not, its value may be another one the next time.
	for range 2 {
		s.want(t, "one,two", false, "SELECT declared_nothing(name) FROM items WHERE kind = 1 ORDER BY id")
	}
}
