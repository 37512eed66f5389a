package differential

import (
	"fmt"
	"slices"
	"strings"
)

// column is a column of a table or of any other source of rows.
type column struct {
	name      string
	kind      kind
	generated bool
	notNull   bool
}

// relation is a table or a view.
type relation struct {
	name         string
	columns      []column
	key          []string // of the primary key; empty for none
	payload      string   // the column that most updates change
	unique       []string
	rowid        bool // the key is the row's number
	withoutRowid bool
	parent       *relation // of the first foreign key
	ref          string    // its column
	onDelete     string    // what it does when the parent's row goes
	onUpdate     string    // and when its key changes
	writable     bool      // a view with INSTEAD OF triggers
	tag          string    // of a view: what it is
	family       bool      // it has partitions or heirs
	stays        bool      // no foreign key can lead to it or from it
}

func (r *relation) column(name string) *column {
	for i := range r.columns {
		if r.columns[i].name == name {
			return &r.columns[i]
		}
	}
	return nil
}

// schema is what the statements of a case can be about.
type schema struct {
	tables, views []*relation
	ddl           []string
	foreignKeys   bool
	triggers      map[string]bool // by table and event
	function      string          // one of the case's own, that reads
	procedure     string          // and one that writes
	types         map[string]bool // that were made
}

// schema makes 2 to 5 tables, and views and triggers over them.
func (f sqliteFlavour) schema(g *gen, triggers bool) {
	g.made = &schema{foreignKeys: !triggers || !g.percent(10)}
	for i := range 2 + g.n(4) {
		f.table(g, i)
	}
	g.makeViews()
	if triggers && g.percent(35) {
		for i := range 1 + g.n(2) {
			g.made.ddl = append(g.made.ddl, f.trigger(g, fmt.Sprint("g", i)))
		}
	}
}

var declarations = []option[column]{
	{6, column{name: "INTEGER", kind: kindInt}},
	{3, column{name: "TEXT", kind: kindText}},
	{2, column{name: "TEXT COLLATE NOCASE", kind: kindFold}},
	{2, column{name: "VARCHAR(9) COLLATE RTRIM", kind: kindTrim}},
	{1, column{name: "TEXT COLLATE BINARY", kind: kindText}},
	{2, column{name: "BOOLEAN", kind: kindBool}},
	{1, column{name: "NUMERIC(10,2)", kind: kindNum}},
	{2, column{name: "", kind: kindAny}},
}

func (sqliteFlavour) table(g *gen, i int) {
	t := &relation{name: fmt.Sprint("t", i), payload: fmt.Sprint("p", i)}
	var parts, tail []string
	add := func(name, decl string, c column) {
		c.name = name
		t.columns = append(t.columns, c)
		parts = append(parts, strings.TrimSpace(name+" "+decl))
	}
	id := fmt.Sprint("id", i)
	switch weigh(g.chooser, []option[int]{{70, 0}, {9, 1}, {9, 2}, {6, 3}, {6, 4}}) {
	case 0:
		t.key, t.rowid = []string{id}, true
		add(id, "INTEGER PRIMARY KEY", column{kind: kindInt, notNull: true})
	case 1, 2:
		t.withoutRowid = g.percent(50)
		t.key = []string{id, fmt.Sprint("y", i)}
		add(id, "INTEGER NOT NULL", column{kind: kindInt, notNull: true})
		add(t.key[1], "TEXT NOT NULL DEFAULT 'a'", column{kind: kindText, notNull: true})
		tail = append(tail, "PRIMARY KEY ("+strings.Join(t.key, ", ")+")")
	case 3:
		t.withoutRowid = true
		t.key = []string{id}
		add(id, "INTEGER NOT NULL PRIMARY KEY", column{kind: kindInt, notNull: true})
	default:
		add(id, "INTEGER", column{kind: kindInt})
	}
	// Columns of one name in all tables are what USING and NATURAL join by.
	common := weigh(g.chooser, []option[column]{{9, declarations[0].value}, {1, declarations[1].value}})
	add("k", common.name, common)
	for _, name := range []string{"a", "b", "c"}[:1+g.n(3)] {
		c := weigh(g.chooser, declarations)
		decl := c.name
		if g.percent(20) {
			usual, _ := g.literals(c.kind)
			decl += " DEFAULT " + pick(g.chooser, usual...)
			if g.percent(50) {
				decl += " NOT NULL"
				c.notNull = true
			}
		}
		add(name+fmt.Sprint(i), decl, c)
	}
	add(t.payload, "INTEGER DEFAULT 0", column{kind: kindInt})
	if i > 0 && g.percent(65) {
		tail = append(tail, g.foreignKey(t, i, add)...)
	}
	if g.percent(12) {
		of := pick(g.chooser, "k", t.columns[len(t.columns)-2].name)
		t.unique = []string{of}
		if g.percent(50) {
			t.unique = append(t.unique, t.payload)
		}
		tail = append(tail, "UNIQUE ("+strings.Join(t.unique, ", ")+")")
	}
	if g.percent(12) {
		add(fmt.Sprint("v", i), "INTEGER GENERATED ALWAYS AS ("+pick(g.chooser, "k % 2", "coalesce(k, 0) + 1", t.payload+" % 3")+") "+pick(g.chooser, "VIRTUAL", "STORED"),
			column{kind: kindInt, generated: true})
	}
	ddl := "CREATE TABLE " + t.name + " (" + strings.Join(append(parts, tail...), ", ") + ")"
	if t.withoutRowid {
		ddl += " WITHOUT ROWID"
	}
	g.made.tables = append(g.made.tables, t)
	g.made.ddl = append(g.made.ddl, ddl)
}

