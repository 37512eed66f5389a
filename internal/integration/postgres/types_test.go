package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// typeValues are literals of each type that can be a column's, by its name. Every
// base type of the server must be here. Of arrays and ranges they are made of those
// of their elements.
var typeValues = map[string][]string{
	"aclitem": {"postgres=r/postgres"}, "bit": {"0", "1"}, "bool": {"t", "f"}, "box": {"(1,2),(3,4)"}, "bpchar": {"", "a", "a  ", "é"},
	"bytea": {"", `\x00ff`, "abc", `\\`}, "char": {"", "a", `\351`}, "cid": {"0", "4294967295"}, "cidr": {"10.0.0.0/8", "::/0"}, "circle": {"<(1,2),3>"},
	"date": {"2024-02-29", "infinity", "-infinity", "0044-03-15 BC", "9999-12-31", "10000-01-01", "5874897-12-31", "0001-01-01"}, "float4": {"0", "-0", "1.5", "NaN", "Infinity", "1e38", "0.1", "1e-45"},
	"float8": {"0", "-0", "0.1", "NaN", "-Infinity", "1e308", "5e-324", "0.30000000000000004"}, "gtsvector": nil, "ghstore": nil, "inet": {"127.0.0.1", "10.1.2.3/8", "::1"}, "int2": {"0", "-32768", "32767"},
	"int2vector": {"", "1 2"}, "int4": {"0", "-2147483648", "2147483647"}, "int8": {"0", "-9223372036854775808", "9223372036854775807"},
	"interval": {"1 day", "0", "-1 year 2 mons 3 days 04:05:06.789", "infinity"}, "json": {`{"a": 1}`, "null", "[]", `"x"`, "  1"}, "jsonb": {`{"b": 1, "a": 2}`, "null", "1.50"}, "jsonpath": {"$.a"},
	"line": {"{1,2,3}"}, "lseg": {"[(1,2),(3,4)]"}, "macaddr": {"08:00:2b:01:02:03"}, "macaddr8": {"08:00:2b:01:02:03:04:05"}, "money": {"1234.56", "-0.01"}, "name": {"", "a name"},
	"numeric": {"0", "1.50", "NaN", "Infinity", "1e-20", "-123456789012345678901234567890.5"}, "oid": {"0", "4294967295"}, "oidvector": {"", "1 2"}, "path": {"[(1,2),(3,4)]"}, "pg_brin_bloom_summary": nil,
	"pg_brin_minmax_multi_summary": nil, "pg_dependencies": nil, "pg_lsn": {"16/B374D848"}, "pg_mcv_list": nil, "pg_ndistinct": nil, "pg_node_tree": nil, "pg_snapshot": {"10:20:10,14"}, "point": {"(1,2)", "(NaN,Infinity)"},
	"polygon": {"((1,2),(3,4))"}, "refcursor": {"c"}, "regclass": {"pg_class", "-"}, "regcollation": {`"C"`}, "regconfig": {"english"}, "regdictionary": {"simple"}, "regnamespace": {"pg_catalog"},
	"regoper": {"<<="}, "regoperator": {"+(integer,integer)"}, "regproc": {"now"}, "regprocedure": {"abs(integer)"}, "regrole": {"postgres"}, "regtype": {"integer"}, "regdatabase": {"postgres"},
	"text": {"", "a", "日本", "a'b\"c", "\n", strings.Repeat("x", 3000)}, "tid": {"(0,1)"}, "time": {"00:00", "12:34:56.789012", "23:59:59.999999", "24:00:00"}, "oid8": {"0"},
	"timestamp": {"2024-02-29 12:34:56.789012", "infinity", "-infinity", "0044-03-15 01:02:03 BC", "0001-01-01", "10000-01-01", "294276-12-31 23:59:59"},
	"timestamptz": {
		"2024-02-29 12:34:56.789012+00", "2024-07-01 00:00+00", "2024-11-03 01:30:00 America/New_York", "infinity", "-infinity", "0044-03-15 01:02:03+00 BC", "1850-01-01 00:00+00", "1937-01-01 00:00+00", "10000-01-01 00:00+00",
	},
	"timetz": {"12:34:56.789+05:30", "24:00:00+00", "00:00:00-12", "01:02:03+01:02:03"}, "tsquery": {"a & b"}, "tsvector": {"a:1 b:2"}, "txid_snapshot": {"10:20:10,14"},
	"uuid": {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "00000000-0000-0000-0000-000000000000"}, "varbit": {"", "101"}, "varchar": {"", "abc"}, "xid": {"0", "4294967295"}, "xid8": {"0", "18446744073709551615"},
	"xml": {"<a/>", ""},
	// Those of ours.
	"mood": {"sad", "a b"}, "positive": {"7"}, "label": {"x"}, "labelled_mood": {"sad"}, "pair": {"(1,a)", "(,)", `(2,"b,c")`}, "citext": {"Abc"}, "hstore": {"a=>1, b=>NULL"},
	"floatrange": {"[1.5,2.5)", "empty"}, "floatmultirange": {"{[1.5,2.5)}", "{}"},
	"int4range": {"[1,10)", "empty", "(,)"}, "int8range": {"[1,10)"}, "numrange": {"[1.5,2.5]", "empty"}, "tsrange": {"[2024-01-01,2024-02-01)"}, "tstzrange": {"[2024-01-01 00:00+00,infinity)"}, "daterange": {"[2024-01-01,)"},
	"int4multirange": {"{[1,2),[3,4)}", "{}"}, "int8multirange": {"{}"}, "nummultirange": {"{[1.5,2]}"}, "tsmultirange": {"{}"}, "tstzmultirange": {"{[2024-01-01 00:00+00,infinity)}"}, "datemultirange": {"{[2024-01-01,2024-02-01)}"},
}

