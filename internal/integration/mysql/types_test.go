package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// typeValues are the types that a column can have, with literals of each.
var typeValues = []struct {
	name     string
	literals []string
}{
	{"tinyint", []string{"0", "-128", "127"}}, {"tinyint(1)", []string{"0", "1"}}, {"bool", []string{"TRUE", "FALSE"}}, {"tinyint unsigned", []string{"0", "255"}}, {"smallint", []string{"-32768", "32767"}}, {"smallint unsigned", []string{"65535"}},
	{"mediumint", []string{"-8388608", "8388607"}}, {"mediumint unsigned", []string{"16777215"}}, {"int", []string{"-2147483648", "2147483647", "0"}}, {"int unsigned", []string{"4294967295"}}, {"int(7) zerofill", []string{"7"}},
	{"bigint", []string{"-9223372036854775808", "9223372036854775807"}}, {"bigint unsigned", []string{"0", "9223372036854775807", "9223372036854775808", "18446744073709551615"}}, {"bigint(20) unsigned zerofill", []string{"7"}},
	{"decimal(10,2)", []string{"0", "1.5", "-99999999.99"}}, {"decimal(65,30)", []string{"1e-30", "-12345678901234567890.5"}}, {"decimal(5,0) unsigned zerofill", []string{"7"}}, {"decimal", []string{"7"}},
	{"float", []string{"0", "0.1", "-0.0", "3.4e38", "1.17549435e-38", "16777217", "1234567.8"}}, {"float unsigned zerofill", []string{"1.5"}}, {"float(7,3)", []string{"1.5", "0.1"}}, {"double", []string{"0", "0.1", "-1.7976931348623157e308", "5e-324", "0.30000000000000004", "1e15", "1e16"}}, {"double(10,3)", []string{"0.1"}},
	{"bit(1)", []string{"0", "1"}}, {"bit(64)", []string{"b'1010'", "18446744073709551615"}}, {"bit(9)", []string{"257"}},
	{"char(5)", []string{"''", "'a'", "'a  '", "'日本'"}}, {"char(0)", []string{"''"}}, {"varchar(20)", []string{"''", "'a  '", "'a''b\"c'", "'😀'", "'\\0'"}}, {"varchar(20) CHARACTER SET latin1", []string{"'é'"}}, {"char(5) CHARACTER SET ascii", []string{"'a'"}}, {"varchar(20) CHARACTER SET utf16", []string{"'é😀'"}}, {"varchar(20) COLLATE utf8mb4_bin", []string{"'a'"}},
	{"tinytext", []string{"''", "'a'"}}, {"text", []string{"'a'", "REPEAT('x', 3000)"}}, {"mediumtext", []string{"'a'"}}, {"longtext", []string{"'a'"}},
	{"binary(3)", []string{"''", "'abc'", "x'00ff'"}}, {"binary(0)", []string{"''"}}, {"varbinary(20)", []string{"''", "x'00ff'"}}, {"tinyblob", []string{"''", "x'00ff'"}}, {"blob", []string{"x'00ff'"}}, {"mediumblob", []string{"'a'"}}, {"longblob", []string{"'a'"}},
	{"enum('a','b c','')", []string{"'a'", "'b c'", "''", "0"}}, {"set('a','b')", []string{"''", "'a'", "'a,b'"}},
	{"date", []string{"'2024-02-29'", "'0000-00-00'", "'0001-01-01'", "'9999-12-31'", "'2024-00-00'", "'2024-02-30'"}},
	{"time", []string{"'12:34:56'", "'-838:59:59'", "'838:59:59'", "'00:00:00'", "'24:00:00'"}}, {"time(6)", []string{"'12:34:56.789012'", "'00:00:00.000001'", "'-00:00:01.5'"}}, {"time(2)", []string{"'12:34:56.789'", "'-100:00:00'"}},
	{"datetime", []string{"'2024-02-29 12:34:56'", "'0000-00-00'", "'0001-01-01'", "'9999-12-31 23:59:59'", "'2024-03-10 02:30:00'", "'2024-11-03 01:30:00'", "'2024-00-00 01:02:03'", "'1850-01-01'"}}, {"datetime(6)", []string{"'2024-02-29 12:34:56.789012'", "'2024-02-29 12:34:56'", "'2024-02-29'", "'0000-00-00'"}}, {"datetime(3)", []string{"'2024-02-29 12:34:56.789'", "'2024-02-29'"}},
	{"timestamp NULL", []string{"'2024-02-29 12:34:56'", "'0000-00-00'", "'1970-01-02 00:00:00'", "'2038-01-18 03:14:07'", "'2024-11-03 05:30:00'"}}, {"timestamp(6) NULL", []string{"'2024-02-29 12:34:56.789012'", "'0000-00-00'"}},
	{"year", []string{"1901", "2155", "0", "2024"}}, {"year(2)", []string{"24"}}, {"json", []string{`'{"b": 1, "a": [1.50, null]}'`, "'null'", "'[]'", `'"x"'`}},
	{"inet4", []string{"'127.0.0.1'", "'0.0.0.0'"}}, {"inet6", []string{"'::1'", "'::ffff:1.2.3.4'"}}, {"uuid", []string{"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'00000000-0000-0000-0000-000000000000'"}},
	{"geometry", []string{"ST_GeomFromText('POINT(1 2)')"}}, {"point", []string{"ST_GeomFromText('POINT(1 2)', 4326)"}}, {"linestring", []string{"ST_GeomFromText('LINESTRING(0 0,1 1)')"}}, {"polygon", []string{"ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"}}, {"multipoint", []string{"ST_GeomFromText('MULTIPOINT(0 0,1 1)')"}},
	{"multilinestring", []string{"ST_GeomFromText('MULTILINESTRING((0 0,1 1))')"}}, {"multipolygon", []string{"ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')"}}, {"geometrycollection", []string{"ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))')"}},
	{"serial", nil},
}

