package mysql

import (
	"context"
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// LoadCatalog implements [dialect.Dialect].
func (mysqlDialect) LoadCatalog(context.Context, dialect.Queryer) (*dialect.Catalog, error) {
	return nil, errors.New("cacheops: the schema of MySQL is not read yet")
}

// SchemaDigest implements [dialect.Dialect].
func (mysqlDialect) SchemaDigest(context.Context, dialect.Queryer) (string, error) {
	return "", errors.New("cacheops: the schema of MySQL is not read yet")
}