var actions = []string{"CASCADE", "SET NULL", "SET DEFAULT", "CASCADE", "SET NULL", "SET DEFAULT", "SET DEFAULT", "RESTRICT", "NO ACTION"}

// foreignKey adds the columns of a foreign key to an earlier table or to the
// table itself, and returns the constraint.
func (g *gen) foreignKey(t *relation, i int, add func(name, decl string, c column)) []string {
	var parents []*relation
	for _, p := range append(slices.Clone(g.made.tables), t) {
		if g.refers(t, p) && (p != t || g.percent(40)) {
			parents = append(parents, p)
		}
	}
	if len(parents) == 0 {
		return nil
	}
	p := parents[g.n(len(parents))]
	var columns []string
	for n, key := range p.key {
		name := fmt.Sprintf("f%d%s", i, []string{"", "b"}[n])
		c := *p.column(key)
		usual, _ := g.literals(c.kind)
		add(name, g.keyType(c.kind)+" DEFAULT "+usual[1], column{kind: c.kind})
		columns = append(columns, name)
	}
	t.parent, t.ref = p, columns[0]
	fk := "FOREIGN KEY (" + strings.Join(columns, ", ") + ") REFERENCES " + p.name + " (" + strings.Join(p.key, ", ") + ")"
	if g.percent(75) {
		t.onDelete = pick(g.chooser, g.traits().actions...)
		fk += " ON DELETE " + t.onDelete
	}
	if g.percent(75) {
		t.onUpdate = pick(g.chooser, g.traits().actions...)
		fk += " ON UPDATE " + t.onUpdate
	}
	if g.traits().deferrable && g.percent(10) {
		fk += " DEFERRABLE INITIALLY DEFERRED"
	}
	return []string{fk}
}

