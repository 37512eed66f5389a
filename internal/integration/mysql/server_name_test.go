package mysql

import (
	"database/sql"
	"net"
	"testing"
)

// beside is a handle of the same cache and name on another database of the server, whose
// name it returns too.
func (s *cachedMySQL) beside(t *testing.T, mode string) (db *sql.DB, name string) {
	t.Helper()
	dsn := withMode(server.NewDatabase(t), mode)
	on := &cachedMySQL{cache: s.cache, dsn: dsn}
	return on.through(t, func(c net.Conn) net.Conn { return c }), database(t, dsn)
}

// Handles on two databases of a server have one name. Each caches what is in its own, and
// sees at once what the other does there: by the names of tables with that of the
// database, and by foreign keys from the one to the other. Tables of one name in both are
// not taken for each other.
func TestOneNameForTheServer(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		here := database(t, s.dsn)
		other, there := s.beside(t, mode)
		own := s.through(t, func(c net.Conn) net.Conn { return c }) // neither has its DSN in its keys
		exec(t, s.bare,
			"CREATE TABLE notes (id int PRIMARY KEY, v int)", "INSERT INTO notes VALUES (1, 1)",
			"CREATE TABLE "+there+".notes (id int PRIMARY KEY, v varchar(9))", "INSERT INTO "+there+".notes VALUES (1, 'one')",
			"CREATE TABLE "+there+".parents (id int PRIMARY KEY, v int)", "INSERT INTO "+there+".parents VALUES (1, 1), (2, 2)",
			"CREATE TABLE children (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES "+there+".parents (id) ON DELETE CASCADE)",
			"INSERT INTO children VALUES (1, 1), (2, 2)")
		reads := []struct {
			db    *sql.DB
			query string
		}{
			{own, "SELECT v FROM notes WHERE id = 1"},
			{own, "SELECT id FROM children WHERE parent = 1"},
			{other, "SELECT v FROM notes WHERE id = 1"},
			{other, "SELECT v FROM parents WHERE id = 1"},
		}
		for _, tt := range []struct {
			db    *sql.DB
			write string
			want  [4]string // of the reads
		}{
			{own, "UPDATE notes SET v = 2 WHERE id = 1", [4]string{"2", "1", "one", "1"}},
			{other, "UPDATE notes SET v = 'two' WHERE id = 1", [4]string{"2", "1", "two", "1"}},
			{other, "UPDATE " + here + ".notes SET v = 3", [4]string{"3", "1", "two", "1"}},
			{own, "UPDATE " + there + ".notes SET v = 'three'", [4]string{"3", "1", "three", "1"}},
			{own, "UPDATE " + there + ".parents SET v = 4", [4]string{"3", "1", "three", "4"}},
			{other, "UPDATE parents SET v = 5 WHERE id = 1", [4]string{"3", "1", "three", "5"}},
			{other, "DELETE FROM parents WHERE id = 1", [4]string{"3", "", "three", ""}},
			{other, "INSERT INTO " + here + ".children VALUES (3, 2)", [4]string{"3", "", "three", ""}},
		} {
			for _, r := range reads {
				want, _ := s.readWith(t.Context(), t, r.db, r.query)
				s.wantWith(t, r.db, want, true, r.query)
			}
			exec(t, tt.db, tt.write)
			for i, r := range reads {
				if got, _ := s.readWith(t.Context(), t, r.db, r.query); got != tt.want[i] {
					t.Errorf("STALE: %s: %s returns %q, want %q", tt.write, r.query, got, tt.want[i])
				}
			}
		}
	})
}
