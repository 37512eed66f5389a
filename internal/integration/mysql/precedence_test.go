package mysql

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

// precedenceText makes an expression of a few operators, without the parentheses that
// would say what belongs together.
func precedenceText(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(6) == 0 {
		leaves := [...]string{"0", "1", "2", "-1", "NULL", "'1'", "a", "b"}
		return leaves[r.IntN(len(leaves))]
	}
	x, y, z := precedenceText(r, depth-1), precedenceText(r, depth-1), precedenceText(r, depth-1)
	if r.IntN(4) == 0 {
		x = "(" + x + ")"
	}
	forms := [...]string{
		"%s AND %s", "%s OR %s", "%s && %s", "%s XOR %s", "NOT %s", "! %s", "%s = %s", "%s <=> %s", "%s <> %s", "%s IN (%s, %s)", "%s NOT IN (%s, %s)",
		"%s IS NULL", "%s IS NOT NULL", "%s IS NOT TRUE", "%s IS FALSE", "%s IS UNKNOWN", "%s BETWEEN %s AND %s", "%s LIKE %s", "%s + %s",
	}
	form := forms[r.IntN(len(forms))]
	return fmt.Sprintf(form, []any{x, y, z}[:strings.Count(form, "%s")]...)
}

// precedenceRead writes what was understood of an expression, with all parentheses.
func precedenceRead(e dialect.Expr) string {
	join := func(op string, list ...dialect.Expr) string {
		parts := make([]string, len(list))
		for i, x := range list {
			parts[i] = precedenceRead(x)
		}
		return "(" + strings.Join(parts, op) + ")"
	}
	switch e := e.(type) {
	case *dialect.Literal:
		switch v := e.Value.(type) {
		case nil:
			return "NULL"
		case string:
			return "'" + v + "'"
		default:
			return fmt.Sprintf("(%v)", v)
		}
	case *dialect.ColumnRef:
		return e.Name
	case *dialect.And:
		return join(" AND ", e.X...)
	case *dialect.Or:
		return join(" OR ", e.X...)
	case *dialect.Not:
		return "(NOT " + join("", e.X) + ")"
	case *dialect.Equal:
		if e.NullSafe {
			return join(" <=> ", e.X, e.Y)
		}
		return join(" = ", e.X, e.Y)
	case *dialect.In:
		return join(" IN ", e.X, &dialect.Row{X: e.List})
	case *dialect.Row:
		return join(", ", e.X...)
	case *dialect.IsNull:
		return "(" + join("", e.X) + " IS NULL)"
	case *dialect.IsTruth:
		return fmt.Sprintf("(%s IS %t)", join("", e.X), e.Want)
	case *dialect.Opaque:
		switch e.What {
		case "IN":
			return join(" IN ", e.Args[0], &dialect.Row{X: e.Args[1:]})
		case "BETWEEN":
			return "(" + precedenceRead(e.Args[0]) + " BETWEEN " + precedenceRead(e.Args[1]) + " AND " + precedenceRead(e.Args[2]) + ")"
		default:
			return join(map[string]string{"XOR": " XOR ", "comparison": " <> ", "LIKE": " LIKE ", "arithmetic": " + "}[e.What], e.Args...)
		}
	}
	return fmt.Sprintf("?%T", e)
}

// TestPrecedence compares what is understood of random expressions with what the server
// makes of them.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	exec(t, s.bare, "CREATE TABLE t (a int, b int)", "INSERT INTO t VALUES (0, 1), (1, 0), (NULL, 1), (1, NULL), (2, 2), (-1, 2)")
	r := rand.New(rand.NewPCG(1, 2))
	checked := 0
	for range 1500 {
		text := precedenceText(r, 3)
		st := mysql.Parse("SELECT " + text)
		if st.Query == nil {
			continue // the parser has it refused, or judges it by its tokens
		}
		checked++
		read := precedenceRead(st.Query.Cores[0].Columns[0].Expr)
		var differ int
		if err := s.bare.QueryRowContext(t.Context(), "SELECT count(*) FROM t WHERE NOT ("+"("+text+") <=> "+read+")").Scan(&differ); err != nil {
			t.Fatalf("%s, read as %s: %v", text, read, err)
		}
		if differ > 0 {
			t.Errorf("%s is read as %s, which is another in %d rows", text, read, differ)
		}
	}
	if checked < 700 {
		t.Errorf("%d expressions were checked", checked)
	}
}
