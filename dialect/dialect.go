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

	// SchemaVersion returns a value that changes whenever the schema does,
	// whoever changed it, in one cheap query; or, without asking, "" when the
	// database has none: then a change by another program is noticed by
	// SchemaDigest, some time later.
	SchemaVersion(ctx context.Context, db Queryer) (string, error)

	// SchemaDigest returns a value that changes whenever the schema does, in one
	// query that need not be cheap; "" where SchemaVersion does for that. It is
	// asked for with the catalog, on new connections, and from time to time.
	SchemaDigest(ctx context.Context, db Queryer) (string, error)
}

// Rows writes the queries by which the rows that a write changes are told. It is a
// part of [Dialect].
type Rows interface {
	// Images writes the queries that collect the images of the rows that st
	// writes in t. Columns are the positions of the columns wanted; [RowName]
	// among them asks for the rows' names, and then a DELETE has a Before too.
	// The statement is known to be an Insert, Update or Delete of one plain
	// table, of which no trigger and no constraint writes other rows; where it
	// cannot be had the string says why.
	Images(st *Statement, t *Table, columns []int) (*Images, string)

	// RowsOf writes the query for these columns of n rows of a table that are
	// given by their names, its parameters 1 to n. Empty where there is none.
	RowsOf(t *Table, columns []int, n int) string

	// ChildrenOf writes the query for these columns of the child's rows that a
	// foreign key binds to n rows of its parent, given by their names, exactly
	// as the key's actions find them. It locks them where rows of the parent that
	// are locked already can get other children. Empty where there is none.
	ChildrenOf(parent, child *Table, fk *ForeignKey, columns []int, n int) string
}

// Values knows how a database compares. It is a part of [Dialect].
type Values interface {
	// Canonical maps a value to a text such that two values of the column are
	// equal to the database if and only if their texts are: an argument or
	// literal that a condition compares with the column, or a value read from
	// the column by an image query. Driver values and bool, int and so on are
	// possible. False means that the value is outside the rules: a condition
	// then keeps no term on the column, an image matches every value. NULL is
	// never passed.
	Canonical(c *Column, v driver.Value, side Side) (string, bool)

	// Elements returns the elements of an array that was given as an argument, to
	// be compared with the column one by one; NULLs are left out. False means that
	// it is not known what the database makes of it.
	Elements(c *Column, v driver.Value) ([]driver.Value, bool)

	// Truth tells whether the database takes a value of the column for true.
	// False for known means that it cannot be told. NULL is never passed.
	Truth(c *Column, v driver.Value) (truth, known bool)
}

// Connections knows the state of connections and their transactions. It is a part of
// [Dialect].
type Connections interface {
	// CheckSession looks at a new connection for state that its DSN or the
	// server's defaults gave it.
	CheckSession(ctx context.Context, db Queryer) (Session, error)

	// Transactions describes how transactions behave.
	Transactions() Transactions

	// InTransaction finds out whether a connection is in a transaction, by
	// statements that are run by exec and leave everything as it was. An error
	// means that it could not be told.
	InTransaction(exec func(text string) error) (bool, error)

	// TransactionOver reports whether what other connections did has come to its
	// end, whichever: all the transactions that the answer to
	// [Transactions.Identity] or [Transactions.Unfinished] names, or the connection
	// of a [Session.Identity]. It is asked when a COMMIT was sent and no answer
	// came.
	TransactionOver(ctx context.Context, db Queryer, identity string) (bool, error)

	// ArgumentChecker returns what the driver's connections make of arguments, so
	// that no connection has to be asked, or nil where it is not known. Name is
	// the type of the driver.Driver, with the path of its package:
	// "*github.com/jackc/pgx/v5/stdlib.Driver".
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

// Queryer runs a query on one connection and returns all its rows.
type Queryer interface {
	Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error)
}

// Session is the state of a new connection.
type Session struct {
	Taint Taint
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
	// Private is true when the connection has a database of its own, that
	// another connection of the same pool does not see.
	Private bool
}

