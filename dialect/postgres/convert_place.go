package postgres

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// The parser says where a thing begins, and not where it ends. So the clauses of
// a write are looked up among the tokens: outside of all parentheses stand only
// the words that begin one.

// convertPlaces are the places of the clauses of an UPDATE or DELETE.
type convertPlaces struct {
	target, with           dialect.Span
	set, from, using       dialect.Clause
	where, returning       dialect.Clause
	hasWhere, hasReturning bool
}

// tokenAt returns the token that begins at a place, -1 if there is none.
func (c *converter) tokenAt(pos int) int {
	i, found := slices.BinarySearchFunc(c.toks, pos, func(t tok, pos int) int { return int(t.pos) - pos })
	if !found {
		return -1
	}
	return i
}

// kind returns the kind of a token; a semicolon past the ends.
func (c *converter) kind(i int) tokKind {
	if i < 0 || i >= len(c.toks) {
		return tokSemi
	}
	return c.toks[i].kind
}

// isWord reports whether a token is the given word.
func (c *converter) isWord(i int, lower string) bool {
	return c.kind(i) == tokWord && tokFoldEqual(c.text[c.toks[i].pos:c.toks[i].end], lower)
}

func (c *converter) isName(i int) bool { return c.kind(i) == tokWord || c.kind(i) == tokQuoted }

// targetTokens returns the tokens of a write's target with its alias, [from, to).
func (c *converter) targetTokens(r *ast.RangeVar) (from, to int) {
	from = c.tokenAt(int(r.GetLocation()))
	if !c.isName(from) {
		c.failf("the target of a write is not where it should be")
		return 0, 0
	}
	to = from + 1
	for c.kind(to) == tokDot && c.isName(to+1) {
		to += 2
	}
	if !r.GetInh() { // ONLY t, ONLY (t)
		if c.kind(from-1) == tokLP && c.kind(to) == tokRP {
			from, to = from-1, to+1
		}
		if from--; !c.isWord(from, "only") {
			c.failf("ONLY is not where it should be")
			return 0, 0
		}
	} else if c.kind(to) == tokOp && c.text[c.toks[to].pos:c.toks[to].end] == "*" {
		to++
	}
	if alias := r.GetAlias().GetAliasname(); alias != "" {
		if c.isWord(to, "as") {
			to++
		}
		if !c.isName(to) || c.kind(to) == tokWord && tokUnquote(c.text[c.toks[to].pos:c.toks[to].end]) != alias {
			c.failf("the alias of a write's target is not where it should be")
			return 0, 0
		}
		to++
	}
	return from, to
}

// span returns the piece of the text of the tokens [from, to).
func (c *converter) span(from, to int) dialect.Span {
	if from < 0 || from >= to || to > len(c.toks) {
		c.failf("a clause is not where it should be")
		return dialect.Span{}
	}
	return dialect.Span{Pos: int(c.toks[from].pos), End: int(c.toks[to-1].end)}
}

// clauseOf returns the piece of the text of the tokens [from, to), with its parameters.
func (c *converter) clauseOf(from, to int) dialect.Clause {
	s := c.span(from, to)
	return c.clause(s.Pos, s.End)
}

// withText returns the place of a WITH clause before the verb that stands at a
// token.
func (c *converter) withText(n *ast.WithClause, verb int) dialect.Span {
	if n == nil {
		return dialect.Span{}
	}
	return c.span(c.tokenAt(int(n.GetLocation())), verb)
}

// places finds the clauses of an UPDATE or DELETE. Before is the word that stands
// before the target.
func (c *converter) places(r *ast.RangeVar, with *ast.WithClause, before string) *convertPlaces {
	p := &convertPlaces{}
	from, to := c.targetTokens(r)
	if c.failed != "" {
		return p
	}
	p.target = c.span(from, to)
	verb := from - 1
	if !c.isWord(verb, before) || before == "from" && !c.isWord(verb-1, "delete") {
		c.failf("the verb of a write is not where it should be")
		return p
	}
	if before == "from" {
		verb--
	}
	p.with = c.withText(with, verb)
	if before == "update" && !c.isWord(to, "set") {
		c.failf("SET is not where it should be")
		return p
	}
	c.clauses(p, to)
	return p
}

// clauses finds the clauses behind the target, the tokens of which end at one.
func (c *converter) clauses(p *convertPlaces, to int) {
	start, clause := -1, ""
	finish := func(end int) {
		switch clause {
		case "set":
			p.set = c.clauseOf(start, end)
		case "from":
			p.from = c.clauseOf(start, end)
		case "using":
			p.using = c.clauseOf(start, end)
		case "where":
			p.where, p.hasWhere = c.clauseOf(start, end), true
		case "returning":
			p.returning, p.hasReturning = c.clauseOf(start, end), true
		}
	}
	depth := 0
	for i := to; i < len(c.toks); i++ {
		switch c.toks[i].kind {
		case tokLP, tokLB:
			depth++
		case tokRP, tokRB:
			depth--
		case tokWord:
			if depth > 0 || c.kind(i-1) == tokDot || clause == "returning" {
				continue
			}
			word := nameLower(c.text[c.toks[i].pos:c.toks[i].end])
			switch {
			case word == "set" && i == to,
				word == "from" && clause == "set" && !c.isWord(i-1, "distinct"),
				word == "using" && i == to,
				word == "where" && clause != "where",
				word == "returning":
				finish(i)
				start, clause = i+1, word
			}
		default:
		}
	}
	finish(len(c.toks))
}

