package mysql

import "testing"

// What ran in a transaction and is not understood may have set a savepoint that takes the
// place of the program's own: what was written before it stays then, although the program
// rolls back to that name.
func TestSavepointsSetUnseen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, write, sets string }{
		{"a procedure", txWrite, "CALL marks()"},
		{"a procedure that writes first", "SET @x = 1", "CALL writes()"},
		{"a script", txWrite, "SAVEPOINT a; SELECT 1"},
		{"a script after a write that is not understood", "UPDATE notes SET text = odd() WHERE id = 1", "SAVEPOINT a; SELECT 1"},
		{"a text that the server prepares", txWrite, "EXECUTE IMMEDIATE 'SAVEPOINT a'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newNotes(t, scripts, nil, "CREATE PROCEDURE marks() SAVEPOINT a",
				"CREATE PROCEDURE writes() BEGIN "+txWrite+"; SAVEPOINT a; END",
				"CREATE FUNCTION odd() RETURNS varchar(10) MODIFIES SQL DATA BEGIN FOR i IN 1..1 DO SET @y = i; END FOR; RETURN 'new'; END")
			c := s.conn(t)
			run(t, c, "BEGIN", "SAVEPOINT a", tt.write, tt.sets)
			s.warm(t)
			run(t, c, "ROLLBACK TO a")
			s.warm(t)
			run(t, c, "COMMIT")
			s.txBoth(t, "COMMIT")
			s.want(t, "new", true, txRead)
		})
	}
}
