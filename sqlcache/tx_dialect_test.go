package sqlcache_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// txDialect is the dialect of txServer, and tells what MySQL's tells.
type txDialect struct {
	fakeDialect
	server *txServer
}

// Name implements dialect.Dialect.
func (txDialect) Name() string { return "tx" }

// Parse implements dialect.Dialect.
func (d txDialect) Parse(text string) *dialect.Statement {
	st := &dialect.Statement{Text: text, End: len(text)}
	if strings.Contains(text, "; ") {
		st.Kind = dialect.KindScript
		for part := range strings.SplitSeq(text, "; ") {
			one := d.Parse(part)
			st.Script = append(st.Script, one)
			st.Reads, st.Writes = append(st.Reads, one.Reads...), append(st.Writes, one.Writes...)
			st.Taint |= one.Taint
		}
		return st
	}
	word, rest, _ := strings.Cut(text, " ")
	name, _, _ := strings.Cut(rest, " ")
	table := dialect.Name{Name: name}
	switch word {
	case "READ":
		st.Kind, st.Reads = dialect.KindSelect, []dialect.Name{table}
		st.Query = &dialect.Query{Cores: []*dialect.Core{{
			Columns: []dialect.Output{{Star: true}}, From: &dialect.TableSource{Name: table, Alias: name},
		}}}
	case "WRITE", "FAIL":
		st.Kind, st.Writes, st.Update = dialect.KindUpdate, []dialect.Name{table}, &dialect.Update{Table: table}
	case "BOTH":
		st.Kind, st.Writes, st.Incomplete = dialect.KindUpdate, []dialect.Name{{Name: "t"}, {Name: "m"}}, "two tables"
	case "CALL":
		st.Kind, st.Commits, st.Foreign, st.Incomplete = dialect.KindSelect, true, "p", "a procedure"
	case "DEADLOCK":
		st.Kind, st.Writes, st.Update = dialect.KindUpdate, []dialect.Name{{Name: "t"}}, &dialect.Update{Table: dialect.Name{Name: "t"}}
	case "BEGIN":
		st.Kind = dialect.KindBegin
	case "COMMIT":
		st.Kind, st.Chain = dialect.KindCommit, rest == "CHAIN"
	case "ROLLBACK":
		st.Kind, st.Chain = dialect.KindRollback, rest == "CHAIN"
		if point, ok := strings.CutPrefix(rest, "TO "); ok {
			st.Kind, st.Savepoint = dialect.KindRollbackTo, point
		}
	case "SAVEPOINT":
		st.Kind, st.Savepoint = dialect.KindSavepoint, rest
	case "RELEASE":
		st.Kind, st.Savepoint = dialect.KindRelease, rest
	case "FUNC":
		st.Kind, st.Foreign, st.Incomplete = dialect.KindSelect, "f", "a function"
	case "MOVE", "DDL", "DDL-FAILS", "DDL-SYNTAX":
		st.Kind, st.Commits, st.Writes = dialect.KindDDL, true, []dialect.Name{{Name: "t"}}
	case "LOCK-FAILS":
		st.Kind, st.Commits = dialect.KindUtility, true
	case "LOCK":
		st.Kind, st.Commits, st.Taint = dialect.KindSession, true, dialect.TaintAll
	case "CHAINS":
		st.Kind, st.Taint = dialect.KindSession, dialect.TaintAll
	case "AUTOCOMMIT":
		st.Kind, st.Autocommit = dialect.KindSession, dialect.AutocommitOff
		if rest == "1" {
			st.Autocommit, st.Commits = dialect.AutocommitOn, true
		}
	}
	return st
}

// LoadCatalog implements dialect.Dialect.
func (txDialect) LoadCatalog(context.Context, dialect.Queryer) (*dialect.Catalog, error) {
	var tables []*dialect.Table
	for _, name := range []string{"t", "u", "m"} {
		t := &dialect.Table{Schema: "main", Name: name, Key: "main." + name, SQL: name, NoRollback: name == "m"}
		if t.NoRollback {
			t.NoImages = "a rollback leaves its rows"
		}
		t.Columns = []*dialect.Column{{Name: "n", Folded: "n", SQL: "n", Comparison: "exact"}}
		tables = append(tables, t)
	}
	return dialect.NewCatalog("", "tx", strings.ToLower, []string{"main"}, tables), nil
}

// SchemaVersion implements dialect.Dialect: there is none, as in MySQL.
func (txDialect) SchemaVersion(context.Context, dialect.Queryer) (string, error) { return "", nil }

// CheckSession implements dialect.Dialect. The driver's connection tells it itself.
func (d txDialect) CheckSession(ctx context.Context, db dialect.Queryer) (dialect.Session, error) {
	rows, err := db.Query(ctx, "SESSION")
	if err != nil {
		return dialect.Session{}, err
	}
	return dialect.Session{Silent: rows[0][0] == int64(1), Chains: rows[0][1] == int64(1), Identity: "c"}, nil
}

// InTransaction implements dialect.Dialect.
func (txDialect) InTransaction(exec func(string) error) (bool, error) {
	if err := exec("SAVEPOINT probe"); err != nil {
		return false, err
	}
	err := exec("RELEASE probe")
	if errors.Is(err, errTxNoPoint) {
		return false, nil
	}
	return err == nil, err
}

// TransactionOver implements dialect.Dialect.
func (d txDialect) TransactionOver(context.Context, dialect.Queryer, string) (bool, error) {
	return d.server.over(), nil
}

// Failure implements dialect.Dialect.
func (txDialect) Failure(err error) dialect.Failure {
	switch {
	case errors.Is(err, errTxSyntax):
		return dialect.FailureSyntax
	case errors.Is(err, errTxRefused), errors.Is(err, errTxNoPoint):
		return dialect.FailureStatement
	case errors.Is(err, errTxDeadlock):
		return dialect.FailureMoment
	case errors.Is(err, driver.ErrBadConn):
		return dialect.FailureUnknown
	}
	return dialect.FailureUnknown
}

// Transactions implements dialect.Dialect.
func (txDialect) Transactions() dialect.Transactions {
	return dialect.Transactions{
		BeginWrite: "BEGIN", Commit: "COMMIT", Rollback: "ROLLBACK",
		ErrorMayEnd: true, ReadCommitted: true, Concurrent: true, BeginCommits: true, Keeps: true,
		SavepointReplaces: true, Texts: true, AsksProcess: true, ReadUncommitted: true,
	}
}
