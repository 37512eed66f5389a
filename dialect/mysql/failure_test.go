package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops/dialect"
)

// serverError is an error that the server answers with.
func serverError(number uint16) error {
	return &mysql.MySQLError{Number: number, Message: "as the server says"}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want dialect.Failure
	}{
		{driver.ErrBadConn, dialect.FailureUnknown},
		{mysql.ErrInvalidConn, dialect.FailureUnknown},
		{mysql.ErrPktTooLarge, dialect.FailureUnknown},
		{context.Canceled, dialect.FailureUnknown},
		{errors.New("Error 1213 (40001): as the server says"), dialect.FailureUnknown},
		{serverError(0), dialect.FailureUnknown},
		{serverError(1053), dialect.FailureServer},
		{serverError(1077), dialect.FailureServer},
		{serverError(1180), dialect.FailureServer},
		{serverError(1927), dialect.FailureServer},
		{serverError(2006), dialect.FailureServer},
		{serverError(2013), dialect.FailureServer},
		{serverError(1205), dialect.FailureMoment},
		{serverError(1213), dialect.FailureMoment},
		{serverError(1040), dialect.FailureMoment},
		{serverError(1203), dialect.FailureMoment},
		{serverError(1317), dialect.FailureMoment},
		{serverError(1969), dialect.FailureMoment},
		{serverError(1064), dialect.FailureSyntax},
		{serverError(1054), dialect.FailureRefused},
		{serverError(1146), dialect.FailureRefused},
		{serverError(1142), dialect.FailureRefused},
		{serverError(1292), dialect.FailureText},
		{serverError(1366), dialect.FailureText},
		{serverError(1406), dialect.FailureText},
		{serverError(1048), dialect.FailureStatement},
		{serverError(1062), dialect.FailureStatement},
		{serverError(1451), dialect.FailureStatement},
		{serverError(1452), dialect.FailureStatement},
		{serverError(1644), dialect.FailureStatement},
		{serverError(1295), dialect.FailureUnprepared},
		{fmt.Errorf("exec: %w", serverError(1205)), dialect.FailureMoment},
	} {
		if got := Dialect.Failure(c.err); got != c.want {
			t.Errorf("%v: got %d, want %d", c.err, got, c.want)
		}
	}
}
