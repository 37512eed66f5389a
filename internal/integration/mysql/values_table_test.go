package mysql

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cacheops/cacheops/dialect"
)

type (
	labelled string
	numbered int32
)

var (
	noon     = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	someUUID = uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
)

// usualNumbers are arguments and literals that every column of numbers understands.
var usualNumbers = append(arguments(int64(0), int64(7), int64(-7), int64(70000), int64(math.MaxInt64), int64(math.MinInt64), 7, int8(7), int16(7), int32(-7), uint(7), uint8(7), uint16(7),
	uint32(7), uint64(7), uint64(1<<63), uint64(math.MaxUint64), true, false, numbered(7), new(int), time.Duration(7), float32(7), 7.0, -7.0, math.Copysign(0, -1),
	"7", "-7", "0", "70000", sql.NullInt64{Int64: 7, Valid: true}, sql.NullInt32{Int32: 7, Valid: true}, sql.NullString{String: "7", Valid: true}, json.RawMessage("7")),
	compared{"7", int64(7)}, compared{"-7", int64(-7)}, compared{"7.0", dialect.Decimal("7.0")}, compared{"-7.00", dialect.Decimal("-7.00")}, compared{"18446744073709551615", dialect.Decimal("18446744073709551615")},
	compared{"9223372036854775808", dialect.Decimal("9223372036854775808")}, compared{"TRUE", true}, compared{"FALSE", false}, compared{"7e0", 7.0}, compared{"'7'", "7"}, compared{"70000.0e0", 70000.0})

// otherNumbers need not be understood.
var otherNumbers = append(arguments(float32(0.1), 7.5, 0.1, 1.5, 123.456, 1e-7, 5e-324, 0.30000000000000004, 1e15, 9007199254740992.0, 9007199254740993.0, 9223372036854775807.0, 18446744073709551615.0, 1e300,
	"007", "+7", " 7", "7 ", "7.0", "7.50", "1.5", "-0", "9223372036854775807", "9223372036854775808", "18446744073709551615", "9007199254740993", "9007199254740992", "999999999999999", "1e3", "7e0", "0x7", "1_0", "", "-0.0", ".5", "5.",
	"7abc", "abc", "\t7", "7\x00", "0.1", "0.10", "0.0000001", "0.000001", "7.001", "7.004", 7.004, "1.00000000000000000001", "123.4560", "100000000000000000000.00000000000000000001", labelled("7"), []byte("7"), []byte{7}, []byte{0, 7}, sql.NullFloat64{Float64: 7, Valid: true}, noon, "7,5", "--7", "-", strings.Repeat("9", 60)),
	compared{"x'07'", []byte{7}}, compared{"x'37'", []byte("7")}, compared{"0x37", []byte("7")}, compared{"b'111'", []byte{7}}, compared{"7.5", dialect.Decimal("7.5")}, compared{".5", dialect.Decimal(".5")}, compared{"5.", dialect.Decimal("5.")},
	compared{"1.5", dialect.Decimal("1.5")}, compared{"7.004", dialect.Decimal("7.004")}, compared{"0.0000001", dialect.Decimal("0.0000001")}, compared{"7.004e0", 7.004}, compared{"'7.004'", "7.004"}, compared{"1.00000000000000000001", dialect.Decimal("1.00000000000000000001")}, compared{"0.1e0", 0.1}, compared{"9007199254740993e0", 9007199254740993.0}, compared{"9007199254740992e0", 9007199254740992.0},
	compared{strings.Repeat("9", 64), dialect.Decimal(strings.Repeat("9", 64))}, compared{strings.Repeat("9", 80), dialect.Decimal(strings.Repeat("9", 80))}, compared{"0." + strings.Repeat("0", 45) + "1", dialect.Decimal("0." + strings.Repeat("0", 45) + "1")},
	compared{"18446744073709551616", dialect.Decimal("18446744073709551616")}, compared{"1e3", 1000.0}, compared{"'1e3'", "1e3"})

