package mysql

import (
	"math"
	"strconv"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/charset"
	"github.com/sqlc-dev/marino/mysql"

	"github.com/cacheops/cacheops/dialect"
)

// literal converts a constant. TRUE and FALSE are the numbers 1 and 0.
func (c *converter) literal(n *ast.ValueExprBase) dialect.Expr {
	if n.GetType().GetFlag()&mysql.UnderScoreCharsetFlag != 0 {
		// _latin1 'x', N'x': in a character set of its own. One in that of the connection,
		// which has no other where anything is cached, is a text like any other: in the
		// queries of views all texts are written so.
		if n.Kind() == ast.KindString && n.GetType().GetCharset() == charset.CharsetUTF8MB4 {
			return &dialect.Literal{Value: n.GetString()}
		}
		return &dialect.Opaque{What: "text of a character set"}
	}
	switch n.Kind() {
	case ast.KindNull:
		return &dialect.Literal{}
	case ast.KindInt64:
		return &dialect.Literal{Value: n.GetInt64()}
	case ast.KindUint64:
		if v := n.GetUint64(); v > math.MaxInt64 {
			return &dialect.Literal{Value: dialect.Decimal(strconv.FormatUint(v, 10))}
		}
		return &dialect.Literal{Value: n.GetInt64()}
	case ast.KindMysqlDecimal:
		return &dialect.Literal{Value: dialect.Decimal(n.GetMysqlDecimal().String())}
	case ast.KindFloat64:
		// What it is compared with becomes a float, and several numbers are one then.
		return &dialect.Opaque{What: "float"}
	case ast.KindString:
		// The parser reads a text between dollars, too, where a server has a name.
		c.look()
		if i := n.OriginTextPosition(); i < len(c.text) && (c.text[i] == '\'' || c.text[i] == '"') {
			return &dialect.Literal{Value: n.GetString()}
		}
		return &dialect.Opaque{What: "text"}
	case ast.KindBinaryLiteral:
		// x'41' is the number 65 beside numbers, and bytes beside texts.
		return &dialect.Opaque{What: "hexadecimal"}
	}
	c.failf("a literal is not known: %d", n.Kind())
	return &dialect.Opaque{What: "unknown"}
}

// convertNegative converts the negation of a number; nil for any other operand.
func convertNegative(n ast.ExprNode) *dialect.Literal {
	for {
		p, ok := n.(*ast.ParenthesesExpr)
		if !ok {
			break
		}
		n = p.Expr
	}
	v, ok := n.(*ast.ValueExprBase)
	if !ok {
		return nil
	}
	switch v.Kind() {
	case ast.KindInt64:
		return &dialect.Literal{Value: -v.GetInt64()}
	case ast.KindUint64:
		if v.GetUint64() == 1<<63 {
			return &dialect.Literal{Value: int64(math.MinInt64)}
		}
		return &dialect.Literal{Value: dialect.Decimal("-" + strconv.FormatUint(v.GetUint64(), 10))}
	case ast.KindMysqlDecimal:
		return &dialect.Literal{Value: dialect.Decimal("-" + v.GetMysqlDecimal().String())}
	}
	return nil
}
