package engine

import (
	"strconv"
	"testing"
)

// What is owed takes bounded memory, however many tables were written, and tenants
// wrote them.
func TestDebtsAreBounded(t *testing.T) {
	t.Parallel()
	x := &debt{database: "main"}
	for i := range maxOwedTables + 1 {
		if x.all {
			t.Fatalf("everything is owed after %d tables", i)
		}
		x.add(&debt{tables: map[string]owedTable{strconv.Itoa(i): {}}})
	}
	x.add(&debt{tables: map[string]owedTable{"one more": {}}})
	if !x.all || len(x.tables) > 0 {
		t.Errorf("%d tables, everything: %v", len(x.tables), x.all)
	}
}
