package postgres

import (
	"context"
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// InTransaction implements [dialect.Dialect].
func (postgresDialect) InTransaction(func(text string) error) (bool, error) {
	return false, errors.New("not written yet")
}

// TransactionOver implements [dialect.Dialect].
func (postgresDialect) TransactionOver(context.Context, dialect.Queryer, string) (bool, error) {
	return false, errors.New("not written yet")
}
