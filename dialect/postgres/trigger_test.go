package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// triggerCalls are the functions that the tests know of.
func triggerCalls() *routineCalls {
	return &routineCalls{
		routines: map[string]dialect.Routine{
			"reader": dialect.RoutineReads, "pure": dialect.RoutinePure, "writer": dialect.RoutineWrites, "lower": dialect.RoutineWrites,
			dialect.OperatorPrefix + "<->": dialect.RoutineWrites, dialect.OperatorPrefix + "~~": dialect.RoutineWrites,
		},
		views: map[string][]dialect.Name{"report": {{Schema: "public", Name: "report"}}},
	}
}

// triggerDescribe writes what a body does.
func triggerDescribe(b *triggerBody) string {
	if b.statements == nil {
		return "anything"
	}
	var parts []string
	for _, st := range b.statements {
		part := st.Kind.String() + fmt.Sprint(st.Writes)
		if st.Foreign != "" {
			part += fmt.Sprint(" calls", st.Foreigns)
		}
		if len(st.Reads) > 0 {
			part += fmt.Sprint(" reads", st.Reads)
		}
		parts = append(parts, part)
	}
	if slices.Sort(b.assigned); len(b.assigned) > 0 {
		parts = append(parts, fmt.Sprint("assigns ", strings.Join(b.assigned, ",")))
	}
	if b.assignsAny {
		parts = append(parts, "assigns any")
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}

// TestTriggerBodies: what is said of a body is all that it can do.
func TestTriggerBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, source, want string }{
		{"the row as it is", "BEGIN RETURN NEW; END", "nothing"},
		{"no row", "begin return null; end;", "nothing"},
		{"a stamp", "BEGIN NEW.updated_at := now(); RETURN NEW; END;", "assigns updated_at"},
		{"a stamp by =", "BEGIN NEW.updated_at = clock_timestamp() AT TIME ZONE 'utc'; RETURN NEW; END;", "assigns updated_at"},
		{"quoted names", `BEGIN NEW."Updated" := now(); "new".b := 1; RETURN NEW; END;`, "assigns Updated,b"},
		{"part of a column", "BEGIN NEW.a[1] := 2; NEW.c.d := 3; RETURN NEW; END", "assigns a,c"},
		{"the row at once", "BEGIN NEW := OLD; RETURN NEW; END", "assigns any"},
		{"another row", "DECLARE r t%ROWTYPE; BEGIN r := NEW; r.id := 5; RETURN r; END", "assigns any"},
		{"a row by another name", "DECLARE x ALIAS FOR new; BEGIN x.id := 5; RETURN NEW; END", "assigns any"},
		{"into a column", "BEGIN SELECT a, b INTO STRICT NEW.a, NEW.b FROM t; RETURN NEW; END", "assigns a,b"},
		{"into a column behind", "BEGIN SELECT count(*) FROM t INTO x, NEW.n; RETURN NEW; END", "assigns n"},
		{"into an element", "BEGIN SELECT 1, 2 INTO x[y.z], NEW.n; RETURN NEW; END", "assigns n"},
		{"into the row", "BEGIN SELECT * INTO NEW FROM t; RETURN NEW; END", "assigns any"},
		{"a loop's variable", "BEGIN FOR NEW IN SELECT * FROM t LOOP NULL; END LOOP; RETURN NULL; END", "assigns any"},
		{"one of a loop's variables", "BEGIN FOR a, NEW.b IN SELECT 1, 2 LOOP NULL; END LOOP; RETURN NULL; END", "assigns any"},
		{"diagnostics", "BEGIN GET DIAGNOSTICS n = ROW_COUNT; GET DIAGNOSTICS NEW.n = ROW_COUNT; RETURN NEW; END", "assigns any"},
		{"old or new", "BEGIN RETURN COALESCE(NEW, OLD); END", "nothing"},
		{"an insert", "BEGIN INSERT INTO log VALUES (NEW.id); RETURN NULL; END", "insert[log]"},
		{"an insert with columns", `BEGIN INSERT INTO "Au dit"."L""og" (a, b) VALUES (1, 2); RETURN NULL; END`, `insert[Au dit.L"og]`},
		{"folded", "BEGIN INSERT INTO Public.LOG(a) SELECT 1; RETURN NULL; END", "insert[public.log]"},
		{"an update", "BEGIN UPDATE t SET n = n + 1 WHERE id = NEW.t; RETURN NULL; END", "update[t]"},
		{"update only", "BEGIN UPDATE ONLY (s.t) AS x SET (a, b) = (1, 2); RETURN NULL; END", "update[s.t]"},
		{"a delete", "BEGIN DELETE FROM ONLY s.t USING u WHERE t.a = u.a; RETURN OLD; END", "delete[s.t]"},
		{"an upsert", "BEGIN INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a; RETURN NEW; END", "insert[t]"},
		{"a merge", "BEGIN MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND t.b THEN DELETE WHEN MATCHED THEN UPDATE SET b = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1); RETURN NEW; END", "update[t]"},
		{"a with that writes", "BEGIN WITH x AS (DELETE FROM t RETURNING *), y AS (UPDATE u SET a = 1 RETURNING 1) INSERT INTO v SELECT * FROM x; RETURN NULL; END", "delete[t]; update[u]; insert[v]"},
		{"perform that writes", "BEGIN PERFORM 1 FROM x; WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1 INTO a FROM x; RETURN NULL; END", "insert[t]"},
		{"a loop over a write", "BEGIN FOR r IN UPDATE t SET a = 1 RETURNING * LOOP DELETE FROM u; END LOOP; RETURN NULL; END", "update[t]; delete[u]"},
		{"a cursor", "DECLARE c CURSOR (k int) FOR SELECT * FROM t WHERE a = k FOR UPDATE; BEGIN OPEN c(1); FETCH c INTO r; CLOSE c; RETURN NULL; END", "nothing"},
		{"locks", "BEGIN PERFORM 1 FROM t WHERE a = 1 FOR NO KEY UPDATE; RETURN NEW; END", "nothing"},
		{"branches", "BEGIN IF TG_OP = 'INSERT' THEN INSERT INTO a VALUES (1); ELSIF TG_OP IN ('UPDATE') AND (CASE WHEN x THEN y ELSE z END) THEN UPDATE b SET x = 1; ELSE DELETE FROM c; END IF; RETURN NULL; END", "insert[a]; update[b]; delete[c]"},
		{"case", "BEGIN CASE TG_OP WHEN 'INSERT' THEN INSERT INTO a VALUES (1); WHEN 'DELETE' THEN RETURN OLD; ELSE NULL; END CASE; RETURN NULL; END", "insert[a]"},
		{"loops", "<<outer>> BEGIN <<l>> FOR i IN 1..10 LOOP EXIT l WHEN i > 3; END LOOP l; WHILE x < 3 LOOP x := x + 1; CONTINUE; END LOOP; FOREACH y IN ARRAY NEW.tags LOOP INSERT INTO tags VALUES (y); END LOOP; RETURN NEW; END outer", "insert[tags]"},
		{"nested blocks", "DECLARE a int := 1; BEGIN DECLARE b numeric(10, 2) NOT NULL DEFAULT 2; c text; BEGIN INSERT INTO t VALUES (a); EXCEPTION WHEN unique_violation OR SQLSTATE '40001' THEN UPDATE u SET n = 1; WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM; END; RETURN NEW; END", "insert[t]; update[u]"},
		{"raise", "BEGIN RAISE EXCEPTION 'EXECUTE %', quote_ident(NEW.a) USING ERRCODE = 'P0001', HINT = 'DELETE FROM t'; END", "nothing"},
		{"raise that calls", "BEGIN RAISE NOTICE '%', writer(1); RETURN NEW; END", "select[] calls[writer]"},
		{"assert", "BEGIN ASSERT NEW.a > 0, 'no'; RETURN NEW; END", "nothing"},
		{"words in texts and comments", "BEGIN -- EXECUTE 'x'; \n /* CALL f(); /* DELETE FROM t */ */ x := 'EXECUTE ''a'' '; y := $q$ DELETE FROM t; $q$; z := E'\\'; EXECUTE x; --'; RETURN NEW; END", "nothing"},
		{"a comment that ends", "BEGIN /* a */ DELETE FROM t; -- b\n RETURN NEW; END", "delete[t]"},
		{"a text that goes on", "BEGIN x := E'a'\n'\\'; EXECUTE y; --'; RETURN NEW; END", "nothing"},
		{"a text that ends before", "BEGIN x := 'a\\'; DELETE FROM t; --'; \n RETURN NEW; END", "delete[t]"},
		{"execute", "BEGIN EXECUTE 'DELETE FROM t'; RETURN NEW; END", "anything"},
		{"execute in a loop", "BEGIN FOR r IN EXECUTE 'x' LOOP END LOOP; RETURN NEW; END", "anything"},
		{"open for execute", "BEGIN OPEN c FOR EXECUTE 'x'; RETURN NEW; END", "anything"},
		{"call", "BEGIN CALL p(); RETURN NEW; END", "anything"},
		{"do", "BEGIN DO 'x'; RETURN NEW; END", "anything"},
		{"set", "BEGIN SET LOCAL search_path = x; RETURN NEW; END", "anything"},
		{"truncate", "BEGIN TRUNCATE t; RETURN NEW; END", "anything"},
		{"create", "BEGIN CREATE TEMP TABLE x AS SELECT 1; RETURN NEW; END", "anything"},
		{"copy", "BEGIN COPY t FROM '/x'; RETURN NEW; END", "anything"},
		{"import", "BEGIN LOCK TABLE t; RETURN NEW; END", "anything"},
		{"refresh", "BEGIN REFRESH MATERIALIZED VIEW m; RETURN NULL; END", "anything"},
		{"an option", "#variable_conflict use_column\nBEGIN RETURN NEW; END", "anything"},
		{"a table of three names", "BEGIN DELETE FROM a.b.c; RETURN NEW; END", "anything"},
		{"a name in escapes", `BEGIN DELETE FROM U&"\0061"; RETURN NEW; END`, "anything"},
		{"no end", "BEGIN DELETE FROM t", "anything"},
		{"a quote without an end", "BEGIN x := 'a; END", "anything"},
		{"return query", "BEGIN RETURN QUERY SELECT 1; END", "anything"},
		{"not assigned", "BEGIN a.b 5; RETURN NEW; END", "anything"},
		{"set_config", "BEGIN PERFORM set_config('search_path', 'x', true); RETURN NEW; END", "select[] calls[set_config]"},
		{"a query in a text", "BEGIN PERFORM query_to_xml('DELETE FROM t', true, true, ''); RETURN NEW; END", "select[] calls[query_to_xml]"},
		{"a notice to others", "BEGIN PERFORM pg_notify('a', NEW.id::text); NEW.n := nextval('s'); RETURN NEW; END", "assigns n"},
		{"own functions", "BEGIN PERFORM reader(1), pure(2), public.writer(3), unknown(4); RETURN NEW; END", "select[] calls[writer unknown]"},
		{"a function in the place of another", "BEGIN x := pg_catalog.lower('A'); RETURN NEW; END", "select[] calls[lower]"},
		{"a quoted function", `BEGIN x := "Writer"(1); y := "in"(2); RETURN NEW; END`, "select[] calls[Writer in]"},
		{"a function as a column", "BEGIN SELECT t.writer INTO x FROM t; RETURN NEW; END", "select[] calls[writer]"},
		{"operators", "BEGIN x := a <-> b; IF a LIKE 'b' THEN NULL; END IF; RETURN NEW; END", "select[] calls[operator <-> operator ~~]"},
		{"a query", "BEGIN x := (SELECT max(n) FROM t WHERE a = NEW.a); IF EXISTS (SELECT 1 FROM t) AND NOT (a = ANY (SELECT b FROM u)) THEN RETURN NULL; END IF; RETURN NEW; END", "nothing"},
		{"an insert that calls", "BEGIN INSERT INTO t SELECT writer(a) FROM u; RETURN NEW; END", "insert[t]; select[] calls[writer]"},
		{"a view", "BEGIN x := (SELECT count(*) FROM report); RETURN NEW; END", "select[] reads[public.report]"},
		{"types", "DECLARE a varchar(10); b character varying(3); c timestamp(3) with time zone; BEGIN a := CAST(b AS numeric(3,1)); a := x::bpchar(3); RETURN NEW; END", "nothing"},
		{"a record's columns", "BEGIN FOR r IN SELECT * FROM unnest(NEW.a) WITH ORDINALITY AS u(a, b) LOOP INSERT INTO t VALUES (r.a); END LOOP; RETURN NEW; END", "insert[t]"},
		{"an update of what has no name", "BEGIN UPDATE (SELECT 1) SET a = 1; RETURN NEW; END", "anything"},
		{"a query in the condition of an update", "BEGIN UPDATE t SET a = (SELECT max(b) FROM u) FROM w WHERE t.a IN (SELECT a FROM x); RETURN NULL; END", "update[t]"},
	} {
		got := triggerDescribe(triggerRead(&catalogFunction{Language: "plpgsql", Source: test.source}, triggerCalls()))
		if got != test.want {
			t.Errorf("%s: %s\n got %s\nwant %s", test.name, test.source, got, test.want)
		}
	}
}

