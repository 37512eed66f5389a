package dialect

import (
	"context"
	"database/sql/driver"
)

// Dialect is what the core needs to know about one database's SQL. Its methods
// may be called from many goroutines at once.
type Dialect interface {
	// Name returns the dialect's name: "sqlite", "postgres", "mysql".
	Name() string

	// Parse analyses a statement's text. It never fails, panics or returns
	// nil: what it cannot read is KindUnknown, or a kind with Incomplete set.
	Parse(text string) *Statement

	Schemas
	Rows
	Values
	Connections
}

// Schemas reads the schema of a database. It is a part of [Dialect].
type Schemas interface {
	// LoadCatalog reads the whole schema.
	LoadCatalog(ctx context.Context, db Queryer) (*Catalog, error)

	// SchemaVersion returns a value that changes whenever the schema does, whoever
	// changed it. It is asked for at every miss and write, so it must be one
	// cheap query. A database that has no such value returns "" without asking: then
	// a change by another program is noticed by SchemaDigest, some time later.
	SchemaVersion(ctx context.Context, db Queryer) (string, error)

	// SchemaDigest returns a value that changes whenever the schema does, in a few
	// queries that need not be cheap. It is asked for with the catalog, on new
	// connections, and from time to time. A database with a SchemaVersion returns ""
	// without asking.
	SchemaDigest(ctx context.Context, db Queryer) (string, error)
}

// Rows writes the queries by which the rows that a write changes are told. It is a
// part of [Dialect].
type Rows interface {
	// Images writes the queries that collect the images of the rows that st
	// writes in t. Columns are the positions of the columns wanted. [RowName] among
	// them, always the last one, asks for the rows' names too; then a DELETE has a
	// Before as well. The statement is an Insert, Update or Delete whose target is t,
	// a plain table. What its triggers and foreign keys do to other rows is followed
	// by the core. Where there can be no images it returns nil and says why, in words
	// for Explain; the write then counts as one of any row of t.
	Images(st *Statement, t *Table, columns []int) (*Images, string)

	// RowsOf writes the query for these columns of n rows of a table that are given
	// by their names. It has n parameters, one for each name; the last name may be
	// given several times. Empty where there is no such query.
	RowsOf(t *Table, columns []int, n int) string

	// ChildrenOf writes the query for these columns of the child's rows that a
	// foreign key binds to n rows of its parent, exactly as the key's actions find
	// them. The parent's rows are given by their names, as in RowsOf. The event is what
	// happens to these, KindDelete or KindUpdate. The query locks the rows that it finds
	// if, without that, others could bind more of them to those parents before the
	// statement runs: as the action will, and no stronger. Empty where there is no such
	// query.
	ChildrenOf(parent, child *Table, fk *ForeignKey, event Kind, columns []int, n int) string

	// ChangesOf writes the query of one row that tells for each of the tables how many of
	// its rows the transaction has deleted or changed so far, each time counted: NULL where
	// that is not counted. By it the core sees whether a foreign key's action came to other
	// rows than ChildrenOf had found, because a session added children that checks no
	// foreign keys. Empty where there is no such query, or no need of one.
	ChangesOf(tables []*Table) string
}

// Values knows how a database compares. It is a part of [Dialect].
type Values interface {
	// Canonical maps a value to a text, such that two values of the column are
	// equal to the database if and only if their texts are. The value is an argument
	// or literal that a condition compares with the column, or one that an image
	// query read from it. A literal may be a [Decimal] or a bool, and an argument any
	// Go value that the driver takes. NULL is never passed. False means that the value
	// is outside the rules: a condition then keeps no term on the column, and an image
	// matches every value.
	Canonical(c *Column, v driver.Value, side Side) (string, bool)

	// Elements returns the elements of an array that was given as the argument of an
	// [AnyOf], to be compared with the column one by one. NULLs are left out. False
	// means that it is not known what the database makes of it, as always where the
	// database has no arrays.
	Elements(c *Column, v driver.Value) ([]driver.Value, bool)

	// Truth tells whether the database takes a value of the column for true where
	// the column alone is a condition. False for known means that it cannot be told.
	// NULL is never passed.
	Truth(c *Column, v driver.Value) (truth, known bool)
}

