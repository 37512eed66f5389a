package differential

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// statement is one call of a step.
type statement struct {
	text string
	args []any
	rows bool // it returns rows
	id   bool // it makes rows that have numbers
	// script is true for a text of several statements, prepared for one that
	// is prepared first.
	script, prepared bool
	tags             []string
	// read is 1 + the number of a query that is read instead, inside of the
	// transaction, or outside of it where apart is set.
	read  int
	apart bool
}

// step is a write or a transaction. All queries are compared after it.
type step struct {
	// begin is empty for a statement by itself, "api" for one of BeginTx, and
	// the text that begins it otherwise.
	begin, end string
	options    *sql.TxOptions // of BeginTx
	session    bool           // begin and end change a session's settings
	list       []statement
}

func (s *step) tags() (list []string) {
	for i := range s.list {
		list = append(list, s.list[i].tags...)
	}
	switch {
	case s.session:
		list = append(list, "session")
	case s.begin == "":
	case s.begin == "api":
		list = append(list, "transaction")
	default:
		list = append(list, "transaction as text")
	}
	if s.begin != "" && strings.HasPrefix(s.end, "ROLLBACK") {
		list = append(list, "rollback")
	}
	return list
}

// step makes a step of a case with so many queries.
func (f sqliteFlavour) step(g *gen, queries int) step {
	if g.percent(75) {
		if g.percent(3) {
			return step{list: []statement{g.script()}}
		}
		return step{list: []statement{g.statement(g)}}
	}
	st := step{begin: pick(g.chooser, "api", "api", "BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s0"), end: "COMMIT"}
	if g.percent(25) {
		st.end = "ROLLBACK"
	}
	if st.begin == "SAVEPOINT s0" && st.end == "COMMIT" && g.percent(50) {
		st.end = "RELEASE s0"
	}
	savepoint := func(text string) {
		st.list = append(st.list, statement{text: text, tags: []string{"savepoint"}})
	}
	for range 1 + g.n(3) {
		open := g.percent(35)
		name := pick(g.chooser, "s1", "s2")
		if open {
			savepoint("SAVEPOINT " + name)
		}
		st.list = append(st.list, g.statement(g))
		if g.percent(40) {
			st.list = append(st.list, statement{read: 1 + g.n(queries), apart: g.percent(40), tags: []string{"read in a transaction"}})
		}
		if open && g.percent(80) {
			savepoint(pick(g.chooser, "ROLLBACK TO ", "RELEASE ") + name)
		}
	}
	return st
}

// script makes a text of two writes. It has no parameters: drivers differ in
// which part gets which argument.
func (g *gen) script() statement {
	g.constant = true
	defer func() { g.constant = false }()
	one, two := g.statement(g), g.statement(g)
	tags := append(slices.Concat(one.tags, two.tags), "write: script")
	return statement{text: one.text + "; " + two.text, tags: tags, script: true}
}

// statement makes a write.
func (f sqliteFlavour) statement(g *gen) statement {
	g.begin()
	st := statement{}
	switch weigh(g.chooser, []option[int]{{30, 0}, {42, 1}, {20, 2}, {8, 3}, {2, 4}}) {
	case 0:
		st.text = g.insert()
	case 1:
		st.text = g.update()
	case 2:
		st.text = g.remove()
	case 3:
		st.text = g.viewWrite()
	default:
		st.text = f.ddl(g)
	}
	for _, tag := range g.tags {
		st.rows = st.rows || tag == "RETURNING"
		st.id = st.id || tag == "numbered"
	}
	st.text = g.finish(g, st.text)
	st.args = g.args
	if st.prepared = g.percent(15); st.prepared {
		g.tag("prepared")
	}
	if g.nested {
		g.tag("subquery")
	}
	for _, tag := range g.tags {
		// The operators of a write's condition are no matter of reads.
		if tag = "write: " + tag; tag == "write: DDL" || slices.Contains(g.required(), tag) {
			st.tags = append(st.tags, tag)
		}
	}
	return st
}

