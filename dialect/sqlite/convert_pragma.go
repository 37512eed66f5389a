package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// pragmaKind says what a pragma with a value does.
type pragmaKind uint8

const (
	// pragmaHarmless asks, or tunes something that no result depends on. So do
	// the switches of integrity checks: what writes reach is worked out as if
	// foreign keys and recursive triggers were on.
	pragmaHarmless pragmaKind = iota
	// pragmaReads changes what reads on the connection return.
	pragmaReads
	// pragmaAll changes what reads return and what writes do.
	pragmaAll
)

// pragmas are the known ones. Without a value each only asks. One that is not
// listed is taken for pragmaAll, with a value or without.
var pragmas = map[string]pragmaKind{
	"analysis_limit":            pragmaHarmless,
	"application_id":            pragmaHarmless,
	"auto_vacuum":               pragmaHarmless,
	"automatic_index":           pragmaHarmless,
	"busy_timeout":              pragmaHarmless,
	"cache_size":                pragmaHarmless,
	"cache_spill":               pragmaHarmless,
	"cell_size_check":           pragmaHarmless,
	"checkpoint_fullfsync":      pragmaHarmless,
	"collation_list":            pragmaHarmless,
	"compile_options":           pragmaHarmless,
	"data_version":              pragmaHarmless,
	"database_list":             pragmaHarmless,
	"default_cache_size":        pragmaHarmless,
	"defer_foreign_keys":        pragmaHarmless,
	"foreign_key_check":         pragmaHarmless,
	"foreign_key_list":          pragmaHarmless,
	"foreign_keys":              pragmaHarmless,
	"freelist_count":            pragmaHarmless,
	"fullfsync":                 pragmaHarmless,
	"function_list":             pragmaHarmless,
	"hard_heap_limit":           pragmaHarmless,
	"ignore_check_constraints":  pragmaHarmless,
	"incremental_vacuum":        pragmaHarmless,
	"index_info":                pragmaHarmless,
	"index_list":                pragmaHarmless,
	"index_xinfo":               pragmaHarmless,
	"integrity_check":           pragmaHarmless,
	"journal_mode":              pragmaHarmless, // but see pragma
	"journal_size_limit":        pragmaHarmless,
	"legacy_alter_table":        pragmaHarmless,
	"legacy_file_format":        pragmaHarmless,
	"locking_mode":              pragmaHarmless,
	"max_page_count":            pragmaHarmless,
	"mmap_size":                 pragmaHarmless,
	"module_list":               pragmaHarmless,
	"optimize":                  pragmaHarmless,
	"page_count":                pragmaHarmless,
	"page_size":                 pragmaHarmless,
	"pragma_list":               pragmaHarmless,
	"query_only":                pragmaHarmless,
	"quick_check":               pragmaHarmless,
	"recursive_triggers":        pragmaHarmless,
	"secure_delete":             pragmaHarmless,
	"shrink_memory":             pragmaHarmless,
	"soft_heap_limit":           pragmaHarmless,
	"stats":                     pragmaHarmless,
	"synchronous":               pragmaHarmless,
	"table_info":                pragmaHarmless,
	"table_list":                pragmaHarmless,
	"table_xinfo":               pragmaHarmless,
	"temp_store":                pragmaHarmless,
	"threads":                   pragmaHarmless,
	"user_version":              pragmaHarmless,
	"wal_autocheckpoint":        pragmaHarmless,
	"wal_checkpoint":            pragmaHarmless,
	"case_sensitive_like":       pragmaReads,
	"count_changes":             pragmaReads,
	"empty_result_callbacks":    pragmaReads,
	"encoding":                  pragmaReads,
	"full_column_names":         pragmaReads,
	"read_uncommitted":          pragmaReads,
	"reverse_unordered_selects": pragmaReads,
	"short_column_names":        pragmaReads,
	"schema_version":            pragmaAll,
	"trusted_schema":            pragmaAll,
	"writable_schema":           pragmaAll,
}

// pragma converts a PRAGMA. One that changes the state of the connection is of
// KindSession and taints it, the others are of KindUtility.
func (c *converter) pragma(n *ast.PragmaStmt) {
	name := nameFold(convertName(n.Name).Name)
	kind, known := pragmas[name]
	switch {
	case !known:
		kind = pragmaAll
	case !n.HasValue:
		kind = pragmaHarmless
	case name == "journal_mode" && nameFold(tokUnquote(n.Value)) == "off":
		// Without a journal a ROLLBACK does not take the changes back, and they
		// would not be invalidated.
		kind = pragmaAll
	}
	c.st.Kind = dialect.KindSession
	switch kind {
	case pragmaHarmless:
		c.st.Kind = dialect.KindUtility
	case pragmaReads:
		c.st.Taint = dialect.TaintReads
	default:
		c.st.Taint = dialect.TaintAll
	}
}