// makeViews adds a view over a table, one over a join, and one over a view.
func (g *gen) makeViews() {
	g.begin()
	g.constant = true // a view has no parameters
	defer func() { g.constant = false }()
	names := func(r *relation, from []column, rename bool) (list []string) {
		for i, c := range from {
			name := c.name
			if rename {
				name = fmt.Sprintf("x%d", i)
			}
			list = append(list, name)
			r.columns = append(r.columns, column{name: name, kind: c.kind})
		}
		return list
	}
	if g.percent(60) {
		t := g.table()
		v := &relation{name: "w0", tag: "view", payload: t.payload, key: t.key}
		s := g.alone(t)
		text := "CREATE VIEW w0 AS SELECT " + strings.Join(names(v, t.columns, false), ", ") + " FROM " + t.name
		if g.percent(80) {
			text += " WHERE " + g.cond(s, 1)
		}
		g.made.ddl = append(g.made.ddl, text)
		g.made.views = append(g.made.views, v)
		if g.percent(75) {
			g.writable(g, v, t)
		}
	}
	if g.percent(35) {
		from, s := g.from(nil, 2)
		v := &relation{name: "w1", tag: "view with a join"}
		var list []column
		var refs []string
		for _, src := range s.sources {
			for _, c := range src.relation.columns {
				list = append(list, c)
				refs = append(refs, src.alias+"."+c.name)
			}
		}
		g.made.ddl = append(g.made.ddl, "CREATE VIEW w1 ("+strings.Join(names(v, list, true), ", ")+") AS SELECT "+strings.Join(refs, ", ")+" FROM "+from+g.where(s))
		g.made.views = append(g.made.views, v)
	}
	if len(g.made.views) > 0 && g.percent(40) {
		of := pick(g.chooser, g.made.views...)
		v := &relation{name: "w2", tag: "nested view"}
		s := g.alone(of)
		g.made.ddl = append(g.made.ddl, "CREATE VIEW w2 AS SELECT "+strings.Join(names(v, of.columns, false), ", ")+" FROM "+of.name+g.where(s))
		g.made.views = append(g.made.views, v)
	}
}

// writable makes a view writable.
func (sqliteFlavour) writable(g *gen, v, t *relation) {
	v.writable = true
	key := t.columns[0].name
	var list, news []string
	for _, c := range t.columns {
		if !c.generated {
			list, news = append(list, c.name), append(news, "new."+c.name)
		}
	}
	g.made.ddl = append(g.made.ddl,
		"CREATE TRIGGER w0i INSTEAD OF INSERT ON w0 BEGIN INSERT INTO "+t.name+" ("+strings.Join(list, ", ")+") VALUES ("+strings.Join(news, ", ")+"); END",
		"CREATE TRIGGER w0u INSTEAD OF UPDATE ON w0 BEGIN UPDATE "+t.name+" SET "+t.payload+" = new."+t.payload+", k = new.k WHERE "+key+" = old."+key+"; END",
		"CREATE TRIGGER w0d INSTEAD OF DELETE ON w0 BEGIN DELETE FROM "+t.name+" WHERE "+key+" = old."+key+"; END")
}

// trigger makes a trigger on a table.
func (sqliteFlavour) trigger(g *gen, name string) string {
	on, to := g.table(), g.table()
	event := pick(g.chooser, "INSERT", "UPDATE", "DELETE")
	if g.made.triggers == nil {
		g.made.triggers = map[string]bool{}
	}
	g.made.triggers[on.name+" "+event] = true
	row := "new"
	if event == "DELETE" || event == "UPDATE" && g.percent(50) {
		row = "old"
	}
	if event == "UPDATE" && g.percent(40) {
		event += " OF " + pick(g.chooser, on.payload, "k")
	}
	var body string
	switch g.n(8) {
	case 0, 1, 2:
		body = "UPDATE " + to.name + " SET " + to.payload + " = " + to.payload + " + 1 WHERE k = " + row + ".k"
	case 3, 4:
		body = "INSERT OR IGNORE INTO " + to.name + " (" + to.columns[0].name + ", k) VALUES (" + row + "." + on.payload + " + 10, " + row + ".k)"
	case 5:
		body = "DELETE FROM " + to.name + " WHERE k = " + row + ".k AND " + to.payload + " > 3"
	case 6:
		body = "SELECT RAISE(" + pick(g.chooser, "IGNORE", "ABORT, 'no'", "FAIL, 'no'", "ROLLBACK, 'no'") + ") WHERE " + row + ".k = 3"
	default:
		body = "UPDATE " + on.name + " SET " + on.payload + " = " + on.payload + " + 1 WHERE " + on.columns[0].name + " = " + row + "." + on.columns[0].name
	}
	when := ""
	if g.percent(40) {
		when = " WHEN " + row + ".k " + pick(g.chooser, "= 1", "> 0", "IS NOT NULL")
	}
	return "CREATE TRIGGER " + name + " " + pick(g.chooser, "AFTER", "BEFORE") + " " + event + " ON " + on.name + when + " BEGIN " + body + "; END"
}

func (g *gen) table() *relation { return pick(g.chooser, g.made.tables...) }
