package mysql

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestCollations: each collation that is understood finds equal, of all texts of two
// printable characters and of many longer ones, those that have one canonical text.
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
	for range 20000 {
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
		i := strings.LastIndexByte(rule, '.')
		collation := rule[i+1:]
		charset, _, _ := strings.Cut(collation, "_")
		at := -1
		for j := range rules {
			if rules[j] == rule[:i] {
				at = j
			}
		}
		var groups, most, want int
		err := db.QueryRow(fmt.Sprintf("SELECT COUNT(*), MAX(n), (SELECT COUNT(DISTINCT c%d) FROM strings) FROM (SELECT COUNT(DISTINCT c%[1]d) AS n FROM strings GROUP BY CONVERT(s USING %s) COLLATE %s) AS g", at, charset, collation)).Scan(&groups, &most, &want)
		if err != nil {
			t.Fatal(err)
		}
		if groups != want || most != 1 {
			t.Errorf("%s finds %d texts different, up to %d of them equal; by its rule there are %d", collation, groups, most, want)
		}
	}
}

// quoted writes a text of ASCII as a literal.
func quoted(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
}
