package differential

import (
	"fmt"
	"strings"
)

// schema makes 2 to 5 tables, and views, triggers and routines over them. Without
// triggers all tables are those of InnoDB, of which a change can be taken back.
func (f mysqlFlavour) schema(g *gen, triggers bool) {
	g.made = &schema{foreignKeys: triggers, types: map[string]bool{}}
	for i := range 2 + g.n(4) {
		f.table(g, i)
	}
	g.makeViews()
	if g.percent(10) {
		t := g.table()
		g.made.function = "seen"
		g.made.ddl = append(g.made.ddl, "CREATE FUNCTION seen(n INT) RETURNS BIGINT READS SQL DATA RETURN (SELECT count(*) FROM "+t.name+" WHERE "+t.columns[0].name+" > n)")
	}
	if !triggers {
		return
	}
	if g.percent(35) {
		for i := range 1 + g.n(2) {
			g.made.ddl = append(g.made.ddl, f.trigger(g, fmt.Sprint("g", i)))
		}
	}
	if g.percent(20) {
		t := g.table()
		g.made.procedure = "bump"
		update := "UPDATE " + t.name + " SET " + t.payload + " = " + t.payload + " + 1 WHERE " + t.columns[0].name + " = n; "
		g.made.ddl = append(g.made.ddl,
			"CREATE FUNCTION bump(n INT) RETURNS INT MODIFIES SQL DATA BEGIN "+update+"RETURN n; END",
			"CREATE PROCEDURE bumps(n INT) BEGIN "+update+pick(g.chooser, "", "SELECT n; ", "COMMIT; ", "START TRANSACTION; "+update+"COMMIT; ")+"END")
	}
}

var mysqlDeclarations = []option[column]{
	{6, column{name: "INT", kind: kindInt}}, {2, column{name: "BIGINT", kind: kindInt}}, {1, column{name: "SMALLINT", kind: kindInt}}, {1, column{name: "TINYINT", kind: kindInt}}, {1, column{name: "MEDIUMINT", kind: kindInt}},
	{2, column{name: "INT UNSIGNED", kind: kindInt}}, {1, column{name: "BIGINT UNSIGNED", kind: kindInt}}, {1, column{name: "INT(3) ZEROFILL", kind: kindInt}}, {1, column{name: "BIT(8)", kind: kindInt}}, {1, column{name: "YEAR", kind: kindInt}},
	{4, column{name: "VARCHAR(20)", kind: kindFold}}, {1, column{name: "VARCHAR(20) COLLATE utf8mb4_unicode_ci", kind: kindFold}}, {1, column{name: "TEXT", kind: kindFold}}, {1, column{name: "VARCHAR(20) CHARACTER SET latin1", kind: kindFold}},
	{1, column{name: "VARCHAR(20) COLLATE utf8mb4_general_nopad_ci", kind: kindFold}}, {1, column{name: "VARCHAR(20) CHARACTER SET utf8mb3", kind: kindFold}}, {1, column{name: "VARCHAR(20) CHARACTER SET ascii", kind: kindFold}},
	{1, column{name: "VARCHAR(20) COLLATE utf8mb4_unicode_520_ci", kind: kindFold}}, {1, column{name: "VARCHAR(20) COLLATE utf8mb4_german2_ci", kind: kindFold}}, {1, column{name: "VARCHAR(20) COLLATE utf8mb4_czech_ci", kind: kindFold}}, {1, column{name: "VARCHAR(20) COLLATE uca1400_ai_ci", kind: kindFold}},
	{1, column{name: "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci", kind: kindFold}}, {1, column{name: "VARCHAR(20) CHARACTER SET ucs2", kind: kindFold}},
	{3, column{name: "VARCHAR(20) COLLATE utf8mb4_nopad_bin", kind: kindText}}, {1, column{name: "TEXT COLLATE utf8mb4_nopad_bin", kind: kindText}},
	{2, column{name: "VARCHAR(20) COLLATE utf8mb4_bin", kind: kindTrim}}, {1, column{name: "CHAR(6)", kind: kindFold}}, {1, column{name: "CHAR(6) COLLATE utf8mb4_bin", kind: kindTrim}}, {1, column{name: "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin", kind: kindTrim}},
	{3, column{name: "BOOLEAN", kind: kindBool}}, {2, column{name: "DECIMAL(10,2)", kind: kindNum}}, {1, column{name: "DECIMAL(20,6) UNSIGNED", kind: kindNum}},
	{1, column{name: "DOUBLE", kind: kindFloat}}, {1, column{name: "FLOAT", kind: kindFloat}}, {1, column{name: "FLOAT(7,2)", kind: kindFloat}},
	{2, column{name: "DATE", kind: kindDate}}, {2, column{name: "DATETIME", kind: kindTime}}, {1, column{name: "DATETIME(3)", kind: kindTime}}, {1, column{name: "TIMESTAMP NULL", kind: kindTime}},
	{2, column{name: "ENUM('a', 'b', 'c', 'd')", kind: kindEnum}}, {1, column{name: "SET('a', 'b', 'c', 'd')", kind: kindEnum}}, {1, column{name: "VARBINARY(20)", kind: kindBytes}}, {1, column{name: "BINARY(4)", kind: kindBytes}}, {1, column{name: "BLOB", kind: kindBytes}},
	{1, column{name: "JSON", kind: kindJSON}}, {1, column{name: "UUID", kind: kindUUID}},
}

