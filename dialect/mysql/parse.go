package mysql

import "github.com/cacheops/cacheops/dialect"

// Parse analyses the text of a statement, or of several. It never fails, panics or
// returns nil. It may be called from many goroutines at once.
func Parse(text string) *dialect.Statement {
	return &dialect.Statement{Kind: dialect.KindUnknown, Text: text, Incomplete: "not parsed"}
}
