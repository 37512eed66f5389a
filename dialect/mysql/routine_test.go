package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// describeBody writes what a body does in one line.
func describeBody(statements []*dialect.Statement) string {
	if statements == nil {
		return "anything"
	}
	var out []string
	for _, st := range statements {
		text := st.Kind.String()
		if len(st.Writes) > 0 {
			text += fmt.Sprint(" writes ", st.Writes)
		}
		if len(st.Reads) > 0 {
			text += fmt.Sprint(" reads ", st.Reads)
		}
		if st.Foreign != "" {
			text += fmt.Sprint(" calls ", st.Foreigns)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// TestRoutineBody: what the bodies of triggers and routines do.
func TestRoutineBody(t *testing.T) {
	t.Parallel()
	const anything = "anything"
	for _, test := range []struct{ text, want string }{
		{"SET NEW.a = 1", ""},
		{"SET NEW.a = NEW.b + 1, NEW.`c` = lower(NEW.c), @x = 2, @`y` := 3", ""},
		{"SET NEW.a = (SELECT max(b) FROM t)", "select reads [t]"},
		{"SET NEW.a = f(NEW.b)", "select calls [f]"},
		{"SET sql_mode = ''", anything},
		{"SET @@sql_mode = ''", anything},
		{"SET @@session.foreign_key_checks = 0", anything},
		{"SET SESSION sql_mode = ''", anything},
		{"SET NAMES latin1", anything},
		{"SET autocommit = 1", anything},
		{"SET a = 1", anything},
		{"SET OLD.a = 1", anything},
		{"SET NEW.a = 1, sql_mode = ''", anything},
		{"INSERT INTO log VALUES (NEW.id, 'a;b')", "insert writes [log]"},
		{"insert into `other`.`log` values (1)", "insert writes [other.log]"},
		{"UPDATE c SET n = n + 1 WHERE id = NEW.id", "update writes [c]"},
		{"DELETE FROM c WHERE id = OLD.id", "delete writes [c]"},
		{"REPLACE INTO c SELECT * FROM d", "insert writes [c] reads [d]"},
		{"UPDATE a JOIN b ON a.id = b.id SET a.x = 1", "update writes [a] reads [a b]"},
		{"BEGIN END", ""},
		{"BEGIN INSERT INTO a VALUES (1); DELETE FROM b; END", "insert writes [a]; delete writes [b]"},
		{"BEGIN IF NEW.a > 5 THEN INSERT INTO a VALUES (1); ELSEIF NEW.a IN (SELECT x FROM s) THEN DELETE FROM b; ELSE UPDATE c SET x = 1; END IF; END", "insert writes [a]; select reads [s]; delete writes [b]; update writes [c]"},
		{"IF CASE WHEN NEW.a THEN 1 ELSE 0 END = 1 THEN DELETE FROM a; END IF", "delete writes [a]"},
		{"BEGIN CASE NEW.a WHEN 1 THEN DELETE FROM a; WHEN f(2) THEN DELETE FROM b; ELSE BEGIN END; END CASE; END", "delete writes [a]; select calls [f]; delete writes [b]"},
		{"BEGIN CASE WHEN NEW.a = 1 THEN DELETE FROM a; END CASE; END", "delete writes [a]"},
		{"BEGIN DECLARE i, j INT DEFAULT 0; w: WHILE i < 5 DO SET i = i + 1; INSERT INTO a VALUES (i); IF i = 3 THEN LEAVE w; END IF; END WHILE w; END", "insert writes [a]"},
		{"BEGIN DECLARE i INT; l: LOOP SET i = i + 1; IF i > 3 THEN ITERATE l; END IF; LEAVE l; END LOOP; REPEAT SET i = i - 1; DELETE FROM a; UNTIL i < (SELECT min(x) FROM m) END REPEAT; END", "delete writes [a]; select reads [m]"},
		{"BEGIN DECLARE done INT DEFAULT FALSE; DECLARE v DECIMAL(10,2) DEFAULT f(1); DECLARE cur CURSOR FOR SELECT id FROM src; DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLEXCEPTION, SQLSTATE '23000', 1062 SET done = TRUE;" +
			" DECLARE EXIT HANDLER FOR SQLWARNING BEGIN DELETE FROM err; END; DECLARE odd CONDITION FOR SQLSTATE '45000'; OPEN cur; r: LOOP FETCH cur INTO v; IF done THEN LEAVE r; END IF; INSERT INTO dst VALUES (v); END LOOP; CLOSE cur; END",
			"select calls [f]; select reads [src]; delete writes [err]; insert writes [dst]"},
		{"BEGIN DECLARE v INT; SELECT a INTO v FROM t WHERE id = NEW.id; SET NEW.b = v; END", "select reads [t]"},
		{"BEGIN DECLARE v INT; SELECT a, b FROM t LIMIT 1 INTO v, @w; END", "select reads [t]"},
		{"BEGIN IF NEW.a < 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF; END", ""},
		{"BEGIN GET DIAGNOSTICS CONDITION 1 @p1 = RETURNED_SQLSTATE; RESIGNAL; END", ""},
		{"BEGIN DO f(1); DO SLEEP(0); END", "select calls [f]"},
		{"BEGIN -- a comment; DELETE FROM x\n DELETE FROM a /* ; */; END", "delete writes [a]"},
		{"BEGIN DELETE FROM `end`; DELETE FROM `a;b`; END", "delete writes [end]; delete writes [a;b]"},
		{"BEGIN UPDATE t SET a = CASE WHEN b THEN 1 ELSE 2 END; DELETE FROM u; END", "update writes [t]; delete writes [u]"},
		{"BEGIN DECLARE sql_mode INT; BEGIN SET sql_mode = ''; END; END", anything},
		{"BEGIN CALL known(NEW.id); END", "delete writes [db.p] reads [db.p]"},
		{"CALL known(f(1))", "select calls [f]; delete writes [db.p] reads [db.p]"},
		{"CALL db.known", "delete writes [db.p] reads [db.p]"},
		{"CALL other.known()", anything},
		{"CALL unknown()", anything},
		{"CALL itself()", anything},
		{"PREPARE s FROM 'DELETE FROM t'", anything},
		{"BEGIN EXECUTE IMMEDIATE 'DELETE FROM t'; END", anything},
		{"BEGIN NOT ATOMIC DELETE FROM t; END", anything},
		{"BEGIN COMMIT; END", anything},
		{"BEGIN START TRANSACTION; DELETE FROM t; END", anything},
		{"BEGIN TRUNCATE t; END", anything},
		{"BEGIN CREATE TEMPORARY TABLE t (a int); END", anything},
		{"BEGIN LOCK TABLES t WRITE; END", anything},
		{"BEGIN LOAD DATA INFILE 'x' INTO TABLE t; END", anything},
		{"BEGIN FOR i IN 1..3 DO DELETE FROM t; END FOR; END", anything},
		{"BEGIN DECLARE c CURSOR (x INT) FOR SELECT 1; END", anything},
		{"BEGIN DELETE FROM t", "delete writes [t]"},
		{"BEGIN DELETE FROM t 'unclosed; END", anything},
		{"BEGIN IF a THEN; END", ""}, // no server has such
		{"/*! DELETE FROM t */", anything},
		{"BEGIN RETURN f(1); END", "select calls [f]"},
		{"RETURN (SELECT count(*) FROM t)", "select reads [t]"},
		{"", ""},
		{"nonsense", anything},
	} {
		b := &catalogBuilder{rows: &catalogRows{}, session: &sessionState{}, routines: make(map[string]dialect.Routine)}
		b.rows.routines = []catalogRoutineRow{
			{schema: "db", name: "Known", kind: "procedure", body: rowValue{text: "BEGIN DELETE FROM p WHERE id IN (SELECT id FROM p); END"}, language: "SQL"},
			{schema: "db", name: "itself", kind: "procedure", body: rowValue{text: "BEGIN CALL itself(); END"}, language: "SQL"},
		}
		b.declared()
		if got := describeBody(b.body(&routineSource{schema: "db", text: test.text}).statements); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

// TestRoutineMode: a body that was written in another sql_mode is not read.
func TestRoutineMode(t *testing.T) {
	t.Parallel()
	b := &catalogBuilder{rows: &catalogRows{}, session: &sessionState{}}
	for mode, understood := range map[string]bool{
		"": true, "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION": true, "STRICT_TRANS_TABLES,ANSI_QUOTES": false, "NO_BACKSLASH_ESCAPES": false, "PIPES_AS_CONCAT": false, "IGNORE_SPACE": false, "ORACLE": false, "NEW_MODE": false,
	} {
		if got := b.body(&routineSource{text: `INSERT INTO log VALUES ("a")`, mode: mode}).statements; (got != nil) != understood {
			t.Errorf("%q: %s", mode, describeBody(got))
		}
	}
}

// TestRoutineClass: what is said of stored functions and procedures.
func TestRoutineClass(t *testing.T) {
	t.Parallel()
	b := &catalogBuilder{rows: &catalogRows{}, session: &sessionState{}, routines: make(map[string]dialect.Routine)}
	add := func(kind, schema, name, body, mode string) {
		b.rows.routines = append(b.rows.routines, catalogRoutineRow{schema: schema, name: name, kind: kind, body: rowValue{text: body, null: body == ""}, language: "SQL", mode: mode})
	}
	add("function", "db", "Plain", "RETURN x + 1", "")
	add("function", "db", "reading", "RETURN (SELECT count(*) FROM t)", "")
	add("function", "db", "writing", "BEGIN DELETE FROM t; RETURN 1; END", "")
	add("function", "db", "calling", "RETURN Plain(reading())", "")
	add("function", "db", "callingwriter", "RETURN plain(writing())", "")
	add("function", "db", "callingunknown", "RETURN udf(1)", "")
	add("function", "db", "recursive", "RETURN recursive(x)", "")
	add("function", "db", "hidden", "", "")
	add("function", "db", "quoted", `RETURN "a"`, "ANSI_QUOTES")
	add("function", "db", "assigns", "BEGIN SET x = 1; RETURN x; END", "")
	add("function", "db", "sets", "BEGIN SET lc_time_names = 'de_DE'; RETURN 1; END", "")
	add("function", "db", "twice", "RETURN 1", "")
	add("function", "other", "twice", "BEGIN DELETE FROM t; RETURN 1; END", "")
	add("function", "another", "again", "BEGIN DELETE FROM t; RETURN 1; END", "")
	add("function", "db", "again", "RETURN 1", "")
	add("procedure", "db", "cleans", "BEGIN DELETE FROM t; CALL shows(); END", "")
	add("procedure", "db", "shows", "SELECT * FROM t", "")
	add("procedure", "db", "commits", "BEGIN DELETE FROM t; COMMIT; END", "")
	add("procedure", "db", "callscommits", "CALL commits()", "")
	add("procedure", "db", "inserts", "INSERT INTO t SELECT writing()", "")
	b.rows.params = []catalogParamRow{{schema: "db", name: "assigns", kind: "function", param: "x"}, {schema: "db", name: "sets", kind: "procedure", param: "lc_time_names"}}
	b.declared()
	const pure, reads, writes = dialect.RoutinePure, dialect.RoutineReads, dialect.RoutineWrites
	for name, want := range map[string]dialect.Routine{
		"plain": reads, "reading": reads, "writing": writes, "calling": reads, "callingwriter": writes, "callingunknown": writes, "recursive": writes, "hidden": writes, "quoted": writes,
		"assigns": reads, "sets": writes, "twice": writes, "again": writes, "cleans": writes, "procedure cleans": pure, "shows": reads, "procedure shows": pure, "commits": writes, "procedure commits": writes,
		"callscommits": writes, "procedure callscommits": writes, "inserts": writes, "procedure inserts": pure,
	} {
		if got, known := b.routines[name]; !known || got != want {
			t.Errorf("%s is %d (known: %v), want %d", name, got, known, want)
		}
	}
}

// TestRoutineAssigns: which columns of the row that is about to be written a trigger may
// change.
func TestRoutineAssigns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want string
		any  bool
	}{
		{"SET @x = NEW.a", "[]", false},
		{"SET NEW.A = 1, new.`B` = NEW.c, @y = NEW.d", "[a b]", false},
		{"BEGIN IF NEW.a THEN SET NEW.b = 1; END IF; INSERT INTO log VALUES (NEW.id); END", "[b]", false},
		{"INSERT INTO log SELECT NEW.id", "[]", false},
		{"BEGIN DECLARE v INT; SELECT NEW.a INTO v; END", "[]", false},
		{"SELECT 1 INTO NEW.a", "[]", true},
		{"CALL known(NEW.a)", "[]", true},
		{"BEGIN DECLARE c CURSOR FOR SELECT 1; OPEN c; FETCH c INTO NEW.a; END", "[]", true},
		{"GET DIAGNOSTICS NEW.a = ROW_COUNT", "[]", true},
		{"nonsense", "[]", true},
	} {
		b := &catalogBuilder{rows: &catalogRows{}, session: &sessionState{}, routines: make(map[string]dialect.Routine)}
		b.rows.routines = []catalogRoutineRow{{schema: "db", name: "known", kind: "procedure", body: rowValue{text: "BEGIN END"}, language: "SQL"}}
		b.declared()
		got := b.body(&routineSource{schema: "db", text: test.text})
		if fmt.Sprint(got.assigned) != test.want || got.assignsAny != test.any {
			t.Errorf("%s: %v, any: %v", test.text, got.assigned, got.assignsAny)
		}
	}
}
