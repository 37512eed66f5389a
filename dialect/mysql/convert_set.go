package mysql

import (
	"strings"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// settingHarmless are variables of a session on which no result depends, but its order
// and which of several right ones it is, and no write. Of any other nothing is known.
var settingHarmless = settingSet(`bulk_insert_buffer_size eq_range_index_dive_limit information_schema_stats_expiry
	innodb_lock_wait_timeout interactive_timeout join_buffer_size join_cache_level lock_wait_timeout log_slow_rate_limit
	log_slow_verbosity long_query_time low_priority_updates max_error_count max_execution_time max_length_for_sort_data
	max_seeks_for_key max_statement_time min_examined_row_limit mrr_buffer_size net_read_timeout
	net_retry_count net_write_timeout optimizer_prune_level optimizer_search_depth optimizer_switch optimizer_trace
	optimizer_trace_features optimizer_trace_limit optimizer_trace_max_mem_size optimizer_trace_offset
	optimizer_use_condition_selectivity preload_buffer_size profiling profiling_history_size query_alloc_block_size
	query_prealloc_size range_alloc_block_size range_optimizer_max_mem_size read_buffer_size read_rnd_buffer_size
	session_track_gtids session_track_schema session_track_state_change session_track_system_variables
	session_track_transaction_info slow_query_log sort_buffer_size sql_notes sql_quote_show_create sql_warnings tmp_table_size
	transaction_alloc_block_size transaction_prealloc_size transaction_read_only tx_read_only use_stat_tables wait_timeout`)

// settingIsolation are those that change the level of isolation of transactions to come.
var settingIsolation = settingSet(`transaction_isolation tx_isolation`)

// settingNext is what the parser calls the level of isolation of the next transaction.
const settingNext = "tx_isolation_one_shot"

func settingSet(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

// session converts what changes the state of its connection; false where n is nothing of
// the kind.
func (c *converter) session(n ast.StmtNode) bool {
	switch n := n.(type) {
	case *ast.SetStmt:
		c.set(n.Variables)
		return true
	case *ast.UseStmt, *ast.SetRoleStmt:
		c.st.Taint = dialect.TaintAll
	case *ast.LockTablesStmt:
		// A transaction of our own would end the locks.
		c.st.Taint, c.st.Commits = dialect.TaintAll, true
	case *ast.UnlockTablesStmt:
		c.st.Commits = true
	default:
		return false
	}
	c.st.Kind = dialect.KindSession
	return true
}

// set converts SET. The variables of the program's own leave nothing behind: what reads
// one is volatile. A GLOBAL one counts as a change of the schema, for some have their
// effect on what is there already.
func (c *converter) set(list []*ast.VariableAssignment) {
	c.st.Kind = dialect.KindSession
	global, autocommits := false, 0
	for _, v := range list {
		c.setValue(v)
		name := nameFold(v.Name)
		switch {
		case v.IsGlobal, v.IsInstance, v.IsPersist, v.IsPersistOnly:
			global = true
		case !v.IsSystem && v.Name != ast.SetNames && v.Name != ast.SetCharset: // @x
		case name == "autocommit":
			autocommits++
			if c.st.Autocommit = setAutocommit(v.Value); c.st.Autocommit == dialect.AutocommitKept {
				autocommits = 2
			}
			c.st.Commits = c.st.Commits || c.st.Autocommit == dialect.AutocommitOn
		case settingHarmless[name]:
		case name == settingNext:
			c.st.OtherIsolation = true
		case settingIsolation[name]:
			c.st.Taint |= dialect.TaintReads
		default:
			c.st.Taint = dialect.TaintAll
		}
	}
	// What the values call runs as it does in a SELECT.
	runs := c.calls()
	switch {
	case autocommits > 1, autocommits > 0 && (global || runs):
		c.st.Autocommit = dialect.AutocommitKept
		c.unknown("it is not known what becomes of autocommit")
	case global:
		c.st.Kind = dialect.KindDDL
	case runs:
		c.st.Kind = dialect.KindSelect
		c.incomplete("SET returns no rows")
	}
}

// setValue converts the value of a variable. A word alone is no column.
func (c *converter) setValue(v *ast.VariableAssignment) {
	switch v.Value.(type) {
	case nil, *ast.ColumnNameExpr, *ast.DefaultExpr:
	default:
		c.expr(v.Value)
	}
}

// setAutocommit tells what a value makes of autocommit: AutocommitKept where that is not
// known.
func setAutocommit(e ast.ExprNode) dialect.Autocommit {
	word := ""
	switch e := e.(type) {
	case ast.ParamMarkerExpr:
	case *ast.ColumnNameExpr:
		word = nameFold(e.Name.Name.O)
	case ast.ValueExpr:
		switch v := e.GetValue().(type) {
		case int64:
			word = map[int64]string{0: "off", 1: "on"}[v]
		case uint64:
			word = map[uint64]string{0: "off", 1: "on"}[v]
		case string:
			word = nameFold(v)
		}
	}
	switch word {
	case "on":
		return dialect.AutocommitOn
	case "off":
		return dialect.AutocommitOff
	default:
		return dialect.AutocommitKept
	}
}
