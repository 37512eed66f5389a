package mysql

import "strings"

// valueFolding is what a collation finds equal of the texts that it is understood for.
type valueFolding uint8

const (
	// valueFoldBinary finds equal what has the same characters.
	valueFoldBinary valueFolding = iota
	// valueFoldExact does so for printable ASCII. Of other characters it is not known
	// here what they equal.
	valueFoldExact
	// valueFoldCase takes the letters of printable ASCII for the same in both cases. Of
	// other characters it is not known here what they equal.
	valueFoldCase
)

// valueCollations are the collations that are understood, by their names behind that of
// the character set, and without a nopad_ in them. A language's own are not among them:
// to some of these two letters of ASCII are one.
var valueCollations = map[string]valueFolding{
	"bin":                 valueFoldBinary,
	"general_ci":          valueFoldCase,
	"general_mysql500_ci": valueFoldCase,
	"unicode_ci":          valueFoldCase,
	"unicode_520_ci":      valueFoldCase,
	"swedish_ci":          valueFoldCase, // of latin1
	"general_cs":          valueFoldExact,
	"uca1400_ai_ci":       valueFoldCase,
	"uca1400_as_ci":       valueFoldCase,
	"uca1400_ai_cs":       valueFoldExact,
	"uca1400_as_cs":       valueFoldExact,
	"0900_ai_ci":          valueFoldCase,
	"0900_as_ci":          valueFoldCase,
	"0900_as_cs":          valueFoldExact,
	"0900_bin":            valueFoldBinary,
}

// The words for valueFolding in a Comparison, and for what the collation makes of
// blanks at the end.
var valueFoldingNames = [...]string{valueFoldBinary: "bin", valueFoldExact: "cs", valueFoldCase: "ci"}

const (
	valueNoPad = "nopad"
	valuePad   = "pad"
)

// valueTextComparison returns the Comparison of a column of texts: the kind, what the
// collation finds equal, what it makes of blanks at the end, and its name; or "".
func valueTextComparison(kind string, t valueType) string {
	charset, collation := strings.ToLower(t.Charset), strings.ToLower(t.Collation)
	switch charset {
	case "utf8mb4", "utf8mb3", "utf8", "latin1", "ascii":
		// Those in which ASCII is itself.
	default:
		return ""
	}
	name, ok := strings.CutPrefix(collation, charset+"_")
	if !ok {
		// utf8mb3 is utf8 by another name, and some names are still the old ones.
		if name, ok = strings.CutPrefix(collation, "utf8_"); !ok || charset != "utf8mb3" {
			return ""
		}
	}
	nopad := strings.Contains(name, "nopad_")
	folding, ok := valueCollations[strings.Replace(name, "nopad_", "", 1)]
	if !ok || strings.HasSuffix(name, "swedish_ci") && charset != "latin1" {
		return ""
	}
	// MySQL's newer ones pad nothing, whatever their names say.
	nopad = nopad || strings.HasPrefix(name, "0900_")
	pad := valuePad
	if nopad {
		pad = valueNoPad
	}
	switch t.Pad {
	case "":
	case "PAD SPACE":
		pad = valuePad
	case "NO PAD":
		pad = valueNoPad
	default:
		return ""
	}
	return kind + valueFoldingNames[folding] + "." + pad + "." + collation
}
