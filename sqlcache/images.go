package sqlcache

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
)

// imageQueries are the queries for the images of one write and one set of
// columns, kept with the plan.
type imageQueries struct {
	columns []int
	queries *dialect.Images // nil: there are no images
}

// imagesOf returns the queries that collect the images of these columns.
func (c *conn) imagesOf(p *engine.Plan, t *dialect.Table, columns []int) *dialect.Images {
	if kept := p.Extra.Load(); kept != nil {
		if q, ok := (*kept).(*imageQueries); ok && slices.Equal(q.columns, columns) {
			return q.queries
		}
	}
	queries, reason := c.connector.cfg.Dialect.Images(p.Statement, t, columns)
	if reason != "" {
		queries = nil
	}
	var kept any = &imageQueries{columns: columns, queries: queries}
	p.Extra.Store(&kept)
	return queries
}

// imaged is a write whose images are collected. It runs inside a transaction
// that holds the write lock, so nothing comes between the images and the
// statement.
type imaged struct {
	conn     *conn
	real     *realConn
	plan     *engine.Plan
	write    *analysis.Write
	changes  *engine.Changes
	call     call
	wantRows bool // the program's statement has a RETURNING clause

	columns []int           // of the target's images
	queries *dialect.Images // for them
	room    int             // how many are kept
	unread  bool            // nobody reads the target
	cascade *cascade        // nil: there are no other rows to follow
}

// collectImages runs an INSERT, UPDATE or DELETE and collects the images of the
// rows it changes. Done is false when there can be no images and the statement
// was not run.
func (c *conn) collectImages(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (out outcome, done bool, err error) {
	im := &imaged{conn: c, real: real, plan: p, write: w, changes: changes, call: k, wantRows: wantRows}
	if ok, err := im.prepare(ctx); err != nil || !ok {
		return outcome{}, false, err
	}
	before, ok, err := im.before(ctx)
	switch {
	case err != nil:
		return outcome{}, false, c.survived(real, err)
	case !ok:
		return outcome{}, false, nil
	case len(before) == 0 && p.Statement.Kind == dialect.KindUpdate && !w.Check && !wantRows:
		res, err := c.bareExec(ctx, real, k) // no row matches, but let it run
		return outcome{result: res}, true, err
	case im.cascade != nil:
		if ok, err := im.cascade.follow(ctx, real, changes, before); err != nil || !ok {
			return outcome{}, false, c.survived(real, err)
		}
	}
	changes.AddImages(w.Target, im.columns, before, engine.Before)
	out, written, over, err := im.run(ctx)
	if err != nil {
		return outcome{}, true, err
	}
	if err := im.after(ctx, before, written, over); err != nil {
		return outcome{}, true, err
	}
	return out, true, nil
}

// prepare works out which columns of which tables the images need, and how to
// ask for them. False means that there are no images.
func (im *imaged) prepare(ctx context.Context) (ok bool, err error) {
	c, t := im.conn, im.write.Target
	im.columns, im.unread, ok, err = c.connector.handle.Schemes(ctx, t)
	if err != nil || !ok {
		return false, err
	}
	if len(im.write.Cascades) > 0 {
		im.cascade, err = c.newCascade(ctx, im.write, im.columns, im.unread)
	}
	switch {
	case err != nil, im.unread && im.cascade == nil:
		return false, err
	case im.write.Check, im.cascade != nil:
		im.columns = withName(im.columns)
	}
	im.queries = c.imagesOf(im.plan, t, im.columns)
	im.room = im.changes.Room(t)
	return im.queries != nil, nil
}

// before takes the images before the statement. False means that they cannot be
// had: there are too many, or the statement's arguments do not fit.
func (im *imaged) before(ctx context.Context) (rows [][]driver.Value, ok bool, err error) {
	if im.queries.Many != "" {
		// The database would keep all that the statement returns.
		many, err := im.real.Query(ctx, im.queries.Many, int64(im.room))
		if err != nil || len(many) > 0 {
			return nil, false, err
		}
	}
	if im.queries.Before == "" {
		return nil, true, nil
	}
	args, ok := bindParams(im.queries.BeforeParams, im.plan.Statement, im.call.args)
	if !ok {
		return nil, false, nil
	}
	rows, err = im.real.collect(ctx, im.queries.Before, args, im.room+1)
	return rows, 2*len(rows) <= im.room, err
}

// survived forgets the error of a query for images, which the statement will
// meet itself where it is about more than the query, unless it may have ended
// the transaction: then the statement would be committed by itself.
func (c *conn) survived(real *realConn, err error) error {
	txs := c.connector.cfg.Dialect.Transactions()
	switch {
	case err == nil:
		return nil
	case txs.ErrorFails: // nothing passes any more
		return err
	case !txs.ErrorMayEnd:
		return nil
	}
	if inside, asked := c.inTransaction(real); asked == nil && inside {
		return nil
	}
	return err
}

// run runs the statement for its images and for what the program wants of it:
// its own rows, or the numbers of a Result. With over there were more images
// than are kept.
func (im *imaged) run(ctx context.Context) (out outcome, written [][]driver.Value, over bool, err error) {
	k := call{text: im.queries.Write, args: im.call.args}
	if !im.wantRows {
		written, over, err = im.conn.returned(ctx, im.real, k, len(im.columns), im.room)
		if err == nil {
			out.result, err = im.conn.writeResult(ctx, im.real, im.queries.Result)
		}
		return out, written, over, err
	}
	k.prepared = im.call.prepared
	rows, err := im.real.queryKept(ctx, k)
	if err != nil {
		return outcome{}, nil, false, err
	}
	r, rest := result.Record(rows, result.Limits{Bytes: math.MaxInt})
	if r == nil {
		im.changes.AddWrite(im.write) // it may be done all the same
		out, err = im.conn.drain(rest)
		return out, nil, false, err
	}
	if r, written, err = r.Cut(len(im.columns)); err != nil {
		im.changes.AddWrite(im.write)
		return outcome{}, nil, false, err
	}
	return outcome{rows: r.Rows()}, written, len(written) > im.room, nil
}

// after takes the images after the statement. An error means that the
// transaction is over.
func (im *imaged) after(ctx context.Context, before, written [][]driver.Value, over bool) (err error) {
	t := im.write.Target
	// Whatever the query before the statement found, it is the statement that
	// tells which rows it changed.
	found := true
	switch {
	case im.write.Check, im.cascade != nil && im.queries.WriteIsBefore:
		found = !over && among(written, before)
	case im.cascade != nil: // by a condition on each row, but their names may be new
		found = !over && len(written) <= len(before)
	}
	if over || im.unread || !found {
		im.changes.AddEpochs(t)
	} else {
		im.changes.AddImages(t, im.columns, written, engine.When(!im.queries.WriteIsBefore))
	}
	if im.cascade != nil {
		err = im.cascade.finish(ctx, im.real, im.changes, found)
	} else {
		for i := range im.write.Cascades { // to tables that nobody reads
			im.changes.AddEpochs(im.write.Cascades[i].Child)
		}
	}
	im.changes.AddEpochs(im.write.Epochs...)
	return im.conn.survived(im.real, err)
}

// among reports whether each row has the name of one of the others. A row's
// name is its last column.
func among(rows, others [][]driver.Value) bool {
	names := make(map[rowName]struct{}, len(others))
	for _, row := range others {
		name, ok := nameOf(row)
		if !ok {
			return false
		}
		names[name] = struct{}{}
	}
	for _, row := range rows {
		name, ok := nameOf(row)
		if !ok {
			return false
		}
		if _, found := names[name]; !found {
			return false
		}
	}
	return true
}

// rowName is a row's name: a whole number or a text.
type rowName struct {
	number int64
	text   string
	isText bool
}

// nameOf returns the name of a row, which is its last column.
func nameOf(row []driver.Value) (rowName, bool) {
	switch v := row[len(row)-1].(type) {
	case int64:
		return rowName{number: v}, true
	case string:
		return rowName{text: v, isText: true}, true
	case []byte:
		return rowName{text: string(v), isText: true}, true
	default:
		return rowName{}, false
	}
}

// value is the name as an argument.
func (n rowName) value() driver.Value {
	if n.isText {
		return n.text
	}
	return n.number
}

// returned runs a statement that returns images and reads them all, but keeps
// no more than limit.
func (c *conn) returned(ctx context.Context, real *realConn, k call, width, limit int) (images [][]driver.Value, over bool, err error) {
	s, err := real.stmts.take(ctx, real, k.text)
	if err != nil {
		return nil, false, err
	}
	rows, err := s.query(ctx, k.args)
	if err != nil {
		s.discard()
		return nil, false, err
	}
	defer func() {
		if cerr := rows.Close(); cerr != nil && err == nil {
			err = cerr
		}
		if err != nil {
			s.discard()
			return
		}
		real.stmts.put(s)
	}()
	if got := len(rows.Columns()); got != width {
		return nil, false, fmt.Errorf("cacheops: the images of a write have %d columns instead of %d", got, width)
	}
	spare := make([]driver.Value, width)
	for {
		row := spare
		if !over {
			row = make([]driver.Value, width)
		}
		if err := rows.Next(row); err == io.EOF {
			return images, over, nil
		} else if err != nil {
			return nil, false, err
		}
		if over = over || len(images) >= limit; over {
			images = nil
			continue
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = append([]byte{}, b...)
			}
		}
		images = append(images, row)
	}
}