// condition notes the texts that tell the rows of an UPDATE or DELETE.
func (c *converter) condition(cond *dialect.Condition, p *convertPlaces, where, returning bool) {
	if c.failed != "" {
		return
	}
	if p.hasWhere != where || p.hasReturning != returning {
		c.failf("a clause of a write is not where it should be")
		return
	}
	cond.WherePos, cond.WhereEnd, cond.WhereParams = p.where.Pos, p.where.End, p.where.Params
	cond.TargetPos, cond.TargetEnd = p.target.Pos, p.target.End
	if p.with.End > 0 {
		cond.WithText = c.clause(p.with.Pos, p.with.End)
	}
	cond.Returns = p.returning
}

// convertMaxCells bounds the values of an upsert that are noted.
const convertMaxCells = 1 << 14

// insertPlaces sees that the RETURNING of an INSERT is the last thing in its text, and
// finds the values of an upsert's rows. Values is nil where there is no VALUES.
func (c *converter) insertPlaces(n *ast.InsertStmt, ins *dialect.Insert, values *ast.SelectStmt) {
	_, to := c.targetTokens(n.GetRelation())
	if c.failed != "" {
		return
	}
	if c.kind(to) == tokLP && len(n.GetCols()) > 0 {
		to = c.closing(to) + 1
	}
	if ins.Returning && !c.hasReturning(to) {
		c.failf("a RETURNING is not where it should be")
		return
	}
	if !ins.Upsert || values == nil || len(ins.Target) == 0 && ins.OnConstraint == "" {
		return
	}
	cells := 0
	for _, row := range values.GetValuesLists() {
		cells += len(row.GetList().GetItems())
	}
	if cells > convertMaxCells {
		ins.Target, ins.OnConstraint = nil, ""
		return // too much to keep with the plan
	}
	if c.isWord(to, "overriding") {
		to += 3
	}
	if !c.isWord(to, "values") {
		return // in parentheses, perhaps
	}
	ins.Values = c.cells(to+1, values)
	ins.ValueParams = c.paramsIn(0, len(c.text))
}

// hasReturning reports whether the word RETURNING stands outside of all parentheses, at
// a token or behind it, with something behind it.
func (c *converter) hasReturning(from int) bool {
	depth := 0
	for i := from; i < len(c.toks); i++ {
		switch c.toks[i].kind {
		case tokLP, tokLB:
			depth++
		case tokRP, tokRB:
			depth--
		case tokWord:
			if depth == 0 && c.isWord(i, "returning") && c.kind(i-1) != tokDot {
				return i+1 < len(c.toks)
			}
		default:
		}
	}
	return false
}

// closing returns the token that closes the parenthesis at a token.
func (c *converter) closing(i int) int {
	depth := 0
	for ; i < len(c.toks); i++ {
		switch c.toks[i].kind {
		case tokLP, tokLB:
			depth++
		case tokRP, tokRB:
			if depth--; depth == 0 {
				return i
			}
		default:
		}
	}
	c.failf("a parenthesis is not closed")
	return len(c.toks)
}

// cells returns the places of the values of each row, the first of which begins
// at a token; nil where they are not where they should be.
func (c *converter) cells(i int, values *ast.SelectStmt) [][]dialect.Span {
	var rows [][]dialect.Span
	for n, row := range values.GetValuesLists() {
		if n > 0 {
			if c.kind(i) != tokComma {
				return nil
			}
			i++
		}
		if c.kind(i) != tokLP {
			return nil
		}
		end := c.closing(i)
		items := row.GetList().GetItems()
		var spans []dialect.Span
		start, depth := i+1, 0
		for j := i + 1; j <= end; j++ {
			switch c.kind(j) {
			case tokLP, tokLB:
				depth++
				continue
			case tokRP, tokRB:
				if depth > 0 {
					depth--
					continue
				}
			case tokComma:
				if depth > 0 {
					continue
				}
			default:
				continue
			}
			if len(spans) == len(items) {
				return nil
			}
			span := c.span(start, j)
			if !convertConstant(items[len(spans)]) {
				span = dialect.Span{}
			}
			spans = append(spans, span)
			start = j + 1
		}
		if len(spans) != len(items) {
			return nil
		}
		rows = append(rows, spans)
		i = end + 1
	}
	return rows
}

// convertConstant reports whether an expression is a literal or a parameter, cast
// to a type of PostgreSQL's own or not: the same wherever it stands.
func convertConstant(n *ast.Node) bool {
	switch e := n.GetNode().(type) {
	case *ast.Node_ParamRef:
		return true
	case *ast.Node_AConst:
		return e.AConst.GetSval() == nil || !functionDateWord(e.AConst.GetSval().GetSval())
	case *ast.Node_TypeCast:
		schema, name, ok := convertLast(e.TypeCast.GetTypeName().GetNames())
		return ok && (schema == "" || schema == "pg_catalog") && functionTypes[name] && e.TypeCast.GetArg().GetTypeCast() == nil && convertConstant(e.TypeCast.GetArg())
	}
	return false
}
