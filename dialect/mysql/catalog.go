package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// LoadCatalog implements [dialect.Dialect]. It reads the schema of the session's database,
// and of those with foreign keys to it; of every one that the account sees where the
// session has none. Names are compared without regard to case, whatever
// lower_case_table_names says: two tables whose names differ in nothing else are not
// told apart, and neither is cached.
//
// The queries are not of one moment. A change between them is one after the digest that
// was read before, so that the next look at the schema finds it.
func (mysqlDialect) LoadCatalog(ctx context.Context, db dialect.Queryer) (*dialect.Catalog, error) {
	fail := func(err error) (*dialect.Catalog, error) {
		return nil, fmt.Errorf("cacheops: read the schema of MySQL: %w", err)
	}
	session, err := sessionRead(ctx, db)
	if err != nil {
		return fail(err)
	}
	if session.old() {
		return fail(fmt.Errorf("the server's version %s is older than MySQL 8.0 and MariaDB 10.5", session.variables["version"]))
	}
	if session.limited() {
		return fail(errors.New("sql_select_limit is set, so that rows of it may be left out"))
	}
	rows, err := catalogRead(ctx, db, session)
	if err != nil {
		return fail(err)
	}
	return catalogMake(session, rows), nil
}

// catalogMake makes a catalog of what was read.
func catalogMake(session *sessionState, rows *catalogRows) *dialect.Catalog {
	b := &catalogBuilder{
		session: session, rows: rows, tables: make(map[string]*catalogTable, len(rows.tables)), hidden: make(map[string]bool),
		routines: make(map[string]dialect.Routine),
	}
	// Each step uses what those before it have found.
	b.relations()
	b.columns()
	b.unique()
	b.foreignKeys()
	b.views()
	b.declared()
	b.triggers()
	b.unseen()
	b.events()

	var search []string
	if !session.database.null && session.database.text != "" {
		search = []string{session.database.text}
	}
	tables := make([]*dialect.Table, 0, len(b.list))
	for _, t := range b.list {
		tables = append(tables, t.Table)
	}
	catalog := dialect.NewCatalog("", session.variables["version"], nameFold, search, tables)
	catalog.Settings, catalog.Routines = session.settings(), b.routines
	for name := range b.hidden {
		catalog.SystemColumns = append(catalog.SystemColumns, name)
	}
	slices.Sort(catalog.SystemColumns)
	return catalog
}

// catalogBuilder makes a catalog of rows.
type catalogBuilder struct {
	session *sessionState
	rows    *catalogRows
	tables  map[string]*catalogTable // by catalogAt
	list    []*catalogTable
	// hidden are the folded names of columns that are not in SELECT *.
	hidden   map[string]bool
	routines map[string]dialect.Routine
	// procedures are by catalogAt, functions by their folded names.
	procedures map[string]*routineStored
	functions  map[string][]*routineStored
}

// catalogTable is a table on its way into the catalog.
type catalogTable struct {
	*dialect.Table
	row *catalogTableRow
	// inno is true for a table of InnoDB.
	inno bool
	// end is the place, counted from 1, of the column that says until when a version of
	// a row was there; 0 where there is none.
	end int
	// virtual are the columns that are computed when they are read.
	virtual []catalogVirtual
	// kinds are columns that these may be computed of.
	kinds catalogKinds
	// twin is true for one of two whose names differ in the case of letters alone.
	twin bool
	// called is true for a view once it was found out whether what it calls may write:
	// see viewCallsWriter.
	called, callsWriter bool
}

// catalogAt is a table's place in catalogBuilder.tables.
func catalogAt(schema, name string) string { return nameFold(schema) + "\x00" + nameFold(name) }

