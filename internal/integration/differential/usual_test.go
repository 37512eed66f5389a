package differential

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// Most cases are usual ones: tables, queries and writes as programs have them
// every day, over and over. The others hold everything there is, each of it as
// often as the rest, so that all of it is compared; what they drop says little
// of what a program will see. The precision of both together is what is told.
const usualShare = 84 // percent of the cases

var usualCases = flag.Int("differential.usual", usualShare, "percent of the cases that are usual ones; the precision has a floor for the default alone")

// makeUsualSchema makes tables with numbered rows that refer to one another.
func (g *gen) makeUsualSchema() {
	g.made = &schema{foreignKeys: true}
	for i := range 2 + g.n(3) {
		t := &relation{
			name: fmt.Sprint("t", i), payload: fmt.Sprint("p", i), rowid: true, key: []string{fmt.Sprint("id", i)},
			columns: []column{
				{name: fmt.Sprint("id", i), kind: kindInt, notNull: true}, {name: "k", kind: kindInt},
				{name: fmt.Sprint("a", i), kind: kindText}, {name: fmt.Sprint("p", i), kind: kindInt},
			},
		}
		ddl := g.usualTable(i)
		if i > 0 {
			t.parent, t.ref = g.made.tables[g.n(i)], fmt.Sprint("f", i)
			t.columns = append(t.columns, column{name: t.ref, kind: kindInt})
			t.onDelete = pick(g.chooser, "CASCADE", "CASCADE", "SET NULL")
			ddl += fmt.Sprintf(", %s INTEGER REFERENCES %s (%s) ON DELETE %s", t.ref, t.parent.name, t.parent.key[0], t.onDelete)
		}
		g.made.ddl = append(g.made.ddl, ddl+")")
		g.made.tables = append(g.made.tables, t)
	}
}

// id returns a row's number.
func (g *gen) id() string { return g.number(1 + g.n(8)) }

// text returns one of the usual texts.
func (g *gen) text() string {
	if usual, _ := g.literals(kindText); g.constant || g.percent(50) {
		return pick(g.chooser, usual...)
	}
	return g.param(pick(g.chooser, textValues...))
}

// group returns a condition on what many rows of a table have in common.
func (g *gen) group(t *relation, alias string) string {
	g.tag("=")
	var text string
	if t.parent != nil && g.percent(60) {
		text = alias + "." + t.ref + " = " + g.id()
	} else {
		text = alias + ".k = " + g.number(g.n(4))
	}
	switch {
	case g.percent(35):
		g.tag("AND")
		text += " AND " + alias + "." + t.columns[2].name + " = " + g.text()
	case g.percent(10):
		g.tag("AND")
		g.tag("IN list")
		text += " AND " + alias + "." + t.columns[2].name + " IN (" + g.text() + ", " + g.text() + ")"
	}
	return text
}

// usualQuery makes a query: a row by its key, a list, numbers over one, rows
// with what they belong to.
func (g *gen) usualQuery() selection {
	g.begin()
	t := g.table()
	key, payload := t.columns[0].name, t.payload
	var text string
	switch weigh(g.chooser, []option[int]{{34, 0}, {34, 1}, {8, 2}, {8, 3}, {10, 4}, {6, 5}}) {
	case 0:
		g.tag("one table")
		g.tag("=")
		text = "SELECT * FROM " + t.name + " WHERE " + key + " = " + g.id()
	case 1:
		g.tag("one table")
		g.tag("ORDER BY")
		g.ordered = true // by a key
		text = "SELECT * FROM " + t.name + " WHERE " + g.group(t, t.name) + " ORDER BY " + key
	case 2:
		g.tag("one table")
		g.tag("aggregate")
		text = "SELECT count(*), sum(" + payload + ") FROM " + t.name + " WHERE " + g.group(t, t.name)
	case 3:
		g.tag("one table")
		g.tag("IN list")
		text = "SELECT " + key + ", " + payload + " FROM " + t.name + " WHERE " + key
		if g.traits().arrays && g.percent(40) {
			g.plain = true
			text += " = ANY(" + g.list(g, kindInt) + ")"
		} else {
			text += " IN (" + g.id() + ", " + g.id() + ", " + g.id() + ")"
		}
	case 4:
		// A row with those that belong to it: the key crosses the join.
		if t.parent == nil {
			g.tag("one table")
			text = "SELECT " + payload + " FROM " + t.name + " WHERE " + g.group(t, t.name)
			break
		}
		g.nested = true
		join := pick(g.chooser, "inner join", "left join")
		g.tag(join)
		g.tag("=")
		text = "SELECT p.*, c.* FROM " + t.parent.name + " p " + map[string]string{"inner join": "JOIN ", "left join": "LEFT JOIN "}[join] +
			t.name + " c ON c." + t.ref + " = p." + t.parent.key[0] + " WHERE p." + t.parent.key[0] + " = " + g.id()
	default:
		if t.parent == nil {
			g.tag("one table")
			text = "SELECT " + payload + " FROM " + t.name + " WHERE " + g.group(t, t.name)
			break
		}
		g.nested = true
		g.tag("correlated")
		g.tag("=")
		p := t.parent
		text = "SELECT p." + p.payload + ", (SELECT sum(c." + payload + ") FROM " + t.name + " c WHERE c." + t.ref + " = p." + p.key[0] + ") FROM " + p.name + " p WHERE p." + p.key[0] + " = " + g.id()
	}
	text = g.finish(g, text)
	return selection{text: text, args: g.args, tags: g.tags, ordered: g.ordered}
}

