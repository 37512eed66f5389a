package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

// TestSessionState: what a connection may begin with, and what it spoils.
func TestSessionState(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	plainSession := openCatalogConn(t, dsn).session(t)
	if plainSession.Taint != 0 || !plainSession.OtherIsolation || plainSession.Silent || plainSession.Chains || plainSession.Private {
		t.Fatalf("a plain session: %+v", plainSession)
	}
	for _, test := range []struct {
		set   string
		taint dialect.Taint
		why   string // part of Session.Why
		same  bool   // the settings are those of a plain session
	}{
		{"SET @x = 1, wait_timeout = 100, sql_notes = 0", 0, "", true},
		{"SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')", dialect.TaintAll, "ANSI_QUOTES", false},
		{"SET sql_mode = 'NO_BACKSLASH_ESCAPES'", dialect.TaintAll, "NO_BACKSLASH_ESCAPES", false},
		{"SET sql_mode = 'PIPES_AS_CONCAT'", dialect.TaintAll, "PIPES_AS_CONCAT", false},
		{"SET sql_mode = 'HIGH_NOT_PRECEDENCE'", dialect.TaintAll, "HIGH_NOT_PRECEDENCE", false},
		{"SET sql_mode = 'IGNORE_SPACE'", dialect.TaintAll, "IGNORE_SPACE", false},
		{"SET sql_mode = 'ORACLE'", dialect.TaintAll, "ORACLE", false},
		{"SET sql_mode = 'EMPTY_STRING_IS_NULL'", dialect.TaintAll, "EMPTY_STRING_IS_NULL", false},
		{"SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'", dialect.TaintAll, "PAD_CHAR_TO_FULL_LENGTH", false},
		{"SET sql_mode = 'TRADITIONAL,ONLY_FULL_GROUP_BY,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_UNSIGNED_SUBTRACTION'", 0, "", false},
		{"SET sql_mode = ''", 0, "", false},
		{"SET NAMES latin1", dialect.TaintAll, "character_set_client is latin1", false},
		{"SET NAMES gbk", dialect.TaintAll, "character_set_client is gbk", false},
		{"SET NAMES utf8mb3", dialect.TaintAll, "character_set_results is utf8mb3", false},
		{"SET character_set_results = NULL", dialect.TaintAll, "character_set_results", false},
		{"SET character_set_results = latin1", dialect.TaintAll, "character_set_results is latin1", false},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin", 0, "", false},
		{"SET time_zone = '+03:00'", 0, "", false},
		{"SET lc_time_names = 'de_DE'", 0, "", false},
		{"SET group_concat_max_len = 100", 0, "", false},
		{"SET div_precision_increment = 7", 0, "", false},
		{"SET default_week_format = 3", 0, "", false},
		{"SET auto_increment_increment = 10", 0, "", false},
		{"SET max_recursive_iterations = 10", 0, "", false},
		{"SET foreign_key_checks = 0", 0, "", false},
		{"SET unique_checks = 0", dialect.TaintWrites, "unique_checks", false},
		{"SET sql_auto_is_null = 1", dialect.TaintAll, "sql_auto_is_null", false},
		{"SET sql_select_limit = 1000", dialect.TaintAll, "sql_select_limit", false},
		{"SET system_versioning_asof = '2020-01-01'", dialect.TaintAll, "system_versioning_asof", false},
		{"SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", dialect.TaintReads, "not committed", true},
		{"SET SESSION TRANSACTION READ ONLY", dialect.TaintReads, "read_only", true},
		{"CREATE TEMPORARY TABLE tmp (a int)", dialect.TaintAll, "temporary tables", true},
		{"USE information_schema", 0, "", false},
	} {
		t.Run(test.set, func(t *testing.T) {
			t.Parallel()
			got := openCatalogConn(t, dsn, test.set).session(t)
			if got.Taint != test.taint || !strings.Contains(got.Why, test.why) || (got.Why == "") != (test.taint == 0) {
				t.Errorf("taint %b (%s), want %b for %q", got.Taint, got.Why, test.taint, test.why)
			}
			if same := got.Settings == plainSession.Settings; same != test.same {
				t.Errorf("settings %s, of a plain session %s", got.Settings, plainSession.Settings)
			}
			if got.Identity == plainSession.Identity || strings.Count(got.Identity, ":") != 3 {
				t.Errorf("identity %s, of a plain session %s", got.Identity, plainSession.Identity)
			}
		})
	}
}

// TestSessionTransactions: how transactions begin and end on a connection.
func TestSessionTransactions(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	for _, test := range []struct {
		set                   string
		other, silent, chains bool
	}{
		{"SELECT 1", true, false, false},
		{"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", false, false, false},
		{"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", true, false, false},
		{"SET autocommit = 0", true, true, false},
		{"SET completion_type = CHAIN", true, false, true},
		{"SET completion_type = 2", true, false, true},
	} {
		got := openCatalogConn(t, dsn, test.set).session(t)
		if got.OtherIsolation != test.other || got.Silent != test.silent || got.Chains != test.chains {
			t.Errorf("%s: %+v", test.set, got)
		}
	}
	// All the driver's modes agree on the settings.
	first := openCatalogConn(t, dsn)
	for _, mode := range modes {
		c := openCatalogConn(t, withMode(dsn, mode))
		if c.session(t).Settings != first.session(t).Settings || c.catalog(t).Settings != first.session(t).Settings {
			t.Errorf("%s: other settings", modeName(mode))
		}
	}
}

// TestSessionLimited: where the server leaves out rows, nothing is known of a session.
func TestSessionLimited(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, server.NewDatabase(t), "CREATE TABLE t (id int)", "SET sql_select_limit = 5")
	if session, err := mysql.Dialect.CheckSession(t.Context(), c); err == nil {
		t.Errorf("with a limit of 5: %+v", session)
	}
	for _, limit := range []string{"5", "60", "1000"} {
		c.exec(t, "SET sql_select_limit = "+limit)
		if catalog, err := mysql.Dialect.LoadCatalog(t.Context(), c); err == nil {
			t.Errorf("with a limit of %s the catalog has %d tables", limit, len(catalog.Tables()))
		}
	}
}
