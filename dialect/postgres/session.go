package postgres

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
)

// CheckSession implements [dialect.Dialect].
func (postgresDialect) CheckSession(context.Context, dialect.Queryer) (dialect.Session, error) {
	return dialect.Session{Taint: dialect.TaintAll, Why: "not written yet"}, nil
}
