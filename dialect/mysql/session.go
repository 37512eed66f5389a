package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// sessionNames are the variables on which the results of statements depend, or what
// their texts mean. Where a server has none of a name it has no value.
var sessionNames = []string{
	"auto_increment_increment", "auto_increment_offset", "block_encryption_mode",
	"character_set_client", "character_set_collations", "character_set_connection", "character_set_database", "character_set_results",
	"check_constraint_checks", "collation_connection", "collation_database", "cte_max_recursion_depth", "date_format", "datetime_format", "default_collation_for_utf8mb4", "default_regex_flags",
	"default_week_format", "div_precision_increment", "foreign_key_checks", "group_concat_max_len", "lc_time_names", "lower_case_table_names",
	"max_recursive_iterations", "max_sort_length", "new", "old", "old_mode", "sql_auto_is_null", "sql_big_selects", "sql_mode", "sql_safe_updates", "sql_select_limit",
	"system_time_zone", "system_versioning_asof", "time_zone", "unique_checks", "windowing_use_high_precision",
}

// sessionOthers are variables that are looked at, and on which no result depends.
var sessionOthers = []string{
	"autocommit", "completion_type", "event_scheduler", "group_replication_consistency", "group_replication_single_primary_mode", "innodb_read_only", "innodb_rollback_on_timeout",
	"read_only", "super_read_only", "transaction_isolation", "transaction_read_only", "tx_isolation", "tx_read_only", "version", "version_comment",
	"wsrep_dirty_reads", "wsrep_on", "wsrep_sync_wait",
}

// sessionVariables asks for the variables by their names: a SELECT of one that the
// server does not have would fail.
var sessionVariables = "SHOW SESSION VARIABLES WHERE Variable_name IN ('" + strings.Join(sessionNames, "', '") + "', '" + strings.Join(sessionOthers, "', '") + "')"

// sessionCreated asks how often the session has run a statement that may have made a
// temporary table, which MariaDB counts by themselves, and how many statements its client
// has sent: what begins anew with the others where a procedure runs FLUSH STATUS.
const sessionCreated = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_create_table', 'Com_create_temporary_table', 'Questions')"

// sessionSelf asks for the rest: the database, the account and its role, and the name of
// the connection for [dialect.Session.Identity].
const sessionSelf = "SELECT DATABASE(), CURRENT_USER(), CURRENT_ROLE(), CONCAT(@@hostname, ':', @@port, ':', @@server_id, ':', CONNECTION_ID())"

// The oldest versions that the dialect is written for, as major and minor number.
const (
	sessionOldestMySQL   = 8_00
	sessionOldestMariaDB = 10_05
)

// sessionState is what a session tells of itself.
type sessionState struct {
	variables                    map[string]string
	created                      map[string]string
	database, user, role, itself rowValue
	mariaDB                      bool
	version                      int // the major number times 100, and the minor one
}

// CheckSession implements [dialect.Dialect]. It asks for what a DSN, the account or the
// server may have set.
func (mysqlDialect) CheckSession(ctx context.Context, db dialect.Queryer) (dialect.Session, error) {
	s, err := sessionRead(ctx, db)
	if err != nil {
		return dialect.Session{}, fmt.Errorf("cacheops: ask MySQL for the session's state: %w", err)
	}
	return s.session(), nil
}

// sessionRead asks for the state. Of a server that is too old it has the variables alone.
func sessionRead(ctx context.Context, db dialect.Queryer) (*sessionState, error) {
	s := new(sessionState)
	var err error
	if s.variables, err = sessionMap(ctx, db, sessionVariables); err != nil {
		return nil, err
	}
	// The last one tells whether there may be others that are left out.
	if s.variables["version"] == "" || s.variables["sql_select_limit"] == "" {
		return nil, errors.New("the variables did not all come back: sql_select_limit is set, or the connection is no MySQL database")
	}
	s.mariaDB, s.version = sessionVersion(s.variables["version"], s.variables["version_comment"])
	if s.old() {
		return s, nil
	}
	if s.created, err = sessionMap(ctx, db, sessionCreated); err != nil {
		return nil, err
	}
	rows, err := rowsOf(ctx, db, sessionSelf, 4)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, errors.New("not one row came back")
	}
	s.database, s.user, s.role, s.itself = rows[0][0], rows[0][1], rows[0][2], rows[0][3]
	return s, nil
}