// relations makes the tables.
func (b *catalogBuilder) relations() {
	add := func(schema, name string, view bool) (t *catalogTable, twin bool) {
		t = &catalogTable{Table: &dialect.Table{
			Schema: schema, Name: name, Key: catalogKey(schema, name), SQL: nameQuote(schema) + "." + nameQuote(name), Generates: -1,
		}}
		at := catalogAt(schema, name)
		if twin := b.tables[at]; twin != nil {
			const why = "its name differs from another table's in the case of letters alone"
			kind := dialect.TableVirtual
			if view || twin.Kind == dialect.TableView {
				kind = dialect.TableView // of which nothing is known: it may call anything
			}
			t.Kind, t.NoImages, t.twin = kind, why, true
			twin.Kind, twin.NoImages, twin.NoRollback, twin.twin = kind, why, false, true
			b.list = append(b.list, t)
			return t, true
		}
		b.tables[at] = t
		b.list = append(b.list, t)
		return t, false
	}
	for i := range b.rows.tables {
		row := &b.rows.tables[i]
		t, twin := add(row.schema, row.name, row.view())
		if t.row = row; !twin {
			t.settle()
		}
		if own := b.session.database; !own.null && own.text != "" && nameFold(row.schema) != nameFold(own.text) {
			t.uncached("a table of another database than the session's") // the digest does not tell of it
		}
	}
	for _, row := range b.rows.others {
		if b.reads(row.schema) {
			continue
		}
		if t, twin := add(row.schema, row.name, true); !twin {
			t.Kind, t.NoImages, t.Uncached = dialect.TableView, "a view", "a view of another database than the session's"
		}
	}
	for _, n := range b.rows.system {
		if t, twin := add(n.Schema, n.Name, false); !twin {
			t.Kind, t.NoImages = dialect.TableSystem, "a table of the server's own"
		}
	}
}

// settle tells the kind of a table, why there are no images of it, and why reads of it
// are not cached.
func (t *catalogTable) settle() {
	engine := strings.ToLower(t.row.engine)
	if t.row.view() {
		t.Kind, t.NoImages = dialect.TableView, "a view"
		return
	}
	switch strings.ToUpper(t.row.kind) {
	case "SEQUENCE":
		t.Kind, t.NoImages = dialect.TableVirtual, "a sequence"
		return
	case "BASE TABLE", "SYSTEM VERSIONED":
	case "TEMPORARY", "LOCAL TEMPORARY", "TEMPORARY SEQUENCE":
		t.Kind, t.NoImages = dialect.TableTemp, "a temporary table"
		return
	default:
		t.Kind, t.NoImages = dialect.TableVirtual, "of a kind that is not known: "+t.row.kind
		return
	}
	why := "a table of the engine " + t.row.engine
	switch engine {
	case "innodb":
		t.inno = true
		if strings.Contains(strings.ToLower(t.row.options), "secondary_engine") {
			t.Uncached = "a table of a secondary engine, which may be behind"
		}
	case "rocksdb":
		// It locks and reads otherwise.
		t.NoImages = why
	case "myisam", "aria", "archive", "blackhole":
		t.NoImages, t.NoRollback = why+", which has no transactions", true
	case "memory", "heap":
		t.NoImages, t.NoRollback = why+", which has no transactions", true
		t.Uncached = why + ", which is empty when the server starts"
	case "csv":
		t.NoImages, t.NoRollback = why+", which has no transactions", true
		t.Uncached = why + ", whose file may be written by others"
	default:
		// Its rows may be those of other tables, or of another server.
		t.Kind, t.NoImages = dialect.TableVirtual, why
		if engine == "" {
			t.NoImages = "a table that cannot be opened"
		}
	}
}

// view tells whether it is one.
func (r *catalogTableRow) view() bool {
	return strings.EqualFold(r.kind, "VIEW") || strings.EqualFold(r.kind, "SYSTEM VIEW")
}

// uncached sets why reads of the table are not cached; the first reason wins.
func (t *catalogTable) uncached(why string) {
	if t.Uncached == "" {
		t.Uncached = why
	}
}

// noImages sets why there are no images of the table; the first reason wins.
func (t *catalogTable) noImages(why string) {
	if t.NoImages == "" {
		t.NoImages = why
	}
}

// versioned tells whether a table keeps the rows that it had.
func (t *catalogTable) versioned() bool { return strings.EqualFold(t.row.kind, "SYSTEM VERSIONED") }

// columns gives the tables their columns. Those that SELECT * leaves out are left out
// here as well: a read that names one is not cached.
func (b *catalogBuilder) columns() {
	zone := b.zone()
	for i := range b.rows.columns {
		row := &b.rows.columns[i]
		t := b.tables[catalogAt(row.schema, row.table)]
		if t == nil || t.row == nil || t.row.name != row.table || t.row.schema != row.schema {
			continue // a table that came meanwhile, or one of two
		}
		if t.Kind == dialect.TableView {
			t.ViewColumns = append(t.ViewColumns, row.name)
		}
		t.kinds.column(row)
		if strings.Contains(row.extra, "invisible") {
			if row.virtual() {
				t.virtual = append(t.virtual, catalogVirtual{name: nameFold(row.name), expression: row.expression})
			}
			b.hidden[nameFold(row.name)] = true
			continue
		}
		c := b.column(t, row, zone)
		if twin, _ := t.Column(nameFold, row.name); twin != nil {
			const why = "the names of two columns differ in the case of letters alone"
			t.uncached(why)
			t.noImages(why)
		}
		t.Columns = append(t.Columns, c)
		if strings.EqualFold(row.expression, "ROW END") {
			t.end = len(t.Columns)
		}
	}
	for _, t := range b.list {
		t.comparedAlike()
		if t.row != nil && t.versioned() {
			// They are there unless the table has named its own.
			b.hidden["row_start"], b.hidden["row_end"] = true, true
		}
	}
}

