package mysql

import (
	"context"
	"testing"
)

// Several statements in one text: each commits by itself, so that an error of one leaves
// those before it, unless the text begins a transaction.
func TestTxScripts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		steps []txStep
	}{
		{"two writes", []txStep{{txWrite + "; " + txWriteOther, "", 0}}},
		{"the second fails", []txStep{{txWrite + "; INSERT INTO notes VALUES (2, 'again')", "", 1062}}},
		{"the second is no statement", []txStep{{txWrite + "; UPDATE notes SET", "", 1064}}},
		{"the first fails", []txStep{{"INSERT INTO notes VALUES (2, 'again'); " + txWrite, "", 1062}}},
		{"a transaction", []txStep{{"BEGIN; " + txWrite + "; " + txWriteOther + "; COMMIT", "", 0}}},
		{"a transaction that fails half way", []txStep{{"BEGIN; " + txWrite + "; INSERT INTO notes VALUES (2, 'again'); COMMIT", "", 1062}, {"COMMIT", "", 0}}},
		{"a transaction that stays open", []txStep{{"BEGIN; " + txWrite, "", 0}, {txWriteOther, "", 0}, {"ROLLBACK", "12", 0}}},
		{"in a transaction", []txStep{{"BEGIN", "12", 0}, {txWrite + "; INSERT INTO notes VALUES (2, 'again')", "12", 1062}, {"COMMIT", "", 0}}},
		{"in a transaction, rolled back", []txStep{{"BEGIN", "12", 0}, {txWrite + "; " + txWriteOther, "12", 0}, {"ROLLBACK", "12", 0}}},
		{"it ends a transaction", []txStep{{"BEGIN", "12", 0}, {txWrite, "12", 0}, {"COMMIT; " + txWriteOther, "", 0}}},
		{"it commits in disguise", []txStep{{"BEGIN", "12", 0}, {txWrite, "12", 0}, {"INSERT INTO notes VALUES (3, ''); CREATE TABLE other (id int)", "", 0}}},
		{"it turns autocommit off", []txStep{{"SET autocommit = 0; " + txWrite, "", 0}, {"COMMIT", "", 0}, {txWrite, "12", 0}, {txWriteOther, "12", 0}, {"COMMIT", "1", 0}}},
		{"a table that stays", []txStep{{"CREATE TABLE m (id int) ENGINE = MyISAM", "", 0}, {"BEGIN", "12", 0}, {"INSERT INTO m VALUES (1); " + txWrite, "12", 0}, {"ROLLBACK", "12", 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newNotes(t, scripts, nil)
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

// A script that writes and then reads returns the rows of what it reads, in a
// transaction as well.
func TestTxScriptsReturnRows(t *testing.T) {
	t.Parallel()
	s := newNotes(t, scripts, nil, "CREATE TABLE counted (id int PRIMARY KEY AUTO_INCREMENT, n int)")
	script := "INSERT INTO counted (n) VALUES (1); SELECT LAST_INSERT_ID(); " + txWrite + "; SELECT 2"
	for n, inTx := range []bool{false, true} {
		s.warm(t)
		c := s.conn(t)
		if inTx {
			run(t, c, "BEGIN")
		}
		rows, err := c.QueryContext(context.Background(), script)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for more := true; more; more = rows.NextResultSet() {
			for rows.Next() {
				var v int
				if err := rows.Scan(&v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0] != n+1 || got[1] != 2 {
			t.Errorf("in a transaction %v: %v", inTx, got)
		}
		if inTx {
			run(t, c, "COMMIT")
		}
		if got, _ := s.read(t, txRead); got != "new" {
			t.Errorf("STALE: %q", got)
		}
		exec(t, s.cached, "UPDATE notes SET text = 'old' WHERE id = 1")
	}
}
