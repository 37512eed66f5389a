package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// catalogAttempts bounds how often a schema that changes while it is read is
// read again.
const catalogAttempts = 5

// SchemaVersion returns the schema cookie of the main database. Only main
// counts: a temporary schema belongs to one connection, and one with temporary
// objects or attached databases is neither served nor trusted (CheckSession).
//
// Inside a transaction that has changed the schema the cookie is that of the
// changed schema, and after a rollback another schema may get the same one: a
// catalog to be kept must be read outside.
func (sqliteDialect) SchemaVersion(ctx context.Context, db dialect.Queryer) (string, error) {
	rows, err := db.Query(ctx, "PRAGMA main.schema_version")
	if err != nil {
		return "", fmt.Errorf("cacheops: read SQLite's schema version: %w", err)
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return "", errors.New("cacheops: PRAGMA schema_version returned no value; is the connection a SQLite database?")
	}
	return strconv.FormatInt(catalogInt(rows[0][0]), 10), nil
}

// LoadCatalog reads the schemas of the main database, the temporary one and
// all attached ones, in a handful of queries for each. An unqualified name is
// looked up in main first, although SQLite puts temp first: a catalog serves
// all connections of a database, and those that see a temporary table are
// tainted, so that for the others main is the truth.
func (d sqliteDialect) LoadCatalog(ctx context.Context, db dialect.Queryer) (*dialect.Catalog, error) {
	for range catalogAttempts {
		before, err := d.SchemaVersion(ctx, db)
		if err != nil {
			return nil, err
		}
		catalog, loadErr := catalogLoad(ctx, db, before)
		after, err := d.SchemaVersion(ctx, db)
		if err != nil {
			return nil, errors.Join(loadErr, err)
		}
		if before == after {
			return catalog, loadErr
		}
	}
	return nil, fmt.Errorf("cacheops: the SQLite schema changed during each of %d attempts to read it; finish the migration first", catalogAttempts)
}

// catalogLoad reads everything once.
func catalogLoad(ctx context.Context, db dialect.Queryer, version string) (*dialect.Catalog, error) {
	rows, err := catalogQuery(ctx, db, "SELECT sqlite_version()", 1)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, errors.New("cacheops: sqlite_version() returned no value; is the connection a SQLite database?")
	}
	server := catalogText(rows[0][0])

	rows, err = catalogQuery(ctx, db, "PRAGMA database_list", 3)
	if err != nil {
		return nil, err
	}
	search := []string{"main"}
	for _, row := range rows {
		if name := catalogText(row[1]); nameFold(name) != "main" && nameFold(name) != "temp" {
			search = append(search, name)
		}
	}
	search = append(search, "temp") // listed by SQLite only once it is in use

	var tables []*dialect.Table
	var temporary []catalogTrigger
	for _, name := range search {
		s := &catalogSchema{name: name, old: catalogOld(server)}
		if err := s.load(ctx, db); err != nil {
			return nil, fmt.Errorf("cacheops: read the SQLite schema %q: %w", name, err)
		}
		tables = append(tables, s.tables...)
		if name == "temp" {
			temporary = s.triggers
		}
	}
	// A temporary trigger may be on a table of any schema; where its text does
	// not say which, it is taken to be on each of that name.
	for _, tr := range temporary {
		for _, t := range tables {
			if nameFold(t.Schema) != "temp" && nameFold(t.Name) == nameFold(tr.table) {
				t.Triggers = append(t.Triggers, tr.parsed...)
			}
		}
	}
	return dialect.NewCatalog(version, server, nameFold, search, tables), nil
}

// catalogSchema reads one schema.
type catalogSchema struct {
	name     string
	old      bool // no RETURNING
	tables   []*dialect.Table
	views    []*dialect.Table
	byName   map[string]*dialect.Table
	facts    map[string]*catalogFacts
	triggers []catalogTrigger
}

