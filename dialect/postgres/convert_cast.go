package postgres

import (
	"strconv"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertCast is what a cast makes of a value that is compared with a column.
type convertCast uint8

const (
	castNone  convertCast = iota // there is no cast
	castOther                    // a cast after which the value may be another one
	// castWhole is a cast to int2, int4 or int8. PostgreSQL compares whole numbers
	// with every kind of number by value, and refuses to compare them with
	// anything else. Only a fraction is changed by the cast.
	castWhole
	// castText is a cast to text or to varchar without a length: the value stays as
	// it is. It is compared with columns of texts, by all its characters: of a
	// char(n) or a citext that finds fewer rows than without the cast.
	castText
	// castUUID is a cast to uuid, which is compared with nothing but uuid.
	castUUID
)

// compared returns the Comparisons of the columns that a value is compared with as it
// is, "" for any: a cast that the program made and that is not asked for may have
// others cast to the value's type.
func (cast convertCast) compared() string {
	switch cast {
	case castWhole:
		return valueWhole + " " + valueNumeric
	case castUUID:
		return valueUUID
	default:
		return ""
	}
}

// typeName looks at a type that is cast to, and returns what the cast does to a
// value and whether it is to an array of that.
func (c *converter) typeName(t *ast.TypeName) (cast convertCast, array bool) {
	if t == nil {
		return castOther, false
	}
	array = len(t.GetArrayBounds()) > 0
	schema, name, ok := convertLast(t.GetNames())
	switch {
	case !ok || t.GetPctType():
		c.failf("the name of a type is not understood")
		return castOther, array
	case schema != "" && schema != "pg_catalog":
		c.foreign(dialect.TypePrefix + name)
		return castOther, array
	case schema == "" && len(name) > 1 && name[0] == '_' && functionTypes[name[1:]]:
		c.function(dialect.TypePrefix + name[1:])
		return castOther, true // _int4 is int4[]
	case functionCatalogTypes[name]:
		c.volatile("a cast to " + name + " looks a name up")
		return castOther, array
	case !functionTypes[name]:
		c.foreign(dialect.TypePrefix + name)
		return castOther, array
	case schema == "":
		c.function(dialect.TypePrefix + name)
	}
	switch {
	case name == "timetz":
		c.volatile("a time with a zone depends on the day")
		return castOther, array
	case len(t.GetTypmods()) > 0 || len(t.GetArrayBounds()) > 1 || t.GetSetof():
		return castOther, array
	}
	switch name {
	case "int2", "int4", "int8":
		return castWhole, array
	case "text", "varchar":
		return castText, array
	case "uuid":
		return castUUID, array
	}
	return castOther, array
}

// cast converts a cast. The value stays one only where the cast leaves alone what
// it is compared as.
func (c *converter) cast(n *ast.TypeCast, column string) dialect.Expr {
	cast, array := c.typeName(n.GetTypeName())
	if array {
		cast = castOther
	}
	arg := n.GetArg()
	if p := arg.GetParamRef(); p != nil {
		if n.GetLocation() < 0 {
			// date $1: the parser takes a parameter where PostgreSQL wants a text.
			c.failf("a parameter stands behind a type")
		}
		param := c.param(p, convertPlace{column: column, cast: cast})
		if cast != castOther {
			return param
		}
		return &dialect.Opaque{What: "CAST", Args: []dialect.Expr{param}}
	}
	x := c.expr(arg)
	if lit, ok := x.(*dialect.Literal); ok {
		if v, ok := convertCastLiteral(lit.Value, cast); ok {
			return &dialect.Literal{Value: v}
		}
	}
	return &dialect.Opaque{What: "CAST", Args: []dialect.Expr{x}}
}

// convertCastLiteral returns what a cast makes of a literal. It reports false where that
// need not be the literal itself.
func convertCastLiteral(v any, cast convertCast) (any, bool) {
	switch v := v.(type) {
	case int64:
		return v, cast == castWhole
	case string:
		switch cast {
		case castText:
			return v, true
		case castUUID:
			// No column but one of that type equals it.
			b, ok := valueCanonicalUUID(v, dialect.SideArgument)
			if !ok {
				return nil, false
			}
			return [16]byte([]byte(b)), true
		case castWhole:
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil && strconv.FormatInt(n, 10) == v
		default:
		}
	}
	return nil, false
}

// constant converts a constant.
func (c *converter) constant(n *ast.A_Const) dialect.Expr {
	if n.GetIsnull() {
		return &dialect.Literal{}
	}
	switch v := n.GetVal().(type) {
	case *ast.A_Const_Ival:
		return &dialect.Literal{Value: int64(v.Ival.GetIval())}
	case *ast.A_Const_Fval:
		// A whole number that fits is a bigint, any other a numeric: a float64 is
		// not exactly that.
		text := v.Fval.GetFval()
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return &dialect.Literal{Value: i}
		}
		if _, ok := valueDecimal(text); ok {
			return &dialect.Literal{Value: dialect.Decimal(text)}
		}
		return &dialect.Opaque{What: "number"}
	case *ast.A_Const_Boolval:
		return &dialect.Literal{Value: v.Boolval.GetBoolval()}
	case *ast.A_Const_Sval:
		s := v.Sval.GetSval()
		if functionDateWord(s) {
			c.volatile("a text may be a date that changes with time")
		}
		return &dialect.Literal{Value: s}
	case *ast.A_Const_Bsval:
		return &dialect.Opaque{What: "bit string"}
	}
	c.failf("a constant is not known: %T", n.GetVal())
	return &dialect.Opaque{What: "unknown"}
}
