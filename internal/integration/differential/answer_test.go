package differential

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
)

// answer is what a query returned: its rows in any order, or an error.
type answer struct {
	text string // column names and sorted rows
	rows int
	err  error
}

func (a *answer) equal(b *answer) bool {
	if a.err != nil || b.err != nil {
		return a.err != nil && b.err != nil && said(a.err) == said(b.err)
	}
	return a.text == b.text
}

func (a *answer) String() string {
	if a.err != nil {
		return "error: " + a.err.Error()
	}
	return strings.ReplaceAll(a.text, "\n", " / ")
}

// comparison says what is compared besides the names and the values.
type comparison struct {
	types bool // those of the columns
	order bool // that of the rows
	nulls bool // but not whether columns hold NULLs
}

// collect reads rows to their end and closes them.
func collect(rows *sql.Rows, err error) answer { return comparison{}.collect(rows, err) }

func (how comparison) collect(rows *sql.Rows, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return answer{err: err}
	}
	if how.types {
		if names, err = withTypes(rows, names, how.nulls); err != nil {
			return answer{err: err}
		}
	}
	values := make([]any, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var buf []byte
	var ends []int
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return answer{err: err}
		}
		for _, v := range values {
			buf = appendValue(buf, v)
		}
		ends = append(ends, len(buf))
	}
	if err := rows.Err(); err != nil {
		return answer{err: err}
	}
	list := make([][]byte, len(ends))
	start := 0
	for i, end := range ends {
		list[i] = buf[start:end]
		start = end
	}
	if !how.order {
		slices.SortFunc(list, bytes.Compare)
	}
	out := make([]byte, 0, len(buf)+len(ends)+64)
	out = append(out, strings.Join(names, ",")...)
	for _, row := range list {
		out = append(append(out, '\n'), row...)
	}
	return answer{text: string(out), rows: len(list)}
}

// appendValue appends a value, so that values of unlike types differ.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		b = append(b, "NULL"...)
	case int64:
		b = strconv.AppendInt(b, v, 10)
	case float64:
		b = append(strconv.AppendFloat(b, v, 'g', -1, 64), 'f')
	case string:
		b = strconv.AppendQuote(b, v)
	case []byte:
		b = fmt.Appendf(b, "x'%x'", v)
	case bool:
		b = strconv.AppendBool(b, v)
	default:
		b = fmt.Appendf(b, "%T(%v)", v, v)
	}
	return append(b, '|')
}

// withTypes returns the names of columns with what is known of their types. Types
// that were made have another number in each database.
func withTypes(rows *sql.Rows, names []string, nulls bool) ([]string, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	list := make([]string, len(names))
	for i, t := range types {
		name := t.DatabaseTypeName()
		if _, err := strconv.Atoi(name); err == nil {
			name = "made"
		}
		length, _ := t.Length()
		precision, scale, _ := t.DecimalSize()
		nullable, known := t.Nullable()
		if nulls {
			list[i] = fmt.Sprintf("%s %s %d %d %d", names[i], name, length, precision, scale)
			continue
		}
		list[i] = fmt.Sprintf("%s %s %v %d %d %d %t %t", names[i], name, t.ScanType(), length, precision, scale, nullable, known)
	}
	return list, nil
}

// said is what two databases have to say alike of an error: the number of
// MySQL or the SQLSTATE of PostgreSQL, whose messages may hold names of its own, and all of it else.
func said(err error) string {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return "SQLSTATE " + e.Code
	}
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		return fmt.Sprint("error ", e.Number)
	}
	if e := (*pq.Error)(nil); errors.As(err, &e) {
		return "SQLSTATE " + string(e.Code)
	}
	return fmt.Sprint(err)
}

// outdated tells whether PostgreSQL refused a plan that the driver has from before
// the schema changed. It does so with and without the cache, on one connection and
// not on another.
func outdated(err error) bool {
	return err != nil && strings.Contains(err.Error(), "cached plan must not change result type")
}

// unplanned tells whether PostgreSQL has no plan for a query. That can change from one
// call of a prepared statement to the next.
func unplanned(err error) bool {
	return err != nil && strings.Contains(err.Error(), "FULL JOIN is only supported with")
}

// forgotten tells whether MariaDB does not know a column of a query. Where no schema
// changes that is a fault of its own, in a call of a prepared statement.
func forgotten(err error) bool {
	const unknownColumn = 1054
	e := (*mysql.MySQLError)(nil)
	return errors.As(err, &e) && e.Number == unknownColumn
}
