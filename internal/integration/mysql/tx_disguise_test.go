package mysql

import (
	"context"
	"database/sql"
	"strconv"
	"testing"
)

// txBoth reads both rows, by the cache or not, and compares them with what the server
// has committed. It returns those of which the cache answered: "1", "2", "12".
func (s *cachedMySQL) txBoth(t testing.TB, after string) (hits string) {
	t.Helper()
	for i, query := range []string{txRead, txOther} {
		var want string
		if err := s.bare.QueryRow(query).Scan(&want); err != nil {
			t.Fatal(err)
		}
		got, hit := s.read(t, query)
		if got != want {
			t.Fatalf("STALE after %s: %q, is %q", after, got, want)
		}
		if hit {
			hits += strconv.Itoa(i + 1)
		}
	}
	return hits
}

// txStep is a statement, and what the cache still answers of after it: "12" is both
// rows. An error of the statement is wanted, and no other.
type txStep struct {
	text, hits string
	err        uint16
}

// The second write of these tests.
const txWriteOther = "UPDATE notes SET text = CONCAT(text, '+') WHERE id = 2"

// What commits a transaction in disguise is seen at once by all, also where it fails;
// and what does not is not.
func TestTxDisguises(t *testing.T) {
	t.Parallel()
	begin := txStep{"BEGIN", "12", 0}
	wrote := txStep{txWrite, "12", 0}
	undo := txStep{"ROLLBACK", "12", 0}
	for _, tt := range []struct {
		name  string
		steps []txStep
	}{
		{"BEGIN in BEGIN", []txStep{begin, wrote, {"BEGIN", "2", 0}, {txWriteOther, "12", 0}, undo}},
		{"START TRANSACTION READ ONLY", []txStep{begin, wrote, {"START TRANSACTION READ ONLY", "2", 0}, {txWriteOther, "12", 1792}, undo}},
		{"CREATE TABLE", []txStep{begin, wrote, {"CREATE TABLE other (id int)", "", 0}}},
		{"CREATE TABLE that is there", []txStep{begin, wrote, {"CREATE TABLE notes (id int)", "", 1050}, {"ROLLBACK", "12", 0}}},
		{"DROP TABLE that is not there", []txStep{begin, wrote, {"DROP TABLE nothing", "", 1051}}},
		{"DDL with an error in its syntax", []txStep{begin, wrote, {"CREATE TABEL other (id int)", "12", 1064}, undo}},
		{"TRUNCATE of another table", []txStep{begin, wrote, {"TRUNCATE others", "", 0}}},
		{"LOCK TABLES", []txStep{begin, wrote, {"LOCK TABLES notes READ, others WRITE", "2", 0}, {"INSERT INTO others VALUES (1)", "", 0}, {"UNLOCK TABLES", "12", 0}}},
		{"LOCK TABLES that fails", []txStep{begin, wrote, {"LOCK TABLES nothing WRITE", "2", 1146}}},
		{"autocommit on that was on", []txStep{begin, {txWriteOther, "12", 0}, {"SET autocommit = 1", "1", 0}, wrote, undo}},
		{"autocommit off", []txStep{{"SET autocommit = 0", "12", 0}, wrote, {"COMMIT", "2", 0}, {txWriteOther, "12", 0}, {"SET autocommit = 1", "1", 0}, {txWriteOther, "1", 0}}},
		{"autocommit off, rolled back", []txStep{{"SET @@autocommit = OFF", "12", 0}, wrote, undo, wrote, {"BEGIN", "2", 0}, {txWriteOther, "12", 0}, undo, wrote}},
		{"ANALYZE TABLE", []txStep{begin, wrote, {"ANALYZE TABLE others", "2", 0}}},
		{"FLUSH TABLES", []txStep{begin, wrote, {"FLUSH TABLES", "2", 0}}},
		{"COMMIT AND CHAIN", []txStep{begin, wrote, {"COMMIT AND CHAIN", "2", 0}, {txWriteOther, "12", 0}, {"ROLLBACK AND CHAIN", "12", 0}, {txWriteOther, "12", 0}, {"COMMIT", "1", 0}}},
		{"COMMIT AND CHAIN alone", []txStep{{"COMMIT AND CHAIN", "12", 0}, wrote, {"COMMIT", "2", 0}}},
		{"COMMIT RELEASE", []txStep{begin, wrote, {"COMMIT RELEASE", "2", 0}}},
		{"completion_type", []txStep{{"SET completion_type = 1", "12", 0}, begin, {"COMMIT", "12", 0}, {txWrite, "", 0}, {"COMMIT", "", 0}}},
		{"a procedure that commits", []txStep{begin, wrote, {"CALL commits()", "", 0}, {txWriteOther, "1", 0}}},
		{"a procedure that commits and begins", []txStep{begin, wrote, {"CALL begins()", "", 0}, undo}},
		{"a procedure that turns autocommit off", []txStep{{"CALL silences()", "", 0}, {txWrite, "", 0}, {"COMMIT", "", 0}, {txWriteOther, "12", 0}, {"COMMIT", "1", 0}}},
		{"a prepared statement", []txStep{{"PREPARE x FROM 'COMMIT'", "12", 0}, begin, wrote, {"EXECUTE x", "", 0}}},
		{"XA", []txStep{{"XA START 'a'", "", 0}, {txWrite, "", 0}, {"XA END 'a'", "", 0}, {"XA PREPARE 'a'", "", 0}, {"XA COMMIT 'a'", "", 0}, {txWriteOther, "", 0}}},
		{"XA that is rolled back", []txStep{{"XA START 'b'", "", 0}, {txWrite, "", 0}, {"XA END 'b'", "", 0}, {"BEGIN", "", 1399}, {"XA ROLLBACK 'b'", "", 0}}},
		{"a savepoint of the same name", []txStep{begin, {"SAVEPOINT a", "12", 0}, wrote, {"SAVEPOINT A", "12", 0}, {txWriteOther, "12", 0}, {"ROLLBACK TO a", "12", 0}, {"COMMIT", "2", 0}}},
		{"a savepoint that is gone", []txStep{begin, {"SAVEPOINT a", "12", 0}, wrote, {"SAVEPOINT a", "12", 0}, {"RELEASE SAVEPOINT a", "12", 0}, {"ROLLBACK TO a", "12", 1305}, {"COMMIT", "2", 0}}},
		{"savepoints that the server takes for one", []txStep{begin, {"SAVEPOINT e", "12", 0}, wrote, {"SAVEPOINT `é`", "", 0}, {txWriteOther, "", 0}, {"ROLLBACK TO e", "12", 0}, {"COMMIT", "", 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newNotes(t, plain, nil, "CREATE TABLE others (id int PRIMARY KEY)",
				"CREATE PROCEDURE commits() BEGIN COMMIT; UPDATE notes SET text = 'called' WHERE id = 2; END",
				"CREATE PROCEDURE begins() BEGIN COMMIT; START TRANSACTION; UPDATE notes SET text = 'called' WHERE id = 2; END",
				"CREATE PROCEDURE silences() SET autocommit = 0")
			c := s.conn(t)
			for _, step := range tt.steps {
				s.txBoth(t, "nothing")
				if s.txBoth(t, "nothing") != "12" {
					t.Fatal("not cached before ", step.text)
				}
				_, err := c.ExecContext(t.Context(), step.text)
				if number(err) != step.err || err != nil && step.err == 0 {
					t.Fatalf("%s: %v", step.text, err)
				}
				if got := s.txBoth(t, step.text); got != step.hits {
					t.Errorf("%s: the cache answers of %q, want %q", step.text, got, step.hits)
				}
			}
		})
	}
}

// BeginTx on a connection that a text has left in a transaction commits that one.
func TestTxBegunInATransaction(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		c := s.conn(t)
		run(t, c, "BEGIN", txWrite)
		if _, err := c.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted}); number(err) != 1568 {
			t.Fatal("the server allows to change the level in a transaction: ", err)
		}
		s.want(t, "old", false, txRead) // the fence was there
		s.want(t, "old", true, txRead)
		tx, err := c.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.want(t, "new", false, txRead)
		run(t, tx, txWriteOther)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "two", true, txOther)
	})
}