func moreWhole(r *rand.Rand) (string, []compared) {
	n := r.Int64() >> r.IntN(63)
	return fmt.Sprint(n), arguments(n, int(n), fmt.Sprint(n), float64(n), uint64(n))
}

func moreDecimals(r *rand.Rand) (string, []compared) {
	s := fmt.Sprintf("%d.%02d", r.IntN(50)-25, r.IntN(3)*10+r.IntN(2))
	var f float64
	_, _ = fmt.Sscan(s, &f)
	return s, append(arguments(s, strings.TrimRight(s, "0"), s+"0", "00"+s, f, math.Nextafter(f, 100), float32(f)), compared{s, dialect.Decimal(s)}, compared{s + "e0", f}, compared{s + "000", dialect.Decimal(s + "000")})
}

// usualTexts are of printable ASCII, which each collation understands.
var usualTexts = append(arguments("", "a", "A", "a ", " a", "abc", "abc   ", "ABC", " ", "i", "I", "k", "'", "\\", `\x61`, `"`, "%", "_", "7", "a-b", "[", "{", "`", "@", "~", "s", "ss", "aa", "ch", "ll", "LJ", someUUID.String(), strings.ToUpper(someUUID.String()),
	labelled("a"), labelled("abc   "), []byte("a"), []byte("A"), []byte("abc "), sql.NullString{String: "a", Valid: true}, new(string), json.RawMessage("a"), json.RawMessage(`{"a": 1}`), "2024-02-29", "someone@example.com", "Some.One@Example.com", strings.Repeat("x", 600), strings.Repeat("X", 36)),
	compared{"'a'", "a"}, compared{"'A '", "A "}, compared{"x'41'", []byte("A")}, compared{"_binary'a'", []byte("a")}, compared{`"a"`, "a"})

// otherTexts hold characters of which only some collations are sure.
var otherTexts = append(arguments("é", "É", "e", "e\u0301", "ä", "ae", "ß", "ẞ", "İ", "ı", "\u212a", "日本", "\t", "a\t", "a\n", "\x00", "a\x00", "\x01", "a\x01", "\u00ad", "a\u00ad", "ａ", "Ａ", "😀", "😁", "\ufffd", "?", "\u3000", "a\u00a0", "a\u200d", "å", "ö", "đ", "æ", "ø", "\u1e9e", "\u0130", "ñ", "ŀ",
	"\xff", "a\xff", "\xc3", []byte("é"), []byte{0xff}, []byte{0xe9}, []byte("\x00"), []byte{}, 7, int64(7), 0, 7.5, true, false, noon, uint64(7), "\U0010ffff", "\u0000a", "\x7f", "a\x7f"),
	compared{"7", int64(7)}, compared{"0", int64(0)}, compared{"0e0", 0.0}, compared{"x'c3a9'", []byte("é")}, compared{"'é'", "é"}, compared{"'\\0'", "\x00"})

// textLiterals are values of columns of texts.
var textLiterals = []string{
	"''", "'a'", "'A'", "'a '", "' a'", "'abc'", "'abc   '", "'ABC'", "'é'", "'É'", "'e'", "'e\u0301'", "'ä'", "'ae'", "'ß'", "'ss'", "'s'", "'SS'", "'İ'", "'i'", "'I'", "'ı'", "'\u212a'", "'k'", "'日本'", "''''", `'\\'`, `'\\x61'`, "'7'", "'07'", "' 7'", "'7abc'", "'0'", "'\t'", "'a\t'", "'a\n'",
	`'\0'`, `'a\0'`, "'\x01'", "'a\x01'", "'\u00ad'", "'a\u00ad'", "'ａ'", "'Ａ'", "'😀'", "'😁'", "'\ufffd'", "'?'", "'\u3000'", "'a\u00a0'", "'å'", "'aa'", "'ö'", "'o'", "'đ'", "'d'", "'æ'", "'ø'", "'ñ'", "'n'", "'['", "'{'", "'`'", "'@'", "'~'", "'ch'", "'ll'", "'lj'", "'-'", "'a-b'", "'ab'", "' '",
	"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'2024-02-29 12:00:00'", "'2024-02-29'", "'1'", "'Someone@example.com'", "'\x7f'", "REPEAT('x', 36)",
}

