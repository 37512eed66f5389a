package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"

	"github.com/cacheops/cacheops/dialect"
)

// catalogFacts are what only the text of a CREATE TABLE tells. The zero value
// is that of a text that was not understood.
type catalogFacts struct {
	parsed       bool
	withoutRowID bool
	strict       bool
	// collations holds the folded collation of each column by its folded name.
	collations map[string]string
	// key holds the columns of the primary key, and rank their places in it,
	// from 1; not from the text.
	key, rank []int
	// problem says why a write to the table has no images, foreign why its
	// rows are not a function of what is stored. Both may be empty.
	problem, foreign string
}

// primary returns the columns of the primary key in its order.
func (f *catalogFacts) primary() []int {
	if len(f.key) == 0 {
		return nil
	}
	out := make([]int, len(f.key))
	for i, column := range f.key {
		if f.rank[i] > len(out) {
			return nil
		}
		out[f.rank[i]-1] = column
	}
	return out
}

// catalogReadTable reads the text of a CREATE TABLE.
func catalogReadTable(text string) *catalogFacts {
	f := &catalogFacts{problem: "the text of its CREATE TABLE was not understood"}
	st, err := catalogParse(text)
	create, ok := st.(*ast.CreateTableStmt)
	if err != nil || !ok || create.Select != nil {
		return f
	}
	f.parsed, f.problem = true, ""
	f.collations = make(map[string]string, len(create.Columns))
	conflict := func(a ast.ConflictAction) {
		// REPLACE deletes other rows, ROLLBACK ends the transaction, FAIL
		// leaves half of the rows changed, IGNORE skips some.
		if a != ast.ConflictDefault && a != ast.ConflictAbort {
			f.problem = "a constraint has ON CONFLICT " + a.String()
		}
	}
	for _, column := range create.Columns {
		collation := "binary"
		var generated *ast.ColumnConstraint
		for _, c := range column.Constraints {
			conflict(c.OnConflict)
			switch c.Kind {
			case ast.ColumnCollate: // the last one counts
				collation = nameFold(c.Collation.Name)
			case ast.ColumnGenerated:
				generated = c
			}
		}
		f.collations[nameFold(column.Name.Name)] = collation
		if generated != nil && !catalogPure(text[generated.Expr.Pos():generated.Expr.End()]) {
			// A stored column would be fine, but is not worth telling apart.
			f.foreign = "the generated column " + column.Name.Name + " calls a function that is not known to be pure"
		}
	}
	for _, c := range create.Constraints {
		conflict(c.OnConflict)
	}
	for _, o := range create.Options {
		switch name := nameFold(o.Name.Name); {
		case o.Without && name == "rowid":
			f.withoutRowID = true
		case !o.Without && name == "strict":
			f.strict = true
		default:
			return &catalogFacts{problem: "its option " + o.Name.Name + " is not known"}
		}
	}
	return f
}

// catalogReadView returns the query of a CREATE VIEW, or nil.
func catalogReadView(text string) *dialect.Statement {
	st, err := catalogParse(text)
	create, ok := st.(*ast.CreateViewStmt)
	if err != nil || !ok || create.Select == nil {
		return nil
	}
	query := Parse(text[create.Select.Pos():create.Select.End()])
	if query.Kind != dialect.KindSelect || query.Query == nil {
		return nil
	}
	return query
}

// catalogReadTrigger reads the text of a CREATE TRIGGER. A text that was not
// understood becomes a trigger on every event that may write anything. So does
// the body of a trigger outside main: its names belong to its own schema first.
func catalogReadTrigger(name, text string, main bool) []dialect.Trigger {
	st, err := catalogParse(text)
	create, ok := st.(*ast.CreateTriggerStmt)
	if err != nil || !ok {
		return []dialect.Trigger{
			{Name: name, Event: dialect.KindInsert, Partial: true},
			{Name: name, Event: dialect.KindUpdate, Partial: true},
			{Name: name, Event: dialect.KindDelete, Partial: true},
		}
	}
	t := dialect.Trigger{Name: name, Partial: catalogPartial(text)}
	switch strings.ToUpper(create.Event) {
	case "INSERT":
		t.Event = dialect.KindInsert
	case "UPDATE":
		t.Event = dialect.KindUpdate
	default:
		t.Event = dialect.KindDelete
	}
	if !main || create.When != nil && !catalogKnown(text[create.When.Pos():create.When.End()]) {
		return []dialect.Trigger{t}
	}
	for _, part := range create.Body {
		body := Parse(text[part.Pos():part.End()])
		switch body.Kind {
		case dialect.KindSelect, dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete:
			t.Body = append(t.Body, body)
		default:
			return []dialect.Trigger{{Name: name, Event: t.Event, Partial: true}}
		}
	}
	return []dialect.Trigger{t}
}

