package differential

import (
	"fmt"
	"strconv"
	"strings"
)

// flavour is what the cases of one database differ in from those of another.
type flavour interface {
	valueFlavour
	conditionFlavour
	outputFlavour
	schemaFlavour
	writeFlavour

	// traits are the small things.
	traits() traits
	// required are the constructs that must be seen in hits: of queries, and of the
	// writes that the hits were checked after.
	required() []string
	// precision is how much of what is dropped has to have changed.
	precision() precisions
}

// traits are what databases differ in by a word or by a yes or no.
type traits struct {
	arrays        bool     // = ANY takes a list
	fullJoins     bool     // FULL JOIN
	materialized  bool     // a WITH may say whether it is
	deferrable    bool     // foreign keys can be
	actions       []string // of foreign keys
	defaultRow    string   // what an INSERT of a row of defaults ends with
	rowSets       bool     // UPDATE sets several columns to a row
	withFirst     bool     // WITH stands before INSERT, UPDATE and DELETE
	updateReturns bool     // UPDATE has RETURNING
}

// valueFlavour is about values, and how a text holds them.
type valueFlavour interface {
	// literals and values are what a column of the kind is compared with, and the
	// odd ones, to which other rules of comparison apply.
	literals(k kind) (usual, odd []string)
	values(k kind) (usual, odd []any)
	// list is a parameter or a literal for a list of values, for = ANY.
	list(g *gen, k kind) string
	// placeholder is how a text refers to its parameter of a number, and finish
	// is called with the text of a statement whose arguments are complete.
	placeholder(n int) string
	finish(g *gen, text string) string
	// strict is true where values have types, and a statement whose types do not
	// fit is refused.
	strict() bool
	// vague tells whether values of a kind can be equal and differ all the same,
	// so that it is a matter of chance which of them DISTINCT keeps.
	vague(k kind) bool
}

// conditionFlavour is about conditions and joins.
type conditionFlavour interface {
	// terms are the conditions without AND, OR and NOT, by names, and how often
	// each is taken; plain: those that most programs write.
	terms(plain bool) []option[string]
	// term makes the condition of a name on a column of a kind.
	term(g *gen, s *scope, name, c string, k kind) string
	// subquery makes a condition with a query inside.
	subquery(g *gen, s *scope) string
	// same is the operator that takes NULLs for equal.
	same() string
	// inTable is what IN takes for a table.
	inTable(name string) string
	// joins are the kinds of joins.
	joins() []option[string]
	// using and natural tell whether a source can be joined to those before it by
	// its column k, and by the columns of the same names.
	using(before []source, src source) bool
	natural(before []source, src source) bool
}

// outputFlavour is about what a query makes of columns.
type outputFlavour interface {
	// other is an output of a kind where the scope has no column of it.
	other(g *gen, s *scope, k kind) string
	// summed is a kind that sum and max can be taken of, k itself if it does.
	summed(k kind) kind
	window(g *gen, s *scope, c string) string
	expressions(g *gen, c string, k kind) []string
	aggregates(g *gen, c string, k kind) []string
	having(g *gen, by string, byKind kind, c string, k kind) []string
	sorted(c string, k kind) []string
	// firstRows ends a SELECT with so many columns so that it keeps two rows.
	firstRows(columns int) string
}

// schemaFlavour is about what is there before the first query.
type schemaFlavour interface {
	// usualTable is the text that makes a table of the usual cases, up to its
	// foreign key.
	usualTable(i int) string
	// schema makes tables, and views and triggers over them; writable makes a view
	// over a table writable.
	schema(g *gen, triggers bool)
	writable(g *gen, v, t *relation)
	// keyType is the type of a column that refers to another.
	keyType(k kind) string
	// seed makes an INSERT of a row that may be there already.
	seed(table, names, values string) string
	// refers tells whether one table can have a foreign key to another.
	refers(child, parent *relation) bool
	// rowKey are the columns that tell the rows of a table, in one text, and row is a
	// condition on them for the row of a number.
	rowKey(t *relation) string
	row(t *relation, n int) string
}

// writeFlavour is about writes.
type writeFlavour interface {
	// statement makes a write, and step one or a transaction.
	statement(g *gen) statement
	step(g *gen, queries int) step
	// insertVerb and updateVerb begin a write, upsert is a clause of an INSERT on
	// conflicts, and usualUpsert one that adds 1 to a column.
	insertVerb(g *gen) string
	updateVerb(g *gen) string
	upsert(g *gen, t *relation) string
	usualUpsert(t *relation) string
	// updateFrom is an UPDATE with the columns of another table.
	updateFrom(g *gen, verb string, t *relation, set []string, s *scope) string
}

// sqliteFlavour makes the cases of SQLite, which compares anything with anything.
type sqliteFlavour struct{}

func (sqliteFlavour) same() string { return "IS" }

func (sqliteFlavour) traits() traits {
	return traits{fullJoins: true, materialized: true, deferrable: true, actions: actions, defaultRow: "DEFAULT VALUES", rowSets: true, withFirst: true, updateReturns: true}
}

func (sqliteFlavour) refers(child, parent *relation) bool {
	return len(parent.key) > 0 && (parent != child || child.rowid)
}

func (f sqliteFlavour) row(t *relation, n int) string { return nthRow(t, f.rowKey(t), n) }

