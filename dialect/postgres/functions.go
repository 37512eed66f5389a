package postgres

import "strings"

// functionKind says what is known of a function.
type functionKind uint8

const (
	functionForeign   functionKind = iota // nothing: it may read and write any table
	functionScalar                        // pure, or dependent on settings that sessions share
	functionAggregate                     // pure over the rows
	functionVolatile                      // writes no table, but is not pure
)

// functionLookup tells the kind of one of PostgreSQL's own functions.
func functionLookup(name string) functionKind { return functions[name] }

// functions are PostgreSQL's own functions, those of version 18, as far as they
// are known to be pure, or not to write a table. What is not listed is foreign,
// and so are those of PostgreSQL's own that run a query which they are given as a
// text (query_to_xml, ts_stat, ts_rewrite), read tables that the text does not
// name (table_to_xml), take in what a plug-in makes of the log, or call the
// functions of an index.
//
// Pure are those that are immutable, and of the stable ones those that depend on
// nothing but the settings in dialect.Session.Settings: the time zone, the style
// of dates, the locale, the text search configuration.
var functions = functionTableOf([]functionGroup{
	{functionScalar, `abbrev abs acos acosd acosh array_append array_cat array_dims array_fill array_length array_lower
		array_ndims array_position array_positions array_prepend array_remove array_replace array_reverse array_sort
		array_to_json array_to_string array_to_tsvector array_upper ascii asin asind asinh atan atan2 atan2d atand atanh
		bit_count bit_length bool box bpchar broadcast btrim cardinality casefold cbrt ceil ceiling center char char_length
		character_length chr circle concat concat_ws convert convert_from convert_to cos cosd cosh cot cotd crc32 crc32c
		date date_add date_bin date_part date_subtract date_trunc datemultirange daterange decode degrees diagonal diameter div
		encode enum_first enum_last enum_range erf erfc exp extract factorial family float4 float8 floor format
		gamma gcd hashtext hashtextextended generate_series generate_subscripts get_bit get_byte height host hostmask
		inet_merge inet_same_family initcap int2 int4 int4multirange int4range int8 int8multirange int8range interval
		is_normalized isclosed isempty isfinite ishorizontal isopen isparallel isperp isvertical
		json json_array_element json_array_element_text json_array_elements json_array_elements_text json_array_length
		json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object
		json_object_keys json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset
		json_to_tsvector json_typeof jsonb jsonb_array_element jsonb_array_element_text jsonb_array_elements
		jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_concat jsonb_contained
		jsonb_contains jsonb_delete jsonb_delete_path jsonb_each jsonb_each_text jsonb_exists jsonb_exists_all
		jsonb_exists_any jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys
		jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
		jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz
		jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls
		jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval
		lcm left length lgamma like_escape line ln log log10 lower lower_inc lower_inf lpad lseg ltrim
		macaddr macaddr8 macaddr8_set7bit make_date make_interval make_time make_timestamp make_timestamptz masklen md5
		min_scale mod money multirange name netmask network normalize npoints num_nonnulls num_nulls numeric nummultirange
		numnode numrange octet_length oid overlaps overlay parse_ident path pclose pg_size_bytes pg_size_pretty
		phraseto_tsquery pi plainto_tsquery point polygon popen position pow power querytree quote_ident quote_literal
		quote_nullable radians radius range_merge regexp_count regexp_instr regexp_like regexp_match regexp_matches
		regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right round
		row_to_json rpad rtrim scale set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign
		similar_escape similar_to_escape sin sind sinh slope split_part sqrt starts_with string_to_array string_to_table
		strip strpos substr substring tan tand tanh text textlen time timestamp timestamptz timezone to_ascii to_bin
		to_char to_date to_hex to_json to_jsonb to_number to_oct to_timestamp to_tsquery to_tsvector translate trim_array
		trim_scale trunc ts_delete ts_filter ts_headline ts_lexize ts_match_qv ts_match_tq ts_match_tt ts_match_vq ts_rank
		ts_rank_cd tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array unicode_assigned unistr
		unnest upper upper_inc upper_inf uuid_extract_timestamp uuid_extract_version varbit varchar websearch_to_tsquery
		width width_bucket xml xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlcomment
		xmlconcat xmlexists xmltext xmlvalidate xpath xpath_exists`},

	{functionAggregate, `any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
		cume_dist dense_rank every first_value json_agg json_agg_strict json_object_agg json_object_agg_strict
		json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
		jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict lag last_value lead max min mode
		nth_value ntile percent_rank percentile_cont percentile_disc range_agg range_intersect_agg rank regr_avgx regr_avgy
		regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy row_number stddev stddev_pop stddev_samp
		string_agg sum var_pop var_samp variance xmlagg`},

	// The clock, chance, sequences, locks, and who asks.
	{functionVolatile, `age array_sample array_shuffle bernoulli clock_timestamp current_catalog current_database
		current_query current_role current_schema current_schemas current_setting current_user currval gen_random_uuid
		get_current_ts_config getdatabaseencoding getpgusername inet_client_addr inet_client_port inet_server_addr
		inet_server_port lastval mxid_age nextval now pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock
		pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
		pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared
		pg_notify pg_sleep pg_sleep_for pg_sleep_until random random_normal session_user set_config setseed setval
		statement_timestamp system system_user timeofday timetz transaction_timestamp txid_current txid_current_if_assigned
		txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_status txid_visible_in_snapshot
		user uuidv4 uuidv7 version unicode_version icu_unicode_version`},

	// The catalog and the state of the server.
	{functionVolatile, `col_description format_type has_any_column_privilege has_column_privilege has_database_privilege
		has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_largeobject_privilege
		has_parameter_privilege has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege
		has_tablespace_privilege has_type_privilege lo_close lo_creat lo_create lo_from_bytea lo_get lo_lseek lo_lseek64
		lo_open lo_put lo_tell lo_tell64 lo_truncate lo_truncate64 lo_unlink loread lowrite obj_description
		pg_backend_pid pg_blocking_pids pg_cancel_backend pg_char_to_encoding pg_client_encoding pg_collation_actual_version
		pg_collation_for pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size
		pg_column_toast_chunk_id pg_conf_load_time pg_control_checkpoint pg_control_init pg_control_recovery
		pg_control_system pg_conversion_is_visible pg_current_logfile pg_current_snapshot pg_current_wal_flush_lsn
		pg_current_wal_insert_lsn pg_current_wal_lsn pg_current_xact_id pg_current_xact_id_if_assigned pg_cursor
		pg_database_collation_actual_version pg_database_size pg_describe_object pg_encoding_to_char pg_export_snapshot
		pg_filenode_relation pg_function_is_visible pg_get_acl pg_get_constraintdef pg_get_expr
		pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result
		pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_object_address
		pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef
		pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_identify_object pg_identify_object_as_address
		pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_indexes_size pg_is_in_recovery
		pg_is_other_temp_schema pg_is_wal_replay_paused pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn
		pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_listening_channels pg_lock_status pg_my_temp_schema
		pg_notification_queue_usage pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible pg_options_to_table
		pg_partition_ancestors pg_partition_root pg_partition_tree pg_postmaster_start_time pg_prepared_statement
		pg_prepared_xact pg_relation_filenode pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable
		pg_relation_size pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_sequence_parameters pg_settings_get_flags
		pg_show_all_settings pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin pg_stat_clear_snapshot pg_stat_get_activity
		pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_tablespace_databases pg_tablespace_location
		pg_tablespace_size pg_terminate_backend pg_timezone_abbrevs pg_timezone_names pg_total_relation_size
		pg_trigger_depth pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible
		pg_type_is_visible pg_typeof pg_visible_in_snapshot pg_wal_lsn_diff pg_walfile_name pg_xact_commit_timestamp
		pg_xact_status regclass row_security_active shobj_description to_regclass to_regcollation to_regnamespace
		to_regoper to_regoperator to_regproc to_regprocedure to_regrole to_regtype to_regtypemod ts_debug ts_parse
		ts_token_type`},
})

