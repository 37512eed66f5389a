package mysql

import "github.com/cacheops/cacheops/dialect"

// Failure implements [dialect.Dialect].
func (mysqlDialect) Failure(error) dialect.Failure { return dialect.FailureUnknown }
