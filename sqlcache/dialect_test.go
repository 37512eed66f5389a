package sqlcache_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// The texts with which the wrapper puts a write into a transaction of its own.
// No program of the tests uses them, so they tell our statements from theirs.
const (
	ownBegin    = "BEGIN OWN"
	ownCommit   = "COMMIT OWN"
	ownRollback = "ROLLBACK OWN"
)

// fakeDialect is a dialect for the driver of drivertest, which has no SQL. It
// tells a text by its first word. A SELECT reads the table t, all rows of it
// or, with "WHERE id = ?", those of one id; a write changes any row of it.
// The database has nothing of its own to ask: no query comes from the dialect.
type fakeDialect struct{}

var _ dialect.Dialect = fakeDialect{}

// Name implements dialect.Dialect.
func (fakeDialect) Name() string { return "fake" }

// Parse implements dialect.Dialect.
func (fakeDialect) Parse(text string) *dialect.Statement {
	word, _, _ := strings.Cut(text, " ")
	table := dialect.Name{Name: "t"}
	st := &dialect.Statement{
		Text: text, End: len(text),
		Params: strings.Count(text, "?"), NamedParams: strings.Contains(text, ":"),
	}
	switch word {
	case "SELECT":
		core := &dialect.Core{
			Columns: []dialect.Output{{Star: true}},
			From:    &dialect.TableSource{Name: table, Alias: table.Name},
		}
		if strings.Contains(text, "WHERE id = ?") {
			core.Where = &dialect.Equal{X: &dialect.ColumnRef{Name: "id"}, Y: &dialect.Param{Index: 1}}
		}
		st.Kind, st.Reads = dialect.KindSelect, []dialect.Name{table}
		st.Query = &dialect.Query{Cores: []*dialect.Core{core}}
		if strings.Contains(text, "volatile") {
			st.Volatile = "volatile"
		}
	case "INSERT":
		st.Kind, st.Writes = dialect.KindInsert, []dialect.Name{table}
		st.Insert = &dialect.Insert{Table: table, Rows: 1, Returning: strings.Contains(text, "RETURNING")}
	case "UPDATE":
		st.Kind, st.Writes = dialect.KindUpdate, []dialect.Name{table}
		st.Update = &dialect.Update{Table: table, Returning: strings.Contains(text, "RETURNING")}
	case "BEGIN":
		st.Kind = dialect.KindBegin
	case "COMMIT":
		st.Kind = dialect.KindCommit
	case "ROLLBACK":
		st.Kind = dialect.KindRollback
	case "SET":
		st.Kind, st.Taint = dialect.KindSession, dialect.TaintReads
	}
	return st
}

// LoadCatalog implements dialect.Dialect.
func (fakeDialect) LoadCatalog(context.Context, dialect.Queryer) (*dialect.Catalog, error) {
	t := &dialect.Table{Schema: "main", Name: "t", Key: "main.t", SQL: `"t"`, Unique: [][]int{{0}}}
	for _, name := range []string{"id", "a"} {
		t.Columns = append(t.Columns, &dialect.Column{Name: name, Folded: name, SQL: name, Comparison: "exact"})
	}
	return dialect.NewCatalog("1", "fake", strings.ToLower, []string{"main"}, []*dialect.Table{t}), nil
}

// SchemaVersion implements dialect.Dialect.
func (fakeDialect) SchemaVersion(context.Context, dialect.Queryer) (string, error) { return "1", nil }

// CheckSession implements dialect.Dialect.
func (fakeDialect) CheckSession(context.Context, dialect.Queryer) (dialect.Session, error) {
	return dialect.Session{}, nil
}

// Images implements dialect.Dialect: there are none, so that each write takes
// the table's epoch and runs as the program wrote it.
func (fakeDialect) Images(*dialect.Statement, *dialect.Table, []int) (*dialect.Images, string) {
	return nil, "the fake driver has no rows to take images of"
}

// RowsOf implements dialect.Dialect.
func (fakeDialect) RowsOf(*dialect.Table, []int, int) string { return "" }

// ChildrenOf implements dialect.Dialect.
func (fakeDialect) ChangesOf([]*dialect.Table) string { panic("not used") }

func (fakeDialect) ChildrenOf(_, _ *dialect.Table, _ *dialect.ForeignKey, _ dialect.Kind, _ []int, _ int) string {
	return ""
}

// Canonical implements dialect.Dialect.
func (fakeDialect) Canonical(_ *dialect.Column, v driver.Value, _ dialect.Side) (string, bool) {
	switch v.(type) {
	case int64, string:
		return fmt.Sprintf("%T %v", v, v), true
	default:
		return "", false
	}
}

// Truth implements dialect.Dialect.
func (fakeDialect) Truth(*dialect.Column, driver.Value) (truth, known bool) { return false, false }

// SchemaDigest implements dialect.Dialect.
func (fakeDialect) SchemaDigest(context.Context, dialect.Queryer) (string, error) { return "", nil }

// Elements implements dialect.Dialect.
func (fakeDialect) Elements(*dialect.Column, driver.Value) ([]driver.Value, bool) { return nil, false }

// InTransaction implements dialect.Dialect. The programs of the tests do not begin
// one by a text.
func (fakeDialect) InTransaction(func(string) error) (bool, error) { return false, nil }

// TransactionOver implements dialect.Dialect.
func (fakeDialect) TransactionOver(context.Context, dialect.Queryer, string) (bool, error) {
	return true, nil
}

// Failure implements dialect.Dialect.
func (fakeDialect) Failure(err error) dialect.Failure {
	if errors.Is(err, driver.ErrBadConn) {
		return dialect.FailureUnknown
	}
	return dialect.FailureStatement
}

// ArgumentChecker implements dialect.Dialect.
func (fakeDialect) ArgumentChecker(string) driver.NamedValueChecker { return nil }

// Transactions implements dialect.Dialect.
func (fakeDialect) Transactions() dialect.Transactions {
	return dialect.Transactions{BeginWrite: ownBegin, Commit: ownCommit, Rollback: ownRollback}
}
