package sqlcache_test

import (
	"database/sql"
	"database/sql/driver"
	"math"
	"reflect"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// The texts that the driver answers.
const (
	selectTyped   = "SELECT typed FROM t"
	selectDynamic = "SELECT dynamic FROM t"
	selectReuse   = "SELECT reuse FROM t"
	selectEmpty   = "SELECT empty FROM t"
	selectNothing = "SELECT nothing FROM t"
	selectByID    = "SELECT * FROM t WHERE id = ?"
	selectTwo     = "SELECT * FROM t WHERE id = ? AND a = ?"
	selectNamed   = "SELECT * FROM t WHERE id = :id"
	selectSets    = "SELECT sets FROM t"
	selectVar     = "SELECT volatile FROM t"

	selectErr      = "SELECT err FROM t"
	selectRowsErr  = "SELECT rowserr FROM t"
	selectCloseErr = "SELECT closeerr FROM t"
	selectOdd      = "SELECT odd FROM t"

	insert          = "INSERT INTO t VALUES (?)"
	update          = "UPDATE t SET a = 1"
	updateErr       = "UPDATE t SET err = 1"
	insertReturning = "INSERT INTO t VALUES (1) RETURNING id, a"
	returningErr    = "UPDATE t SET rowserr = 1 RETURNING id"

	textBegin    = "BEGIN"
	textCommit   = "COMMIT"
	textRollback = "ROLLBACK"
	textSet      = "SET x = 1"
	unknown      = "FROBNICATE t"
	noAnswer     = "SELECT unheard of FROM t"
)

// answers are what the programs ask for. A fresh map for each driver: some
// programs change it.
func answers() map[string]drivertest.Answer {
	at := time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.FixedZone("somewhere", 3*3600))
	typed := []drivertest.Column{
		{Name: "i", ScanType: reflect.TypeFor[int64](), DatabaseTypeName: "BIGINT", Nullable: false, HasNullable: true},
		{Name: "f", ScanType: reflect.TypeFor[float64](), DatabaseTypeName: "DOUBLE"},
		{Name: "d", ScanType: reflect.TypeFor[sql.RawBytes](), DatabaseTypeName: "DECIMAL", Precision: 10, Scale: 2, HasPrecisionScale: true},
		{Name: "b", ScanType: reflect.TypeFor[[]byte](), DatabaseTypeName: "BLOB", Length: 1 << 40, HasLength: true, Nullable: true, HasNullable: true},
		{Name: "s", ScanType: reflect.TypeFor[sql.NullString](), DatabaseTypeName: "VARCHAR", Length: 30, HasLength: true, Nullable: true, HasNullable: true},
		{Name: "t", ScanType: reflect.TypeFor[time.Time](), DatabaseTypeName: "TIMESTAMP"},
		{Name: "o", ScanType: reflect.TypeFor[bool](), DatabaseTypeName: "BOOLEAN"},
		// The numbers count also where their flag says that they mean nothing.
		{Name: "s", Length: 7, Nullable: true, Precision: 3, Scale: 1},
	}
	two := drivertest.Columns("id", "a")
	rows := [][]driver.Value{{int64(1), "one"}, {int64(2), nil}}
	changing := [][]driver.Value{
		{int64(1), nil}, {"text", []byte("bytes")}, {nil, 1.5}, {at, true}, {int64(2), ""}, {[]byte{}, nil},
	}
	return map[string]drivertest.Answer{
		selectTyped: {Columns: typed, Rows: [][]driver.Value{
			{int64(1), 1.5, []byte("10.25"), []byte{0, 255}, "text", at, true, nil},
			{int64(-1 << 63), math.Copysign(0, -1), []byte("0.10"), []byte(nil), "", time.Time{}, false, "x"},
			{nil, nil, nil, []byte{}, nil, nil, nil, nil},
		}},
		selectDynamic: {Columns: two, Rows: changing, Dynamic: true},
		selectReuse: {Columns: two, Reuse: true, Rows: [][]driver.Value{
			{[]byte("first"), []byte("row")}, {[]byte("2nd"), []byte{}}, {[]byte("the third"), nil},
		}},
		selectEmpty:   {Columns: typed},
		selectNothing: {},
		selectByID:    {Columns: two, Rows: rows},
		selectTwo:     {Columns: two, Rows: rows},
		selectNamed:   {Columns: two, Rows: rows},
		selectVar:     {Columns: two, Rows: rows},
		selectSets: {Columns: two, Rows: rows, More: []drivertest.Answer{
			{}, {Columns: drivertest.Columns("other"), Rows: [][]driver.Value{{"set"}, {nil}}}, {Columns: two},
		}},

		selectErr:      {Err: errFirst},
		selectRowsErr:  {Columns: two, Rows: rows, RowsErr: errFirst},
		selectCloseErr: {Columns: two, Rows: rows, CloseErr: errFirst},
		// A type that database/sql does not promise, as some drivers return.
		selectOdd: {Columns: two, Rows: [][]driver.Value{{int64(1), []string{"a", "b"}}, {int64(2), nil}}},

		insert:          {Affected: 1, LastInsertID: 42},
		update:          {Affected: 3},
		updateErr:       {Err: errFirst},
		insertReturning: {Columns: typed[:2], Rows: [][]driver.Value{{int64(7), 0.5}, {nil, nil}}},
		returningErr:    {Columns: two, Rows: rows, RowsErr: errFirst},

		textBegin: {}, textCommit: {}, textRollback: {}, textSet: {}, unknown: {Affected: 9},
		ownBegin: {}, ownCommit: {}, ownRollback: {},
	}
}
