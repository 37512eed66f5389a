package mysql

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imagePin is a column that a condition says to be equal to a value.
type imagePin struct {
	column *dialect.Column
	value  dialect.Expr // a [dialect.Literal] or a [dialect.Param]
}

// imageKeyPins are pins of all columns of a unique key.
type imageKeyPins []imagePin

// imagePins finds a unique key of which a condition says that each column equals a
// value, and returns the arguments among these. Nil means that there is none.
//
// A value that the rules do not cover may equal several of the column's: numbers that
// are compared as texts, texts as numbers, or what a collation makes of them.
func imagePins(t *dialect.Table, where dialect.Expr) (imageKeyPins, []dialect.KeyArgument) {
	pinned := make(map[int]dialect.Expr)
	imageEqual(t, where, pinned)
	for _, key := range t.Unique {
		var pins imageKeyPins
		var keys []dialect.KeyArgument
		for _, pos := range key {
			value, ok := pinned[pos]
			if !ok {
				break
			}
			c := t.Columns[pos]
			pins = append(pins, imagePin{column: c, value: value})
			if p, ok := value.(*dialect.Param); ok {
				keys = append(keys, dialect.KeyArgument{Param: *p, Column: c})
			}
		}
		if len(key) > 0 && len(pins) == len(key) {
			return pins, keys
		}
	}
	return nil, nil
}

// imageEqual collects what a condition says to be equal to a value, by the columns'
// positions. The statement has one table, so that a qualifier can be no other's.
func imageEqual(t *dialect.Table, e dialect.Expr, pinned map[int]dialect.Expr) {
	switch e := e.(type) {
	case *dialect.And:
		for _, x := range e.X {
			imageEqual(t, x, pinned)
		}
	case *dialect.Equal:
		if !e.NullSafe { // more than one row may be NULL there
			imagePinned(t, e.X, e.Y, pinned)
			imagePinned(t, e.Y, e.X, pinned)
		}
	case *dialect.In:
		if e.Query == nil && len(e.List) == 1 {
			imagePinned(t, e.X, e.List[0], pinned)
		}
	}
}

// imagePinned takes note of a column that equals a value.
func imagePinned(t *dialect.Table, column, value dialect.Expr, pinned map[int]dialect.Expr) {
	ref, ok := column.(*dialect.ColumnRef)
	if !ok {
		return
	}
	c, pos := t.Column(nameFold, ref.Name)
	if c == nil || c.Comparison == "" {
		return
	}
	switch v := value.(type) {
	case *dialect.Param:
		pinned[pos] = v
	case *dialect.Literal:
		if v.Value == nil {
			return
		}
		if _, ok := Dialect.Canonical(c, v.Value, dialect.SideArgument); ok && imageLiteral(v.Value) != "" {
			pinned[pos] = v
		}
	}
}

// write writes the condition that a row has the key, and returns its parameters.
func (p imageKeyPins) write(b *strings.Builder) (params []dialect.Param) {
	for i, pin := range p {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(nameQuote(pin.column.Name) + " = ")
		switch v := pin.value.(type) {
		case *dialect.Param:
			b.WriteByte('?')
			params = append(params, *v)
		case *dialect.Literal:
			b.WriteString(imageLiteral(v.Value))
		}
	}
	return params
}

// imageLiteral writes a number or a text as a literal, whatever the session reads in
// quotes; empty for all else, and for a text that is not plain ASCII: its character set
// is the connection's.
func imageLiteral(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		if !slices.ContainsFunc([]byte(v), func(b byte) bool { return b < ' ' || b > '~' }) {
			return "_utf8mb4 X'" + strings.ToUpper(hex.EncodeToString([]byte(v))) + "'"
		}
	}
	return ""
}
