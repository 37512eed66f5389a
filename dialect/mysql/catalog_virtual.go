package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// catalogVirtual is a column that is computed when it is read, and how.
type catalogVirtual struct {
	name       string          // folded
	column     *dialect.Column // nil for one that SELECT * leaves out
	expression string
}

// catalogKinds are the columns of a table on which it depends whether what is computed of
// them is the same to all sessions, by their folded names.
type catalogKinds struct {
	// unlike are those that sessions see each in their own way: dates and times, which they
	// round, or compare with a text, by settings of theirs, and what is computed of such.
	unlike []string
	// unsigned are numbers without a sign: in some sessions their differences have none.
	unsigned []string
}

// column takes note of a column.
func (k *catalogKinds) column(row *catalogColumnRow) {
	switch word := strings.ToLower(row.dataType); {
	case catalogTemporal[word]:
		k.unlike = append(k.unlike, nameFold(row.name))
	case strings.Contains(strings.ToLower(row.columnType), "unsigned"), strings.Contains(strings.ToLower(row.columnType), "zerofill"), word == "bit":
		k.unsigned = append(k.unsigned, nameFold(row.name))
	}
}

// comparedAlike has the values of virtual columns compared only where all sessions see the
// same. What one that writes computes for a row need not be what one computes that reads
// it: by another time zone, in another language of days, by another sql_mode. To one it
// may be NULL where it is none to the other.
func (t *catalogTable) comparedAlike() {
	for again := true; again; {
		again = false
		for _, v := range t.virtual {
			if slices.Contains(t.kinds.unlike, v.name) || catalogAlike(v.expression, t.kinds) {
				continue
			}
			// Others may be computed of it.
			t.kinds.unlike, again = append(t.kinds.unlike, v.name), true
		}
	}
	for _, v := range t.virtual {
		if v.column != nil && slices.Contains(t.kinds.unlike, v.name) {
			v.column.Comparison, v.column.Composite = "", true
		}
	}
}

// catalogAlike reports whether an expression of the schema has one value in all sessions.
func catalogAlike(text string, kinds catalogKinds) bool {
	toks, _, err := tokenize(text)
	if err != nil {
		// MySQL shows its own texts with a backslash before each quote.
		if toks, _, err = tokenize(strings.ReplaceAll(text, `\'`, `'`)); err != nil {
			return false
		}
		text = strings.ReplaceAll(text, `\'`, `'`)
	}
	minus, unsigned := false, false
	for i, t := range toks {
		word := tokFold(tokUnquote(t.in(text)))
		calls := t.isName() && i+1 < len(toks) && toks[i+1].is(text, '(')
		switch {
		case t.is(text, '/'): // as precise as the session wants it
			return false
		case t.isName() && (slices.Contains(kinds.unlike, word) || catalogTemporal[word]):
			return false
		case calls && !catalogSteady[word]:
			return false
		case t.is(text, '-'):
			minus = true
		case t.isName() && slices.Contains(kinds.unsigned, word), catalogUnsigned(t, word):
			unsigned = true
		}
	}
	// Whether a difference without a sign may be below zero is a matter of the sql_mode.
	return strings.TrimSpace(text) != "" && !(minus && unsigned)
}

// catalogTemporal are the types of dates and times: which texts are one, and which, depends
// on the session.
var catalogTemporal = functionSet("date datetime time timestamp year interval")

// catalogSteady are the functions, and the words that stand before a parenthesis, on the
// results of which no setting of a session has an effect.
var catalogSteady = functionSet(`abs and as binary case cast ceil ceiling char char_length character_length coalesce concat concat_ws convert crc32 decimal
	else floor greatest hex if ifnull in isnull json_contains json_extract json_length json_quote json_unquote json_valid json_value lcase
	least left length locate lower ltrim md5 mod not nullif nvl octet_length or replace reverse right round rtrim sha sha1 sha2 sign signed
	substr substring substring_index then trim ucase unhex unsigned upper varchar when`)

// catalogUnsigned reports whether a token may make a number without a sign: a large one, one
// in hexadecimal, or what works on bits.
func catalogUnsigned(t tok, word string) bool {
	switch t.kind {
	case tokWord:
		return word == "unsigned" || word == "crc32"
	case tokNumber:
		return len(word) > 18 || strings.Trim(word, "0123456789.") != ""
	case tokOp:
		return strings.ContainsAny(word, "&|^~") || word == "<<" || word == ">>"
	default:
		return false
	}
}
