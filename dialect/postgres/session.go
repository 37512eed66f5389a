package postgres

import (
	"context"
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
const sessionIdentity = "'" + txBackend + "' || a.pid || ':' || (pg_catalog.date_part('epoch', a.backend_start) * 1000000)::pg_catalog.int8"

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

// sessionState is the answer to sessionQuery: its texts by name, in its order.
type sessionState struct {
	settings        string // see sessionSettings
	number, version string // of the server: 170002, "PostgreSQL 17.2 on ..."
	standby         string // "true" while it follows a primary
	readOnly        string // what new transactions are, unless they say otherwise
	isolation       string
	temporary       string // "true" where the session has temporary objects
	identity        string // see sessionIdentity
	clientEncoding  string
	standardStrings string // standard_conforming_strings
	nullEquals      string // transform_null_equals
	fuzzyLimit      string // gin_fuzzy_search_limit
	serverEncoding  string
	dateAtInfinity  string // only that it is a text counts
}

// fields are the places of the texts, in the order of sessionQuery.
func (s *sessionState) fields() []*string {
	return []*string{
		&s.settings, &s.number, &s.version, &s.standby, &s.readOnly, &s.isolation, &s.temporary, &s.identity,
		&s.clientEncoding, &s.standardStrings, &s.nullEquals, &s.fuzzyLimit, &s.serverEncoding, &s.dateAtInfinity,
	}
}

// CheckSession implements [dialect.Dialect]. It asks for what a DSN, the role or
// the database may have set, in one query.
func (postgresDialect) CheckSession(ctx context.Context, db dialect.Queryer) (dialect.Session, error) {
	var state sessionState
	fields := state.fields()
	row, err := rowTexts(ctx, db, sessionQuery, len(fields))
	if err != nil {
		return dialect.Session{}, fmt.Errorf("cacheops: ask PostgreSQL for the session's state: %w", err)
	}
	for i, text := range row {
		*fields[i] = text
	}
	return state.session(), nil
}

// session tells what the state can spoil.
func (s *sessionState) session() dialect.Session {
	out := dialect.Session{Settings: s.settings, Identity: s.identity, OtherIsolation: s.isolation != "read committed"}
	var why []string
	taint := func(is bool, t dialect.Taint, reason string) {
		if is {
			out.Taint |= t
			why = append(why, reason)
		}
	}
	number, err := strconv.Atoi(s.number)
	taint(err != nil || number < sessionOldest, dialect.TaintReads|dialect.TaintWrites, "the server's version "+s.number+" is older than PostgreSQL 13")
	taint(sessionOther(s.version), dialect.TaintAll, "the server is not PostgreSQL itself: "+s.version)
	taint(s.standby != "false", dialect.TaintReads, "the server is a standby, which is behind its primary")
	taint(s.readOnly != "off", dialect.TaintReads, "default_transaction_read_only is on")
	taint(s.temporary != "false", dialect.TaintAll, "there are temporary tables, views, types or functions")
	// What the text of a statement means: with others a quote or a backslash may
	// be part of a character.
	taint(s.clientEncoding != "UTF8" && s.clientEncoding != "SQL_ASCII", dialect.TaintAll, "client_encoding is "+s.clientEncoding)
	taint(s.standardStrings != "on", dialect.TaintAll, "standard_conforming_strings is off: a backslash means something in a text")
	taint(s.nullEquals != "off", dialect.TaintReads, "transform_null_equals is on: = NULL finds NULL")
	taint(s.fuzzyLimit != "0", dialect.TaintReads, "gin_fuzzy_search_limit drops rows of results at random")
	taint(!sessionDistinct(s.serverEncoding), dialect.TaintAll, "server_encoding is "+s.serverEncoding+", in which two characters may be one")
	out.Why = strings.Join(why, "; ")
	return out
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
