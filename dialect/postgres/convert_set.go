package postgres

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// settingHarmless are settings on which no result depends, but its order and
// which of several right ones it is.
var settingHarmless = functionSet(`application_name backend_flush_after check_function_bodies client_connection_check_interval
	client_min_messages commit_delay commit_siblings compute_query_id constraint_exclusion cursor_tuple_fraction deadlock_timeout
	default_table_access_method default_tablespace default_toast_compression default_transaction_deferrable
	effective_cache_size effective_io_concurrency from_collapse_limit hash_mem_multiplier
	idle_in_transaction_session_timeout idle_session_timeout join_collapse_limit lock_timeout logical_decoding_work_mem
	maintenance_io_concurrency maintenance_work_mem parallel_leader_participation parallel_setup_cost parallel_tuple_cost
	password_encryption plan_cache_mode random_page_cost recursive_worktable_factor seed seq_page_cost statement_timeout
	stats_fetch_consistency synchronous_commit temp_buffers temp_file_limit temp_tablespaces transaction_deferrable
	transaction_timeout wal_compression wal_sender_timeout work_mem`)

// settingHarmlessPrefixes begin the names of more of them.
var settingHarmlessPrefixes = []string{
	"auto_explain.", "cpu_", "enable_", "geqo", "jit", "log_", "max_parallel_", "min_parallel_", "pg_stat_statements.", "tcp_", "track_", "vacuum_",
}

// settingAll are settings on which depends which tables a name means, what a
// trigger does, how a text is read, or how a value is written: the rows that a
// write touches cannot be told on such a connection.
var settingAll = functionSet(`array_nulls backslash_quote bytea_output client_encoding datestyle default_text_search_config
	extra_float_digits intervalstyle lc_messages lc_monetary lc_numeric lc_time role row_security search_path
	session_authorization session_replication_role standard_conforming_strings timezone timezone_abbreviations
	transform_null_equals xmlbinary xmloption`)

// settingTaint returns what a change of a setting can spoil. The value is empty
// where it is not known.
func settingTaint(name, value string) dialect.Taint {
	name = nameLower(name)
	switch {
	case settingHarmless[name]:
		return 0
	case name == "client_encoding" && (strings.EqualFold(value, "utf8") || strings.EqualFold(value, "utf-8")):
		return 0 // it is what the drivers ask for
	case settingAll[name]:
		return dialect.TaintAll
	}
	for _, prefix := range settingHarmlessPrefixes {
		if strings.HasPrefix(name, prefix) {
			return 0
		}
	}
	return dialect.TaintReads
}

// set converts SET and RESET.
func (c *converter) set(n *ast.VariableSetStmt) {
	c.st.Kind = dialect.KindSession
	switch n.GetKind() {
	case ast.VariableSetKind_VAR_RESET_ALL:
		c.st.Resets = dialect.ResetSettings
		return
	case ast.VariableSetKind_VAR_SET_MULTI:
		// SET TRANSACTION and SET SESSION CHARACTERISTICS: another level of
		// isolation, or a snapshot of somebody else.
		c.st.Taint = dialect.TaintReads
		c.st.Local = strings.HasPrefix(n.GetName(), "TRANSACTION")
		return
	}
	value := ""
	if args := n.GetArgs(); len(args) == 1 {
		value = args[0].GetAConst().GetSval().GetSval()
	}
	c.st.Taint = settingTaint(n.GetName(), value)
	c.st.Local = n.GetIsLocal() && c.st.Taint != 0
}

// setConfig looks at a call of set_config: the name, the value, and whether it is
// for the transaction alone.
func (c *converter) setConfig(args []*ast.Node) {
	taint, local := dialect.TaintAll, false
	if len(args) == 3 {
		if name := args[0].GetAConst().GetSval(); name != nil {
			taint = settingTaint(name.GetSval(), args[1].GetAConst().GetSval().GetSval())
		}
		local = args[2].GetAConst().GetBoolval().GetBoolval()
	}
	if taint == 0 {
		return
	}
	c.st.Local = local && (c.st.Taint == 0 || c.st.Local)
	c.st.Taint |= taint
}
