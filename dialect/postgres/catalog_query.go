package postgres

import "strings"

// catalogSection is a part of the query that reads the schema: its rows come as
// one text in JSON, so that drivers need to agree on nothing but texts.
type catalogSection struct {
	name, query string
}

// catalogQuery reads the whole schema in one statement, and so on one snapshot.
// It returns one row: the settings, the server's version, and the sections in
// their order.
var catalogQuery = func() string {
	var b strings.Builder
	b.WriteString(catalogWith)
	b.WriteString("SELECT " + sessionSettings + ", pg_catalog.current_setting('server_version')")
	for _, s := range catalogSections {
		b.WriteString(",\n(SELECT pg_catalog.json_agg(x) FROM (" + s.query + ") AS x)::pg_catalog.text")
	}
	return b.String()
}()

// catalogFirstOwn is the first oid that is not PostgreSQL's own
// (FirstNormalObjectId).
const catalogFirstOwn = "16384"

// catalogWith holds what several sections use. relation lists the tables and the
// like, without those of other sessions; class tells of each function whether it
// is pure (0), reads (1) or may write (2); base gives the type at the bottom of
// a domain. The planner must find it cheap: above jit_above_cost, which is 100,000
// unless the server is told otherwise, PostgreSQL compiles the query for half a second
// to run it for ten milliseconds.
const catalogWith = `WITH RECURSIVE
relation AS (
	SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relrowsecurity,
		n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast') OR n.nspname LIKE 'pg\_toast\_temp\_%' AS system
	FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't')
		AND (c.relpersistence <> 't' OR n.oid = pg_catalog.pg_my_temp_schema())),
extension AS MATERIALIZED (
	SELECT d.classid, d.objid, e.extname
	FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
	WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass),
plain AS MATERIALIZED (
	SELECT p.oid, CASE
		WHEN p.provolatile = 'v' OR p.prokind = 'p' THEN 2
		WHEN p.provolatile = 'i' AND (p.oid < ` + catalogFirstOwn + ` OR l.lanname IN ('c', 'internal')
			OR EXISTS (SELECT FROM extension AS e WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = p.oid)) THEN 0
		ELSE 1 END AS class
	FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang),
class AS MATERIALIZED (
	SELECT a.aggfnoid::pg_catalog.oid AS oid, pg_catalog.max(p.class) AS class
	FROM pg_catalog.pg_aggregate AS a
		CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[a.aggfnoid, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
			a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::pg_catalog.oid[]) AS part (oid)
		JOIN plain AS p ON p.oid = part.oid
	WHERE a.aggfnoid >= ` + catalogFirstOwn + `
	GROUP BY a.aggfnoid
	UNION ALL
	SELECT p.oid, p.class FROM plain AS p
	WHERE p.oid < ` + catalogFirstOwn + ` OR NOT EXISTS (SELECT FROM pg_catalog.pg_aggregate AS a WHERE a.aggfnoid = p.oid)),
base AS (
	SELECT t.oid AS domain, t.typbasetype AS oid FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
	UNION ALL
	SELECT b.domain, t.typbasetype
	FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.oid WHERE t.typtype = 'd')
`

