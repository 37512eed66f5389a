package postgres

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertMaxDepth bounds the depth of the tree that is converted, and so of
// the neutral tree: whoever walks that one needs no bound of his own.
const convertMaxDepth = 1000

// convertMaxSources bounds the sources of one FROM.
const convertMaxSources = 256

// converter turns the parser's tree into the neutral model and notes on the
// way what the statement reads, writes and calls.
type converter struct {
	text string
	toks []tok
	st   *dialect.Statement

	scope    *convertScope // the WITH clauses around
	depth    int
	subquery bool // an expression holds a query
	writing  bool // a WITH holds a write
	params   convertParams

	reads, writes, foreigns, functions map[string]struct{}
	// attributes are the names that columns are called by behind a qualifier.
	attributes []string

	// failed says what could not be converted. The result is thrown away then,
	// so that what goes on after it does not matter.
	failed string
}

// convertScope holds the names of one WITH clause.
type convertScope struct {
	outer *convertScope
	names []string
	// visible is how many of the names, from the first, can be used. A WITH
	// without RECURSIVE shows each query only the names before its own.
	visible int
}

// failf gives up: the statement is judged by its tokens.
func (c *converter) failf(format string, args ...any) {
	if c.failed == "" {
		c.failed = fmt.Sprintf(format, args...)
	}
}

// enter goes one level deeper; false when that is too deep. Leave must be
// called in any case.
func (c *converter) enter() bool {
	c.depth++
	if c.depth > convertMaxDepth {
		c.failf("the statement is nested deeper than %d", convertMaxDepth)
	}
	return c.failed == ""
}

func (c *converter) leave() { c.depth-- }

// isCTE reports whether a name is that of a CTE in scope. A qualified name
// never is.
func (c *converter) isCTE(n dialect.Name) bool {
	if n.Schema != "" {
		return false
	}
	hidden := false
	for s := c.scope; s != nil; s = s.outer {
		i := slices.Index(s.names, n.Name)
		if i >= 0 && i < s.visible {
			if hidden {
				// The neutral model has all names of a WITH visible, and would
				// take the nearer one.
				c.failf("a WITH has the name of a CTE that its queries use")
			}
			return true
		}
		hidden = hidden || i >= 0
	}
	return false
}

// volatile notes why the statement is no pure function; the first reason wins.
func (c *converter) volatile(why string) {
	if c.st.Volatile == "" {
		c.st.Volatile = why
	}
}

// foreign notes a function, an operator or a type that is not known.
func (c *converter) foreign(name string) {
	if name == "" {
		name = `""`
	}
	if c.st.Foreign == "" {
		c.st.Foreign = name
	}
	if !convertSeen(&c.foreigns, name) {
		c.st.Foreigns = append(c.st.Foreigns, name)
	}
}

// function notes a function or an operator that is known, unless another one of
// its name is called.
func (c *converter) function(name string) {
	if !convertSeen(&c.functions, name) {
		c.st.Functions = append(c.st.Functions, name)
	}
}

// read notes a table that rows are read from, each once.
func (c *converter) read(n dialect.Name) {
	if !convertSeen(&c.reads, convertNameKey(n)) {
		c.st.Reads = append(c.st.Reads, n)
	}
}

// write notes a table that is written, each once.
func (c *converter) write(n dialect.Name) {
	if !convertSeen(&c.writes, convertNameKey(n)) {
		c.st.Writes = append(c.st.Writes, n)
	}
}

func convertNameKey(n dialect.Name) string { return n.Schema + "\x00" + n.Name }

// convertSeen adds a key to a set and reports whether it was there.
func convertSeen(set *map[string]struct{}, key string) bool {
	if _, ok := (*set)[key]; ok {
		return true
	}
	if *set == nil {
		*set = make(map[string]struct{})
	}
	(*set)[key] = struct{}{}
	return false
}

// table notes that rows of a table are read. PostgreSQL's own tables hold the
// schema or the state of the server, which no write invalidates.
func (c *converter) table(n dialect.Name) {
	c.read(n)
	c.volatile(functionSystemTable(n.Schema, n.Name))
}

// relation returns the name of a table. A name may say its database, which must
// be the one that the connection is to.
func (c *converter) relation(r *ast.RangeVar) dialect.Name {
	if r == nil || r.GetRelname() == "" {
		c.failf("a table has no name")
		return dialect.Name{}
	}
	return dialect.Name{Schema: r.GetSchemaname(), Name: r.GetRelname()}
}

// convertStrings returns the texts of a list of names, and whether it holds
// nothing else.
func convertStrings(list []*ast.Node) (names []string, ok bool) {
	for _, n := range list {
		s, is := n.GetNode().(*ast.Node_String_)
		if !is {
			return names, false
		}
		names = append(names, s.String_.GetSval())
	}
	return names, true
}

// convertLast returns the last two names of a list: a qualified name without a
// database before it. Ok is false where there are none, or more than three.
func convertLast(list []*ast.Node) (schema, name string, ok bool) {
	names, ok := convertStrings(list)
	n := len(names)
	if !ok || n < 1 || n > 3 {
		return "", "", false
	}
	if n > 1 {
		schema = names[n-2]
	}
	return schema, names[n-1], true
}
