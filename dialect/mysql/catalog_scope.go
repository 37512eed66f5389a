package mysql

import (
	"context"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// catalogForeign asks for the foreign keys to tables of another database.
const catalogForeign = "SELECT DISTINCT TABLE_SCHEMA, REFERENCED_TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE" +
	" WHERE REFERENCED_TABLE_SCHEMA IS NOT NULL AND REFERENCED_TABLE_SCHEMA <> TABLE_SCHEMA"

// catalogInno asks InnoDB whether there are any such. MariaDB opens every table of every
// database for catalogForeign; this takes it a millisecond, and the privilege PROCESS.
const catalogInno = "SELECT COUNT(*) FROM information_schema.INNODB_SYS_FOREIGN WHERE SUBSTRING_INDEX(FOR_NAME, '/', 1) <> SUBSTRING_INDEX(REF_NAME, '/', 1)"

// catalogSchemata asks for the databases that the account sees.
const catalogSchemata = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"

// catalogScope returns the databases whose schema is read: the session's own, and those
// with foreign keys to it, and to these. What is written or read in others is not in the
// catalog: their tables are not cached, and a write to one drops everything. A server may
// hold hundreds of databases that have nothing to do with each other, and it takes
// MariaDB seconds to tell the schema of thousands of tables.
func catalogScope(ctx context.Context, db dialect.Queryer, session *sessionState) ([]string, error) {
	scope := []string{session.database.text}
	if session.mariaDB {
		if rows, err := rowsOf(ctx, db, catalogInno, 1); err == nil && len(rows) == 1 && rows[0][0].text == "0" {
			return scope, nil
		}
		rows, err := rowsOf(ctx, db, catalogSchemata, 1)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(rows, func(row []rowValue) bool {
			return !catalogIsSystem(row[0].text) && nameFold(row[0].text) != nameFold(scope[0])
		}) {
			return scope, nil
		}
	}
	pairs, err := rowsOf(ctx, db, catalogForeign, 2)
	if err != nil {
		return nil, err
	}
	in := func(schema string) bool {
		return slices.ContainsFunc(scope, func(s string) bool { return nameFold(s) == nameFold(schema) })
	}
	for i := 0; i < len(scope); i++ {
		for _, pair := range pairs {
			if nameFold(pair[1].text) == nameFold(scope[i]) && !in(pair[0].text) {
				scope = append(scope, pair[0].text)
			}
		}
	}
	return scope, nil
}

// catalogIsSystem tells whether a database is the server's own.
func catalogIsSystem(schema string) bool {
	return slices.Contains(catalogSystem, strings.ToLower(schema))
}
