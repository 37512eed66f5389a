package mysql

import "strings"

// nameFold returns a name in the form in which the names of columns are compared:
// without regard to case.
func nameFold(name string) string { return strings.ToLower(name) }

// nameQuote quotes a name.
func nameQuote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}
