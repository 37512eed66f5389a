package postgres

import (
	"database/sql/driver"

	"github.com/cacheops/cacheops/dialect"
)

// Canonical implements [dialect.Dialect].
func (postgresDialect) Canonical(*dialect.Column, driver.Value, dialect.Side) (string, bool) {
	return "", false
}

// Truth implements [dialect.Dialect].
func (postgresDialect) Truth(*dialect.Column, driver.Value) (truth, known bool) { return false, false }

// Elements implements [dialect.Dialect].
func (postgresDialect) Elements(*dialect.Column, driver.Value) ([]driver.Value, bool) {
	return nil, false
}
