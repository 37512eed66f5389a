package mysql

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertSettings(t *testing.T) {
	t.Parallel()
	const reads = "session taints-reads"
	checkProperty(t, "kind", []understood{
		{"SET wait_timeout = 5", "session"}, {"SET SESSION lock_wait_timeout = 5", "session"}, {"SET @@session.max_statement_time = 1.5", "session"},
		{"SET LOCAL Sort_Buffer_Size = DEFAULT", "session"}, {"SET @@optimizer_switch = 'mrr=on'", "session"},
		{"SET @x = 1", "session"}, {"SET @x := 1, @y = 'a'", "session"}, {"SET @sql_mode = 1", "session"},
		{"SET sql_mode = 'ANSI_QUOTES'", kindTainted}, {"SET @@sql_mode = ''", kindTainted}, {"SET SESSION time_zone = '+00:00'", kindTainted},
		{"SET foreign_key_checks = 0", kindTainted}, {"SET unique_checks = OFF", kindTainted}, {"SET sql_safe_updates = 1", kindTainted},
		{"SET NAMES utf8mb4", kindTainted}, {"SET NAMES latin1 COLLATE latin1_bin", kindTainted}, {"SET NAMES DEFAULT", kindTainted},
		{"SET CHARACTER SET utf8mb4", kindTainted}, {"SET CHARSET DEFAULT", kindTainted}, {"SET collation_connection = utf8mb4_bin", kindTainted},
		{"SET nobody_knows = 1", kindTainted}, {"SET wait_timeout = 5, timestamp = 1", kindTainted}, {"SET timestamp = 1, wait_timeout = 5", kindTainted},
		{"SET insert_id = 5", kindTainted}, {"SET pseudo_slave_mode = 1", kindTainted}, {"SET x.y = 1", kindTainted},
		{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "session other-isolation"}, {"SET TRANSACTION READ ONLY", "session"}, {"SET SESSION TRANSACTION READ ONLY", "session"},
		{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY", "session other-isolation"}, {"SET tx_isolation_one_shot = 1", "session other-isolation"},
		{"SET @@session.tx_read_only = 1", "session"}, {"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", reads},
		{"SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ WRITE", reads}, {"SET @@transaction_isolation = 'SERIALIZABLE'", reads},
		{"SET tx_isolation = 'READ-COMMITTED'", reads}, {"SET transaction_isolation = 'READ-COMMITTED', sql_mode = ''", kindTainted},
		{"SET GLOBAL sql_mode = ''", "ddl"}, {"SET @@global.read_only = 1", "ddl"}, {"SET PERSIST max_connections = 5", "ddl"}, {"SET PERSIST_ONLY max_connections = 5", "ddl"},
		{"SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE", "ddl"}, {"SET GLOBAL wait_timeout = 5, sql_mode = ''", kindTemp}, {"SET GLOBAL autocommit = 0", "ddl"},
	})
}

func TestConvertAutocommit(t *testing.T) {
	t.Parallel()
	const on, off = "session commits autocommit-on", "session autocommit-off"
	checkProperty(t, "kind", []understood{
		{"SET autocommit = 0", off}, {"SET AUTOCOMMIT = OFF", off}, {"SET @@autocommit = 'off'", off}, {"SET SESSION autocommit = FALSE", off}, {"SET LOCAL autocommit := 0", off},
		{"SET autocommit = 1", on}, {"SET @@session.autocommit = ON", on}, {"SET autocommit = TRUE", on}, {"SET @x = 1, autocommit = 1", on},
		{"SET autocommit = 1, sql_mode = ''", kindTainted + " commits autocommit-on"},
		{"SET autocommit = DEFAULT", kindUnknown}, {"SET autocommit = ?", kindUnknown}, {"SET autocommit = @x", kindUnknown}, {"SET autocommit = 2", kindUnknown},
		{"SET autocommit = 1 - 1", kindUnknown}, {"SET autocommit = 0, autocommit = 1", kindUnknown}, {"SET autocommit = 0, @x = f()", kindUnknown},
		{"SET autocommit = 0, @x = (SELECT 1 FROM v)", kindUnknown}, {"SET autocommit = 0, GLOBAL wait_timeout = 1", kindUnknown},
	})
}

// TestConvertSetRuns: what the value of a variable calls runs as in a SELECT.
func TestConvertSetRuns(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"SET @x = f()", "SET @x = 1, @y = (SELECT a FROM v)", "SET wait_timeout = f()"} {
		st := Parse(text)
		if st.Kind != dialect.KindSelect || st.Incomplete == "" || st.Foreign == "" && len(st.Reads) == 0 || st.Taint != 0 {
			t.Errorf("%s\n%s", text, dialecttest.PrintStatement(st))
		}
	}
	if st := Parse("SET sql_mode = f()"); st.Kind != dialect.KindSelect || st.Taint != dialect.TaintAll {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}
