package mysql

import "github.com/cacheops/cacheops/dialect"

// fallback tells the kind and the tables of a statement from its tokens alone.
func fallback(text string, toks []tok, shape *tokShape, why string) *dialect.Statement {
	st := parseUnknown(text, why)
	own := parseStatement(text, toks, shape)
	st.Pos, st.End, st.Params = own.Pos, own.End, own.Params
	return st
}
