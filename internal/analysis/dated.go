package analysis

import (
	"github.com/cacheops/cacheops/dialect"
)

// WhyDated says why a call whose arguments are [Plan.Dated] is not cached.
const WhyDated = "an argument may be a date that changes with time"

// tellDates finds the parameters that the database surely takes for something else
// than a date: those that a term compares with a column of another type. Where such a
// parameter is used more than once its columns are all of that type, or there would be
// no term.
func (p *Plan) tellDates() {
	dates, ok := p.dialect.(dialect.DateChecker)
	if !ok || p.Statement.Params == 0 && !p.Statement.NamedParams {
		return
	}
	p.dates, p.undated = dates, make([]bool, p.Statement.Params)
	dated := make([]bool, p.Statement.Params)
	for i := range p.Read.deps {
		for _, c := range p.Read.deps[i].conjs {
			for j := range c {
				t := &c[j]
				if t.param == nil || t.param.Index < 1 || t.param.Index > len(dated) {
					continue
				}
				at := t.param.Index - 1
				dated[at] = dated[at] || dates.DatedColumn(t.column)
				p.undated[at] = !dated[at]
			}
		}
	}
}

// Dated reports whether an argument of a read may be a date that changes with time:
// its result may be another one tomorrow, although no row has changed.
func (p *Plan) Dated(args Args) bool {
	if p.dates == nil {
		return false
	}
	for i := range args {
		a := &args[i]
		if a.Name == "" && a.Ordinal >= 1 && a.Ordinal <= len(p.undated) && p.undated[a.Ordinal-1] {
			continue
		}
		if p.dates.Dated(a.Value) {
			return true
		}
	}
	return false
}
