package sqlcache_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// valuer is an argument that knows its own value.
type valuer struct {
	value driver.Value
	err   error
}

// Value implements driver.Valuer.
func (v valuer) Value() (driver.Value, error) { return v.value, v.err }

// pointerValuer has Value on its pointer.
type pointerValuer struct{ n int64 }

// Value implements driver.Valuer.
func (v *pointerValuer) Value() (driver.Value, error) { return v.n, nil }

var errValuer = errors.New("no value today")

type (
	myInt  int32
	myText string
	odd    struct{ x int }
)

// single are arguments that stand alone. Some are refused.
var single = map[string]any{
	"int": 7, "int8": int8(7), "uint64": uint64(7), "uint64 too large": uint64(1) << 63, "float32": float32(1.5),
	"bool": true, "nil": nil, "text": "text", "bytes": []byte("bytes"), "nil bytes": []byte(nil),
	"time": time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), "my int": myInt(7), "my text": myText("t"),
	"pointer": new(int), "nil pointer": (*int)(nil), "null string": sql.NullString{}, "raw bytes": sql.RawBytes("raw"),
	"valuer": valuer{value: int64(7)}, "valuer of nil": valuer{}, "valuer that fails": valuer{err: errValuer},
	"valuer of an odd value": valuer{value: odd{1}}, "valuer of a marked value": valuer{value: drivertest.Marked{Text: "inner"}},
	"nil pointer to valuer": (*valuer)(nil), "pointer valuer": &pointerValuer{n: 7},
	"struct": odd{1}, "pointer to struct": &odd{1}, "slice": []int{1}, "map": map[string]int{}, "func": func() {},
	"marked": drivertest.Marked{Text: "m"}, "option": drivertest.Option{}, "named": sql.Named("id", 7),
	"named badly": sql.Named("1id", 7), "named marked": sql.Named("id", drivertest.Marked{Text: "n"}),
	"named option": sql.Named("id", drivertest.Option{}), "out": sql.Out{Dest: new(int)},
	"named out": sql.Named("id", sql.Out{Dest: new(int)}),
}

// lists are arguments of which each is wanted at its place.
var lists = map[string][]any{
	"none": nil, "one": {1}, "two": {1, 2}, "three": {1, "x", nil},
	"option first": {drivertest.Option{}, 1, 2}, "options around": {drivertest.Option{}, 1, drivertest.Option{}, 2, drivertest.Option{}},
	"only options": {drivertest.Option{}, drivertest.Option{}},
	"marked last":  {1, drivertest.Marked{Text: "m"}}, "bad last": {1, odd{2}}, "bad first": {odd{1}, 2},
	"option, then bad": {drivertest.Option{}, 1, odd{3}}, "named and not": {sql.Named("a", 1), 2},
	"named twice": {sql.Named("a", 1), sql.Named("a", 2)},
}

// argumentPrograms hand over arguments in every way there is.
var argumentPrograms = []program{
	{name: "arguments of a query", run: func(s *session) {
		for name, list := range argumentLists() {
			s.notef("%s", name)
			s.query(selectByID, list...)
			s.query(selectTwo, list...)
		}
	}},
	{name: "a first argument that needs the driver", run: func(s *session) {
		s.query(selectByID, drivertest.Marked{Text: "m"})
	}},
	{name: "a first argument that nobody takes", run: func(s *session) { s.query(selectByID, odd{1}) }},
	{name: "a first argument with a name", run: func(s *session) { s.query(selectNamed, sql.Named("id", 7)) }},
	{name: "a first argument of a write", run: func(s *session) { s.exec(insert, drivertest.Marked{Text: "m"}) }},
	{name: "a first argument of a statement that fails", run: func(s *session) {
		s.query(noAnswer, odd{1})
		s.exec(noAnswer, odd{1})
	}},
	{name: "arguments of a write", run: func(s *session) {
		for name, list := range argumentLists() {
			s.notef("%s", name)
			s.exec(insert, list...)
			s.query(selectByID, 1) // so that the next one runs in a transaction of its own
			s.exec(update, list...)
		}
	}},
	{name: "arguments in a transaction", run: func(s *session) {
		tx, err := s.db.BeginTx(s.ctx, nil)
		s.err("begin", err)
		if err != nil {
			return
		}
		for name, list := range argumentLists() {
			s.notef("%s", name)
			rows, err := tx.QueryContext(s.ctx, selectByID, list...)
			s.all("query", rows, err)
			res, err := tx.ExecContext(s.ctx, insert, list...)
			s.result("exec", res, err)
		}
		s.err("commit", tx.Commit())
	}},
	{name: "arguments of a prepared statement", run: func(s *session) {
		for _, text := range []string{selectByID, selectTwo, insert} {
			st, err := s.db.PrepareContext(s.ctx, text)
			s.err("prepare", err)
			if err != nil {
				return
			}
			for name, list := range argumentLists() {
				s.notef("%s", name)
				rows, err := st.QueryContext(s.ctx, list...)
				s.all("query", rows, err)
				res, err := st.ExecContext(s.ctx, list...)
				s.result("exec", res, err)
			}
			s.err("close", st.Close())
		}
	}},
}

// argumentLists yields all lists of arguments in one order.
func argumentLists() func(yield func(string, []any) bool) {
	return func(yield func(string, []any) bool) {
		for _, name := range sortedKeys(single) {
			if !yield(name, []any{single[name]}) {
				return
			}
		}
		for _, name := range sortedKeys(lists) {
			if !yield(name, lists[name]) {
				return
			}
		}
	}
}