// Connections knows the state of connections and their transactions. It is a part of
// [Dialect].
type Connections interface {
	// CheckSession looks at a new connection for state that its DSN or the server's
	// defaults gave it, and at one on which a statement with [Statement.Resets] ran.
	// After an error the connection takes no part in the cache.
	CheckSession(ctx context.Context, db Queryer) (Session, error)

	// Transactions describes how transactions behave.
	Transactions() Transactions

	// InTransaction finds out whether a connection is in a transaction. The
	// statements that it needs for that are run by exec, and leave everything as it
	// was. A transaction that has failed and waits for its ROLLBACK counts as one. An
	// error means that it could not be told; the connection is then closed.
	InTransaction(exec func(text string) error) (bool, error)

	// TransactionOver reports whether what other connections did has come to an end,
	// by a commit or a rollback. The identity is an answer to [Transactions.Identity]
	// or [Transactions.Unfinished], and stands for all the transactions that it names;
	// or it is a [Session.Identity], and stands for that connection. It is asked on
	// another connection when a COMMIT was sent and no answer came, and never where
	// Transactions.Unfinished is empty, unless Transactions.AsksProcess is set.
	TransactionOver(ctx context.Context, db Queryer, identity string) (bool, error)

	// Failure tells what the error of a statement means. It is one that the driver
	// returned, which may be wrapped, and never nil. An error of which it is not sure
	// is FailureUnknown.
	Failure(err error) Failure

	// ArgumentChecker returns what does the same to arguments as the CheckNamedValue
	// of the driver's connections, so that a hit need not ask one. Name is the type of
	// the driver.Driver, with the path of its package:
	// "*github.com/jackc/pgx/v5/stdlib.Driver". Nil means that it is not known, or that
	// the connections have no such method.
	ArgumentChecker(name string) driver.NamedValueChecker
}

// Side says where a value for [Dialect.Canonical] comes from.
type Side uint8

const (
	// SideArgument is an argument or a literal of a condition.
	SideArgument Side = iota
	// SideImage is a value that an image query returned.
	SideImage
)

// Queryer runs a query on one connection and returns all its rows. The caller may
// keep them.
type Queryer interface {
	Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error)
}

// Session is the state of a new connection. The zero value is that of one with
// nothing to tell.
type Session struct {
	// Taint is what the state can spoil.
	Taint Taint
	// Statements is how many statements the database counts as sent over the connection,
	// where the taint depends on counters that begin anew with it, as after MySQL's FLUSH
	// STATUS; 0 elsewhere. It need not count the last one of those that asked, always the
	// same. Fewer than were sent say that nothing is known of what ran before.
	Statements uint64
	// Why explains the taint.
	Why string
	// Settings are the settings of the session on which results depend, and the
	// role, as one text. A connection whose Settings are not those of the catalog
	// in force takes no part in the cache.
	Settings string
	// Identity names what the connection does at the server, for
	// [Dialect.TransactionOver]; empty where that cannot be asked.
	Identity string
	// OtherIsolation is true when a transaction begins at another level of
	// isolation than [Transactions.ReadCommitted] says.
	OtherIsolation bool
	// Private is true when the connection has a database of its own, which other
	// connections of its pool do not see: SQLite's :memory:.
	Private bool
	// Silent is true when every statement outside a transaction begins one, which
	// stays until it is ended: MySQL with autocommit off. [Connections.InTransaction]
	// then need not tell one that has begun from none.
	Silent bool
	// Chains is true when another transaction may begin at once wherever one is
	// committed or rolled back, whatever the text says: MySQL's completion_type.
	Chains bool
	// TimeoutEnds is true when a statement that gives up a lock may end its transaction.
	TimeoutEnds bool
	// Watched is true when the server may change meanwhile what the session can spoil, as
	// one does that becomes a replica of another: the session is then looked at again, as
	// often as the schema is.
	Watched bool
	// Behind is true when the server may be behind another one that is written. Taint
	// then says so as well.
	Behind bool
}

