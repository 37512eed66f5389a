package postgres

import (
	"database/sql/driver"
	"math"
	"reflect"
	"slices"
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
// to run a statement, or to write it anew, and texts that PostgreSQL may take for the
// present time.
func (postgresDialect) Option(v any) dialect.Option {
	switch v := v.(type) {
	case nil, int64, bool, time.Time, float64, []byte, int, int32, [16]byte, []int64:
		return dialect.OptionNone
	case string:
		return argumentOption(v)
	case []string:
		return argumentOption(v...)
	}
	t := reflect.TypeOf(v)
	if _, ok := t.MethodByName("RewriteQuery"); ok {
		return dialect.OptionRewrite
	}
	if strings.HasPrefix(t.PkgPath(), "github.com/jackc/pgx/") && !strings.HasSuffix(t.PkgPath(), valuePgtype) {
		return dialect.OptionMode
	}
	if text, ok := valueOf(v); ok {
		s, _ := text.(string)
		return argumentOption(s)
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String {
		for i, list := 0, reflect.ValueOf(v); i < list.Len(); i++ {
			if argumentClock(list.Index(i).String()) {
				return dialect.OptionClock
			}
		}
	}
	return dialect.OptionNone
}

// argumentOption is Option for texts.
func argumentOption(texts ...string) dialect.Option {
	if slices.ContainsFunc(texts, argumentClock) {
		return dialect.OptionClock
	}
	return dialect.OptionNone
}

// argumentWords is how many words a text may have beside one for the present time and
// yet be a time: today 8:00 am Europe/Paris.
const argumentWords = 2

// argumentClock reports whether a text may be a time that changes, or an array or a
// range of such. Programs pass all kinds of texts, so it looks at the words beside
// too, other than [functionDateWord].
func argumentClock(text string) bool {
	if text == "" || len(text) > functionMaxDate && text[0] != '{' && text[0] != '[' && text[0] != '(' {
		return false
	}
	found, others, start := false, 0, -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && ('a' <= text[i]|0x20 && text[i]|0x20 <= 'z' || text[i] >= 0x80 || start >= 0 && (text[i] == '/' || text[i] == '_')) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start < 0 {
			continue
		}
		switch word := text[start:i]; {
		case tokFoldEqual(word, "now"), tokFoldEqual(word, "today"), tokFoldEqual(word, "tomorrow"), tokFoldEqual(word, "yesterday"):
			found = true
		default:
			others++
		}
		start = -1
	}
	return found && (others <= argumentWords || text[0] == '{' || text[0] == '[' || text[0] == '(')
}
