package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/cacheops/cacheops/dialect"
)

// rowValue is a value of a row as text. NULL has an empty text.
type rowValue struct {
	text string
	null bool
}

// rowsOf runs a query and returns its rows as texts. Each row must have as many values
// as width says.
func rowsOf(ctx context.Context, db dialect.Queryer, query string, width int) ([][]rowValue, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	out := make([][]rowValue, len(rows))
	values := make([]rowValue, len(rows)*width) // of all rows
	for i, row := range rows {
		if len(row) != width {
			return nil, fmt.Errorf("a row of %d values came back, not of %d", len(row), width)
		}
		out[i], values = values[:width:width], values[width:]
		for j, v := range row {
			text, ok := rowText(v)
			if !ok {
				return nil, fmt.Errorf("a value of type %T came back where a text or a number was asked for", v)
			}
			out[i][j] = rowValue{text: text, null: v == nil}
		}
	}
	return out, nil
}

// rowText reads a text or a whole number. What a driver returns for them depends on the
// protocol. NULL is "". It reports false for any other value.
func rowText(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case []byte:
		return string(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	}
	return "", false
}
