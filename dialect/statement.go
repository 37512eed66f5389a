package dialect

// Kind is what a statement does, as far as the cache cares.
type Kind uint8

// The kinds of statement. The zero value is the most careful one.
const (
	// KindUnknown is a text that was not understood. It may write any table
	// and leave any state on its connection.
	KindUnknown Kind = iota
	// KindSelect reads rows: SELECT, VALUES, WITH ... SELECT.
	KindSelect
	// KindInsert is INSERT and REPLACE.
	KindInsert
	// KindUpdate is UPDATE.
	KindUpdate
	// KindDelete is DELETE.
	KindDelete
	// KindDDL changes the schema, as a part of the transaction that it stands in.
	KindDDL
	// KindBegin starts a transaction.
	KindBegin
	// KindCommit ends a transaction: COMMIT, END.
	KindCommit
	// KindRollback drops a whole transaction.
	KindRollback
	// KindSavepoint marks a point in a transaction; [Statement.Savepoint]
	// names it. Outside a transaction it may start one.
	KindSavepoint
	// KindRelease forgets a savepoint and keeps what came after it.
	KindRelease
	// KindRollbackTo drops what came after a savepoint.
	KindRollbackTo
	// KindSession changes the state of its connection and no row;
	// [Statement.Taint] says what that state can spoil.
	KindSession
	// KindUtility changes neither rows nor the state of its connection: EXPLAIN,
	// ANALYZE, SHOW. What it sets off may, which [Statement.Foreigns]
	// names.
	KindUtility
	// KindPrepareTx prepares the transaction for a commit in two phases, and leaves it
	// to whoever ends it: PREPARE TRANSACTION. What ends it is KindUnknown, for it
	// commits what others wrote.
	KindPrepareTx
	// KindScript is several statements in one text, listed in
	// [Statement.Script].
	KindScript
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	names := [...]string{
		"unknown", "select", "insert", "update", "delete", "ddl", "begin", "commit", "rollback",
		"savepoint", "release", "rollback to", "session", "utility", "prepare transaction", "script",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "invalid"
}

// Taint says what a connection's state can spoil, until the connection is
// closed.
type Taint uint8

const (
	// TaintReads means that a read on the connection may return other rows
	// than the same read elsewhere: it is neither served nor stored.
	TaintReads Taint = 1 << iota
	// TaintWrites means that a write on the connection may reach tables that
	// its text does not name: it invalidates everything.
	TaintWrites
	// TaintRollback means that a rollback on the connection may leave changes
	// behind: what is rolled back is invalidated like what is committed.
	TaintRollback

	// TaintAll is what is not understood: it may spoil anything.
	TaintAll = TaintReads | TaintWrites | TaintRollback
)

// Autocommit is what a statement makes of the silent beginning of transactions.
type Autocommit uint8

const (
	// AutocommitKept leaves it as it is.
	AutocommitKept Autocommit = iota
	// AutocommitOff has every statement begin a transaction from now on.
	AutocommitOff
	// AutocommitOn ends that, and commits the transaction that it stands in.
	AutocommitOn
)

// Reset is what a statement puts back of its connection's state.
type Reset uint8

const (
	// ResetSettings puts all settings back, and nothing else.
	ResetSettings Reset = iota + 1
	// ResetAll puts back everything: temporary tables go, too.
	ResetAll
)

// Name is the name of a table as a statement wrote it, unquoted but not
// folded. Schema is empty where the text gave none.
type Name struct{ Schema, Name string }

// String returns schema.name, or the name alone.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// Statement is what a dialect understood of one statement text. A Statement
// is never changed after Parse returned it, so it may be shared.
//
// Of a text that may do more than the fields can say, the kind, Reads, Writes and
// Functions are set and Incomplete says what is missing; where not even those are
// sure it is KindUnknown. A read that is incomplete is not cached, a
// write that is drops all that is cached of the tables it may reach.
type Statement struct {
	Kind Kind

	// Reads names every table, view or table function that the text reads
	// rows from, in subqueries and CTE bodies too; names of CTEs are left
	// out. Writes names the targets of writes and DDL: a table that several parts
	// of the text write, a CTE for example, once for each of them. Where a text
	// could not be parsed, both hold what the tokenizer could tell.
	Reads, Writes []Name

	// Query is set for KindSelect, Insert, Update and Delete for theirs, when
	// the text was parsed.
	Query  *Query
	Insert *Insert
	Update *Update
	Delete *Delete

	// Script holds the statements of a KindScript in their order.
	Script []*Statement

	// Savepoint names the savepoint of a KindSavepoint, KindRelease or
	// KindRollbackTo, folded as the database compares such names.
	Savepoint string

	// Taint is the state that the statement leaves on its connection. Only
	// KindSession, KindDDL (a temporary table), KindUnknown, KindScript, and a
	// KindSelect that calls a function for it have one.
	Taint Taint
	// Local is true where the Taint ends with the transaction that the statement
	// runs in (SET LOCAL). Outside a transaction such a statement leaves nothing.
	Local bool
	// Resets is set where the statement puts settings of the connection back to
	// what they were when it was new. What it leaves is found out by
	// [Dialect.CheckSession].
	Resets Reset

	// OtherIsolation is true for a KindBegin that asks for a level of isolation
	// that need not be the session's own, and for a KindSession that asks so for the
	// next transaction alone.
	OtherIsolation bool
	// ReadOnly is true for a KindBegin whose transaction is not to write.
	ReadOnly bool
	// Chain is true for a KindCommit or KindRollback that begins another
	// transaction at once.
	Chain bool
	// Commits is true for a statement that commits the transaction it stands in, or may,
	// before it does its own work and even where that fails: DDL in MySQL. Whether it did,
	// and whether it left another transaction behind, is asked after it.
	Commits bool
	// Autocommit is set for a KindSession that turns the silent beginning of
	// transactions, [Session.Silent], on or off.
	Autocommit Autocommit
	// Cascade is true for a TRUNCATE that goes on to every table with a foreign
	// key to those it names, whatever the key's action.
	Cascade bool

	// Volatile says why the statement's result is no pure function of rows
	// and arguments: a volatile function, a locking clause, a date word. Such
	// a SELECT is never cached, and a write with one has no images taken by
	// running its WHERE twice. Empty when pure.
	Volatile string

	// Foreign names a function that the dialect does not know, so that it may
	// read or write any table. Empty when there is none.
	Foreign string

	// Foreigns names every function that Foreign speaks of, each once. Where it
	// is empty although Foreign is set they are not all known, and no
	// declaration of what they write is believed.
	Foreigns []string

	// Functions names, each once and folded, the functions and operators
	// ([OperatorPrefix]) that the text calls and the dialect knows as the
	// database's own, unless nothing can take their place. Where
	// [Catalog.Routines] has such a name another one may be called. A statement
	// that writes also names what it may call like a column ([AttributePrefix]);
	// of others their Query tells that.
	Functions []string

	// Incomplete says why the statement was not understood although its kind and its
	// tables are known: its text could not be parsed, or it does what the fields have
	// no place for, as a MERGE, or an UPDATE of several tables. Query, Insert, Update
	// and Delete are nil then.
	Incomplete string

	// Dates names, each once and folded, the columns of which the text may make dates: it
	// gives them to a function that wants one, or compares or unites them with what may
	// be one. "*" stands for all. Where one is of [Column.TimeOfDay] the result changes
	// with the day.
	Dates []string

	// TruthWords is true when the text uses the bare words TRUE or FALSE as
	// values, in a dialect where such a word is a column's name wherever a table
	// in scope has such a column. Query holds them as literals: a read of a
	// table with a column named true or false must not rely on them.
	TruthWords bool

	// Params is the number of parameters, the highest one used.
	Params int
	// NamedParams is true when a parameter has a name.
	NamedParams bool

	// Pos and End bound the statement's own text in the parsed text, without
	// the semicolon, blanks and comments around it.
	Pos, End int
	// Text is the whole text that was parsed.
	Text string
}

// Insert is a parsed INSERT or REPLACE into one table.
type Insert struct {
	Table   Name
	Alias   string
	Columns []string // as listed; empty when the text lists none

	// Rows counts the rows of VALUES; 0 for INSERT ... SELECT, 1 for DEFAULT
	// VALUES.
	Rows int
	// Query is the SELECT of INSERT ... SELECT.
	Query *Query
	// Upsert is true when the statement may update the row it conflicts with: ON
	// CONFLICT DO UPDATE, ON DUPLICATE KEY UPDATE.
	Upsert bool
	// Set lists the columns that an upsert assigns to.
	Set []string
	// Target lists the columns that an upsert's conflict is told by. It is nil where
	// it may be told by others as well: by any unique key, by several ON CONFLICT
	// clauses, or by one with anything else than the names of columns.
	Target []string
	// Values holds where the values of each row stand in the text: for an upsert with
	// a Target, and for every INSERT with rows where the dialect's images need them. A
	// value that is neither a literal nor a parameter has the zero Span.
	Values [][]Span
	// ValueParams are the parameters of the text, in its order, where Values is
	// set.
	ValueParams []ParamRef
	// OnConstraint names the constraint that an upsert's conflict is told by,
	// where it is told by one.
	OnConstraint string
	// Conflict is true when the statement may delete other rows, keep a part
	// of its own or end the transaction on a conflict (REPLACE, OR REPLACE, OR
	// FAIL, OR ROLLBACK). One that only skips rows has it false.
	Conflict bool
	// Skips is true when the statement may leave out rows of its own, or change their
	// values, instead of failing: INSERT IGNORE. A dialect whose images do not need it
	// leaves it false.
	Skips bool
	// Returning is true when the text has a RETURNING clause.
	Returning bool
	// With is true when the text starts with WITH.
	With bool
	// Subquery is true when an expression of the text holds a query.
	Subquery bool
}

// Update is a parsed UPDATE of one table.
type Update struct {
	Table     Name
	Alias     string
	Set       []string // the columns assigned to
	From      bool     // it joins other tables: UPDATE ... FROM
	Where     Expr     // nil: every row
	Limit     bool     // ORDER BY or LIMIT
	Conflict  bool     // OR REPLACE, OR ROLLBACK, OR FAIL; OR IGNORE only skips rows
	Returning bool
	With      bool
	Subquery  bool
	// Outer is true when the FROM holds a RIGHT or FULL join, or one by the
	// columns' names: what it joins may include the target.
	Outer bool
	// FromText bounds the text of the FROM, without the word.
	FromText Clause
	// SetText bounds the text of the assignments, without the word SET. A
	// dialect whose images do not need it leaves it zero.
	SetText Clause
	Condition
}

// Delete is a parsed DELETE from one table. Its fields mean what those of [Update]
// mean.
type Delete struct {
	Table     Name
	Alias     string
	Using     bool // it joins other tables: DELETE ... USING
	Where     Expr
	Limit     bool
	Returning bool
	With      bool
	Subquery  bool
	// UsingText bounds the text of the USING, without the word. A dialect whose
	// images do not need it leaves it zero.
	UsingText Clause
	Condition
}

// Condition is what tells the rows of an UPDATE or DELETE, as text.
type Condition struct {
	// WherePos and WhereEnd bound the condition's text, without the word
	// WHERE; both are 0 when there is none.
	WherePos, WhereEnd int
	// WhereParams are the parameters inside the condition, in the order of the
	// text.
	WhereParams []ParamRef
	// TargetPos and TargetEnd bound the target with its alias and index
	// clause, as it can stand behind FROM.
	TargetPos, TargetEnd int
	// WithText bounds the WITH clause, with the word.
	WithText Clause
	// Tail bounds the text of ORDER BY and LIMIT, with the words. A dialect whose
	// images do not need it leaves it zero.
	Tail Clause
	// Shadowed is true when a CTE has the target's name: behind FROM that name
	// means the CTE.
	Shadowed bool
	// Returns bounds the text of the RETURNING list, without the word, and
	// ReturnsStar tells of a bare * in it. A dialect whose images do not need them
	// leaves them zero.
	Returns     Clause
	ReturnsStar bool
	// CurrentOf is true for WHERE CURRENT OF a cursor: the row is told by the
	// connection's state, and Where is nil or an [Opaque].
	CurrentOf bool
	// Volatile says why the condition, with the WITH and FROM clauses that it
	// may use, may give other rows when it is run again. Empty when it does not.
	Volatile string
}

// Span is a piece of a statement's text.
type Span struct{ Pos, End int }

// Clause is a piece of a statement's text with the parameters in it, in the
// order of the text. The zero value stands for a clause that is not there.
type Clause struct {
	Span
	Params []ParamRef
}

// ParamRef is a place in the text where a parameter stands.
type ParamRef struct {
	Param    Param
	Pos, End int
}