// Images are the queries that collect the images of one write: Both alone, or Write
// with a Before where rows that are there may change. An image holds the wanted
// columns in the order in which they were asked for.
type Images struct {
	// Before selects the images of the rows that are about to change, or of more. It
	// is run before Write, on the same connection, in the same transaction. Empty when
	// Write returns those images, or when no row that is there changes.
	Before string
	// BeforeParams say whose arguments Before takes: the n-th is that of its n-th
	// parameter.
	BeforeParams []Param
	// BeforeLimited is true when Before has one more parameter, the last one: how
	// many rows are wanted at most.
	BeforeLimited bool
	// Both is the statement, changed so that it returns each row's image before and,
	// behind that, its image after, both behind what the program asked to be returned.
	// Its parameters are those of the statement. It changes nothing where no row
	// matches, nor where another transaction has changed the row meanwhile. Empty when
	// there is no such form.
	Both string
	// Write is the statement, changed so that it returns the image of each row that it
	// wrote, behind what the program asked to be returned. Its parameters are those of
	// the statement.
	Write string
	// WriteIsBefore is true when Write returns images of before, as a DELETE does. Else
	// they are images of after.
	WriteIsBefore bool
	// WriteTellsNew is true when Write returns one more column behind the image, a
	// bool: whether the row is new. It is set for upserts, whose rows are new or must
	// be among those of Before.
	WriteTellsNew bool
	// Many returns a row when the statement writes more rows than its one parameter
	// says. Empty where that is not cheap to ask.
	Many string
	// Result returns one row of two whole numbers, for database/sql's Result: how many
	// rows Write affected, and the last id generated on the connection. Empty where as
	// many were affected as Write returns, and the driver has no last id.
	Result string
	// Own is set where the statement returns no images: then queries of our own find
	// the rows after it. Write and Both are empty.
	Own *OwnImages
}

// OwnImages say how the images of a write are taken that cannot return rows, by
// queries beside it. What they find stays locked, so that it is no other row that
// they show.
type OwnImages struct {
	// Keys are arguments that must be within the rules of the columns that they are for:
	// see [Values]. Where one is not, Pinned and After do not hold.
	Keys []KeyArgument

	// Pinned is true for an UPDATE or DELETE that can touch no row but that which Before
	// finds: its condition gives all columns of a unique key values, and Before has
	// locked the row. The statement then runs as it is.
	Pinned bool
	// Restricted returns the statement so changed that it touches no row but those of
	// these names, and else does the same: its parameters are those of the statement. It
	// returns "" where a name is none. Nil for an INSERT, and where there is no such form.
	// Restricts tells by the statement's arguments whether it may be used: the form must
	// not pass where the statement would be refused for a row that it does not touch.
	Restricted func(names []driver.Value) string
	Restricts  func(argument func(Param) (driver.Value, bool)) bool
	// Hasty is Before in a form that fails where it would have to wait for a lock. It is
	// run instead where the statement is not Pinned and others' locks may be none of its
	// business: at READ COMMITTED it passes over rows that others have locked, and Before
	// would wait for them. Empty where the statement waits for all that Before waits for.
	Hasty string

	// After selects the images of the rows that an INSERT wrote, by the keys that its
	// text gives, AfterParams, or by those that the database generated. It returns each
	// of them once, and another only instead of one that it cannot find. For an UPDATE it
	// is empty: its rows are read again by their names.
	After       string
	AfterParams []Param
	// Generated is true for an INSERT whose rows are named by numbers that the database
	// generates. They are the arguments of After: the driver's Result tells the first one,
	// and the others follow in steps of Step.
	Generated bool
	Step      int64
	// Rows is how many rows an INSERT has.
	Rows int
	// Counted tells what the number of affected rows says of a statement that need not
	// insert all its rows.
	Counted Counted
}

// KeyArgument is an argument that a key's column is compared with, or that it gets.
type KeyArgument struct {
	Param  Param
	Column *Column
	// NonZero is true where the argument has to be a whole number other than 0, for the
	// database takes NULL and 0, in any form, for the wish to generate a number.
	NonZero bool
}

// Counted says what the number of affected rows tells of an INSERT.
type Counted uint8

const (
	// CountedAll is a plain INSERT: it wrote all its rows, and no other.
	CountedAll Counted = iota
	// CountedNew is an INSERT that wrote all its rows as new ones, and no other, if and
	// only if as many were affected as it has; that wrote none where none was; and of
	// which nothing is known with any other number.
	CountedNew
)