// moreTypes are types with a modifier.
var moreTypes = map[string][]string{
	"varchar(7)": {"abc"}, "char(5)": {"a", "abcde", "é"}, "numeric(10,2)": {"1.5"}, "numeric(5)": {"7"}, "bit(3)": {"101"}, "varbit(9)": {"101"}, "timestamp(0)": {"2024-02-29 12:34:56.7"},
	"timestamptz(3)": {"2024-02-29 12:34:56.789012+00"}, "time(2)": {"12:34:56.789"}, "interval day to second(2)": {"1 day 2.345"}, "text[][]": {"{{a,b},{c,NULL}}", "[0:0]={x}"}, "char(3)[]": {"{a}"}, "varchar(7)[]": {"{a,b}"},
}

// typeColumn is a column of one type, in a table of its own.
type typeColumn struct{ name, table string }

// makeTypes makes a table for each type.
func makeTypes(t *testing.T, db *sql.DB) []typeColumn {
	t.Helper()
	exec(t, db, "CREATE EXTENSION citext", "CREATE EXTENSION hstore", "CREATE TYPE mood AS ENUM ('sad', 'a b')", "CREATE DOMAIN positive AS int4 CHECK (VALUE > 0)",
		"CREATE DOMAIN label AS varchar(5) NOT NULL", "CREATE DOMAIN labelled_mood AS mood", "CREATE TYPE pair AS (a int4, b text)", "CREATE TYPE floatrange AS RANGE (subtype = float8, multirange_type_name = floatmultirange)")
	rows, err := db.Query(`SELECT t.oid::regtype::text, t.typname, t.typtype::text, coalesce(e.typname, '') FROM pg_type AS t
		JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_type AS e ON e.typarray = t.oid
		WHERE t.typtype <> 'p' AND t.typisdefined AND n.nspname IN ('pg_catalog', 'public') AND (t.typrelid = 0 OR t.typname = 'pair')
			AND (e.oid IS NULL OR e.typtype <> 'p' AND (e.typrelid = 0 OR e.typname = 'pair')) ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var columns []typeColumn
	add := func(name string, literals []string, null bool) {
		c := typeColumn{name: name, table: fmt.Sprintf("types_%d", len(columns))}
		columns = append(columns, c)
		exec(t, db, fmt.Sprintf("CREATE TABLE %s (id int4 PRIMARY KEY, v %s)", c.table, name))
		for i, literal := range literals {
			if literal == "infinity" && name == "interval" {
				continue // before PostgreSQL 17
			}
			if _, err := db.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%d, '%s'::%s)", c.table, i+1, strings.ReplaceAll(literal, "'", "''"), name)); err != nil {
				t.Errorf("%s: %s: %v", name, literal, err)
			}
		}
		if null {
			exec(t, db, fmt.Sprintf("INSERT INTO %s VALUES (99, NULL)", c.table))
		}
	}
	type found struct{ name, typname, kind, element string }
	var all []found
	for rows.Next() {
		var f found
		if err := rows.Scan(&f.name, &f.typname, &f.kind, &f.element); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		name := f.typname
		if f.element != "" {
			name = f.element
		}
		literals, known := typeValues[name]
		if !known {
			t.Errorf("there are no values of the type %s", f.name)
			continue
		}
		if f.element != "" {
			list := []string{"{}", "{NULL}"}
			for _, l := range literals {
				if f.element != "box" && !(f.element == "interval" && l == "infinity") {
					l = strings.ReplaceAll(strings.ReplaceAll(l, `\`, `\\`), `"`, `\"`)
					list = append(list, `{"`+l+`"}`)
				}
			}
			literals = list
			if f.element == "label" {
				literals = slices.DeleteFunc(literals, func(s string) bool { return s == "{NULL}" })
			}
		}
		add(f.name, literals, f.typname != "label")
	}
	for name, literals := range moreTypes {
		add(name, literals, true)
	}
	exec(t, db, "CREATE TABLE required (id int4 PRIMARY KEY, v text NOT NULL)", "INSERT INTO required VALUES (1, 'x')")
	return append(columns, typeColumn{"text NOT NULL", "required"})
}

