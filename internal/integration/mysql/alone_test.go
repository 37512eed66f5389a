package mysql

import (
	"fmt"
	"strings"
	"testing"
)

// Statements that commit the transaction that they stand in, and those that do not,
// leave it as they do without the cache, and what it has written is seen as soon as it
// is there.
func TestStatementsThatCommit(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		schema := []string{"CREATE TABLE logs (id int PRIMARY KEY) ENGINE = InnoDB", "CREATE PROCEDURE p() DO 1", "CREATE VIEW w AS SELECT 1 AS one"}
		name := strings.NewReplacer("=", "", "&", "", "true", "").Replace("alone_" + mode)
		t.Cleanup(func() {
			if _, err := server.SQL("", "DROP DATABASE IF EXISTS "+name+"; DROP USER IF EXISTS "+name); err != nil {
				t.Error(err)
			}
		})
		for _, text := range []string{
			"CREATE TABLE t (a int)", "CREATE TABLE notes (a int)", "CREATE TABLE IF NOT EXISTS notes (a int)", "ALTER TABLE logs ADD COLUMN b int", "ALTER TABLE nothing ADD b int", "DROP TABLE logs", "DROP TABLE IF EXISTS nothing", "RENAME TABLE logs TO l",
			"TRUNCATE logs", "CREATE INDEX i ON notes (text)", "CREATE OR REPLACE VIEW w AS SELECT 2 AS one", "DROP VIEW w", "CREATE TRIGGER tr AFTER INSERT ON logs FOR EACH ROW DO 1", "CREATE PROCEDURE q() DO 1", "DROP PROCEDURE p", "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
			"CREATE DATABASE " + name, "DROP DATABASE " + name, "CREATE USER " + name, "GRANT SELECT ON *.* TO " + name, "SET PASSWORD FOR " + name + " = ''", "DROP USER " + name, "CREATE SEQUENCE sq", "DROP SEQUENCE sq",
			"CREATE TEMPORARY TABLE tmp (a int)", "DROP TEMPORARY TABLE IF EXISTS tmp", "CREATE TEMPORARY TABLE tmp2 SELECT * FROM notes",
			"ANALYZE TABLE notes", "CHECK TABLE notes", "OPTIMIZE TABLE notes", "REPAIR TABLE notes", "FLUSH TABLES", "FLUSH STATUS", "FLUSH PRIVILEGES", "CACHE INDEX notes IN default", "LOAD INDEX INTO CACHE notes",
			"UNLOCK TABLES", "BEGIN", "BEGIN WORK", "START TRANSACTION", "START TRANSACTION READ ONLY", "START TRANSACTION WITH CONSISTENT SNAPSHOT", "COMMIT", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "ROLLBACK", "COMMIT WORK AND NO CHAIN NO RELEASE",
			"SET autocommit = 0", "SET autocommit = 1", "SET autocommit = ON", "SET @@session.autocommit = 0, autocommit = 1", "SET @x = 1", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SAVEPOINT a", "ROLLBACK TO SAVEPOINT nothing", "RELEASE SAVEPOINT nothing",
			"SHOW TABLES", "EXPLAIN SELECT * FROM notes", "DO 1", "CALL p()", "HANDLER notes OPEN", "KILL QUERY 0", "PREPARE s FROM 'CREATE TABLE prepared (a int)'", "SELECT GET_LOCK('x', 0)", "THIS IS NO SQL", "SELECT 1 FROM nothing", "CREATE TABLE t (a int", "ALTER TABLE notes",
			"BEGIN NOT ATOMIC COMMIT; END", "/*!50000 COMMIT */", "/*M! COMMIT */", "INSERT INTO logs SELECT 1; COMMIT",
		} {
			if strings.Contains(text, "; COMMIT") && !strings.Contains(mode, "multiStatements") && !strings.HasPrefix(text, "BEGIN NOT") {
				continue // the server refuses it as a whole
			}
			t.Run(text, func(t *testing.T) {
				var seen [2]string
				for i := range seen {
					if _, err := server.SQL("", "DROP DATABASE IF EXISTS "+name+"; DROP USER IF EXISTS "+name); err != nil {
						t.Fatal(err)
					}
					s := newNotes(t, mode, nil, schema...)
					c := s.conn(t)
					if i == 0 {
						var err error
						if c, err = s.bare.Conn(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					s.warm(t)
					run(t, c, "START TRANSACTION", txWrite)
					_, err := c.ExecContext(t.Context(), text)
					said := fmt.Sprint(number(err))
					at := func(where string) {
						t.Helper()
						want, _ := s.readWith(t.Context(), t, s.bare, txRead)
						if got, hit := s.read(t, txRead); i == 1 && got != want {
							t.Errorf("STALE: %s %s: %q, hit %v, want %q", where, text, got, hit, want)
						}
						said += " " + want
					}
					at("after")
					_, err = c.ExecContext(t.Context(), "UPDATE notes SET text = 'newer' WHERE id = 1")
					said += fmt.Sprint(" ", number(err))
					at("after another write behind")
					_, err = c.ExecContext(t.Context(), "ROLLBACK")
					said += fmt.Sprint(" ", number(err))
					at("after the rollback behind")
					_, err = c.ExecContext(t.Context(), "UPDATE notes SET text = 'last' WHERE id = 1")
					said += fmt.Sprint(" ", number(err))
					at("after a write behind the rollback behind")
					// The connection's end is a rollback too.
					if err := c.Close(); err != nil {
						t.Error(err)
					}
					seen[i] = said
				}
				if seen[0] != seen[1] {
					t.Errorf("%s: %s, without the cache %s", text, seen[1], seen[0])
				}
			})
		}
	})
}
