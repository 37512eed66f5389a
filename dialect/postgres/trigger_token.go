package postgres

import "strings"

// triggerTokenKind is the kind of a token of PL/pgSQL or of an expression.
type triggerTokenKind uint8

const (
	triggerWord   triggerTokenKind = iota // without quotes, folded
	triggerQuoted                         // a name in quotes
	triggerText                           // a text in quotes or dollars
	triggerNumber                         // a number or a parameter
	triggerSymbol                         // all others: ( ) [ ] , ; . :: := and operators
)

// triggerToken is one token.
type triggerToken struct {
	kind triggerTokenKind
	text string // folded, without quotes; empty for a text
}

// is tells whether the token is that word or symbol.
func (t triggerToken) is(text string) bool {
	return (t.kind == triggerWord || t.kind == triggerSymbol) && t.text == text
}

// name tells whether the token can be part of a name.
func (t triggerToken) name() bool { return t.kind == triggerWord || t.kind == triggerQuoted }

// triggerTokens cuts a text into tokens. It reports false for what cannot be
// read: a quote without an end, a name in Unicode escapes.
func triggerTokens(text string) ([]triggerToken, bool) {
	toks, _, err := tokenize(text)
	if err != nil {
		return nil, false
	}
	out := make([]triggerToken, 0, len(toks))
	for _, t := range toks {
		word := text[t.pos:t.end]
		switch t.kind {
		case tokWord:
			out = append(out, triggerToken{triggerWord, nameLower(word)})
		case tokQuoted:
			if !strings.HasPrefix(word, `"`) {
				return nil, false
			}
			out = append(out, triggerToken{triggerQuoted, strings.ReplaceAll(word[1:len(word)-1], `""`, `"`)})
		case tokString:
			out = append(out, triggerToken{kind: triggerText})
		case tokNumber, tokParam:
			out = append(out, triggerToken{triggerNumber, word})
		default:
			// PL/pgSQL assigns by :=, which SQL does not have.
			if n := len(out); word == "=" && n > 0 && out[n-1].is(":") && text[t.pos-1] == ':' {
				out[n-1].text = ":="
				continue
			}
			out = append(out, triggerToken{triggerSymbol, word})
		}
	}
	return out, true
}
