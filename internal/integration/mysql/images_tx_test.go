package mysql

import (
	"database/sql"
	"fmt"
	"net"
	"slices"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// What is taken back to a savepoint drops nothing.
func TestImagesOfSavepoints(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode)
		before := s.fill(t, onShelf(1), onShelf(2), onShelf(3), onShelf(9))
		tx := s.begin(t, nil)
		run(t, tx, "UPDATE goods SET shelf = 9 WHERE id = 1", "SAVEPOINT a", "UPDATE goods SET shelf = 9 WHERE id = 3", "DELETE FROM goods WHERE n = 40",
			"INSERT INTO goods (id, shelf) VALUES (7, 3)", "ROLLBACK TO a")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		before.check(t, s, onShelf(1), onShelf(9))
	})
}

// A transaction that is not to write is refused its writes, with the same words.
func TestImagesInReadOnly(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode)
		before := s.fill(t, onShelf(1), onShelf(2))
		for _, write := range []string{"UPDATE goods SET shelf = 2 WHERE id = 1", "INSERT INTO goods (id) VALUES (7)", "DELETE FROM goods WHERE n = 1"} {
			var texts []string
			for _, db := range []*sql.DB{s.bare, s.cached} {
				tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
				if err != nil {
					t.Fatal(err)
				}
				_, err = tx.ExecContext(t.Context(), write)
				texts = append(texts, fmt.Sprint(err))
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
			}
			if texts[0] != texts[1] {
				t.Errorf("%s: %s, without us %s", write, texts[1], texts[0])
			}
		}
		before.check(t, s)
	})
}

// A user that may not do what our queries need writes as it does without us.
func TestImagesWithoutPrivileges(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode)
		cfg, err := mysqldriver.ParseDSN(s.dsn)
		if err != nil {
			t.Fatal(err)
		}
		user := "u" + cfg.DBName
		if len(user) > 30 {
			user = user[len(user)-30:]
		}
		const reads = "GRANT SELECT (id, shelf, n) ON `%[1]s`.goods TO '%[2]s'@'%%'"
		for name, tt := range map[string]struct {
			grants, writes []string
		}{
			"no SELECT":         {[]string{"GRANT INSERT, UPDATE, DELETE ON `%[1]s`.goods TO '%[2]s'@'%%'"}, []string{"INSERT INTO goods (id, shelf) VALUES (7, 1)", "UPDATE goods SET shelf = 1", "DELETE FROM goods"}},
			"SELECT of some":    {[]string{reads, "GRANT INSERT, UPDATE, DELETE ON `%[1]s`.goods TO '%[2]s'@'%%'"}, []string{"INSERT INTO goods (id, shelf) VALUES (7, 1)", "UPDATE goods SET shelf = 1 WHERE id = 3", "DELETE FROM goods WHERE id = 1"}},
			"INSERT and SELECT": {[]string{"GRANT SELECT, INSERT ON `%[1]s`.goods TO '%[2]s'@'%%'"}, []string{"INSERT INTO goods (id, shelf) VALUES (7, 1)", "INSERT INTO goods (id, shelf) VALUES (8, 1), (9, 1)"}},
			"UPDATE of some":    {[]string{"GRANT SELECT ON `%[1]s`.goods TO '%[2]s'@'%%'", "GRANT UPDATE (shelf) ON `%[1]s`.goods TO '%[2]s'@'%%'"}, []string{"UPDATE goods SET shelf = 1 WHERE id = 3", "UPDATE goods SET shelf = 1 WHERE n = 40"}},
		} {
			t.Run(name, func(t *testing.T) {
				s.refill(t, nil)
				for _, grant := range slices.Concat([]string{"CREATE OR REPLACE USER '%[2]s'@'%%'"}, tt.grants) {
					if _, err := server.SQL(cfg.DBName, fmt.Sprintf(grant, cfg.DBName, user)); err != nil {
						t.Fatal(err)
					}
				}
				t.Cleanup(func() { _, _ = server.SQL(cfg.DBName, "DROP USER '"+user+"'@'%'") })
				as := *cfg
				as.User, as.Passwd = user, ""
				limited := &cachedMySQL{cache: s.cache, bare: s.bare, dsn: as.FormatDSN()}
				limited.cached = limited.through(t, passes)
				for _, write := range tt.writes {
					for _, inTx := range []bool{false, true} {
						before := s.fill(t, onShelf(1), onShelf(2), onShelf(3))
						var err error
						if inTx {
							err = inImageTx(t.Context(), limited.cached, func(tx *sql.Tx) error { return runImageWrite(t.Context(), tx, write, nil) })
						} else {
							err = runImageWrite(t.Context(), limited.cached, write, nil)
						}
						if err != nil && number(err) != 1062 {
							t.Errorf("%s: %v", write, err)
						}
						for q := range before {
							want, _ := s.readWith(t.Context(), t, s.bare, q)
							if got, _ := s.read(t, q); got != want {
								t.Errorf("STALE after %s: %s: %q, the database has %q", write, q, got, want)
							}
						}
					}
				}
			})
		}
	})
}

// passes leaves a connection as it is.
func passes(c net.Conn) net.Conn { return c }
