package integration

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// valueTypes are declared types, and whether the table is STRICT.
var valueTypes = []struct {
	declared string
	strict   bool
}{
	{"INTEGER", false}, {"BIGINT", false}, {"BOOLEAN", false}, {"NUMERIC", false}, {"DECIMAL(10,2)", false},
	{"DATETIME", false}, {"STRING", false}, {"ANY", false}, {"FLOATING POINT", false}, {"CHARINT", false},
	{"TEXT", false}, {"varchar(10)", false}, {"CLOB", false}, {"BLOBTEXT", false},
	{"", false}, {"BLOB", false}, {"REALBLOB", false},
	{"REAL", false}, {"DOUBLE PRECISION", false}, {"FLOAT", false},
	{"INT", true}, {"INTEGER", true}, {"REAL", true}, {"TEXT", true}, {"BLOB", true}, {"ANY", true},
	{"INTEGER PRIMARY KEY", false}, {"INTEGER NOT NULL PRIMARY KEY DESC", false}, {"INT UNIQUE ON CONFLICT IGNORE", false},
	{"TEXT AS (w)", false}, {"INT GENERATED ALWAYS AS (w) STORED", false}, {"AS (w)", false},
	{"TEXT GENERATED ALWAYS AS (w)", false}, {"NUMERIC AS (w) STORED", false},
}

// valueTypesOfText are those for which the encoding of texts matters.
var valueTypesOfText = []struct {
	declared string
	strict   bool
}{{"INTEGER", false}, {"TEXT", false}, {"BLOB", false}, {"ANY", true}, {"VARCHAR", false}}

var valueCollations = []string{"", " COLLATE nocase", " COLLATE RTRIM"}

// valueGrid is both stored and compared with.
var valueGrid = []any{
	int64(0), int64(1), int64(-1), int64(5), int64(123), int64(10), int64(1<<53 - 1), int64(1 << 53), int64(1<<53 + 1),
	int64(-1 << 53), int64(-1<<53 - 1), int64(math.MaxInt64), int64(math.MaxInt64 - 1), int64(math.MinInt64),
	int64(math.MinInt64 + 1), int64(999999999999999999), int64(1000000000000000000), int64(1e15),
	0.0, math.Copysign(0, -1), 1.0, -1.0, 1.5, -1.5, 0.1, 123.0, 1e15, float64(1<<53 - 1), float64(1 << 53), float64(1<<53 + 2),
	float64(-1 << 53), 1e17, 1e18, 9223372036854775808.0, -9223372036854775808.0, 1e19, -1e19, math.Inf(1), math.Inf(-1),
	math.NaN(), math.SmallestNonzeroFloat64, 0.9999999999999999, 1.0000000000000002, 4503599627370495.5,
	"", "0", "1", "1.0", " 1", "1 ", "01", "+1", "-0", "-1", "- 1", "1e0", "1E15", "1.5", "0x1", "0x10", "16", "123", "1_0", "10",
	"9007199254740993", "9007199254740992", "9007199254740992.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"999999999999999999", "1000000000000000000", "0.1", ".1", "inf", "Inf", "NaN", "1\u00a0", "1\n",
	"a", "A", "a ", "a  ", "A ", "a\t", " a", "abc", "ABC", "aBc ", "[", "{", "@", "`", "z", "Z", "true", "TRUE",
	"\u00df", "\u1e9e", "\u00c9", "\u00e9", "e\u0301", "k", "\u212a", "s", "\u017f",
	"\x00", "a\x00", "a\x00b", "a\x00c", "\xff", "\xc3", "a\xff", "\xed\xa0\x80", "\xc0\x80",
	"\ufffd", "\ufffe", "\uffff", "a\uffff", "\ufeffa", "\U0001f600", "\U0001fffe", "\U0010ffff", "%", "_",
	[]byte{}, []byte(nil), []byte{0}, []byte{1}, []byte{0xff}, []byte{0xff, 0xfe}, []byte("1"), []byte("a"), []byte("A"), []byte("a "),
	[]byte("123"), []byte("\ufffe"), []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
	true, false,
}