// functionGroup is some functions of one kind, their names set off by blanks.
type functionGroup struct {
	kind  functionKind
	names string
}

func functionTableOf(groups []functionGroup) map[string]functionKind {
	table := make(map[string]functionKind)
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.names) {
			table[name] = g.kind
		}
	}
	return table
}

// functionVolatileWhy says why a call of one of PostgreSQL's own functions is not
// pure, "" when it is. The function is one that is known.
func functionVolatileWhy(name string, args int) string {
	switch {
	case name == "age" && args == 2:
		return "" // with one argument it counts from today
	case functions[name] == functionVolatile:
		return name + "() is no function of its arguments"
	}
	return ""
}

// functionOperators are PostgreSQL's own operators, all of them pure or dependent
// on settings that sessions share.
var functionOperators = functionSet(`+ - * / % ^ |/ ||/ @ & | # ~ << >> = <> != < <= > >= || && @> <@ -> ->> #> #>> #- ? ?| ?& @? @@ @@@
	~~ !~~ ~~* !~~* ~* !~ !~* ^@ ~<~ ~<=~ ~>~ ~>=~ *< *<= *> *>= *= *<> &< &> <<| |>> &<| |&> -|- <^ >^ ?# ?- ?-| ?|| ~= @-@ ##
	<-> !! <<= >>=`)

