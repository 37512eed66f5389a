package sqlite

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertMaxDepth bounds the depth of the tree that is converted, and so of
// the neutral tree: whoever walks that one needs no bound of his own. A long
// chain of operators makes a deep tree without any parentheses. SQLite refuses
// expressions deeper than 1000 by default; chains of AND and OR, which count
// as one level here, as well.
const convertMaxDepth = 1000

// convertMaxSources bounds the sources of one FROM. SQLite's limit is 64.
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
	params   []dialect.ParamRef

	reads, writes, foreigns map[string]struct{}

	// failed says what could not be converted. The result is thrown away then,
	// so that what goes on after it does not matter.
	failed string
}

// convertScope holds the names of one WITH clause.
type convertScope struct {
	outer *convertScope
	names []string // folded and sorted
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
	folded := nameFold(n.Name)
	for s := c.scope; s != nil; s = s.outer {
		if _, found := slices.BinarySearch(s.names, folded); found {
			return true
		}
	}
	return false
}

// volatile notes why the statement is no pure function; the first reason wins.
func (c *converter) volatile(why string) {
	if c.st.Volatile == "" {
		c.st.Volatile = why
	}
}

// foreign notes a function that is not known, by its folded name.
func (c *converter) foreign(name string) {
	if name == "" {
		name = `""` // a name of no letters is one, too
	}
	if c.st.Foreign == "" {
		c.st.Foreign = name
	}
	if convertSeen(&c.foreigns, name) {
		return
	}
	c.st.Foreigns = append(c.st.Foreigns, name)
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

func convertNameKey(n dialect.Name) string {
	return nameFold(n.Schema) + "\x00" + nameFold(n.Name)
}

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

// table notes that rows of a table are read. SQLite's own tables hold the
// schema or statistics, which no write invalidates.
func (c *converter) table(n dialect.Name) {
	c.read(n)
	if why := functionSystemTable(n.Name); why != "" {
		c.volatile(why)
	}
}

func convertName(n *ast.QualifiedName) dialect.Name {
	if n == nil || n.Name == nil {
		return dialect.Name{}
	}
	if n.Schema == nil {
		return dialect.Name{Name: n.Name.Name}
	}
	return dialect.Name{Schema: n.Schema.Name, Name: n.Name.Name}
}

func convertIdent(id *ast.Ident) string {
	if id == nil {
		return ""
	}
	return id.Name
}

func convertIdents(list []*ast.Ident) []string {
	if len(list) == 0 {
		return nil
	}
	names := make([]string, len(list))
	for i, id := range list {
		names[i] = id.Name
	}
	return names
}