// valueArguments are compared with, but no column holds them.
var valueArguments = []any{
	time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), int8(5), uint16(123), int(1), uint64(1 << 53), float32(1.5), float32(5),
}

// valueLiterals are compared with as part of the text.
var valueLiterals = []string{
	"0", "1", "-1", "+1", "5", "01", "00123", "1.0", "-0.0", "1.5", "1e0", "1E15", "123.", "12.3e1", ".1", "0x10", "-0x1", "0X7fffffffffffffff", "0xffffffffffffffff",
	"9007199254740992", "9007199254740993", "9007199254740992.0", "9007199254740993.0", "9007199254740990.6", "4503599627370495.5",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e19", "9e999", "-9e999",
	"0.99999999999999999999", "0.9999999999999999", "1.00000000000000000001", "122.99999999999999999999", "123.00000000000000000001",
	"999999999999999.99999999", "1000000000000000000", "999999999999999999", "1_0", "12_3",
	"''", "'1'", "' 1'", "'1 '", "'01'", "'1.0'", "'123'", "'a'", "'A'", "'a '", "'A '", "'a''b'", "'\u00c9'", "'\u00e9'", "'\ufffe'", "'true'",
	"\"nothing\"", "\"a\"", "x''", "x'31'", "X'61'", "x'0102030405060708090a0b0c0d0e0f10'", "TRUE", "FALSE", "true", "NULL", "-'1'", "+'a'", "- 5", "-(-1)", "(1)", "('a')",
}

// valueForms are the ways to write that the column equals the value.
var valueForms = []string{
	"v = %s", "%s = v", "v == %s", "v IS %s", "v IN (%s)", "v IN (%s, %[1]s, %[1]s, x'fefefe')", "(v, k) = (%s, k)", "(v, 1) IN ((%s, 1), (x'fefefe', 1))",
	"v IS NOT DISTINCT FROM %s",
}

type valueTable struct {
	name   string
	column *dialect.Column
	images []any    // by k
	texts  []string // canonical, by k
	known  []bool
}

// valueFill makes a table with a column of that declaration, holding the whole
// grid.
func valueFill(t *testing.T, c *sqliteConn, name, declaration string, strict, indexed bool) {
	t.Helper()
	key, untyped, option, into := " PRIMARY KEY", "", "", "v"
	if strict {
		untyped, option = " ANY", " STRICT"
	}
	if strings.Contains(declaration, "PRIMARY KEY") {
		key = ""
	}
	if strings.Contains(declaration, "AS (w)") {
		into = "w"
	}
	c.exec(t, fmt.Sprintf("CREATE TABLE %s (k INTEGER%s, w%s, v %s)%s", name, key, untyped, declaration, option))
	if indexed {
		c.exec(t, fmt.Sprintf("CREATE INDEX %s_v ON %[1]s (v)", name))
	}
	c.exec(t, "BEGIN")
	stored := 0
	for k, v := range valueGrid {
		_, err := c.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO %s (k, %s) VALUES (?, ?)", name, into), k, v)
		if err != nil && !strict && key != "" {
			t.Fatalf("%s: store %T(%v): %v", declaration, v, v, err)
		}
		if err == nil {
			stored++
		}
	}
	c.exec(t, "COMMIT")
	if stored < 10 {
		t.Fatalf("%s: only %d values could be stored", declaration, stored)
	}
}

// valueRead reads the images of such a table.
func valueRead(t *testing.T, c *sqliteConn, catalog *dialect.Catalog, name string) *valueTable {
	t.Helper()
	table := catalog.Table(dialect.Name{Name: name})
	column, _ := table.Column(catalog.Fold, "v")
	vt := &valueTable{
		name: name, column: column,
		images: make([]any, len(valueGrid)), texts: make([]string, len(valueGrid)), known: make([]bool, len(valueGrid)),
	}
	for _, row := range c.rows(t, "SELECT k, +"+column.SQL+" FROM "+table.SQL) {
		k := row[0].(int64)
		if vt.images[k] = row[1]; row[1] != nil {
			vt.texts[k], vt.known[k] = sqlite.Dialect.Canonical(column, row[1], dialect.SideImage)
		}
	}
	return vt
}

