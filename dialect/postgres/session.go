package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// sessionNames are the settings on which the results of statements depend, or
// what their texts mean.
var sessionNames = []string{
	"array_nulls", "backslash_quote", "bytea_output", "client_encoding", "DateStyle", "default_text_search_config",
	"extra_float_digits", "gin_fuzzy_search_limit", "IntervalStyle", "lc_messages", "lc_monetary", "lc_numeric", "lc_time", "quote_all_identifiers",
	"role", "row_security", "search_path", "server_encoding", "session_authorization", "session_replication_role",
	"standard_conforming_strings", "TimeZone", "timezone_abbreviations", "transform_null_equals", "xmlbinary", "xmloption",
}

// sessionSettings is the expression for [dialect.Session.Settings]: the settings
// and the roles, in JSON, so that no value can pass for another.
var sessionSettings = func() string {
	var names []string
	for _, n := range sessionNames {
		names = append(names, "'"+n+"'")
	}
	return "(SELECT pg_catalog.json_build_array(CURRENT_USER, SESSION_USER, pg_catalog.json_agg(pg_catalog.current_setting(s.name, true) ORDER BY s.place))::pg_catalog.text" +
		" FROM pg_catalog.unnest(ARRAY[" + strings.Join(names, ", ") + "]) WITH ORDINALITY AS s (name, place))"
}()

// sessionIdentity is the expression for [dialect.Session.Identity], of a row of
// pg_stat_activity: the server's process, and when it began in microseconds
// since 1970, for the numbers of processes come again.
const sessionIdentity = "'b:' || a.pid || ':' || (pg_catalog.date_part('epoch', a.backend_start) * 1000000)::pg_catalog.int8"

// sessionQuery asks for all that CheckSession looks at, in one row of texts. A
// temporary table, function or type goes by names that mean others elsewhere. The
// last one is a date that every driver gives as a text (Bun's own driver fails at a
// timestamp that is infinity), unless the program has told pq to make a time of it
// (EnableInfinityTs): then times far away are sent as it, nothing is known of how
// values compare, and the error keeps the connection out of the cache.
var sessionQuery = "SELECT " + sessionSettings + `,
	pg_catalog.current_setting('server_version_num'), pg_catalog.version(),
	pg_catalog.pg_is_in_recovery()::pg_catalog.text,
	pg_catalog.current_setting('default_transaction_read_only'), pg_catalog.current_setting('default_transaction_isolation'),
	(pg_catalog.pg_my_temp_schema() <> 0 AND (
		EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema())
		OR EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.typnamespace = pg_catalog.pg_my_temp_schema())
		OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = pg_catalog.pg_my_temp_schema())))::pg_catalog.text,
	(SELECT ` + sessionIdentity + ` FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = pg_catalog.pg_backend_pid()),
	pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('standard_conforming_strings'),
	pg_catalog.current_setting('transform_null_equals'), pg_catalog.current_setting('gin_fuzzy_search_limit'),
	pg_catalog.current_setting('server_encoding'), 'infinity'::pg_catalog.date`

// sessionOldest is the oldest version of PostgreSQL that the dialect is written
// for.
const sessionOldest = 130000

// CheckSession implements [dialect.Dialect]. It asks for what a DSN, the role or
// the database may have set, in one query.
func (postgresDialect) CheckSession(ctx context.Context, db dialect.Queryer) (dialect.Session, error) {
	row, err := catalogRow(ctx, db, sessionQuery, 14)
	if err != nil {
		return dialect.Session{}, fmt.Errorf("cacheops: ask PostgreSQL for the session's state: %w", err)
	}
	return sessionRead(row), nil
}

// sessionRead makes a session of the row of sessionQuery.
func sessionRead(row []string) dialect.Session {
	s := dialect.Session{Settings: row[0], Identity: row[7], OtherIsolation: row[5] != "read committed"}
	var why []string
	taint := func(is bool, t dialect.Taint, reason string) {
		if is {
			s.Taint |= t
			why = append(why, reason)
		}
	}
	number, err := strconv.Atoi(row[1])
	taint(err != nil || number < sessionOldest, dialect.TaintReads|dialect.TaintWrites, "the server's version "+row[1]+" is older than PostgreSQL 13")
	taint(sessionOther(row[2]), dialect.TaintAll, "the server is not PostgreSQL itself: "+row[2])
	taint(row[3] != "false", dialect.TaintReads, "the server is a standby, which is behind its primary")
	taint(row[4] != "off", dialect.TaintReads, "default_transaction_read_only is on")
	taint(row[6] != "false", dialect.TaintAll, "there are temporary tables, views, types or functions")
	// What the text of a statement means: with others a quote or a backslash may
	// be part of a character.
	taint(row[8] != "UTF8" && row[8] != "SQL_ASCII", dialect.TaintAll, "client_encoding is "+row[8])
	taint(row[9] != "on", dialect.TaintAll, "standard_conforming_strings is off: a backslash means something in a text")
	taint(row[10] != "off", dialect.TaintReads, "transform_null_equals is on: = NULL finds NULL")
	taint(row[11] != "0", dialect.TaintReads, "gin_fuzzy_search_limit drops rows of results at random")
	taint(!sessionDistinct(row[12]), dialect.TaintAll, "server_encoding is "+row[12]+", in which two characters may be one")
	s.Why = strings.Join(why, "; ")
	return s
}

// sessionDistinct tells whether a server's encoding surely keeps apart what the
// client sends as different texts.
func sessionDistinct(encoding string) bool {
	if encoding == "UTF8" || encoding == "SQL_ASCII" {
		return true
	}
	for _, family := range []string{"LATIN", "WIN", "ISO_8859_"} {
		if strings.HasPrefix(encoding, family) {
			return true
		}
	}
	return false
}

// sessionOther tells whether the answer of version() is that of a database that
// only resembles PostgreSQL.
func sessionOther(version string) bool {
	if !strings.HasPrefix(version, "PostgreSQL ") {
		return true
	}
	for _, mark := range []string{"Greenplum", "-YB-", "EnterpriseDB", "Redshift", "CockroachDB", "Materialize", "QuestDB"} {
		if strings.Contains(version, mark) {
			return true
		}
	}
	return false
}

// catalogRow runs a query that returns one row of so many texts. NULL is "".
func catalogRow(ctx context.Context, db dialect.Queryer, query string, width int) ([]string, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != width {
		return nil, errors.New("not one row came back; is the connection a PostgreSQL database?")
	}
	out := make([]string, width)
	for i, v := range rows[0] {
		text, ok := catalogText(v)
		if !ok {
			return nil, fmt.Errorf("a value of type %T came back where a text was asked for", v)
		}
		out[i] = text
	}
	return out, nil
}

// catalogText reads a text, which some drivers return as bytes. NULL is "".
func catalogText(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}
