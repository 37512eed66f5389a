package postgres

import (
	"errors"

	"github.com/cacheops/cacheops/dialect"
)

// failureCoded is an error that the server itself answered with. Those of pgx and
// pq are.
type failureCoded interface{ SQLState() string }

// failureState returns the code of an error, "" where it is not the server's.
func failureState(err error) string {
	var coded failureCoded
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// Failure implements [dialect.Dialect]. It goes by the class of the error's code, its
// first two characters; see appendix A of PostgreSQL's manual.
func (postgresDialect) Failure(err error) dialect.Failure {
	state := failureState(err)
	if len(state) != 5 {
		return dialect.FailureUnknown
	}
	switch state {
	case "40003": // statement_completion_unknown
		return dialect.FailureServer
	case "57014", "55P03": // query_canceled, lock_not_available
		return dialect.FailureMoment
	case "42601": // syntax_error
		return dialect.FailureSyntax
	}
	switch state[:2] {
	case "08", "57", "58", "XX": // connection, operator, system, internal
		return dialect.FailureServer
	case "40", "53": // rollback, resources
		return dialect.FailureMoment
	case "42": // names, privileges
		return dialect.FailureRefused
	case "0A", "22", "54": // not supported, a value and where in the text it stands, too complex
		return dialect.FailureText
	}
	return dialect.FailureStatement
}
