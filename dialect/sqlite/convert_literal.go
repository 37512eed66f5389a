package sqlite

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// literal converts a constant as SQLite reads it.
func (c *converter) literal(e *ast.Literal) dialect.Expr {
	switch e.Kind {
	case ast.LitNull:
		return &dialect.Literal{}
	case ast.LitString:
		return &dialect.Literal{Value: e.Value}
	case ast.LitInteger, ast.LitFloat:
		if v, ok := convertNumber(e.Value); ok {
			return &dialect.Literal{Value: v}
		}
		return &dialect.Opaque{What: "number"}
	case ast.LitBlob: // x'..'
		if len(e.Value) >= 3 {
			if b, err := hex.DecodeString(e.Value[2 : len(e.Value)-1]); err == nil {
				return &dialect.Literal{Value: b}
			}
		}
		return &dialect.Opaque{What: "blob"}
	case ast.LitCurrentDate, ast.LitCurrentTime, ast.LitCurrentTimestamp:
		what := strings.ToUpper(e.Value)
		c.volatile(what + " changes with time")
		return &dialect.Opaque{What: what}
	}
	c.failf("a literal is not known: %s", e.Kind)
	return &dialect.Opaque{What: "unknown"}
}

// negative converts the negation of a literal number; ok is false for every
// other operand, and e is not converted then.
func (c *converter) negative(e ast.Expr) (lit *dialect.Literal, ok bool) {
	inner := convertUnparen(e)
	if u, is := inner.(*ast.UnaryExpr); is {
		// - -5: the depth counts, a chain of signs can be long.
		defer c.leave()
		if !c.enter() {
			return nil, false
		}
		var x *dialect.Literal
		switch u.Op {
		case ast.OpMinus:
			x, ok = c.negative(u.X)
		case ast.OpPlus:
			x, ok = convertPlain(u.X)
		}
		if !ok {
			return nil, false
		}
		return convertNegate(x.Value)
	}
	l, is := inner.(*ast.Literal)
	if !is || l.Kind != ast.LitInteger && l.Kind != ast.LitFloat {
		return nil, false
	}
	if l.Value == "9223372036854775808" {
		// Without the sign it is too large for an integer; with it, it is the
		// least one.
		return &dialect.Literal{Value: int64(math.MinInt64)}, true
	}
	x, ok := convertPlain(inner)
	if !ok {
		return nil, false
	}
	if l.Value[0] == '0' && len(l.Value) > 1 && l.Value[1]|0x20 == 'x' && x.Value == int64(math.MinInt64) {
		return nil, false // SQLite: hex literal too big
	}
	return convertNegate(x.Value)
}

// convertPlain converts a literal number without a sign.
func convertPlain(e ast.Expr) (*dialect.Literal, bool) {
	l, ok := convertUnparen(e).(*ast.Literal)
	if !ok || l.Kind != ast.LitInteger && l.Kind != ast.LitFloat {
		return nil, false
	}
	v, ok := convertNumber(l.Value)
	return &dialect.Literal{Value: v}, ok
}

func convertNegate(v any) (*dialect.Literal, bool) {
	switch v := v.(type) {
	case int64:
		if v == math.MinInt64 { // SQLite goes on with a float
			return nil, false
		}
		return &dialect.Literal{Value: -v}, true
	case float64:
		if v == 0 { // -0.0 is 0.0 in every comparison
			return &dialect.Literal{Value: v}, true
		}
		return &dialect.Literal{Value: -v}, true
	}
	return nil, false
}

// convertMaxDigits bounds the digits of a number that is taken for a float.
// SQLite's own conversion has changed between versions in the last bit of
// long numbers.
const convertMaxDigits = 15

// convertNumber reads a number without a sign: an int64, or a float64 if the
// text is exactly that float. It refuses what versions of SQLite may read
// differently.
func convertNumber(text string) (any, bool) {
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		// Sixteen digits are the bits of an integer; more are an error.
		digits := strings.TrimLeft(text[2:], "0")
		if len(digits) > 16 {
			return nil, false
		}
		if digits == "" {
			return int64(0), true
		}
		u, err := strconv.ParseUint(digits, 16, 64)
		return int64(u), err == nil //nolint:gosec // the bits
	}
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.Atoi(text[i+1:])
		if err != nil || n < -convertMaxDigits || n > convertMaxDigits {
			return nil, false
		}
		mantissa, exponent = text[:i], n
	}
	if mantissa == text && !strings.Contains(text, ".") {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	if len(mantissa) > convertMaxDigits+1 { // and the dot
		return nil, false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	r, ok := new(big.Rat).SetString(whole + fraction + "e" + strconv.Itoa(exponent-len(fraction)))
	if !ok {
		return nil, false
	}
	f, exact := r.Float64()
	return f, exact
}
