package mysql

import (
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// imageKind is what a column of a primary key is, as far as the names of rows are
// made of it.
type imageKind uint8

const (
	imageNoKind   imageKind = iota // no name is made of it
	imageSigned                    // a whole number
	imageUnsigned                  // one without a sign, which may be larger than an int64
	imageText                      // a text of some character set
	imageBytes                     // bytes
)

// imageKindOf tells what a column is, by its declared type. Numbers and texts only: of
// the others, a time for example, it is not known that what is read is all there is to
// them.
func imageKindOf(c *dialect.Column) imageKind {
	if c.Generated {
		return imageNoKind
	}
	words := strings.Fields(strings.ToLower(c.Type))
	if len(words) == 0 {
		return imageNoKind
	}
	base, _, _ := strings.Cut(words[0], "(")
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		for _, w := range words[1:] {
			switch w {
			case "unsigned", "zerofill":
				return imageUnsigned
			}
		}
		return imageSigned
	case "char", "varchar":
		if imageCharset(c) != "" {
			return imageText
		}
	case "binary", "varbinary":
		return imageBytes
	}
	return imageNoKind
}

// imageCharset returns the character set of a column of texts: the first word of its
// collation. Empty where it is not known.
func imageCharset(c *dialect.Column) string {
	charset, rest, ok := strings.Cut(strings.ToLower(c.Collation), "_")
	if !ok || rest == "" || !imageWord(charset) || !imageWord(rest) {
		return ""
	}
	return charset
}

// imageWord reports whether a name can stand in a statement as it is.
func imageWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return s != ""
}

// imageRowID returns the expression that names the rows of a table, for
// [dialect.Table.RowID], and the columns that it is made of; empty where there is none.
// It is the primary key: a number as it is, texts and bytes in hexadecimal, so that no
// character set on the way changes them, and several of them with commas between.
func imageRowID(t *dialect.Table) (string, []*dialect.Column) {
	if t.Kind != dialect.TablePlain || len(t.Primary) == 0 {
		return "", nil
	}
	columns := make([]*dialect.Column, len(t.Primary))
	for i, pos := range t.Primary {
		if pos < 0 || pos >= len(t.Columns) || imageKindOf(t.Columns[pos]) == imageNoKind {
			return "", nil
		}
		columns[i] = t.Columns[pos]
	}
	return imageName(columns, ""), columns
}

// imageName is the expression for the name of a row whose key has these columns, with
// what stands before them.
func imageName(columns []*dialect.Column, qualifier string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = qualifier + nameQuote(c.Name)
		if k := imageKindOf(c); k == imageText || k == imageBytes {
			parts[i] = "HEX(" + parts[i] + ")"
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "CONCAT_WS(',', " + strings.Join(parts, ", ") + ")"
}

// imageKey is the value of a key's column that an expression for its part of a name
// stands for, to be compared with the column by its index.
func imageKey(c *dialect.Column, part string) string {
	switch imageKindOf(c) {
	case imageSigned:
		return "CAST(" + part + " AS SIGNED)"
	case imageUnsigned:
		return "CAST(" + part + " AS UNSIGNED)"
	case imageBytes:
		return "UNHEX(" + part + ")"
	default:
		return "CONVERT(UNHEX(" + part + ") USING " + imageCharset(c) + ") COLLATE " + strings.ToLower(c.Collation)
	}
}

// imageLiterals returns the literals of the key that a name stands for; nil where it is
// no name.
func imageLiterals(columns []*dialect.Column, name driver.Value) []string {
	var parts []string
	switch v := name.(type) {
	case int64:
		parts = []string{strconv.FormatInt(v, 10)}
	case string:
		parts = strings.Split(v, ",")
	case []byte:
		parts = strings.Split(string(v), ",")
	}
	if len(parts) != len(columns) {
		return nil
	}
	for i, c := range columns {
		switch k := imageKindOf(c); {
		case k == imageSigned && imageDigits(strings.TrimPrefix(parts[i], "-")):
		case k == imageUnsigned && imageDigits(parts[i]):
		case k == imageBytes && imageHex(parts[i]):
			parts[i] = "X'" + parts[i] + "'"
		case k == imageText && imageHex(parts[i]):
			// Its collation is the column's: that of a literal counts for less.
			parts[i] = "_" + imageCharset(c) + " X'" + parts[i] + "'"
		default:
			return nil
		}
	}
	return parts
}

// imageDigits reports whether a text is a whole number of some digits.
func imageDigits(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// imageHex reports whether a text is bytes in hexadecimal.
func imageHex(s string) bool {
	return len(s)%2 == 0 && strings.Trim(s, "0123456789ABCDEF") == ""
}
