package mysql

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertMaxDepth bounds the depth of the tree that is converted, and so of the
// neutral tree: whoever walks that one needs no bound of his own.
const convertMaxDepth = 1000

// converter turns the parser's tree into the neutral model and notes on the way what
// the statement reads, writes and calls.
type converter struct {
	text string
	toks []tok
	st   *dialect.Statement

	scope    *convertScope // the WITH clauses around
	depth    int
	subquery bool // an expression holds a query
	// noPlaces is true where the statement is a part of another one, so that its clauses
	// are not looked up among the tokens.
	noPlaces bool

	// The RETURNING of MariaDB is cut off before the parser sees the statement. These
	// are its list, parsed like that of a SELECT, nil where there is none; where the list
	// stands, with its parameters; and whether a bare * is in it.
	returningFields *ast.FieldList
	returns         dialect.Clause
	returnsStar     bool
	looked          convertLooked

	reads, writes, foreigns, functions, dates map[string]struct{}

	spellings map[string]string // the names of sources by their folded form

	// failed says what could not be converted. The result is thrown away then, so that
	// what goes on after it does not matter.
	failed string
}

// convertScope holds the names of one WITH clause.
type convertScope struct {
	outer *convertScope
	names []string
	// visible is how many of the names, from the first, can be used. A WITH without
	// RECURSIVE shows each query only the names before its own.
	visible   int
	recursive bool
}

// failf gives up: the statement is judged by its tokens.
func (c *converter) failf(format string, args ...any) {
	if c.failed == "" {
		c.failed = fmt.Sprintf(format, args...)
	}
}

// enter goes one level deeper; false when that is too deep. Leave must be called in any
// case.
func (c *converter) enter() bool {
	c.depth++
	if c.depth > convertMaxDepth {
		c.failf("the statement is nested deeper than %d", convertMaxDepth)
	}
	return c.failed == ""
}

func (c *converter) leave() { c.depth-- }

// isCTE reports whether a name is that of a CTE in scope. A qualified name never is.
func (c *converter) isCTE(n dialect.Name) bool {
	if n.Schema != "" {
		return false
	}
	hidden := false
	for s := c.scope; s != nil; s = s.outer {
		i := slices.IndexFunc(s.names, func(name string) bool { return nameFold(name) == nameFold(n.Name) })
		switch {
		case i < 0:
			continue
		case s.names[i] != n.Name:
			// Servers differ in whether it is the CTE or a table.
			c.failf("the name of a CTE stands in other letters")
		case i < s.visible && hidden:
			// The neutral model has all names of a WITH visible, and would take the
			// nearer one.
			c.failf("a WITH has the name of a CTE that its queries use")
		case i < s.visible:
			return true
		case s.recursive:
			// MariaDB has all names of a RECURSIVE visible, MySQL those up to its own.
			c.failf("a query of a WITH RECURSIVE has the name of one behind it")
		}
		hidden = true
	}
	return false
}

// noted adds a key to one of the converter's sets; false when it was there.
func noted(set *map[string]struct{}, key string) bool {
	if _, is := (*set)[key]; is {
		return false
	}
	if *set == nil {
		*set = make(map[string]struct{})
	}
	(*set)[key] = struct{}{}
	return true
}

// read notes a table that rows are read from.
func (c *converter) read(n dialect.Name) {
	if noted(&c.reads, n.Schema+"\x00"+n.Name) {
		c.st.Reads = append(c.st.Reads, n)
	}
}

// write notes a table that is written.
func (c *converter) write(n dialect.Name) {
	if noted(&c.writes, n.Schema+"\x00"+n.Name) {
		c.st.Writes = append(c.st.Writes, n)
	}
}

// function notes a function of the database's own whose name another may have.
func (c *converter) function(name string) {
	if noted(&c.functions, name) {
		c.st.Functions = append(c.st.Functions, name)
	}
}

// foreign notes a function that the dialect does not know.
func (c *converter) foreign(name string) {
	if noted(&c.foreigns, name) {
		c.st.Foreigns = append(c.st.Foreigns, name)
	}
	if c.st.Foreign == "" {
		c.st.Foreign = name
	}
}

// volatile notes why the result is no pure function of rows and arguments.
func (c *converter) volatile(why string) {
	if c.st.Volatile == "" {
		c.st.Volatile = why
	}
}

// incomplete leaves of a statement what it reads, writes and calls.
func (c *converter) incomplete(why string) {
	if c.st.Incomplete == "" {
		c.st.Incomplete = why
	}
	c.volatile(why)
	c.st.Query, c.st.Insert, c.st.Update, c.st.Delete = nil, nil, nil, nil
}

// unknown makes the statement one that nothing is known of, so that it may commit.
func (c *converter) unknown(why string) {
	c.st.Kind, c.st.Taint, c.st.Commits = dialect.KindUnknown, dialect.TaintAll, true
	c.incomplete(why)
}
