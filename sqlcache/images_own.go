package sqlcache

import (
	"context"
	"database/sql/driver"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// own runs a statement that returns no images, and takes them by queries beside it. Done
// is false when there can be none and the statement was not run.
func (im *imaged) own(ctx context.Context) (out outcome, done bool, err error) {
	if im.plan.Statement.Kind == dialect.KindInsert {
		return im.ownInsert(ctx)
	}
	return im.ownRows(ctx)
}

// ownRows runs an UPDATE or DELETE. It touches no row but those that were found before
// it, by what it says itself or because it is restricted to them.
func (im *imaged) ownRows(ctx context.Context) (out outcome, done bool, err error) {
	c, own := im.conn, im.queries.Own
	pinned := own.Pinned && im.keysFit()
	if !pinned && (own.Restricted == nil || !own.Restricts(im.argument)) {
		return outcome{}, false, nil
	}
	hasty := !pinned && own.Hasty != "" && im.passesOver()
	if hasty && im.real.session.TimeoutEnds {
		return outcome{}, false, nil
	}
	before, ok, err := im.before(ctx, hasty)
	switch {
	case err != nil && hasty:
		return outcome{}, false, ours(c.survived(im.real, err))
	case err != nil:
		return outcome{}, false, c.beforehand(im.real, err)
	case !ok:
		return outcome{}, false, nil
	case len(before) == 0:
		out, err = im.bare(ctx) // no row matches, but let it run
		return out, true, err
	}
	names := make([]driver.Value, len(before))
	for i, row := range before {
		name, ok := nameOf(row)
		if !ok {
			return outcome{}, false, nil
		}
		names[i] = name.value()
	}
	k := im.call
	if !pinned {
		if k.text = own.Restricted(names); k.text == "" {
			return outcome{}, false, nil
		}
	}
	if im.cascade != nil {
		if ok, err := im.cascade.follow(ctx, im.real, im.changes, before); err != nil || !ok {
			return outcome{}, false, c.beforehand(im.real, err)
		}
	}
	out, affected, err := im.runOwn(ctx, k, pinned)
	if err != nil {
		if !pinned && (im.misread(err) || im.miscounted(err)) {
			return outcome{}, false, nil
		}
		return outcome{}, true, err
	}
	return out, true, im.afterOwn(ctx, before, affected)
}

// passesOver reports whether the statement may pass over rows that others have locked.
func (im *imaged) passesOver() bool {
	if tx := im.conn.tx; tx != nil {
		return tx.passesOver
	}
	return im.real.passesOver() // in a transaction of ours
}

// runOwn runs the statement. What is restricted to some rows is not kept prepared: it
// hardly ever comes again.
func (im *imaged) runOwn(ctx context.Context, k call, kept bool) (outcome, int64, error) {
	if !kept {
		defer func() { _ = im.real.stmts.forget(k.text) }()
	}
	return im.conn.whole(ctx, im.real, k, false)
}

// afterOwn takes the images after an UPDATE or DELETE of the rows that were found. An
// error means that the transaction is over.
func (im *imaged) afterOwn(ctx context.Context, before [][]driver.Value, affected int64) (err error) {
	t := im.write.Target
	im.changes.AddEpochs(im.epochs...) // triggers run for rows that do not change, too
	if affected == 0 {
		return nil // nor does a foreign key act
	}
	deletes := im.plan.Statement.Kind == dialect.KindDelete
	var after [][]driver.Value
	told := true
	if !deletes && (!im.unread || len(im.keys) > 0) {
		after, told, err = im.again(ctx, before)
	}
	if im.unread || !told {
		im.changes.AddEpochs(t)
	} else {
		im.changes.AddImages(t, im.columns, before, engine.Before)
		im.changes.AddImages(t, im.columns, after, engine.After)
	}
	if im.cascade != nil && err == nil {
		err = im.cascade.finish(ctx, im.real, im.changes, told)
	} else {
		for i := range im.write.Cascades { // to tables that nobody reads
			im.changes.AddEpochs(im.write.Cascades[i].Child)
		}
	}
	if len(im.keys) > 0 {
		was, is, paired := pairs(before, after)
		im.addKeys(was, is, told && paired)
	}
	return ours(im.conn.survived(im.real, err))
}

// again reads the rows by the names that they had before an UPDATE. False means that
// some have another name now, or that they could not be read.
//
// As long as all names are found nobody has a new one: names are unique at each moment,
// so that the first row to change its name takes one that none of the others has, and so
// does each after it, or it takes one that is free by then. One of them stays free.
func (im *imaged) again(ctx context.Context, before [][]driver.Value) (rows [][]driver.Value, told bool, err error) {
	var r reached
	if !r.add(before, false) || len(r.order) != len(before) {
		return nil, false, nil
	}
	for left := r.order; len(left) > 0; {
		args, taken := someNames(left)
		left = left[taken:]
		query := im.conn.connector.cfg.Dialect.RowsOf(im.write.Target, im.columns, len(args))
		if query == "" {
			return nil, false, nil
		}
		some, err := im.real.collect(ctx, call{text: query, args: args}, -1)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, some...)
	}
	return rows, len(rows) == len(before), nil
}

