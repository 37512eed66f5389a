package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

// valueWays are the ways to reach the database, as options of the DSN: with arguments
// bound and written into the text, with times as texts and by the clocks of zones.
var valueWays = []string{
	"", "interpolateParams=true", "parseTime=true&loc=America%2FNew_York", "interpolateParams=true&parseTime=true", "parseTime=true&loc=Australia%2FLord_Howe&time_zone=%27%2B05%3A30%27",
}

// compared is what a column is compared with: an argument, or a literal, which stands
// for a value as the dialect reads it.
type compared struct {
	literal string // empty for an argument
	value   any
}

// String shows it in failures.
func (c compared) String() string {
	if c.literal != "" {
		return c.literal
	}
	return fmt.Sprintf("%T(%.60v)", c.value, c.value)
}

// placed returns its text in a statement, and the arguments for that.
func (c compared) placed() (text string, args []any) {
	if c.literal != "" {
		return c.literal, nil
	}
	return "?", []any{c.value}
}

// arguments makes a list of arguments.
func arguments(values ...any) []compared {
	out := make([]compared, len(values))
	for i, v := range values {
		out[i] = compared{value: v}
	}
	return out
}

// comparableType is a type whose values are compared.
type comparableType struct {
	// name is the type's, comparison what the dialect calls it.
	name, comparison string
	values           []string // as literals
	// usual are those that have to be understood, others those that need not be.
	usual, others []compared
	// more makes a random value, and arguments that may equal it.
	more func(r *rand.Rand) (string, []compared)
}

// table is a type's table, with its column as the dialect sees it.
type comparedTable struct {
	*comparableType
	table  string
	column *dialect.Column
	values []string
	with   []compared
	pairs  [][2]int // of them
	seen   []seenBy
	images map[int64]string // canonical, empty where one way refuses it
}

// seenBy is what one way to reach the database makes of a type.
type seenBy struct {
	way    string
	images map[int64]string
	// equal are the rows that each of what is compared equals, nil where it is an error.
	equal []map[int64]bool
	// among are the rows whose value is one of the two of a pair.
	among []map[int64]bool
}

// TestValues asks the database, on each way to reach it, which values each argument
// equals, and compares with the canonical texts of both. It asks with an index and
// without, for one compares in the type of the column, and the other need not.
func TestValues(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	setup, err := sql.Open(driverName, withMode(dsn, "sql_mode=%27ALLOW_INVALID_DATES%27"))
	if err != nil {
		t.Fatal(err)
	}
	defer setup.Close()
	setup.SetMaxOpenConns(1)
	tables := make([]*comparedTable, len(comparables))
	for i := range comparables {
		tables[i] = makeCompared(t, setup, &comparables[i], fmt.Sprintf("v%d", i))
	}
	catalog := openCatalogConn(t, dsn).catalog(t)
	for _, ct := range tables {
		ct.column = catalog.Table(dialect.Name{Name: ct.table}).Columns[1]
		if ct.column.Comparison != ct.comparison {
			t.Fatalf("%s: the comparison is %q, not %q", ct.name, ct.column.Comparison, ct.comparison)
		}
		ct.pairUp()
	}
	t.Run("group", func(t *testing.T) {
		for _, ct := range tables {
			t.Run(ct.name, func(t *testing.T) {
				t.Parallel()
				ct.testValues(t, dsn)
			})
		}
	})
	t.Run("joined", func(t *testing.T) { testJoined(t, dsn, tables) })
}

// makeCompared makes the table of a type, with an index and without.
func makeCompared(t *testing.T, db *sql.DB, c *comparableType, table string) *comparedTable {
	t.Helper()
	ct := &comparedTable{comparableType: c, table: table, values: slices.Clone(c.values), with: append(slices.Clone(c.usual), c.others...)}
	if c.more != nil {
		r := rand.New(rand.NewPCG(1, 2))
		for range 40 {
			literal, more := c.more(r)
			ct.values, ct.with = append(ct.values, literal), append(ct.with, more...)
		}
	}
	length := ""
	if strings.HasPrefix(c.name, "text") || strings.HasPrefix(c.name, "blob") {
		length = "(3)"
	}
	exec(t, db, fmt.Sprintf("CREATE TABLE %s (id bigint PRIMARY KEY, v %s, KEY v (v%s)) CHARACTER SET utf8mb4", table, c.name, length))
	for i, v := range ct.values {
		exec(t, db, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", table, i+1, v))
	}
	return ct
}

// pairUp chooses pairs of what is understood.
func (ct *comparedTable) pairUp() {
	var known []int
	for i, c := range ct.with {
		if canonical(ct.column, c.value, dialect.SideArgument) != "" {
			known = append(known, i)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		ct.pairs = append(ct.pairs, [2]int{known[r.IntN(len(known))], known[r.IntN(len(known))]})
	}
}

func (ct *comparedTable) testValues(t *testing.T, dsn string) {
	for i, way := range valueWays {
		for _, index := range []string{"IGNORE INDEX (v)", "FORCE INDEX (v)"} {
			if forced := index == "FORCE INDEX (v)"; testing.Short() && forced != (i == 0) || i > 1 && !forced {
				continue
			}
			ct.seen = append(ct.seen, ct.look(t, dsn, way, index))
		}
	}
	ct.judge(t)
}

// openWay opens the database on one way.
func openWay(t *testing.T, dsn, way string) *sql.Conn {
	t.Helper()
	db, err := sql.Open(driverName, withMode(dsn, way))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = db.Close()
	})
	return conn
}