// latinLiterals are those of them that latin1 has.
var latinLiterals = []string{
	"''", "'a'", "'A'", "'a '", "' a'", "'abc'", "'abc   '", "'ABC'", "'é'", "'É'", "'e'", "'ä'", "'ae'", "'ß'", "'ss'", "'s'", "'SS'", "'i'", "'I'", "'k'", "''''", `'\\'`, `'\\x61'`, "'7'", "'07'", "'\t'", "'a\t'", "'a\n'", `'\0'`, `'a\0'`, "'\x01'", "'a\x01'", "'\u00ad'", "'a\u00ad'",
	"'?'", "'a\u00a0'", "'å'", "'aa'", "'ö'", "'o'", "'æ'", "'ø'", "'ñ'", "'n'", "'['", "'{'", "'`'", "'@'", "'~'", "'ch'", "'ll'", "' '", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'2024-02-29'", "'Someone@example.com'", "'Å'", "'Ä'", "'\u20ac'",
}

// asciiLiterals are those of them that ascii has.
var asciiLiterals = []string{
	"''", "'a'", "'A'", "'a '", "' a'", "'abc'", "'abc   '", "'ABC'", "'ss'", "'k'", "''''", `'\\'`, "'7'", "'07'", "'\t'", "'a\t'", "'a\n'", `'\0'`, `'a\0'`, "'a\x01'", "'?'", "'aa'", "'['", "'{'", "'`'", "'@'", "'~'", "' '", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'2024-02-29'", "'Someone@example.com'",
}

func moreTexts(r *rand.Rand) (string, []compared) {
	letters := []rune("aAbBzZ '\\ s-_0")
	s := ""
	for range r.IntN(4) {
		s += string(letters[r.IntN(len(letters))])
	}
	quoted := "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
	return quoted, append(arguments(s, s+" ", strings.ToUpper(s), strings.TrimRight(s, " "), []byte(s)), compared{quoted, s})
}

// bytesArguments are those for columns of bytes.
var bytesArguments = append(arguments([]byte{}, []byte("abc"), []byte("ABC"), []byte("abc "), []byte{0, 255}, []byte{0}, []byte("abc\x00"), []byte("é"), []byte{0xe9}, someUUID[:], []byte("a'b\\"), "abc", "", "abc ", "ABC", "a b", labelled("abc"), sql.RawBytes("abc"), json.RawMessage("abc"), []byte(strings.Repeat("\xff", 600))),
	compared{"x'616263'", []byte("abc")}, compared{"0x616263", []byte("abc")}, compared{"'abc'", "abc"}, compared{"x''", []byte{}})

var otherBytes = append(arguments("é", "\xff", "\xe9", someUUID, 7, 0, 7.5, true, noon, []byte(nil), "\x00\xff"), compared{"7", int64(7)}, compared{"0", int64(0)})

func moreBytes(r *rand.Rand) (string, []compared) {
	b := make([]byte, r.IntN(4))
	for i := range b {
		b[i] = "\x00 a\xffA\xc3"[r.IntN(6)]
	}
	return fmt.Sprintf("x'%x'", b), append(arguments(b, append(bytes.Clone(b), 0), append(bytes.Clone(b), ' '), string(b)), compared{fmt.Sprintf("x'%x'", b), b})
}

