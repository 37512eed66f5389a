package result

import (
	"database/sql/driver"
	"reflect"
)

// columnType is what a driver answers about a column, or what database/sql
// takes instead when the driver's rows lack the question.
type columnType struct {
	scan     reflect.Type
	database string
	// The numbers are kept also where their flag says that they mean nothing:
	// database/sql hands them to the program all the same.
	length           int64
	precision, scale int64
	flags            typeFlags
}

// differsInNulls tells whether one of two types is said to hold NULLs and the other is
// not, and they differ in nothing else but the Go types that follow from it.
func (t *columnType) differsInNulls(u *columnType) bool {
	a, b := *t, *u
	differs := a.flags.has(flagNullable) != b.flags.has(flagNullable)
	a.scan, b.scan = nil, nil
	a.flags.set(flagNullable, true)
	b.flags.set(flagNullable, true)
	return differs && a == b
}

// typeFlags are the yes-or-no answers of a columnType.
type typeFlags uint8

const (
	flagLength typeFlags = 1 << iota
	flagNullable
	flagNullableKnown
	flagPrecisionScale
	flagsAll = flagLength | flagNullable | flagNullableKnown | flagPrecisionScale
)

func (f typeFlags) has(g typeFlags) bool { return f&g != 0 }

func (f *typeFlags) set(g typeFlags, on bool) {
	if on {
		*f |= g
	}
}

// anyType is the scan type that database/sql takes when rows do not tell one.
var anyType = reflect.TypeFor[any]()

// prober asks rows about their columns. The optional interfaces are looked up
// once; a nil one is answered as database/sql does.
type prober struct {
	scan      driver.RowsColumnTypeScanType
	database  driver.RowsColumnTypeDatabaseTypeName
	length    driver.RowsColumnTypeLength
	nullable  driver.RowsColumnTypeNullable
	precision driver.RowsColumnTypePrecisionScale
}

func newProber(rows driver.Rows) (p prober) {
	p.scan, _ = rows.(driver.RowsColumnTypeScanType)
	p.database, _ = rows.(driver.RowsColumnTypeDatabaseTypeName)
	p.length, _ = rows.(driver.RowsColumnTypeLength)
	p.nullable, _ = rows.(driver.RowsColumnTypeNullable)
	p.precision, _ = rows.(driver.RowsColumnTypePrecisionScale)
	return p
}

// silent reports whether the rows answer nothing, so that no answer can change.
func (p *prober) silent() bool { return *p == prober{} }

// column asks everything about one column, in the order of database/sql.
func (p *prober) column(i int) (t columnType) {
	t.scan = p.scanType(i)
	t.database = p.databaseTypeName(i)
	var is, known bool
	t.length, is = p.lengthOf(i)
	t.flags.set(flagLength, is)
	is, known = p.nullableOf(i)
	t.flags.set(flagNullable, is)
	t.flags.set(flagNullableKnown, known)
	t.precision, t.scale, is = p.precisionScale(i)
	t.flags.set(flagPrecisionScale, is)
	return t
}

func (p *prober) scanType(i int) reflect.Type {
	if p.scan == nil {
		return anyType
	}
	return p.scan.ColumnTypeScanType(i)
}

func (p *prober) databaseTypeName(i int) string {
	if p.database == nil {
		return ""
	}
	return p.database.ColumnTypeDatabaseTypeName(i)
}

func (p *prober) lengthOf(i int) (int64, bool) {
	if p.length == nil {
		return 0, false
	}
	return p.length.ColumnTypeLength(i)
}

func (p *prober) nullableOf(i int) (nullable, ok bool) {
	if p.nullable == nil {
		return false, false
	}
	return p.nullable.ColumnTypeNullable(i)
}

func (p *prober) precisionScale(i int) (precision, scale int64, ok bool) {
	if p.precision == nil {
		return 0, 0, false
	}
	return p.precision.ColumnTypePrecisionScale(i)
}
