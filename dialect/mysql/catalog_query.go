package mysql

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// catalogSystem are the databases of the server's own.
var catalogSystem = []string{"information_schema", "mysql", "ndbinfo", "performance_schema", "sys"}

// catalogIs is the condition that a column names a database of the server's own.
func catalogIs(column string) string {
	return column + " IN ('" + strings.Join(catalogSystem, "', '") + "')"
}

// catalogOwn is the condition that it does not.
func catalogOwn(column string) string { return "NOT " + catalogIs(column) }

// catalogIn is the condition that a column names a database, in quotes, and that it names
// one that is not the server's own where that is empty. Servers open the tables of one
// database alone for an equality, and of all of them for anything else.
func catalogIn(column, schema string) string {
	if schema == "" {
		return catalogOwn(column)
	}
	return column + " = " + schema
}

// catalogCalled is the condition on routines that a name in a statement may mean and of
// which something has to be known: those with a name that one of the session's own database
// has, and all where there is none. What is not known may do anything, so routines of other
// databases whose names are not here need not be read, nor watched.
func catalogCalled(schema, name string) string {
	return catalogOwn(schema) + " AND (DATABASE() IS NULL OR " + name + " IN (SELECT o.ROUTINE_NAME FROM information_schema.ROUTINES AS o WHERE o.ROUTINE_SCHEMA = DATABASE()))"
}

// catalogSection is one of the queries that read the schema. Values are taken by their
// places, for servers write the names of columns in either case.
type catalogSection struct {
	name  string
	width int
	// query is one for a database; column is what stands for %s: the condition on it.
	query, column string
	// into takes one row.
	into func(r *catalogRows, row []rowValue)
}

// catalogRows are the rows of the sections.
type catalogRows struct {
	schemas  []string // those that were read; nil for all
	tables   []catalogTableRow
	system   []dialect.Name
	columns  []catalogColumnRow
	indexes  []catalogIndexRow
	keys     []catalogKeyRow
	actions  map[string]catalogActions
	views    []catalogViewRow
	others   []catalogViewRow // of databases whose schema is not read
	triggers []catalogTriggerRow
	routines []catalogRoutineRow
	params   []catalogParamRow
	events   []catalogEventRow
	grants   []string
	pads     map[string]string
}

// catalogTableRow is a table, a view, or something like one.
type catalogTableRow struct{ schema, name, kind, engine, options string }

// catalogColumnRow is a column. Precision and Scale are numbers or empty.
type catalogColumnRow struct {
	schema, table, name  string
	fallback             rowValue // COLUMN_DEFAULT
	nullable             bool
	dataType, columnType string
	charset, collation   string
	precision, scale     string
	extra, expression    string
	privileges           string
}

// generated tells whether it is computed of other columns.
func (r *catalogColumnRow) generated() bool {
	return strings.Contains(r.extra, "virtual generated") || strings.Contains(r.extra, "stored generated") || strings.Contains(r.extra, "persistent")
}

// virtual tells whether that is done when it is read.
func (r *catalogColumnRow) virtual() bool {
	return r.generated() && !strings.Contains(r.extra, "stored") && !strings.Contains(r.extra, "persistent")
}

// catalogIndexRow is a part of a unique index. Column is NULL for an expression.
type catalogIndexRow struct {
	schema, table, index string
	column               rowValue
	prefix               bool
}

// catalogKeyRow is one pair of columns of a foreign key.
type catalogKeyRow struct {
	id, schema, table, column string
	parentSchema, parent      string
	parentColumn              string
}

// catalogActions are what a foreign key does.
type catalogActions struct{ onDelete, onUpdate string }

// catalogViewRow is a view.
type catalogViewRow struct{ schema, name, definition string }

// catalogTriggerRow is a trigger.
type catalogTriggerRow struct{ schema, name, event, table, timing, body, mode string }

// catalogRoutineRow is a stored function or procedure, or a package.
type catalogRoutineRow struct {
	schema, name, kind string
	body               rowValue
	language, mode     string
}

// catalogParamRow is a parameter of a routine.
type catalogParamRow struct{ schema, name, kind, param string }

// catalogEventRow is what the server runs by itself.
type catalogEventRow struct {
	schema, name, body, status, mode string
	ends                             bool // it runs once, or until some time
}

// catalogKeyID names a foreign key. Servers do not agree on whether one name may be that
// of two keys in a database.
func catalogKeyID(schema, table, name string) string {
	return nameFold(schema) + "\x00" + nameFold(table) + "\x00" + nameFold(name)
}