// sessionMap reads rows of a name and a value.
func sessionMap(ctx context.Context, db dialect.Queryer, query string) (map[string]string, error) {
	rows, err := rowsOf(ctx, db, query, 2)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, row := range rows {
		out[strings.ToLower(row[0].text)] = row[1].text
	}
	return out, nil
}

// sessionVersion reads the server's version. One that cannot be read is 0.
func sessionVersion(version, comment string) (mariaDB bool, number int) {
	mariaDB = strings.Contains(strings.ToLower(version+" "+comment), "mariadb")
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil || a < 0 || b < 0 || b > 99 {
		return mariaDB, 0
	}
	return mariaDB, a*100 + b
}

// old tells whether the server is older than what the dialect is written for.
func (s *sessionState) old() bool {
	if s.mariaDB {
		return s.version < sessionOldestMariaDB
	}
	return s.version < sessionOldestMySQL
}

// is tells whether a variable has one of these values. The server writes them as it
// likes: ON or 1.
func (s *sessionState) is(name string, values ...string) bool {
	for _, v := range values {
		if strings.EqualFold(s.variables[name], v) {
			return true
		}
	}
	return false
}

// off tells whether a variable is off, or the server has none of the name.
func (s *sessionState) off(name string) bool { return s.is(name, "", "OFF", "0", "NO", "FALSE") }

// settings is the text for [dialect.Session.Settings]: in JSON, so that no value can
// pass for another.
func (s *sessionState) settings() string {
	list := make([]*string, 0, 3+len(sessionNames))
	for _, v := range []rowValue{s.user, s.role, s.database} {
		if v.null {
			list = append(list, nil)
		} else {
			list = append(list, &v.text)
		}
	}
	for _, name := range sessionNames {
		if v, is := s.variables[name]; is {
			list = append(list, &v)
		} else {
			list = append(list, nil)
		}
	}
	out, _ := json.Marshal(list) //nolint:errchkjson // texts alone: there is no error
	return string(out)
}

// isolation is the level at which transactions begin, in capitals: READ-COMMITTED.
func (s *sessionState) isolation() string {
	for _, name := range []string{"transaction_isolation", "tx_isolation"} {
		if v := s.variables[name]; v != "" {
			return strings.ToUpper(v)
		}
	}
	return ""
}

// session tells what the state can spoil.
func (s *sessionState) session() dialect.Session {
	out := dialect.Session{
		Settings: s.settings(), Identity: s.itself.text,
		OtherIsolation: s.isolation() != "READ-COMMITTED",
		Silent:         s.off("autocommit"),
		Chains:         !s.is("completion_type", "NO_CHAIN", "0"),
		TimeoutEnds:    !s.off("innodb_rollback_on_timeout"),
		// A server that was written may be one that follows another the next moment.
		Watched: true,
	}
	out.Statements, _ = strconv.ParseUint(s.created["questions"], 10, 64)
	var why []string
	taint := func(is bool, t dialect.Taint, reason string) {
		if is {
			out.Taint |= t
			why = append(why, reason)
		}
	}
	taint(s.old(), dialect.TaintAll, "the server's version "+s.variables["version"]+" is older than MySQL 8.0 and MariaDB 10.5, or not known")
	other := sessionOther(s.variables["version"], s.variables["version_comment"])
	taint(other != "", dialect.TaintAll, "the server is not MySQL or MariaDB itself but "+other)
	// What the text of a statement means.
	for mode := range strings.SplitSeq(s.variables["sql_mode"], ",") {
		taint(!sessionMode(mode), dialect.TaintAll, "sql_mode has "+mode)
	}
	for _, name := range []string{"character_set_client", "character_set_connection", "character_set_results"} {
		// In another one a quote or a backslash may be a part of a character, or a text
		// be another one when it comes back.
		taint(!s.is(name, "utf8mb4"), dialect.TaintAll, name+" is "+s.variables[name]+", not utf8mb4")
	}
	// What a statement does.
	taint(!s.off("sql_auto_is_null"), dialect.TaintAll, "sql_auto_is_null is on: IS NULL finds the last row inserted")
	taint(s.limited(), dialect.TaintAll, "sql_select_limit is "+s.variables["sql_select_limit"])
	taint(!s.is("system_versioning_asof", "", "DEFAULT"), dialect.TaintAll, "system_versioning_asof is "+s.variables["system_versioning_asof"])
	taint(!s.off("sql_safe_updates"), dialect.TaintWrites, "sql_safe_updates is on: a statement is refused that is restricted by no key, but for ours")
	taint(s.off("unique_checks"), dialect.TaintWrites, "unique_checks is off: two rows may come to have one key")
	taint(s.created["com_create_temporary_table"] != "" && s.created["com_create_temporary_table"] != "0" ||
		s.created["com_create_temporary_table"] == "" && s.created["com_create_table"] != "" && s.created["com_create_table"] != "0",
		dialect.TaintAll, "the session may have temporary tables")
	// What rows it sees.
	taint(s.isolation() == "READ-UNCOMMITTED", dialect.TaintReads, "it reads what others have not committed")
	behind := func(is bool, reason string) {
		taint(is, dialect.TaintReads, reason)
		out.Behind = out.Behind || is
	}
	for _, name := range []string{"read_only", "super_read_only", "innodb_read_only"} {
		behind(!s.off(name), name+" is "+s.variables[name]+": the server may follow another one, and be behind it")
	}
	for _, name := range []string{"transaction_read_only", "tx_read_only"} {
		taint(!s.off(name), dialect.TaintReads, name+" is on")
	}
	behind(!s.off("wsrep_on") && !s.waits(), "the server is one of a cluster and may be behind the others: wsrep_sync_wait is "+s.variables["wsrep_sync_wait"])
	behind(!s.off("wsrep_on") && !s.off("wsrep_dirty_reads"), "wsrep_dirty_reads is on: the server may be cut off from its cluster")
	behind(s.is("group_replication_single_primary_mode", "OFF", "0") && !s.is("group_replication_consistency", "BEFORE", "BEFORE_AND_AFTER", "AFTER"),
		"the server is one of several that are written, and may be behind the others")
	out.Why = strings.Join(why, "; ")
	return out
}

