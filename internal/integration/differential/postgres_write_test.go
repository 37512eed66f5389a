package differential

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// step makes a step of a case with so many queries.
func (f postgresFlavour) step(g *gen, queries int) step {
	switch weigh(g.chooser, []option[int]{{70, 0}, {3, 1}, {3, 2}, {24, 3}}) {
	case 0:
		return step{list: []statement{f.statement(g)}}
	case 1:
		return step{list: []statement{g.script()}}
	case 2:
		return f.session(g, queries)
	}
	st := step{begin: pick(g.chooser, "api", "api", "BEGIN", "START TRANSACTION", "BEGIN WORK"), end: pick(g.chooser, "COMMIT", "COMMIT", "END", "COMMIT WORK")}
	if st.begin == "api" {
		st.end = "COMMIT"
	}
	if g.percent(25) {
		st.end = "ROLLBACK"
	}
	if g.percent(12) {
		if st.begin == "api" {
			st.options = pick(g.chooser, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, &sql.TxOptions{Isolation: sql.LevelSerializable}, &sql.TxOptions{ReadOnly: true})
		} else {
			st.begin = "BEGIN " + pick(g.chooser, "ISOLATION LEVEL REPEATABLE READ", "ISOLATION LEVEL SERIALIZABLE", "READ ONLY")
		}
	}
	text := func(text string, tags ...string) {
		st.list = append(st.list, statement{text: text, tags: tags})
	}
	if g.percent(8) {
		text(pick(g.chooser, "SET LOCAL TimeZone = 'Asia/Tokyo'", "SET LOCAL search_path = public", "SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT set_config('extra_float_digits', '0', true)"), "set in a transaction")
	}
	alters := false // what others would wait for
	read := func() {
		if !alters {
			st.list = append(st.list, statement{read: 1 + g.n(queries), apart: g.percent(40), tags: []string{"read in a transaction"}})
		}
	}
	if g.percent(40) {
		read()
	}
	for range 1 + g.n(3) {
		open := g.percent(35)
		name := pick(g.chooser, "s1", "s2")
		if open {
			text("SAVEPOINT "+name, "savepoint")
		}
		write := f.statement(g)
		alters = alters || slices.Contains(write.tags, "write: DDL") || slices.Contains(write.tags, "write: TRUNCATE")
		st.list = append(st.list, write)
		if g.percent(40) {
			read()
		}
		if open && g.percent(80) {
			text(pick(g.chooser, "ROLLBACK TO ", "RELEASE ", "ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT ")+name, "savepoint")
		}
	}
	return st
}

