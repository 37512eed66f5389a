package mysql

import (
	"database/sql"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// conditionValue is what an expression of the model is worth for a row: a number, NULL,
// or nothing that the model tells.
type conditionValue struct {
	n           int64
	null, known bool
}

var conditionNull = conditionValue{null: true, known: true}

func conditionBool(b bool) conditionValue {
	if b {
		return conditionValue{n: 1, known: true}
	}
	return conditionValue{known: true}
}

// conditionOf works out what an expression is worth, as far as the model says so.
func conditionOf(e dialect.Expr, row map[string]conditionValue) conditionValue {
	of := func(e dialect.Expr) conditionValue { return conditionOf(e, row) }
	switch e := e.(type) {
	case *dialect.ColumnRef:
		return row[e.Name]
	case *dialect.Literal:
		switch v := e.Value.(type) {
		case nil:
			return conditionNull
		case int64:
			return conditionValue{n: v, known: true}
		case bool:
			return conditionBool(v)
		}
	case *dialect.And:
		return conditionFold(e.X, row, 0)
	case *dialect.Or:
		return conditionFold(e.X, row, 1)
	case *dialect.Not:
		v := of(e.X)
		if v.known && !v.null {
			return conditionBool(v.n == 0)
		}
		return v
	case *dialect.Equal:
		return conditionEqual(of(e.X), of(e.Y), e.NullSafe)
	case *dialect.In:
		if e.Query != nil {
			break
		}
		x, out := of(e.X), conditionBool(false)
		for _, item := range e.List {
			switch v := conditionEqual(x, of(item), false); {
			case v.known && v.n == 1:
				return v
			case !v.known || !out.known:
				out = conditionValue{}
			case v.null:
				out = conditionNull
			}
		}
		return out
	case *dialect.IsNull:
		if v := of(e.X); v.known {
			return conditionBool(v.null)
		}
	case *dialect.IsTruth:
		if v := of(e.X); v.known {
			return conditionBool(!v.null && (v.n != 0) == e.Want)
		}
	}
	return conditionValue{}
}

// conditionFold is AND, which a zero decides, or OR, which a one does.
func conditionFold(list []dialect.Expr, row map[string]conditionValue, decides int64) conditionValue {
	out := conditionBool(decides == 0)
	for _, x := range list {
		switch v := conditionOf(x, row); {
		case v.known && !v.null && (v.n != 0) == (decides != 0):
			return conditionBool(decides != 0)
		case !v.known || !out.known:
			out = conditionValue{}
		case v.null:
			out = conditionNull
		}
	}
	return out
}

func conditionEqual(x, y conditionValue, nullSafe bool) conditionValue {
	switch {
	case !x.known || !y.known:
		return conditionValue{}
	case x.null || y.null:
		if nullSafe {
			return conditionBool(x.null && y.null)
		}
		return conditionNull
	}
	return conditionBool(x.n == y.n)
}

// randomCondition writes a condition with few parentheses: what belongs together is for
// who reads it to tell.
func randomCondition(r *rand.Rand, depth int) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	if depth == 0 || r.IntN(5) == 0 {
		return pick("a", "b", "a", "b", "0", "1", "2", "NULL", "TRUE", "FALSE", "a", "c.b", "`a`")
	}
	sub := func() string { return randomCondition(r, depth-1) }
	switch r.IntN(12) {
	case 0:
		return pick("NOT ", "NOT ", "! ", "-", "~", "+ ") + sub()
	case 1:
		return "(" + sub() + ")"
	case 2:
		return sub() + pick(" IS NULL", " IS NOT NULL", " IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE", " IS UNKNOWN", " IS NOT UNKNOWN")
	case 3:
		return sub() + pick(" IN (", " NOT IN (") + sub() + ", " + sub() + ")"
	case 4:
		return sub() + pick(" BETWEEN ", " NOT BETWEEN ") + sub() + " AND " + sub()
	case 5, 6, 7:
		return sub() + pick(" = ", " = ", " <=> ", "=", " < ", " >= ", " <> ", " != ") + sub()
	case 8:
		return sub() + pick(" + ", " - ", " * ", " DIV ", " & ", " | ", " ^ ", " << ", " LIKE ", " REGEXP ") + sub()
	case 9:
		return "CASE WHEN " + sub() + " THEN " + sub() + " END"
	default:
		return sub() + pick(" AND ", " OR ", " && ", " || ", " XOR ", " and ", " Or ") + sub()
	}
}

// TestConditions asks the server what conditions are worth, for each row of a small
// table: where the model tells a value it must be that one. So no operator binds otherwise
// than the dialect believes.
func TestConditions(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(driverName, server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, text := range []string{
		"CREATE TABLE c (a INT, b INT)",
		"INSERT INTO c VALUES (NULL, NULL), (NULL, 0), (NULL, 1), (NULL, 2), (0, NULL), (0, 0), (0, 1), (0, 2), (1, NULL), (1, 0), (1, 1), (1, 2), (2, NULL), (2, 0), (2, 1), (2, 2)",
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(text, err)
		}
	}
	n := 6000
	if testing.Short() {
		n = 1500
	}
	r := rand.New(rand.NewPCG(9, 1))
	refused, told := 0, 0
	for range n {
		condition := randomCondition(r, 1+r.IntN(4))
		text := "SELECT a, b, (" + condition + ") FROM c WHERE " + condition + " OR TRUE"
		rows, err := db.Query(text)
		if err != nil {
			refused++
			continue
		}
		st := mysql.Parse("SELECT a FROM c WHERE " + condition)
		for rows.Next() {
			var a, b sql.NullInt64
			var got sql.NullFloat64
			if err := rows.Scan(&a, &b, &got); err != nil {
				t.Fatal(condition, err)
			}
			if st.Query == nil {
				continue
			}
			want := conditionOf(st.Query.Cores[0].Where, map[string]conditionValue{
				"a": {n: a.Int64, null: !a.Valid, known: true}, "b": {n: b.Int64, null: !b.Valid, known: true},
			})
			if !want.known {
				continue
			}
			told++
			if want.null == got.Valid || !want.null && (want.n != 0) != (got.Float64 != 0) {
				t.Fatalf("%s\nis understood as %s\nwhich is %+v of a=%v b=%v, but the server says %v",
					condition, dialecttest.PrintExpr(st.Query.Cores[0].Where), want, a, b, got)
			}
		}
		if err := rows.Err(); err != nil && !strings.Contains(err.Error(), "out of range") {
			t.Fatal(condition, err)
		}
		_ = rows.Close()
	}
	// The test is worth something only if most conditions reach it.
	if refused > n/3 || told < 4*n {
		t.Errorf("of %d conditions the server refused %d; the model told %d values", n, refused, told)
	}
}
