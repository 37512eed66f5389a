package mysql

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// A temporary table that a procedure has made hides the one of its name as long as the
// connection is there, also where FLUSH STATUS has the server count anew what it made.
func TestTemporaryTablesUncounted(t *testing.T) {
	t.Parallel()
	few := slices.Repeat([]string{"DO 1"}, 30)
	for name, tt := range map[string]struct{ then, last []string }{
		"found before it":               {[]string{"CALL hides()", "FLUSH STATUS"}, []string{"CALL odd()"}},
		"by the same procedure":         {[]string{"CALL hidesAndFlushes()"}, nil},
		"before the rest of a script":   {[]string{"CALL hidesAndFlushes()" + strings.Repeat("; DO 1", 99)}, nil},
		"before that of a transaction":  {slices.Concat([]string{"BEGIN", "CALL hidesAndFlushes()"}, few, []string{"COMMIT"}), nil},
		"by a text that is made in it":  {[]string{"CALL made()"}, nil},
		"after many other statements":   {slices.Concat(few, []string{"CALL hidesAndFlushes()"}), nil},
		"before many other statements":  {slices.Concat([]string{"CALL hidesAndFlushes()"}, few), nil},
		"in a compound statement":       {[]string{"BEGIN NOT ATOMIC CREATE TEMPORARY TABLE notes SELECT 1 AS id, 'hidden' AS text; FLUSH STATUS; END"}, nil},
		"in a text that is run at once": {[]string{"EXECUTE IMMEDIATE 'CALL hidesAndFlushes()'"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNotes(t, scripts, nil, "CREATE PROCEDURE hides() CREATE TEMPORARY TABLE notes SELECT 1 AS id, 'hidden' AS text",
				"CREATE PROCEDURE odd() EXECUTE IMMEDIATE 'DO 1'",
				"CREATE PROCEDURE hidesAndFlushes() BEGIN CREATE TEMPORARY TABLE notes SELECT 1 AS id, 'hidden' AS text; FLUSH STATUS; END",
				"CREATE PROCEDURE made() BEGIN CREATE TEMPORARY TABLE notes SELECT 1 AS id, 'hidden' AS text; EXECUTE IMMEDIATE CONCAT('FLUSH ', 'STATUS'); END")
			c := s.conn(t)
			run(t, c, tt.then...)
			s.wantWith(t, c, "hidden", false, txRead)
			run(t, c, tt.last...)
			s.wantWith(t, c, "hidden", false, txRead)
			s.want(t, "old", false, txRead)
			s.want(t, "old", true, txRead)
		})
	}
}

// A connection on
// which procedures run that are not understood goes on with the cache: the server counts
// every statement that we do.
func TestStatementsCounted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil, "CREATE PROCEDURE odd() EXECUTE IMMEDIATE 'DO 1'", "CREATE PROCEDURE fails() EXECUTE IMMEDIATE 'DO nothing'")
		c := s.conn(t)
		for range 3 {
			run(t, c, "CALL odd()", "BEGIN", txWrite, "SAVEPOINT a", "CALL odd()", "ROLLBACK", "DO 1; ", "SELECT 1", "EXPLAIN SELECT 1", "SHOW TABLES", "ANALYZE TABLE notes", "SET @x = 1", "SET STATEMENT max_statement_time = 100 FOR SELECT 1")
			for _, refused := range []string{"CALL fails()", "no SQL", "SELECT * FROM missing", "INSERT INTO notes VALUES (1, 'twice')"} {
				if _, err := c.ExecContext(ctx, refused); err == nil {
					t.Errorf("%s was not refused", refused)
				}
			}
			tx, err := c.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			run(t, tx, "CALL odd()")
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			stmt, err := c.PrepareContext(ctx, "SELECT text FROM notes WHERE id = ? + 0")
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				rows, err := stmt.QueryContext(ctx, i)
				if err != nil {
					t.Fatal(err)
				}
				rows.Close()
			}
			stmt.Close()
			s.wantWith(t, c, "old", false, txRead)
			s.wantWith(t, c, "old", true, txRead)
		}
	})
}