// mysqlKey is the type of a text in a key.
const mysqlKey = "VARCHAR(20) COLLATE utf8mb4_nopad_bin"

func (f mysqlFlavour) table(g *gen, i int) {
	t := &relation{name: fmt.Sprint("t", i), payload: fmt.Sprint("p", i)}
	var parts, tail []string
	add := func(name, decl string, c column) {
		c.name = name
		t.columns = append(t.columns, c)
		parts = append(parts, name+" "+decl)
	}
	id, options := fmt.Sprint("id", i), ""
	shape := weigh(g.chooser, []option[string]{{60, "plain"}, {9, "composite"}, {6, "keyless"}, {5, "text"}, {4, "by range"}, {4, "by hash"}, {12, "stays"}, {3, "versioned"}})
	if !g.made.foreignKeys && (shape == "stays" || shape == "versioned") {
		shape = "plain"
	}
	switch shape {
	case "composite":
		t.key = []string{id, fmt.Sprint("y", i)}
		add(id, "INT NOT NULL", column{kind: kindInt, notNull: true})
		add(t.key[1], mysqlKey+" NOT NULL DEFAULT 'a'", column{kind: kindText, notNull: true})
		tail = append(tail, "PRIMARY KEY ("+strings.Join(t.key, ", ")+")")
	case "keyless":
		add(id, "INT", column{kind: kindInt})
	case "text":
		// Its key holds numbers as texts, by which other tables do not refer to it.
		t.key, t.stays = []string{id}, true
		add(id, pick(g.chooser, mysqlKey, "VARCHAR(20)", "CHAR(5)", "VARBINARY(9)")+" PRIMARY KEY", column{kind: kindFold, notNull: true})
	default:
		t.key, t.rowid = []string{id}, g.percent(75)
		add(id, "INT PRIMARY KEY"+map[bool]string{true: " AUTO_INCREMENT"}[t.rowid], column{kind: kindInt, notNull: true})
		switch shape {
		case "by range":
			t.stays, options = true, " PARTITION BY RANGE ("+id+") (PARTITION x VALUES LESS THAN (4), PARTITION y VALUES LESS THAN MAXVALUE)"
		case "by hash":
			t.stays, options = true, " PARTITION BY HASH ("+id+") PARTITIONS 3"
		case "stays":
			engine := pick(g.chooser, "MyISAM", "Aria", "Aria TRANSACTIONAL = 0", "MyISAM")
			t.stays, options = true, " ENGINE = "+engine
			if engine != "MyISAM" {
				g.made.types["Aria"] = true
			}
		case "versioned":
			t.stays, options = true, " WITH SYSTEM VERSIONING"
		}
	}
	// Columns of one name in all tables are what USING and NATURAL join by.
	add("k", weigh(g.chooser, []option[string]{{9, "INT"}, {1, "BIGINT"}}), column{kind: kindInt})
	for _, name := range []string{"a", "b", "c"}[:1+g.n(3)] {
		c := weigh(g.chooser, mysqlDeclarations)
		decl := c.name
		if g.percent(20) && !strings.HasPrefix(decl, "TEXT") && decl != "BLOB" && !strings.HasPrefix(decl, "JSON") {
			usual, _ := f.literals(c.kind)
			decl = strings.TrimSuffix(decl, " NULL") + " DEFAULT " + pick(g.chooser, usual...)
			if g.percent(50) {
				decl += " NOT NULL"
				c.notNull = true
			}
		}
		add(name+fmt.Sprint(i), decl, c)
	}
	payload := "INT DEFAULT 0"
	if g.percent(8) {
		payload += " CHECK (" + t.payload + " < 9)"
	}
	add(t.payload, payload, column{kind: kindInt})
	if i > 0 && g.made.foreignKeys && !t.stays && g.percent(65) {
		tail = append(tail, g.foreignKey(t, i, add)...)
	}
	if g.percent(12) && shape != "by range" && shape != "by hash" {
		t.unique = []string{"k"}
		if g.percent(50) {
			t.unique = append(t.unique, t.payload)
		}
		tail = append(tail, "UNIQUE ("+strings.Join(t.unique, ", ")+")")
	}
	if g.percent(12) {
		add(fmt.Sprint("v", i), "INT GENERATED ALWAYS AS ("+pick(g.chooser, "k % 2", "coalesce(k, 0) + 1", t.payload+" % 3")+") "+pick(g.chooser, "STORED", "VIRTUAL"), column{kind: kindInt, generated: true})
	}
	if !strings.Contains(options, "PARTITION") && g.percent(10) {
		options += " COLLATE = " + pick(g.chooser, "utf8mb4_bin", "latin1_swedish_ci", "utf8mb4_unicode_ci")
	}
	g.made.tables = append(g.made.tables, t)
	g.made.ddl = append(g.made.ddl, "CREATE TABLE "+t.name+" ("+strings.Join(append(parts, tail...), ", ")+")"+options)
	if g.percent(10) {
		g.made.ddl = append(g.made.ddl, "CREATE INDEX x"+t.name+" ON "+t.name+" ("+pick(g.chooser, "k", t.payload+", k")+")")
	}
}