// usualDates and usualMoments are texts, for what a time.Time becomes depends on the DSN.
var (
	usualDates   = append(arguments("2024-02-29", "1999-12-31", "2024-11-03", "9999-12-31", "0001-01-01", "1000-01-01", json.RawMessage("2024-02-29")), compared{"'2024-02-29'", "2024-02-29"})
	usualMoments = append(arguments("2024-02-29 12:00:00", "2024-02-29", "2024-02-29 12:00:00.0", "2024-02-29 12:00:00.000000", "1999-12-31 23:59:59", "2024-03-10 02:30:00", "2024-03-10 03:30:00", "2024-11-03 01:30:00", "2024-04-07 01:45:00", "2024-10-06 02:15:00", "2000-01-01 00:00:00"), compared{"'2024-02-29 12:00:00'", "2024-02-29 12:00:00"})
	otherMoments = append(arguments(noon, noon.Add(time.Nanosecond), noon.In(time.FixedZone("", 3600)), noon.Truncate(24*time.Hour), time.Time{}, sql.NullTime{Time: noon, Valid: true}, &noon, "2024-02-29T12:00:00", "2024-02-29T12:00:00Z", "2024-02-29 12:00:00+00:00", "2024-02-29 12:00:00Z", "2024-02-29 12:00", "2024-02-29 12",
		"2024-2-29", "24-02-29", "2024/02/29", "20240229", "20240229120000", 20240229, int64(20240229120000), 20240229.0, "2024-02-30", "2024-02-31", "2024-02-00", "2024-00-00", "0000-00-00", "0000-00-00 00:00:00", "", "abc", "10:00", "10:00:00", "12:00:00", 0, 1, true, "2024-02-29 24:00:00", "2024-02-29 12:00:60",
		"2024-02-29 12:00:00.5", "2024-02-29 12:00:00.4", "2024-02-29 12:00:00.500", "2024-02-29 12:00:00.123456", "2024-02-29 12:00:00.1234567", "2024-02-29 11:59:59.9999999", "2024-02-29 11:59:59.9", "1999-12-31 23:59:59.999999", "1999-12-31 23:59:59.9999990", "2024-02-29  12:00:00", " 2024-02-29", "2024-02-29 ", "2024-02-29 00:00:00", "2024-02-29 00:00:00.000",
		"2024-02-28 23:59:59.999999", []byte("2024-02-29"), []byte("2024-02-29 12:00:00"), "1970-01-01 00:00:00", "1970-01-01 00:00:01", "1970-01-01 05:30:00", "2038-01-19 03:14:07", "2038-01-19 03:14:08", "2040-01-01 00:00:00", "2106-02-07 06:28:15", "1969-12-31 23:59:59", "now", "current_date", "today", "2024-02-29 12:00:00 PM", "infinity", "10000-01-01", "0000-01-01", "-2024-02-29"),
		compared{"20240229", int64(20240229)}, compared{"'2024-02-29 12:00:00.5'", "2024-02-29 12:00:00.5"}, compared{"'2024-02-29 12:00:00.4'", "2024-02-29 12:00:00.4"})
)

var dateLiterals = []string{"'2024-02-29'", "'1999-12-31'", "'2024-02-28'", "'2024-03-01'", "'2024-11-03'", "'2024-03-10'", "'0000-00-00'", "'2024-00-00'", "'2024-02-00'", "'2024-02-30'", "'2024-02-31'", "'9999-12-31'", "'0001-01-01'", "'1000-01-01'", "'2010-00-00'", "'2024-01-31'", "'2024-04-07'", "'2000-01-01'", "'2011-12-30'", "'1970-01-01'"}

var momentLiterals = []string{
	"'2024-02-29 12:00:00'", "'2024-02-29'", "'1999-12-31 23:59:59'", "'1999-12-31 23:59:59.999999'", "'2000-01-01 00:00:00'", "'2024-02-29 11:59:59'", "'2024-02-29 12:00:00.5'", "'2024-02-29 12:00:00.123456'", "'2024-02-29 12:00:01'", "'2024-03-10 02:30:00'", "'2024-03-10 03:30:00'", "'2024-03-10 01:30:00'", "'2024-11-03 01:30:00'", "'2024-11-03 02:30:00'",
	"'2024-04-07 01:45:00'", "'2024-10-06 02:15:00'", "'2024-10-06 02:45:00'", "'0000-00-00'", "'2038-01-19 03:14:07'", "'1970-01-02 00:00:01'", "'2024-06-15 10:20:30'",
}

