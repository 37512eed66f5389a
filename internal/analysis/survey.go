package analysis

import (
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// maxNodes bounds the expressions and sources of one statement with the views
// it reads. Beyond it a read is not cached: the analysis must not cost more
// than the query.
const maxNodes = 200_000

// survey is what a query holds, wherever it stands in it.
type survey struct {
	// tables are the names in FROM, those of CTEs left out.
	tables []dialect.Name
	// functions are the table functions.
	functions []dialect.Name
	// subquery is true when a query stands inside the query, other than a list
	// of constants.
	subquery bool
	// truthName is true when a column of a result or of a CTE is named true or
	// false, so that the bare words may mean it.
	truthName bool
	limited   bool // there is a LIMIT
	nodes     int
	// columns collects what references to columns may mean, where it is not nil.
	columns *attributes
}

// surveyFor makes a survey of a query against a catalog.
func surveyFor(cat *dialect.Catalog) *survey {
	s := &survey{}
	if len(cat.Routines) > 0 || len(cat.SystemColumns) > 0 {
		s.columns = &attributes{}
	}
	return s
}

// over reports whether the bound was passed. The survey is incomplete then.
func (s *survey) over() bool { return s.nodes > maxNodes }

func (s *survey) query(q *dialect.Query) {
	if q == nil || s.count() {
		return
	}
	for i := range q.With {
		if s.columns != nil {
			s.columns.ctes = append(s.columns.ctes, &q.With[i])
		}
		s.named(q.With[i].Columns...)
		s.inner(q.With[i].Query)
	}
	for _, c := range q.Cores {
		s.core(c)
	}
	s.limited = s.limited || q.Limit != nil
	s.exprs(q.OrderBy)
	s.expr(q.Limit)
	s.expr(q.Offset)
}

// named notes the names of columns.
func (s *survey) named(list ...string) {
	for _, name := range list {
		s.truthName = s.truthName || strings.EqualFold(name, "true") || strings.EqualFold(name, "false")
	}
}

// inner is a query inside the query.
func (s *survey) inner(q *dialect.Query) {
	s.subquery = true
	s.query(q)
}

func (s *survey) core(c *dialect.Core) {
	if c == nil || s.count() {
		return
	}
	for i := range c.Columns {
		s.named(c.Columns[i].Alias)
		s.expr(c.Columns[i].Expr)
	}
	s.source(c.From)
	s.expr(c.Where)
	s.exprs(c.GroupBy)
	s.expr(c.Having)
	s.exprs(c.Windows)
	for _, row := range c.Values {
		s.exprs(row)
	}
}

func (s *survey) source(src dialect.Source) {
	if s.count() {
		return
	}
	if s.columns != nil {
		s.columns.sources = append(s.columns.sources, src)
	}
	switch src := src.(type) {
	case *dialect.TableSource:
		if !src.CTE {
			s.tables = append(s.tables, src.Name)
		}
	case *dialect.QuerySource:
		s.inner(src.Query)
	case *dialect.FunctionSource:
		s.functions = append(s.functions, src.Name)
		s.exprs(src.Args)
	case *dialect.Join:
		s.source(src.Left)
		s.source(src.Right)
		s.expr(src.On)
	}
}

func (s *survey) exprs(list []dialect.Expr) {
	for _, e := range list {
		s.expr(e)
	}
}

func (s *survey) expr(e dialect.Expr) {
	if e == nil || s.count() {
		return
	}
	switch e := e.(type) {
	case *dialect.ColumnRef:
		if s.columns != nil {
			s.columns.refs = append(s.columns.refs, e)
		}
	case *dialect.And:
		s.exprs(e.X)
	case *dialect.Or:
		s.exprs(e.X)
	case *dialect.Not:
		s.expr(e.X)
	case *dialect.Equal:
		s.expr(e.X)
		s.expr(e.Y)
	case *dialect.In:
		s.expr(e.X)
		s.exprs(e.List)
		if e.Query == nil {
			return
		}
		if _, ok := constantRows(e.Query); ok {
			s.query(e.Query)
		} else {
			s.inner(e.Query)
		}
	case *dialect.AnyOf:
		s.expr(e.X)
	case *dialect.IsNull:
		s.expr(e.X)
	case *dialect.IsTruth:
		s.expr(e.X)
	case *dialect.Row:
		s.exprs(e.X)
	case *dialect.Call:
		s.exprs(e.Args)
		s.exprs(e.Extra)
	case *dialect.Exists:
		s.inner(e.Query)
	case *dialect.Scalar:
		s.inner(e.Query)
	case *dialect.Opaque:
		s.exprs(e.Args)
		for _, q := range e.Queries {
			s.inner(q)
		}
	}
}

// count counts a node and reports whether the bound is passed.
func (s *survey) count() bool {
	s.nodes++
	return s.over()
}

// constantRows returns the rows of a query that is nothing but VALUES of
// literals and parameters. The rows of a compound are put together: whatever
// joins its parts, no other row can come out.
func constantRows(q *dialect.Query) ([][]dialect.Expr, bool) {
	if q == nil || len(q.With) > 0 || len(q.Cores) == 0 || len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil {
		return nil, false
	}
	var rows [][]dialect.Expr
	for _, c := range q.Cores {
		if c == nil || len(c.Values) == 0 || c.From != nil || c.Where != nil || len(c.Columns) > 0 {
			return nil, false
		}
		for _, row := range c.Values {
			for _, e := range row {
				if !isValue(e) {
					return nil, false
				}
			}
		}
		rows = append(rows, c.Values...)
	}
	return rows, true
}

// isValue reports whether an expression is a constant of a call.
func isValue(e dialect.Expr) bool {
	switch e.(type) {
	case *dialect.Literal, *dialect.Param:
		return true
	default:
		return false
	}
}