// typeColumn is a column of one type, in a table of its own.
type typeColumn struct{ name, table string }

// makeTypes makes two tables for each type: one in which the column may be NULL, and one
// in which it may not.
func makeTypes(t *testing.T, dsn string) []typeColumn {
	t.Helper()
	db, err := sql.Open(driverName, withMode(dsn, "sql_mode=%27ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO%27"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT LOWER(plugin_name) FROM information_schema.plugins WHERE plugin_type = 'DATA TYPE'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		known := false
		for _, v := range typeValues {
			known = known || v.name == name
		}
		if !known {
			t.Errorf("there are no values of the type %s", name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var columns []typeColumn
	for _, v := range typeValues {
		for _, null := range []bool{true, false} {
			c := typeColumn{name: v.name, table: fmt.Sprintf("types_%d", len(columns))}
			if !null {
				c.name = strings.TrimSuffix(v.name, " NULL") + " NOT NULL"
			}
			key := "id int PRIMARY KEY"
			if v.name == "serial" { // an alias with a key
				if key = "id int"; null {
					continue
				}
				c.name = v.name
			}
			columns = append(columns, c)
			exec(t, db, fmt.Sprintf("CREATE TABLE %s (%s, v %s) CHARACTER SET utf8mb4", c.table, key, c.name))
			for i, literal := range v.literals {
				exec(t, db, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", c.table, i+1, literal))
			}
			if null {
				exec(t, db, fmt.Sprintf("INSERT INTO %s VALUES (99, NULL)", c.table))
			}
		}
	}
	exec(t, db, "CREATE TABLE plain (id int PRIMARY KEY, i int, s text)", "INSERT INTO plain VALUES (1, 7, 'x')")
	return columns
}

// transcript is all that a program sees of a query's rows.
func transcript(ctx context.Context, db *sql.DB, query string, args ...any) string {
	rows, err := db.QueryContext(ctx, query, args...)
	return transcriptOf(rows, err)
}

// prepared is the transcript of a prepared statement.
func prepared(ctx context.Context, db *sql.DB, query string, args ...any) string {
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return "error: " + err.Error()
	}
	defer stmt.Close()
	rows, err := stmt.QueryContext(ctx, args...)
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
		// Behind the last of them a row cannot be scanned again.
		for _, dest := range []any{new(any), new(string), new([]byte), new(time.Time), new(int64), new(uint64), new(float64), new(float32), new(bool), new(sql.NullString), new(sql.NullTime), new(uint32), new(sql.Null[[]byte]), new([]string), new(sql.RawBytes)} {
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

// typeModes are the modes of the driver that have a say in what it returns.
var typeModes = []string{
	"", "interpolateParams=true", "parseTime=true", "parseTime=true&interpolateParams=true", "parseTime=true&loc=America%2FNew_York&time_zone=%27-05%3A00%27", "columnsWithAlias=true",
}

// Every type of MariaDB comes back from the cache as from the driver itself.
func TestTypes(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	columns := makeTypes(t, dsn)
	for i, mode := range typeModes {
		if testing.Short() && i != 3 {
			continue
		}
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			testTypes(t, openCachedMySQL(t, mode, dsn, nil), columns)
		})
	}
	redis := redistest.Start(t, redistest.WithSettings("save ''"))
	for i, mode := range typeModes {
		if testing.Short() && i != 0 {
			continue
		}
		t.Run("Redis/"+modeName(mode), func(t *testing.T) {
			t.Parallel()
			// All share what is stored: results of one mode must not answer another.
			store, err := rueidisstore.New(rueidisstore.Config{
				URL: redistest.Patient(redis.URL()), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, BackgroundFills: -1, Prefix: "types",
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
			testTypes(t, openCachedMySQL(t, mode, dsn, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = store }), columns)
		})
	}
}

// testTypes reads each type, without arguments and with one, at once and over a prepared
// statement: the driver returns other values for a text than over a prepared statement.
func testTypes(t *testing.T, s *cachedMySQL, columns []typeColumn) {
	differ := 0
	for _, c := range append(columns, typeColumn{"several columns", "plain"}) {
		query := "SELECT v FROM " + c.table
		if c.table == "plain" {
			query = "SELECT i, s, i AS again, p.id FROM plain AS p"
		}
		for _, q := range []struct {
			query string
			args  []any
		}{{query + " ORDER BY id", nil}, {query + " WHERE id > ? ORDER BY id", []any{0}}} {
			var bare [2]string
			for i, read := range []func(context.Context, *sql.DB, string, ...any) string{transcript, prepared} {
				bare[i] = read(t.Context(), s.bare, q.query, q.args...)
				miss := read(t.Context(), s.cached, q.query, q.args...)
				hits := s.hits.Load()
				hit := read(t.Context(), s.cached, q.query, q.args...)
				if s.hits.Load() == hits {
					t.Errorf("%s is not cached: %v", c.name, s.lastReason.Load())
				}
				for name, got := range map[string]string{"a miss": miss, "a hit": hit} {
					if got != bare[i] {
						t.Errorf("%s: %s, %v: %s differs from the driver's:\n%s", c.name, q.query, []string{"at once", "prepared"}[i], name, firstDifference(got, bare[i]))
					}
				}
			}
			if bare[0] != bare[1] {
				differ++
			}
		}
	}
	t.Logf("%d columns, %d differ over a prepared statement", len(columns), differ)
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
