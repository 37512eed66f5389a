package differential

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// caller is a *sql.DB, *sql.Conn or *sql.Tx.
type caller interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// step runs a step on both databases and compares what it returns, and then
// every query.
func (r *run) step(s *step) *failure {
	if f := r.apply(s); f != nil {
		return f
	}
	var after count
	for _, q := range r.queries {
		if f := r.compare(q, &after); f != nil {
			return f
		}
	}
	r.steps++
	for _, tag := range s.tags() {
		r.construct(tag).add(&after)
	}
	return nil
}

// apply runs a step on both databases and compares what it returns.
func (r *run) apply(s *step) *failure {
	var f *failure
	r.epochs.Store(false)
	r.ddl = slices.Contains(s.tags(), "write: DDL")
	r.inTx, r.abandon = s.begin != "" && !s.session, false
	switch s.begin {
	case "":
		f = r.statements(s, r.cached)
	case "api":
		f = r.transaction(s)
	default:
		f = r.transactionText(s)
	}
	r.inTx = false
	if f != nil {
		return f
	}
	if r.ddl && r.strict {
		if err := r.renew(); err != nil {
			return &failure{what: "new connections", got: err.Error()}
		}
	}
	return nil
}

// transaction runs a step through BeginTx.
func (r *run) transaction(s *step) *failure {
	tx, err := r.cached.BeginTx(ctx, s.options)
	twinEnd, twinErr := r.beginTwin(s)
	if f := r.sameError("BeginTx", err, twinErr); f != nil || err != nil {
		return f
	}
	defer func() { _ = tx.Rollback() }() // no more than a failed step leaves it
	if f := r.statements(s, tx); f != nil {
		r.abandon = true
		_ = twinEnd() // the connection could not be closed else
		return f
	}
	end := tx.Commit
	if s.end == "ROLLBACK" || r.abandon {
		end = tx.Rollback
	}
	err = end()
	twinErr = twinEnd()
	if f := r.sameError(s.end, err, twinErr); f != nil {
		return f
	}
	if twinErr != nil && !r.strict {
		_, _ = r.twin.ExecContext(ctx, "ROLLBACK") // database/sql leaves no choice
	}
	return nil
}

// renew makes new connections after the schema was changed: what drivers and
// servers have prepared on the old ones fails where the types of its columns are
// others now.
func (r *run) renew() (err error) {
	r.cached.SetMaxIdleConns(0)
	r.cached.SetMaxIdleConns(1)
	if err := r.twin.Close(); err != nil {
		return err
	}
	for _, q := range r.queries {
		for _, s := range []*sql.Stmt{q.stmt, q.through} {
			if s != nil {
				s.Close()
			}
		}
		q.stmt, q.through = nil, nil
	}
	r.twin, err = r.pair.twin.Conn(ctx)
	return err
}

// beginTwin begins a transaction of the twin, and returns what ends it: where
// types matter as the cached handle's, since a driver has errors of its own for a
// COMMIT.
func (r *run) beginTwin(s *step) (end func() error, err error) {
	if !r.strict {
		_, err := r.twin.ExecContext(ctx, "BEGIN")
		return func() error {
			_, err := r.twin.ExecContext(ctx, s.end)
			return err
		}, err
	}
	tx, err := r.twin.BeginTx(ctx, s.options)
	if err != nil {
		return nil, err
	}
	return func() error {
		if s.end == "ROLLBACK" || r.abandon {
			return tx.Rollback()
		}
		return tx.Commit()
	}, nil
}

// transactionText runs a step whose transaction begins and ends by statements.
func (r *run) transactionText(s *step) *failure {
	conn, err := r.cached.Conn(ctx)
	if err != nil {
		return &failure{what: "Conn", got: err.Error()}
	}
	defer conn.Close()
	if f := r.both(conn, &statement{text: s.begin}); f != nil {
		return f
	}
	if f := r.statements(s, conn); f != nil {
		return f
	}
	end := s.end
	if r.abandon {
		end = "ROLLBACK"
	}
	if f := r.both(conn, &statement{text: end}); f != nil {
		return f
	}
	if !r.refused {
		return nil
	}
	return r.both(conn, &statement{text: "ROLLBACK"}) // a COMMIT that failed leaves the transaction open
}

// statements runs the statements of a step.
func (r *run) statements(s *step, on caller) *failure {
	ended := s.begin == "" // an error can end a transaction, and then writes are committed at once
	for i := range s.list {
		st := &s.list[i]
		var f *failure
		switch {
		case r.abandon:
		case st.read == 0:
			f = r.both(on, st)
			ended = ended || r.refused
			if f == nil && r.amid != nil && s.begin != "" {
				f = r.amid(on)
			}
		case st.read > len(r.queries): // of a case that is being made smaller
		case st.apart && ended && !r.early:
		case st.apart:
			f = r.readApart(r.queries[st.read-1])
		default:
			f = r.readInside(r.queries[st.read-1], on)
		}
		if f != nil {
			return f
		}
	}
	return nil
}

