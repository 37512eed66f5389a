package mysql

// tokKind is the kind of a token.
type tokKind uint8

// The kinds of token.
const (
	tokWord   tokKind = iota // an unquoted word, a keyword perhaps
	tokQuoted                // a name in backticks, or in double quotes with ANSI_QUOTES
	tokText                  // a text in quotes
	tokNumber                // a number, also in hexadecimal or bits
	tokParam                 // ?
	tokVar                   // @name or @@name
	tokSemi                  // ;
	tokOp                    // any other: an operator, a parenthesis, a comma, a point
)

// tok is a token of a statement's text.
type tok struct {
	kind     tokKind
	pos, end int32 // in the text
}
