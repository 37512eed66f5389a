package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// The parser says of few nodes where they stand. So the clauses of a write are looked up
// among the tokens: outside of all parentheses the words that begin one stand nowhere
// else, unless behind a point. Where what is found is not what the parser found, nothing
// is said of places: such a write has no images.

// convertPlaces are the places of the clauses of an UPDATE or DELETE.
type convertPlaces struct {
	with, target dialect.Span
	set, where   dialect.Clause
	tail         dialect.Clause // ORDER BY and LIMIT
}

// isWord reports whether a token is the given word.
func (c *converter) isWord(i int, lower string) bool {
	return i >= 0 && i < len(c.toks) && c.toks[i].kind == tokWord && tokFoldEqual(c.toks[i].in(c.text), lower)
}

// isOp reports whether a token is the given operator of one byte.
func (c *converter) isOp(i int, op byte) bool {
	return i >= 0 && i < len(c.toks) && c.toks[i].is(c.text, op)
}

// isNamed reports whether a token is the given name.
func (c *converter) isNamed(i int, name string) bool {
	if i < 0 || i >= len(c.toks) {
		return false
	}
	t := c.toks[i]
	return (t.kind == tokWord || t.kind == tokQuoted) && tokUnquote(t.in(c.text)) == name
}

// closing returns the token that closes the parenthesis at a token; the number of tokens
// where none does.
func (c *converter) closing(i int) int {
	depth := 0
	for ; i < len(c.toks); i++ {
		switch {
		case c.isOp(i, '('):
			depth++
		case c.isOp(i, ')'):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}

// writeEnd returns the token behind the last one of a write, its RETURNING aside.
func (c *converter) writeEnd() int {
	end := len(c.toks)
	if c.returns.End > 0 {
		for end > 0 && int(c.toks[end-1].pos) >= c.returns.Pos {
			end--
		}
		end-- // the word
	}
	return end
}

// clauseOf returns the piece of the text of the tokens [from, to), with its parameters;
// none where there are no tokens.
func (c *converter) clauseOf(from, to int) dialect.Clause {
	if from < 0 || from >= to || to > len(c.toks) {
		return dialect.Clause{}
	}
	clause := dialect.Clause{Span: dialect.Span{Pos: int(c.toks[from].pos), End: int(c.toks[to-1].end)}}
	clause.Params = c.paramsIn(clause.Pos, clause.End)
	return clause
}

// paramsIn returns the parameters in a piece of the text. They have the numbers of their
// order in the whole text.
func (c *converter) paramsIn(pos, end int) (params []dialect.ParamRef) {
	index := 0
	for _, t := range c.toks {
		if t.kind != tokParam {
			continue
		}
		index++
		if int(t.pos) >= pos && int(t.end) <= end {
			params = append(params, dialect.ParamRef{Param: dialect.Param{Index: index}, Pos: int(t.pos), End: int(t.end)})
		}
	}
	return params
}

// targetTokens returns the token behind the target of a write with its alias and its
// hints for indexes, which begins at token i; -1 where it is not what the parser found.
func (c *converter) targetTokens(i int, t *convertTarget) int {
	name := t.table
	if name.Schema.O != "" {
		if !c.isNamed(i, name.Schema.O) || !c.isOp(i+1, '.') {
			return -1
		}
		i += 2
	}
	if !c.isNamed(i, name.Name.O) {
		return -1
	}
	i++
	if len(name.PartitionNames) > 0 {
		if !c.isWord(i, "partition") || !c.isOp(i+1, '(') {
			return -1
		}
		i = c.closing(i+1) + 1
	}
	if t.alias != "" {
		if c.isWord(i, "as") {
			i++
		}
		if !c.isNamed(i, t.alias) {
			return -1
		}
		i++
	}
	if len(name.IndexHints) > 0 {
		for i < len(c.toks) && !c.isWord(i, "set") && !c.isWord(i, "where") {
			i++ // their names are in parentheses
		}
	}
	return i
}

// places finds the clauses of an UPDATE or DELETE of one table; nil where they are not
// what the parser found. Sets is the number of assignments.
func (c *converter) places(verb string, t *convertTarget, where, order, limit bool, sets int) *convertPlaces {
	if c.noPlaces || c.failed != "" {
		return nil
	}
	p := &convertPlaces{}
	i := 0
	if c.isWord(0, "with") {
		for i < len(c.toks) && !c.isWord(i, verb) {
			if c.isOp(i, '(') {
				i = c.closing(i)
			}
			i++
		}
		p.with = c.clauseOf(0, i).Span
	}
	if !c.isWord(i, verb) {
		return nil
	}
	for i++; c.isWord(i, "low_priority") || c.isWord(i, "ignore") || verb == "delete" && c.isWord(i, "quick"); {
		i++
	}
	if verb == "delete" {
		if !c.isWord(i, "from") {
			return nil
		}
		i++
	}
	to := c.targetTokens(i, t)
	if to < 0 {
		return nil
	}
	p.target = c.clauseOf(i, to).Span
	if !c.clauses(p, to, where, order, limit, sets) {
		return nil
	}
	return p
}

// clauses finds the clauses behind the target, the tokens of which end at one; false
// where they are not what the parser found.
func (c *converter) clauses(p *convertPlaces, to int, where, order, limit bool, sets int) bool {
	end := c.writeEnd()
	if sets > 0 {
		if !c.isWord(to, "set") {
			return false
		}
		to++
	}
	// Where each clause begins; the end where it is not there.
	at := [...]int{end, end, end}
	commas, depth := 0, 0
	for i := to; i < end; i++ {
		switch {
		case c.isOp(i, '('):
			depth++
		case c.isOp(i, ')'):
			depth--
		case depth > 0 || c.isOp(i-1, '.'):
		case c.isOp(i, ',') && at == [...]int{end, end, end}:
			commas++
		default:
			for n, word := range [...]string{"where", "order", "limit"} {
				if !c.isWord(i, word) {
					continue
				}
				if at[n] != end {
					return false
				}
				at[n] = i
			}
		}
	}
	if (at[0] < end) != where || (at[1] < end) != order || (at[2] < end) != limit || depth != 0 {
		return false
	}
	tail := min(at[1], at[2])
	first := min(at[0], tail)
	if at[1] > at[2] && order || at[0] > tail && where || sets > 0 && commas+1 != sets || sets == 0 && first != to {
		return false
	}
	p.set, p.where, p.tail = c.clauseOf(to, first), c.clauseOf(at[0]+1, tail), c.clauseOf(tail, end)
	return (p.set.End > 0) == (sets > 0) && (p.where.End > 0) == where
}

// condition notes the texts that tell the rows of an UPDATE or DELETE.
func (c *converter) condition(cond *dialect.Condition, p *convertPlaces) {
	if p == nil {
		return
	}
	cond.WherePos, cond.WhereEnd, cond.WhereParams = p.where.Pos, p.where.End, p.where.Params
	cond.TargetPos, cond.TargetEnd = p.target.Pos, p.target.End
	if p.with.End > 0 {
		cond.WithText = dialect.Clause{Span: p.with, Params: c.paramsIn(p.with.Pos, p.with.End)}
	}
	cond.Tail, cond.Returns = p.tail, c.returns
}

// convertMaxCells bounds the values of an INSERT that are noted.
const convertMaxCells = 1 << 14

// insertPlaces finds the values of the rows of an INSERT. They are left out where they are
// not what the parser found, or too many to be kept with the plan.
func (c *converter) insertPlaces(n *ast.InsertStmt, ins *dialect.Insert) {
	cells := 0
	for _, row := range n.Lists {
		cells += len(row) + 1
	}
	if c.noPlaces || c.failed != "" || cells == 0 || cells > convertMaxCells {
		return
	}
	i := 1
	for c.isWord(i, "low_priority") || c.isWord(i, "high_priority") || c.isWord(i, "delayed") || c.isWord(i, "ignore") {
		i++
	}
	if c.isWord(i, "into") {
		i++
	}
	if i = c.targetTokens(i, convertSingle(n.Table)); i < 0 {
		return
	}
	if len(n.PartitionNames) > 0 {
		if !c.isWord(i, "partition") || !c.isOp(i+1, '(') {
			return
		}
		i = c.closing(i+1) + 1
	}
	var values [][]dialect.Span
	if n.Setlist {
		values = c.setCells(i, n)
	} else {
		if c.isOp(i, '(') {
			i = c.closing(i) + 1
		}
		if c.isWord(i, "values") || c.isWord(i, "value") {
			values = c.rowCells(i+1, n.Lists)
		}
	}
	if values != nil {
		ins.Values, ins.ValueParams = values, c.paramsIn(0, len(c.text))
	}
}

// rowCells returns the places of the values of each row, the first of which begins at a
// token; nil where they are not where they should be.
func (c *converter) rowCells(i int, lists [][]ast.ExprNode) [][]dialect.Span {
	var rows [][]dialect.Span
	for n, row := range lists {
		if n > 0 {
			if !c.isOp(i, ',') {
				return nil
			}
			i++
		}
		if !c.isOp(i, '(') {
			return nil
		}
		end := c.closing(i)
		spans, ok := c.cells(i+1, end, row)
		if !ok {
			return nil
		}
		rows = append(rows, spans)
		i = end + 1
	}
	if i < c.writeEnd() && !c.isWord(i, "on") && !c.isWord(i, "as") {
		return nil
	}
	return rows
}

// constant returns the place of a literal or a parameter, that of the tokens [from, to);
// the zero Span for any other expression, and for a text with its character set before it.
func (c *converter) constant(e ast.ExprNode, from, to int) dialect.Span {
	word := from < len(c.toks) && c.toks[from].kind == tokWord
	if !convertConstant(e) || word && !c.isWord(from, "null") && !c.isWord(from, "true") && !c.isWord(from, "false") {
		return dialect.Span{}
	}
	return c.clauseOf(from, to).Span
}

// cells returns the places of the values that stand, parted by commas, in the tokens
// [from, to). One that is neither a literal nor a parameter has the zero Span.
func (c *converter) cells(from, to int, row []ast.ExprNode) (spans []dialect.Span, ok bool) {
	spans = make([]dialect.Span, 0, len(row))
	if len(row) == 0 {
		return spans, from == to
	}
	depth, start := 0, from
	for i := from; i <= to && i <= len(c.toks); i++ {
		switch {
		case i < to && c.isOp(i, '('):
			depth++
		case i < to && c.isOp(i, ')'):
			depth--
		case i == to || c.isOp(i, ',') && depth == 0:
			if len(spans) == len(row) || start >= i {
				return nil, false
			}
			spans = append(spans, c.constant(row[len(spans)], start, i))
			start = i + 1
		}
	}
	return spans, len(spans) == len(row)
}

// isAssign reports whether a token is one of those that assign.
func (c *converter) isAssign(i int) bool {
	op := c.toks[i].in(c.text)
	return op == "=" || op == ":="
}

// valueEnd returns the token behind the value that begins at a token of INSERT ... SET.
func (c *converter) valueEnd(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch {
		case c.isOp(i, '('):
			depth++
		case c.isOp(i, ')'):
			depth--
		case depth > 0 || c.isOp(i-1, '.'):
		case c.isOp(i, ','), c.isWord(i, "on"), c.isWord(i, "as"):
			return i
		}
	}
	return end
}

// setCells returns the places of the values of INSERT ... SET, the word of which is at a
// token.
func (c *converter) setCells(i int, n *ast.InsertStmt) [][]dialect.Span {
	if !c.isWord(i, "set") || len(n.Lists) != 1 {
		return nil
	}
	spans := make([]dialect.Span, 0, len(n.Lists[0]))
	end := c.writeEnd()
	for k, e := range n.Lists[0] {
		for i++; c.isOp(i+1, '.'); i += 2 { // the column's table
		}
		if !c.isNamed(i, n.Columns[k].Name.O) || i+1 >= end || !c.isAssign(i+1) {
			return nil
		}
		start := i + 2
		i = c.valueEnd(start, end)
		spans = append(spans, c.constant(e, start, i))
		if k+1 < len(n.Lists[0]) && !c.isOp(i, ',') {
			return nil
		}
	}
	if i < end && !c.isWord(i, "on") && !c.isWord(i, "as") {
		return nil
	}
	return [][]dialect.Span{spans}
}