// functionSet makes a set of names that are set off by blanks.
func functionSet(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

// functionTypes are PostgreSQL's own types, of which a cast is pure, or dependent
// on settings that sessions share. A text that is cast to a date is taken for a
// date: that it may be a word like "now" is only seen where it stands in the
// statement.
var functionTypes = functionSet(`bool int2 int4 int8 float4 float8 numeric money text varchar bpchar char name bytea
	date time timetz timestamp timestamptz interval uuid json jsonb jsonpath xml inet cidr macaddr macaddr8 bit varbit
	point line lseg box path polygon circle tsvector tsquery regconfig regdictionary
	int4range int8range numrange tsrange tstzrange daterange
	int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
	oid xid xid8 cid tid pg_lsn pg_snapshot txid_snapshot int2vector oidvector record unknown refcursor void`)

// functionCatalogTypes are types of which a cast looks a name up in the catalog.
var functionCatalogTypes = functionSet(`regclass regproc regprocedure regoper regoperator regtype regrole regnamespace
	regcollation regdatabase`)

// functionSystemColumns are the columns that every table has: where a row stands
// and who wrote it. They change without a change of the row.
var functionSystemColumns = functionSet("ctid xmin xmax cmin cmax tableoid")

// functionSystemTable says why rows of a table cannot be cached: no write that we
// see changes them. It is empty for other names. PostgreSQL keeps the names of
// schemas that begin with pg_ for itself, and looks its own tables up first.
func functionSystemTable(schema, name string) string {
	switch {
	case schema == "information_schema", strings.HasPrefix(schema, "pg_"), schema == "" && strings.HasPrefix(name, "pg_"):
		return name + " is no table of the program's own"
	}
	return ""
}

// functionDateWords are the words that PostgreSQL takes for the present time where
// a date is wanted.
var functionDateWords = functionSet("now today tomorrow yesterday")

// functionMaxDate is longer than any text that PostgreSQL reads as a date.
const functionMaxDate = 128

// functionDateWord reports whether a text may be a date that changes with time,
// or hold one as an array or a range does. It asks for no more than the word, so
// that it says yes to texts that are no dates, too.
func functionDateWord(text string) bool {
	if len(text) > functionMaxDate && text[0] != '{' && text[0] != '[' && text[0] != '(' {
		return false
	}
	start := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && 'a' <= text[i]|0x20 && text[i]|0x20 <= 'z' {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start <= len("yesterday") && functionDateWords[nameLower(text[start:i])] {
			return true
		}
		start = -1
	}
	return false
}