// Transactions describes how a database's transactions behave. BeginWrite, Commit and
// Rollback are required. Each other field's zero value is right for a database that has
// nothing of the kind; where it is not known what a database does, the comment says
// which value is the careful one.
type Transactions struct {
	// BeginWrite is the text that starts a transaction of our own around a write. Where
	// one transaction at a time can write, it takes that lock at once.
	BeginWrite string
	// Commit and Rollback are the texts that end it.
	Commit, Rollback string
	// LockForWrite is run with a table's SQL name in place of %s, before the first write
	// of a transaction that the program began. It takes the lock that BeginWrite takes.
	// Empty when there is no such lock.
	LockForWrite string
	// ErrorMayEnd is true when an error of a statement may have rolled back the whole
	// transaction without a word. True is careful.
	ErrorMayEnd bool
	// ErrorFails is true when after an error of a statement all others fail, until the
	// transaction is rolled back. A query of ours that failed would cost the program its
	// transaction, so those of [Rows] must meet no error that the program's statement
	// would not meet as well.
	ErrorFails bool
	// ReadCommitted is true when a transaction of the default level sees what others
	// commit meanwhile: reads in it may be answered from the cache. False is careful.
	ReadCommitted bool
	// Concurrent is true when other transactions may write the same tables meanwhile: a
	// row can come to match a condition between the query for its image and the
	// statement, so the rows that the statement wrote are looked up among those of the
	// query. True is careful.
	Concurrent bool
	// Identity is a query for the name of the transaction that the connection is in. It
	// returns one text, as TransactionOver takes it, or NULL when the transaction has
	// written nothing. It is asked before PREPARE TRANSACTION alone. Empty where there
	// is none.
	Identity string
	// Unfinished is a query for the names of all transactions that have written and are
	// not over. It returns one text, as TransactionOver takes it, or NULL where the
	// server cannot tell. It is asked on another connection, after the answer to a COMMIT
	// did not come. Empty where there is none: then the fences of that COMMIT end by
	// their deadline, and what it changes later than that is not noticed.
	Unfinished string
	// Unprepared is true when queries of our own, and statements changed by us, are sent
	// as the program sends its own, and nothing is prepared that the program did not ask
	// to be: a pooler between may hand each transaction to another server.
	Unprepared bool
	// AtOnce is set where a driver returns other Go values over a prepared statement than
	// for a text that it runs at once: each then has results of its own. It is a query with
	// one parameter, a whole number, by which it is found out whether the driver runs a
	// text with arguments at once. Empty where the values are the same.
	AtOnce string
	// ExecOnce is true where a driver must not run a prepared statement for its effect that
	// returns rows and was run before: the answer then has another form, which it reads
	// wrongly, or waits for more of it for ever.
	ExecOnce bool
	// SingleWriter is true when one transaction at a time can write, and others ask again
	// and again until it is over: those of one process had better wait in a queue.
	SingleWriter bool
	// Nested is true when a query may be sent while the rows of another one are open, and
	// reads what that one reads or what was there later. False is careful.
	Nested bool
	// Explain, put before a statement's text, makes the database bind the arguments and
	// report what is wrong with them, and not run the statement. Empty where there is no
	// such thing: a statement that commits by itself then drops what it could have
	// changed, also where it never ran.
	Explain string
	// SavepointBegins is true when SAVEPOINT outside a transaction starts one and the
	// RELEASE of it commits.
	SavepointBegins bool
	// BeginCommits is true when a statement that begins a transaction commits the one
	// that it stands in, instead of being refused or ignored, and others do so as well,
	// see [Statement.Commits]: what transaction a connection is in is then asked where
	// it cannot be told. True is careful.
	BeginCommits bool
	// OwnImages is true when writes return no rows, so that their images are taken by
	// queries beside them: see [Images.Own]. What a LIMIT or a rule for conflicts makes of
	// a statement is then the dialect's to judge.
	OwnImages bool
	// Keeps is true when there are tables whose changes a rollback leaves,
	// [Table.NoRollback]: what may write any table may have changed one of those,
	// whatever becomes of its transaction. True is careful.
	Keeps bool
	// ScriptAtomic is true when several statements in one text, outside a transaction,
	// commit together or not at all. False is careful.
	ScriptAtomic bool
	// SavepointReplaces is true when a savepoint takes the place of an older one of its
	// name, instead of hiding it until it is released itself.
	SavepointReplaces bool
	// ReadUncommitted is true when a transaction of that level reads what others have
	// not committed. True is careful.
	ReadUncommitted bool
	// Texts is true when not all that can be run can be prepared as well: several
	// statements in one text cannot. BeginWrite, Commit and Rollback are then sent as
	// texts.
	Texts bool
	// Reprepares is true when the server itself prepares a statement again where the schema
	// has changed, so that one that is kept is as good as a new one. False is careful.
	Reprepares bool
	// AsksProcess is true when it can be asked of a connection, by its
	// [Session.Identity], whether it is gone, although Unfinished is empty.
	AsksProcess bool
}
