package sqlcache

import "github.com/cacheops/cacheops/dialect"

// misread reports whether the database cannot read a statement that we changed: then it
// has done nothing, and its error is about a text that is not the program's. That one is
// run then, now and next time. Where an error ends the transaction, see
// [ownError] instead.
func (im *imaged) misread(err error) bool {
	if im.conn.connector.txs.ErrorFails || im.conn.connector.cfg.Dialect.Failure(own(err)) != dialect.FailureSyntax {
		return false
	}
	im.keep(&imageQueries{refused: true})
	return true
}

// miscounted reports whether an error tells the number of a row, which is another one
// where the statement was restricted to some: the program's own statement is run then. The
// database has taken back what the other one did.
func (im *imaged) miscounted(err error) bool {
	return !im.conn.connector.txs.ErrorFails && im.conn.connector.cfg.Dialect.Failure(own(err)) == dialect.FailureText
}

// atOnce reports whether what has the arguments of the program's statement is to go as
// a text too, as that does. MySQL's driver writes a []byte into a text as binary, which
// is compared byte by byte, and a float as a decimal number; beside a prepared statement
// it sends them as a text and as a float, which other rows match. It returns other
// values as well.
func (im *imaged) atOnce() bool { return im.conn.connector.txs.AtOnce != "" && !im.call.prepared }
