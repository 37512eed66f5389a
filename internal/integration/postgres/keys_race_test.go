package postgres

import (
	"testing"

	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestKeysUnchecked: a session that fires no triggers, and so checks no foreign keys, adds
// a child to a row that is being deleted, where no lock keeps it from that. So does any
// session where the child's triggers are disabled.
func TestKeysUnchecked(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ name, action, role, before string }{
		{"a replica's session, CASCADE", "CASCADE", "replica", ""},
		{"a replica's session, SET NULL", "SET NULL", "replica", ""},
		{"disabled triggers, CASCADE", "CASCADE", "origin", "ALTER TABLE d DISABLE TRIGGER ALL"},
		{"disabled triggers, SET NULL", "SET NULL", "origin", "ALTER TABLE d DISABLE TRIGGER ALL"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedPostgres(t, pgx, nil)
			exec(t, s.bare, "CREATE TABLE p (id int PRIMARY KEY)",
				"CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE, v int)",
				"CREATE TABLE d (id int PRIMARY KEY, p int REFERENCES p ON DELETE "+x.action+", v int)",
				"INSERT INTO p VALUES (1), (2)", "INSERT INTO c VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO d VALUES (1, 1, 1), (2, 2, 2)")
			if x.before != "" {
				exec(t, s.bare, x.before)
			}
			loader, err := sqlcache.Open(s.cache, pgx, withSetting(t, s.dsn, "session_replication_role", x.role), sqlcache.Config{Dialect: postgres.Dialect, Database: "main"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = loader.Close() })
			const query = "SELECT id FROM d WHERE p = 1 AND v = 9"
			s.read(t, query)
			r := s.rival(t)
			r.exec("UPDATE c SET v = 7 WHERE id = 1")
			wait := inBackground(func() error { _, err := s.cached.ExecContext(t.Context(), "DELETE FROM p WHERE id = 1"); return err })
			s.awaitLocks(t, 1)
			exec(t, loader, "INSERT INTO d VALUES (9, 1, 9)")
			s.read(t, query)
			r.commit()
			if err := wait(); err != nil {
				t.Fatal(err)
			}
			if want, _ := s.readWith(t.Context(), t, s.bare, query); want != "" {
				t.Errorf("the database has %q: the child was not seen by the action, so nothing is shown", want)
			}
			if got, hit := s.read(t, query); got != "" {
				t.Errorf("STALE: %q, the database has no row (hit: %v)", got, hit)
			}
		})
	}
}

// TestChildrenCounted: what was changed before in the transaction, or by it in another
// table, is no child; and where the server counts nothing, nothing is known.
func TestChildrenCounted(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		counts string
		hit    bool
	}{{"on", true}, {"off", false}} {
		t.Run(x.counts, func(t *testing.T) {
			t.Parallel()
			dsn := withSetting(t, server.NewDatabase(t), "track_counts", x.counts)
			s := openCachedPostgres(t, pgx, dsn, nil)
			exec(t, s.bare, "CREATE TABLE p (id int PRIMARY KEY)",
				"CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE, v int)",
				"CREATE TABLE \"it's\" (id int PRIMARY KEY, c int REFERENCES c ON DELETE SET NULL, v int)",
				"INSERT INTO p SELECT n FROM generate_series(1, 9) AS n", "INSERT INTO c SELECT n, n, n FROM generate_series(1, 9) AS n",
				"INSERT INTO \"it's\" SELECT n, n, n FROM generate_series(1, 9) AS n")
			queries := []string{"SELECT id FROM c WHERE p = 9", "SELECT id FROM \"it's\" WHERE c = 9"}
			gone := []string{"SELECT id FROM c WHERE p = 3", "SELECT id FROM \"it's\" WHERE c = 3"}
			for _, q := range append(queries, gone...) {
				s.read(t, q)
			}
			tx := s.begin(t, nil)
			for _, text := range []string{
				"UPDATE c SET v = 0 WHERE id = 1", "DELETE FROM p WHERE id = 2", "SAVEPOINT a", "DELETE FROM p WHERE id = 4", "ROLLBACK TO a",
				"DELETE FROM p WHERE id IN (3, 4)",
			} {
				if _, err := tx.ExecContext(t.Context(), text); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, q := range queries {
				s.want(t, "9", x.hit, q)
			}
			for _, q := range gone {
				s.want(t, "", false, q)
			}
		})
	}
}
