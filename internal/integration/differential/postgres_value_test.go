package differential

import (
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// postgresFlavour makes the cases of PostgreSQL, where every value has a type.
type postgresFlavour struct{}

// The drivers of a case: pgx as it is by itself, pgx that writes arguments into the
// text, and lib/pq.
const (
	driverPgx = iota
	driverSimple
	driverPq
)

var (
	pgTexts   = []string{"'A'", "'b '", "''", "'a'::text", "'b'::varchar(9)", "'c'::char(3)", "'a'::name", "E'a'", `U&'\0062'`, "$$c$$", "'d'::varchar", "'a' COLLATE \"C\""}
	dayOne    = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	pgUUIDs   = []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", "00000000-0000-0000-0000-000000000000"}
	elsewhere = time.FixedZone("", 2*60*60)
)

// pgKinds are the literals and arguments of each kind.
var pgKinds = map[kind]struct {
	literals, oddLiterals []string
	values, oddValues     []any
	typed                 string // a literal that has its type by itself
}{
	kindInt: {
		intLiterals, []string{"-1", "'1'", "2.0", "1.5", "2147483647", "9007199254740993", "'2'::int", "1::bigint", "2::numeric", "1::smallint", "1e0", "+1"},
		intValues, []any{"2", int32(2), 1.0, true, int64(-1), int64(1) << 40, 2.5, sql.NullInt64{Int64: 1, Valid: true}, uint8(3)},
		"1",
	},
	kindText: {
		textLiterals, pgTexts,
		textValues, []any{"A", "B ", "", []byte("a"), "\u00e9", int64(1), sql.NullString{String: "b", Valid: true}},
		"'a'::text",
	},
	kindFold: {
		[]string{"'a'", "'A'", "'b'", "'B'"}, pgTexts,
		[]any{"a", "A", "b", "B"}, []any{"B ", "", []byte("a"), "\u00c9"},
		"'a'::citext",
	},
	kindTrim: {
		[]string{"'a'", "'a '", "'b'", "'b  '"}, pgTexts,
		[]any{"a", "a ", "b", "b  "}, []any{"A", "", []byte("a"), "abcdef"},
		"'a'::char(4)",
	},
	kindBool: {
		[]string{"TRUE", "FALSE", "'t'", "'f'"}, []string{"'yes'", "'off'", "NULL::boolean", "'1'"},
		[]any{true, false}, []any{"t", "off", int64(1), sql.NullBool{Bool: true, Valid: true}},
		"TRUE",
	},
	kindNum: {
		numLiterals, []string{"'1'", "0.1", "2.00", "'NaN'", "1::bigint", "2::float8", "1.5e0"},
		[]any{int64(1), int64(2), 2.0, "1.5"}, []any{"1.50", 0.1, "NaN", "1e0"},
		"1.5::numeric(10,2)",
	},
	kindFloat: {
		[]string{"0.5", "1", "1.5", "2"}, []string{"'1.5'", "'NaN'", "'Infinity'", "1::numeric", "2::int", "'-0'", "0", "0.5::float4"},
		[]any{0.5, 1.5, int64(1), 2.0}, []any{"1.5", "-0", "NaN", 0.0},
		"1.5::float8",
	},
	kindDecimal: {
		[]string{"1", "1.0", "2", "2.50"}, []string{"'1.00'", "2.5", "1::int", "'NaN'", "1e0"},
		[]any{"1", "1.00", int64(2), 2.5}, []any{"NaN", "2.500", 1.0},
		"1.0::numeric",
	},
	kindDate: {
		[]string{"'2024-01-01'", "'2024-01-02'", "date '2024-01-03'"}, []string{"'2024-01-01'::timestamp", "'infinity'", "'20240102'", "'January 3, 2024'", "timestamptz '2024-01-01 00:00+00'"},
		[]any{dayOne, "2024-01-02", dayOne.AddDate(0, 0, 2)}, []any{"20240101", "2024-01-01 00:00:00", dayOne.Add(time.Hour), "infinity"},
		"date '2024-01-01'",
	},
	kindTime: {
		[]string{"'2024-01-01 00:00:00+00'", "'2024-01-01 02:00:00+02'", "'2024-01-02 00:00:00Z'"}, []string{"'2024-01-01'::date", "'2024-01-01 00:00:00'", "'2024-01-02'::timestamp", "'-infinity'"},
		[]any{dayOne, dayOne.In(elsewhere), dayOne.AddDate(0, 0, 1)}, []any{"2024-01-01 00:00:00", "2024-01-01 02:00:00+02", dayOne.Add(time.Nanosecond)},
		"timestamptz '2024-01-01 00:00+00'",
	},
	kindUUID: {
		[]string{"'" + pgUUIDs[0] + "'", "'" + pgUUIDs[1] + "'"}, []string{"'" + strings.ToUpper(pgUUIDs[0]) + "'", "'{" + pgUUIDs[1] + "}'", "'a0eebc999c0b4ef8bb6d6bb9bd380a11'", "'" + pgUUIDs[2] + "'::uuid"},
		[]any{pgUUIDs[0], pgUUIDs[1]}, []any{strings.ToUpper(pgUUIDs[1]), "{" + pgUUIDs[0] + "}", []byte(pgUUIDs[0]), pgUUIDs[2]},
		"'" + pgUUIDs[0] + "'::uuid",
	},
	kindEnum: {
		[]string{"'a'", "'b'", "'c'"}, []string{"'a'::mood", "'d'"},
		[]any{"a", "b", "c"}, []any{"d", []byte("a")},
		"'a'::mood",
	},
	kindBytes: {
		[]string{`'\x61'`, `'\x62'`}, []string{"'a'", `E'\\142'`, "'a'::bytea", `''`},
		[]any{[]byte("a"), []byte("b")}, []any{[]byte{}, []byte{0}},
		`'\x61'::bytea`,
	},
	kindJSON: {
		[]string{`'{"a": 1}'`, "'1'", `'{"b": 2, "a": 1}'`}, []string{`'{"a":1.0}'`, "'1.00'", "'null'", "'1'::jsonb"},
		[]any{`{"a": 1}`, "1"}, []any{`{"a":1.0}`, []byte("1")},
		"'1'::jsonb",
	},
}

func (postgresFlavour) literals(k kind) (usual, odd []string) {
	return pgKinds[k].literals, pgKinds[k].oddLiterals
}

func (postgresFlavour) values(k kind) (usual, odd []any) {
	return pgKinds[k].values, pgKinds[k].oddValues
}

func (postgresFlavour) placeholder(n int) string { return "$" + strconv.Itoa(n) }

var pgParam = regexp.MustCompile(`\$[0-9]+`)

// finish leaves out the arguments of what was not chosen: the server wants to know
// the type of each.
func (postgresFlavour) finish(g *gen, text string) string {
	if len(g.args) == 0 {
		return text
	}
	var args []any
	text = pgParam.ReplaceAllStringFunc(text, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		args = append(args, g.args[n-1])
		return "$" + strconv.Itoa(len(args))
	})
	g.args = args
	return text
}

