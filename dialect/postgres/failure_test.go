package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want dialect.Failure
	}{
		{driver.ErrBadConn, dialect.FailureUnknown},
		{context.Canceled, dialect.FailureUnknown},
		{errors.New("unexpected EOF"), dialect.FailureUnknown},
		{serverError(""), dialect.FailureUnknown},
		{serverError("2300"), dialect.FailureUnknown},
		{serverError("08006"), dialect.FailureServer},
		{serverError("57P01"), dialect.FailureServer},
		{serverError("58030"), dialect.FailureServer},
		{serverError("XX000"), dialect.FailureServer},
		{serverError("40003"), dialect.FailureServer},
		{serverError("40001"), dialect.FailureMoment},
		{serverError("40P01"), dialect.FailureMoment},
		{serverError("53200"), dialect.FailureMoment},
		{serverError("57014"), dialect.FailureMoment},
		{serverError("55P03"), dialect.FailureMoment},
		{serverError("42601"), dialect.FailureSyntax},
		{serverError("42P01"), dialect.FailureRefused},
		{serverError("42501"), dialect.FailureRefused},
		{serverError("22P02"), dialect.FailureText},
		{serverError("0A000"), dialect.FailureText},
		{serverError("54001"), dialect.FailureText},
		{serverError("23505"), dialect.FailureStatement},
		{serverError("55000"), dialect.FailureStatement},
		{fmt.Errorf("wrapped: %w", serverError("23505")), dialect.FailureStatement},
	} {
		if got := Dialect.Failure(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}
