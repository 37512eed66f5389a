package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// send runs a query of our own, or a statement that we changed: over a prepared
// statement that the connection keeps, or, where nothing is to be prepared that
// the program did not prepare, or it would mean something else, as the program runs
// its own texts.
func (r *realConn) send(ctx context.Context, k call) (driver.Rows, error) {
	if (r.connector.txs.Unprepared || k.atOnce) && !k.kept {
		rows, err := r.query(ctx, k.text, k.args)
		if !errors.Is(err, driver.ErrSkip) {
			return rows, err
		}
	}
	return r.queryKept(ctx, k)
}

// closed closes the rows of send, and returns the first error met. A statement
// that met one is not used again.
func closed(rows driver.Rows, err error) error {
	if s, ok := rows.(*stmtRows); ok && err != nil && s.stmt != nil {
		defer s.stmt.discard()
		s.stmt = nil
	}
	if cerr := rows.Close(); err == nil {
		err = cerr
	}
	return err
}

// ownError is an error of a statement that the program did not ask for.
type ownError struct {
	error
	changed bool // it did ask for it, in another form
}

// ours marks the error of a query of our own, changed that of a statement that was
// changed for its images.
func ours(err error) error    { return mark(err, false) }
func changed(err error) error { return mark(err, true) }

func mark(err error, changed bool) error {
	if err == nil {
		return nil
	}
	return &ownError{error: err, changed: changed}
}

// Unwrap returns the error itself.
func (e *ownError) Unwrap() error { return e.error }

// own returns an error as the database told it.
func own(err error) error {
	if e, ok := err.(*ownError); ok { //nolint:errorlint // it is never wrapped
		return e.error
	}
	return err
}

// hides reports whether an error is none that the program's own statement would
// have met, or not with the same words: that statement is run then, in rows that
// cannot be told. Its transaction was ours and is rolled back.
//
// A deadlock, a time limit, and a server that stops or has no room would have
// met the statement as well. A query of our own is refused for all else at our
// cost: for a privilege that it lacks, for example. A statement that we changed is
// refused on our account only where it is not even run; and where the error tells a
// place in the text, it is that of another text.
func (c *conn) hides(ctx context.Context, p *engine.Plan, err error) bool {
	e, ok := err.(*ownError) //nolint:errorlint // it is never wrapped
	if !ok || !c.connector.txs.ErrorFails || ctx.Err() != nil || errors.Is(err, driver.ErrBadConn) {
		return false
	}
	switch c.connector.cfg.Dialect.Failure(e.error) {
	case dialect.FailureServer, dialect.FailureMoment:
		return false
	case dialect.FailureSyntax, dialect.FailureRefused: // it will be so next time
		var kept any = &imageQueries{refused: true}
		p.Extra.Store(&kept)
		return true
	case dialect.FailureText:
		return true
	default: // also the driver's own: arguments that it cannot send
		return !e.changed
	}
}