// session makes a step in a session whose settings change, and change back.
func (f postgresFlavour) session(g *gen, queries int) step {
	set := pick(g.chooser, "SET TimeZone = 'Asia/Tokyo'", "SET search_path = public", "SET extra_float_digits = 0", "SET bytea_output = 'escape'", "SET DateStyle = 'German'", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET default_transaction_read_only = on", "SET work_mem = '8MB'")
	st := step{begin: set, end: "RESET ALL", session: true}
	for range 1 + g.n(3) {
		st.list = append(st.list, statement{read: 1 + g.n(queries), tags: []string{"read in a session"}})
		if g.percent(40) {
			st.list = append(st.list, f.statement(g))
		}
	}
	return st
}

// statement makes a write.
func (f postgresFlavour) statement(g *gen) statement {
	g.begin()
	st := statement{}
	switch weigh(g.chooser, []option[int]{{28, 0}, {38, 1}, {18, 2}, {6, 3}, {4, 4}, {4, 5}, {1, 6}, {2, 7}, {3, 8}, {1, 9}}) {
	case 0:
		st.text = g.insert()
	case 1:
		st.text = g.update()
	case 2:
		st.text = f.remove(g)
	case 3:
		st.text = g.viewWrite()
	case 4:
		st.text = f.merge(g)
	case 5:
		st.text = f.writingCTE(g)
	case 6:
		g.tag("TRUNCATE")
		st.text = "TRUNCATE " + g.table().name + pick(g.chooser, " CASCADE", " RESTART IDENTITY CASCADE", "")
	case 7:
		st.text = f.call(g)
	case 9:
		t := g.table()
		g.tag("FOR UPDATE")
		st.text, st.rows = "SELECT * FROM "+t.name+" WHERE "+g.one(t, g.alone(t))+pick(g.chooser, " FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE"), true
	default:
		st.text, st.script = f.ddl(g)
	}
	st.rows = st.rows || slices.Contains(g.tags, "RETURNING")
	st.text = f.finish(g, st.text)
	st.args = g.args
	if st.prepared = !st.script && g.percent(15); st.prepared {
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

func (f postgresFlavour) remove(g *gen) string {
	if !g.percent(15) {
		return g.remove()
	}
	t := g.table()
	g.tag("DELETE")
	g.tag("DELETE USING")
	g.reach(t, "DELETE")
	s := g.alone(t)
	text, src := g.take(g.table())
	return "DELETE FROM " + t.name + " USING " + text + " WHERE " + src.alias + ".k = " + t.name + ".k AND " + g.one(t, &scope{sources: []source{s.sources[0], src}}) + g.returning(t)
}

// merge makes a MERGE with rows that are told by their keys.
func (f postgresFlavour) merge(g *gen) string {
	t := g.table()
	g.tag("MERGE")
	for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
		g.reach(t, event)
	}
	id := t.columns[0].name
	text := fmt.Sprintf("MERGE INTO %s USING (VALUES (%d, %d), (%d, %d)) AS v (n, x) ON %s.%s = v.n", t.name, 1+g.n(4), g.n(4), 5+g.n(8), g.n(4), t.name, id)
	if g.percent(40) {
		text += " WHEN MATCHED AND v.x = 3 THEN " + pick(g.chooser, "DELETE", "DO NOTHING")
	}
	if g.percent(85) {
		text += " WHEN MATCHED THEN UPDATE SET " + t.payload + " = " + t.payload + " + 1" + pick(g.chooser, "", ", k = v.x")
	}
	return text + " WHEN NOT MATCHED THEN " + pick(g.chooser, "DO NOTHING", "INSERT ("+id+", k) VALUES (v.n, v.x)")
}

// writingCTE makes a statement with a write inside.
func (f postgresFlavour) writingCTE(g *gen) string {
	g.tag("data-modifying CTE")
	t, to := g.table(), g.table()
	s := g.alone(t)
	id := t.columns[0].name
	var text string
	if g.percent(50) {
		g.reach(t, "DELETE")
		text = "WITH d AS (DELETE FROM " + t.name + " WHERE " + g.one(t, s) + " RETURNING " + id + " AS n, k) "
	} else {
		g.reach(t, "UPDATE")
		text = "WITH d AS (UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE " + g.one(t, s) + " RETURNING " + id + " AS n, k) "
	}
	switch g.n(3) {
	case 0:
		g.tag("RETURNING")
		return text + "SELECT n, k FROM d"
	case 1:
		g.reach(to, "INSERT")
		return text + "INSERT INTO " + to.name + " (" + to.columns[0].name + ", k) SELECT n + 20, k FROM d ORDER BY n ON CONFLICT DO NOTHING"
	default:
		if to == t {
			g.tag("RETURNING")
			return text + "SELECT count(*) FROM d"
		}
		g.reach(to, "UPDATE")
		return text + "UPDATE " + to.name + " SET " + to.payload + " = " + to.payload + " + 1 WHERE " + to.name + ".k IN (SELECT k FROM d)"
	}
}

// call writes through a function or a block.
func (f postgresFlavour) call(g *gen) string {
	if g.made.procedure != "" && g.percent(60) {
		g.tag("function that writes")
		g.tag("RETURNING") // it returns rows
		return "SELECT " + g.made.procedure + "(" + g.number(1+g.n(8)) + ")"
	}
	t := g.table()
	g.tag("DO")
	return "DO $$BEGIN UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE " + t.columns[0].name + " = " + strconv.Itoa(1+g.n(8)) + "; END$$"
}

// upsert returns an ON CONFLICT clause, or nothing.
func (f postgresFlavour) upsert(g *gen, t *relation) string {
	if !g.percent(18) {
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
	if target == "" || g.percent(30) {
		g.tag("ON CONFLICT DO NOTHING")
		return " ON CONFLICT" + target + " DO NOTHING"
	}
	g.tag("ON CONFLICT DO UPDATE")
	text := " ON CONFLICT" + target + " DO UPDATE SET " + t.payload + " = " + pick(g.chooser, "excluded."+t.payload, t.name+"."+t.payload+" + 1", "7") + ", k = " + pick(g.chooser, "excluded.k", "1", t.name+".k")
	if g.percent(25) {
		text += " WHERE " + g.cond(g.alone(t), 0)
	}
	return text
}

func (postgresFlavour) usualUpsert(t *relation) string { return onConflict(t) }

// updateFrom: rows of the source that fit the same row would be a matter of chance.
func (postgresFlavour) updateFrom(g *gen, verb string, t *relation, _ []string, s *scope) string {
	text, src := g.take(g.table())
	return verb + t.name + " SET " + t.payload + " = " + t.payload + " + 1 FROM " + text + " WHERE " + src.alias + ".k = " + t.name + ".k AND " + g.one(t, s)
}

func (postgresFlavour) insertVerb(*gen) string { return "INSERT INTO " }

func (postgresFlavour) updateVerb(*gen) string { return "UPDATE " }

func (postgresFlavour) inTable(name string) string { return "(SELECT * FROM " + name + ")" }

// firstRows: rows that are alike in all columns are no matter of their order.
func (postgresFlavour) firstRows(columns int) string {
	list := make([]string, columns)
	for i := range list {
		list[i] = strconv.Itoa(i + 1)
	}
	return " ORDER BY " + strings.Join(list, ", ") + " LIMIT 2"
}

// ddl changes the schema, sometimes by several statements in one text.
func (f postgresFlavour) ddl(g *gen) (text string, script bool) {
	g.tag("DDL")
	t := g.table()
	g.objects++
	n := g.objects
	defer func(was bool) { g.constant = was }(g.constant)
	g.constant = true
	switch g.n(14) {
	case 0:
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN z%d INTEGER%s", t.name, n, pick(g.chooser, "", " DEFAULT 1", " NOT NULL DEFAULT 2")), false
	case 1:
		return fmt.Sprintf("CREATE INDEX i%d ON %s (k, %s)", n, t.name, t.payload), false
	case 2:
		return fmt.Sprint("DROP INDEX IF EXISTS i", 1+g.n(n)), false
	case 3:
		return fmt.Sprintf("CREATE OR REPLACE VIEW o%d AS SELECT * FROM %s%s", n, t.name, g.where(g.alone(t))), false
	case 4:
		return strings.Join(f.trigger(g, fmt.Sprint("o", n, "t")), "; "), true
	case 5:
		return "DROP TRIGGER IF EXISTS g0 ON " + t.name, false
	case 6:
		return fmt.Sprint("DROP VIEW IF EXISTS o", 1+g.n(n)), false
	case 7:
		return "ALTER TABLE " + t.name + " ALTER COLUMN k TYPE bigint", false
	case 8:
		return pick(g.chooser, "ANALYZE "+t.name, "VACUUM "+t.name, "COMMENT ON TABLE "+t.name+" IS 'x'"), false
	case 9:
		return "ALTER TABLE " + t.name + pick(g.chooser, " DISABLE TRIGGER USER", " ENABLE TRIGGER USER"), false
	case 10:
		return "CREATE OR REPLACE FUNCTION g0f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE k = 2; RETURN coalesce(NEW, OLD); END$$", false
	case 11:
		return f.rule(g, fmt.Sprint("o", n, "r")), false
	case 12:
		return fmt.Sprintf("CREATE TABLE o%dc AS SELECT * FROM %s; DROP TABLE o%dc", n, t.name, n), true
	default:
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %d", t.name, t.payload, g.n(4)), false
	}
}
