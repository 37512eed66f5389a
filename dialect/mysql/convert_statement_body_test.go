package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

// TestParseBody: what a routine may run is told whatever its conditions say.
func TestParseBody(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"SET NEW.a = 1":                      "",
		"SET NEW.a = f(OLD.a)":               "select f",
		"INSERT INTO log (a) VALUES (NEW.a)": "insert log",
		"BEGIN END":                          "",
		"BEGIN UPDATE t SET a = NEW.a WHERE b = OLD.b; DELETE FROM d.u; END":                                                                       "update t, delete d.u",
		"BEGIN DECLARE x, sql_mode INT DEFAULT f(); SET x = 1, sql_mode = 2; END":                                                                  "select f",
		"BEGIN SET sql_mode = ''; END":                                                                                                             "session",
		"BEGIN BEGIN DECLARE sql_mode INT; SET sql_mode = 1; END; SET sql_mode=1; END":                                                             "session",
		"BEGIN SET @x = NEW.a; SET @y = (SELECT a FROM v); END":                                                                                    "select v",
		"IF NEW.a THEN DELETE FROM t; ELSEIF f() THEN DELETE FROM u; ELSE DELETE FROM v; END IF":                                                   "delete t, delete u, delete v, select f",
		"CASE NEW.a WHEN f() THEN DELETE FROM t; ELSE DELETE FROM u; END CASE":                                                                     "delete t, delete u, select f",
		"CASE WHEN f() THEN DELETE FROM t; ELSE DELETE FROM u; END CASE":                                                                           "delete t, delete u, select f",
		"BEGIN WHILE f() DO DELETE FROM t; END WHILE; REPEAT DELETE FROM u; UNTIL g() END REPEAT; END":                                             "delete t, delete u, select f g",
		"x: BEGIN l: LOOP DELETE FROM t; LEAVE l; END LOOP l; END x":                                                                               "delete t",
		"BEGIN DECLARE c CURSOR FOR SELECT f() FROM t; DECLARE CONTINUE HANDLER FOR NOT FOUND DELETE FROM u; OPEN c; FETCH c INTO x; CLOSE c; END": "select f t, delete u",
		"BEGIN DECLARE x INT; SELECT a INTO x FROM v; SELECT g() INTO @y; END":                                                                     "select v, select g",
		"BEGIN IF NEW.a < 0 THEN SIGNAL SQLSTATE '45000'; END IF; END":                                                                             "utility",
		"RETURN (SELECT f(a) FROM t)":                                                                                                              "select f t",
		"RETURN 1":                                                                                                                                 "",
		"BEGIN DELETE FROM t; COMMIT; END":                                                                                                         "delete t, commit",
		"TRUNCATE t":                                                                                                                               "ddl t",
		"BEGIN UPDATE t JOIN u SET t.a = 1; SELECT 1; END":                                                                                         "update t u, select",
		"SET p = 1": "session", "SET q = 1": "",
		"CALL p()": "nothing is known", "BEGIN CALL p(); END": "nothing is known", "EXECUTE IMMEDIATE 'x'": "nothing is known",
		"DELETE FROM t; DELETE FROM u": "nothing is known", "FOLLOWS c DELETE FROM t": "nothing is known", "": "nothing is known",
		"DELETE FROM t /*!50000 WHERE a */": "nothing is known",
		"BEGIN 'no end":                     "nothing is known",
	} {
		list := parseBody(body, "Q")
		var got []string
		for _, st := range list {
			names := strings.Join(append(st.Foreigns, strings.Fields(strings.ReplaceAll(dialecttest.PrintNames(append(st.Writes, st.Reads...)), ",", ""))...), " ")
			seen := ""
			for _, name := range strings.Fields(names) {
				if !strings.Contains(" "+seen+" ", " "+name+" ") {
					seen = strings.TrimSpace(seen + " " + name)
				}
			}
			got = append(got, strings.TrimSpace(st.Kind.String()+" "+seen))
		}
		if list == nil {
			got = []string{"nothing is known"}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s\ngot  %s\nwant %s", body, strings.Join(got, ", "), want)
		}
	}
}