// readInside compares a read inside a transaction.
func (r *run) readInside(q *reading, on caller) *failure {
	if q.refuse != "" {
		return nil
	}
	last := q.last
	defer func() { q.last = last }()
	if r.strict {
		q.last = r.collect(q, r.twin)
	} else {
		q.last = r.ask(q)
	}
	got := r.collect(q, on)
	if outdated(got.err) || outdated(q.last.err) {
		r.abandon = true
		return nil
	}
	if !got.equal(&q.last) {
		return r.differ(q, "the transaction", &got)
	}
	return nil
}

// readApart compares a read while a transaction is open elsewhere: it returns
// what was committed before.
func (r *run) readApart(q *reading) *failure {
	if q.refuse != "" {
		return nil
	}
	inTx := r.inTx
	r.inTx = false // this read is not, and may be tried again
	got := r.read(q)
	if r.inTx = inTx; outdated(got.err) {
		r.abandon = true
		return nil
	}
	last := q.last
	defer func() { q.last = last }()
	if r.early {
		q.last = r.readBare(q)
	}
	if !got.equal(&q.last) {
		return r.differ(q, "the cache, outside of the transaction", &got)
	}
	return nil
}

// readBare reads a query on a bare handle of the same database, as the cached handle is
// read.
func (r *run) readBare(q *reading) answer {
	if !q.prepared() {
		return r.collect(q, r.bare)
	}
	s, err := r.bare.PrepareContext(ctx, q.text)
	if err != nil {
		return answer{err: err}
	}
	defer s.Close()
	return r.collected(q).collect(s.QueryContext(ctx, q.args...))
}

// both runs a statement on both databases and compares what they return.
func (r *run) both(on caller, st *statement) *failure {
	if st.rows {
		got := r.again(func() answer { return query(on, st) })
		want := r.again(func() answer { return r.twinQuery(st) })
		if outdated(got.err) || outdated(want.err) {
			r.abandon = true
			return nil
		}
		r.noteError(want.err)
		if !got.equal(&want) {
			return &failure{what: fmt.Sprintf("%s %v", st.text, st.args), got: got.String(), want: want.String()}
		}
		return nil
	}
	res, err := exec(on, st)
	twinRes, twinErr := r.twinExec(st)
	r.noteError(twinErr)
	if r.inTx && (outdated(err) || outdated(twinErr)) {
		r.abandon = true
		return nil
	}
	if f := r.sameError(st.text, err, twinErr); f != nil || err != nil {
		return f
	}
	if st.script || !isWrite(st.text) {
		return nil // what counts rows has no meaning for other statements
	}
	if got, want := resultText(st, res), resultText(st, twinRes); got != want {
		return &failure{what: fmt.Sprintf("%s %v", st.text, st.args), got: got, want: want}
	}
	return nil
}

// twinQuery and twinExec run a statement on the twin: where types matter as on the
// cached handle, see ask.
func (r *run) twinQuery(st *statement) answer {
	if r.strict {
		return query(r.twin, st)
	}
	return collect(r.twin.QueryContext(ctx, st.text, st.args...))
}

func (r *run) twinExec(st *statement) (sql.Result, error) {
	if r.strict {
		return exec(r.twin, st)
	}
	return r.twin.ExecContext(ctx, st.text, st.args...)
}

// query runs a statement that returns rows.
func query(on caller, st *statement) answer {
	if !st.prepared {
		return collect(on.QueryContext(ctx, st.text, st.args...))
	}
	s, err := on.PrepareContext(ctx, st.text)
	if err != nil {
		return answer{err: err}
	}
	defer s.Close()
	return collect(s.QueryContext(ctx, st.args...))
}

// exec runs a statement that returns none.
func exec(on caller, st *statement) (sql.Result, error) {
	if !st.prepared {
		return on.ExecContext(ctx, st.text, st.args...)
	}
	s, err := on.PrepareContext(ctx, st.text)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.ExecContext(ctx, st.args...)
}

func isWrite(text string) bool {
	for _, word := range []string{"INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "MERGE"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// resultText writes what a write returned. The last id belongs to the
// connection: only an INSERT that made a row sets it, not one that updated.
func resultText(st *statement, res sql.Result) string {
	n, err := res.RowsAffected()
	out := fmt.Sprintf("%d rows affected (%v)", n, err)
	if n > 0 && st.id {
		id, err := res.LastInsertId()
		out += fmt.Sprintf(", last id %d (%v)", id, err)
	}
	return out
}

// noteError counts what the database refused.
func (r *run) noteError(err error) {
	r.refused = err != nil
	if err != nil {
		r.failed[err.Error()]++
	}
}

func (r *run) sameError(what string, err, twin error) *failure {
	if said(err) == said(twin) {
		return nil
	}
	return &failure{what: what, got: fmt.Sprint(err), want: fmt.Sprint(twin)}
}
