package drivertest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const text = "SELECT a"

// answers are what the tests ask for.
func answers() map[string]Answer {
	return map[string]Answer{text: {
		Columns: []Column{{
			Name: "a", ScanType: reflect.TypeFor[int64](), DatabaseTypeName: "BIGINT",
			Length: 8, HasLength: true, Nullable: true, HasNullable: true,
			Precision: 10, Scale: 2, HasPrecisionScale: true,
		}},
		Rows: [][]driver.Value{{int64(1)}},
		More: []Answer{{Columns: Columns("b"), Rows: [][]driver.Value{{int64(2)}}}},
	}}
}

// use opens a DB on a driver with that set, and closes it after the test: then
// nothing may be open.
func use(t *testing.T, set Capability) (*sql.DB, *Driver) {
	t.Helper()
	d := New(Config{Capabilities: set, Answers: answers()})
	db := sql.OpenDB(d.Connector())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if open := d.Open(); open != (Open{}) {
			t.Errorf("left open: %+v", open)
		}
	})
	return db, d
}

// TestTypesHaveExactlyTheirInterfaces compares every generated type with the
// set that it stands for.
func TestTypesHaveExactlyTheirInterfaces(t *testing.T) {
	t.Parallel()
	d := New(Config{})
	c := &conn{d: d}
	conns := 0
	for set := range OnConn + 1 {
		if set&^OnConn != 0 {
			continue
		}
		if v := wrapConn(c, set); v != nil {
			conns++
			if got := implemented(v) & OnConn; got != set {
				t.Errorf("connection for %v has %v", set, got)
			}
		}
	}
	if conns < 20 {
		t.Errorf("only %d connection types", conns)
	}
	for set := range All + 1 {
		if set&^OnStmt == 0 {
			if got := implemented(wrapStmt(&stmt{c: c}, set)) & OnStmt; got != set {
				t.Errorf("statement for %v has %v", set, got)
			}
		}
		if set&^OnRows == 0 {
			if got := implemented(wrapRows(&rows{c: c, set: &Answer{}}, set)) & OnRows; got != set {
				t.Errorf("rows for %v have %v", set, got)
			}
		}
	}
}

// implemented returns what a connection, a statement or rows implement.
func implemented(v any) (set Capability) {
	add := func(c Capability, ok bool) {
		if ok {
			set |= c
		}
	}
	var ok bool
	_, ok = v.(driver.Pinger)
	add(Pinger, ok)
	_, ok = v.(driver.ExecerContext)
	_, isStmt := v.(driver.Stmt)
	add(ExecerContext, ok && !isStmt)
	_, ok = v.(driver.Execer) //nolint:staticcheck // what old drivers have
	add(Execer, ok)
	_, ok = v.(driver.QueryerContext)
	add(QueryerContext, ok)
	_, ok = v.(driver.Queryer) //nolint:staticcheck // what old drivers have
	add(Queryer, ok)
	_, ok = v.(driver.ConnPrepareContext)
	add(PrepareContext, ok)
	_, ok = v.(driver.ConnBeginTx)
	add(BeginTx, ok)
	_, ok = v.(driver.SessionResetter)
	add(SessionResetter, ok)
	_, ok = v.(driver.Validator)
	add(Validator, ok)
	_, ok = v.(driver.NamedValueChecker)
	add(CheckerConn|CheckerStmt, ok)
	_, ok = v.(driver.StmtExecContext)
	add(StmtExecContext, ok)
	_, ok = v.(driver.StmtQueryContext)
	add(StmtQueryContext, ok)
	_, ok = v.(driver.ColumnConverter) //nolint:staticcheck // what old drivers have
	add(ColumnConverter, ok)
	_, ok = v.(driver.RowsNextResultSet)
	add(NextResultSet, ok)
	_, ok = v.(driver.RowsColumnTypeScanType)
	add(ScanType, ok)
	_, ok = v.(driver.RowsColumnTypeDatabaseTypeName)
	add(DatabaseTypeName, ok)
	_, ok = v.(driver.RowsColumnTypeLength)
	add(Length, ok)
	_, ok = v.(driver.RowsColumnTypeNullable)
	add(Nullable, ok)
	_, ok = v.(driver.RowsColumnTypePrecisionScale)
	add(PrecisionScale, ok)
	return set
}

// TestMatrixRuns shows that every set of the matrix has its types, and that the
// matrix has each interface present alone and absent alone.
func TestMatrixRuns(t *testing.T) {
	t.Parallel()
	var sets []Capability
	for _, c := range Matrix() {
		if slices.Contains(sets, c.Set) {
			t.Errorf("%s comes twice", c.Name)
		}
		sets = append(sets, c.Set)
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			db, _ := use(t, c.Set)
			columnType(t, db)
		})
	}
	for _, one := range All.Each() {
		if !slices.Contains(sets, one) || !slices.Contains(sets, All&^one) {
			t.Errorf("the matrix does not isolate %v", one)
		}
	}
}

func TestNoTypeForASet(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(New(Config{Capabilities: Pinger | Execer}).Connector())
	defer db.Close()
	if err := db.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "Pinger|Execer") {
		t.Errorf("a set without a type: %v", err)
	}
}

func TestCapabilityString(t *testing.T) {
	t.Parallel()
	for c, want := range map[Capability]string{
		None: "None", Pinger | BeginTx: "Pinger|BeginTx", end: "0x400000",
		OnDriver: "DriverContext|ConnectorCloser",
		OnStmt:   "StmtExecContext|StmtQueryContext|CheckerStmt|ColumnConverter",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x: %q, want %q", uint32(c), got, want)
		}
	}
	if all := OnDriver | OnConn | OnStmt | OnRows; all != All || len(All.Each()) != len(names) {
		t.Errorf("the parts make %v", all)
	}
}

