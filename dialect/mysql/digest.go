package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// digestTables are what holds the schema, with the columns that count. What changes
// without a change of the schema is not among them, and nothing that would have to be
// counted.
var digestTables = []struct{ table, schema, columns, where string }{
	{"TABLES", "TABLE_SCHEMA", "TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_OPTIONS, TABLE_COLLATION", ""},
	{"COLUMNS", "TABLE_SCHEMA", "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, EXTRA, GENERATION_EXPRESSION, PRIVILEGES", ""},
	{"STATISTICS", "TABLE_SCHEMA", "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART", "NON_UNIQUE = 0"},
	{"KEY_COLUMN_USAGE", "TABLE_SCHEMA", "CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, ORDINAL_POSITION, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME", "REFERENCED_TABLE_NAME IS NOT NULL"},
	{"REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE", ""},
	{"VIEWS", "TABLE_SCHEMA", "TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, SECURITY_TYPE", ""},
	{"TRIGGERS", "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT, SQL_MODE, DEFINER", ""},
	{"ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_BODY, ROUTINE_DEFINITION, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE, DEFINER", ""},
	{"EVENTS", "EVENT_SCHEMA", "EVENT_NAME, EVENT_DEFINITION, STATUS, SQL_MODE", ""},
	{"USER_PRIVILEGES", "", "GRANTEE, PRIVILEGE_TYPE", digestGrantee},
	{"SCHEMA_PRIVILEGES", "", "GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE", digestGrantee},
	{"TABLE_PRIVILEGES", "", "GRANTEE, TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE", digestGrantee},
}

// digestGrantee is true for the account that asks: others are seen by some, and have no
// part in what this one may do. Its name may hold the character before the host's.
const digestGrantee = "GRANTEE = CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"

// digestQuery adds up, for each of them, hashes of the rows of a database, given as an
// expression; of all where that is empty. In a row each value is in quotes, so that no two
// rows are one text.
func digestQuery(schema string) string {
	var b strings.Builder
	b.WriteString("SELECT CONCAT_WS('/', VERSION(), @@event_scheduler, CURRENT_USER(), IFNULL(CURRENT_ROLE(), ''), @@auto_increment_increment")
	for _, t := range digestTables {
		columns, where := strings.Split(t.columns, ", "), t.where
		if t.schema != "" {
			columns = append(columns, t.schema)
			if where != "" {
				where += " AND "
			}
			where += catalogIn(t.schema, schema)
		}
		b.WriteString(",\n(SELECT CONCAT(COUNT(*), ':', IFNULL(SUM(CRC32(x.r)), 0), ':', IFNULL(SUM(CAST(CONV(LEFT(SHA2(x.r, 256), 15), 16, 10) AS UNSIGNED)), 0))" +
			" FROM (SELECT CONCAT(QUOTE(" + strings.Join(columns, "), QUOTE(") + ")) AS r FROM information_schema." + t.table + " WHERE " + where + ") AS x)")
	}
	b.WriteString(")")
	return b.String()
}

// The queries for the session's own database, and for all of them.
var digestOwn, digestAll = digestQuery("DATABASE()"), digestQuery("")

// SchemaDigest implements [dialect.Dialect]. It changes with everything that
// [mysqlDialect.LoadCatalog] reads of the session's database, and with the rights of the
// account.
func (mysqlDialect) SchemaDigest(ctx context.Context, db dialect.Queryer) (string, error) {
	rows, err := rowsOf(ctx, db, "SELECT DATABASE()", 1)
	if err == nil && len(rows) == 1 {
		query := digestOwn
		if rows[0][0].null {
			query = digestAll
		}
		rows, err = rowsOf(ctx, db, query, 1)
	}
	if err == nil && (len(rows) != 1 || rows[0][0].text == "") {
		err = errors.New("not one text came back")
	}
	if err != nil {
		return "", fmt.Errorf("cacheops: ask MySQL whether its schema changed: %w", err)
	}
	return rows[0][0].text, nil
}
