package postgres

import "github.com/cacheops/cacheops/dialect"

// Images implements [dialect.Dialect].
func (postgresDialect) Images(*dialect.Statement, *dialect.Table, []int) (*dialect.Images, string) {
	return nil, "not written yet"
}

// RowsOf implements [dialect.Dialect].
func (postgresDialect) RowsOf(*dialect.Table, []int, int) string { return "" }

// ChildrenOf implements [dialect.Dialect].
func (postgresDialect) ChildrenOf(_, _ *dialect.Table, _ *dialect.ForeignKey, _ []int, _ int) string {
	return ""
}