// stored returns a value for a column, of more than those that queries ask for.
func (g *gen) stored(t *relation, c *column) string {
	switch {
	case c.name == t.payload:
		return strconv.Itoa(g.n(8))
	case len(t.key) > 0 && c.name == t.key[0], t.parent == t && c.name == t.ref:
		return strconv.Itoa(g.n(10))
	case c.notNull && g.percent(90):
		usual, _ := g.literals(c.kind)
		return pick(g.chooser, usual...)
	}
	return g.value(c.kind)
}

// reach tags a write with what the schema makes of it: triggers that it fires,
// and rows of other tables that foreign keys lead it to.
func (g *gen) reach(t *relation, event string) {
	if g.made.triggers[t.name+" "+strings.TrimPrefix(event, "KEY ")] {
		g.tag("fires a trigger")
	}
	for _, c := range g.made.tables {
		action := map[string]string{"DELETE": "ON DELETE " + c.onDelete, "KEY UPDATE": "ON UPDATE " + c.onUpdate}[event]
		if c.parent == t && action != "" && g.made.foreignKeys {
			g.tag(action)
			if c == t {
				g.tag("self-reference")
			}
		}
	}
}

func (g *gen) insert() string {
	t := g.table()
	g.reach(t, "INSERT")
	var columns []*column
	for i := range t.columns {
		c := &t.columns[i]
		if c.generated || t.rowid && c.name == t.key[0] && g.percent(60) || !c.notNull && g.percent(15) {
			continue
		}
		columns = append(columns, c)
	}
	if len(columns) == 0 || g.percent(2) {
		g.tag("INSERT DEFAULT VALUES")
		return "INSERT INTO " + t.name + " " + g.traits().defaultRow
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	verb := g.insertVerb(g)
	prefix := ""
	text := verb + t.name + " (" + strings.Join(names, ", ") + ")"
	if g.percent(10) {
		g.tag("INSERT SELECT")
		r := g.table()
		s := g.alone(r)
		from := r.name
		if g.percent(40) {
			g.tag("INSERT WITH")
			prefix, from = "WITH z AS (SELECT * FROM "+r.name+") ", "z AS "+r.name
			if !g.traits().withFirst {
				text, prefix = text+" "+strings.TrimSpace(prefix), ""
			}
		}
		list := make([]string, len(columns))
		for i, c := range columns {
			var ok bool
			if list[i], ok = g.like(s, c.kind); !ok || c.name == t.payload || g.vague(c.kind) || g.percent(30) {
				list[i] = g.stored(t, c)
			}
			if len(t.key) > 0 && c.name == t.key[0] {
				list[i] += " + " + strconv.Itoa(1+g.n(5))
			}
		}
		text += " SELECT " + strings.Join(list, ", ") + " FROM " + from + " WHERE " + g.cond(s, 1) + g.firstRows(len(list))
	} else {
		rows := make([]string, 1)
		if g.percent(35) {
			g.tag("INSERT of rows")
			rows = make([]string, 2+g.n(2))
		} else {
			g.tag("INSERT of a row")
		}
		for i := range rows {
			list := make([]string, len(columns))
			for j, c := range columns {
				list[j] = g.stored(t, c)
			}
			rows[i] = "(" + strings.Join(list, ", ") + ")"
		}
		text += " VALUES " + strings.Join(rows, ", ")
	}
	text += g.upsert(g, t)
	if !t.withoutRowid && !strings.Contains(text, "ON CONFLICT") {
		g.tag("numbered")
	}
	return prefix + text + g.returning(t)
}

// upsert returns an ON CONFLICT clause, or nothing.
func (sqliteFlavour) upsert(g *gen, t *relation) string {
	if !g.percent(12) {
		return ""
	}
	target := ""
	if keys := [][]string{t.key, t.unique}; len(t.key)+len(t.unique) > 0 && g.percent(75) {
		key := keys[g.n(2)]
		if len(key) == 0 {
			key = slices.Concat(t.key, t.unique)
		}
		target = " (" + strings.Join(key, ", ") + ")"
	}
	if g.percent(30) {
		g.tag("ON CONFLICT DO NOTHING")
		return " ON CONFLICT" + target + " DO NOTHING"
	}
	g.tag("ON CONFLICT DO UPDATE")
	text := " ON CONFLICT" + target + " DO UPDATE SET " + t.payload + " = " + pick(g.chooser, "excluded."+t.payload, t.name+"."+t.payload+" + 1", "7") + ", k = " + pick(g.chooser, "excluded.k", "1", "k")
	if g.percent(25) {
		text += " WHERE " + g.cond(g.alone(t), 0)
	}
	return text
}

func (g *gen) returning(t *relation) string {
	if !g.percent(9) {
		return ""
	}
	g.tag("RETURNING")
	return " RETURNING " + pick(g.chooser, "*", t.columns[0].name, t.payload+" + 1 AS x, k")
}

// number returns a number as a literal or as a parameter.
func (g *gen) number(n int) string {
	if g.constant || g.percent(50) {
		return strconv.Itoa(n)
	}
	return g.param(int64(n))
}

// one returns a condition that one row fulfils, or few.
func (g *gen) one(t *relation, s *scope) string {
	if g.percent(55) {
		g.tag("by key")
		return s.sources[0].alias + "." + t.columns[0].name + " = " + g.number(1+g.n(8))
	}
	return g.cond(s, 1)
}

// referenced returns a table that a foreign key refers to, if there is one.
func (g *gen) referenced() *relation {
	var list []*relation
	for _, t := range g.made.tables {
		if t.parent != nil {
			list = append(list, t.parent)
		}
	}
	if len(list) == 0 {
		return g.table()
	}
	return pick(g.chooser, list...)
}

// rekey returns an UPDATE of a row's key, which foreign keys may act on.
func (g *gen) rekey(verb string) string {
	t := g.referenced()
	key := t.columns[0].name
	g.tag("UPDATE")
	g.tag("UPDATE of a key")
	g.reach(t, "KEY UPDATE")
	set := key + " = " + key + pick(g.chooser, " + 10", " + 1", " - 10", " - 1")
	if g.percent(30) {
		set += ", " + t.payload + " = " + t.payload + " + 1"
	}
	return verb + t.name + " SET " + set + " WHERE " + key + " = " + strconv.Itoa(1+g.n(5))
}

func (g *gen) update() string {
	t := g.table()
	s := g.alone(t)
	verb := g.updateVerb(g)
	if g.percent(15) {
		return g.rekey(verb)
	}
	g.reach(t, "UPDATE")
	var set []string
	if g.percent(85) {
		set = append(set, t.payload+" = "+pick(g.chooser, t.payload+" + 1", "coalesce("+t.payload+", 0) + 1", strconv.Itoa(g.n(8))))
	}
	for range g.n(3) {
		c := &t.columns[g.n(len(t.columns))]
		if c.generated || c.name == t.payload || len(t.key) > 0 && c.name == t.key[0] && !g.percent(25) {
			continue
		}
		if len(t.key) > 0 && c.name == t.key[0] {
			g.tag("UPDATE of a key")
			g.reach(t, "KEY UPDATE")
		}
		if g.strict() && slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, c.name+" =") }) {
			continue // a column may be set once
		}
		set = append(set, c.name+" = "+g.stored(t, c))
	}
	switch how := weigh(g.chooser, []option[int]{{90, 0}, {5, 1}, {5, 2}}); {
	case how == 1 && !(g.strict() && slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, "k =") })):
		g.tag("subquery in SET")
		set = append(set, "k = ("+g.inner(s, pick(g.chooser, "max", "count"), []kind{kindInt})+")")
	case how == 2:
		g.tag("UPDATE FROM")
		return g.updateFrom(g, verb, t, set, s)
	case len(set) == 0:
		set = append(set, "k = "+g.value(kindInt))
	}
	if g.traits().rowSets && len(set) == 2 && g.percent(10) {
		a, b, _ := strings.Cut(set[0], " = ")
		c, d, _ := strings.Cut(set[1], " = ")
		set = []string{"(" + a + ", " + c + ") = (" + b + ", " + d + ")"}
	}
	g.tag("UPDATE")
	text := g.withWrite(verb+t.name+" SET "+strings.Join(set, ", "), t, s)
	if !g.traits().updateReturns {
		return text
	}
	return text + g.returning(t)
}

