package mysql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

type (
	argumentPanics  struct{}
	argumentFails   struct{}
	argumentValue   struct{ v any }
	argumentPointer struct{ v any }
	argumentBytes   []byte
	argumentByte    byte
	argumentList    []argumentByte
	argumentFloat   float32
	argumentBool    bool
	argumentDecimal struct{}
)

func (argumentPanics) Value() (driver.Value, error)     { panic("no value") }
func (argumentFails) Value() (driver.Value, error)      { return nil, errors.New("no value") }
func (a argumentValue) Value() (driver.Value, error)    { return a.v, nil }
func (a *argumentPointer) Value() (driver.Value, error) { return a.v, nil }

// Decompose makes it a value to database/sql.
func (argumentDecimal) Decompose([]byte) (form byte, negative bool, coefficient []byte, exponent int32) {
	return 0, false, nil, 0
}

// What is known of the driver's arguments without asking is what its connections say.
func TestArgumentsAreCheckedAsByTheDriver(t *testing.T) {
	t.Parallel()
	seven, text, pointer, large := 7, "text", (*int)(nil), uint64(math.MaxUint64)
	list := []any{
		nil, &seven, &text, pointer, &pointer, new(any), &large, []byte(nil), []byte{}, []byte("a"), struct{}{}, map[string]int{}, func() {}, sql.Named("a", 7), sql.Out{}, sql.Out{Dest: &seven}, complex(1, 2), [3]int{}, [16]byte{}, []int{1}, []string{"a"}, []any{1}, (*[]byte)(nil), (*[]int)(nil),
		uint64(math.MaxInt64), uint64(1 << 63), uint(math.MaxUint), uintptr(7), json.RawMessage("{}"), json.RawMessage(nil), new(json.RawMessage), sql.RawBytes("a"), argumentBytes("a"), argumentBytes(nil), argumentList{1}, argumentFloat(0.1), argumentBool(true), argumentDecimal{}, &argumentDecimal{},
		argumentPanics{}, &argumentPanics{}, (*argumentPanics)(nil), argumentFails{}, argumentValue{7}, argumentValue{int64(7)}, argumentValue{large}, argumentValue{nil}, argumentValue{json.RawMessage("a")}, argumentValue{[]int{1}}, argumentValue{argumentValue{int64(7)}}, argumentValue{argumentDecimal{}}, (*argumentValue)(nil), &argumentValue{"a"},
		&argumentPointer{"a"}, argumentPointer{"a"}, (*argumentPointer)(nil), time.Second, time.Now(), &noon, (*time.Time)(nil), uuid.New(), uuid.NullUUID{}, sql.NullString{}, sql.NullInt64{Int64: 7, Valid: true}, &sql.NullInt64{Int64: 7, Valid: true}, sql.Null[uint64]{V: large, Valid: true}, sql.Null[string]{V: "a", Valid: true},
		math.NaN(), float32(0.1), math.Inf(1), make(chan int), reflect.ValueOf(7),
	}
	for _, c := range comparables {
		for _, a := range append(c.usual, c.others...) {
			if a.literal == "" {
				list = append(list, a.value)
			}
		}
	}
	for _, way := range valueWays {
		conn := openWay(t, server.NewDatabase(t), way)
		err := conn.Raw(func(dc any) error {
			db, err := sql.Open(driverName, "/")
			if err != nil {
				return err
			}
			defer db.Close()
			name := typeName(db.Driver())
			known := mysql.Dialect.ArgumentChecker(name)
			if known == nil {
				return fmt.Errorf("nothing is known of %s", name)
			}
			prepared, err := dc.(driver.Conn).Prepare("SELECT ?")
			if err != nil {
				return err
			}
			defer prepared.Close()
			if s, ok := known.(dialect.StatementChecker); !ok || !s.ChecksStatements() {
				return errors.New("nothing is known of its statements")
			}
			for _, v := range list {
				want, wantErr := check(dc.(driver.NamedValueChecker), v)
				got, gotErr := check(known, v)
				if !same(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
					t.Errorf("%T(%v): %#v, %v; the driver says %#v, %v", v, v, got, gotErr, want, wantErr)
				}
				if want, wantErr = check(prepared.(driver.NamedValueChecker), v); !same(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
					t.Errorf("%T(%v): %#v, %v; a statement of the driver says %#v, %v", v, v, got, gotErr, want, wantErr)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// same compares two values, by their addresses where they cannot be compared.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	return fmt.Sprintf("%T %#v", a, a) == fmt.Sprintf("%T %#v", b, b)
}

func check(checker driver.NamedValueChecker, v any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	nv := driver.NamedValue{Ordinal: 1, Value: v}
	err = checker.CheckNamedValue(&nv)
	return nv.Value, err
}

func typeName(v any) string {
	t := reflect.TypeOf(v).Elem()
	return "*" + t.PkgPath() + "." + t.Name()
}
