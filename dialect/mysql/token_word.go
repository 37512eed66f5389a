package mysql

import (
	"strings"
	"unicode/utf8"
)

func tokSpace(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r' // tab, newline, vertical tab, form feed, return
}

func tokDigit(c byte) bool { return '0' <= c && c <= '9' }

func tokHex(c byte) bool { return tokDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// tokLetter reports whether a word can begin so. Every byte above ASCII is a letter.
func tokLetter(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

func tokWordByte(c byte) bool { return tokLetter(c) || tokDigit(c) }

func tokWordEnd(text string, i int) int {
	for ; i < len(text) && tokWordByte(text[i]); i++ {
	}
	return i
}

// tokTouching are the functions that must touch their parenthesis, unless the session has
// IGNORE_SPACE.
var tokTouching = tokSet(`adddate add_months bit_and bit_or bit_xor cast count cume_dist curdate curtime date_add date_format
	date_sub decode dense_rank extract first_value group_concat json_arrayagg json_objectagg json_table lag last_value lead
	max median mid min now nth_value ntile percent_rank percentile_cont percentile_disc position rank row_number
	session_user st_collect std stddev stddev_pop stddev_samp subdate substr substring sum sysdate system_user trim
	trim_oracle variance var_pop var_samp`)

// tokSet makes a set of words.
func tokSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// tokFold returns a word with its ASCII letters in lower case, as keywords are compared.
func tokFold(word string) string {
	for i := range len(word) {
		if 'A' <= word[i] && word[i] <= 'Z' {
			b := []byte(word)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return word
}

// tokFoldEqual reports whether a word is the given one, which is in lower case.
func tokFoldEqual(word, lower string) bool {
	if len(word) != len(lower) {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tokUnquote returns the name that a word or a quoted name stands for.
func tokUnquote(token string) string {
	if n := len(token); n >= 2 && token[0] == '`' && token[n-1] == '`' {
		return strings.ReplaceAll(token[1:n-1], "``", "`")
	}
	return token
}
