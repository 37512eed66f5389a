package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
)

// rowTexts runs a query that returns one row of texts, and returns them. The row
// must have as many as width says. NULL is "".
func rowTexts(ctx context.Context, db dialect.Queryer, query string, width int) ([]string, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != width {
		return nil, errors.New("not one row came back; is the connection a PostgreSQL database?")
	}
	out := make([]string, width)
	for i, v := range rows[0] {
		text, ok := rowText(v)
		if !ok {
			return nil, fmt.Errorf("a value of type %T came back where a text was asked for", v)
		}
		out[i] = text
	}
	return out, nil
}

// rowText reads a text, which some drivers return as bytes. NULL is "". It reports
// false for any other value.
func rowText(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}
