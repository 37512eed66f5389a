package mysql

import (
	"context"
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// CheckSession implements [dialect.Dialect].
func (mysqlDialect) CheckSession(context.Context, dialect.Queryer) (dialect.Session, error) {
	return dialect.Session{}, errors.New("cacheops: the session's state is not read yet")
}
