package postgres

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/pgtest"
)

// asRole is a database opened by a role of its own, with what is granted to it. The
// server is not the one of the other tests: roles are those of all its databases, and
// with them the schema changes.
func asRole(t *testing.T, apart *pgtest.Server, driverName string, grants ...string) *cachedPostgres {
	t.Helper()
	owner := openCachedPostgres(t, driverName, apart.NewDatabase(t), nil)
	exec(t, owner.bare, imageSchema...)
	role := "r" + strings.NewReplacer("/", "_", "#", "_").Replace(strings.ToLower(t.Name()))
	role = role[:min(len(role), 40)] + "_" + driverName
	exec(t, owner.bare, "DROP ROLE IF EXISTS "+role, "CREATE ROLE "+role+" LOGIN")
	for _, g := range grants {
		exec(t, owner.bare, strings.ReplaceAll(g, "$role", role))
	}
	u, err := url.Parse(owner.dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	s := openCachedPostgres(t, driverName, u.String(), nil)
	t.Cleanup(func() {
		exec(t, owner.bare, "DROP OWNED BY "+role, "DROP ROLE "+role)
	})
	return s
}

// A role that may write a table and not read it, or not lock its rows, writes as
// without the cache, by itself and in a transaction.
func TestImagesWithoutPrivileges(t *testing.T) {
	t.Parallel()
	apart := pgtest.Start(t)
	for _, tt := range []struct {
		name   string
		grants []string
		write  string
	}{
		{"insert only", []string{"GRANT INSERT ON goods TO $role"}, "INSERT INTO goods VALUES (6, 1, 'f', 60)"},
		{"no update", []string{"GRANT SELECT, DELETE ON goods TO $role"}, "DELETE FROM goods WHERE n < 25"},
		{"some columns", []string{"GRANT SELECT (id), UPDATE (shelf) ON goods TO $role"}, "UPDATE goods SET shelf = 2 WHERE id = 1"},
		{"no select", []string{"GRANT UPDATE ON goods TO $role"}, "UPDATE goods SET shelf = 2"},
		{"row level security", []string{"GRANT ALL ON goods TO $role", "CREATE POLICY p ON goods USING (n < 25)", "ALTER TABLE goods ENABLE ROW LEVEL SECURITY"}, "UPDATE goods SET shelf = 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := asRole(t, apart, driverName, append(tt.grants, "GRANT SELECT ON moves TO $role")...)
				before := s.fill(t, ofMoves)
				for range 2 { // as planned first, and again
					if err := inImageTx(t.Context(), s.cached, func(tx *sql.Tx) error {
						if _, err := tx.ExecContext(t.Context(), tt.write); err != nil {
							return err
						}
						return errUndone
					}); !errors.Is(err, errUndone) {
						t.Fatalf("in a transaction: %v", err)
					}
				}
				if _, err := s.cached.ExecContext(t.Context(), tt.write); err != nil {
					t.Fatal(err)
				}
				before.check(t, s)
			})
		})
	}
}