// withWrite adds the condition of an UPDATE or DELETE, sometimes through WITH.
func (g *gen) withWrite(text string, t *relation, s *scope) string {
	switch {
	case g.traits().withFirst && g.percent(4):
		g.tag("write with WITH")
		u := g.table()
		return "WITH z AS (SELECT " + u.columns[0].name + " FROM " + u.name + g.where(g.alone(u)) + ") " +
			text + " WHERE " + t.columns[0].name + " IN " + g.inTable("z")
	case g.percent(3):
		g.tag("write of all rows")
		return text
	default:
		return text + " WHERE " + g.one(t, s)
	}
}

func (g *gen) remove() string {
	t := g.table()
	g.tag("DELETE")
	if g.percent(15) {
		t = g.referenced()
		g.reach(t, "DELETE")
		return "DELETE FROM " + t.name + " WHERE " + t.columns[0].name + " = " + strconv.Itoa(1+g.n(5))
	}
	g.reach(t, "DELETE")
	return g.withWrite("DELETE FROM "+t.name, t, g.alone(t)) + g.returning(t)
}

// viewWrite writes through a view, if one can be written.
func (g *gen) viewWrite() string {
	for _, v := range g.made.views {
		if !v.writable {
			continue
		}
		s := g.alone(v)
		switch g.n(3) {
		case 0:
			g.tag("UPDATE of a view")
			return "UPDATE " + v.name + " SET " + v.payload + " = " + v.payload + " + 1 WHERE " + g.cond(s, 1)
		case 1:
			g.tag("INSERT into a view")
			return "INSERT INTO " + v.name + " (" + v.columns[0].name + ", k, " + v.payload + ") VALUES (" + strconv.Itoa(g.n(12)) + ", " + g.value(kindInt) + ", 1)"
		default:
			g.tag("DELETE from a view")
			return "DELETE FROM " + v.name + " WHERE " + g.cond(s, 1)
		}
	}
	return g.update()
}

// ddl changes the schema.
func (f sqliteFlavour) ddl(g *gen) string {
	g.tag("DDL")
	t := g.table()
	g.objects++
	n := g.objects
	defer func(was bool) { g.constant = was }(g.constant)
	g.constant = true
	switch g.n(8) {
	case 7:
		return "VACUUM"
	case 0:
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN z%d INTEGER%s", t.name, n, pick(g.chooser, "", " DEFAULT 1", " DEFAULT 'x'"))
	case 1:
		return fmt.Sprintf("CREATE INDEX i%d ON %s (k, %s)", n, t.name, t.payload)
	case 2:
		return fmt.Sprint("DROP INDEX IF EXISTS i", 1+g.n(n))
	case 3:
		return fmt.Sprintf("CREATE VIEW o%d AS SELECT * FROM %s%s", n, t.name, g.where(g.alone(t)))
	case 4:
		return f.trigger(g, fmt.Sprint("o", n, "t"))
	case 5:
		return "DROP TRIGGER IF EXISTS g0"
	default:
		return fmt.Sprint("DROP VIEW IF EXISTS o", 1+g.n(n))
	}
}
