package mysql

import "testing"

// A temporary table that a procedure has made hides the one of its name as long as the
// connection is there, also where FLUSH STATUS has the server count anew what it made.
func TestTemporaryTablesUncounted(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil, "CREATE PROCEDURE hides() CREATE TEMPORARY TABLE notes SELECT 1 AS id, 'hidden' AS text",
		"CREATE PROCEDURE odd() EXECUTE IMMEDIATE 'DO 1'")
	c := s.conn(t)
	run(t, c, "CALL hides()")
	s.wantWith(t, c, "hidden", false, txRead)
	run(t, c, "FLUSH STATUS", "CALL odd()")
	s.wantWith(t, c, "hidden", false, txRead)
	s.want(t, "old", false, txRead)
	s.want(t, "old", true, txRead)
}
