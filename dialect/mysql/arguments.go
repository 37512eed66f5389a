package mysql

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
)

// argumentMySQL is the driver whose connections' answers are known here.
const argumentMySQL = "*github.com/go-sql-driver/mysql.MySQLDriver"

// ArgumentChecker implements [dialect.Dialect].
func (mysqlDialect) ArgumentChecker(name string) driver.NamedValueChecker {
	if name != argumentMySQL {
		return nil
	}
	return argumentChecker{}
}

// argumentChecker is CheckNamedValue of the driver's connections and statements, of version 1.10:
// database/sql's own conversion, but for large unsigned numbers and json.RawMessage,
// which pass as they are.
type argumentChecker struct{}

// CheckNamedValue implements driver.NamedValueChecker.
func (argumentChecker) CheckNamedValue(nv *driver.NamedValue) (err error) {
	nv.Value, err = argumentConvert(nv.Value)
	return err
}

// ChecksStatements implements [dialect.StatementChecker]: those of its statements do the
// same.
func (argumentChecker) ChecksStatements() bool { return true }

// argumentConvert returns what the driver sends in place of an argument, or its error.
func argumentConvert(v any) (driver.Value, error) {
	if driver.IsValue(v) {
		return v, nil
	}
	if valuer, ok := v.(driver.Valuer); ok {
		return argumentAsk(valuer)
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return nil, nil
		}
		return argumentConvert(rv.Elem().Interface())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return rv.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return rv.Float(), nil
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Slice:
		switch t := rv.Type(); {
		case t == reflect.TypeFor[json.RawMessage]():
			return v, nil
		case t.Elem().Kind() == reflect.Uint8:
			return rv.Bytes(), nil
		default:
			return nil, fmt.Errorf("unsupported type %T, a slice of %s", v, t.Elem().Kind())
		}
	case reflect.String:
		return rv.String(), nil
	default:
		return nil, fmt.Errorf("unsupported type %T, a %s", v, rv.Kind())
	}
}

// argumentAsk returns what a driver.Valuer stands for. A nil pointer to a type that has
// the method itself is NULL.
func argumentAsk(valuer driver.Valuer) (driver.Value, error) {
	rv := reflect.ValueOf(valuer)
	if rv.Kind() == reflect.Pointer && rv.IsNil() && rv.Type().Elem().Implements(reflect.TypeFor[driver.Valuer]()) {
		return nil, nil
	}
	v, err := valuer.Value()
	if err != nil {
		return nil, err
	}
	if driver.IsValue(v) {
		return v, nil
	}
	if u, ok := v.(uint64); ok {
		return u, nil
	}
	return nil, fmt.Errorf("non-Value type %T returned from Value", v)
}
