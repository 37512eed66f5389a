package differential

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// step makes a step of a case with so many queries.
func (f mysqlFlavour) step(g *gen, queries int) step {
	switch weigh(g.chooser, []option[int]{{68, 0}, {3, 1}, {4, 2}, {20, 3}, {5, 4}}) {
	case 0:
		return step{list: []statement{f.statement(g)}}
	case 1:
		return step{list: []statement{g.script()}}
	case 2:
		return f.session(g, queries)
	case 4:
		return f.silent(g, queries)
	}
	st := step{begin: pick(g.chooser, "api", "api", "BEGIN", "START TRANSACTION", "BEGIN WORK"), end: pick(g.chooser, "COMMIT", "COMMIT", "COMMIT WORK", "COMMIT AND NO CHAIN")}
	if st.begin == "api" {
		st.end = "COMMIT"
	}
	if g.percent(25) {
		st.end = "ROLLBACK"
	}
	if g.percent(20) {
		if st.begin == "api" {
			st.options = pick(g.chooser, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, &sql.TxOptions{Isolation: sql.LevelSerializable}, &sql.TxOptions{ReadOnly: true})
		} else {
			st.begin = "START TRANSACTION " + pick(g.chooser, "WITH CONSISTENT SNAPSHOT", "READ ONLY", "READ WRITE")
		}
	}
	f.inside(g, &st, queries)
	return st
}

// silent makes a transaction that begins by itself, where nothing is committed at once.
func (f mysqlFlavour) silent(g *gen, queries int) step {
	st := step{begin: pick(g.chooser, "SET autocommit = 0", "SET autocommit = OFF", "SET SESSION autocommit = 0", "SET @@autocommit = 0"), end: pick(g.chooser, "SET autocommit = 1", "SET autocommit = ON")}
	f.inside(g, &st, queries)
	if g.percent(30) {
		st.list = append(st.list, statement{text: "ROLLBACK", tags: []string{"rollback"}})
	}
	st.list = append(st.list, statement{read: 1 + g.n(queries), tags: []string{"autocommit off"}})
	return st
}

