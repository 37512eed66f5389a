package postgres

import (
	"context"
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// LoadCatalog implements [dialect.Dialect].
func (postgresDialect) LoadCatalog(context.Context, dialect.Queryer) (*dialect.Catalog, error) {
	return nil, errors.New("not written yet")
}

// SchemaDigest implements [dialect.Dialect].
func (postgresDialect) SchemaDigest(context.Context, dialect.Queryer) (string, error) {
	return "", errors.New("not written yet")
}
