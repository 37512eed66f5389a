package dialect

import (
	"iter"
	"slices"
)

// Catalog is a database's schema as read at one moment. It is never changed
// after it was made, so it may be shared.
type Catalog struct {
	// Version is the schema's version as the database tells it: the value of
	// [Dialect.SchemaVersion] when the catalog was read.
	Version string
	// Server is the database's own version, for people.
	Server string
	// Settings are what [Session.Settings] was on the connection that the catalog
	// was read over. They are part of the keys of entries.
	Settings string
	// Routines tells of functions and operators that do not come with the
	// database, by their folded names without a schema, an operator's behind
	// [OperatorPrefix]. Of several with one name it tells the worst.
	Routines map[string]Routine
	// SystemColumns are the folded names of columns that every table has besides its
	// own, and that change although no statement changes the row: the place where it
	// is stored, for example. A read that names one is not cached.
	SystemColumns []string

	tables map[string]*Table
	list   []*Table
	fold   func(string) string
}

// NewCatalog makes a catalog. Fold maps a name to the form in which the database
// compares names. Search lists the schemas in which an unqualified name is looked up;
// the first match wins. The caller may set the other fields before it hands the
// catalog on.
func NewCatalog(version, server string, fold func(string) string, search []string, tables []*Table) *Catalog {
	c := &Catalog{Version: version, Server: server, fold: fold, tables: make(map[string]*Table, 2*len(tables)), list: tables}
	for _, t := range tables {
		for n := range t.names() {
			c.tables[fold(n.Schema)+"\x00"+fold(n.Name)] = t
		}
	}
	for _, schema := range slices.Backward(search) {
		for _, t := range tables {
			for n := range t.names() {
				if fold(n.Schema) == fold(schema) {
					c.tables["\x00"+fold(n.Name)] = t
				}
			}
		}
	}
	return c
}

// names yields the table's name and its others.
func (t *Table) names() iter.Seq[Name] {
	return func(yield func(Name) bool) {
		if !yield(Name{Schema: t.Schema, Name: t.Name}) {
			return
		}
		for _, n := range t.Also {
			if !yield(n) {
				return
			}
		}
	}
}

// OperatorPrefix stands before an operator in [Catalog.Routines],
// [Statement.Functions] and [Statement.Foreigns].
const OperatorPrefix = "operator "

// TypePrefix stands before a type in [Catalog.Routines] and [Statement.Foreigns]:
// what a cast to a type that does not come with the database may do.
const TypePrefix = "type "

// AttributePrefix stands, in [Statement.Functions] alone, before a name that the
// text qualifies and that may be a function's all the same: t.f is f(t) where t
// has no column f.
const AttributePrefix = "attribute "

// ProcedurePrefix stands before a procedure in [Catalog.Routines] and
// [Statement.Foreigns], where it says whether a call commits on its way: one that may
// is [RoutineWrites], whatever tables are declared for it.
const ProcedurePrefix = "procedure "

// Routine is what a function's declaration says of it.
type Routine uint8

// The kinds of routine, from the best to the worst.
const (
	// RoutinePure is one whose result depends on its arguments alone, by the word
	// of somebody who is trusted in that: an extension.
	RoutinePure Routine = iota
	// RoutineReads may read tables or settings, and writes nothing.
	RoutineReads
	// RoutineWrites may do anything.
	RoutineWrites
)

// Table returns the table, view or virtual table of that name, or nil.
func (c *Catalog) Table(n Name) *Table {
	if n.Schema == "" {
		return c.tables["\x00"+c.fold(n.Name)]
	}
	return c.tables[c.fold(n.Schema)+"\x00"+c.fold(n.Name)]
}

// Tables returns every table of the catalog. The caller must not change the
// slice.
func (c *Catalog) Tables() []*Table { return c.list }

// Fold returns a name in the form in which the database compares names.
func (c *Catalog) Fold(name string) string { return c.fold(name) }

// TableKind is the kind of a [Table].
type TableKind uint8

// The kinds of table. Only a plain table's rows can be tracked.
const (
	TablePlain   TableKind = iota
	TableView              // its rows come from [Table.View]
	TableVirtual           // rows come from a module or another server
	TableSystem            // part of the schema itself
	TableTemp              // visible to one connection
)

