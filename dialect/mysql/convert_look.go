package mysql

import "strings"

// convertLooked is what the tokens tell that the parser's tree does not.
type convertLooked struct {
	done   bool
	params []int32 // where the parameters stand, in their order
	pipes  bool    // there is a ||
}

// look looks through the tokens, once for each statement.
func (c *converter) look() {
	if c.looked.done {
		return
	}
	c.looked.done = true
	for i, t := range c.toks {
		switch t.kind {
		case tokParam:
			c.looked.params = append(c.looked.params, t.pos)
		case tokOp:
			switch c.text[t.pos:t.end] {
			case "||":
				c.looked.pipes = true
			case "{":
				// {d '...'} is a date, in letters of either case. The parser reads it in
				// one case only, and drops the word in the other. {OJ ...} is a join.
				if i+1 == len(c.toks) || !strings.EqualFold(c.text[c.toks[i+1].pos:c.toks[i+1].end], "oj") {
					c.failf("an ODBC escape")
				}
			}
		default:
		}
	}
	if i := strings.Index(c.text, "/*+"); i >= 0 && strings.Contains(strings.ToLower(c.text[i:]), "set_var") {
		// The parser knows not all that stands in hints.
		c.volatile("SET_VAR changes settings of the session")
	}
}
