package mysql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokQuotes reads the text in quotes that begins at i.
func tokQuotes(text string, i int) (end int, what string) {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			if i+1 == len(text) || text[i+1] != quote {
				return i + 1, ""
			}
			i++
		}
	}
	return 0, "a text is not closed"
}

// tokBackticks reads the quoted name that begins at i.
func tokBackticks(text string, i int) (end int, what string) {
	for i++; i < len(text); i++ {
		if text[i] != '`' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '`' {
			return i + 1, ""
		}
		i++
	}
	return 0, "a quoted name is not closed"
}

// hex reads x'1F' or b'01' at i.
func (t *tokenizer) hex(i int) (end int, what string) {
	from := i + 2
	for end = from; end < len(t.text) && tokHex(t.text[end]); end++ {
	}
	switch bits := t.text[i]|0x20 == 'b'; {
	case end == len(t.text) || t.text[end] != '\'':
		return 0, "a text in hexadecimal is not closed"
	case bits && strings.Trim(t.text[from:end], "01") != "", !bits && (end-from)%2 != 0:
		return 0, "a text in hexadecimal or bits is malformed"
	}
	return end + 1, ""
}

// number reads the number, or the word that begins with a digit, at i.
func (t *tokenizer) number(i int) (kind tokKind, end int) {
	text := t.text
	at := func(i int) byte {
		if i < len(text) {
			return text[i]
		}
		return 0
	}
	digits := func(i int) int {
		for tokDigit(at(i)) {
			i++
		}
		return i
	}
	if n := len(t.toks); n > 0 && tokDigit(text[i]) && t.toks[n-1].is(text, '.') && int(t.toks[n-1].end) == i {
		t.odd("a name begins with a digit")
		return tokWord, tokWordEnd(text, i)
	}
	if at(i) == '0' && (at(i+1) == 'x' || at(i+1) == 'b') {
		end = i + 2
		for tokHex(at(end)) && (at(i+1) == 'x' || at(end) == '0' || at(end) == '1') {
			end++
		}
		if end > i+2 && !tokWordByte(at(end)) {
			return tokNumber, end
		}
		t.odd("a name begins with a digit")
		return tokWord, tokWordEnd(text, i)
	}
	end = digits(i)
	if whole := end; at(end) == '.' {
		end = digits(end + 1)
		switch {
		case end == whole+1:
			t.odd("a number ends in a point") // the parser takes the next word for a name
		case end-whole-1 > tokMaxScale:
			t.odd(fmt.Sprintf("a number has more than %d digits behind the point", tokMaxScale))
		}
	}
	if at(end)|0x20 == 'e' {
		e := end + 1
		if at(e) == '+' || at(e) == '-' {
			e++
		}
		if tokDigit(at(e)) {
			end = digits(e)
		}
	}
	if end-i > tokMaxDigits {
		t.odd(fmt.Sprintf("a number is longer than %d digits", tokMaxDigits))
	}
	if !tokWordByte(at(end)) {
		return tokNumber, end
	}
	t.odd("a name begins with a digit")
	return tokWord, tokWordEnd(text, end)
}

// variable reads the variable, or the host of an account, at i.
func (t *tokenizer) variable(i int) (end int, what string) {
	text := t.text
	end = i + 1
	if end < len(text) && text[end] == '@' {
		end++
	}
	if end == len(text) {
		return 0, "a variable has no name"
	}
	switch text[end] {
	case '\'', '"':
		return tokQuotes(text, end)
	case '`':
		return tokBackticks(text, end)
	}
	from := end
	for end < len(text) && (tokWordByte(text[end]) || text[end] == '.') {
		if text[end] >= utf8.RuneSelf {
			t.odd("the name of a variable is not ASCII")
		}
		end++
	}
	if end == from {
		return 0, "a variable has no name"
	}
	if text[end-1] == '.' {
		t.odd("the name of a variable ends in a point") // the parser takes the next word for a name
	}
	return end, ""
}