// look reads the images, and which of them equal what they are compared with.
func (ct *comparedTable) look(t *testing.T, dsn, way, index string) seenBy {
	t.Helper()
	conn := openWay(t, dsn, way)
	s := seenBy{way: way + " " + index, images: map[int64]string{}}
	// In both protocols.
	query := "SELECT id, v FROM " + ct.table
	for _, read := range []map[int64]driver.Value{images(t, conn, query), images(t, conn, query+" WHERE id > ?", int64(0))} {
		if len(read) != len(ct.values) {
			t.Fatal("there are not all values")
		}
		for id, v := range read {
			text := canonical(ct.column, v, dialect.SideImage)
			if known, ok := s.images[id]; ok && known != text {
				t.Errorf("%s: the image of %s is %q, in the other protocol %q", s.way, ct.values[id-1], text, known)
			}
			s.images[id] = text
		}
	}
	conditions := make([]condition, len(ct.with), len(ct.with)+len(ct.pairs))
	for i, c := range ct.with {
		text, args := c.placed()
		conditions[i] = condition{"v = " + text, args}
	}
	for _, p := range ct.pairs {
		one, args := ct.with[p[0]].placed()
		two, more := ct.with[p[1]].placed()
		conditions = append(conditions, condition{"v IN (" + one + ", " + two + ")", append(slices.Clone(args), more...)})
	}
	found := ct.found(t, conn, index, conditions)
	s.equal, s.among = found[:len(ct.with)], found[len(ct.with):]
	return s
}

// condition is the text of one, and its arguments.
type condition struct {
	text string
	args []any
}

// found returns the rows that fulfil each of the conditions, nil where one is an error.
// It asks for several at once where it can.
func (ct *comparedTable) found(t *testing.T, conn *sql.Conn, index string, conditions []condition) []map[int64]bool {
	t.Helper()
	var out []map[int64]bool
	for part := range slices.Chunk(conditions, 20) {
		found := ct.foundAtOnce(t, conn, index, part)
		for i := 0; found == nil && i < len(part); i++ {
			one := ct.foundAtOnce(t, conn, index, part[i:i+1])
			if one == nil {
				one = make([]map[int64]bool, 1)
			}
			out = append(out, one...)
		}
		out = append(out, found...)
	}
	return out
}

// foundAtOnce is found in one statement, nil where that is an error.
func (ct *comparedTable) foundAtOnce(t *testing.T, conn *sql.Conn, index string, conditions []condition) []map[int64]bool {
	t.Helper()
	var parts []string
	var args []any
	out := make([]map[int64]bool, len(conditions))
	for i, c := range conditions {
		parts = append(parts, fmt.Sprintf("SELECT %d, id FROM %s %s WHERE %s", i, ct.table, index, c.text))
		args, out[i] = append(args, c.args...), map[int64]bool{}
	}
	rows, err := conn.QueryContext(t.Context(), strings.Join(parts, " UNION ALL "), args...)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var i int
		var id int64
		if err := rows.Scan(&i, &id); err != nil {
			t.Fatal(err)
		}
		out[i][id] = true
	}
	if rows.Err() != nil {
		return nil
	}
	return out
}

