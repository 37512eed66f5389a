package dialecttest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

func printExprs(list []dialect.Expr) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, PrintExpr(e))
	}
	return strings.Join(parts, ", ")
}

// PrintExpr renders an expression.
func PrintExpr(e dialect.Expr) string {
	join := func(op string, list []dialect.Expr) string {
		var parts []string
		for _, x := range list {
			parts = append(parts, PrintExpr(x))
		}
		return "(" + strings.Join(parts, " "+op+" ") + ")"
	}
	switch e := e.(type) {
	case *dialect.ColumnRef:
		name := e.Name
		if e.Qualifier != "" {
			name = e.Qualifier + "." + name
		}
		if e.Schema != "" {
			name = e.Schema + "." + name
		}
		return name
	case *dialect.Literal:
		switch v := e.Value.(type) {
		case nil:
			return "null"
		case int64:
			return strconv.FormatInt(v, 10)
		case float64:
			return "float:" + strconv.FormatFloat(v, 'g', -1, 64)
		case dialect.Decimal:
			return "decimal:" + string(v)
		case string:
			return strconv.Quote(v)
		case []byte:
			return fmt.Sprintf("x'%x'", v)
		case bool:
			return strconv.FormatBool(v)
		}
		return fmt.Sprintf("?%T", e.Value)
	case *dialect.Param:
		out := fmt.Sprintf("$%d", e.Index)
		if e.Name != "" {
			out += ":" + e.Name
		}
		return out + printFlags("(whole)", e.Whole, "(mixed)", e.Mixed, fmt.Sprintf("(beside %s)", strings.Join(e.Beside, " ")), e.Beside != nil)
	case *dialect.And:
		return join("and", e.X)
	case *dialect.Or:
		return join("or", e.X)
	case *dialect.Not:
		return "not " + PrintExpr(e.X)
	case *dialect.Equal:
		op := " = "
		if e.NullSafe {
			op = " is "
		}
		return "(" + PrintExpr(e.X) + op + PrintExpr(e.Y) + ")"
	case *dialect.In:
		if e.Query != nil {
			return "(" + PrintExpr(e.X) + " in {" + PrintQuery(e.Query) + "})"
		}
		return "(" + PrintExpr(e.X) + " in [" + printExprs(e.List) + "])"
	case *dialect.AnyOf:
		return "(" + PrintExpr(e.X) + " any " + PrintExpr(e.Array) + ")"
	case *dialect.IsNull:
		return "isnull(" + PrintExpr(e.X) + ")"
	case *dialect.IsTruth:
		return fmt.Sprintf("is%t(%s)", e.Want, PrintExpr(e.X))
	case *dialect.Row:
		return "row(" + printExprs(e.X) + ")"
	case *dialect.Call:
		args := printExprs(e.Args)
		if e.Star {
			args = "*"
		}
		out := e.Name + "(" + args + ")"
		if e.Aggregate {
			out = "agg:" + out
		}
		if e.Window {
			out = "win:" + out
		}
		if len(e.Extra) > 0 {
			out += "+[" + printExprs(e.Extra) + "]"
		}
		return out
	case *dialect.Exists:
		return "exists{" + PrintQuery(e.Query) + "}"
	case *dialect.Scalar:
		return "scalar{" + PrintQuery(e.Query) + "}"
	case *dialect.Opaque:
		var queries strings.Builder
		for _, q := range e.Queries {
			queries.WriteString("{" + PrintQuery(q) + "}")
		}
		return "<" + e.What + ": " + printExprs(e.Args) + queries.String() + ">"
	case nil:
		return "?nil"
	}
	return fmt.Sprintf("?%T", e)
}
