package mysql

import (
	"context"
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// InTransaction implements [dialect.Dialect].
func (mysqlDialect) InTransaction(func(text string) error) (bool, error) {
	return false, errors.New("cacheops: not asked yet")
}

// TransactionOver implements [dialect.Dialect].
func (mysqlDialect) TransactionOver(context.Context, dialect.Queryer, string) (bool, error) {
	return false, errors.New("cacheops: not asked yet")
}