// images reads rows as an image query does: the driver's own values.
func images(t *testing.T, conn *sql.Conn, query string, args ...driver.Value) map[int64]driver.Value {
	t.Helper()
	out := map[int64]driver.Value{}
	err := conn.Raw(func(dc any) error {
		var named []driver.NamedValue
		for i, a := range args {
			named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
		}
		rows, err := dc.(driver.QueryerContext).QueryContext(context.Background(), query, named)
		if errors.Is(err, driver.ErrSkip) {
			var stmt driver.Stmt
			if stmt, err = dc.(driver.ConnPrepareContext).PrepareContext(context.Background(), query); err != nil {
				return err
			}
			defer stmt.Close()
			rows, err = stmt.(driver.StmtQueryContext).QueryContext(context.Background(), named)
		}
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
				dest[1] = append([]byte{}, b...)
			}
			out[dest[0].(int64)] = dest[1]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// canonical is a canonical text behind a sign, or empty where there is none.
func canonical(column *dialect.Column, v driver.Value, side dialect.Side) string {
	text, ok := mysql.Dialect.Canonical(column, v, side)
	if !ok {
		return ""
	}
	return "=" + text
}

// judge holds the canonical texts against what the database says.
func (ct *comparedTable) judge(t *testing.T) {
	t.Helper()
	ct.images = ct.judgeImages(t)
	accepted, equal, refused := []int{}, 0, []string{}
	for i, c := range ct.with {
		text := canonical(ct.column, c.value, dialect.SideArgument)
		if text == "" {
			if i < len(ct.usual) {
				t.Errorf("%s is not understood", c)
			}
			refused = append(refused, c.String())
			continue
		}
		accepted = append(accepted, i)
		for _, s := range ct.seen {
			if s.equal[i] == nil {
				continue
			}
			for id, image := range s.images {
				found := s.equal[i][id]
				switch {
				case image == "" || found == (image == text):
					if found && image != "" {
						equal++
					}
				case found:
					t.Errorf("%s: %s equals %s, but %q and %q differ", s.way, ct.values[id-1], c, image, text)
				case !ct.loose(ct.values[id-1]):
					t.Errorf("%s: %s does not equal %s, but both are %q", s.way, ct.values[id-1], c, image)
				}
			}
		}
	}
	ct.judgePairs(t)
	kept := 0
	for _, image := range ct.images {
		if image != "" {
			kept++
		}
	}
	if 2*kept < len(ct.images) || equal < len(ct.seen) {
		t.Errorf("%d of %d images were accepted, %d times a value was equal", kept, len(ct.images), equal)
	}
	t.Logf("%d of %d accepted, %d of %d images, equal %d times; refused: %s", len(accepted), len(ct.with), kept, len(ct.images), equal, strings.Join(refused, "; "))
}

// judgePairs does so for lists of two.
func (ct *comparedTable) judgePairs(t *testing.T) {
	t.Helper()
	for i, p := range ct.pairs {
		one, two := ct.with[p[0]], ct.with[p[1]]
		texts := []string{canonical(ct.column, one.value, dialect.SideArgument), canonical(ct.column, two.value, dialect.SideArgument)}
		for _, s := range ct.seen {
			for id, image := range s.images {
				if image == "" || s.among[i] == nil || ct.loose(ct.values[id-1]) {
					continue
				}
				if found := s.among[i][id]; found != slices.Contains(texts, image) {
					t.Errorf("%s: %s IN (%s, %s) is %v, but they are %q and %q", s.way, ct.values[id-1], one, two, found, image, texts)
				}
			}
		}
	}
}

// loose tells whether a literal may have the image of a value that it does not equal: a
// date that does not exist, and the empty label of an enum, which an index tells from
// none.
func (ct *comparedTable) loose(literal string) bool {
	if strings.HasPrefix(ct.comparison, "mysql1.enum") {
		return slices.Contains([]string{"''", "0", "'bad'"}, literal)
	}
	return strings.Contains(literal, "-00") || strings.Contains(literal, "-02-30") || strings.Contains(literal, "-02-31")
}

// judgeImages compares the images of all ways. One that is understood is the same
// wherever it is.
func (ct *comparedTable) judgeImages(t *testing.T) map[int64]string {
	t.Helper()
	out := maps.Clone(ct.seen[0].images)
	for _, s := range ct.seen {
		if strings.HasPrefix(ct.comparison, "mysql1.timestamp") && strings.Contains(s.way, "time_zone") {
			continue // other clocks show other times
		}
		for id, text := range s.images {
			switch known := out[id]; {
			case text == "":
				out[id] = ""
			case known != "" && text != known:
				t.Errorf("%s: the image of %s is %q, of another way %q", s.way, ct.values[id-1], text, known)
			}
		}
	}
	return out
}

// testJoined compares columns with each other that have one Comparison.
func testJoined(t *testing.T, dsn string, tables []*comparedTable) {
	conn := openWay(t, dsn, "")
	joined := 0
	for _, a := range tables {
		for _, b := range tables {
			if a.comparison != b.comparison {
				continue
			}
			for _, index := range []string{"IGNORE INDEX (v)", "FORCE INDEX (v)"} {
				found := map[[2]int64]bool{}
				rows, err := conn.QueryContext(t.Context(), fmt.Sprintf("SELECT a.id, b.id FROM %s AS a STRAIGHT_JOIN %s AS b %s ON a.v = b.v", a.table, b.table, index))
				if err != nil {
					t.Fatal(err)
				}
				for rows.Next() {
					var pair [2]int64
					if err := rows.Scan(&pair[0], &pair[1]); err != nil {
						t.Fatal(err)
					}
					found[pair] = true
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				_ = rows.Close()
				for i, x := range a.images {
					for j, y := range b.images {
						if x == "" || y == "" || a.loose(a.values[i-1]) || b.loose(b.values[j-1]) {
							continue
						}
						if is := found[[2]int64{i, j}]; is != (x == y) {
							t.Errorf("%s %s and %s %s, %s: equal is %v, but they are %q and %q", a.name, a.values[i-1], b.name, b.values[j-1], index, is, x, y)
						} else if is && a != b {
							joined++
						}
					}
				}
			}
		}
	}
	if joined == 0 {
		t.Error("no values of two columns are equal")
	}
}
