package sqlite

import (
	"bytes"
	"fmt"
	"math/rand"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

type gen struct{ r *rand.Rand; d int }

func (g *gen) name() string { return string("abtu"[g.r.Intn(4)]) }
func (g *gen) src() string {
	if g.d > 4 { return g.name() }
	switch g.r.Intn(9) {
	case 0: return "(" + g.query() + ")"
	case 1: return "main." + g.name()
	case 2: return "(" + g.name() + " AS "+ g.name() +"1 JOIN " + g.src() + ")"
	case 3: return "(" + g.query() + ") AS " + g.name()
	case 4: return g.name() + " AS " + g.name()
	}
	return g.name()
}
func (g *gen) expr() string {
	if g.d > 4 { return "x" }
	switch g.r.Intn(10) {
	case 0: return "EXISTS (" + g.query() + ")"
	case 1: return "1 IN (" + g.query() + ")"
	case 2: return "1 IN " + g.name()
	case 3: return "(" + g.query() + ")"
	case 4: return "CASE WHEN " + g.expr() + " THEN " + g.expr() + " END"
	case 5: return g.expr() + " AND " + g.expr()
	case 6: return "max(" + g.expr() + ", 2)"
	case 7: return "1 IN main." + g.name()
	case 8, 9: return []string{"x", "a.x", "b.x", "t.x", "u.x"}[g.r.Intn(5)]
	}
	return fmt.Sprint(g.r.Intn(3))
}
func (g *gen) query() string {
	g.d++
	defer func() { g.d-- }()
	var b strings.Builder
	if g.r.Intn(3) == 0 {
		b.WriteString("WITH ")
		if g.r.Intn(2) == 0 { b.WriteString("RECURSIVE ") }
		n := 1 + g.r.Intn(2)
		p := g.r.Perm(4)
		for i := 0; i < n; i++ {
			if i > 0 { b.WriteString(", ") }
			b.WriteString(string("abtu"[p[i]]) + "(x) AS (" + g.query() + ")")
		}
		b.WriteString(" ")
	}
	n := 1
	if g.r.Intn(4) == 0 { n = 2 }
	for i := 0; i < n; i++ {
		if i > 0 { b.WriteString(" UNION ") }
		b.WriteString("SELECT " + g.expr() + " AS x")
		if g.r.Intn(5) > 0 {
			b.WriteString(" FROM " + g.src())
			for g.r.Intn(3) == 0 { b.WriteString([]string{", ", " JOIN ", " LEFT JOIN "}[g.r.Intn(3)] + g.src()) }
		}
		if g.r.Intn(2) == 0 { b.WriteString(" WHERE " + g.expr()) }
	}
	return b.String()
}

var authRe = regexp.MustCompile(`(?m)^authorizer: READ "(\w+)" "x" "main"`)

func TestOracle(t *testing.T) {
	ok, bad, exact, fell := 0, 0, 0, 0
	for seed := 0; seed < 15000; seed++ {
		g := &gen{r: rand.New(rand.NewSource(int64(seed)))}
		var q string
		switch seed % 6 {
		case 0: q = "UPDATE a SET x = " + g.expr() + " WHERE " + g.expr()
		case 1: q = "WITH " + g.name() + "(x) AS (" + g.query() + ") DELETE FROM b WHERE " + g.expr()
		case 2: q = "WITH " + g.name() + "(x) AS (" + g.query() + ") INSERT INTO a " + g.query() + " RETURNING " + g.expr()
		default: q = g.query()
		}
		cmd := exec.Command("sqlite3", ":memory:")
		cmd.Stdin = strings.NewReader("CREATE TABLE a(x);CREATE TABLE b(x);CREATE TABLE t(x);CREATE TABLE u(x);\n.auth on\n" + q + ";\n")
		var out, errb bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errb
		cmd.Run()
		if strings.Contains(errb.String(), "rror") { bad++; continue }
		all := out.String() + errb.String()
		st := Parse(q)
		if st.Incomplete != "" { fell++ }
		known := map[string]bool{}
		for _, n := range st.Reads { known[nameFold(n.Name)] = true }
		for _, n := range st.Writes { known[nameFold(n.Name)] = true }
		seen := map[string]bool{}
		for _, m := range authRe.FindAllStringSubmatch(all, -1) {
			name := m[1]
			if name == "a" || name == "b" || name == "t" || name == "u" {
				seen[name] = true
				if !known[name] { t.Errorf("missing %s: %s\nreads %v", name, q, st.Reads) }
			}
		}
		ok++
		if len(seen) == len(known) { exact++ }
	}
	t.Logf("ok %d refused %d exact %d fallback %d", ok, bad, exact, fell)
}