// nthRow is a condition on the row of a number, by what tells rows.
func nthRow(t *relation, key string, n int) string {
	return "(" + key + ") = (SELECT " + key + " FROM " + t.name + " ORDER BY " + key + " LIMIT 1 OFFSET " + strconv.Itoa(n) + ")"
}

func (sqliteFlavour) usualUpsert(t *relation) string { return onConflict(t) }

// onConflict is the clause of SQLite and PostgreSQL.
func onConflict(t *relation) string {
	return " ON CONFLICT (" + t.columns[0].name + ") DO UPDATE SET " + t.payload + " = " + t.name + "." + t.payload + " + 1"
}

func (sqliteFlavour) updateFrom(g *gen, verb string, t *relation, set []string, s *scope) string {
	text, src := g.take(g.table())
	set = append(set, "k = "+src.alias+"."+src.relation.columns[0].name)
	s = &scope{sources: []source{s.sources[0], src}}
	return verb + t.name + " SET " + strings.Join(set, ", ") + " FROM " + text + " WHERE " + src.alias + ".k = " + t.name + ".k AND " + g.one(t, s)
}

func (sqliteFlavour) strict() bool { return false }

func (sqliteFlavour) precision() precisions {
	return precisions{all: 0.60, few: 0.45, usual: 0.90, other: 0.12}
}

func (sqliteFlavour) vague(kind) bool { return false }

func (sqliteFlavour) other(g *gen, s *scope, _ kind) string {
	c, _ := g.any(s)
	return c
}

func (sqliteFlavour) using(before []source, src source) bool {
	return src.relation.column("k") != nil && hasCommon(before)
}

func (sqliteFlavour) natural([]source, source) bool { return true }

func (sqliteFlavour) seed(table, names, values string) string {
	return "INSERT OR IGNORE INTO " + table + " (" + names + ") VALUES (" + values + ")"
}

func (sqliteFlavour) rowKey(t *relation) string {
	if t.withoutRowid {
		return strings.Join(t.key, ", ")
	}
	return "rowid"
}

func (sqliteFlavour) window(g *gen, s *scope, c string) string {
	order := make([]string, 0, len(s.sources))
	for _, src := range s.sources {
		order = append(order, src.alias+"."+src.relation.columns[0].name)
	}
	return pick(g.chooser, "row_number()", "rank()", "count(*)", "sum("+c+")", "lag("+c+")", "first_value("+c+")") +
		" OVER (" + pick(g.chooser, "", "PARTITION BY "+c+" ") + "ORDER BY " + strings.Join(order, ", ") + ")"
}

func (sqliteFlavour) expressions(g *gen, c string, k kind) []string {
	return []string{"coalesce(" + c + ", 0)", c + " + 1", c + " || ''", c + " = " + g.value(k), "CASE WHEN " + c + " IS NULL THEN 0 ELSE " + c + " END", c + " IN (1, 2)"}
}

func (sqliteFlavour) aggregates(g *gen, c string, k kind) []string {
	return []string{"count(*)", "count(" + c + ")", "count(DISTINCT " + c + ")", "min(" + c + ")", "max(" + c + ")", "total(" + c + ")", "count(*) FILTER (WHERE " + c + " = " + g.value(k) + ")"}
}

func (sqliteFlavour) having(g *gen, by string, _ kind, c string, k kind) []string {
	return []string{"count(*) > 1", "min(" + c + ") = " + g.value(k), "sum(" + c + ") > 1", by + " = " + g.value(k), by + " IS NOT NULL"}
}

func (sqliteFlavour) sorted(c string, _ kind) []string {
	return []string{c, c + " DESC", c + " COLLATE NOCASE", c + " NULLS LAST"}
}

func (sqliteFlavour) usualTable(i int) string {
	return fmt.Sprintf("CREATE TABLE t%d (id%d INTEGER PRIMARY KEY, k INTEGER NOT NULL DEFAULT 0, a%d TEXT NOT NULL DEFAULT 'a', p%d INTEGER NOT NULL DEFAULT 0", i, i, i, i)
}

func (sqliteFlavour) insertVerb(g *gen) string {
	if !g.percent(18) {
		return "INSERT INTO "
	}
	or := pick(g.chooser, "REPLACE", "IGNORE", "FAIL", "ABORT", "ROLLBACK")
	g.tag("INSERT OR " + or)
	if or == "REPLACE" && g.percent(30) {
		return "REPLACE INTO "
	}
	return "INSERT OR " + or + " INTO "
}

func (sqliteFlavour) updateVerb(g *gen) string {
	if !g.percent(13) {
		return "UPDATE "
	}
	or := pick(g.chooser, "IGNORE", "REPLACE", "FAIL", "ABORT", "ROLLBACK")
	g.tag("UPDATE OR " + or)
	return "UPDATE OR " + or + " "
}

func (sqliteFlavour) firstRows(int) string { return " ORDER BY 1 LIMIT 2" }

func (sqliteFlavour) inTable(name string) string { return name }

func (sqliteFlavour) keyType(k kind) string { return []string{"INTEGER", "TEXT"}[min(int(k), 1)] }

func (sqliteFlavour) list(*gen, kind) string { panic("SQLite has no arrays") }

func (sqliteFlavour) summed(k kind) kind { return k }