// usualStep makes a write or a transaction of a few.
func (g *gen) usualStep(queries int) step {
	if g.percent(80) {
		return step{list: []statement{g.usualWrite()}}
	}
	st := step{begin: "api", end: "COMMIT"}
	if g.percent(20) {
		st.end = "ROLLBACK"
	}
	for range 2 + g.n(2) {
		st.list = append(st.list, g.usualWrite())
		if g.percent(30) {
			st.list = append(st.list, statement{read: 1 + g.n(queries), tags: []string{"read in a transaction"}})
		}
	}
	return st
}

// usualWrite makes a write of a row or of those of a group.
func (g *gen) usualWrite() statement {
	g.begin()
	t := g.table()
	key, payload := t.columns[0].name, t.payload
	st := statement{prepared: g.percent(30)}
	row := func(id string) string {
		names, values := []string{"k", t.columns[2].name, payload}, []string{g.number(g.n(4)), g.text(), g.number(g.n(8))}
		if t.parent != nil {
			names, values = append(names, t.ref), append(values, "(SELECT "+t.parent.key[0]+" FROM "+t.parent.name+" WHERE "+t.parent.key[0]+" >= "+g.id()+" ORDER BY 1 LIMIT 1)")
		}
		if id != "" {
			names, values = append(names, key), append(values, id)
		}
		return "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
	}
	switch weigh(g.chooser, []option[int]{{40, 0}, {14, 1}, {6, 2}, {20, 3}, {8, 4}, {4, 5}, {8, 6}}) {
	case 0:
		st.text, st.tags = "UPDATE "+t.name+" SET "+payload+" = "+payload+" + 1 WHERE "+key+" = "+g.id(), []string{"write: UPDATE", "write: by key"}
	case 1: // the row moves to another group
		st.text, st.tags = "UPDATE "+t.name+" SET k = (k + 1) % 4, "+payload+" = "+payload+" + 1 WHERE "+key+" = "+g.id(), []string{"write: UPDATE", "write: by key"}
	case 2:
		st.text, st.tags = "UPDATE "+t.name+" SET "+payload+" = "+payload+" + 1 WHERE "+g.group(t, t.name), []string{"write: UPDATE"}
	case 3:
		st.text, st.tags, st.id = row(""), []string{"write: INSERT of a row"}, true
	case 4:
		id := strconv.Itoa(1 + g.n(8))
		st.text = row(id) + g.usualUpsert(t)
		st.tags = []string{"write: INSERT of a row", "write: ON CONFLICT DO UPDATE"}
	case 5:
		g.reach(t, "DELETE")
		st.text, st.tags = "DELETE FROM "+t.name+" WHERE "+key+" = "+g.id(), []string{"write: DELETE", "write: by key"}
		for _, tag := range g.tags {
			if strings.HasPrefix(tag, "ON DELETE ") {
				st.tags = append(st.tags, "write: "+tag)
			}
		}
	default: // the newest one, so that tables stay small
		st.text, st.tags = "DELETE FROM "+t.name+" WHERE "+key+" > 8 AND "+g.group(t, t.name), []string{"write: DELETE"}
	}
	if st.prepared {
		st.tags = append(st.tags, "write: prepared")
	}
	st.text = g.finish(g, st.text)
	st.args = g.args
	return st
}