// equal returns the rows for which SQLite finds the condition true, for each
// of the arguments; once for none.
func (vt *valueTable) equal(t *testing.T, c *sqliteConn, condition string, args ...any) []map[int]bool {
	t.Helper()
	st, err := c.PrepareContext(t.Context(), "SELECT k FROM "+vt.name+" WHERE "+condition)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	defer st.Close()
	one := func(args ...any) map[int]bool {
		rows, err := st.QueryContext(t.Context(), args...)
		if err != nil {
			t.Fatalf("%s: %v", condition, err)
		}
		defer rows.Close()
		found := make(map[int]bool)
		for rows.Next() {
			var k int
			if err := rows.Scan(&k); err != nil {
				t.Fatal(err)
			}
			found[k] = true
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if len(args) == 0 {
		return []map[int]bool{one()}
	}
	var all []map[int]bool
	for _, arg := range args {
		all = append(all, one(arg))
	}
	return all
}

// valueCounts counts, for a way to compare, the pairs that SQLite found equal
// and unequal and the rules could tell both sides of.
type valueCounts map[string]*[2]int

// check compares what SQLite found with what the rules say of a value.
func (vt *valueTable) check(t *testing.T, counts valueCounts, equal map[int]bool, what string, arg any) {
	t.Helper()
	text, known := sqlite.Dialect.Canonical(vt.column, arg, dialect.SideArgument)
	if !known {
		return
	}
	count := counts[vt.column.Comparison]
	if count == nil {
		count = new([2]int)
		counts[vt.column.Comparison] = count
	}
	for k, image := range vt.images {
		if image == nil || !vt.known[k] {
			continue
		}
		switch same := vt.texts[k] == text; {
		case equal[k] && !same:
			t.Errorf("%s %s: stale: SQLite finds %T(%v) equal to the stored %T(%v), the rules say %q and %q",
				vt.column.Type, what, arg, arg, image, image, text, vt.texts[k])
		case equal[k]:
			count[0]++
		case same && !valueMayConfuse(arg, image):
			t.Errorf("%s %s: imprecise: SQLite finds %T(%v) unequal to the stored %T(%v), the rules say %q for both",
				vt.column.Type, what, arg, arg, image, image, text)
		default:
			count[1]++
		}
	}
}

// valueMayConfuse lists the pairs that are unequal and share a text: a text
// and a blob, and two blobs that only the column's collation finds equal.
func valueMayConfuse(arg, image any) bool {
	_, a := arg.([]byte)
	_, b := image.([]byte)
	return a || b
}

// TestSQLiteValues asks SQLite about every stored value and every value to
// compare it with, for each type, each collation and each way to write the
// comparison, with and without an index, in UTF-8 and in UTF-16. Where SQLite
// says "equal", the rules must, or say nothing.
func TestSQLiteValues(t *testing.T) {
	arguments := valueNotNull(valueGrid, valueArguments)
	for _, encoding := range []string{"UTF-8", "UTF-16le"} {
		for _, collation := range valueCollations {
			t.Run(encoding+collation, func(t *testing.T) {
				t.Parallel()
				// The encoding is settled by the first page, and so before WAL.
				c := connectSQLite(t, openSQLiteDSN(t, filepath.Join(t.TempDir(), "values.sqlite")), "PRAGMA encoding = '"+encoding+"'")
				c.exec(t, "PRAGMA journal_mode = wal")
				if got := c.rows(t, "PRAGMA encoding")[0][0]; got != encoding {
					t.Fatalf("the encoding is %v", got)
				}
				types := valueTypes
				if encoding != "UTF-8" {
					types = valueTypesOfText
				}
				for i, vtype := range types {
					declaration := vtype.declared
					if j := strings.Index(declaration, "GENERATED"); j >= 0 {
						declaration = declaration[:j] + collation + " " + declaration[j:]
					} else {
						declaration += collation
					}
					valueFill(t, c, fmt.Sprintf("t%d", i), declaration, vtype.strict, i%2 == 0)
				}
				catalog := c.catalog(t)
				counts, literals := make(valueCounts), 0
				for i, vtype := range types {
					vt := valueRead(t, c, catalog, fmt.Sprintf("t%d", i))
					if vt.column.Comparison == "" {
						if !strings.Contains(vtype.declared, "REAL") && !strings.Contains(vtype.declared, "DOUBLE") && !strings.Contains(vtype.declared, "FLOAT") {
							t.Errorf("%s: not comparable", vtype.declared)
						}
						continue
					}
					for f, form := range valueForms {
						// The rules know nothing of the form: each type meets
						// a few, and each form a few types of each kind.
						if f > 0 && (f+i)%5 != 0 {
							continue
						}
						condition := fmt.Sprintf(form, "?1")
						for a, equal := range vt.equal(t, c, condition, arguments...) {
							vt.check(t, counts, equal, condition, arguments[a])
						}
						for _, literal := range valueLiterals {
							condition := fmt.Sprintf(form, literal)
							if arg, ok := valueLiteralOf(condition); ok {
								vt.check(t, counts, vt.equal(t, c, condition)[0], condition, arg)
								literals++
							}
						}
					}
				}
				floor := len(types) * 50 // of everything, so that no part falls away unnoticed
				for comparison, n := range counts {
					if n[0] < floor || n[1] < 10*floor {
						t.Errorf("%s: the rules told %d equal and %d unequal pairs; that is too few to mean something", comparison, n[0], n[1])
					}
				}
				if literals < floor {
					t.Errorf("only %d conditions with a literal were understood", literals)
				}
				if len(counts) != 3 {
					t.Errorf("%d ways to compare were met, want 3: %v", len(counts), counts)
				}
			})
		}
	}
}

// valueNotNull returns the arguments that SQLite does not get as NULL.
func valueNotNull(lists ...[]any) []any {
	return slices.DeleteFunc(slices.Concat(lists...), func(v any) bool {
		switch v := v.(type) {
		case []byte:
			return v == nil
		case float64:
			return math.IsNaN(v)
		}
		return false
	})
}

// valueLiteralOf returns the value that the column v is compared with in a
// condition, as the parser understood it; false when it is no comparison with
// a constant, so that no rule applies.
func valueLiteralOf(condition string) (any, bool) {
	st := sqlite.Dialect.Parse("SELECT 1 FROM t WHERE " + condition)
	if st.Query == nil {
		return nil, false
	}
	switch where := st.Query.Cores[0].Where.(type) {
	case *dialect.Equal:
		return valueCompared(where.X, where.Y)
	case *dialect.In:
		if len(where.List) > 0 {
			return valueCompared(where.X, where.List[0])
		}
	}
	return nil, false
}

func valueCompared(x, y dialect.Expr) (any, bool) {
	if rowX, ok := x.(*dialect.Row); ok {
		if rowY, ok := y.(*dialect.Row); ok && len(rowX.X) == 2 && len(rowY.X) == 2 {
			return valueCompared(rowX.X[0], rowY.X[0])
		}
		return nil, false
	}
	if _, ok := x.(*dialect.Literal); ok {
		x, y = y, x
	}
	column, ok := x.(*dialect.ColumnRef)
	if !ok || column.Name != "v" {
		return nil, false
	}
	literal, ok := y.(*dialect.Literal)
	if !ok || literal.Value == nil {
		return nil, false
	}
	return literal.Value, true
}

// TestSQLiteValuesAcrossTables looks at columns that compare alike: if a row
// of one table joins a row of another, and that one equals an argument, the
// first row's text is the argument's.
func TestSQLiteValuesAcrossTables(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t)
	byComparison := make(map[string][]*valueTable)
	declarations := []string{
		"INTEGER", "DECIMAL(5,2)", "BOOLEAN", "TEXT", "VARCHAR(9)", "TEXT COLLATE NOCASE", "CLOB COLLATE nocase",
		"TEXT COLLATE RTRIM", "CHAR COLLATE RTRIM", "BLOB", "", "BLOB COLLATE NOCASE", "COLLATE NOCASE", "BLOB COLLATE RTRIM", "COLLATE RTRIM",
	}
	for i, declaration := range declarations {
		valueFill(t, c, fmt.Sprintf("t%d", i), declaration, false, false)
	}
	catalog := c.catalog(t)
	arguments := valueNotNull(valueGrid)
	for i := range declarations {
		vt := valueRead(t, c, catalog, fmt.Sprintf("t%d", i))
		byComparison[vt.column.Comparison] = append(byComparison[vt.column.Comparison], vt)
	}
	pairs, carried := 0, 0
	for comparison, tables := range byComparison {
		if len(tables) < 2 {
			t.Errorf("%q has one table only", comparison)
		}
		for _, b := range tables {
			equals := b.equal(t, c, "v = ?", arguments...)
			for _, a := range tables {
				joins := make(map[int][]int) // rows of a by row of b
				for _, row := range c.rows(t, fmt.Sprintf("SELECT a.k, b.k FROM %s a JOIN %s b ON a.v = b.v", a.name, b.name)) {
					joins[int(row[1].(int64))] = append(joins[int(row[1].(int64))], int(row[0].(int64)))
					pairs++
				}
				for i, arg := range arguments {
					text, known := sqlite.Dialect.Canonical(b.column, arg, dialect.SideArgument)
					if !known {
						continue
					}
					for rowB := range equals[i] {
						for _, rowA := range joins[rowB] {
							if a.known[rowA] && a.texts[rowA] != text {
								t.Errorf("%s: stale: %T(%v) joins %T(%v), which equals %T(%v), but the rules say %q and %q", comparison,
									a.images[rowA], a.images[rowA], b.images[rowB], b.images[rowB], arg, arg, a.texts[rowA], text)
							}
							carried++
						}
					}
				}
			}
		}
	}
	if pairs < 1000 || carried < 1000 {
		t.Errorf("%d pairs, %d of them carried: too few to mean something", pairs, carried)
	}
}

// TestSQLiteTruth asks SQLite which stored values are true.
func TestSQLiteTruth(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t)
	told := map[bool]int{}
	for i, vtype := range valueTypes {
		valueFill(t, c, fmt.Sprintf("t%d", i), vtype.declared, vtype.strict, false)
	}
	catalog := c.catalog(t)
	for i, vtype := range valueTypes {
		vt := valueRead(t, c, catalog, fmt.Sprintf("t%d", i))
		for _, condition := range []string{"v", "v IS TRUE", "NOT (v IS NOT TRUE)", "NOT NOT v"} {
			isTrue := vt.equal(t, c, condition)[0]
			isFalse := vt.equal(t, c, "NOT ("+condition+")")[0]
			for k, image := range vt.images {
				if image == nil {
					continue
				}
				truth, known := sqlite.Dialect.Truth(vt.column, image)
				if known && (isTrue[k] != truth || isFalse[k] == truth) {
					t.Errorf("%s: %s: SQLite says %v of %T(%v), Truth says %v", vtype.declared, condition, isTrue[k], image, image, truth)
				}
				if known {
					told[truth]++
				}
			}
		}
	}
	if told[true] < 100 || told[false] < 20 {
		t.Errorf("told %v: too few to mean something", told)
	}
}

// TestSQLiteImagesAreNotConverted: drivers turn what they read from columns of
// some types into other Go values; the unary plus keeps them from it.
func TestSQLiteImagesAreNotConverted(t *testing.T) {
	t.Parallel()
	c := openSQLiteConn(t)
	c.exec(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, d DATETIME, e DATE, s TIMESTAMP)")
	c.exec(t, "INSERT INTO t VALUES (1, 1, '2024-01-02 03:04:05', '2024-01-02', 1704164645)")
	plain := c.rows(t, "SELECT b, d, e, s FROM t")[0]
	if _, ok := plain[1].(time.Time); !ok {
		t.Errorf("the driver no longer converts a DATETIME: %T(%v); the test has lost its point", plain[1], plain[1])
	}
	for _, query := range []string{"SELECT +b, +d, +e, +s FROM t", "UPDATE t SET b = 1 RETURNING +b, +d, +e, +s"} {
		got := c.rows(t, query)[0]
		want := []any{int64(1), "2024-01-02 03:04:05", "2024-01-02", int64(1704164645)}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: value %d is %T(%v), want %T(%v)", query, i, got[i], got[i], want[i], want[i])
			}
		}
	}
}
