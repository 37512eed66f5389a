package postgres

import "strings"

// valueType is a column's type, as far as comparing its values goes. A domain is
// told as the type that it is made of.
type valueType struct {
	Name          string // pg_type.typname of the base type
	Kind          byte   // pg_type.typtype
	Schema        string
	Deterministic bool   // of the column's collation
	Extension     string // that the type belongs to, citext for one; empty for none
	CType         string // the locale by which the database folds letters
}

// The values of Column.Comparison. The number is the version of the rules: it
// changes when a value's canonical text does.
const (
	valueWhole       = "postgres1.int"
	valueNumeric     = "postgres1.numeric"
	valueBool        = "postgres1.bool"
	valueText        = "postgres1.text"
	valueBlank       = "postgres1.bpchar"
	valueCIText      = "postgres1.citext"
	valueEnum        = "postgres1.enum"
	valueUUID        = "postgres1.uuid"
	valueBytes       = "postgres1.bytea"
	valueDate        = "postgres1.date"
	valueTime        = "postgres1.time"
	valueTimestamp   = "postgres1.timestamp"
	valueTimestampTZ = "postgres1.timestamptz"
)

// valueComparison returns the Comparison of a column of that type, or "" where
// its values cannot be compared. Types are listed that are equal exactly where
// their texts are, once these are brought to one form: no floats, for which one
// text stands for another value elsewhere, and nothing whose text depends on a
// setting.
func valueComparison(t valueType) string {
	switch {
	case t.Kind == 'e':
		return valueEnum
	case t.Extension == "citext" && t.Name == "citext" && t.Kind == 'b':
		// It folds by the database's own rules for letters, which are ASCII's for
		// ASCII's letters nearly everywhere.
		if !t.Deterministic || !valueFoldsASCII(t.CType) {
			return ""
		}
		return valueCIText
	case t.Schema != "pg_catalog" || t.Kind != 'b' || t.Extension != "":
		return "" // another type of the same name
	}
	switch t.Name {
	case "int2", "int4", "int8":
		// PostgreSQL compares them with each other as numbers.
		return valueWhole
	case "numeric":
		return valueNumeric
	case "bool":
		return valueBool
	case "text", "varchar", "bpchar":
		if !t.Deterministic {
			return ""
		}
		// All deterministic collations find equal what has the same bytes.
		if t.Name == "bpchar" {
			return valueBlank // less the blanks at the end
		}
		return valueText
	case "uuid":
		return valueUUID
	case "bytea":
		return valueBytes
	case "date":
		return valueDate
	case "time":
		return valueTime
	case "timestamp":
		return valueTimestamp
	case "timestamptz":
		return valueTimestampTZ
	}
	return ""
}

// valueASCIILanguages are languages of whose locales it is known that the small
// letters of A to Z are a to z, whatever stands around them. Turkish, its
// relatives and Lithuanian have rules of their own for the I.
var valueASCIILanguages = map[string]bool{
	"c": true, "posix": true, "und": true, "root": true, "en": true, "de": true, "fr": true, "es": true, "it": true,
	"pt": true, "nl": true, "sv": true, "da": true, "nb": true, "nn": true, "no": true, "fi": true, "is": true, "pl": true,
	"cs": true, "sk": true, "sl": true, "hu": true, "ro": true, "hr": true, "ru": true, "uk": true, "be": true, "bg": true,
	"el": true, "he": true, "ar": true, "fa": true, "hi": true, "th": true, "vi": true, "ja": true, "ko": true, "zh": true,
	"id": true, "ms": true, "et": true, "lv": true, "ca": true,
	"english": true, "german": true, "french": true, "spanish": true, "italian": true, "japanese": true, "chinese": true,
}

// valueFoldsASCII tells whether the small letters of A to Z are a to z in a
// locale, and no letters of other alphabets become one of them: the Kelvin sign
// does, and is refused as all that is not ASCII.
func valueFoldsASCII(locale string) bool {
	locale = strings.ToLower(locale)
	language, rest := locale, ""
	if i := strings.IndexAny(locale, "_-.@"); i >= 0 {
		language, rest = locale[:i], locale[i:]
	}
	return valueASCIILanguages[language] && !strings.Contains(rest, "@") && !strings.Contains(rest, "-u-")
}