// Table is a table or view of a [Catalog].
type Table struct {
	Schema, Name string
	// Also are other names that mean this table: those of its partitions. Its
	// keys, triggers and foreign keys are those of all of them, and all have its
	// columns in its order.
	Also []Name
	// Key names the table in stamps: folded and qualified, equal for every
	// way to write the name and different for different tables.
	Key string
	// SQL is the qualified, quoted name, ready to be put into a statement.
	SQL  string
	Kind TableKind

	// Columns are the table's columns in the order of SELECT *. Positions count from 0
	// in it.
	Columns []*Column
	// Unique lists the sets of columns (positions) of which no two rows have equal
	// values, NULLs aside; the primary key first if there is one. A key that is checked
	// only at the end of a statement or a transaction is not among them.
	Unique [][]int
	// Primary lists the columns (positions) of the primary key, in its order;
	// nil when there is none or it is not known.
	Primary []int
	// OtherUnique is true when a unique index that covers every row compares
	// otherwise than its columns do, so that it is not in Unique.
	OtherUnique bool
	// RowID is an expression that names the row, with quoted names; empty where there
	// is none. Its values are whole numbers or texts, unique in the table, and change by
	// nothing but an UPDATE of RowIDColumns or of a name that is no column's.
	RowID string
	// RowIDColumns are the columns that RowID is made of, or that are RowID under
	// another name; nil when there are none.
	RowIDColumns []*Column

	// ForeignKeys are this table's references to others.
	ForeignKeys []ForeignKey
	// Triggers are the triggers on this table or view.
	Triggers []Trigger

	// View is the query of a view, nil if it could not be parsed.
	View *Statement
	// ViewColumns are the columns' names of a view.
	ViewColumns []string

	// Relatives are tables that share rows with this one: those that inherit from it,
	// and those that it inherits from. A write of the table counts as one of theirs, in
	// rows that cannot be told.
	Relatives []*Table
	// Uncached says why reads of the table are not cached, although its writes can
	// be told: row level security, for example. Empty when they are.
	Uncached string

	// NoImages says why the rows that a write touches cannot be told from its
	// images: a unique index that replaces on conflict, for example. Writes
	// take the table's epoch then. Empty when they can.
	NoImages string
	// NoRollback is true for a table whose changes are there at once and stay,
	// whatever becomes of the transaction: MySQL's engines without transactions.
	// NoImages is set as well.
	NoRollback bool
	// Step is how far apart the numbers are that the database generates for the rows of
	// one INSERT; 0 where that is not known, or none are generated.
	Step int64
	// Generates is the column (position) that gets such a number where a row gives it
	// none; -1 where Step is 0.
	Generates int
}

// RowName stands for [Table.RowID] in a list of columns' positions.
const RowName = -1

// Column returns the column of that name, compared by fold, and its position;
// or nil and -1.
func (t *Table) Column(fold func(string) string, name string) (*Column, int) {
	name = fold(name)
	for i, c := range t.Columns {
		if c.Folded == name {
			return c, i
		}
	}
	return nil, -1
}

// Column is a column of a table.
type Column struct {
	Name   string
	Folded string // the name in the form in which names are compared
	SQL    string // the quoted name
	// Type is the declared type, in the words of the schema.
	Type    string
	NotNull bool
	// HasDefault and Generated tell where a value comes from that a write
	// does not give.
	HasDefault, Generated bool
	// Collation is what the database compares and orders the column's texts by
	// where a statement says nothing else; empty when it is not known, or the
	// same for all columns of the type.
	Collation string

	// Composite is true when what IS NULL says of the column's values depends on what is
	// in them: they have columns of their own; or they are dates of MySQL's in a column
	// that is NOT NULL, of which 0000-00-00 is NULL to it; or on who asks, as with values
	// that each session computes in its own way.
	Composite bool
	// TimeOfDay is true when the column's values are times without a date, where the
	// database takes such a time for one of the current day when it wants a date.
	TimeOfDay bool

	// Comparison identifies the rules by which values of the column are
	// compared: the dialect, the kind of value, the collation and the version
	// of the rules. Two columns with equal, non-empty Comparison compare
	// alike. Empty: the column's values are not comparable and no term on it
	// is kept. It must not hold any of the characters "=", ",", ":" and "?".
	Comparison string
}

// FKAction is what a foreign key does to the child's row.
type FKAction uint8

// The actions of a foreign key. FKNone stands for NO ACTION and RESTRICT.
const (
	FKNone FKAction = iota
	FKCascade
	FKSetNull
	FKSetDefault
)

// ForeignKey is a reference of one table to another.
type ForeignKey struct {
	Columns       []int // positions in the child
	Parent        Name
	ParentColumns []string // empty: the parent's primary key
	OnDelete      FKAction
	OnUpdate      FKAction
	// DeleteSets are those of Columns that OnDelete sets to NULL or their defaults; nil:
	// all of them.
	DeleteSets []int
}

// Sets returns those of Columns that the key's action sets when its parent's row is
// deleted, or changed.
func (fk *ForeignKey) Sets(event Kind) []int {
	if event == KindDelete && fk.DeleteSets != nil {
		return fk.DeleteSets
	}
	return fk.Columns
}

// ParentKey returns the columns (positions) of the parent that the key refers
// to, one for each of Columns; nil where they are not known.
func (fk *ForeignKey) ParentKey(parent *Table, fold func(string) string) []int {
	key := parent.Primary
	if len(fk.ParentColumns) > 0 {
		key = make([]int, len(fk.ParentColumns))
		for i, name := range fk.ParentColumns {
			if _, key[i] = parent.Column(fold, name); key[i] < 0 {
				return nil
			}
		}
	}
	if len(key) != len(fk.Columns) {
		return nil
	}
	return key
}

// Trigger is a trigger on a table or view.
type Trigger struct {
	Name  string
	Event Kind // KindInsert, KindUpdate or KindDelete
	// Columns are the folded columns of which an UPDATE has to change one for it
	// to run, nil for any UPDATE.
	Columns []string
	// Idle is true when it may run although no row is changed: once for a statement,
	// or before a row that it then leaves as it is.
	Idle bool
	// Before is true when it runs before each row is changed.
	Before bool
	// Body holds the statements it runs, nil if they could not be parsed: it
	// may write anything then.
	Body []*Statement
	// Partial is true when an error inside it may leave behind what was done
	// before, or end the transaction: RAISE(FAIL), OR ROLLBACK.
	Partial bool
}