func (postgresFlavour) strict() bool { return true }

func (postgresFlavour) traits() traits {
	return traits{
		arrays: true, fullJoins: true, materialized: true, deferrable: true, actions: actions, defaultRow: "DEFAULT VALUES", rowSets: true, withFirst: true, updateReturns: true,
	}
}

func (postgresFlavour) same() string { return "IS NOT DISTINCT FROM" }

// precision: more of the writes of the other cases are of kinds that have no row
// images.
func (postgresFlavour) precision() precisions {
	return precisions{all: 0.35, few: 0.30, usual: 0.88, other: 0.05}
}

func (postgresFlavour) vague(k kind) bool {
	return k == kindFold || k == kindFloat || k == kindDecimal || k == kindJSON
}

func (postgresFlavour) other(_ *gen, _ *scope, k kind) string { return pgKinds[k].typed }

func (postgresFlavour) summed(kind) kind { return kindInt }

// list returns a list of values for = ANY: an array as the driver takes it, a text
// of one, or one that is built.
func (postgresFlavour) list(g *gen, k kind) string {
	g.tag("= ANY")
	n := g.n(4)
	if g.plain {
		n = max(n, 1)
	}
	if k == kindInt {
		ints, texts := []int64{}, []string{}
		for range n {
			v := int64(g.n(8))
			ints, texts = append(ints, v), append(texts, strconv.FormatInt(v, 10))
		}
		switch how := g.n(4); {
		case g.plain && how == 0:
			return "ARRAY[" + strings.Join(texts, ", ") + "]"
		case g.constant || how == 0:
			return pick(g.chooser, "'{"+strings.Join(texts, ",")+"}'", "'{"+strings.Join(append(texts, "NULL"), ",")+"}'::int[]", "ARRAY[1, 2, "+strings.Join(append(texts, "3"), ", ")+"]")
		case how == 1:
			return g.param("{" + strings.Join(texts, ",") + "}")
		case g.driver == driverPq:
			return g.param(pq.Array(ints))
		default:
			g.tag("slice")
			return g.param(ints)
		}
	}
	texts := []string{}
	for range n {
		switch v := pick(g.chooser, pgKinds[k].values...).(type) {
		case string:
			texts = append(texts, v)
		case time.Time:
			texts = append(texts, v.Format(time.RFC3339))
		case []byte:
			texts = append(texts, fmt.Sprintf(`\x%x`, v))
		default:
			texts = append(texts, fmt.Sprint(v))
		}
	}
	literal, _ := pq.Array(texts).Value()
	switch how := g.n(3); {
	case g.constant || how == 0 && !g.plain:
		return "'" + strings.ReplaceAll(fmt.Sprint(literal), "'", "''") + "'"
	case how == 1 || k == kindBytes || k == kindJSON:
		return g.param(literal)
	case g.driver == driverPq:
		return g.param(pq.Array(texts))
	default:
		g.tag("slice")
		return g.param(texts)
	}
}
