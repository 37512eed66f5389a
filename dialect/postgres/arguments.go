package postgres

import "database/sql/driver"

// ArgumentChecker implements [dialect.Dialect].
func (postgresDialect) ArgumentChecker(string) driver.NamedValueChecker { return nil }
