package sqlcache

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
)

// imageQueries are the queries for the images of one write and one set of
// columns, kept with the plan.
type imageQueries struct {
	asked   []int           // the columns that schemes need
	follow  bool            // foreign keys are followed
	columns []int           // of the images: the row's name may be behind those asked for
	queries *dialect.Images // nil: there are no images
	// refused is true when the database refuses the queries: there are none then,
	// for whatever columns.
	refused bool
}

// imaged is a write whose images are collected. It runs inside a transaction.
// Where that holds the only write lock nothing comes between the images and the
// statement; else what the statement wrote is looked up among what was found.
type imaged struct {
	conn       *conn
	real       *realConn
	plan       *engine.Plan
	write      *analysis.Write
	changes    *engine.Changes
	call       call
	wantRows   bool // the program's statement has a RETURNING clause
	concurrent bool // others may write meanwhile

	columns []int            // of the target's images
	queries *dialect.Images  // for them
	room    int              // how many are kept
	unread  bool             // nobody reads the target
	cascade *cascade         // nil: there are no other rows to follow
	keys    []watchedKey     // whose changes reach other tables
	epochs  []*dialect.Table // written whatever the images show
}

// collectImages runs an INSERT, UPDATE or DELETE and collects the images of the
// rows it changes. Done is false when there can be no images and the statement
// was not run.
func (c *conn) collectImages(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (out outcome, done bool, err error) {
	im := &imaged{
		conn: c, real: real, plan: p, write: w, changes: changes, call: k, wantRows: wantRows,
		concurrent: c.connector.txs.Concurrent,
	}
	if ok, err := im.prepare(ctx); err != nil || !ok {
		return outcome{}, false, err
	}
	switch {
	case im.queries.Both != "":
		out, err = im.both(ctx)
		return out, true, err
	case im.queries.Own != nil:
		return im.own(ctx)
	}
	before, ok, err := im.before(ctx, false)
	switch {
	case err != nil:
		return outcome{}, false, ours(c.survived(real, err))
	case !ok:
		return outcome{}, false, nil
	case len(before) == 0 && p.Statement.Kind == dialect.KindUpdate && !w.Check && !wantRows:
		out, err = im.bare(ctx) // no row matches, but let it run
		return out, true, err
	case im.cascade != nil:
		if ok, err := im.cascade.follow(ctx, real, changes, before); err != nil || !ok {
			return outcome{}, false, ours(c.survived(real, err))
		}
	}
	changes.AddImages(w.Target, im.columns, before, engine.Before)
	width := len(im.columns)
	if im.queries.WriteTellsNew {
		width++
	}
	ran, err := im.run(ctx, im.queries.Write, width)
	if err != nil {
		if im.misread(err) {
			return outcome{}, false, nil
		}
		return outcome{}, true, err
	}
	if err := im.after(ctx, before, &ran); err != nil {
		return outcome{}, true, err
	}
	return ran.outcome, true, nil
}

// prepare works out which columns of which tables the images need, and how to
// ask for them. False means that there are no images.
func (im *imaged) prepare(ctx context.Context) (ok bool, err error) {
	c, t := im.conn, im.write.Target
	asked, unread, ok, err := c.connector.handle.Schemes(ctx, t)
	im.unread = unread
	if err != nil || !ok {
		return false, err
	}
	if len(im.write.Cascades) > 0 && !im.gapsOpen() {
		im.cascade, err = c.newCascade(ctx, im.write, asked, unread)
	}
	if err == nil {
		asked, err = im.watch(ctx, asked)
	}
	if err != nil || unread && im.cascade == nil && len(im.keys) == 0 {
		return false, err
	}
	im.ask(t, asked)
	im.room = im.changes.Room(t)
	return im.queries != nil, nil
}

// gapsOpen reports whether others may add children to rows of a parent although these are
// locked: a session of MySQL's that checks no foreign keys asks for no lock on the parent,
// and at READ COMMITTED the query for children locks none that are not there yet.
func (im *imaged) gapsOpen() bool {
	return im.conn.connector.txs.OwnImages && im.passesOver()
}

// ask sets the queries that collect the images of these columns.
func (im *imaged) ask(t *dialect.Table, asked []int) {
	if kept := im.plan.Extra.Load(); kept != nil {
		if q, ok := (*kept).(*imageQueries); ok && (q.refused || slices.Equal(q.asked, asked) && q.follow == (im.cascade != nil)) {
			im.columns, im.queries = q.columns, q.queries
			return
		}
	}
	for _, named := range im.forms() {
		if im.columns = asked; named {
			im.columns = withName(asked)
		}
		var reason string
		im.queries, reason = im.conn.connector.cfg.Dialect.Images(im.plan.Statement, t, im.columns)
		if reason == "" && im.queries != nil && im.told(named) {
			break
		}
		im.queries = nil
	}
	im.keep(&imageQueries{asked: asked, follow: im.cascade != nil, columns: im.columns, queries: im.queries})
}

// keep keeps queries with the plan.
func (im *imaged) keep(q *imageQueries) {
	var kept any = q
	im.plan.Extra.Store(&kept)
}

// forms lists how the images may be asked for, the best first: with the rows'
// names or without.
func (im *imaged) forms() []bool {
	st := im.plan.Statement
	switch {
	case im.cascade != nil, im.write.Check && !im.concurrent:
		return []bool{true}
	case im.conn.connector.txs.OwnImages && !returns(st) && st.Kind != dialect.KindInsert:
		return []bool{true} // the rows are found again by them
	case im.concurrent && st.Kind == dialect.KindUpdate:
		return []bool{false, true} // without them it takes one statement, or none at all
	case im.concurrent && st.Insert != nil && st.Insert.Upsert:
		return []bool{true, false} // without them it is told whether all rows are new
	default:
		return []bool{false}
	}
}

// told reports whether it can be told that a row was written which was not among
// those found.
func (im *imaged) told(named bool) bool {
	q := im.queries
	return named || !im.concurrent || q.Both != "" || q.Own != nil || q.WriteIsBefore || q.WriteTellsNew ||
		im.plan.Statement.Insert != nil && !im.plan.Statement.Insert.Upsert
}

// before takes the images before the statement. False means that they cannot be
// had: there are too many, or the statement's arguments do not fit. Hasty has it fail
// where it would wait for a lock.
func (im *imaged) before(ctx context.Context, hasty bool) (rows [][]driver.Value, ok bool, err error) {
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
	if im.queries.BeforeLimited {
		args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: int64(im.room/2 + 1)})
	}
	since := im.call.since
	if im.queries.Own != nil {
		since = 0 // the server prepares it again where it has to
	}
	text := im.queries.Before
	if hasty {
		text = im.queries.Own.Hasty
	}
	k := call{text: text, args: args, kept: im.call.prepared, atOnce: len(im.queries.BeforeParams) > 0 && im.atOnce(), since: since}
	rows, err = im.real.collect(ctx, k, im.room+1)
	return rows, 2*len(rows) <= im.room, err
}

