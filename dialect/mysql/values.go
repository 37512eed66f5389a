package mysql

import (
	"database/sql/driver"

	"github.com/cacheops/cacheops/dialect"
)

// Canonical implements [dialect.Dialect].
func (mysqlDialect) Canonical(*dialect.Column, driver.Value, dialect.Side) (string, bool) {
	return "", false
}

// Elements implements [dialect.Dialect]. MySQL has no arrays.
func (mysqlDialect) Elements(*dialect.Column, driver.Value) ([]driver.Value, bool) {
	return nil, false
}

// Truth implements [dialect.Dialect].
func (mysqlDialect) Truth(*dialect.Column, driver.Value) (truth, known bool) { return false, false }
