package mysql

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/sample"
)

// TestCollations: each collation that is understood finds equal, of all texts of two
// characters that can be seen and of many longer ones, those that have one canonical
// text. With -short a third of them, and of fewer texts.
func TestCollations(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(driverName, server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rules := []string{"ci.pad", "ci.nopad", "cs.pad", "cs.nopad", "bin.pad", "bin.nopad"}
	columns := ""
	for i := range rules {
		columns += fmt.Sprintf(", c%d varbinary(10)", i)
	}
	exec(t, db, "CREATE TABLE strings (s varchar(10) CHARACTER SET ascii COLLATE ascii_bin"+columns+")")
	texts := []string{""}
	for a := ' '; a <= '~'; a++ {
		texts = append(texts, string(a))
		for b := ' '; b <= '~'; b++ {
			texts = append(texts, string([]rune{a, b}))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	longer := 20000
	if testing.Short() {
		longer = 2000
	}
	for range longer {
		s := make([]byte, 3+r.IntN(2))
		for i := range s {
			s[i] = "abcdeghijklnostuyz AEIJLNS-'."[r.IntN(29)]
		}
		texts = append(texts, string(s))
	}
	for len(texts) > 0 {
		part := texts[:min(1000, len(texts))]
		texts = texts[len(part):]
		values := make([]string, len(part))
		for i, s := range part {
			values[i] = "(" + quoted(s)
			for _, rule := range rules {
				text := canonical(&dialect.Column{Comparison: "mysql1.text." + rule + ".x"}, s, dialect.SideArgument)
				values[i] += ", " + quoted(text)
			}
			values[i] += ")"
		}
		exec(t, db, "INSERT INTO strings VALUES "+strings.Join(values, ", "))
	}
	for _, c := range comparables {
		rule, ok := strings.CutPrefix(c.comparison, "mysql1.text.")
		if !ok || !strings.HasPrefix(c.name, "varchar") {
			continue
		}
		if !sample.Takes(testing.Short(), rule, 0, 3) {
			continue
		}
		i := strings.LastIndexByte(rule, '.')
		collation := rule[i+1:]
		charset, _, _ := strings.Cut(collation, "_")
		at := -1
		for j := range rules {
			if rules[j] == rule[:i] {
				at = j
			}
		}
		exec(t, db, fmt.Sprintf("CREATE OR REPLACE TABLE compared (s varchar(10) CHARACTER SET %s COLLATE %s, c varbinary(10), KEY (s))", charset, collation), fmt.Sprintf("INSERT INTO compared SELECT s, c%d FROM strings", at))
		// By comparing, for MariaDB's GROUP BY takes some equal texts apart.
		var equal, same, want int
		if err := db.QueryRow("SELECT COUNT(*), SUM(a.c = b.c) FROM compared AS a JOIN compared AS b ON a.s = b.s").Scan(&equal, &same); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT SUM(n * n) FROM (SELECT COUNT(*) AS n FROM compared GROUP BY c) AS g").Scan(&want); err != nil {
			t.Fatal(err)
		}
		if equal != want || same != want {
			t.Errorf("%s finds %d pairs of texts equal, %d of them by its rule, which has %d", collation, equal, same, want)
		}
	}
}

// quoted writes a text of ASCII as a literal.
func quoted(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
}