// catalogSections are the parts, in the order of the fields of catalogRows.
var catalogSections = []catalogSection{
	{"search", `SELECT s.name FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS s (name, place)
		WHERE s.name NOT LIKE 'pg\_temp\_%' ORDER BY s.place`},
	// The provider and the locale came with PostgreSQL 15, under another name.
	{"database", `SELECT CASE WHEN pg_catalog.row_to_json(d)->>'datlocprovider' IN ('i', 'b')
			THEN COALESCE(pg_catalog.row_to_json(d)->>'datlocale', pg_catalog.row_to_json(d)->>'daticulocale') ELSE d.datctype END AS ctype
		FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`},
	{"relations", `SELECT r.oid::pg_catalog.int8 AS oid, r.nspname AS schema, r.relname AS name, r.relkind::pg_catalog.text AS kind,
			r.relpersistence::pg_catalog.text AS persistence, r.relispartition AS partition, r.system AS system, r.relrowsecurity AS secured,
			r.relrowsecurity AND pg_catalog.row_security_active(r.oid) AS active,
			pg_catalog.has_table_privilege(r.oid, 'SELECT') AS selects,
			NOT r.system AND pg_catalog.has_any_column_privilege(r.oid, 'SELECT') AS "selectsSome",
			NOT r.system AND pg_catalog.has_any_column_privilege(r.oid, 'UPDATE') AS updates,
			pg_catalog.has_table_privilege(r.oid, 'DELETE') AS deletes,
			NOT r.system AND pg_catalog.has_any_column_privilege(r.oid, 'INSERT') AS inserts,
			CASE WHEN r.relkind IN ('v', 'm') AND NOT r.system THEN pg_catalog.pg_get_viewdef(r.oid) END AS view,
			CASE WHEN r.relkind = 'v' AND NOT r.system THEN pg_catalog.pg_relation_is_updatable(r.oid, false) END AS updatable
		FROM relation AS r WHERE r.relkind <> 't' OR r.system ORDER BY r.oid`},
	{"columns", `SELECT a.attrelid::pg_catalog.int8 AS rel, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
			a.attnotnull AS "notNull", a.attidentity::pg_catalog.text AS identity, a.attgenerated::pg_catalog.text AS generated,
			a.atthasdef OR t.typdefault IS NOT NULL AS "hasDefault",
			b.typname AS base, b.typtype::pg_catalog.text AS "baseKind", bn.nspname AS "baseSchema",
			e.extname AS extension,
			cn.nspname AS "collationSchema", c.collname AS collation, COALESCE(c.collisdeterministic, true) AS deterministic
		FROM pg_catalog.pg_attribute AS a
			JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
			JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
			LEFT JOIN (SELECT base.* FROM base JOIN pg_catalog.pg_type AS z ON z.oid = base.oid AND z.typtype <> 'd') AS d ON d.domain = t.oid
			JOIN pg_catalog.pg_type AS b ON b.oid = COALESCE(d.oid, t.oid)
			JOIN pg_catalog.pg_namespace AS bn ON bn.oid = b.typnamespace
			LEFT JOIN extension AS e ON e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.objid = b.oid
			LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
			LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.collnamespace
		WHERE a.attrelid >= ` + catalogFirstOwn + ` AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`},
	{"unique", `SELECT i.indrelid::pg_catalog.int8 AS rel, i.indexrelid::pg_catalog.int8 AS oid, i.indisprimary AS primary,
			i.indisvalid AND i.indisready AND i.indimmediate AND m.amname = 'btree' AS immediate,
			i.indpred IS NOT NULL AS partial, a.attname AS column,
			COALESCE(o.opcdefault, false) AND (i.indcollation[k.n] = a.attcollation
				OR COALESCE(ic.collisdeterministic, true) AND COALESCE(ac.collisdeterministic, true)) AS same
		FROM pg_catalog.pg_index AS i
			JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
			JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
			CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k (n)
			LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n] AND a.attnum > 0
			LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[k.n]
			LEFT JOIN pg_catalog.pg_collation AS ic ON ic.oid = i.indcollation[k.n]
			LEFT JOIN pg_catalog.pg_collation AS ac ON ac.oid = a.attcollation
		WHERE i.indisunique AND i.indrelid >= ` + catalogFirstOwn + ` ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid, k.n`},
	{"keys", `SELECT f.oid::pg_catalog.int8 AS oid, f.conrelid::pg_catalog.int8 AS rel, f.confrelid::pg_catalog.int8 AS parent,
			f.confdeltype::pg_catalog.text AS "onDelete", f.confupdtype::pg_catalog.text AS "onUpdate",
			a.attname AS column, p.attname AS "parentColumn",
			COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'confdelsetcols')::pg_catalog.jsonb OPERATOR(pg_catalog.@>) pg_catalog.to_jsonb(f.conkey[k.n]), true) AS sets
		FROM pg_catalog.pg_constraint AS f
			CROSS JOIN LATERAL pg_catalog.generate_subscripts(f.conkey, 1) AS k (n)
			JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[k.n]
			JOIN pg_catalog.pg_attribute AS p ON p.attrelid = f.confrelid AND p.attnum = f.confkey[k.n]
		WHERE f.contype = 'f' ORDER BY f.conrelid, f.conname, f.oid, k.n`},
	{"triggers", `SELECT t.tgrelid::pg_catalog.int8 AS rel, t.tgname AS name, t.tgtype::pg_catalog.int8 AS type, t.tgfoid::pg_catalog.int8 AS function,
			CASE WHEN t.tgqual IS NOT NULL THEN pg_catalog.pg_get_triggerdef(t.oid) END AS definition
		FROM pg_catalog.pg_trigger AS t
		WHERE NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname, t.oid`},
	{"functions", `SELECT p.oid::pg_catalog.int8 AS oid, n.nspname AS schema, p.proname AS name, l.lanname AS language, p.prosrc AS source,
			p.prokind = 'p' AS procedure, pg_catalog.array_to_string(p.proconfig, E'\n') AS settings
		FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
		WHERE p.oid IN (SELECT t.tgfoid FROM pg_catalog.pg_trigger AS t WHERE NOT t.tgisinternal)
			OR p.oid IN (SELECT e.evtfoid FROM pg_catalog.pg_event_trigger AS e) OR p.prokind = 'p' AND p.oid >= ` + catalogFirstOwn + ` ORDER BY p.oid`},
	{"events", `SELECT e.evtname AS name, e.evtevent AS event, e.evtfoid::pg_catalog.int8 AS function
		FROM pg_catalog.pg_event_trigger AS e ORDER BY e.oid`},
	{"rules", `SELECT w.ev_class::pg_catalog.int8 AS rel, w.rulename AS name, w.ev_type::pg_catalog.text AS event
		FROM pg_catalog.pg_rewrite AS w
		WHERE w.rulename <> '_RETURN' AND w.ev_class >= ` + catalogFirstOwn + ` ORDER BY w.ev_class, w.rulename`},
	{"inherits", `SELECT h.inhrelid::pg_catalog.int8 AS child, h.inhparent::pg_catalog.int8 AS parent
		FROM pg_catalog.pg_inherits AS h
		ORDER BY h.inhrelid, h.inhseqno`},
	// Of an expression no column is told.
	{"partitions", `SELECT p.partrelid::pg_catalog.int8 AS rel, a.attname AS column
		FROM pg_catalog.pg_partitioned_table AS p
			CROSS JOIN LATERAL pg_catalog.generate_series(0, p.partnatts - 1) AS k (n)
			LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[k.n] AND a.attnum > 0
		ORDER BY p.partrelid, k.n`},
	{"expressions", `SELECT d.adrelid::pg_catalog.int8 AS rel, a.attgenerated::pg_catalog.text AS what, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS text
		FROM pg_catalog.pg_attrdef AS d JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		WHERE d.adrelid >= ` + catalogFirstOwn + `
		UNION ALL
		SELECT c.conrelid::pg_catalog.int8, 'check', pg_catalog.pg_get_expr(c.conbin, c.conrelid)
		FROM pg_catalog.pg_constraint AS c WHERE c.contype = 'c' AND c.conrelid >= ` + catalogFirstOwn + `
		UNION ALL
		SELECT c.contypid::pg_catalog.int8, 'domain', pg_catalog.pg_get_expr(c.conbin, 0)
		FROM pg_catalog.pg_constraint AS c WHERE c.contypid <> 0 AND c.conbin IS NOT NULL AND c.oid >= ` + catalogFirstOwn + `
		UNION ALL
		SELECT i.indrelid::pg_catalog.int8, 'index', pg_catalog.concat_ws(' , ', pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid))
		FROM pg_catalog.pg_index AS i
		WHERE i.indrelid >= ` + catalogFirstOwn + ` AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
		UNION ALL
		SELECT p.partrelid::pg_catalog.int8, 'partition', pg_catalog.pg_get_expr(p.partexprs, p.partrelid)
		FROM pg_catalog.pg_partitioned_table AS p WHERE p.partexprs IS NOT NULL
		UNION ALL
		SELECT p.polrelid::pg_catalog.int8, 'policy', pg_catalog.concat_ws(' , ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
		FROM pg_catalog.pg_policy AS p`},
	{"routines", `SELECT p.proname AS name, pg_catalog.max(c.class) AS class
		FROM pg_catalog.pg_proc AS p JOIN class AS c ON c.oid = p.oid JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
		WHERE p.oid >= ` + catalogFirstOwn + ` AND n.nspname NOT LIKE 'pg\_temp\_%'
			AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
		GROUP BY p.proname`},
	// Equality of PostgreSQL's own types by somebody else's rules may be meant wherever
	// two are compared.
	{"operators", `SELECT o.oprname AS name, pg_catalog.max(CASE WHEN o.oprname IN ('=', '<>') AND NOT EXISTS (
				SELECT FROM pg_catalog.pg_type AS t WHERE t.oid IN (o.oprleft, o.oprright) AND t.oid >= ` + catalogFirstOwn + ` AND t.typtype NOT IN ('d', 'e')
					AND (t.typname <> 'citext' OR o.oprleft = o.oprright)) THEN GREATEST(c.class, 1) ELSE c.class END) AS class
		FROM pg_catalog.pg_operator AS o JOIN class AS c ON c.oid = o.oprcode
		WHERE o.oid >= ` + catalogFirstOwn + ` GROUP BY o.oprname`},
	{"types", `SELECT t.oid::pg_catalog.int8 AS oid, t.typname AS name, t.typtype::pg_catalog.text AS kind, t.typbasetype::pg_catalog.int8 AS base,
			t.typelem::pg_catalog.int8 AS element, b.typname AS "baseName",
			GREATEST(i.class, o.class, 0) AS class
		FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
			LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
			LEFT JOIN pg_catalog.pg_class AS r ON r.oid = t.typrelid
			LEFT JOIN class AS i ON i.oid = t.typinput AND i.oid >= ` + catalogFirstOwn + `
			LEFT JOIN class AS o ON o.oid = t.typoutput AND o.oid >= ` + catalogFirstOwn + `
		WHERE t.oid >= ` + catalogFirstOwn + ` AND t.typtype <> 'p' AND COALESCE(r.relkind, 'c') = 'c' AND COALESCE(e.typtype, 'b') <> 'c' ORDER BY t.oid`},
	{"casts", `SELECT pg_catalog.format_type(k.castsource, NULL) || ' to ' || pg_catalog.format_type(k.casttarget, NULL) AS name, p.proname AS function, c.class AS class,
			k.castcontext::pg_catalog.text AS context, ps.typname AS source, pt.typname AS target
		FROM pg_catalog.pg_cast AS k JOIN class AS c ON c.oid = k.castfunc JOIN pg_catalog.pg_proc AS p ON p.oid = k.castfunc
			JOIN pg_catalog.pg_type AS ps ON ps.oid = k.castsource JOIN pg_catalog.pg_type AS pt ON pt.oid = k.casttarget
		WHERE k.oid >= ` + catalogFirstOwn + ` AND c.class > 0 ORDER BY c.class DESC, k.oid`},
}
