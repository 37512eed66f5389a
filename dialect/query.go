package dialect

// Query is a parsed SELECT, VALUES or compound of them.
type Query struct {
	With      []CTE
	Recursive bool
	// Cores are the parts of a compound (UNION, EXCEPT, INTERSECT), in order;
	// a plain SELECT has one.
	Cores []*Core
	// OrderBy, Limit and Offset belong to the whole compound. Limit and Offset
	// are nil when absent.
	OrderBy       []Expr
	Limit, Offset Expr
}

// CTE is one common table expression of a WITH clause.
type CTE struct {
	Name    string
	Columns []string
	Query   *Query
}

// Core is one SELECT or VALUES of a query.
type Core struct {
	Distinct bool
	Columns  []Output
	From     Source // nil without FROM
	Where    Expr   // nil without WHERE
	GroupBy  []Expr
	Having   Expr
	// Windows holds the expressions of a WINDOW clause, and of all that makes a row
	// of the result depend on several of the FROM as a window does: DISTINCT ON.
	Windows []Expr
	// Values holds the rows of a VALUES clause; Columns is empty then.
	Values [][]Expr
}

// Output is one result column: an expression, or a star.
type Output struct {
	Expr  Expr   // nil for a star, but for that of a composite value: (x).*
	Alias string // empty without one
	Star  bool   // * or table.*
	Table string // the qualifier of table.*
}

// Source is something rows come from: [*TableSource], [*QuerySource],
// [*FunctionSource] or [*Join].
type Source interface{ source() }

// TableSource is a table or view named in FROM.
type TableSource struct {
	Name  Name
	Alias string // the name the query knows it by; the table's own without AS
	// CTE is true when the name is that of a CTE in scope, not of a table.
	CTE bool
}

// QuerySource is a subquery in FROM.
type QuerySource struct {
	Query   *Query
	Alias   string
	Lateral bool
}

// FunctionSource is a table function in FROM.
type FunctionSource struct {
	Name  Name
	Args  []Expr
	Alias string
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join. A comma is a cross join.
const (
	JoinInner JoinKind = iota
	JoinCross
	JoinLeft
	JoinRight
	JoinFull
)

// Join joins two sources. A chain of joins leans to the left, as SQL reads it.
type Join struct {
	Kind        JoinKind
	Left, Right Source
	On          Expr
	Using       []string
	Natural     bool
	// Nested is true for a join whose conditions see no names but its own and
	// those of the SELECT around it: one in parentheses, or, where a comma binds
	// less than JOIN, one behind a comma.
	Nested bool
}

func (*TableSource) source()    {}
func (*QuerySource) source()    {}
func (*FunctionSource) source() {}
func (*Join) source()           {}

// Expr is an expression: one of the pointer types of this file.
type Expr interface{ expr() }

// ColumnRef is a reference to a column. Name and Qualifier are unquoted, not
// folded. A database may read a quoted name that is no column as a text, so a
// ColumnRef that no table in scope has must be taken for [Opaque].
type ColumnRef struct {
	Schema, Qualifier, Name string
}

// Decimal is a number with a point, or one too large for an int64, as the text
// writes it: no Go number is exactly that.
type Decimal string

// Literal is a constant: nil, int64, float64, [Decimal], string, []byte or bool.
type Literal struct{ Value any }

// Param is a parameter. Index is its number, from 1; Name is the name that
// the text gives it without its sigil, or empty.
type Param struct {
	Index int
	Name  string
	// Whole is true where the text makes a whole number of the argument before it
	// is compared ($1::bigint), so that a fraction is rounded.
	Whole bool
	// As is set where the text casts the argument: the Comparisons, parted by blanks,
	// of the columns that it is still compared with as it is. Of another column nothing
	// is known. Empty: all.
	As string
	// Beside and Mixed are for databases that give a parameter one type, by the first
	// of its places, and take it for a value of that type in all others. Where each
	// place counts by itself both are zero.
	//
	// Beside names the columns that a parameter is compared with which the text uses
	// more than once, sorted: its type is that of one of them.
	Beside []string
	// Mixed is true where the text uses the parameter in several ways, so that it is not
	// known what its type is, and what it is compared as.
	Mixed bool
}

// And is true where all its operands are.
type And struct{ X []Expr }

// Or is true where one of its operands is.
type Or struct{ X []Expr }

// Not negates, in SQL's logic of three values.
type Not struct{ X Expr }

// Equal is X = Y, or, when NullSafe, X IS Y, which finds NULL equal to NULL.
// Both sides may be a [Row].
type Equal struct {
	X, Y     Expr
	NullSafe bool
}

// In is X IN (list) or X IN (query), not negated. Query is nil for a list.
type In struct {
	X     Expr
	List  []Expr
	Query *Query
}

// AnyOf is X = ANY (Array): true where X equals an element of an array, which a
// parameter gives at the call.
type AnyOf struct {
	X     Expr
	Array *Param
}

// IsNull is X IS NULL.
type IsNull struct{ X Expr }

// IsTruth is X IS TRUE or X IS FALSE: never NULL itself.
type IsTruth struct {
	X    Expr
	Want bool
}

// Row is a row value: (a, b).
type Row struct{ X []Expr }

// Call is a call of a function. Window is true with an OVER clause.
type Call struct {
	Name      string // in lower case
	Args      []Expr
	Star      bool // count(*)
	Aggregate bool
	Window    bool
	// Extra holds the expressions of FILTER, OVER and an inner ORDER BY.
	Extra []Expr
}

// Exists is EXISTS (query), not negated.
type Exists struct{ Query *Query }

// Scalar is a query that stands for a value.
type Scalar struct{ Query *Query }

// Opaque is every expression that restricts nothing: its value is unknown,
// its parts still count as read.
type Opaque struct {
	// What names the construct, for Explain: "LIKE", "arithmetic".
	What    string
	Args    []Expr
	Queries []*Query
}

func (*ColumnRef) expr() {}
func (*Literal) expr()   {}
func (*Param) expr()     {}
func (*And) expr()       {}
func (*Or) expr()        {}
func (*Not) expr()       {}
func (*Equal) expr()     {}
func (*In) expr()        {}
func (*AnyOf) expr()     {}
func (*IsNull) expr()    {}
func (*IsTruth) expr()   {}
func (*Row) expr()       {}
func (*Call) expr()      {}
func (*Exists) expr()    {}
func (*Scalar) expr()    {}
func (*Opaque) expr()    {}
