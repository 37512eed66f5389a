package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
)

// way is one way to reach the database: a driver, and what is added to the data
// source name.
type way struct{ driver, option string }

func (w way) String() string { return w.driver + w.option }

// ways are all of them.
var ways = []way{
	{pgx, ""}, {pgx, "&default_query_exec_mode=cache_describe"}, {pgx, "&default_query_exec_mode=describe_exec"},
	{pgx, "&default_query_exec_mode=exec"}, {pgx, "&default_query_exec_mode=simple_protocol"},
	{pq, ""}, {pq, "&binary_parameters=yes"},
}

// comparableType is a type whose values are compared.
type comparableType struct {
	// name is the type's, comparison what the dialect calls it.
	name, comparison string
	values           []string // as literals
	args             []any
	// more makes a random value, and arguments that may equal it.
	more func(r *rand.Rand) (string, []any)
}

type (
	labelled string
	numbered int32
	counted  int64
)

// String implements fmt.Stringer, which pgx knows.
func (n counted) String() string { return "seven" }

var (
	noon     = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	exact    = time.Date(1999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	fine     = time.Date(1999, 12, 31, 23, 59, 59, 999999499, time.UTC)
	newYork  = mustZone("America/New_York")
	someUUID = uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
)

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// numbers are arguments for whole numbers and decimals.
var numbers = []any{
	int64(0), int64(7), int64(-7), int64(70000), int64(math.MaxInt64), 7, int8(7), int16(7), int32(-7), uint(7), uint8(7), uint16(7),
	uint32(7), uint64(7), uint64(1 << 63), uint64(math.MaxUint64), float32(7), float32(0.1), 7.0, 7.5, 0.1, 123.456, 1e-7, 5e-324, 0.30000000000000004, math.Copysign(0, -1), 1e15, 1e300, math.NaN(), math.Inf(1),
	"7", "-7", "007", "+7", " 7", "7.0", "7.50", "0", "-0", "9223372036854775807", "1e3", "0x7", "NaN", "Infinity", "1_0", "", "-0.0", ".5", "5.",
	"100000000000000000000.00000000000000000001", "123.4560", true, false, numbered(7), counted(7), labelled("7"), new(int), time.Duration(7),
	sql.NullInt64{Int64: 7, Valid: true}, sql.NullInt32{Int32: 7, Valid: true}, sql.NullString{String: "7", Valid: true}, sql.NullInt64{},
	pgtype.Int4{Int32: 7, Valid: true}, pgtype.Int8{Int64: -7, Valid: true}, pgtype.Text{String: "7", Valid: true}, []byte("7"), []byte{0, 0, 0, 7},
	pgtype.Numeric{}, (*int64)(nil), sql.NullFloat64{Float64: 7, Valid: true},
}

// texts are arguments for texts.
var texts = []any{
	"", "a", "A", "a ", " a", "abc", "abc   ", "ABC", "é", "É", "e\u0301", "ß", "ẞ", "İ", "i", "I", "ı", "K", "k", "日本", "'", "\\", `\x61`, `"`, "%", "\t", "a\n", "7",
	"\x00", "a\xff", "true", "t", labelled("a"), labelled("abc   "), []byte("a"), []byte("abc"), 7, int64(7), 7.5, true, noon, someUUID, counted(7), numbered(7),
	sql.NullString{String: "a", Valid: true}, pgtype.Text{String: "a", Valid: true}, new(string), "seven", pgtype.Int4{Int32: 7, Valid: true},
	strings.Repeat("x", 3000), someUUID.String(), []string{"a"}, "2024-02-29", "2024-02-29 12:00:00+00",
}

// moments are arguments for dates and times.
var moments = []any{
	noon, noon.In(newYork), noon.In(time.FixedZone("", 0)), noon.In(time.FixedZone("X", 19800)), noon.In(time.FixedZone("X", -75)), exact, fine, exact.Add(time.Nanosecond * 501),
	noon.Truncate(24 * time.Hour), noon.Truncate(24 * time.Hour).In(newYork), time.Date(2024, 2, 29, 0, 0, 0, 0, newYork), time.Time{}, time.Date(-10, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(0, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2024, 11, 3, 1, 30, 0, 0, newYork), time.Date(2024, 11, 3, 5, 30, 0, 0, time.UTC), time.Date(1850, 1, 1, 0, 0, 0, 0, newYork),
	"2024-02-29", "2024-02-29 12:00:00", "2024-02-29T12:00:00", "2024-02-29 12:00:00Z", "2024-02-29T12:00:00+00:00", "2024-02-29 12:00:00-05", "2024-02-29 07:00:00-05:00",
	"2024-02-29 12:00", "2024-2-29", "29.02.2024", "02/29/2024", "infinity", "-infinity", "now", "today", "2024-02-29 24:00:00", "2024-02-29 12:00:60", "12:00:00", "12:00:00.000000",
	"12:00", "24:00:00", "23:59:59.999999", "1999-12-31 23:59:59.999999", "1999-12-31 23:59:59.9999990", "1999-12-31 23:59:59.999999499", "0044-03-15 BC", "2024-02-30", "2024-02-29  12:00:00",
	"2024-02-29 1:00:00.5", "2024-02-29 12:00:00,5", "2024-02-29 12:00:00.5", "2024-02-29 12:00:00 UTC", "2024-02-29 12:00:00+05:30:15",
	sql.NullTime{Time: noon, Valid: true}, &noon, pgtype.Timestamptz{Time: noon, Valid: true}, pgtype.Timestamptz{Time: noon.In(newYork), Valid: true}, pgtype.Timestamp{Time: noon, Valid: true},
	pgtype.Timestamp{Time: noon.In(newYork), Valid: true}, pgtype.Date{Time: noon.Truncate(24 * time.Hour), Valid: true}, pgtype.Date{Time: noon.Truncate(24 * time.Hour).In(newYork), Valid: true},
	pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, pgtype.Time{Microseconds: 12 * 3600 * 1e6, Valid: true}, int64(0), "",
}

// comparables are the types, each with values and arguments that come close.
var comparables = []comparableType{
	{name: "int2", comparison: "postgres1.int", values: []string{"0", "7", "-7", "32767"}, args: numbers},
	{name: "int4", comparison: "postgres1.int", values: []string{"0", "7", "-7", "70000", "2147483647"}, args: numbers},
	{name: "int8", comparison: "postgres1.int", values: []string{"0", "7", "-7", "9223372036854775807", "-9223372036854775808", "1000000000000000"}, args: numbers,
		more: func(r *rand.Rand) (string, []any) {
			n := r.Int64() >> r.IntN(63)
			return fmt.Sprint(n), []any{n, int(n), fmt.Sprint(n), float64(n)}
		}},
	{name: "numeric", comparison: "postgres1.numeric", args: numbers, values: []string{
		"0", "7", "-7", "7.5", "7.50", "7.0", "0.1", "0.100000001490116", "0.10000000149011612", "0.0000001", "0.3", "0.30000000000000004", "1e20", "'NaN'", "'Infinity'", "100000000000000000000.00000000000000000001", "123.456", "9223372036854775808", "18446744073709551615", "0.5", "5",
	}, more: func(r *rand.Rand) (string, []any) {
		s := fmt.Sprintf("%d.%03d", r.IntN(50)-25, r.IntN(3)*100)
		return s, []any{s, strings.TrimRight(s, "0"), s + "0", "00" + s}
	}},
	{name: "bool", comparison: "postgres1.bool", values: []string{"true", "false"}, args: []any{
		true, false, "t", "true", "1", "f", "false", "0", "yes", "no", "on", "off", "TRUE", "tr", " t", "y", "n", "of", "o", int64(1), 1, 0, []byte("t"), []byte{1}, sql.NullBool{Bool: true, Valid: true},
		pgtype.Bool{Bool: true, Valid: true}, new(bool), 1.0, "2", "",
	}},
	{name: "text", comparison: "postgres1.text", values: textLiterals, args: texts, more: moreTexts},
	{name: "varchar", comparison: "postgres1.text", values: textLiterals, args: texts},
	{name: "varchar(5000) COLLATE \"C\"", comparison: "postgres1.text", values: textLiterals, args: texts},
	{name: "text COLLATE \"en-x-icu\"", comparison: "postgres1.text", values: textLiterals, args: texts, more: moreTexts},
	{name: "char(10)", comparison: "postgres1.bpchar", values: []string{"''", "'a'", "'A'", "' a'", "'abc'", "'é'", "'7'", "E'\\t'", "E'a\\n'", "'İ'"}, args: texts},
	{name: "bpchar", comparison: "postgres1.bpchar", values: []string{"''", "'a'", "'a  '", "'A'", "'abc'"}, args: texts},
	{name: "citext", comparison: "postgres1.citext", values: textLiterals, args: texts, more: moreTexts},
	{name: "mood", comparison: "postgres1.enum", values: []string{"'a'", "'A'", "'abc'", "'7'", "'é'"}, args: texts},
	{name: "uuid", comparison: "postgres1.uuid", values: []string{"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'00000000-0000-0000-0000-000000000000'", "'61616161-6161-6161-6161-616161616161'"}, args: []any{
		someUUID, [16]byte(someUUID), someUUID.String(), strings.ToUpper(someUUID.String()), "{" + someUUID.String() + "}", strings.ReplaceAll(someUUID.String(), "-", ""), someUUID[:], &someUUID,
		"6ba7-b8109dad11d180b400c04fd430c8", " " + someUUID.String(), []byte(someUUID.String()), pgtype.UUID{Bytes: someUUID, Valid: true}, uuid.Nil, labelled(someUUID.String()),
		strings.Repeat("a", 16), []byte(strings.Repeat("a", 16)), "{6ba7b8109dad11d180b400c04fd430c8}", "", "6ba7b810-9dad-11d1-80b4-00c04fd430c8}", uuid.NullUUID{UUID: someUUID, Valid: true},
	}},
	{name: "bytea", comparison: "postgres1.bytea", values: []string{"''", "'abc'", `'\x616263'`, `'\\x616263'`, `'\\\\'`, `'\x00ff'`, "'a b'", `'\xc3a9'`}, args: []any{
		[]byte{}, []byte("abc"), []byte{0, 255}, []byte(`\x616263`), []byte(`\`), "abc", `\x616263`, `\\`, `\`, "", "a b", "é", []byte("é"), labelled("abc"), sql.RawBytes("abc"), someUUID, [16]byte(someUUID), 7,
		"\\000", []byte(nil),
	}},
	{name: "date", comparison: "postgres1.date", values: []string{"'2024-02-29'", "'1999-12-31'", "'infinity'", "'0044-03-15 BC'", "'0001-01-01'", "'1999-12-30'", "'2024-02-28'", "'10000-01-01'"}, args: moments, more: moreMoments},
	{name: "time", comparison: "postgres1.time", values: []string{"'12:00:00'", "'00:00'", "'24:00:00'", "'23:59:59.999999'", "'07:00'"}, args: moments},
	{name: "timestamp", comparison: "postgres1.timestamp", values: momentLiterals, args: moments, more: moreMoments},
	{name: "timestamp(0)", comparison: "postgres1.timestamp", values: momentLiterals, args: moments},
	{name: "timestamptz", comparison: "postgres1.timestamptz", values: momentLiterals, args: moments, more: moreMoments},
}

var textLiterals = []string{
	"''", "'a'", "'A'", "'a '", "' a'", "'abc'", "'abc   '", "'ABC'", "'é'", "'É'", "E'e\\u0301'", "'ß'", "'İ'", "'i'", "'I'", "'ı'", "'日本'", "''''", `'\'`, `'\x61'`, "'7'", "'t'", "'true'", "'K'", "'seven'",
	"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'7.5'", "E'\\t'", "'{a}'", "'2024-02-29 12:00:00Z'", "'2024-02-29'",
}

var momentLiterals = []string{
	"'2024-02-29 12:00:00+00'", "'2024-02-29'", "'1999-12-31 23:59:59.999999+00'", "'2000-01-01 00:00:00+00'", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'0001-01-01'", "'2024-02-29 07:00:00+00'",
	"'2024-02-29 12:00:00-05'", "'2024-11-03 05:30:00+00'", "'2024-11-03 01:30:00'", "'1999-12-31 23:59:59.999998+00'", "'2024-02-29 17:00:00'", "'2024-02-29 07:00:00'", "'2024-02-29 12:00:00.5+00'", "'10000-01-01'",
}

func moreTexts(r *rand.Rand) (string, []any) {
	letters := []rune("aAbB '\\éßİıK\t日")
	s := ""
	for range r.IntN(4) {
		s += string(letters[r.IntN(len(letters))])
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'", []any{s, s + " ", strings.ToUpper(s), strings.TrimRight(s, " ")}
}

func moreMoments(r *rand.Rand) (string, []any) {
	t := time.UnixMicro(r.Int64N(4e15) - 2e15).UTC()
	if r.IntN(2) == 0 {
		t = t.Truncate(12 * time.Hour)
	}
	return t.Format("'2006-01-02 15:04:05.999999Z'"), []any{
		t, t.In(newYork), t.Format("2006-01-02 15:04:05.999999"), t.Format(time.RFC3339Nano), t.In(newYork).Format(time.RFC3339Nano), t.Format(time.DateOnly),
	}
}

// seenBy is what one way to reach the database makes of a type.
type seenBy struct {
	way    way
	images map[int64]driver.Value
	// equal are the rows that an argument equals, nil where it is an error.
	equal map[int]map[int64]bool
}

// TestValues asks the database, on each way to reach it, which values each argument
// equals, and compares with the canonical texts of both.
func TestValues(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	setup, err := sql.Open(pgx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, setup, "CREATE EXTENSION citext", "CREATE TYPE mood AS ENUM ('a', 'A', 'abc', '7', 'é', 'z')",
		// Neither the clock of the session nor the order of its dates may matter.
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database());"+
			" EXECUTE format('ALTER DATABASE %I SET datestyle = ''ISO, DMY''', current_database()); END $$")
	for i, c := range comparables {
		exec(t, setup, fmt.Sprintf("CREATE TABLE v%d (id int8 PRIMARY KEY, v %s)", i, c.name))
	}
	if err := setup.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range comparables {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testValues(t, dsn, fmt.Sprintf("v%d", i), &c)
		})
	}
}

func testValues(t *testing.T, dsn, table string, c *comparableType) {
	values, args := slices.Clone(c.values), slices.Clone(c.args)
	if c.more != nil {
		r := rand.New(rand.NewPCG(1, 2))
		for range 60 {
			literal, more := c.more(r)
			values, args = append(values, literal), append(args, more...)
		}
	}
	plain, err := sql.Open(pgx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for i, v := range values {
		exec(t, plain, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", table, i+1, v))
	}
	var all []seenBy
	for _, w := range ways {
		all = append(all, look(t, w, dsn, table, "= $1", args))
	}
	judge(t, c, values, args, all)
}

// look reads the images, and which of them equal each argument.
func look(t *testing.T, w way, dsn, table, operator string, args []any) seenBy {
	t.Helper()
	db, err := sql.Open(w.driver, dsn+w.option)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := seenBy{way: w, images: images(t, conn, "SELECT id, v FROM "+table), equal: map[int]map[int64]bool{}}
	if len(s.images) == 0 {
		t.Fatal("there are no values")
	}
	for i, a := range args {
		rows, err := conn.QueryContext(t.Context(), "SELECT id FROM "+table+" WHERE v "+operator, a)
		if err != nil {
			continue
		}
		found := map[int64]bool{}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			found[id] = true
		}
		if rows.Err() == nil {
			s.equal[i] = found
		}
		_ = rows.Close()
	}
	return s
}

// images reads rows as an image query does: the driver's own values.
func images(t *testing.T, conn *sql.Conn, query string) map[int64]driver.Value {
	t.Helper()
	out := map[int64]driver.Value{}
	err := conn.Raw(func(dc any) error {
		rows, err := dc.(driver.QueryerContext).QueryContext(context.Background(), query, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			dest := make([]driver.Value, 2)
			if err := rows.Next(dest); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if b, ok := dest[1].([]byte); ok {
				dest[1] = slices.Clone(b)
			}
			out[dest[0].(int64)] = dest[1]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// judge holds the canonical texts against what the database says.
func judge(t *testing.T, c *comparableType, values []string, args []any, all []seenBy) {
	t.Helper()
	column := &dialect.Column{Comparison: c.comparison}
	images := canonicalImages(t, column, values, all)
	accepted, equal, refused := 0, 0, []string{}
	for i, a := range args {
		text := canonical(column, a, dialect.SideArgument)
		if text == "" {
			refused = append(refused, fmt.Sprintf("%T %v", a, a))
			continue
		}
		accepted++
		for _, s := range all {
			found, ok := s.equal[i]
			if !ok {
				continue
			}
			for id, image := range images {
				switch {
				case image == "" || found[id] == (image == text):
					if found[id] && image != "" {
						equal++
					}
				case found[id]:
					t.Errorf("%s: %s equals %T(%v), but %q and %q differ", s.way, values[id-1], a, a, image, text)
				default:
					t.Errorf("%s: %s does not equal %T(%v), but both are %q", s.way, values[id-1], a, a, image)
				}
			}
		}
	}
	if accepted == 0 || equal < len(all) {
		t.Errorf("%d arguments were accepted, %d times a value was equal", accepted, equal)
	}
	kept := 0
	for _, image := range images {
		if image != "" {
			kept++
		}
	}
	if 2*kept < len(images) {
		t.Errorf("%d of %d images were accepted", kept, len(images))
	}
	t.Logf("%d of %d arguments accepted, %d of %d images, equal %d times; refused: %s", accepted, len(args), kept, len(images), equal, strings.Join(refused, "; "))
}

// canonical is a canonical text behind a sign, or empty where there is none.
func canonical(column *dialect.Column, v driver.Value, side dialect.Side) string {
	text, ok := postgres.Dialect.Canonical(column, v, side)
	if !ok {
		return ""
	}
	return "=" + text
}

// canonicalImages returns the canonical texts of the rows' images, which are the
// same for all ways to reach the database.
func canonicalImages(t *testing.T, column *dialect.Column, values []string, all []seenBy) map[int64]string {
	t.Helper()
	images := map[int64]string{}
	for _, s := range all {
		for id, v := range s.images {
			text := canonical(column, v, dialect.SideImage)
			if known, ok := images[id]; ok && text != known {
				t.Errorf("%s: the image of %s is %q, of another way %q", s.way, values[id-1], text, known)
			}
			images[id] = text
		}
	}
	return images
}
