package drivertest

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
)

// columnType asks database/sql about the column of the answer.
func columnType(t *testing.T, db *sql.DB) *sql.ColumnType {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	for rows.NextResultSet() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return types[0]
}

var registered atomic.Int64

// effects shows each capability through database/sql: what the program or the
// driver sees of it, with the interface and without.
var effects = map[Capability]struct {
	see           func(t *testing.T, db *sql.DB, d *Driver) string
	with, without string
}{
	DriverContext: {func(t *testing.T, _ *sql.DB, d *Driver) string {
		name := fmt.Sprintf("drivertest-%d", registered.Add(1))
		sql.Register(name, d.Driver())
		db, err := sql.Open(name, "dsn")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.PingContext(t.Context()), db.Close()); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpOpenConnector, OpOpen)
	}, "OpenConnector", "Open"},
	ConnectorCloser: {func(t *testing.T, _ *sql.DB, d *Driver) string {
		if err := sql.OpenDB(d.Connector()).Close(); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpConnectorClose)
	}, "Connector.Close", ""},
	Pinger: {func(t *testing.T, db *sql.DB, d *Driver) string {
		if err := db.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpPing)
	}, "Ping", ""},
	ExecerContext:  {exec, "ExecContext", ""},
	Execer:         {exec, "Exec", ""},
	QueryerContext: {query, "QueryContext", ""},
	Queryer:        {query, "Query", ""},
	PrepareContext: {func(t *testing.T, db *sql.DB, d *Driver) string {
		s, err := db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpPrepareContext, OpPrepare)
	}, "PrepareContext", "Prepare"},
	BeginTx: {func(t *testing.T, db *sql.DB, d *Driver) string {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
		if err != nil {
			return "refused"
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Calls() {
			if c.Op == OpBeginTx {
				return fmt.Sprint(c.Tx)
			}
		}
		return ""
	}, fmt.Sprint(driver.TxOptions{Isolation: driver.IsolationLevel(sql.LevelSerializable), ReadOnly: true}), "refused"},
	SessionResetter: {func(t *testing.T, db *sql.DB, d *Driver) string {
		columnType(t, db)
		columnType(t, db)
		return saw(d, OpResetSession)
	}, "ResetSession", ""},
	Validator: {func(t *testing.T, db *sql.DB, d *Driver) string {
		d.Fail(Failure{Op: OpIsValid, Err: io.ErrClosedPipe})
		columnType(t, db)
		columnType(t, db)
		return fmt.Sprintf("%d connects", d.Count(OpConnect))
	}, "2 connects", "1 connects"},
	CheckerConn:     {marked, "conn:x", "refused"},
	CheckerStmt:     {marked, "stmt:x", "refused"},
	ColumnConverter: {marked, "column:x", "refused"},
	StmtExecContext: {func(t *testing.T, db *sql.DB, d *Driver) string {
		s, err := db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.ExecContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpStmtExecContext, OpStmtExec)
	}, "Stmt.ExecContext", "Stmt.Exec"},
	StmtQueryContext: {func(t *testing.T, db *sql.DB, d *Driver) string {
		s, err := db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		rows, err := s.QueryContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		return saw(d, OpStmtQueryContext, OpStmtQuery)
	}, "Stmt.QueryContext", "Stmt.Query"},
	NextResultSet: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		rows, err := db.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var seen []string
		for more := true; more; more = rows.NextResultSet() {
			columns, err := rows.Columns()
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, columns...)
			for rows.Next() {
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(seen, " ")
	}, "a b", "a"},
	ScanType: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		return columnType(t, db).ScanType().String()
	}, "int64", "interface {}"},
	DatabaseTypeName: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		return columnType(t, db).DatabaseTypeName()
	}, "BIGINT", ""},
	Length: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		return fmt.Sprint(columnType(t, db).Length())
	}, "8 true", "0 false"},
	Nullable: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		return fmt.Sprint(columnType(t, db).Nullable())
	}, "true true", "false false"},
	PrecisionScale: {func(t *testing.T, db *sql.DB, _ *Driver) string {
		return fmt.Sprint(columnType(t, db).DecimalSize())
	}, "10 2 true", "0 0 false"},
}

