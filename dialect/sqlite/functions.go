package sqlite

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// functionKind says what is known of a function.
type functionKind uint8

const (
	functionForeign   functionKind = iota // nothing: it may read and write any table
	functionScalar                        // pure
	functionAggregate                     // pure over the rows
	functionWindow                        // pure over the window
	functionVolatile                      // harmless, but not pure
	functionDate                          // pure or not by its arguments
)

// function is one built-in function: its kind and the numbers of arguments it
// takes. A call with another number is not of the built-in function: an
// application may have registered its own under the same name.
type function struct {
	kind     functionKind
	min, max int
}

// functionAny stands for no limit on the number of arguments.
const functionAny = 1 << 20

// functions are the built-in functions by folded name. What is not listed is
// foreign; so are load_extension and fts3_tokenizer, which bring in foreign
// code, optimize of FTS3, which writes, and rtreecheck, which reads tables that
// its text does not name.
var functions = functionTableOf([]functionGroup{
	{functionScalar, 0, 0, "pi"},
	{functionScalar, 1, 1, `abs hex length likely unlikely lower upper octet_length quote sign soundex subtype
		typeof unicode unistr unistr_quote zeroblob
		acos acosh asin asinh atan atanh ceil ceiling cos cosh degrees exp floor ln log10 log2 radians
		sin sinh sqrt tan tanh trunc
		json jsonb json_error_position json_quote`},
	{functionScalar, 1, 2, `log ltrim rtrim trim round unhex json_array_length json_pretty json_type json_valid`},
	{functionScalar, 2, 2, "atan2 glob ifnull instr likelihood mod nullif pow power json_patch jsonb_patch"},
	{functionScalar, 2, 3, "like substr substring"},
	{functionScalar, 3, 3, "replace"},
	{functionScalar, 0, functionAny, "char format printf json_array jsonb_array json_object jsonb_object"},
	{functionScalar, 1, functionAny, `concat json_extract jsonb_extract json_insert jsonb_insert json_remove
		jsonb_remove json_replace jsonb_replace json_set jsonb_set`},
	{functionScalar, 2, functionAny, "coalesce concat_ws if iif max min"},

	{functionAggregate, 0, 1, "count"},
	{functionAggregate, 1, 1, "avg median sum total json_group_array jsonb_group_array"},
	{functionAggregate, 1, 2, "group_concat"},
	{functionAggregate, 2, 2, "percentile percentile_cont percentile_disc string_agg json_group_object jsonb_group_object"},

	{functionWindow, 0, 0, "cume_dist dense_rank percent_rank rank row_number"},
	{functionWindow, 1, 1, "first_value last_value ntile"},
	{functionWindow, 1, 3, "lag lead"},
	{functionWindow, 2, 2, "nth_value"},

	{functionVolatile, 0, 0, "changes last_insert_rowid random total_changes"},
	{functionVolatile, 1, 1, "randomblob"},
	// The library's version and options, which the programs that share a cache
	// need not have in common; and the place of a row in the file.
	{functionVolatile, 0, 0, "sqlite_source_id sqlite_version"},
	{functionVolatile, 1, 1, "sqlite_compileoption_get sqlite_compileoption_used sqlite_offset"},
	// The full-text search asks its own tables.
	{functionVolatile, 1, functionAny, "bm25 highlight matchinfo offsets snippet"},

	{functionDate, 0, functionAny, "date datetime julianday strftime time unixepoch"},
	{functionDate, 2, 2, "timediff"},
})

type functionGroup struct {
	kind     functionKind
	min, max int
	names    string
}

func functionTableOf(groups []functionGroup) map[string]function {
	table := make(map[string]function)
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.names) {
			table[name] = function{g.kind, g.min, g.max}
		}
	}
	return table
}

// functionLookup tells the kind of a call by the function's folded name. Why
// says why the call is volatile.
func functionLookup(name string, call *ast.FuncCall) (kind functionKind, why string) {
	f, known := functions[name]
	n := len(call.Args)
	if (name == "min" || name == "max") && n == 1 {
		f = function{functionAggregate, 1, 1}
	}
	switch {
	case !known, n < f.min, n > f.max:
		return functionForeign, ""
	case call.Star && name != "count":
		return functionForeign, ""
	}
	switch f.kind {
	case functionVolatile:
		return functionVolatile, name + "() is no function of its arguments"
	case functionDate:
		if why := functionDateWhy(name, call.Args); why != "" {
			return functionVolatile, name + "() " + why
		}
		return functionScalar, ""
	}
	return f.kind, ""
}

