package differential

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// bareConn is a connection to a database without a cache.
type bareConn struct {
	db *sql.DB
	*sql.Conn
}

func openBare(driverName, dsn string) (*bareConn, error) {
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &bareConn{db, conn}, nil
}

func (b *bareConn) close() {
	b.Conn.Close()
	b.db.Close()
}

// lawPlace is where changes are tried.
type lawPlace struct {
	flavour flavour
	dialect dialect.Dialect
	// open makes a database for a case, and end takes it away.
	open func(c *lawCase, dir string) (b *bareConn, end func() error, err error)
	// begin is run before the changes, each of which has a savepoint.
	begin string
	// column is how the images of a row are selected; nil where a write does not return
	// rows, so that those of the table before and after it are compared.
	column func(name string) string
	dir    string
}

func sqliteLaw() lawPlace {
	return lawPlace{
		flavour: sqliteFlavour{},
		dialect: sqlite.Dialect,
		open: func(*lawCase, string) (*bareConn, func() error, error) {
			b, err := openBare("sqlite", ":memory:?_pragma=foreign_keys(0)")
			return b, func() error { return nil }, err
		},
		column: func(name string) string { return "+" + name }, // an expression has no declared type to convert by
	}
}

// Query implements [dialect.Queryer].
func (b *bareConn) Query(ctx context.Context, text string, args ...driver.Value) ([][]driver.Value, error) {
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	rows, err := b.QueryContext(ctx, text, list...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]driver.Value
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]driver.Value, len(names))
		for i, v := range values {
			row[i] = v
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// lawQuery is a query with its dependency.
type lawQuery struct {
	*selection
	stmt *sql.Stmt
	base answer // before any change
	plan *analysis.Plan
	args analysis.Args
	deps []store.TableDep
}

// run tries every change against every query, and returns the first that is
// not noticed.
func (c *lawCase) run(at lawPlace, seen *lawTally) (f *failure, err error) {
	b, end, err := at.open(c, at.dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		b.close()
		if e := end(); err == nil {
			err = e
		}
	}()
	for _, text := range slices.Concat(c.schema, c.data) {
		_, _ = b.ExecContext(ctx, text) // what is refused is not there
	}
	cat, err := at.dialect.LoadCatalog(ctx, b)
	if err != nil {
		return nil, err
	}
	var count lawTally
	defer func() { seen.add(&count) }()
	queries := c.analyse(at, b, cat, &count)
	defer func() {
		for _, q := range queries {
			q.stmt.Close()
		}
	}()
	if at.begin != "" {
		if _, err := b.ExecContext(ctx, at.begin); err != nil {
			return nil, err
		}
	}
	for i := range c.changes {
		f, err := c.try(at, b, cat, queries, i, &count)
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// analyse binds the dependencies of the queries that may be cached.
func (c *lawCase) analyse(at lawPlace, b *bareConn, cat *dialect.Catalog, count *lawTally) (list []*lawQuery) {
	for i := range c.queries {
		q := &lawQuery{selection: &c.queries[i]}
		count.queries++
		var err error
		if q.stmt, err = b.PrepareContext(ctx, q.text); err != nil {
			count.refused++
			continue
		}
		q.base = collect(q.stmt.QueryContext(ctx, q.selection.args...))
		for j, v := range q.selection.args {
			if valuer, ok := v.(driver.Valuer); ok {
				v, _ = valuer.Value() // as database/sql does
			}
			q.args = append(q.args, driver.NamedValue{Ordinal: j + 1, Value: v})
		}
		q.plan = analysis.Make(at.dialect, at.dialect.Parse(q.text), cat, analysis.Options{})
		uncached := q.plan.Read == nil || q.plan.Read.Reason != ""
		if q.base.err != nil || q.base.rows > maxRows || uncached {
			if uncached {
				count.uncached++
			}
			q.stmt.Close()
			continue
		}
		q.deps = q.plan.Bind(q.args).Deps()
		list = append(list, q)
	}
	return list
}

// try makes one change, looks at every query, and takes the change back.
func (c *lawCase) try(at lawPlace, b *bareConn, cat *dialect.Catalog, queries []*lawQuery, index int, count *lawTally) (f *failure, err error) {
	ch := &c.changes[index]
	t := cat.Table(dialect.Name{Name: ch.table})
	if t == nil {
		return nil, nil
	}
	if _, err := b.ExecContext(ctx, "SAVEPOINT x"); err != nil {
		return nil, err
	}
	defer func() {
		for _, text := range []string{"ROLLBACK TO x", "RELEASE SAVEPOINT x"} {
			if _, e := b.ExecContext(ctx, text); err == nil && e != nil {
				err = e
			}
		}
	}()
	images, err := imagesOf(at, b, t, ch)
	if err != nil || len(images) == 0 {
		return nil, nil // refused, or there is no such row
	}
	for i, q := range queries {
		reads := len(t.Relatives) > 0 || slices.ContainsFunc(q.deps, func(d store.TableDep) bool { return d.Table == t.Key })
		if !reads && (i+index)%10 > 0 {
			continue // of queries on other tables a few are enough
		}
		count.pairs++
		after := collect(q.stmt.QueryContext(ctx, q.selection.args...))
		match, whole := q.matches(at, cat, t, images)
		switch {
		case unplanned(after.err), forgotten(after.err):
			// No row decides it: the plan for any arguments, which PostgreSQL comes to
			// after some calls, cannot be made where those for some can.
			return nil, nil
		case after.equal(&q.base):
			if !match {
				count.kept++
			}
			continue
		case !match:
			return &failure{
				what: fmt.Sprintf("%s %v\nthe change: %s\nimages: %v\n%s", q.text, q.selection.args, ch.text, images, strings.TrimSpace(q.plan.Describe(q.args).String())),
				got:  "no match; before the change " + q.base.String(), want: after.String(),
			}, nil
		}
		count.altered++
		if !whole {
			count.bound++
		}
		if after.err != nil && at.begin != "" {
			return nil, nil // the transaction answers nothing any more
		}
	}
	return nil, nil
}

// imagesOf makes a change and returns the row before and after it, with all
// its columns, as a writer takes them.
func imagesOf(at lawPlace, b *bareConn, t *dialect.Table, ch *change) ([][]driver.Value, error) {
	if at.column == nil {
		return differingRows(b, t, ch)
	}
	list := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		list[i] = at.column(c.Name)
	}
	columns := strings.Join(list, ", ")
	var images [][]driver.Value
	if ch.where != "" {
		before, err := b.Query(ctx, "SELECT "+columns+" FROM "+ch.table+" WHERE "+ch.where)
		if err != nil || len(before) == 0 {
			return nil, err
		}
		images = before
	}
	after, err := b.Query(ctx, ch.text+" RETURNING "+columns)
	if err != nil || strings.HasPrefix(ch.text, "DELETE") {
		return images, err
	}
	return append(images, after...), nil
}

// differingRows makes a change and returns the rows that the table had before it alone,
// and those that it has after it alone.
func differingRows(b *bareConn, t *dialect.Table, ch *change) (images [][]driver.Value, err error) {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + ch.table
	before, err := b.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if _, err := b.ExecContext(ctx, ch.text); err != nil {
		return nil, err
	}
	after, err := b.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	alone := func(rows, others [][]driver.Value) {
		text := func(row []driver.Value) (b []byte) {
			for _, v := range row {
				b = appendValue(b, v)
			}
			return b
		}
		for _, row := range rows {
			at := slices.IndexFunc(others, func(o []driver.Value) bool { return bytes.Equal(text(o), text(row)) })
			if at < 0 {
				images = append(images, row)
				continue
			}
			others = slices.Delete(slices.Clone(others), at, at+1) // rows may be alike
		}
	}
	alone(before, after)
	alone(after, before)
	return images, nil
}

// matches tells whether images of a table's row would drop the query, and
// whether it depends on all rows of the table.
func (q *lawQuery) matches(at lawPlace, cat *dialect.Catalog, t *dialect.Table, images [][]driver.Value) (match, whole bool) {
	empty := dependency.Conj(nil).Store()
	for i := range q.deps {
		if d := q.deps[i].Table; slices.ContainsFunc(t.Relatives, func(r *dialect.Table) bool { return r.Key == d }) || d == t.Key && t.NoImages != "" {
			return true, true // the writer takes its epoch
		}
		if q.deps[i].Table != t.Key {
			continue
		}
		conjs := q.deps[i].Conjs
		if slices.Contains(conjs, empty) {
			return true, true
		}
		schemes := make([]store.Scheme, 0, len(conjs))
		for _, c := range conjs {
			if !slices.Contains(schemes, c.Scheme) {
				schemes = append(schemes, c.Scheme)
			}
		}
		ev, ok := dependency.NewEvaluator(at.dialect, cat.Fold, t, schemes)
		if !ok {
			return true, false // the writer takes the table's epoch
		}
		for _, image := range images {
			row := make([]driver.Value, 0, len(ev.Columns()))
			for _, at := range ev.Columns() {
				row = append(row, image[at])
			}
			keys := make(map[string]struct{})
			if !ev.Keys(row, keys) {
				return true, false
			}
			for _, c := range conjs {
				if _, ok := keys[c.Key]; ok {
					return true, false
				}
			}
		}
	}
	return false, false
}