// TestTriggerFunctions: only functions whose text can be read are read.
func TestTriggerFunctions(t *testing.T) {
	t.Parallel()
	harmless := "BEGIN RETURN NEW; END"
	for _, test := range []struct {
		f    catalogFunction
		want string
	}{
		{catalogFunction{Language: "plpgsql", Source: harmless, Settings: "work_mem=1MB\nTimeZone=UTC"}, "nothing"},
		{catalogFunction{Language: "plpgsql", Source: harmless, Settings: "work_mem=1MB\nsearch_path=public"}, "anything; assigns any"},
		{catalogFunction{Language: "plpgsql", Source: harmless, Settings: "role=x"}, "anything; assigns any"},
		{catalogFunction{Language: "plpython3u", Source: harmless}, "anything; assigns any"},
		{catalogFunction{Language: "c", Name: "suppress_redundant_updates_trigger", Schema: "public"}, "anything; assigns any"},
		{catalogFunction{Language: "internal", Name: "suppress_redundant_updates_trigger", Schema: "pg_catalog"}, "nothing"},
		{catalogFunction{Language: "internal", Name: "RI_FKey_cascade_del", Schema: "pg_catalog"}, "anything; assigns any"},
	} {
		got := triggerDescribe(triggerRead(&test.f, triggerCalls()))
		if got == "anything" {
			got += "; assigns any"
		}
		if got != test.want {
			t.Errorf("%+v: got %s, want %s", test.f, got, test.want)
		}
	}
}