// catalogTrigger is a trigger with the name of the table it is on. A trigger
// whose text was not understood stands for every event.
type catalogTrigger struct {
	table  string
	parsed []dialect.Trigger
}

func (s *catalogSchema) load(ctx context.Context, db dialect.Queryer) error {
	for _, step := range []func(context.Context, dialect.Queryer) error{
		s.loadObjects, s.loadColumns, s.loadUnique, s.loadForeignKeys, s.loadViewColumns,
	} {
		if err := step(ctx, db); err != nil {
			return err
		}
	}
	return nil
}

// loadObjects reads the list of tables, views and triggers with their texts.
func (s *catalogSchema) loadObjects(ctx context.Context, db dialect.Queryer) error {
	rows, err := catalogQuery(ctx, db,
		"SELECT type, name, tbl_name, sql, rootpage FROM "+nameQuote(s.name)+".sqlite_master ORDER BY rowid", 5)
	if err != nil {
		return err
	}
	s.byName, s.facts = make(map[string]*dialect.Table), make(map[string]*catalogFacts)
	var modules []catalogModule
	for _, row := range rows {
		kind, name, text := catalogText(row[0]), catalogText(row[1]), catalogText(row[3])
		switch kind {
		case "table":
			t := s.add(name, dialect.TablePlain)
			switch {
			case strings.HasPrefix(nameFold(name), "sqlite_"):
				t.Kind, t.NoImages = dialect.TableSystem, "a table of SQLite's own"
			case catalogInt(row[4]) == 0: // no page in the file: a module has the rows
				t.Kind, t.NoImages = dialect.TableVirtual, "a virtual table"
				modules = append(modules, catalogModuleOf(name, text))
			default:
				f := catalogReadTable(text)
				s.facts[nameFold(name)] = f
				switch {
				case f.problem != "":
					t.NoImages = f.problem
				case s.old:
					t.NoImages = "SQLite before 3.35 knows no RETURNING"
				}
				if f.foreign != "" {
					// Its rows are not a function of what is stored.
					t.Kind, t.NoImages = dialect.TableVirtual, f.foreign
				}
			}
		case "view":
			t := s.add(name, dialect.TableView)
			t.NoImages = "a view"
			s.views = append(s.views, t)
			if s.name == "main" {
				// Names in a view of another schema belong to that schema
				// first, those of a statement to main: it is not expanded.
				t.View = catalogReadView(text)
			}
		}
	}
	for _, t := range s.tables {
		for _, m := range modules {
			if t.Kind == dialect.TablePlain && m.owns(t.Name) {
				t.Kind, t.NoImages = dialect.TableVirtual, "a table in which the virtual table "+m.table+" keeps its rows"
			}
		}
		if s.name == "temp" && t.Kind != dialect.TableSystem {
			t.Kind, t.NoImages = dialect.TableTemp, "a temporary table"
		}
	}
	for _, row := range rows {
		if catalogText(row[0]) != "trigger" {
			continue
		}
		tr := catalogTrigger{table: catalogText(row[2]), parsed: catalogReadTrigger(catalogText(row[1]), catalogText(row[3]), s.name == "main")}
		s.triggers = append(s.triggers, tr)
		if t := s.byName[nameFold(tr.table)]; t != nil {
			t.Triggers = append(t.Triggers, tr.parsed...)
		}
	}
	// The schema's own tables are not listed in themselves.
	own := []string{"sqlite_schema", "sqlite_master"}
	if s.name == "temp" {
		own = append(own, "sqlite_temp_schema", "sqlite_temp_master")
	}
	for _, name := range own {
		t := s.add(name, dialect.TableSystem)
		t.NoImages = "a table of SQLite's own"
	}
	return nil
}

// add makes a table and lists it.
func (s *catalogSchema) add(name string, kind dialect.TableKind) *dialect.Table {
	t := &dialect.Table{
		Schema: s.name, Name: name, Kind: kind,
		Key: catalogKey(s.name, name),
		SQL: nameQuote(s.name) + "." + nameQuote(name),
	}
	s.tables = append(s.tables, t)
	s.byName[nameFold(name)] = t
	return t
}

