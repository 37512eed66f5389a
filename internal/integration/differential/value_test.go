package differential

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is what values a column mostly holds.
type kind uint8

const (
	kindInt kind = iota
	kindText
	kindBool
	kindNum
	kindAny
	kindFold // texts that differ in case
	kindTrim // texts that differ in trailing blanks

	// Of databases whose columns have types.
	kindFloat
	kindDecimal // numbers that keep their zeros
	kindDate
	kindTime
	kindUUID
	kindEnum
	kindBytes
	kindJSON
)

// like tells whether values of two kinds are compared with one another.
func (k kind) like(l kind) bool {
	text := func(k kind) bool { return k == kindText || k == kindFold || k == kindTrim }
	return k == l || text(k) && text(l)
}

// Values come from small domains, so that conditions match and keys collide.
// The odd ones are those that other rules of comparison apply to.
var (
	intLiterals  = []string{"0", "1", "2", "3"}
	oddInts      = []string{"-1", "'1'", "2.0", "TRUE", "1.5", "9007199254740993"}
	textLiterals = []string{"'a'", "'b'", "'c'", "'d'"}
	oddTexts     = []string{"'A'", "'b '", "''", "1", "x'61'", "'C '"}
	boolLiterals = []string{"1", "0", "TRUE", "FALSE"}
	numLiterals  = []string{"1", "2", "3", "1.5"}
	anyLiterals  = []string{"1", "'a'", "2", "'b'", "1.0", "'1'"}

	intValues  = []any{int64(0), int64(1), int64(2), int64(3)}
	oddIntArgs = []any{"2", 1.0, true, int64(-1), int64(1) << 60, 2.5}
	textValues = []any{"a", "b", "c", "d"}
	oddTextArg = []any{"A", "B ", "", []byte("a"), "\u00e9", int64(1)}
	boolValues = []any{true, false, int64(1), int64(0)}
	numValues  = []any{int64(1), int64(2), 2.0, 1.5}
	anyValues  = []any{int64(1), "a", int64(2), "b", 1.0, "1"}
)

func (sqliteFlavour) literals(k kind) (usual, odd []string) {
	switch k {
	case kindInt:
		return intLiterals, oddInts
	case kindText:
		return textLiterals, oddTexts
	case kindFold:
		return []string{"'a'", "'A'", "'b'", "'B'"}, oddTexts
	case kindTrim:
		return []string{"'a'", "'a '", "'b'", "'b  '"}, oddTexts
	case kindBool:
		return boolLiterals, []string{"2", "'1'"}
	case kindNum:
		return numLiterals, []string{"'1'", "0.1", "2.00"}
	default:
		return anyLiterals, []string{"x'61'", "'A'"}
	}
}

func (sqliteFlavour) values(k kind) (usual, odd []any) {
	switch k {
	case kindInt:
		return intValues, oddIntArgs
	case kindText:
		return textValues, oddTextArg
	case kindFold:
		return []any{"a", "A", "b", "B"}, oddTextArg
	case kindTrim:
		return []any{"a", "a ", "b", "b  "}, oddTextArg
	case kindBool:
		return boolValues, []any{int64(2), "1"}
	case kindNum:
		return numValues, []any{"1", 0.1}
	default:
		return anyValues, []any{[]byte("a"), "A"}
	}
}

// rare is percent, and four times less often in a statement of the plain kind:
// a column that is compared with NULL, or with what it never holds, depends on
// the whole table for nothing.
func (g *gen) rare(p int) bool { return g.percent(p) && (!g.plain || g.percent(25)) }

// literal returns a value as SQL.
func (g *gen) literal(k kind) string {
	if g.rare(4) {
		g.tag("NULL literal")
		return "NULL"
	}
	usual, odd := g.literals(k)
	if g.rare(6) {
		return pick(g.chooser, odd...)
	}
	g.tag("literal")
	return pick(g.chooser, usual...)
}

// value returns a literal or a parameter.
func (g *gen) value(k kind) string {
	if g.constant || g.percent(50) {
		return g.literal(k)
	}
	if g.rare(4) {
		g.tag("NULL parameter")
		return g.param(nil)
	}
	usual, odd := g.values(k)
	if g.rare(6) {
		return g.param(pick(g.chooser, odd...))
	}
	g.tag("parameter")
	return g.param(pick(g.chooser, usual...))
}

func (g *gen) param(v any) string {
	g.args = append(g.args, v)
	return g.placeholder(len(g.args))
}

func (sqliteFlavour) placeholder(n int) string { return "?" + strconv.Itoa(n) }

// finish replaces numbered parameters by plain ones where they stand in
// order, as most programs write them.
func (sqliteFlavour) finish(g *gen, text string) string {
	n := len(g.args)
	var out strings.Builder
	rest := text
	for i := 1; i <= n; i++ {
		before, after, found := strings.Cut(rest, "?"+strconv.Itoa(i))
		if !found || strings.Contains(before, "?") || after != "" && '0' <= after[0] && after[0] <= '9' {
			return text
		}
		out.WriteString(before + "?")
		rest = after
	}
	if strings.Contains(rest, "?") {
		return text
	}
	return out.String() + rest
}

// argText writes an argument for a script.
func argText(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	default:
		return strings.ToUpper(fmt.Sprint(v))
	}
}
