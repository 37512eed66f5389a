package mysql

import (
	"database/sql/driver"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// An UPDATE that is restricted to the rows that were found does not look at the others.
// One of these may hold a text where the condition wants a number, for which the server
// refuses the whole statement in its strict mode, while it only warns of it in a SELECT.
// So a statement is restricted only where its condition can meet nothing of the kind:
// where all that it compares is of one kind.

// imagePlainKind is what an expression is to a comparison.
type imagePlainKind uint8

const (
	imageOther  imagePlainKind = iota // it may fail for some row
	imageTruth                        // true, false or NULL
	imageNumber                       // a number
	imageChars                        // a text
	imageMoment                       // a date, with or without a time
	imageNull                         // NULL, of any kind
)

// imagePlain works out whether a condition is plain, and what its parameters have to be
// for that.
type imagePlain struct {
	t      *dialect.Table
	params []imagePlainParam
}

// imagePlainParam is what the argument of a parameter has to be.
type imagePlainParam struct {
	param dialect.Param
	kind  imagePlainKind
}

// imagePlainOrder is a text of ORDER BY and LIMIT that computes nothing.
var imagePlainOrder = regexp.MustCompile("^[A-Za-z0-9_\\s.,`?]*$")

// fits reports whether the arguments are what a plain condition needs.
func (p *imagePlain) fits(argument func(dialect.Param) (driver.Value, bool)) bool {
	for _, need := range p.params {
		if v, ok := argument(need.param); !ok || !imageIs(v, need.kind) {
			return false
		}
	}
	return true
}

// imageIs reports whether a value of the program is of a kind.
func imageIs(v any, kind imagePlainKind) bool {
	switch v := v.(type) {
	case nil:
		return true
	case int64, uint64, float64, bool, dialect.Decimal:
		return kind == imageNumber || kind == imageTruth
	case string:
		return kind == imageChars || kind == imageMoment && imageIsMoment(v) || kind == imageNumber && imageDigits(strings.TrimPrefix(v, "-"))
	case []byte:
		return kind == imageChars
	case time.Time:
		return kind == imageMoment
	}
	return false
}

// imageIsMoment reports whether a text is a date, with or without a time, as the server
// writes it.
func imageIsMoment(s string) bool {
	for _, layout := range [...]string{time.DateOnly, time.DateTime} {
		if v, err := time.Parse(layout, s); err == nil && v.Year() > 0 {
			return true
		}
	}
	return false
}

// condition reports whether an expression is a plain condition.
func (p *imagePlain) condition(e dialect.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *dialect.And:
		return p.conditions(e.X)
	case *dialect.Or:
		return p.conditions(e.X)
	case *dialect.Not:
		return p.condition(e.X)
	case *dialect.IsTruth:
		return p.condition(e.X)
	case *dialect.IsNull:
		return p.value(e.X) != imageOther
	case *dialect.Equal:
		return p.compared(e.X, e.Y)
	case *dialect.In:
		return e.Query == nil && p.compared(append([]dialect.Expr{e.X}, e.List...)...)
	case *dialect.Opaque:
		switch {
		case len(e.Queries) > 0:
			return false
		case e.What == "BETWEEN", e.What == "comparison", e.What == "IN":
			return p.compared(e.Args...)
		case e.What == "LIKE":
			return len(e.Args) == 2 && p.compared(e.Args...) && p.value(e.Args[0]) == imageChars
		}
		return false
	case *dialect.ColumnRef, *dialect.Literal:
		k := p.value(e)
		return k == imageTruth || k == imageNumber
	}
	return false
}

func (p *imagePlain) conditions(list []dialect.Expr) bool {
	return !slices.ContainsFunc(list, func(e dialect.Expr) bool { return !p.condition(e) })
}

// compared reports whether expressions can be compared whatever the row: they are of one
// kind, or rows of such.
func (p *imagePlain) compared(list ...dialect.Expr) bool {
	if row, ok := list[0].(*dialect.Row); ok {
		for i := range row.X {
			var column []dialect.Expr
			for _, e := range list {
				other, ok := e.(*dialect.Row)
				if !ok || len(other.X) != len(row.X) {
					return false
				}
				column = append(column, other.X[i])
			}
			if !p.compared(column...) {
				return false
			}
		}
		return true
	}
	kind := imageNull
	for _, e := range list {
		if _, ok := e.(*dialect.Param); ok {
			continue
		}
		k := p.value(e)
		switch k {
		case imageTruth:
			k = imageNumber
		case imageOther:
			return false
		default:
		}
		if lit, ok := e.(*dialect.Literal); ok && kind == imageMoment && imageIs(lit.Value, imageMoment) {
			continue
		}
		switch {
		case kind == imageNull:
			kind = k
		case k != imageNull && k != kind:
			return false
		}
	}
	for _, e := range list {
		if param, ok := e.(*dialect.Param); ok {
			if kind == imageNull {
				return false // nothing says what it is compared as
			}
			p.params = append(p.params, imagePlainParam{param: *param, kind: kind})
		}
	}
	return true
}

// value tells what an expression is.
func (p *imagePlain) value(e dialect.Expr) imagePlainKind {
	switch e := e.(type) {
	case *dialect.ColumnRef:
		c, _ := p.t.Column(nameFold, e.Name)
		if c == nil {
			return imageOther
		}
		return imagePlainColumn(c)
	case *dialect.Literal:
		switch e.Value.(type) {
		case nil:
			return imageNull
		case string:
			return imageChars
		case bool:
			return imageTruth
		case int64, float64, dialect.Decimal:
			return imageNumber
		}
	case *dialect.Opaque:
		if e.What == "float" { // arithmetic is not plain: it may divide by 0
			return imageNumber
		}
	}
	return imageOther
}

// imagePlainColumn tells what a column is.
func imagePlainColumn(c *dialect.Column) imagePlainKind {
	base, _, _ := strings.Cut(strings.ToLower(c.Type), "(")
	if words := strings.Fields(base); len(words) > 0 {
		base = words[0]
	}
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double":
		return imageNumber
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return imageChars
	case "date", "datetime", "timestamp":
		return imageMoment
	}
	return imageOther
}