// loadColumns reads the columns of the tables that have a page in the file.
// Virtual tables are left out: asking for the columns of one whose module is
// not there is an error.
func (s *catalogSchema) loadColumns(ctx context.Context, db dialect.Queryer) error {
	rows, err := catalogQuery(ctx, db, `SELECT m.name, x.name, x.type, x."notnull", x.dflt_value IS NOT NULL, x.pk, x.hidden`+
		s.stored("pragma_table_xinfo(m.name, %s) AS x")+" ORDER BY m.name, x.cid", 7)
	if err != nil {
		return err
	}
	for _, row := range rows {
		t := s.byName[nameFold(catalogText(row[0]))]
		if t == nil {
			continue // made meanwhile: the schema's version tells
		}
		c := &dialect.Column{
			Name: catalogText(row[1]), Type: catalogText(row[2]),
			NotNull: catalogInt(row[3]) != 0, HasDefault: catalogInt(row[4]) != 0,
			Generated: catalogInt(row[6]) >= 2, // 2 virtual, 3 stored
		}
		c.Folded, c.SQL = nameFold(c.Name), nameQuote(c.Name)
		t.Columns = append(t.Columns, c)
		f := s.facts[nameFold(t.Name)]
		if f == nil {
			continue
		}
		if n := int(catalogInt(row[5])); n > 0 {
			f.key = append(f.key, len(t.Columns)-1)
			f.rank = append(f.rank, n)
		}
		if collation, ok := f.collations[c.Folded]; ok {
			c.Collation = collation
			c.Comparison = valueComparison(valueAffinityOf(c.Type, f.strict), collation)
		}
	}
	for _, t := range s.tables {
		f := s.facts[nameFold(t.Name)]
		if f == nil {
			continue
		}
		if len(t.Columns) == 0 && t.NoImages == "" {
			t.NoImages = "its columns could not be read"
		}
		if f.parsed && !f.withoutRowID {
			for _, name := range []string{"rowid", "_rowid_", "oid"} {
				if c, _ := t.Column(nameFold, name); c == nil {
					t.RowID = nameQuote(name)
					break
				}
			}
		}
	}
	return nil
}

// loadUnique reads the unique indexes. One counts when it is neither partial
// nor over an expression and compares as its columns do.
func (s *catalogSchema) loadUnique(ctx context.Context, db dialect.Queryer) error {
	rows, err := catalogQuery(ctx, db, "SELECT m.name, l.seq, l.origin, l.partial, i.cid, i.coll"+
		s.stored("pragma_index_list(m.name, %s) AS l", "pragma_index_xinfo(l.name, %s) AS i")+
		` AND l."unique" AND i.key ORDER BY m.name, l.seq, i.seqno`, 6)
	if err != nil {
		return err
	}
	hasKey := make(map[string]bool)
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && catalogText(rows[end][0]) == catalogText(rows[start][0]) && catalogInt(rows[end][1]) == catalogInt(rows[start][1]) {
			end++
		}
		index := rows[start:end]
		start = end
		folded := nameFold(catalogText(index[0][0]))
		t, f := s.byName[folded], s.facts[folded]
		if t == nil || f == nil {
			continue
		}
		primary := catalogText(index[0][2]) == "pk"
		hasKey[folded] = hasKey[folded] || primary
		set := make([]int, 0, len(index))
		other, named := catalogInt(index[0][3]) != 0, true
		for _, row := range index {
			cid := int(catalogInt(row[4]))
			if cid < 0 || cid >= len(t.Columns) {
				other, named = true, false
				continue
			}
			other = other || f.collations[t.Columns[cid].Folded] != nameFold(catalogText(row[5]))
			set = append(set, cid)
		}
		switch {
		case other:
			// A partial index is asked for by its condition, one of expressions by
			// those: columns' names do not mean it.
			t.OtherUnique = t.OtherUnique || named && catalogInt(index[0][3]) == 0
		case primary:
			t.Unique = append([][]int{set}, t.Unique...)
		default:
			t.Unique = append(t.Unique, set)
		}
	}
	for folded, f := range s.facts {
		s.byName[folded].Primary = f.primary()
		// A key of one column without an index is the rowid under another
		// name. It is never NULL, whatever its declaration says.
		t := s.byName[folded]
		if len(f.key) == 1 && !hasKey[folded] && !f.withoutRowID {
			t.Columns[f.key[0]].NotNull = true
			t.RowIDColumns = []*dialect.Column{t.Columns[f.key[0]]}
			t.Unique = append([][]int{{f.key[0]}}, t.Unique...)
		}
	}
	return nil
}