func TestFailuresAndCounts(t *testing.T) {
	t.Parallel()
	db, d := use(t, All)
	d.Fail(Failure{Op: OpQueryContext, Nth: 1, Err: driver.ErrBadConn})
	columnType(t, db) // database/sql tries again on a new connection
	if got := d.Count(OpConnect); got != 2 {
		t.Errorf("%d connects, want 2", got)
	}
	d.Reset()
	d.Fail(Failure{Op: OpQueryContext, Err: io.ErrUnexpectedEOF})
	for range 2 {
		if _, err := db.QueryContext(t.Context(), text); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("query: %v", err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "other"); err == nil {
		t.Error("a text without an answer was answered")
	}
	want := []Op{OpResetSession, OpQueryContext, OpIsValid}
	if got := d.Ops()[:3]; !slices.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
}

func TestOpenThingsAreCounted(t *testing.T) {
	t.Parallel()
	db, d := use(t, All)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tx.PrepareContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.QueryContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Open(); got != (Open{Conns: 1, Stmts: 1, Rows: 1, Txs: 1}) {
		t.Errorf("open: %+v", got)
	}
	if err := errors.Join(rows.Close(), s.Close(), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	if got := d.Open(); got != (Open{Conns: 1}) {
		t.Errorf("open: %+v", got)
	}
}

func TestGateHoldsAndContextFrees(t *testing.T) {
	t.Parallel()
	db, d := use(t, All)
	gate := NewGate()
	d.Answer("hang", Answer{Gate: gate, Columns: Columns("a")})
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), ContextKey{}, "mine"))
	done := make(chan error)
	run := func(ctx context.Context) {
		rows, err := db.QueryContext(ctx, "hang")
		if err == nil {
			err = rows.Close()
		}
		done <- err
	}
	go run(ctx)
	<-gate.Arrived()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while held up: %v", err)
	}
	go run(t.Context())
	<-gate.Arrived()
	select {
	case err := <-done:
		t.Fatalf("the gate let a statement through: %v", err)
	default:
	}
	gate.Release()
	gate.Release()
	if err := <-done; err != nil {
		t.Errorf("released: %v", err)
	}
	if c := d.Calls()[1]; c.Op != OpQueryContext || c.Value != "mine" || c.HasDeadline {
		t.Errorf("call %+v", c)
	}
}

func TestRowsErrorsComeWhereTheyAreSet(t *testing.T) {
	t.Parallel()
	db, d := use(t, All)
	d.Answer("broken", Answer{Columns: Columns("a"), Rows: [][]driver.Value{{int64(1)}}, RowsErr: io.ErrUnexpectedEOF})
	d.Answer("close", Answer{Columns: Columns("a"), CloseErr: io.ErrNoProgress})
	d.Answer("err", Answer{Err: io.ErrShortWrite})
	read := func(text string) (n int, err error) {
		rows, err := db.QueryContext(t.Context(), text)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			n++
		}
		return n, rows.Err()
	}
	if n, err := read("broken"); n != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken: %d rows, %v", n, err)
	}
	if n, err := read("close"); n != 0 || !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("close: %d rows, %v", n, err)
	}
	if _, err := read("err"); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("err: %v", err)
	}
}

func TestReuseAndDynamic(t *testing.T) {
	t.Parallel()
	db, d := use(t, All)
	d.Answer("reuse", Answer{
		Columns: Columns("a"), Reuse: true, Dynamic: true,
		Rows: [][]driver.Value{{[]byte("one")}, {int64(2)}, {nil}},
	})
	rows, err := db.QueryContext(t.Context(), "reuse")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var raw sql.RawBytes
	var seen []string
	for rows.Next() {
		types, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		length, ok := types[0].Length()
		seen = append(seen, fmt.Sprint(types[0].ScanType(), length > 0, ok))
		if len(seen) == 1 {
			if err := rows.Scan(&raw); err != nil || string(raw) != "one" {
				t.Fatalf("scanned %q, %v", raw, err)
			}
		}
	}
	if string(raw) != "###" {
		t.Errorf("the buffer was not reused: %q", raw)
	}
	if want := []string{"[]uint8 true true", "int64 false false", "<nil> false false"}; !slices.Equal(seen, want) {
		t.Errorf("types %v, want %v", seen, want)
	}
}

// TestReuseKeepsEmptyAndNilApart shows that a reused buffer does not change what
// the values are.
func TestReuseKeepsEmptyAndNilApart(t *testing.T) {
	t.Parallel()
	c := &conn{d: New(Config{})}
	want := []driver.Value{[]byte{}, []byte(nil), nil, []byte("x"), []byte{}, "text"}
	rows := c.rows(&Answer{Columns: Columns("a", "b", "c", "d", "e", "f"), Rows: [][]driver.Value{want[:3], want[3:]}, Reuse: true})
	for from := range 2 {
		got := make([]driver.Value, 3)
		if err := rows.Next(got); err != nil {
			t.Fatal(err)
		}
		if want := want[from*3 : from*3+3]; !reflect.DeepEqual(got, want) {
			t.Errorf("%#v, want %#v", got, want)
		}
	}
}

func TestOptionIsRemoved(t *testing.T) {
	t.Parallel()
	db, d := use(t, CheckerConn)
	if _, err := db.ExecContext(t.Context(), text, Option{}, int64(1)); err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Calls() {
		if c.Op == OpStmtExec {
			if len(c.Args) != 1 || c.Args[0].Value != int64(1) {
				t.Errorf("arguments %v", c.Args)
			}
			return
		}
	}
	t.Error("the statement did not run")
}
