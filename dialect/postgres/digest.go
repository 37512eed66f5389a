package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// digestTables are the system tables that hold the schema, with what tells one
// row of them from another and a condition that leaves out the temporary objects
// of sessions. What only ANALYZE, VACUUM or the use of a sequence change is not
// among them, or is changed in place.
var digestTables = []struct{ table, key, where string }{
	{"pg_class", "x.oid", "x.relpersistence <> 't' AND " + digestSchema("x.relnamespace")},
	{"pg_attribute", "x.attrelid::pg_catalog.int8 * 65536 + x.attnum", digestRelation("x.attrelid")},
	{"pg_attrdef", "x.oid", digestRelation("x.adrelid")},
	{"pg_index", "x.indexrelid", digestRelation("x.indrelid")},
	{"pg_constraint", "x.oid", digestSchema("x.connamespace")},
	{"pg_trigger", "x.oid", digestRelation("x.tgrelid")},
	{"pg_event_trigger", "x.oid", ""},
	{"pg_rewrite", "x.oid", digestRelation("x.ev_class")},
	{"pg_policy", "x.oid", ""},
	{"pg_inherits", "x.inhrelid::pg_catalog.int8 * 65536 + x.inhseqno", digestRelation("x.inhrelid")},
	{"pg_partitioned_table", "x.partrelid", ""},
	{"pg_proc", "x.oid", digestSchema("x.pronamespace")},
	{"pg_aggregate", "x.aggfnoid::pg_catalog.oid", ""},
	{"pg_operator", "x.oid", ""},
	{"pg_opclass", "x.oid", ""},
	{"pg_amop", "x.oid", ""},
	{"pg_amproc", "x.oid", ""},
	{"pg_cast", "x.oid", ""},
	{"pg_type", "x.oid", digestSchema("x.typnamespace")},
	{"pg_enum", "x.oid", ""},
	{"pg_range", "x.rngtypid", ""},
	{"pg_collation", "x.oid", ""},
	{"pg_conversion", "x.oid", ""},
	{"pg_namespace", "x.oid", digestNamespace},
	{"pg_language", "x.oid", ""},
	{"pg_extension", "x.oid", ""},
	{"pg_ts_config", "x.oid", ""},
	{"pg_ts_config_map", "(x.mapcfg::pg_catalog.int8 * 256 + x.maptokentype) * 256 + x.mapseqno", ""},
	{"pg_ts_dict", "x.oid", ""},
	{"pg_ts_parser", "x.oid", ""},
	{"pg_ts_template", "x.oid", ""},
	{"pg_transform", "x.oid", ""},
	{"pg_foreign_table", "x.ftrelid", ""},
	{"pg_auth_members", "x.roleid::pg_catalog.int8 * 4294967296 + x.member::pg_catalog.int8", digestRole("x.member")},
}

// digestRole is true for the role that asks and those it is a member of: others
// are the server's, and have no part in what this one may do. A superuser may all.
func digestRole(column string) string {
	return "(" + column + " = (SELECT a.oid FROM asking AS a) OR NOT (SELECT a.rolsuper FROM asking AS a) AND pg_catalog.pg_has_role(" + column + ", 'MEMBER'))"
}

// The conditions that leave out what belongs to one session: the schemas of temporary
// objects, what is in them, and what belongs to a temporary table.
const digestNamespace = `x.nspname NOT LIKE 'pg\_temp\_%' AND x.nspname NOT LIKE 'pg\_toast\_temp\_%'`

func digestSchema(column string) string { return column + " NOT IN (SELECT s.oid FROM session AS s)" }

func digestRelation(column string) string {
	return column + " NOT IN (SELECT t.oid FROM temporary AS t)"
}

// digestQuery adds up, for each system table, a hash of the transaction that
// wrote each row. Roles are no rows that everybody may read: of them it takes
// what decides on privileges.
var digestQuery = func() string {
	var b strings.Builder
	b.WriteString(`WITH
asking AS MATERIALIZED (SELECT x.oid, x.rolsuper FROM pg_catalog.pg_roles AS x WHERE x.rolname = current_user),
session AS MATERIALIZED (SELECT x.oid FROM pg_catalog.pg_namespace AS x WHERE NOT (` + digestNamespace + `)),
temporary AS MATERIALIZED (SELECT x.oid FROM pg_catalog.pg_class AS x WHERE x.relpersistence = 't' OR x.relnamespace IN (SELECT s.oid FROM session AS s))
SELECT pg_catalog.concat_ws('/', pg_catalog.current_setting('server_version_num')`)
	for _, t := range digestTables {
		b.WriteString(",\n(SELECT COALESCE(pg_catalog.sum(pg_catalog.hashint8extended(x.xmin::pg_catalog.text::pg_catalog.int8, (" + t.key + ")::pg_catalog.int8)), 0) FROM pg_catalog." + t.table + " AS x")
		if t.where != "" {
			b.WriteString(" WHERE " + t.where)
		}
		b.WriteString(")")
	}
	b.WriteString(`,
(SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws('/', x.rolname, x.rolsuper, x.rolinherit, x.rolbypassrls), x.oid::pg_catalog.int8)) FROM pg_catalog.pg_roles AS x WHERE ` + digestRole("x.oid") + `))`)
	return b.String()
}()

// SchemaDigest implements [dialect.Dialect]. It changes with everything that
// changes a row of the system tables, a little more often than the schema does:
// a table that is rewritten counts.
func (postgresDialect) SchemaDigest(ctx context.Context, db dialect.Queryer) (string, error) {
	row, err := rowTexts(ctx, db, digestQuery, 1)
	if err != nil {
		return "", fmt.Errorf("cacheops: ask PostgreSQL whether its schema changed: %w", err)
	}
	return row[0], nil
}