// loadForeignKeys reads the references of the tables.
func (s *catalogSchema) loadForeignKeys(ctx context.Context, db dialect.Queryer) error {
	rows, err := catalogQuery(ctx, db, `SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete`+
		s.stored("pragma_foreign_key_list(m.name, %s) AS f")+" ORDER BY m.name, f.id, f.seq", 7)
	if err != nil {
		return err
	}
	var table string
	var id int64
	for _, row := range rows {
		t := s.byName[nameFold(catalogText(row[0]))]
		if t == nil {
			continue
		}
		if n := catalogInt(row[1]); len(t.ForeignKeys) == 0 || t.Name != table || n != id {
			table, id = t.Name, n
			t.ForeignKeys = append(t.ForeignKeys, dialect.ForeignKey{
				Parent:   dialect.Name{Schema: s.name, Name: catalogText(row[2])},
				OnUpdate: catalogAction(catalogText(row[5])), OnDelete: catalogAction(catalogText(row[6])),
			})
		}
		fk := &t.ForeignKeys[len(t.ForeignKeys)-1]
		if _, i := t.Column(nameFold, catalogText(row[3])); i >= 0 {
			fk.Columns = append(fk.Columns, i)
		}
		if row[4] != nil {
			fk.ParentColumns = append(fk.ParentColumns, catalogText(row[4]))
		}
	}
	return nil
}

// loadViewColumns asks SQLite for the names of the views' columns, which it
// works out from their queries. A view that has become invalid spoils the
// question for all, so that each is asked alone then.
func (s *catalogSchema) loadViewColumns(ctx context.Context, db dialect.Queryer) error {
	question := "SELECT m.name, x.name" + s.each("view", "pragma_table_xinfo(m.name, %s) AS x") + " %s ORDER BY m.name, x.cid"
	rows, err := catalogQuery(ctx, db, strings.Replace(question, "%s", "", 1), 2)
	if err != nil {
		rows = nil
		for _, t := range s.views {
			if err := ctx.Err(); err != nil {
				return err
			}
			more, err := catalogQuery(ctx, db, strings.Replace(question, "%s", "AND m.name = "+nameText(t.Name), 1), 2)
			if err != nil {
				t.View = nil
				continue
			}
			rows = append(rows, more...)
		}
	}
	for _, row := range rows {
		if t := s.byName[nameFold(catalogText(row[0]))]; t != nil {
			t.ViewColumns = append(t.ViewColumns, catalogText(row[1]))
		}
	}
	return nil
}

// stored is the FROM and WHERE clause that runs pragmas for each table whose
// rows are in the file. Each %s in them becomes the schema's name.
func (s *catalogSchema) stored(pragmas ...string) string {
	return s.each("table", pragmas...) + " AND m.rootpage > 0"
}

func (s *catalogSchema) each(kind string, pragmas ...string) string {
	var from strings.Builder
	from.WriteString(" FROM " + nameQuote(s.name) + ".sqlite_master AS m")
	for _, p := range pragmas {
		from.WriteString(" CROSS JOIN " + strings.Replace(p, "%s", nameText(s.name), 1))
	}
	return from.String() + " WHERE m.type = " + nameText(kind)
}