// functionDateWhy says why a call of a date function is not pure, or "".
//
// A time value is the text 'now', in any case, or 'subsec', for the current
// time. A column, a parameter or any expression of text can hold it, so that
// only literals and numbers are trusted.
func functionDateWhy(name string, args []ast.Expr) string {
	first, values := 0, 1 // the time values are args[first : first+values]
	switch name {
	case "strftime": // the format comes first
		first = 1
	case "timediff":
		values = 2
	}
	if len(args) < first+values {
		return "reads the clock"
	}
	for _, arg := range args[first : first+values] {
		if !functionTimeValue(arg) {
			return "may read the clock: its time value is neither a date nor a number"
		}
	}
	for _, arg := range args[first+values:] {
		if !functionModifier(arg) {
			return "may depend on the time zone: a modifier is not known to be pure"
		}
	}
	return ""
}

// functionTimeValue reports whether a time value cannot be the current time: a
// literal, or an expression that is a number whatever its operands are.
func functionTimeValue(e ast.Expr) bool {
	switch e := convertUnparen(e).(type) {
	case *ast.Literal:
		switch e.Kind {
		case ast.LitNull, ast.LitInteger, ast.LitFloat:
			return true
		case ast.LitString:
			// A date begins with a digit or a sign; what else a text can stand
			// for grows from version to version.
			return e.Value != "" && (tokDigit(e.Value[0]) || e.Value[0] == '-' || e.Value[0] == '+')
		}
	case *ast.UnaryExpr:
		return e.Op == ast.OpMinus || e.Op == ast.OpBitNot || e.Op == ast.OpPlus && functionTimeValue(e.X)
	case *ast.BinaryExpr:
		switch e.Op {
		case ast.OpAdd, ast.OpSub, ast.OpMul, ast.OpDiv, ast.OpMod,
			ast.OpBitAnd, ast.OpBitOr, ast.OpLShift, ast.OpRShift:
			return true
		}
	case *ast.CastExpr:
		if e.Type == nil || len(e.Type.Args) > 0 {
			return false
		}
		switch nameFold(e.Type.Name) {
		case "int", "integer", "bigint", "real", "float", "double", "numeric":
			return true
		}
	}
	return false
}

// functionModifier reports whether a modifier is a literal that depends on
// nothing. 'localtime' and 'utc' ask for the time zone.
func functionModifier(e ast.Expr) bool {
	lit, ok := convertUnparen(e).(*ast.Literal)
	if !ok {
		return false
	}
	switch lit.Kind {
	case ast.LitNull, ast.LitInteger, ast.LitFloat:
		return true
	case ast.LitString:
	default:
		return false
	}
	m := nameFold(lit.Value)
	switch m {
	case "auto", "ceiling", "floor", "julianday", "unixepoch", "subsec", "subsecond",
		"start of day", "start of month", "start of year":
		return true
	}
	return strings.HasPrefix(m, "weekday ") || m != "" && (tokDigit(m[0]) || m[0] == '-' || m[0] == '+')
}

// functionTable tells whether a table function is known, and why its rows are
// not a function of its arguments; "" when they are.
func functionTable(name string) (known bool, why string) {
	folded := nameFold(name)
	switch folded {
	case "json_each", "json_tree", "jsonb_each", "jsonb_tree":
		return true, ""
	}
	why = functionSystemTable(folded)
	return why != "", why
}

// functionSystemTable says why rows of a table of SQLite's own cannot be
// cached: no write that we see changes them. It is empty for other names.
// SQLite keeps the names that begin with sqlite_ for itself.
func functionSystemTable(name string) string {
	folded := nameFold(name)
	switch {
	case strings.HasPrefix(folded, "sqlite_"), strings.HasPrefix(folded, "pragma_"):
		return folded + " reads the schema"
	case folded == "dbstat", folded == "bytecode", folded == "tables_used", folded == "completion":
		return folded + " reads the state of the library"
	}
	return ""
}
