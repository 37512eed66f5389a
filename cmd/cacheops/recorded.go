package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// recorded is a schema as it can be told from Redis: the tables that something was
// cached of, and the columns that cached queries compare with values, with the rules
// of comparison. To invalidate it is as good as the database's own: what a column is
// compared by is all that a key needs, and a column or rule that Redis does not name
// was in no condition of what is cached.
//
// It is a dialect whose database is empty, so that the library's own Invalidate does
// the work, by the protocol.
type recorded struct {
	dialect.Dialect // for a connection to an empty SQLite

	language string // the dialect of the values; "" before there is one
	values   dialect.Values
	tables   []*dialect.Table
}

// newRecorded makes a schema of tables by their names in the store.
func newRecorded(names []string) *recorded {
	r := &recorded{Dialect: sqlite.Dialect, values: sqlite.Dialect}
	for _, key := range names {
		schema, name, ok := strings.Cut(key, ".")
		if !ok {
			schema, name = "", key
		}
		r.tables = append(r.tables, &dialect.Table{Schema: schema, Name: name, Key: key})
	}
	return r
}

// errTwoDialects is returned where one table is known to two kinds of database.
var errTwoDialects = errors.New("cacheops: the table is recorded by two kinds of database")

// learn adds the columns that schemes of a table name. A scheme that is not understood
// adds nothing: whoever drops a row takes the whole table then.
func (r *recorded) learn(table string, schemes []store.Scheme) error {
	i := slices.IndexFunc(r.tables, func(t *dialect.Table) bool { return t.Key == table })
	if i < 0 {
		return nil
	}
	t := r.tables[i]
	for _, s := range schemes {
		columns, err := dependency.ParseScheme(s)
		if err != nil {
			continue
		}
		for _, sc := range columns {
			at := slices.IndexFunc(t.Columns, func(c *dialect.Column) bool { return c.Folded == sc.Column })
			if at < 0 {
				at = len(t.Columns)
				t.Columns = append(t.Columns, &dialect.Column{Name: sc.Column, Folded: sc.Column, SQL: sc.Column})
			}
			// Two rules for one column, of before and after a change of its type, are
			// two schemes of which one is not understood.
			if c := t.Columns[at]; c.Comparison == "" && sc.Form != dependency.FormNull && sc.Comparison != "-" {
				c.Comparison = sc.Comparison
				if err := r.speak(sc.Comparison); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// speak takes the values of the dialect that a rule of comparison is of. One that is
// not known compares nothing.
func (r *recorded) speak(comparison string) error {
	for _, of := range []dialect.Dialect{sqlite.Dialect, postgres.Dialect, mysql.Dialect} {
		if !strings.HasPrefix(comparison, of.Name()) {
			continue
		}
		if r.language != "" && r.language != of.Name() {
			return errTwoDialects
		}
		r.language, r.values = of.Name(), of
	}
	return nil
}

// open opens the handle that stands for the database.
func (r *recorded) open(cache *cacheops.Cache, name string) (*sql.DB, error) {
	return sqlcache.Open(cache, "sqlite", ":memory:", sqlcache.Config{Dialect: r, Database: name, MaxOpenConns: 1})
}

// recordedVersion stands for the version of a schema that does not change.
const recordedVersion = "recorded"

// LoadCatalog returns what is recorded. The names are compared as they are.
func (r *recorded) LoadCatalog(context.Context, dialect.Queryer) (*dialect.Catalog, error) {
	return dialect.NewCatalog(recordedVersion, "", func(name string) string { return name }, nil, r.tables), nil
}

// SchemaVersion returns that of LoadCatalog.
func (r *recorded) SchemaVersion(context.Context, dialect.Queryer) (string, error) {
	return recordedVersion, nil
}

// SchemaDigest returns none, as for each database with a version.
func (r *recorded) SchemaDigest(context.Context, dialect.Queryer) (string, error) { return "", nil }

// CheckSession finds nothing: the database is only a stand-in.
func (r *recorded) CheckSession(context.Context, dialect.Queryer) (dialect.Session, error) {
	return dialect.Session{}, nil
}

// Canonical compares as the database that is recorded does.
func (r *recorded) Canonical(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	return r.values.Canonical(c, v, side)
}

// Elements is that of the database that is recorded.
func (r *recorded) Elements(c *dialect.Column, v driver.Value) ([]driver.Value, bool) {
	return r.values.Elements(c, v)
}

// Truth is that of the database that is recorded.
func (r *recorded) Truth(c *dialect.Column, v driver.Value) (truth, known bool) {
	return r.values.Truth(c, v)
}
