package postgres

import (
	"slices"
	"strconv"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// PostgreSQL gives a parameter the type of what it is first used with, and that
// type holds for every other place where it stands: with
//
//	day = $1 OR created_at = $1
//
// the second is compared with a date, whatever the argument. So what a parameter
// is compared as is known only if all its uses agree.

// convertParams are the uses of the parameters of one statement.
type convertParams struct {
	uses map[int]*convertUses
	// aliases are the names that the text gives to columns and sources: a
	// reference to one may mean something of any type.
	aliases map[string]bool
}

// convertUses are the uses of one parameter.
type convertUses struct {
	count int
	nodes []*dialect.Param
	// columns are the names of the columns that it is compared with.
	columns []string
	// single is true where it is compared as a value, array where as an array.
	single, array bool
	cast          convertCast
	mixed         bool
}

// convertPlace is where a parameter stands.
type convertPlace struct {
	// column is the name of the column that it is compared with, empty if there
	// is none.
	column string
	cast   convertCast
	// array is true where it is the array of values of an ANY.
	array bool
	// null is true where it stands before IS NULL, which asks for no type.
	null bool
}

// alias notes names that the text gives; empty ones are no names.
func (p *convertParams) alias(names ...string) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if p.aliases == nil {
			p.aliases = make(map[string]bool)
		}
		p.aliases[name] = true
	}
}

// param converts a parameter.
func (c *converter) param(n *ast.ParamRef, at convertPlace) *dialect.Param {
	number := int(n.GetNumber())
	if number < 1 || number > tokMaxParam {
		c.failf("a parameter's number is not between 1 and %d", tokMaxParam)
	}
	param := &dialect.Param{Index: number, Whole: at.cast == castWhole, As: at.cast.compared()}
	if c.params.uses == nil {
		c.params.uses = make(map[int]*convertUses)
	}
	u := c.params.uses[number]
	if u == nil {
		u = &convertUses{}
		c.params.uses[number] = u
	}
	u.count++
	u.nodes = append(u.nodes, param)
	switch {
	case at.null:
	case at.column == "" && at.cast == castNone, at.cast == castOther:
		u.mixed = true
	default:
		if at.column != "" && !slices.Contains(u.columns, at.column) {
			u.columns = append(u.columns, at.column)
		}
		u.array, u.single = u.array || at.array, u.single || !at.array
		if at.cast != castNone {
			u.mixed = u.mixed || u.cast != castNone && u.cast != at.cast
			u.cast = at.cast
		}
	}
	return param
}

// settleParams tells the parameters that are used more than once.
func (c *converter) settleParams() {
	counts := make(map[int]int)
	for _, t := range c.toks {
		if t.kind == tokParam {
			if n, err := strconv.Atoi(c.text[t.pos+1 : t.end]); err == nil {
				counts[n]++
			}
		}
	}
	for number, u := range c.params.uses {
		count := max(u.count, counts[number])
		if count < 2 {
			continue
		}
		mixed := u.mixed || u.count != count || u.array && u.single ||
			slices.ContainsFunc(u.columns, func(name string) bool { return c.params.aliases[name] })
		slices.Sort(u.columns)
		for _, p := range u.nodes {
			if p.Mixed = mixed; !mixed {
				p.Beside = u.columns
			}
			p.Whole = p.Whole || u.cast == castWhole
			if p.As == "" {
				p.As = u.cast.compared()
			}
		}
	}
}

// paramsIn returns the parameters in a piece of the text, in its order.
func (c *converter) paramsIn(pos, end int) (params []dialect.ParamRef) {
	for _, t := range c.toks {
		if t.kind != tokParam || int(t.pos) < pos || int(t.end) > end {
			continue
		}
		n, err := strconv.Atoi(c.text[t.pos+1 : t.end])
		if err != nil {
			c.failf("the number of a parameter is not understood")
		}
		params = append(params, dialect.ParamRef{Param: dialect.Param{Index: n}, Pos: int(t.pos), End: int(t.end)})
	}
	return params
}

// clause returns a piece of the text with its parameters.
func (c *converter) clause(pos, end int) dialect.Clause {
	return dialect.Clause{Span: dialect.Span{Pos: pos, End: end}, Params: c.paramsIn(pos, end)}
}