// sessionUnlimited is what sql_select_limit is where there is none.
const sessionUnlimited = "18446744073709551615"

// limited tells whether queries that say nothing of it return a number of rows at most.
func (s *sessionState) limited() bool { return !s.is("sql_select_limit", sessionUnlimited) }

// waits tells whether reads on a Galera cluster wait for what other servers committed.
func (s *sessionState) waits() bool {
	n, err := strconv.Atoi(s.variables["wsrep_sync_wait"])
	return err == nil && n&1 != 0
}

// sessionModes are the words of sql_mode under which a text means what the parser takes
// it to mean, and a statement does what is thought of it. Their effects on results are
// in the settings.
var sessionModes = map[string]bool{
	"": true, "allow_invalid_dates": true, "error_for_division_by_zero": true, "no_auto_create_user": true, "no_auto_value_on_zero": true,
	"no_dir_in_create": true, "no_engine_substitution": true, "no_field_options": true, "no_key_options": true, "no_table_options": true,
	"no_unsigned_subtraction": true, "no_zero_date": true, "no_zero_in_date": true, "only_full_group_by": true, "real_as_float": true,
	"simultaneous_assignment": true, "strict_all_tables": true, "strict_trans_tables": true, "time_round_fractional": true,
	"time_truncate_fractional": true, "traditional": true,
}

// sessionMode tells whether a word of sql_mode is a harmless one. Not so are, for
// example, ANSI_QUOTES, NO_BACKSLASH_ESCAPES, PIPES_AS_CONCAT, IGNORE_SPACE,
// HIGH_NOT_PRECEDENCE, EMPTY_STRING_IS_NULL, PAD_CHAR_TO_FULL_LENGTH and ORACLE.
func sessionMode(mode string) bool { return sessionModes[strings.ToLower(mode)] }

// sessionMarks are what servers that only resemble MySQL put into their version.
var sessionMarks = []string{
	"TiDB", "Vitess", "PlanetScale", "OceanBase", "SingleStore", "MemSQL", "StarRocks", "Doris", "Dolt", "ClickHouse", "Databend", "MatrixOne",
	"Readyset", "Xpand", "Clustrix", "ColumnStore", "CockroachDB", "GreptimeDB", "RisingWave", "Manticore", "Sphinx", "NDB",
}

// sessionOther names the database that the server is where it only resembles MySQL, ""
// where it does not.
func sessionOther(version, comment string) string {
	all := strings.ToLower(version + " " + comment)
	for _, mark := range sessionMarks {
		if strings.Contains(all, strings.ToLower(mark)) {
			return mark
		}
	}
	return ""
}
