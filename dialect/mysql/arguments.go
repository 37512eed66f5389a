package mysql

import "database/sql/driver"

// ArgumentChecker implements [dialect.Dialect].
func (mysqlDialect) ArgumentChecker(string) driver.NamedValueChecker { return nil }