// catalogSections are the queries. None of them asks for what the server would have to
// count, and none joins what the server makes up when it is asked.
var catalogSections = []catalogSection{
	{"tables", 5, `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_OPTIONS
		FROM information_schema.TABLES WHERE %s ORDER BY TABLE_SCHEMA, TABLE_NAME`, "TABLE_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.tables = append(r.tables, catalogTableRow{row[0].text, row[1].text, row[2].text, row[3].text, row[4].text})
		}},
	{"columns", 15, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME,
			DATETIME_PRECISION, NUMERIC_SCALE, EXTRA, GENERATION_EXPRESSION, PRIVILEGES, ORDINAL_POSITION
		FROM information_schema.COLUMNS WHERE %s ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`, "TABLE_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.columns = append(r.columns, catalogColumnRow{
				schema: row[0].text, table: row[1].text, name: row[2].text, fallback: row[3], nullable: !strings.EqualFold(row[4].text, "NO"),
				dataType: row[5].text, columnType: row[6].text, charset: row[7].text, collation: row[8].text,
				precision: row[9].text, scale: row[10].text, extra: strings.ToLower(row[11].text), expression: row[12].text, privileges: row[13].text,
			})
		}},
	{"unique indexes", 6, `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, SEQ_IN_INDEX
		FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND %s ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`, "TABLE_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.indexes = append(r.indexes, catalogIndexRow{schema: row[0].text, table: row[1].text, index: row[2].text, column: row[3], prefix: !row[4].null})
		}},
	{"foreign keys", 8, `SELECT CONSTRAINT_SCHEMA, TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
		FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND %s
		ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_SCHEMA, CONSTRAINT_NAME, ORDINAL_POSITION`, "TABLE_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.keys = append(r.keys, catalogKeyRow{
				id: catalogKeyID(row[0].text, row[2].text, row[3].text), schema: row[1].text, table: row[2].text, column: row[4].text,
				parentSchema: row[5].text, parent: row[6].text, parentColumn: row[7].text,
			})
		}},
	{"actions of foreign keys", 5, `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE
		FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE %s`, "CONSTRAINT_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.actions[catalogKeyID(row[0].text, row[1].text, row[2].text)] = catalogActions{onDelete: row[3].text, onUpdate: row[4].text}
		}},
	{"views", 3, `SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE %s`, "TABLE_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.views = append(r.views, catalogViewRow{row[0].text, row[1].text, row[2].text})
		}},
	{"triggers", 7, `SELECT EVENT_OBJECT_SCHEMA, TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_TIMING, ACTION_STATEMENT, SQL_MODE
		FROM information_schema.TRIGGERS WHERE %s ORDER BY EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME`, "EVENT_OBJECT_SCHEMA",
		func(r *catalogRows, row []rowValue) {
			r.triggers = append(r.triggers, catalogTriggerRow{row[0].text, row[1].text, row[2].text, row[3].text, row[4].text, row[5].text, row[6].text})
		}},
}

// catalogBeside are the queries whose answer is not a database's: the events, which write
// wherever they like, the routines, whose names statements have without a database, and the
// server's own tables. Each of them takes the server a look at one table.
var catalogBeside = []catalogSection{
	{"events", 7, `SELECT EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION, STATUS, SQL_MODE, EVENT_TYPE, ENDS
		FROM information_schema.EVENTS WHERE ` + catalogOwn("EVENT_SCHEMA") + ` ORDER BY EVENT_SCHEMA, EVENT_NAME`, "",
		func(r *catalogRows, row []rowValue) {
			r.events = append(r.events, catalogEventRow{
				schema: row[0].text, name: row[1].text, body: row[2].text, status: row[3].text, mode: row[4].text,
				ends: !strings.EqualFold(row[5].text, "RECURRING") || !row[6].null,
			})
		}},
	{"routines", 6, `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION, ROUTINE_BODY, SQL_MODE
		FROM information_schema.ROUTINES WHERE ` + catalogCalled("ROUTINE_SCHEMA", "ROUTINE_NAME") + ` ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE`, "",
		func(r *catalogRows, row []rowValue) {
			r.routines = append(r.routines, catalogRoutineRow{
				schema: row[0].text, name: row[1].text, kind: strings.ToLower(row[2].text), body: row[3], language: row[4].text, mode: row[5].text,
			})
		}},
	{"parameters", 4, `SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, PARAMETER_NAME
		FROM information_schema.PARAMETERS WHERE PARAMETER_NAME IS NOT NULL AND ` + catalogCalled("SPECIFIC_SCHEMA", "SPECIFIC_NAME"), "",
		func(r *catalogRows, row []rowValue) {
			r.params = append(r.params, catalogParamRow{schema: row[0].text, name: row[1].text, kind: strings.ToLower(row[2].text), param: row[3].text})
		}},
	{"system tables", 2, `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE ` + catalogIs("TABLE_SCHEMA") + ` ORDER BY TABLE_SCHEMA, TABLE_NAME`, "",
		func(r *catalogRows, row []rowValue) {
			r.system = append(r.system, dialect.Name{Schema: row[0].text, Name: row[1].text})
		}},
}

// catalogPads asks MySQL which collations ignore blanks at the end; in MariaDB their names
// tell.
const catalogPads = "SELECT COLLATION_NAME, PAD_ATTRIBUTE FROM information_schema.COLLATIONS"

// catalogRead asks for the schema of these databases, of all where there is none.
func catalogRead(ctx context.Context, db dialect.Queryer, session *sessionState) (*catalogRows, error) {
	r := &catalogRows{actions: make(map[string]catalogActions)}
	schemas := []string{""}
	if !session.database.null && session.database.text != "" {
		var err error
		if schemas, err = catalogScope(ctx, db, session); err != nil {
			return nil, fmt.Errorf("its foreign keys between databases: %w", err)
		}
		r.schemas = schemas
	}
	for _, schema := range schemas {
		if schema != "" {
			schema = catalogText(schema)
		}
		for i := range catalogSections {
			s := &catalogSections[i]
			if err := s.read(ctx, db, r, strings.Replace(s.query, "%s", catalogIn(s.column, schema), 1)); err != nil {
				return nil, err
			}
		}
	}
	for i := range catalogBeside {
		s := &catalogBeside[i]
		if err := s.read(ctx, db, r, s.query); err != nil {
			return nil, err
		}
	}
	if !session.mariaDB {
		pads, err := sessionMap(ctx, db, catalogPads)
		if err != nil {
			return nil, fmt.Errorf("its collations: %w", err)
		}
		r.pads = pads
	}
	grants, err := grantsRead(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("the privileges of the account: %w", err)
	}
	r.grants = grants
	others, err := catalogCallers(ctx, db, session, grants)
	if err != nil {
		return nil, fmt.Errorf("its functions: %w", err)
	}
	if others {
		if err := catalogOthers.read(ctx, db, r, catalogOthers.query); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// catalogOthers asks for the views of all databases. Those whose schema is read are among
// them; they are there already.
var catalogOthers = &catalogSection{
	"views of other databases", 3, `SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE ` + catalogOwn("TABLE_SCHEMA"), "",
	func(r *catalogRows, row []rowValue) {
		r.others = append(r.others, catalogViewRow{row[0].text, row[1].text, row[2].text})
	},
}

// catalogFunctions asks how many functions there are that a view may call.
const catalogFunctions = "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND "

// catalogCallers tells whether a view of another database than the session's may call a
// stored function, which may write a table of this one. Where there is none the views need
// not be read: the server would look at every table of every database for them. An account
// that may not see all functions does not see all databases as a rule, nor is it told of the
// views in these.
func catalogCallers(ctx context.Context, db dialect.Queryer, session *sessionState, lines []string) (bool, error) {
	if session.database.null || session.database.text == "" {
		return false, nil // all are read
	}
	if g := grantsParse(lines); !g.everything && !g.global["EXECUTE"] && !g.global[grantsAll] {
		return true, nil
	}
	rows, err := rowsOf(ctx, db, catalogFunctions+catalogOwn("ROUTINE_SCHEMA"), 1)
	if err != nil {
		return false, err
	}
	return len(rows) != 1 || rows[0][0].text != "0", nil
}

// read runs the query of a section.
func (s *catalogSection) read(ctx context.Context, db dialect.Queryer, r *catalogRows, query string) error {
	rows, err := rowsOf(ctx, db, query, s.width)
	if err != nil {
		return fmt.Errorf("its %s: %w", s.name, err)
	}
	for _, row := range rows {
		for _, v := range row {
			// Else two names could become one.
			if !utf8.ValidString(v.text) {
				return fmt.Errorf("the names in its %s are not in UTF-8", s.name)
			}
		}
		s.into(r, row)
	}
	return nil
}

// catalogText writes a text as a literal.
func catalogText(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
}
