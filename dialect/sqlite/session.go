package sqlite

import (
	"context"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// sessionSwitches are the settings under which a connection answers otherwise
// than a fresh one does, with the value that a fresh one has. A setting that a
// build of SQLite does not have returns nothing.
var sessionSwitches = []struct {
	pragma string
	usual  bool
	taint  dialect.Taint
	why    string
}{
	{"read_uncommitted", false, dialect.TaintReads, "reads what others have not committed"},
	{"reverse_unordered_selects", false, dialect.TaintReads, "returns rows without ORDER BY in reverse"},
	{"full_column_names", false, dialect.TaintReads, "names columns otherwise"},
	{"short_column_names", true, dialect.TaintReads, "names columns otherwise"},
	{"empty_result_callbacks", false, dialect.TaintReads, "returns empty results otherwise"},
	{"count_changes", false, dialect.TaintAll, "lets writes return rows"},
	{"writable_schema", false, dialect.TaintAll, "lets statements write the schema"},
}

// sessionProbe is true where the built-in LIKE and collations are the built-in
// ones. PRAGMA case_sensitive_like cannot be asked for, and an application may
// have put collations of its own in their place.
const sessionProbe = "SELECT 'a' LIKE 'A' AND '\u00e4' NOT LIKE '\u00c4'" +
	" AND 'a' = 'A' COLLATE NOCASE AND '\u00e4' <> '\u00c4' COLLATE NOCASE AND 'a' <> 'a ' COLLATE NOCASE" +
	" AND 'a' = 'a  ' COLLATE RTRIM AND 'a' <> 'A ' COLLATE RTRIM AND 'a' <> 'a\t' COLLATE RTRIM" +
	" AND 'a' <> 'A' AND 'a' <> 'a '"

// CheckSession implements [dialect.Dialect]. It asks for what a DSN or a hook
// of the driver may have set: attached databases and temporary objects, whose
// names can hide those of main, and settings that change what a query returns.
func (sqliteDialect) CheckSession(ctx context.Context, db dialect.Queryer) (dialect.Session, error) {
	var s dialect.Session
	var why []string
	taint := func(t dialect.Taint, reason string) {
		s.Taint |= t
		why = append(why, reason)
	}
	rows, err := catalogQuery(ctx, db, "PRAGMA database_list", 3)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		switch name := nameFold(catalogText(row[1])); name {
		case "main":
			s.Private = catalogText(row[2]) == ""
		case "temp":
		default:
			taint(dialect.TaintAll, "the database "+name+" is attached")
		}
	}
	if rows, err = catalogQuery(ctx, db, "SELECT count(*) FROM sqlite_temp_master", 1); err != nil {
		return s, err
	}
	if len(rows) != 1 || catalogInt(rows[0][0]) != 0 {
		taint(dialect.TaintAll, "there are temporary tables, views or triggers")
	}
	for _, sw := range sessionSwitches {
		if rows, err = catalogQuery(ctx, db, "PRAGMA "+sw.pragma, 1); err != nil {
			return s, err
		}
		if len(rows) > 0 && (catalogInt(rows[0][0]) != 0) != sw.usual {
			taint(sw.taint, "PRAGMA "+sw.pragma+" "+sw.why)
		}
	}
	if rows, err = catalogQuery(ctx, db, "PRAGMA journal_mode", 1); err != nil {
		return s, err
	}
	if len(rows) != 1 || nameFold(catalogText(rows[0][0])) == "off" {
		taint(dialect.TaintAll, "without a journal a rollback need not take changes back")
	}
	if rows, err = catalogQuery(ctx, db, sessionProbe, 1); err != nil {
		return s, err
	}
	if len(rows) != 1 || catalogInt(rows[0][0]) != 1 {
		taint(dialect.TaintReads, "LIKE or a collation is not SQLite's usual one")
	}
	s.Why = strings.Join(why, "; ")
	return s, nil
}