// catalogPartial tells whether an error inside a trigger may leave behind what
// was done before it, or end the transaction: RAISE(FAIL, ...), OR ROLLBACK.
// Other words in these places do neither.
func catalogPartial(text string) bool {
	toks, _, err := tokenize(text)
	if err != nil {
		return true
	}
	for i, t := range toks {
		if t.kind != tokWord && t.kind != tokQuoted || i == 0 {
			continue
		}
		if word := nameFold(text[t.pos:t.end]); word != "fail" && word != "rollback" {
			continue
		}
		if before := toks[i-1]; before.kind == tokLP || before.kind == tokWord && tokFoldEqual(text[before.pos:before.end], "or") {
			return true
		}
	}
	return false
}

// catalogKnown tells whether every function of an expression is known.
func catalogKnown(expr string) bool {
	st := Parse("SELECT " + expr)
	return st.Kind == dialect.KindSelect && st.Query != nil && st.Foreign == ""
}

// catalogPure tells whether an expression is known to be a function of the
// columns it names.
func catalogPure(expr string) bool {
	return catalogKnown(expr) && Parse("SELECT "+expr).Volatile == ""
}

// catalogParse parses one statement. The parser is not ours, so a panic in it
// becomes an error.
func catalogParse(text string) (st ast.Stmt, err error) {
	defer func() {
		if p := recover(); p != nil {
			st, err = nil, fmt.Errorf("cacheops: the SQL parser failed: %v", p)
		}
	}()
	return parser.ParseStatement(text)
}

// catalogModule is a virtual table with its module.
type catalogModule struct {
	table, module string // module is folded, empty if unknown
}

func catalogModuleOf(name, text string) catalogModule {
	m := catalogModule{table: name}
	if st, err := catalogParse(text); err == nil {
		if create, ok := st.(*ast.CreateVirtualTableStmt); ok {
			m.module = nameFold(create.Module.Name)
		}
	}
	return m
}

// owns tells whether the virtual table keeps its rows in the table of that
// name, and so writes it without a statement that says so. SQLite's own
// modules use a few names; of another, every table that is named after the
// virtual one may be its.
func (m catalogModule) owns(table string) bool {
	suffix, ok := strings.CutPrefix(nameFold(table), nameFold(m.table)+"_")
	if !ok {
		return false
	}
	switch m.module {
	case "fts3", "fts4":
		switch suffix {
		case "content", "segments", "segdir", "docsize", "stat":
			return true
		}
		return false
	case "fts5":
		switch suffix {
		case "data", "idx", "content", "docsize", "config":
			return true
		}
		return false
	case "rtree", "rtree_i32", "geopoly":
		switch suffix {
		case "node", "parent", "rowid":
			return true
		}
		return false
	}
	return true
}

// catalogKey names a table in stamps. Main's is main.posts; a name with other
// characters than letters, digits, _ and bytes past ASCII is quoted, so that
// no two tables share a key.
func catalogKey(schema, name string) string {
	part := func(s string) string {
		s = nameFold(s)
		plain := s != ""
		for i := range len(s) {
			c := s[i]
			plain = plain && (c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c >= 0x80)
		}
		if plain {
			return s
		}
		return nameQuote(s)
	}
	return part(schema) + "." + part(name)
}

func catalogAction(s string) dialect.FKAction {
	switch strings.ToUpper(s) {
	case "CASCADE":
		return dialect.FKCascade
	case "SET NULL":
		return dialect.FKSetNull
	case "SET DEFAULT":
		return dialect.FKSetDefault
	}
	return dialect.FKNone
}

// catalogOld tells whether a version of SQLite is older than 3.35, the first
// with RETURNING. What cannot be read counts as old.
func catalogOld(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return true
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return errors.Join(err1, err2) != nil || major < 3 || major == 3 && minor < 35
}

// catalogQuery runs a query and checks that its rows have that many values.
func catalogQuery(ctx context.Context, db dialect.Queryer, query string, width int) ([][]driver.Value, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("cacheops: ask SQLite for its schema: %w", err)
	}
	for _, row := range rows {
		if len(row) < width {
			return nil, fmt.Errorf("cacheops: SQLite returned %d values where %d were asked for: %s", len(row), width, query)
		}
	}
	return rows, nil
}

// catalogText reads a text, which some drivers return as bytes. NULL is "".
func catalogText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// catalogInt reads a whole number. NULL is 0.
func catalogInt(v driver.Value) int64 {
	n, _ := valueInt(v)
	return n
}
