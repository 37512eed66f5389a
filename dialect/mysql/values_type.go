package mysql

import "strings"

// valueType is a column's type, as far as comparing its values goes: what
// information_schema.COLUMNS says of it, and of the collation what
// information_schema.COLLATIONS says.
type valueType struct {
	DataType   string // DATA_TYPE: int, varchar
	ColumnType string // COLUMN_TYPE: int(10) unsigned
	Charset    string // CHARACTER_SET_NAME, empty for NULL
	Collation  string // COLLATION_NAME, empty for NULL
	// Pad is the collation's PAD_ATTRIBUTE: "PAD SPACE" or "NO PAD". Empty where the
	// server has no such column: then the collation's name tells.
	Pad string
	// Precision is DATETIME_PRECISION, the number of digits of a second's fraction; -1
	// for NULL. Scale is NUMERIC_SCALE; -1 for NULL.
	Precision, Scale int
	// MariaDB is true where the server is no MySQL.
	MariaDB bool
	// Zone is the session's time zone where its clock is never put forward or back, as an
	// offset such as +00:00. It is empty elsewhere.
	Zone string
}

// The values of Column.Comparison, and the beginnings of those for texts, behind which
// the collation stands, and for moments. The number is the version of the rules: it changes when a
// value's canonical text does.
const (
	valueWhole     = "mysql1.int"
	valueDecimal   = "mysql1.decimal"
	valueBytes     = "mysql1.bytes"
	valueDate      = "mysql1.date"
	valueDateTime  = "mysql1.datetime"
	valueTimestamp = "mysql1.timestamp." // and the time zone
	valueText      = "mysql1.text."
	valueEnum      = "mysql1.enum."
)

// valueZone makes a word of an offset.
var valueZone = strings.NewReplacer("+", "east", "-", "west", ":", "")

// valueComparison returns the Comparison of a column of that type, or "" where its
// values cannot be compared. Types are listed of which it is known which of their values
// are equal: no floats, nothing that is one thing as a number and another as a text
// (bit, set, year), and no time, which is a time of today to some.
func valueComparison(t valueType) string {
	switch strings.ToLower(t.DataType) {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		// They are compared with each other as numbers, also where one has no sign.
		return valueWhole
	case "decimal":
		return valueDecimal
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		return valueTextComparison(valueText, t)
	case "enum":
		return valueTextComparison(valueEnum, t)
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return valueBytes
	case "date":
		return valueDate
	case "datetime":
		return valueDateTime
	case "timestamp":
		// Where clocks are put back two moments have one text, and some texts are of no
		// moment. Of other zones the same text is another moment: what is known to one
		// session of a text does not hold for the others.
		if t.Zone != "" {
			return valueTimestamp + valueZone.Replace(t.Zone)
		}
	}
	return ""
}
