package postgres

import (
	"database/sql/driver"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// The drivers whose connections' answers are known here.
const (
	argumentPgx = "*github.com/jackc/pgx/v5/stdlib.Driver"
	argumentPq  = "*github.com/lib/pq.Driver"
)

// ArgumentChecker implements [dialect.Dialect].
func (postgresDialect) ArgumentChecker(name string) driver.NamedValueChecker {
	switch name {
	case argumentPgx:
		return argumentPgxChecker{}
	case argumentPq:
		return argumentPqChecker{}
	}
	return nil
}

// argumentPgxChecker is CheckNamedValue of pgx's connections: any Go value passes
// as it is.
type argumentPgxChecker struct{}

// CheckNamedValue implements driver.NamedValueChecker.
func (argumentPgxChecker) CheckNamedValue(*driver.NamedValue) error { return nil }

// argumentPqChecker is CheckNamedValue of pq's connections, of pq 1.12: slices
// become arrays in PostgreSQL's text form, and unsigned numbers that no int64
// holds their digits.
type argumentPqChecker struct{}

// CheckNamedValue implements driver.NamedValueChecker.
func (argumentPqChecker) CheckNamedValue(nv *driver.NamedValue) error {
	switch nv.Value.(type) {
	case nil, int64, int, int32, string, bool, time.Time, float64, []byte:
		return driver.ErrSkip
	}
	// Whether it is asked depends on the data source name.
	if _, ok := nv.Value.(interface{ BinaryValue() ([]byte, error) }); ok {
		return dialect.ErrAskConnection
	}
	if _, ok := nv.Value.(driver.Valuer); ok {
		return driver.ErrSkip
	}
	v := reflect.ValueOf(nv.Value)
	t := v.Type()
	for t.Kind() == reflect.Pointer {
		if t, v = t.Elem(), v.Elem(); !v.IsValid() && t.Kind() == reflect.Pointer {
			return dialect.ErrAskConnection // it panics, in a way of its own
		}
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return driver.ErrSkip
	}
	switch v.Kind() {
	case reflect.Slice:
		text, ok := argumentArray(v)
		if !ok {
			return dialect.ErrAskConnection
		}
		nv.Value = text
		return nil
	case reflect.Uint64:
		if n := v.Uint(); n >= math.MaxInt64 {
			nv.Value = strconv.FormatUint(n, 10)
		} else {
			nv.Value = int64(n)
		}
		return nil
	default:
		return driver.ErrSkip
	}
}

// argumentArray writes an array as pq does; NULL for a nil slice. It knows slices
// of the language's own numbers, texts and bools, and of pieces of bytes.
func argumentArray(v reflect.Value) (driver.Value, bool) {
	element := v.Type().Elem()
	if element.PkgPath() != "" && v.Type().PkgPath() == "" || element.Kind() == reflect.Slice && element != reflect.TypeFor[[]byte]() {
		return nil, false // it may have a way of its own
	}
	switch element.Kind() {
	case reflect.Bool, reflect.String, reflect.Slice, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint16, reflect.Uint32:
	default:
		return nil, false
	}
	if v.IsNil() {
		return nil, true
	}
	list := v.Type() == reflect.SliceOf(element)
	b := []byte{'{'}
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		switch e := v.Index(i); e.Kind() {
		case reflect.Bool:
			// Its own list of bools is written short.
			switch {
			case !list:
				b = strconv.AppendBool(b, e.Bool())
			case e.Bool():
				b = append(b, 't')
			default:
				b = append(b, 'f')
			}
		case reflect.String:
			b = argumentQuote(b, e.String())
		case reflect.Slice:
			return nil, false
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			b = strconv.AppendInt(b, e.Int(), 10)
		default:
			if e.Uint() > math.MaxInt64 {
				return nil, false // an error
			}
			b = strconv.AppendUint(b, e.Uint(), 10)
		}
	}
	return string(append(b, '}')), true
}

// argumentQuote writes an element in quotes.
func argumentQuote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// Option implements [dialect.OptionChecker]: the arguments by which pgx is told how
// to run a statement, or to write it anew.
func (postgresDialect) Option(v any) dialect.Option {
	switch v.(type) {
	case nil, int64, string, bool, time.Time, float64, []byte, int, int32, [16]byte, []int64, []string:
		return dialect.OptionNone
	}
	t := reflect.TypeOf(v)
	if _, ok := t.MethodByName("RewriteQuery"); ok {
		return dialect.OptionRewrite
	}
	if strings.HasPrefix(t.PkgPath(), "github.com/jackc/pgx/") && !strings.HasSuffix(t.PkgPath(), valuePgtype) {
		return dialect.OptionMode
	}
	return dialect.OptionNone
}