// otherMomentLiterals are those that no timestamp can be.
var otherMomentLiterals = append([]string{"'2024-00-00'", "'2024-02-00 10:00:00'", "'2024-02-30 12:00:00'", "'2024-02-31'", "'9999-12-31 23:59:59'", "'0001-01-01 00:00:00'", "'1000-01-01 00:00:00'", "'2010-00-00 00:00:00'", "'1850-06-01 10:00:00'"}, momentLiterals...)

func moreMoments(r *rand.Rand) (string, []compared) {
	t := time.UnixMicro(r.Int64N(16e14) + 2e14).UTC()
	switch r.IntN(3) {
	case 0:
		t = t.Truncate(12 * time.Hour)
	case 1:
		t = t.Truncate(time.Second)
	}
	return t.Format("'2006-01-02 15:04:05.999999'"), arguments(t.Format("2006-01-02 15:04:05.999999"), t.Format("2006-01-02 15:04:05"), t.Format("2006-01-02 15:04:05.000"), t.Format(time.DateOnly), t, t.Add(time.Second).Truncate(time.Second).Format("2006-01-02 15:04:05"))
}

func moreDates(r *rand.Rand) (string, []compared) {
	t := time.Unix(r.Int64N(4e9)-2e9, 0).UTC()
	return t.Format("'2006-01-02'"), arguments(t.Format(time.DateOnly), t.Format("2006-01-02 15:04:05"), t, t.Truncate(24*time.Hour), t.AddDate(0, 0, 1).Format(time.DateOnly))
}

// collated is a column of texts under a collation, on which UTF-8 is written.
func collated(kind, charset, collation, rule string, values []string) comparableType {
	c := comparableType{
		name: fmt.Sprintf("%s CHARACTER SET %s COLLATE %s", kind, charset, collation), comparison: "mysql1.text." + rule + "." + collation, values: values, usual: usualTexts, others: otherTexts, more: moreTexts,
	}
	return c
}