// inside makes the statements of a transaction.
func (f mysqlFlavour) inside(g *gen, st *step, queries int) {
	text := func(text string, tags ...string) {
		st.list = append(st.list, statement{text: text, tags: tags})
	}
	read := func() {
		st.list = append(st.list, statement{read: 1 + g.n(queries), apart: g.percent(40), tags: []string{"read in a transaction"}})
	}
	if g.percent(40) {
		read()
	}
	for range 1 + g.n(3) {
		// Who has read a table of Aria's cannot set one, and whom the cache answered has not
		// read it.
		open := g.percent(30) && !g.made.types["Aria"]
		name := pick(g.chooser, "s1", "s2")
		if open {
			text("SAVEPOINT "+name, "savepoint")
		}
		st.list = append(st.list, f.statement(g))
		if g.percent(40) {
			read()
		}
		if open && g.percent(80) {
			text(pick(g.chooser, "ROLLBACK TO ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ", "ROLLBACK WORK TO SAVEPOINT ")+name, "savepoint")
		}
		if g.percent(6) {
			text(pick(g.chooser, "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "START TRANSACTION", "BEGIN"), "end in the middle")
		}
	}
}

// session makes a step in a session whose settings change, and change back.
func (f mysqlFlavour) session(g *gen, queries int) step {
	t := g.table()
	type change struct{ set, reset string }
	name := func(set string) change {
		word, _, _ := strings.Cut(strings.TrimPrefix(set, "SET "), " ")
		return change{set, "SET " + word + " = DEFAULT"}
	}
	c := pick(g.chooser,
		name("SET time_zone = '+09:00'"), name("SET sql_mode = 'ANSI_QUOTES'"), name("SET sql_mode = 'NO_BACKSLASH_ESCAPES'"), name("SET sql_mode = 'PIPES_AS_CONCAT'"), name("SET sql_mode = 'HIGH_NOT_PRECEDENCE'"), name("SET sql_mode = ''"),
		name("SET sql_mode = 'ORACLE'"), name("SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"), name("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"),
		change{"SET NAMES latin1", "SET NAMES utf8mb4"}, name("SET collation_connection = utf8mb4_bin"), change{"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"},
		change{"SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"}, name("SET group_concat_max_len = 4"), name("SET sql_select_limit = 1"), name("SET foreign_key_checks = 0"), name("SET sql_safe_updates = 1"),
		name("SET div_precision_increment = 1"), name("SET lc_time_names = 'de_DE'"), name("SET auto_increment_increment = 3"), name("SET sort_buffer_size = 100000"), name("SET timestamp = 1000000000"), name("SET completion_type = 'CHAIN'"),
		change{"SET @x = 1", "SET @x = NULL"}, change{"SET character_set_results = latin1", "SET character_set_results = utf8mb4"}, change{"SET character_set_client = latin1", "SET character_set_client = utf8mb4"},
		change{"CREATE TEMPORARY TABLE " + t.name + " AS SELECT * FROM " + t.name + " WHERE k > 0", "DROP TEMPORARY TABLE " + t.name},
		change{"PREPARE bumping FROM 'UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE k = 1'", "DEALLOCATE PREPARE bumping"},
	)
	st := step{begin: c.set, end: c.reset, session: true}
	for range 1 + g.n(3) {
		st.list = append(st.list, statement{read: 1 + g.n(queries), tags: []string{"read in a session"}})
		if g.percent(50) {
			st.list = append(st.list, f.statement(g))
		}
	}
	if strings.HasPrefix(c.set, "PREPARE") {
		st.list = append(st.list, statement{text: "EXECUTE bumping", tags: []string{"write: EXECUTE"}})
	}
	return st
}

// mysqlTells matches statements that return rows and are run as if they did not.
var mysqlTells = regexp.MustCompile(`^(ANALYZE|EXPLAIN|CHECK|OPTIMIZE|WITH|\(SELECT|CALL|EXECUTE|SET STATEMENT)`)

// statement makes a write.
func (f mysqlFlavour) statement(g *gen) statement {
	g.begin()
	st := statement{}
	switch weigh(g.chooser, []option[int]{{30, 0}, {38, 1}, {18, 2}, {6, 3}, {8, 4}, {2, 5}, {2, 6}, {3, 7}, {2, 8}, {1, 9}}) {
	case 0:
		st.text = g.insert()
	case 1:
		st.text = f.ordered(g, g.update())
	case 2:
		st.text = f.remove(g)
	case 3:
		st.text = g.viewWrite()
	case 4:
		st.text = f.several(g)
	case 5:
		g.tag("TRUNCATE")
		st.text = pick(g.chooser, "TRUNCATE ", "TRUNCATE TABLE ") + g.table().name
	case 6:
		st.text = f.call(g)
	case 8:
		st.text = f.odd(g)
	case 9:
		t := g.table()
		g.tag("FOR UPDATE")
		st.text, st.rows = "SELECT * FROM "+t.name+" WHERE "+g.one(t, g.alone(t))+pick(g.chooser, " FOR UPDATE", " LOCK IN SHARE MODE", " FOR UPDATE SKIP LOCKED"), true
	default:
		st.text, st.script = f.ddl(g)
	}
	st.rows = st.rows || slices.Contains(g.tags, "RETURNING")
	st.id = slices.Contains(g.tags, "numbered")
	st.text = f.finish(g, st.text)
	st.args = g.args
	// The driver waits forever for the columns of a prepared statement that returns rows
	// nobody asked for: MariaDB does not tell them twice.
	if st.prepared = !st.script && g.percent(15) && (st.rows || !mysqlTells.MatchString(st.text)); st.prepared {
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

// ordered adds ORDER BY and LIMIT to a write of one table, where a key tells the order.
func (mysqlFlavour) ordered(g *gen, text string) string {
	for _, t := range g.made.tables {
		for _, verb := range []string{"UPDATE ", "UPDATE IGNORE ", "DELETE FROM "} {
			if strings.HasPrefix(text, verb+t.name+" ") && len(t.key) == 1 && !strings.Contains(text, "RETURNING") && !strings.Contains(text, " JOIN ") && g.percent(12) {
				g.tag("ORDER BY")
				text += " ORDER BY " + t.key[0] + pick(g.chooser, "", " DESC")
				if g.percent(80) {
					text += " LIMIT " + g.number(1+g.n(3))
				}
				return text
			}
		}
	}
	return text
}

func (f mysqlFlavour) remove(g *gen) string {
	if !g.percent(12) {
		return f.ordered(g, g.remove())
	}
	t := g.table()
	g.tag("DELETE")
	g.tag("DELETE JOIN")
	g.reach(t, "DELETE")
	s := g.alone(t)
	text, src := g.take(g.table())
	on := src.alias + ".k = " + t.name + ".k WHERE " + g.one(t, &scope{sources: []source{s.sources[0], src}})
	return pick(g.chooser, "DELETE "+t.name+" FROM "+t.name+" JOIN "+text+" ON ", "DELETE FROM "+t.name+" USING "+t.name+" JOIN "+text+" ON ") + on
}

// several writes to two tables at once.
func (mysqlFlavour) several(g *gen) string {
	t, u := g.table(), g.table()
	s := g.alone(t)
	text, src := g.take(u)
	if src.alias != u.name {
		text, src = u.name+" AS "+src.alias, source{src.alias, u}
	}
	where := " WHERE " + g.one(t, s)
	if g.percent(50) {
		g.tag("UPDATE of two")
		g.reach(t, "UPDATE")
		g.reach(u, "UPDATE")
		set := " SET " + t.name + "." + t.payload + " = 3, " + src.alias + "." + u.payload + " = 4"
		return pick(g.chooser, "UPDATE "+t.name+", "+text+set+where+" AND "+src.alias+".k = "+t.name+".k", "UPDATE "+t.name+" JOIN "+text+" ON "+src.alias+".k = "+t.name+".k"+set+where, "UPDATE "+t.name+" LEFT JOIN "+text+" ON "+src.alias+".k = "+t.name+".k"+set+where)
	}
	g.tag("DELETE of two")
	g.reach(t, "DELETE")
	g.reach(u, "DELETE")
	return "DELETE " + t.name + ", " + src.alias + " FROM " + t.name + pick(g.chooser, " JOIN ", " LEFT JOIN ") + text + " ON " + src.alias + ".k = " + t.name + ".k" + where
}

// call writes through a routine.
func (f mysqlFlavour) call(g *gen) string {
	if g.made.procedure == "" {
		return f.odd(g)
	}
	g.tag("routine that writes")
	n := g.number(1 + g.n(8))
	text := pick(g.chooser, "CALL bumps("+n+")", "DO bump("+n+")", "SELECT bump("+n+")", "SET @x = bump("+n+")")
	if strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "CALL") {
		g.tag("RETURNING") // it returns rows, or may
	}
	return text
}

// odd writes in a way of MySQL's or MariaDB's own.
func (mysqlFlavour) odd(g *gen) string {
	t := g.table()
	id, add := t.columns[0].name, t.payload+" = "+t.payload+" + 1"
	n := strconv.Itoa(1 + g.n(8))
	g.tag("odd")
	g.reach(t, "UPDATE")
	return pick(g.chooser,
		"UPDATE "+t.name+" SET "+add+" /*! WHERE "+id+" = "+n+" */", "UPDATE "+t.name+" SET "+add+" /*!99999 WHERE "+id+" = "+n+" */", "/*! UPDATE "+t.name+" SET "+add+" WHERE k = 1 */",
		"SET STATEMENT max_statement_time = 100 FOR UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n, "UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n+" # and\n", "(SELECT 1) UNION SELECT 2 -- UPDATE",
		"INSERT INTO "+t.name+" SET "+id+" = "+n+" + 20, k = 1", "INSERT "+t.name+" ("+id+", k) VALUE ("+n+" + 30, 2)", "BEGIN NOT ATOMIC UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n+"; END", "REPLACE "+t.name+" SET "+id+" = "+n+", k = 3",
		"EXECUTE IMMEDIATE 'UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n+"'", "IF 1 = 1 THEN UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n+"; END IF", "INSERT INTO "+t.name+" ("+id+", k) SELECT seq + 40, 1 FROM seq_1_to_3",
		"INSERT INTO "+t.name+" ("+id+", k) VALUES ("+n+", DEFAULT), ("+n+" + 50, DEFAULT(k)) ON DUPLICATE KEY UPDATE "+add, "ANALYZE UPDATE "+t.name+" SET "+add+" WHERE "+id+" = "+n, "EXPLAIN UPDATE "+t.name+" SET "+add,
		"WITH z AS (SELECT "+id+" FROM "+t.name+") SELECT 1 FROM z", "UPDATE (SELECT 1 AS one) AS z, "+t.name+" SET "+add+" WHERE "+id+" = "+n, "UPDATE "+t.name+" AS q SET q."+t.payload+" = 5 WHERE q."+id+" = "+n, "UPDATE `"+t.name+"` SET `"+t.payload+"` = 6 WHERE `"+id+"` = "+n,
		"DELETE FROM "+t.name+" WHERE "+id+" = "+n+" LIMIT 1", "UPDATE "+t.name+" PARTITION (x) SET "+add, "UPDATE "+t.name+" USE INDEX () SET "+add+" WHERE "+id+" = "+n, "UPDATE LOW_PRIORITY "+t.name+" SET "+add+" WHERE "+id+" = "+n,
		"SELECT "+t.payload+" INTO @y FROM "+t.name+" LIMIT 1")
}

func (mysqlFlavour) updateFrom(g *gen, verb string, t *relation, _ []string, s *scope) string {
	text, src := g.take(g.table())
	return verb + t.name + " JOIN " + text + " ON " + src.alias + ".k = " + t.name + ".k SET " + t.name + "." + t.payload + " = 7 WHERE " + g.one(t, s)
}

func (mysqlFlavour) insertVerb(g *gen) string {
	if !g.percent(20) {
		return "INSERT INTO "
	}
	verb := pick(g.chooser, "REPLACE", "INSERT IGNORE", "REPLACE")
	g.tag(verb)
	return verb + " INTO "
}

func (mysqlFlavour) updateVerb(g *gen) string {
	if !g.percent(8) {
		return "UPDATE "
	}
	g.tag("UPDATE IGNORE")
	return "UPDATE IGNORE "
}

// upsert returns an ON DUPLICATE KEY UPDATE clause, or nothing.
func (mysqlFlavour) upsert(g *gen, t *relation) string {
	if slices.Contains(g.tags, "REPLACE") || !g.percent(20) {
		return ""
	}
	g.tag("ON DUPLICATE KEY UPDATE")
	text := " ON DUPLICATE KEY UPDATE " + t.payload + " = " + pick(g.chooser, "VALUES("+t.payload+")", t.name+"."+t.payload+" + 1", "7", "VALUE("+t.payload+")")
	if g.percent(60) {
		text += ", k = " + pick(g.chooser, "VALUES(k)", "1", t.name+".k")
	}
	if t.rowid && g.percent(15) {
		text += ", " + t.key[0] + " = LAST_INSERT_ID(" + t.name + "." + t.key[0] + ")"
	}
	return text
}

func (mysqlFlavour) usualUpsert(t *relation) string {
	return " ON DUPLICATE KEY UPDATE " + t.payload + " = " + t.payload + " + 1"
}

// ddl changes the schema, sometimes by several statements in one text.
func (f mysqlFlavour) ddl(g *gen) (text string, script bool) {
	g.tag("DDL")
	t := g.table()
	g.objects++
	n := g.objects
	defer func(was bool) { g.constant = was }(g.constant)
	g.constant = true
	switch g.n(17) {
	case 0:
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN z%d INT%s", t.name, n, pick(g.chooser, "", " DEFAULT 1", " NOT NULL DEFAULT 2", " FIRST")), false
	case 1:
		return fmt.Sprintf("CREATE INDEX i%d ON %s (k, %s)", n, t.name, t.payload), false
	case 2:
		return fmt.Sprint("DROP INDEX IF EXISTS i", 1+g.n(n), " ON ", t.name), false
	case 3:
		return fmt.Sprintf("CREATE OR REPLACE VIEW o%d AS SELECT * FROM %s%s", n, t.name, g.where(g.alone(t))), false
	case 4:
		return f.trigger(g, fmt.Sprint("o", n, "t")), false
	case 5:
		return "DROP TRIGGER IF EXISTS g0", false
	case 6:
		return fmt.Sprint("DROP VIEW IF EXISTS o", 1+g.n(n)), false
	case 7:
		return "ALTER TABLE " + t.name + " MODIFY k BIGINT", false
	case 8:
		return pick(g.chooser, "ANALYZE TABLE "+t.name, "OPTIMIZE TABLE "+t.name, "ALTER TABLE "+t.name+" COMMENT 'x'", "FLUSH TABLES", "CHECK TABLE "+t.name), false
	case 9:
		return "ALTER TABLE " + t.name + " ENGINE = " + pick(g.chooser, "MyISAM", "InnoDB", "InnoDB"), false
	case 10:
		return "CREATE OR REPLACE PROCEDURE bumps(n INT) UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE k = 2", false
	case 11:
		return "ALTER TABLE " + t.name + " CONVERT TO CHARACTER SET " + pick(g.chooser, "latin1", "utf8mb4 COLLATE utf8mb4_bin", "utf8mb4"), false
	case 12:
		return fmt.Sprintf("CREATE TABLE o%dc AS SELECT * FROM %s; DROP TABLE o%dc", n, t.name, n), true
	case 13:
		u := g.table()
		return "RENAME TABLE " + t.name + " TO tmp, " + u.name + " TO " + t.name + ", tmp TO " + u.name, false
	case 14:
		return "CREATE OR REPLACE TRIGGER g0 AFTER UPDATE ON " + t.name + " FOR EACH ROW UPDATE " + g.table().name + " SET k = 1 WHERE k = 2", false
	case 15:
		return "ALTER TABLE " + t.name + " AUTO_INCREMENT = " + strconv.Itoa(20+g.n(10)), false
	default:
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %d", t.name, t.payload, g.n(4)), false
	}
}