// survived forgets the error of a query for images, which the statement will
// meet itself where it is about more than the query, unless it may have ended
// the transaction: then the statement would be committed by itself.
func (c *conn) survived(real *realConn, err error) error {
	txs := &c.connector.txs
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

// written is what a statement that returns images did.
type written struct {
	outcome
	rows  [][]driver.Value // the images
	over  bool             // there were more than are kept
	count int              // of all of them
}

// run runs a statement that returns images, width columns of them, behind what
// the program wants of it: its own rows, or the numbers of a Result.
func (im *imaged) run(ctx context.Context, text string, width int) (out written, err error) {
	k := call{text: text, args: im.call.args, kept: im.call.prepared, atOnce: im.atOnce(), since: im.call.since}
	if !im.wantRows {
		if out, err = im.conn.returned(ctx, im.real, k, width, im.room); err != nil {
			return out, changed(err)
		}
		out.result = driver.RowsAffected(out.count)
		if im.queries.Result != "" {
			out.result, err = im.conn.writeResult(ctx, im.real, im.queries.Result)
		}
		return out, err
	}
	k.prepared = im.call.prepared
	rows, err := im.real.send(ctx, k)
	if err != nil {
		return out, changed(err)
	}
	r, rest := result.Record(rows, result.Limits{Bytes: math.MaxInt})
	if r == nil {
		im.changes.AddWrite(im.write) // it may be done all the same
		out.outcome, err = im.conn.drain(rest, width)
		return out, changed(err)
	}
	if r.Width() == 0 {
		// MariaDB answers so to a DELETE of which it knows beforehand that it finds nothing.
		// What else it may do so to has come to nobody's notice.
		im.changes.AddWrite(im.write)
		out.outcome = outcome{rows: r.Rows()}
		return out, nil
	}
	if r, out.rows, err = r.Cut(width); err != nil {
		im.changes.AddWrite(im.write)
		return out, err
	}
	out.outcome, out.count, out.over = outcome{rows: r.Rows()}, r.Len(), len(out.rows) > im.room
	return out, nil
}

// after takes the images after the statement. An error means that the
// transaction is over.
func (im *imaged) after(ctx context.Context, before [][]driver.Value, ran *written) (err error) {
	t := im.write.Target
	old := im.old(ran)
	found := !ran.over && im.found(before, old, ran)
	if ran.over || im.unread || !found {
		im.changes.AddEpochs(t)
	} else {
		im.changes.AddImages(t, im.columns, ran.rows, engine.When(!im.queries.WriteIsBefore))
	}
	if im.cascade != nil {
		err = im.cascade.finish(ctx, im.real, im.changes, found)
	} else {
		for i := range im.write.Cascades { // to tables that nobody reads
			im.changes.AddEpochs(im.write.Cascades[i].Child)
		}
	}
	if len(im.keys) > 0 {
		was, is, paired := pairs(before, old)
		im.addKeys(was, is, found && paired)
	}
	im.changes.AddEpochs(im.epochs...)
	return ours(im.conn.survived(im.real, err))
}

// old returns the rows that were written and are not new. What the statement told
// besides images is taken off all of them.
func (im *imaged) old(ran *written) (old [][]driver.Value) {
	if !im.queries.WriteTellsNew {
		return ran.rows
	}
	for i, row := range ran.rows {
		last := len(row) - 1
		ran.rows[i] = row[:last:last]
		if isNew, ok := row[last].(bool); !ok || !isNew {
			old = append(old, ran.rows[i])
		}
	}
	return old
}

// found reports whether every row that was written is new or was found before.
// Whatever the query before the statement found, it is the statement that tells
// which rows it changed.
//
// A row may have another name after the statement than before. Names are unique,
// and those found keep theirs or are written: so a row that was not found cannot
// come to have a name of one that was, unless another one has a new name.
func (im *imaged) found(before, old [][]driver.Value, ran *written) bool {
	named := slices.Contains(im.columns, dialect.RowName)
	switch {
	case im.queries.WriteTellsNew && !named:
		return len(old) == 0
	case im.write.Check, im.concurrent && named, im.cascade != nil && im.queries.WriteIsBefore:
		return among(old, before)
	case im.cascade != nil: // by a condition on each row, but their names may be new
		return len(ran.rows) <= len(before)
	}
	return true
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
	case uint64:
		if v <= math.MaxInt64 {
			return rowName{number: int64(v)}, true
		}
		return rowName{text: strconv.FormatUint(v, 10), isText: true}, true
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
func (c *conn) returned(ctx context.Context, real *realConn, k call, width, limit int) (out written, err error) {
	rows, err := real.send(ctx, k)
	if err != nil {
		return out, err
	}
	defer func() { err = closed(rows, err) }()
	if got := len(rows.Columns()); got != width {
		return out, fmt.Errorf("cacheops: the images of a write have %d columns instead of %d", got, width)
	}
	spare := make([]driver.Value, width)
	for {
		row := spare
		if !out.over {
			row = make([]driver.Value, width)
		}
		if err := rows.Next(row); err == io.EOF {
			return out, nil
		} else if err != nil {
			return out, err
		}
		out.count++
		if out.over = out.over || out.count > limit; out.over {
			out.rows = nil
			continue
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = append([]byte{}, b...)
			}
		}
		out.rows = append(out.rows, row)
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