// Images are the queries that collect the images of one write.
type Images struct {
	// Before selects the wanted columns of the rows that are about to change,
	// or of more, in the order of the columns. Empty when Write returns those
	// images, or when no row that is there changes.
	Before string
	// BeforeParams are the parameters of Before, in the order of its numbers.
	BeforeParams []Param
	// BeforeLimited is true when Before has one more parameter, the last one: how
	// many rows are wanted at most.
	BeforeLimited bool
	// BeforeKeys is Before for a statement whose changes of keys are followed to
	// other tables: nobody else may come to refer to the rows that it finds. Empty
	// where Before sees to that.
	BeforeKeys string
	// Both is the statement changed so that it returns the wanted columns twice,
	// before images and behind them after images, behind what the program asked to
	// be returned. Where another transaction comes between it changes nothing, and
	// nor does it where no row matches. Empty when there is no such thing.
	Both string
	// Write is the statement changed so that it returns the wanted columns of
	// each row it wrote, behind what the program asked to be returned, with the
	// parameters of the original. WriteIsBefore is true when those are before
	// images (DELETE), else they are after images.
	Write         string
	WriteIsBefore bool
	// WriteTellsNew is true when Write returns one more column behind those
	// wanted: whether the row is new. It is set for upserts, whose rows are new or
	// must be among those of Before.
	WriteTellsNew bool
	// Many returns a row when the statement writes more rows than its parameter
	// ?1 says. It is set only where that is cheap to ask.
	Many string
	// Result returns one row: the number of rows that Write affected and the
	// last id generated on the connection. Empty where as many were affected as
	// Write returns, and there is no last id.
	Result string
}

// Transactions describes how a database's transactions behave.
type Transactions struct {
	// BeginWrite starts a transaction that holds the write lock from the
	// start; empty when a plain BEGIN does.
	BeginWrite, Commit, Rollback string
	// LockForWrite is run with a table's SQL name in place of %s to take the
	// write lock in a transaction that began without it; empty when none is
	// needed.
	LockForWrite string
	// ErrorMayEnd is true when an error of a statement may have rolled back
	// the whole transaction without a word.
	ErrorMayEnd bool
	// ErrorFails is true when after an error of a statement all others fail, until
	// the transaction is rolled back.
	ErrorFails bool
	// ReadCommitted is true when a transaction of the default level sees what
	// others commit meanwhile: reads in it may be answered from the cache.
	ReadCommitted bool
	// Concurrent is true when other transactions may write the same tables
	// meanwhile: a row can come to match a condition between the query for its
	// image and the statement, so the rows that the statement wrote are looked up
	// among those of the query.
	Concurrent bool
	// Identity is a query for the name of the transaction that the connection is
	// in, one text, NULL when it has written nothing. Empty where there is none.
	Identity string
	// Unfinished is a query for the names of all transactions that have written
	// and are not over, one text as TransactionOver takes it; NULL where the server
	// cannot tell. It is asked on another connection, after the answer to a COMMIT
	// did not come. Empty where there is none: then the fences end by their
	// deadline.
	Unfinished string
	// Unprepared is true when queries of our own, and statements changed by us,
	// are sent as the program sends its own, and nothing is prepared that the
	// program did not ask to be: a pooler between may hand each transaction to
	// another server.
	Unprepared bool
	// SingleWriter is true when one transaction at a time can write, and others
	// ask again and again until it is over: those of one process had better
	// wait in a queue.
	SingleWriter bool
	// Nested is true when a query may be sent while the rows of another one are
	// open, and reads what that one reads or what was there later.
	Nested bool
	// Explain, put before a statement's text, makes the database bind the
	// arguments and report what is wrong with them, and not run the statement.
	// Empty where there is no such thing: a statement that commits by itself
	// then drops what it could have changed, also where it never ran.
	Explain string
	// SavepointBegins is true when SAVEPOINT outside a transaction starts one
	// and the RELEASE of it commits.
	SavepointBegins bool
}
