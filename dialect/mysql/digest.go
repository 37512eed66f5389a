package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// digestTable is a table of information_schema with the columns that count, the one that
// names the database, if only one counts, and a condition.
type digestTable struct{ table, schema, columns, where string }

// digestTables are what holds the schema of a database. What changes without a change of
// the schema is not among their columns, and nothing that would have to be counted.
var digestTables = []digestTable{
	{"TABLES", "TABLE_SCHEMA", "TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_OPTIONS, TABLE_COLLATION", ""},
	{"COLUMNS", "TABLE_SCHEMA", "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, EXTRA, GENERATION_EXPRESSION, PRIVILEGES", ""},
	{"STATISTICS", "TABLE_SCHEMA", "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART", "NON_UNIQUE = 0"},
	{"KEY_COLUMN_USAGE", "TABLE_SCHEMA", "CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, ORDINAL_POSITION, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME", "REFERENCED_TABLE_NAME IS NOT NULL"},
	{"REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE", ""},
	{"VIEWS", "TABLE_SCHEMA", "TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, SECURITY_TYPE", ""},
	{"TRIGGERS", "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT, SQL_MODE, DEFINER", ""},
}

// The columns of routines and their parameters that count.
const (
	digestRoutine   = "ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_BODY, ROUTINE_DEFINITION, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE"
	digestParameter = "SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_NAME"
)

// digestBeside are what counts of all databases: what [catalogBeside] asks for, but for the
// server's own tables, none of which is cached. Routines that are the same in several
// databases count once, besides those of the session's own: where one is as another, nothing
// is concluded from it that was not before.
var digestBeside = []digestTable{
	{"EVENTS", "", "EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION, EVENT_TYPE, ENDS, STATUS, SQL_MODE", catalogOwn("EVENT_SCHEMA")},
	{"ROUTINES", "", "ROUTINE_SCHEMA, " + digestRoutine, "ROUTINE_SCHEMA = DATABASE()"},
	{"PARAMETERS", "", "SPECIFIC_SCHEMA, " + digestParameter, "PARAMETER_NAME IS NOT NULL AND SPECIFIC_SCHEMA = DATABASE()"},
	{"ROUTINES", "", digestRoutine, catalogCalled("ROUTINE_SCHEMA", "ROUTINE_NAME")},
	{"PARAMETERS", "", digestParameter, "PARAMETER_NAME IS NOT NULL AND " + catalogCalled("SPECIFIC_SCHEMA", "SPECIFIC_NAME")},
}

// digestSelf asks for what is the server's or the account's as a whole: the database, the
// version in two forms, and the rest in one text.
const digestSelf = "SELECT DATABASE(), VERSION(), @@version_comment, CONCAT_WS('/', @@event_scheduler, CURRENT_USER(), IFNULL(CURRENT_ROLE(), ''), @@auto_increment_increment)"

// digestQuery adds up, for each of the tables, hashes of the rows of a database, given as an
// expression; of all where that is empty. In a row each value is in quotes, so that no two
// rows are one text.
func digestQuery(tables []digestTable, schema string) string {
	var b strings.Builder
	b.WriteString("SELECT CONCAT_WS('/'")
	for _, t := range tables {
		columns, where := t.columns, t.where
		if t.schema != "" {
			columns += ", " + t.schema
			if where != "" {
				where += " AND "
			}
			where += catalogIn(t.schema, schema)
		}
		b.WriteString(",\n(SELECT CONCAT(COUNT(*), ':', IFNULL(SUM(CRC32(x.r)), 0), ':', IFNULL(SUM(CAST(CONV(LEFT(SHA2(x.r, 256), 15), 16, 10) AS UNSIGNED)), 0))" +
			" FROM (SELECT DISTINCT CONCAT(QUOTE(" + strings.Join(strings.Split(columns, ", "), "), QUOTE(") + ")) AS r FROM information_schema." + t.table + " WHERE " + where + ") AS x)")
	}
	b.WriteString(")")
	return b.String()
}

// The queries for the session's own database, for all of them, and for what counts of all
// in any case.
var (
	digestOwn   = digestQuery(digestTables, "DATABASE()")
	digestAll   = digestQuery(digestTables, "")
	digestApart = digestQuery(digestBeside, "")
)

// SchemaDigest implements [dialect.Dialect]. It changes with everything that
// [mysqlDialect.LoadCatalog] reads: of the session's database and those with foreign keys
// to it, the events of all, the routines, and the rights of the account.
func (mysqlDialect) SchemaDigest(ctx context.Context, db dialect.Queryer) (string, error) {
	parts, err := digestParts(ctx, db)
	if err != nil {
		return "", fmt.Errorf("cacheops: ask MySQL whether its schema changed: %w", err)
	}
	return strings.Join(parts, "/"), nil
}

// digestParts asks for the parts of the digest.
func digestParts(ctx context.Context, db dialect.Queryer) ([]string, error) {
	rows, err := rowsOf(ctx, db, digestSelf, 4)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, errors.New("not one row came back")
	}
	database, version, comment := rows[0][0], rows[0][1].text, rows[0][2].text
	parts := []string{version, rows[0][3].text}
	queries := []string{digestApart, digestAll}
	if !database.null && database.text != "" {
		session := &sessionState{database: database}
		session.mariaDB, _ = sessionVersion(version, comment)
		schemas, err := catalogScope(ctx, db, session)
		if err != nil {
			return nil, err
		}
		queries[1] = digestOwn
		for _, schema := range schemas[1:] {
			parts = append(parts, catalogText(schema))
			queries = append(queries, digestQuery(digestTables, catalogText(schema)))
		}
	}
	for _, query := range queries {
		rows, err := rowsOf(ctx, db, query, 1)
		if err != nil {
			return nil, err
		}
		if len(rows) != 1 || rows[0][0].text == "" {
			return nil, errors.New("not one text came back")
		}
		parts = append(parts, rows[0][0].text)
	}
	rights, err := grantsRead(ctx, db)
	if err != nil {
		return nil, err
	}
	slices.Sort(rights) // servers list them in no order
	sum := sha256.Sum256([]byte(strings.Join(rights, "\n")))
	return append(parts, hex.EncodeToString(sum[:])), nil
}
