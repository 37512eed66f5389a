package postgres

import (
	"database/sql"
	"strings"
	"testing"
)

// A write in a transaction that may not write meets the database's own error, not
// that of a query of ours.
func TestTxReadOnly(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		s.read(t, txRead)
		const wrong = "UPDATE notes SET text = nothing FROM notes AS other WHERE other.id = notes.id AND notes.id < 5"
		tx := s.begin(t, &sql.TxOptions{ReadOnly: true})
		if _, err := tx.Exec(wrong); state(err) != "42703" && state(err) != "42702" {
			t.Errorf("BeginTx: %v", err)
		}
		_ = tx.Rollback()
		c := s.conn(t)
		run(t, c, "BEGIN READ ONLY")
		if _, err := c.ExecContext(t.Context(), wrong); state(err) != "42703" && state(err) != "42702" {
			t.Errorf("BEGIN READ ONLY: %v", err)
		}
		for _, chain := range []string{"COMMIT AND CHAIN", "ROLLBACK AND CHAIN"} {
			run(t, c, "ROLLBACK", "BEGIN READ ONLY", chain)
			_, err := c.ExecContext(t.Context(), "UPDATE notes SET text = 'new' WHERE id < 5")
			if state(err) != "25006" || !strings.Contains(err.Error(), "cannot execute UPDATE") {
				t.Errorf("%s: %v", chain, err)
			}
		}
		run(t, c, "ROLLBACK")
	})
}
