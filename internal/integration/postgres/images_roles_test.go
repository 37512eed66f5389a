package postgres

import (
	"database/sql"
	"net/url"
	"testing"

	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/sqlcache"
)

// A role that may write and not read shares a cache with one that may. What it writes,
// while others write and read the same rows, the other one sees.
func TestImagesOfBlindRoleBesideReaders(t *testing.T) {
	t.Parallel()
	apart := pgtest.Start(t)
	for _, tt := range []struct{ name, grant, write string }{
		{"insert", "INSERT", "INSERT INTO goods VALUES (6, 1, 'f', 60)"},
		{"insert that waits", "INSERT", "INSERT INTO goods VALUES (7, 1, 'held', 70) ON CONFLICT DO NOTHING"},
		{"update", "UPDATE", "UPDATE goods SET shelf = 2"},
		{"delete", "DELETE", "DELETE FROM goods"},
		{"truncate", "TRUNCATE", "TRUNCATE goods"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := openCachedPostgres(t, driverName, apart.NewDatabase(t), nil)
				exec(t, s.bare, imageSchema...)
				role := "writer_" + tt.grant + "_" + driverName + string(tt.name[len(tt.name)-1])
				exec(t, s.bare, `CREATE ROLE "`+role+`" LOGIN`, "GRANT "+tt.grant+` ON goods TO "`+role+`"`)
				t.Cleanup(func() { exec(t, s.bare, `DROP OWNED BY "`+role+`"`, `DROP ROLE "`+role+`"`) })
				u, err := url.Parse(s.dsn)
				if err != nil {
					t.Fatal(err)
				}
				u.User = url.User(role)
				blind, err := sqlcache.Open(s.cache, driverName, u.String(), sqlcache.Config{Dialect: postgres.Dialect, Database: "main"})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := blind.Close(); err != nil {
						t.Error(err)
					}
				})
				for _, inTx := range []bool{true, false} {
					other := s.rival(t) // holds the rows, or a key
					other.exec("UPDATE goods SET n = n + 1", "INSERT INTO goods VALUES (99, 9, 'held', 1)")
					s.forget(t)
					before := s.fill(t, onShelf(1), onShelf(2), ofMoves)
					wait := inBackground(func() error {
						if !inTx {
							_, err := blind.ExecContext(t.Context(), tt.write)
							return err
						}
						return inImageTx(t.Context(), blind, func(tx *sql.Tx) error {
							if _, err := tx.ExecContext(t.Context(), tt.write); err != nil {
								return err
							}
							return errUndone
						})
					})
					if tt.name != "insert" {
						s.awaitLocks(t, 1)
					}
					s.want(t, before[ofMoves], true, ofMoves)
					if err := other.Rollback(); err != nil {
						t.Fatal(err)
					}
					if err := wait(); err != nil && !inTx {
						t.Fatal(err)
					}
					for _, q := range []string{onShelf(1), onShelf(2), ofMoves} {
						want, _ := s.readWith(t.Context(), t, s.bare, q)
						if got, hit := s.read(t, q); got != want {
							t.Errorf("STALE: %s: %q, hit %v, the database has %q", q, got, hit, want)
						}
					}
				}
			})
		})
	}
}