// comparables are the types, each with values and arguments that come close.
var comparables = func() []comparableType {
	out := []comparableType{
		{name: "tinyint(1)", comparison: "mysql1.int", values: []string{"0", "1", "7", "-7", "127", "NULL"}, usual: usualNumbers, others: otherNumbers},
		{name: "smallint unsigned", comparison: "mysql1.int", values: []string{"0", "1", "7", "65535"}, usual: usualNumbers, others: otherNumbers},
		{name: "mediumint", comparison: "mysql1.int", values: []string{"0", "7", "-7", "70000"}, usual: usualNumbers, others: otherNumbers},
		{name: "int(5) zerofill", comparison: "mysql1.int", values: []string{"0", "7", "70000", "4294967295"}, usual: usualNumbers, others: otherNumbers},
		{name: "int", comparison: "mysql1.int", values: []string{"0", "7", "-7", "70000", "2147483647", "NULL", "8", "5"}, usual: usualNumbers, others: otherNumbers},
		{name: "bigint", comparison: "mysql1.int", values: []string{"0", "7", "-7", "8", "5", "1", "1000", "9223372036854775807", "-9223372036854775808", "9007199254740992", "9007199254740993", "9223372036854775806", "1000000000000000", "-1"}, usual: usualNumbers, others: otherNumbers, more: moreWhole},
		{name: "bigint unsigned", comparison: "mysql1.int", values: []string{"0", "7", "8", "1", "18446744073709551615", "9223372036854775808", "9223372036854775807", "18446744073709551609", "9007199254740993", "9007199254740992"}, usual: usualNumbers, others: otherNumbers},
		{name: "bigint(20) unsigned zerofill", comparison: "mysql1.int", values: []string{"0", "7", "18446744073709551615"}, usual: usualNumbers, others: otherNumbers},
		{name: "decimal(10,2)", comparison: "mysql1.decimal", values: []string{"0", "7", "-7", "7.5", "1.5", "0.1", "0.5", "5", "123.46", "70000", "NULL", "99999999.99", "1000"}, usual: usualNumbers, others: otherNumbers, more: moreDecimals},
		{name: "decimal(15,5) unsigned zerofill", comparison: "mysql1.decimal", values: []string{"0", "7", "7.5", "0.1", "123.456", "9999999999.99999"}, usual: usualNumbers, others: otherNumbers},
		{name: "decimal(65,0)", comparison: "mysql1.decimal", values: []string{"0", "7", "-7", "9223372036854775808", "18446744073709551615", strings.Repeat("9", 65), strings.Repeat("9", 64), strings.Repeat("9", 60)}, usual: decimalOnly(usualNumbers), others: append(usualNumbers, otherNumbers...)},
		{name: "decimal(40,20)", comparison: "mysql1.decimal", values: []string{"0", "7", "-7", "0.1", "0.10000000000000000001", "1", "1.00000000000000000001", "0.1000000000000000055", "0.30000000000000004", "9007199254740993", "9007199254740992", "100000000000000000000.00000000000000000001"}, usual: decimalOnly(usualNumbers), others: append(usualNumbers, otherNumbers...), more: moreDecimals},
		{name: "binary(16)", comparison: "mysql1.bytes", values: []string{"''", "'abc'", "x'6ba7b8109dad11d180b400c04fd430c8'", "x'00ff'", "'ABC'", "REPEAT(x'ff', 16)"}, usual: bytesArguments, others: append(otherBytes, arguments(append([]byte("abc"), make([]byte, 13)...), make([]byte, 16))...)},
		{name: "varbinary(1000)", comparison: "mysql1.bytes", values: []string{"''", "'abc'", "'abc '", "'ABC'", "x'00ff'", "x'00'", "x'61626300'", "x'c3a9'", "x'e9'", "x'ff'", "'7'", "'0'", "'a b'", "x'6ba7b8109dad11d180b400c04fd430c8'", "'2024-02-29 12:00:00'", `'a''b\\'`, "REPEAT(x'ff', 600)"}, usual: bytesArguments, others: otherBytes, more: moreBytes},
		{name: "blob", comparison: "mysql1.bytes", values: []string{"''", "'abc'", "'abc '", "x'00ff'", "x'c3a9'", "x'e9'"}, usual: bytesArguments, others: otherBytes, more: moreBytes},
		{name: "date", comparison: "mysql1.date", values: dateLiterals, usual: usualDates, others: append(usualMoments, otherMoments...), more: moreDates},
		{name: "datetime", comparison: "mysql1.datetime", values: otherMomentLiterals, usual: usualMoments, others: append(usualDates, otherMoments...), more: moreMoments},
		{name: "datetime(3)", comparison: "mysql1.datetime", values: otherMomentLiterals, usual: usualMoments, others: append(usualDates, otherMoments...), more: moreMoments},
		{name: "datetime(6)", comparison: "mysql1.datetime", values: otherMomentLiterals, usual: append(usualMoments, arguments("2024-02-29 12:00:00.5", "2024-02-29 12:00:00.123456")...), others: append(usualDates, otherMoments...), more: moreMoments},
		{name: "timestamp NULL", comparison: "mysql1.timestamp.east0000", values: momentLiterals, usual: usualMoments, others: append(usualDates, otherMoments...), more: moreMoments},
		{name: "timestamp(6) NULL", comparison: "mysql1.timestamp.east0000", values: momentLiterals, usual: usualMoments, others: append(usualDates, otherMoments...), more: moreMoments},
		{name: "enum('','a','A b','é','7','2','1','0','abc','a-b') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", comparison: "mysql1.enum.ci.pad.utf8mb4_general_ci", values: []string{"''", "'a'", "'A b'", "'é'", "'7'", "'2'", "'1'", "'0'", "'abc'", "'a-b'", "0", "NULL", "'bad'"}, usual: onlyLabels(usualTexts), others: append(otherTexts, arguments("2", "1", "0", "3", "9", "10", "02", "A B", "e")...)},
		{name: "enum('b','a','A b','é','7','2','1') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", comparison: "mysql1.enum.bin.pad.utf8mb4_bin", values: []string{"'a'", "'A b'", "'é'", "'7'", "'2'", "'1'", "0"}, usual: onlyLabels(usualTexts), others: append(otherTexts, arguments("2", "1", "0", "3", "A B", "A b", "6", "5")...)},
		collated("char(36)", "ascii", "ascii_general_ci", "ci.pad", []string{"''", "'a'", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'abc'", "'A'", "'a-b'"}),
		collated("varchar(1000)", "ascii", "ascii_general_ci", "ci.pad", asciiLiterals),
		collated("varchar(1000)", "ascii", "ascii_bin", "bin.pad", asciiLiterals),
		collated("varchar(1000)", "latin1", "latin1_swedish_ci", "ci.pad", latinLiterals),
		collated("char(50)", "latin1", "latin1_swedish_ci", "ci.pad", latinLiterals),
		collated("varchar(1000)", "latin1", "latin1_swedish_nopad_ci", "ci.nopad", latinLiterals),
		collated("varchar(1000)", "latin1", "latin1_general_ci", "ci.pad", latinLiterals),
		collated("varchar(1000)", "latin1", "latin1_general_cs", "cs.pad", latinLiterals),
		collated("varchar(1000)", "latin1", "latin1_bin", "bin.pad", latinLiterals),
		collated("varchar(1000)", "utf8mb3", "utf8mb3_general_mysql500_ci", "ci.pad", latinLiterals),
		collated("char(36)", "utf8mb4", "utf8mb4_general_ci", "ci.pad", textLiterals),
		collated("text", "utf8mb4", "utf8mb4_general_ci", "ci.pad", textLiterals),
		collated("char(50)", "utf8mb4", "utf8mb4_general_nopad_ci", "ci.nopad", textLiterals),
		collated("char(50)", "utf8mb4", "utf8mb4_bin", "bin.pad", textLiterals),
		collated("char(50)", "utf8mb4", "utf8mb4_nopad_bin", "bin.nopad", textLiterals),
		collated("text", "utf8mb4", "utf8mb4_bin", "bin.pad", textLiterals),
	}
	for collation, rule := range map[string]string{
		"general_ci": "ci.pad", "general_nopad_ci": "ci.nopad", "unicode_ci": "ci.pad", "unicode_nopad_ci": "ci.nopad", "unicode_520_ci": "ci.pad", "unicode_520_nopad_ci": "ci.nopad", "bin": "bin.pad", "nopad_bin": "bin.nopad",
		"uca1400_ai_ci": "ci.pad", "uca1400_as_ci": "ci.pad", "uca1400_ai_cs": "cs.pad", "uca1400_as_cs": "cs.pad", "uca1400_nopad_ai_ci": "ci.nopad", "uca1400_nopad_as_cs": "cs.nopad",
	} {
		out = append(out, collated("varchar(1000)", "utf8mb4", "utf8mb4_"+collation, rule, textLiterals))
		if collation != "bin" && collation != "nopad_bin" {
			out = append(out, collated("varchar(700)", "utf8mb3", "utf8mb3_"+collation, rule, latinLiterals))
		}
	}
	return out
}()

// decimalOnly leaves out what is compared as a float.
func decimalOnly(list []compared) []compared {
	var out []compared
	for _, c := range list {
		switch c.value.(type) {
		case float32, float64, string, sql.NullString, json.RawMessage:
		default:
			out = append(out, c)
		}
	}
	return out
}

// onlyLabels leaves out texts of nothing but blanks, and those of digits.
func onlyLabels(list []compared) []compared {
	var out []compared
	for _, c := range list {
		switch v := c.value.(type) {
		case string:
			if strings.Trim(v, " 0123456789") == "" {
				continue
			}
		case *string:
			continue
		}
		out = append(out, c)
	}
	return out
}