// A pool whose connections all have autocommit off: a transaction goes with its
// connection, whoever uses that one.
func TestTxSilentPool(t *testing.T) {
	t.Parallel()
	silent := newNotes(t, plain, nil)
	s := openCachedMySQL(t, plain, silent.dsn+"?autocommit=0", nil)
	s.cached.SetMaxOpenConns(1)
	for n := range 3 {
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		run(t, tx, txWrite)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if rows, hit := s.read(t, txRead); rows != "new" || hit {
			t.Errorf("round %d: %q, hit %v", n, rows, hit)
		}
		exec(t, s.cached, "UPDATE notes SET text = 'old' WHERE id = 1", "COMMIT")
		if rows, hit := s.read(t, txRead); rows != "old" || hit {
			t.Errorf("round %d: %q, hit %v", n, rows, hit)
		}
		exec(t, s.cached, "ROLLBACK")
	}
}

// A level of isolation that the program asks for is known, whatever the session's is.
func TestTxLevels(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil)
	for _, tt := range []struct {
		level sql.IsolationLevel
		hit   bool
	}{
		{sql.LevelDefault, false}, {sql.LevelRepeatableRead, false}, {sql.LevelSerializable, false},
		{sql.LevelReadUncommitted, false}, {sql.LevelReadCommitted, true},
	} {
		for _, readOnly := range []bool{false, true} {
			tx := s.begin(t, &sql.TxOptions{Isolation: tt.level, ReadOnly: readOnly})
			s.wantWith(t, tx, "old", tt.hit, txRead)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What READ UNCOMMITTED reads is nobody else's.
	writer := s.begin(t, nil)
	run(t, writer, "INSERT INTO notes VALUES (3, 'three')")
	const read = "SELECT text FROM notes WHERE id = 3"
	tx := s.begin(t, &sql.TxOptions{Isolation: sql.LevelReadUncommitted})
	s.wantWith(t, tx, "three", false, read)
	if err := writer.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "", false, read)
	s.want(t, "", true, read)
	// A level for the next transaction alone.
	c := s.conn(t)
	run(t, c, "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
	s.wantWith(t, c, "old", false, txRead)
	if _, err := s.cached.ExecContext(context.Background(), txWrite); err != nil {
		t.Fatal(err)
	}
	s.want(t, "new", false, txRead)
}
