package postgres

import "strings"

// nameFold maps a name to the form in which names are compared, which it has
// already: the parser gives an unquoted name in lower case, as PostgreSQL reads it,
// and a quoted one as it stands.
func nameFold(name string) string { return name }

// nameQuote quotes a name, so that it is read as it is.
func nameQuote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// nameText quotes a text, whatever standard_conforming_strings says: one with a
// backslash in it is written in the form that tells what a backslash means.
func nameText(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// nameLower folds a word of a text as PostgreSQL folds one without quotes: ASCII
// letters in lower case, all others as they are. The server's locale may fold
// other letters of a single-byte encoding; UTF-8 has none.
func nameLower(word string) string {
	for i := 0; i < len(word); i++ {
		if c := word[i]; 'A' <= c && c <= 'Z' {
			b := []byte(word)
			for ; i < len(b); i++ {
				if c := b[i]; 'A' <= c && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return word
}