// transcript is all that a program sees of a query's rows.
func transcript(ctx context.Context, db *sql.DB, query string) string {
	rows, err := db.QueryContext(ctx, query)
	return transcriptOf(rows, err)
}

// prepared is the transcript of a prepared statement.
func prepared(ctx context.Context, db *sql.DB, query string) string {
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return "error: " + err.Error()
	}
	defer stmt.Close()
	rows, err := stmt.QueryContext(ctx)
	return transcriptOf(rows, err)
}

func transcriptOf(rows *sql.Rows, err error) string {
	var b strings.Builder
	if err != nil {
		return "error: " + err.Error()
	}
	defer rows.Close()
	names, err := rows.Columns()
	fmt.Fprintln(&b, names, err)
	types, err := rows.ColumnTypes()
	fmt.Fprintln(&b, err)
	for _, c := range types {
		length, hasLength := c.Length()
		precision, scale, hasScale := c.DecimalSize()
		nullable, known := c.Nullable()
		fmt.Fprintln(&b, c.Name(), c.DatabaseTypeName(), c.ScanType(), length, hasLength, precision, scale, hasScale, nullable, known)
	}
	for rows.Next() {
		for _, dest := range []any{new(any), new(string), new([]byte), new(time.Time), new(int64), new(float64), new(bool), new(sql.NullString), new(sql.NullTime), new([]string), new(uint32), new(sql.Null[[]byte]), new(sql.RawBytes)} {
			err := rows.Scan(dest)
			v := reflect.ValueOf(dest).Elem().Interface()
			if at, ok := v.(time.Time); ok {
				zone, offset := at.Zone()
				v = fmt.Sprint(at.Format(time.RFC3339Nano), at.Location(), zone, offset)
			}
			fmt.Fprintf(&b, "%T %T %#v %v\n", dest, v, v, err)
		}
	}
	fmt.Fprintln(&b, rows.Err(), rows.NextResultSet(), rows.Close())
	return b.String()
}

// Every type of PostgreSQL comes back from the cache as from the driver itself.
func TestTypes(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	setup, err := sql.Open(pgx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	columns := makeTypes(t, setup)
	if err := setup.Close(); err != nil {
		t.Fatal(err)
	}
	zone := "&timezone=America/New_York"
	for _, w := range append(slices.Clone(ways), way{pgx, zone}, way{pq, zone}) {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			testTypes(t, openCachedPostgres(t, w.driver, dsn+w.option, nil), columns)
		})
	}
	redis := redistest.Start(t, redistest.WithSettings("save ''"))
	for i, w := range []way{{pgx, ""}, {pq, ""}, {pgx, zone}, {pq, zone}, {pgx, "&default_query_exec_mode=exec"}} {
		t.Run("Redis/"+w.String(), func(t *testing.T) {
			t.Parallel()
			store, err := rueidisstore.New(rueidisstore.Config{
				URL: redistest.Patient(redis.URL()), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, BackgroundFills: -1, Prefix: fmt.Sprintf("t%d", i),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
			testTypes(t, openCachedPostgres(t, w.driver, dsn+w.option, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = store }), columns)
		})
	}
}

func testTypes(t *testing.T, s *cachedPostgres, columns []typeColumn) {
	var uncached atomic.Int64
	for _, c := range columns {
		query := "SELECT v FROM " + c.table + " ORDER BY id"
		bare := transcript(t.Context(), s.bare, query)
		miss := transcript(t.Context(), s.cached, query)
		hits := s.hits.Load()
		hit := transcript(t.Context(), s.cached, query)
		if s.hits.Load() == hits && !strings.Contains(bare, "convert field") {
			uncached.Add(1)
			t.Errorf("%s is not cached: %v", c.name, s.lastReason.Load())
		}
		if of := prepared(t.Context(), s.bare, query); of != bare {
			t.Errorf("%s: a prepared statement differs: %s", c.name, firstDifference(of, bare))
		}
		for name, got := range map[string]string{"a miss": miss, "a hit": hit} {
			if got != bare {
				t.Errorf("%s: %s differs from the driver's:\n%s", c.name, name, firstDifference(got, bare))
			}
		}
	}
	t.Logf("%d types, %d of them uncached", len(columns), uncached.Load())
}

// firstDifference returns the first lines that differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("got  %.300s\nwant %.300s", g[i], w[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(g), len(w))
}
