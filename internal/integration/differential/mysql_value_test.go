package differential

import (
	"database/sql"
	"regexp"
	"strconv"
	"time"
)

// mysqlFlavour makes the cases of MySQL and MariaDB, which compare anything with
// anything, and texts by the collations of their columns.
type mysqlFlavour struct{}

// myTexts are texts that are equal to others by some collation, or by another one than
// that of the column.
var myTexts = []string{
	"'A'", "'b '", "''", "1", "x'61'", "_latin1'a'", "N'a'", "'a' COLLATE utf8mb4_bin", "BINARY 'a'", `"b"`, "'é'", "'E'", "'ß'", "'ss'", `'a\0'`, `'\a'`, "'a''b'", "_utf8mb4 x'62'", "0", "'a' 'b'", "' a'", "'a\\t'", "TRUE", "CURRENT_ROLE",
}

// mysqlKinds are the literals and arguments of each kind.
var mysqlKinds = map[kind]struct {
	literals, oddLiterals []string
	values, oddValues     []any
	typed                 string // what stands where no column of the kind is
}{
	kindInt: {
		intLiterals, []string{"-1", "'1'", "2.0", "1.5", "2147483647", "9007199254740993", "18446744073709551615", "1e0", "+1", "TRUE", "'1a'", "'a'", "'01'", "' 1'", "'1 '", "0x01", "x'31'", "b'1'", "'1.0'", "1.0", "-0", "2.5e0"},
		intValues, []any{"2", int32(2), 1.0, true, int64(-1), int64(1) << 40, 2.5, sql.NullInt64{Int64: 1, Valid: true}, uint8(3), uint64(1) << 63, "1a", "01", []byte("1"), 1.5, "1.0", dayOne},
		"1",
	},
	kindText: {
		textLiterals, myTexts,
		textValues, []any{"A", "B ", "", []byte("a"), "\u00e9", int64(1), sql.NullString{String: "b", Valid: true}, "a'b", `a\`, "a\x00", true, 1.5, "\xff"},
		"'a'",
	},
	kindFold: {
		[]string{"'a'", "'A'", "'b'", "'B'"}, myTexts,
		[]any{"a", "A", "b", "B"}, []any{"B ", "", []byte("a"), "\u00c9", "\u00e9", "e", "ss", "\u00df", int64(0), "\u2002", "a\u00ad"},
		"'a'",
	},
	kindTrim: {
		[]string{"'a'", "'a '", "'b'", "'b  '"}, myTexts,
		[]any{"a", "a ", "b", "b  "}, []any{"A", "", []byte("a"), "abcdef", "a\t", "a\x00"},
		"'a'",
	},
	kindBool: {
		[]string{"TRUE", "FALSE", "1", "0"}, []string{"2", "'1'", "'a'", "1.0", "'true'", "-1"},
		[]any{true, false, int64(1), int64(0)}, []any{"1", "a", int64(2), sql.NullBool{Bool: true, Valid: true}, 1.0},
		"TRUE",
	},
	kindNum: {
		numLiterals, []string{"'1'", "0.1", "2.00", "2.5e0", "1.5e0", "'1.50'", "1.505", "'a'", "-0.0", "'1.5a'"},
		[]any{int64(1), int64(2), 2.0, "1.5"}, []any{"1.50", 0.1, "a", "1e0", 1.505, []byte("2")},
		"1.5",
	},
	kindFloat: {
		[]string{"0.5", "1", "1.5", "2"}, []string{"'1.5'", "-0", "0", "0.1", "1.5e0", "'a'", "9007199254740993", "1e300", "0.30000000000000004"},
		[]any{0.5, 1.5, int64(1), 2.0}, []any{"1.5", "-0", 0.1, float32(0.1), 0.0, "a"},
		"1.5e0",
	},
	kindDate: {
		[]string{"'2024-01-01'", "'2024-01-02'", "DATE '2024-01-03'"}, []string{"'20240101'", "20240102", "'2024-1-1'", "'24-01-01'", "'2024/01/02'", "'2024-01-01 00:00:00'", "'2024-01-01 10:00:00'", "'0000-00-00'", "TIMESTAMP '2024-01-01 00:00:00'", "'a'", "'2024-01-01T00:00:00'", "0", "'2024-13-01'"},
		[]any{dayOne, "2024-01-02", dayOne.AddDate(0, 0, 2)}, []any{"20240101", "2024-01-01 00:00:00", dayOne.Add(time.Hour), int64(20240101), "2024-1-1", []byte("2024-01-02"), time.Time{}},
		"DATE '2024-01-01'",
	},
	kindTime: {
		[]string{"'2024-01-01 00:00:00'", "'2024-01-01 02:00:00'", "'2024-01-02'", "TIMESTAMP '2024-01-01 00:00:00'"}, []string{"'2024-01-01T00:00:00'", "20240101000000", "'2024-01-01 00:00:00.4'", "'2024-01-01 00:00:00.0005'", "'2024-01-01 00:00:00+02:00'", "DATE '2024-01-01'", "'0000-00-00'", "'a'", "'24-1-1'"},
		[]any{dayOne, dayOne.Add(2 * time.Hour), dayOne.AddDate(0, 0, 1)}, []any{"2024-01-01 00:00:00", "2024-01-01", dayOne.Add(time.Millisecond), dayOne.Add(499 * time.Microsecond), dayOne.In(elsewhere), int64(20240101)},
		"TIMESTAMP '2024-01-01 00:00:00'",
	},
	kindEnum: {
		[]string{"'a'", "'b'", "'c'"}, []string{"'A'", "'d'", "1", "2", "'b '", "'1'", "''", "0", "x'61'"},
		[]any{"a", "b", "c"}, []any{"d", []byte("a"), "A", int64(2), "", "1"},
		"'a'",
	},
	kindBytes: {
		[]string{"'a'", "'b'"}, []string{"x'61'", "'A'", "'a '", "''", "BINARY 'b'", "'é'", "1", "x'ff'"},
		[]any{[]byte("a"), "b"}, []any{[]byte{}, []byte{0}, "a ", []byte{0xff}, int64(1)},
		"'a'",
	},
	kindJSON: {
		[]string{`'{"a": 1}'`, "'1'", `'[1, 2]'`}, []string{`'{"a":1}'`, "'1.0'", "'null'", "1"},
		[]any{`{"a": 1}`, "1"}, []any{`{"a":1}`, []byte("1"), int64(1)},
		"'1'",
	},
	kindUUID: {
		[]string{"'" + pgUUIDs[0] + "'", "'" + pgUUIDs[1] + "'"}, []string{"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'a0eebc999c0b4ef8bb6d6bb9bd380a12'", "'a'", "'" + pgUUIDs[2] + "'"},
		[]any{pgUUIDs[0], pgUUIDs[1]}, []any{"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12", []byte(pgUUIDs[0]), "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a"},
		"'" + pgUUIDs[0] + "'",
	},
}

func (mysqlFlavour) literals(k kind) (usual, odd []string) {
	return mysqlKinds[k].literals, mysqlKinds[k].oddLiterals
}

func (mysqlFlavour) values(k kind) (usual, odd []any) {
	return mysqlKinds[k].values, mysqlKinds[k].oddValues
}

// placeholder is a mark that finish puts a plain one in the place of: they have no
// numbers.
func (mysqlFlavour) placeholder(n int) string { return "?{" + strconv.Itoa(n) + "}" }

var mysqlParam = regexp.MustCompile(`\?\{[0-9]+\}`)

// finish puts the arguments into the order of their marks.
func (mysqlFlavour) finish(g *gen, text string) string {
	var args []any
	text = mysqlParam.ReplaceAllStringFunc(text, func(p string) string {
		n, _ := strconv.Atoi(p[2 : len(p)-1])
		args = append(args, g.args[n-1])
		return "?"
	})
	g.args = args
	return text
}

// strict: the twin is asked as the cached handle is, for the protocols of texts and of
// prepared statements give other types.
func (mysqlFlavour) strict() bool { return true }

func (mysqlFlavour) same() string { return "<=>" }

func (mysqlFlavour) traits() traits {
	return traits{actions: []string{"CASCADE", "SET NULL", "CASCADE", "SET NULL", "RESTRICT", "NO ACTION"}, defaultRow: "() VALUES ()"}
}

// precision: an INSERT that updates a row drops its table's results, for MySQL does not
// tell which row that was.
func (mysqlFlavour) precision() precisions {
	return precisions{all: 0.30, few: 0.25, usual: 0.60, other: 0.04, usualFew: 0.45}
}

func (mysqlFlavour) vague(k kind) bool {
	return k == kindFold || k == kindTrim || k == kindFloat || k == kindJSON || k == kindEnum || k == kindBytes
}

func (mysqlFlavour) other(_ *gen, _ *scope, k kind) string { return mysqlKinds[k].typed }

func (mysqlFlavour) summed(kind) kind { return kindInt }

func (mysqlFlavour) list(*gen, kind) string { panic("MySQL has no arrays") }