// ownInsert runs an INSERT and looks its rows up by their keys.
func (im *imaged) ownInsert(ctx context.Context) (out outcome, done bool, err error) {
	own := im.queries.Own
	if own.Rows > im.room || !im.keysFit() {
		return outcome{}, false, nil
	}
	out, affected, err := im.conn.whole(ctx, im.real, im.call, false)
	if err != nil {
		return outcome{}, true, err
	}
	im.changes.AddEpochs(im.epochs...)
	counted := own.Counted == dialect.CountedNew
	var rows [][]driver.Value
	switch {
	case counted && affected == 0: // it left out all its rows
		return out, true, nil
	case counted && affected != int64(own.Rows):
	case !im.unread:
		if rows, err = im.inserted(ctx, out.result); err != nil {
			rows = nil
		}
	}
	if len(rows) == own.Rows {
		im.changes.AddImages(im.write.Target, im.columns, rows, engine.After)
		im.addKeys(nil, nil, true) // no row has another key than before
	} else {
		im.changes.AddEpochs(im.write.Target)
		im.addKeys(nil, nil, !counted)
	}
	for i := range im.write.Cascades { // to tables that nobody reads
		im.changes.AddEpochs(im.write.Cascades[i].Child)
	}
	return out, true, ours(im.conn.survived(im.real, err))
}

// inserted reads the rows that an INSERT wrote. None come where their keys are not known.
func (im *imaged) inserted(ctx context.Context, result driver.Result) ([][]driver.Value, error) {
	own := im.queries.Own
	var args []driver.NamedValue
	if own.Generated {
		first, err := result.LastInsertId()
		if err != nil || first <= 0 {
			return nil, nil //nolint:nilerr // it is not told, and the statement is done
		}
		for i := range int64(own.Rows) {
			args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: first + i*own.Step})
		}
	} else {
		var ok bool
		if args, ok = bindParams(own.AfterParams, im.plan.Statement, im.call.args); !ok {
			return nil, nil
		}
	}
	return im.real.collect(ctx, call{text: own.After, args: args}, own.Rows+1)
}

// keysFit reports whether the arguments that are keys are within the rules of their
// columns, so that each is equal to one value and no other.
func (im *imaged) keysFit() bool {
	for i := range im.queries.Own.Keys {
		k := &im.queries.Own.Keys[i]
		v, ok := im.argument(k.Param)
		if !ok || v == nil || k.NonZero && !nonZero(v) {
			return false
		}
		if _, ok := im.conn.connector.cfg.Dialect.Canonical(k.Column, v, dialect.SideArgument); !ok {
			return false
		}
	}
	return true
}

// argument returns the value of one of the statement's parameters.
func (im *imaged) argument(p dialect.Param) (driver.Value, bool) {
	return argument(p, im.plan.Statement, im.call.args)
}

// nonZero reports whether an argument is a whole number other than 0.
func nonZero(v driver.Value) bool {
	switch v := v.(type) {
	case int64:
		return v != 0
	case uint64:
		return v != 0
	}
	return false
}

// beforehand is what becomes of the error of a query before the statement. One that the
// statement would have met as well, as a lock that others hold too long, is the program's
// to hear: it would wait for it a second time.
func (c *conn) beforehand(real *realConn, err error) error {
	if err != nil && c.connector.cfg.Dialect.Failure(err) == dialect.FailureMoment {
		return err
	}
	return ours(c.survived(real, err))
}