// writeResult asks for what database/sql wants to know of a statement.
func (c *conn) writeResult(ctx context.Context, real *realConn, query string) (driver.Result, error) {
	rows, err := real.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 && len(rows[0]) == 2 {
		affected, ok1 := rows[0][0].(int64)
		id, ok2 := rows[0][1].(int64)
		if ok1 && ok2 {
			return writeResult{affected: affected, id: id}, nil
		}
	}
	return nil, fmt.Errorf("cacheops: unexpected answer to %q", query)
}

// writeResult implements driver.Result.
type writeResult struct{ affected, id int64 }

func (r writeResult) LastInsertId() (int64, error) { return r.id, nil }
func (r writeResult) RowsAffected() (int64, error) { return r.affected, nil }

// bindParams picks a statement's arguments for some of its parameters. False
// means that the arguments do not fit.
func bindParams(params []dialect.Param, st *dialect.Statement, args []driver.NamedValue) ([]driver.NamedValue, bool) {
	out := make([]driver.NamedValue, len(params))
	for i, p := range params {
		v, ok := argument(p, st, args)
		if !ok {
			return nil, false
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	// A statement with too few or too many arguments may be refused by the
	// database although the ones looked at are there.
	return out, st.NamedParams || len(args) == st.Params
}

// argument returns the value of a parameter.
func argument(p dialect.Param, st *dialect.Statement, args []driver.NamedValue) (driver.Value, bool) {
	for _, a := range args {
		if p.Name != "" {
			if a.Name != "" && strings.TrimLeft(a.Name, ":@$") == p.Name {
				return a.Value, true
			}
			continue
		}
		if a.Name == "" && a.Ordinal == p.Index && !st.NamedParams {
			return a.Value, true
		}
	}
	return nil, false
}
