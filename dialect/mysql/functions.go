package mysql

import (
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// functionKind says what is known of a function.
type functionKind uint8

const (
	functionForeign   functionKind = iota // nothing: it may read and write any table
	functionScalar                        // pure, or dependent on settings that sessions share
	functionAggregate                     // pure over the rows
	functionVolatile                      // writes no table, but is not pure
)

// function is what is known of a built-in function.
type function struct {
	kind functionKind
	// some is true where not every server of MySQL and MariaDB has it: elsewhere a
	// stored or a loadable function may have its name. No other can take the place of
	// one that the server has.
	some bool
	// sequence is true where the argument is the name of a sequence.
	sequence bool
}

// functions are the built-in functions of MySQL 8 and of MariaDB, by folded name. What is
// not listed is foreign; so are those of storage engines that run a query they are given
// as a text (spider_direct_sql), and those that read the schema (the internal_ ones).
//
// Pure are also those that depend on settings in dialect.Session.Settings: the time zone,
// the sql_mode, the character set, the names of days, the first day of a week, the mode
// of encryption.
var functions = functionTableOf([]functionGroup{
	{functionScalar, false, `abs acos asin atan atan2 ceil ceiling conv cos cot crc32 degrees exp floor ln log log10 log2 mod
		pi pow power radians round sign sin sqrt tan truncate
		ascii bin bit_count bit_length char char_length character_length charset coercibility collation concat concat_ws convert
		elt export_set field find_in_set format from_base64 hex insert instr interval lcase left length locate lower lpad ltrim
		make_set mid oct octet_length ord position quote repeat replace reverse right rpad rtrim soundex space strcmp substr
		substring substring_index to_base64 trim ucase unhex upper weight_string
		coalesce greatest if ifnull isnull least name_const nullif
		adddate addtime convert_tz date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear
		extract from_days from_unixtime get_format hour last_day makedate maketime microsecond minute month monthname
		period_add period_diff quarter sec_to_time second str_to_date subdate subtime time time_format time_to_sec timediff
		timestamp timestampadd timestampdiff to_days to_seconds week weekday weekofyear year yearweek
		aes_decrypt aes_encrypt compress md5 sha sha1 sha2 uncompress uncompressed_length
		inet6_aton inet6_ntoa inet_aton inet_ntoa is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6
		extractvalue updatexml regexp_instr regexp_replace regexp_substr
		json_array json_array_append json_array_insert json_contains json_contains_path json_depth json_extract json_insert
		json_keys json_length json_merge_patch json_merge_preserve json_object json_quote json_remove json_replace
		json_search json_set json_type json_unquote json_valid
		geometrycollection linestring multilinestring multipoint multipolygon point polygon
		mbrcontains mbrdisjoint mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin
		st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_buffer st_centroid st_contains st_convexhull st_crosses
		st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring
		st_geomcollfromtext st_geomcollfromwkb st_geometrycollectionfromtext st_geometrycollectionfromwkb
		st_geometryfromtext st_geometryfromwkb st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb
		st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_issimple st_length st_linefromtext
		st_linefromwkb st_linestringfromtext st_linestringfromwkb st_numgeometries st_numinteriorrings st_numpoints st_overlaps
		st_pointfromtext st_pointfromwkb st_pointn st_polyfromtext st_polyfromwkb st_polygonfromtext st_polygonfromwkb
		st_srid st_startpoint st_symdifference st_touches st_union st_within st_x st_y`},

	// MySQL only, or MariaDB only, or not all versions of them.
	{functionScalar, true, `any_value bin_to_uuid format_bytes format_pico_time gtid_subset gtid_subtract is_uuid json_memberof json_merge mbrcoveredby mbrcovers
		json_pretty json_schema_valid json_schema_validation_report json_storage_free json_storage_size json_overlaps regexp_like
		statement_digest statement_digest_text uuid_to_bin st_geohash st_isvalid st_latfromgeohash st_latitude st_longfromgeohash
		st_longitude st_makeenvelope st_pointfromgeohash st_simplify st_swapxy st_transform st_validate st_collect
		st_frechetdistance st_hausdorffdistance st_lineinterpolatepoint st_lineinterpolatepoints st_pointatdistance grouping
		add_months chr crc32c concat_operator_oracle decode decode_histogram decode_oracle encode json_compact json_detailed
		json_equals json_exists json_loose json_normalize json_query json_value json_key_value json_object_to_array json_array_intersect
		json_object_filter_keys kdf lengthb length_oracle lpad_oracle ltrim_oracle natural_sort_key nvl nvl2 replace_oracle
		rpad_oracle rtrim_oracle sformat substr_oracle to_char trim_oracle trunc vec_distance vec_distance_cosine
		vec_distance_euclidean vec_fromtext vec_totext value
		astext aswkt asbinary aswkb contains crosses disjoint equals glength geomfromtext geometryfromtext intersects
		overlaps st_boundary st_distance_spheroid st_isring st_pointonsurface st_relate touches within x y`},

	{functionAggregate, false, `avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev
		stddev_pop stddev_samp sum var_pop var_samp variance
		cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number`},
	{functionAggregate, true, "median percentile_cont percentile_disc"},

	// The clock, chance, locks, who asks, and what was asked before.
	{functionVolatile, false, `benchmark connection_id curdate current_date current_role current_time current_timestamp current_user
		curtime database found_rows get_lock is_free_lock is_used_lock last_insert_id load_file localtime localtimestamp
		now rand release_all_locks release_lock row_count schema session_user sleep
		sysdate system_user unix_timestamp user utc_date utc_time utc_timestamp uuid uuid_short version`},
	{functionVolatile, true, `binlog_gtid_pos des_decrypt des_encrypt encrypt icu_version master_gtid_wait master_pos_wait old_password
		password ps_current_thread_id ps_thread_id random random_bytes roles_graphml rownum source_pos_wait sys_guid uuid_v4 uuid_v7
		validate_password_strength wait_for_executed_gtid_set wait_until_sql_thread_after_gtids wsrep_last_seen_gtid
		wsrep_last_written_gtid wsrep_sync_wait_upto_gtid current_resource_group`},
})

// functionRenamed maps the parser's names for what has no such name in SQL to the
// function it is, or to the kind of a literal.
var functionRenamed = map[string]string{
	"char_func":                "char",
	"insert_func":              "insert",
	"json_memberof":            "json_memberof", // x MEMBER OF (y)
	"'tidb`.(dateliteral":      convertDate,
	"'tidb`.(timestampliteral": convertDate,
	"'tidb`.(timeliteral":      convertTime,
}

// functionDates are the functions that make a date of an argument that is a time of day,
// and those that bring their arguments to one type.
var functionDates = functionSet(`add_months adddate convert_tz date date_add date_format date_sub datediff day dayname dayofmonth
	dayofweek dayofyear extract from_days last_day month monthname quarter subdate timestamp timestampadd timestampdiff to_char
	to_days to_seconds unix_timestamp week weekday weekofyear year yearweek
	coalesce decode_oracle field greatest if ifnull interval lag lead least nullif nvl nvl2`)

// functionTimes are the functions that return a time of day.
var functionTimes = functionSet("maketime sec_to_time str_to_date time timediff")

// functionSet makes a set of names that are set off by blanks.
func functionSet(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

// functionGroup is some functions of one kind, their names set off by blanks.
type functionGroup struct {
	kind  functionKind
	some  bool
	names string
}

func functionTableOf(groups []functionGroup) map[string]function {
	table := make(map[string]function)
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.names) {
			table[name] = function{kind: g.kind, some: g.some}
		}
	}
	for _, name := range [...]string{"nextval", "lastval", "setval"} {
		table[name] = function{kind: functionVolatile, some: true, sequence: true}
	}
	return table
}

// functionVolatileWhy says why a call of a built-in function is not pure, "" when it is.
func functionVolatileWhy(name string, args int) string {
	switch {
	case name == "unix_timestamp" && args > 0:
		return "" // of a moment that is given, by the time zone of the session
	case functions[name].kind == functionVolatile:
		return name + "() is no function of its arguments"
	}
	return ""
}

// functionSystemTable says why rows of a table cannot be cached: no write that we see
// changes them. It is empty for other names.
func functionSystemTable(n dialect.Name) string {
	switch nameFold(n.Schema) {
	case "mysql", "information_schema", "performance_schema", "sys":
		return n.Name + " is no table of the program's own"
	}
	return ""
}