// saw lists those of the kinds that were called.
func saw(d *Driver, ops ...Op) string {
	var list []string
	for _, op := range ops {
		if d.Count(op) > 0 {
			list = append(list, string(op))
		}
	}
	return strings.Join(list, " ")
}

func exec(t *testing.T, db *sql.DB, d *Driver) string {
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	return saw(d, OpExecContext, OpExec)
}

func query(t *testing.T, db *sql.DB, d *Driver) string {
	columnType(t, db)
	return saw(d, OpQueryContext, OpQuery)
}

// marked sends an argument that only a checker or a converter can read.
func marked(t *testing.T, db *sql.DB, d *Driver) string {
	if _, err := db.ExecContext(t.Context(), text, Marked{"x"}); err != nil {
		return "refused"
	}
	for _, c := range d.Calls() {
		if len(c.Args) == 1 {
			return fmt.Sprint(c.Args[0].Value)
		}
	}
	t.Fatal("no call had the argument")
	return ""
}

// hidden are the capabilities that other ones hide or replace in a driver that
// has everything: database/sql asks for those first.
const hidden = ExecerContext | Execer | QueryerContext | Queryer | CheckerConn | CheckerStmt | ColumnConverter

// TestEachFlagTakesEffect looks at each capability through database/sql: alone,
// in the empty driver, and with all others and all but it.
func TestEachFlagTakesEffect(t *testing.T) {
	t.Parallel()
	if len(effects) != len(names) {
		t.Fatalf("%d of %d capabilities have an effect to look at", len(effects), len(names))
	}
	for _, one := range All.Each() {
		t.Run(one.String(), func(t *testing.T) {
			t.Parallel()
			e := effects[one]
			for set, want := range map[Capability]string{one: e.with, None: e.without} {
				db, d := use(t, set)
				if got := e.see(t, db, d); got != want {
					t.Errorf("with %v: saw %q, want %q", set, got, want)
				}
			}
			if hidden.Has(one) {
				return
			}
			for set, want := range map[Capability]string{All: e.with, All &^ one: e.without} {
				db, d := use(t, set)
				if got := e.see(t, db, d); got != want {
					t.Errorf("with %v: saw %q, want %q", set, got, want)
				}
			}
		})
	}
}

// TestHiddenCapabilities looks at the ones that others hide, by taking the
// others away: the order of database/sql decides.
func TestHiddenCapabilities(t *testing.T) {
	t.Parallel()
	for set, want := range map[Capability]string{
		All:                     "ExecContext",
		All &^ ExecerContext:    "Exec",
		Modern:                  "ExecContext",
		Modern &^ ExecerContext: "",
	} {
		db, d := use(t, set)
		if got := exec(t, db, d); got != want {
			t.Errorf("exec with %v: saw %q, want %q", set, got, want)
		}
	}
	for set, want := range map[Capability]string{
		All:                      "QueryContext",
		All &^ QueryerContext:    "Query",
		Modern:                   "QueryContext",
		Modern &^ QueryerContext: "",
	} {
		db, d := use(t, set)
		if got := query(t, db, d); got != want {
			t.Errorf("query with %v: saw %q, want %q", set, got, want)
		}
	}
	for set, want := range map[Capability]string{
		All:                               "stmt:x",
		All &^ CheckerStmt:                "conn:x",
		All &^ CheckerStmt &^ CheckerConn: "column:x",
		All &^ CheckerStmt &^ CheckerConn &^ ColumnConverter: "refused",
	} {
		db, d := use(t, set)
		s, err := db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		got := "refused"
		if _, err := s.ExecContext(t.Context(), Marked{"x"}); err == nil {
			for _, c := range d.Calls() {
				if c.Op == OpStmtExecContext {
					got = fmt.Sprint(c.Args[0].Value)
				}
			}
		}
		if got != want {
			t.Errorf("argument with %v: saw %q, want %q", set, got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
