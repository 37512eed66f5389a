package postgres

import "testing"

// COPY of the driver pq, which is a state of its connection: it works through the
// wrapper, more than once, and drops what was cached at the commit.
func TestTxCopy(t *testing.T) {
	t.Parallel()
	s := newNotes(t, pq, nil)
	const count = "SELECT count(*) FROM notes"
	s.want(t, "2", false, count)
	s.want(t, "2", true, count)
	const text = "/* many */ copy notes (id, text) from stdin"
	tx := s.begin(t, nil)
	for from := 10; from <= 20; from += 10 {
		stmt, err := tx.Prepare(text)
		if err != nil {
			t.Fatal(err)
		}
		for id := from; id < from+5; id++ {
			if _, err := stmt.Exec(id, "copied"); err != nil {
				t.Fatal(err)
			}
		}
		if from == 10 { // the other one is ended by Close
			if _, err := stmt.Exec(); err != nil {
				t.Fatal(err)
			}
		}
		if err := stmt.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, "2", true, count)
	s.wantWith(t, tx, "12", false, count)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "12", false, count)
	s.want(t, "12", true, count)

	tx = s.begin(t, nil)
	stmt, err := tx.Prepare(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stmt.Exec(1, "again"); err != nil {
		t.Fatal(err)
	}
	if _, err := stmt.Exec(); state(err) != "23505" {
		t.Fatalf("COPY of a row that is there: %v", err)
	}
	_ = stmt.Close()
	if _, err := tx.Query(count); state(err) != "25P02" {
		t.Fatalf("in a failed transaction: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "12", true, count)
}
