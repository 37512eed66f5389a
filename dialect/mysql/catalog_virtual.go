package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// catalogVirtual is a column that is computed when it is read, and how.
type catalogVirtual struct {
	column     *dialect.Column
	expression string
}

// comparedAlike has the values of virtual columns compared only where all sessions see the
// same. What one that writes computes for a row need not be what one computes that reads
// it: by another time zone, in another language of days, by another sql_mode.
func (t *catalogTable) comparedAlike() {
	for _, v := range t.virtual {
		if !catalogAlike(v.expression, t.moments) {
			v.column.Comparison = ""
		}
	}
}

// catalogAlike reports whether an expression of the schema has one value in all sessions.
// Moments are the names of the columns that have not.
func catalogAlike(text string, moments []string) bool {
	toks, _, err := tokenize(text)
	if err != nil {
		// MySQL shows its own texts with a backslash before each quote.
		if toks, _, err = tokenize(strings.ReplaceAll(text, `\'`, `'`)); err != nil {
			return false
		}
		text = strings.ReplaceAll(text, `\'`, `'`)
	}
	for i, t := range toks {
		word := tokFold(tokUnquote(t.in(text)))
		switch {
		case t.is(text, '/'): // as precise as the session wants it
			return false
		case t.isName() && (slices.Contains(moments, word) || catalogTemporal[word]):
			return false
		case t.isName() && i+1 < len(toks) && toks[i+1].is(text, '(') && !catalogSteady[word]:
			return false
		}
	}
	return strings.TrimSpace(text) != ""
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
