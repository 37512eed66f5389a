package mysql

import "github.com/cacheops/cacheops/dialect"

// Images implements [dialect.Dialect].
func (mysqlDialect) Images(*dialect.Statement, *dialect.Table, []int) (*dialect.Images, string) {
	return nil, "not written yet"
}

// RowsOf implements [dialect.Dialect].
func (mysqlDialect) RowsOf(*dialect.Table, []int, int) string { return "" }

// ChildrenOf implements [dialect.Dialect].
func (mysqlDialect) ChildrenOf(_, _ *dialect.Table, _ *dialect.ForeignKey, _ dialect.Kind, _ []int, _ int) string {
	return ""
}