// column makes a column of its row.
func (b *catalogBuilder) column(t *catalogTable, row *catalogColumnRow, zone string) *dialect.Column {
	generated := row.generated()
	numbered := strings.Contains(row.extra, "auto_increment")
	c := &dialect.Column{
		Name: row.name, Folded: nameFold(row.name), SQL: nameQuote(row.name), Type: row.columnType, NotNull: !row.nullable, Collation: row.collation,
		// One that the server sets when others change is as good as computed.
		Generated:  generated || strings.Contains(row.extra, "on update"),
		HasDefault: !generated && (numbered || !row.fallback.null && !strings.EqualFold(row.fallback.text, "NULL")),
	}
	switch strings.ToLower(row.dataType) {
	case "time":
		c.TimeOfDay = true
	case "date", "datetime", "timestamp":
		// IS NULL finds 0000-00-00 where the column is NOT NULL.
		c.Composite = c.NotNull
	}
	if t.Kind != dialect.TablePlain {
		return c
	}
	c.Comparison = valueComparison(valueType{
		DataType: row.dataType, ColumnType: row.columnType, Charset: row.charset, Collation: row.collation, Pad: b.rows.pads[strings.ToLower(row.collation)],
		Precision: catalogNumber(row.precision), Scale: catalogNumber(row.scale), MariaDB: b.session.mariaDB, Zone: zone,
	})
	if numbered && t.inno {
		if step, err := strconv.ParseInt(b.session.variables["auto_increment_increment"], 10, 64); err == nil && step > 0 {
			t.Step, t.Generates = step, len(t.Columns)
		}
	}
	if row.virtual() {
		// It is computed when it is read.
		if !catalogPure(row.expression) {
			const why = "a generated column is not known to be a function of the row"
			t.uncached(why)
			t.noImages(why)
		}
		t.virtual = append(t.virtual, catalogVirtual{nameFold(row.name), c, row.expression})
	}
	privileges := "," + strings.ToLower(strings.ReplaceAll(row.privileges, " ", "")) + ","
	switch {
	case !strings.Contains(privileges, ",select,"):
		t.noImages("the account may not read all of it")
	case !strings.Contains(privileges, ",update,"):
		t.noImages("the account may not change its rows, and so not lock them")
	}
	return c
}

// zone is the session's time zone where its clock is never put forward or back, as an
// offset; empty where it may be.
func (b *catalogBuilder) zone() string {
	const utc = "+00:00"
	zone := b.session.variables["time_zone"]
	switch {
	case strings.EqualFold(zone, "SYSTEM") && b.session.variables["system_time_zone"] == "UTC", strings.EqualFold(zone, "UTC"):
		return utc
	case strings.HasPrefix(zone, "+"), strings.HasPrefix(zone, "-"):
		return zone
	}
	return ""
}

// catalogNumber reads a number; -1 for NULL.
func catalogNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// catalogPure tells whether an expression of the schema is a pure function of a row.
func catalogPure(text string) bool {
	st := Parse("SELECT " + text)
	if st.Kind != dialect.KindSelect || st.Query == nil {
		// MySQL shows its own texts with a backslash before each quote.
		st = Parse("SELECT " + strings.ReplaceAll(text, `\'`, `'`))
	}
	return st.Kind == dialect.KindSelect && st.Query != nil && st.Incomplete == "" && st.Volatile == "" && st.Foreign == "" && len(st.Reads) == 0
}

// catalogKey names a table in stamps, such as shop.posts. A name with other characters
// than letters, digits, _ and bytes past ASCII is quoted, so that no two tables share a
// key.
func catalogKey(schema, name string) string {
	part := func(s string) string {
		s = nameFold(s)
		for i := range len(s) {
			if c := s[i]; c != '_' && (c < '0' || '9' < c) && (c < 'a' || 'z' < c) && c < 0x80 {
				return nameQuote(s)
			}
		}
		return s
	}
	return part(schema) + "." + part(name)
}