// writable: a view over one table is by itself.
func (mysqlFlavour) writable(_ *gen, v, _ *relation) { v.writable = true }

// trigger makes a trigger on a table, which may not write to that table itself.
func (mysqlFlavour) trigger(g *gen, name string) string {
	on, to := g.table(), g.table()
	event := pick(g.chooser, "INSERT", "UPDATE", "DELETE")
	if g.made.triggers == nil {
		g.made.triggers = map[string]bool{}
	}
	g.made.triggers[on.name+" "+event] = true
	row := "NEW"
	if event == "DELETE" || event == "UPDATE" && g.percent(50) {
		row = "OLD"
	}
	timing := pick(g.chooser, "AFTER", "BEFORE")
	var body string
	switch g.n(9) {
	case 0, 1, 2:
		body = "UPDATE " + to.name + " SET " + to.payload + " = " + to.payload + " + 1 WHERE k = " + row + ".k"
	case 3:
		body = "INSERT IGNORE INTO " + to.name + " (" + to.columns[0].name + ", k) VALUES (" + row + "." + on.payload + " + 10, " + row + ".k)"
	case 4:
		body = "DELETE FROM " + to.name + " WHERE k = " + row + ".k AND " + to.payload + " > 3"
	case 5:
		body = "IF " + row + ".k = 3 THEN SIGNAL SQLSTATE '45000'; END IF"
	case 6, 7:
		if event == "DELETE" {
			body = "SET @x = OLD.k"
			break
		}
		timing = "BEFORE"
		body = "SET NEW.k = " + pick(g.chooser, "1", "coalesce(NEW.k, 2)", "NEW.k % 2")
	default:
		body = "BEGIN DECLARE n INT DEFAULT 0; SELECT count(*) INTO n FROM " + to.name + " WHERE k = " + row + ".k; IF n > 0 THEN UPDATE " + to.name + " SET " + to.payload + " = n WHERE k = " + row + ".k; END IF; END"
	}
	if g.percent(40) {
		body = "IF " + row + ".k " + pick(g.chooser, "= 1", "> 0", "IS NOT NULL") + " THEN " + body + "; END IF"
	}
	return "CREATE TRIGGER " + name + " " + timing + " " + event + " ON " + on.name + " FOR EACH ROW " + body
}

func (mysqlFlavour) keyType(k kind) string {
	if k == kindText {
		return mysqlKey
	}
	return "INT"
}

func (mysqlFlavour) usualTable(i int) string {
	return fmt.Sprintf("CREATE TABLE t%d (id%d INT PRIMARY KEY AUTO_INCREMENT, k INT NOT NULL DEFAULT 0, a%d VARCHAR(20) NOT NULL DEFAULT 'a', p%d INT NOT NULL DEFAULT 0", i, i, i, i)
}

func (mysqlFlavour) seed(table, names, values string) string {
	return "INSERT IGNORE INTO " + table + " (" + names + ") VALUES (" + values + ")"
}

// refers: other engines than InnoDB have no foreign keys, and tables of partitions and
// with a history neither.
func (mysqlFlavour) refers(child, parent *relation) bool {
	return len(parent.key) > 0 && !child.stays && !parent.stays && (parent != child || child.rowid)
}

func (mysqlFlavour) rowKey(t *relation) string {
	if len(t.key) > 0 {
		return strings.Join(t.key, ", ")
	}
	return t.columns[0].name
}

// row: a statement may not read the table that it changes but through another one.
func (f mysqlFlavour) row(t *relation, n int) string {
	key := f.rowKey(t)
	return fmt.Sprintf("(%s) = (SELECT %s FROM (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d) AS z)", key, key, key, t.name, key, n)
}
