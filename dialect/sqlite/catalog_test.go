package sqlite

import (
	"maps"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestCatalogReadTable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text         string
		parsed       bool
		withoutRowID bool
		strict       bool
		collations   map[string]string
		problem      string
	}{
		{text: "CREATE TABLE t(a, B TEXT COLLATE NoCase)", parsed: true, collations: map[string]string{"a": "binary", "b": "nocase"}},
		{text: "CREATE TABLE t(a COLLATE \"x y\")", parsed: true, collations: map[string]string{"a": "x y"}},
		{text: "CREATE TABLE t(a PRIMARY KEY) WITHOUT rowid, Strict", parsed: true, withoutRowID: true, strict: true, collations: map[string]string{"a": "binary"}},
		// The collation of an index is not the column's.
		{text: "CREATE TABLE t(a, PRIMARY KEY(a COLLATE nocase))", parsed: true, collations: map[string]string{"a": "binary"}},
		{text: "CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE)", parsed: true, problem: "a constraint has ON CONFLICT REPLACE"},
		{text: "CREATE TABLE t(a PRIMARY KEY ON CONFLICT ROLLBACK)", parsed: true, problem: "a constraint has ON CONFLICT ROLLBACK"},
		{text: "CREATE TABLE t(a NOT NULL ON CONFLICT FAIL)", parsed: true, problem: "a constraint has ON CONFLICT FAIL"},
		{text: "CREATE TABLE t(a, UNIQUE(a) ON CONFLICT IGNORE)", parsed: true, problem: "a constraint has ON CONFLICT IGNORE"},
		{text: "CREATE TABLE t(a, PRIMARY KEY(a) ON CONFLICT REPLACE)", parsed: true, problem: "a constraint has ON CONFLICT REPLACE"},
		{text: "CREATE TABLE t(a UNIQUE ON CONFLICT ABORT)", parsed: true},
		// What is not understood has images of nothing and compares nothing.
		{text: "CREATE TABLE t(a) LATER", problem: "its option LATER is not known"},
		{text: "CREATE TABLE t(a ENCODED AS zip)", problem: "the text of its CREATE TABLE was not understood"},
		{text: "CREATE VIEW t AS SELECT 1", problem: "the text of its CREATE TABLE was not understood"},
		{text: "CREATE TABLE t AS SELECT 1", problem: "the text of its CREATE TABLE was not understood"},
		{text: "", problem: "the text of its CREATE TABLE was not understood"},
	} {
		f := catalogReadTable(test.text)
		if f.parsed != test.parsed || f.withoutRowID != test.withoutRowID || f.strict != test.strict || f.problem != test.problem {
			t.Errorf("%s: %+v", test.text, f)
		}
		if test.collations != nil && !maps.Equal(f.collations, test.collations) {
			t.Errorf("%s: collations %v, want %v", test.text, f.collations, test.collations)
		}
		if !test.parsed && f.collations != nil {
			t.Errorf("%s: not understood, and collations %v", test.text, f.collations)
		}
	}
}

func TestCatalogReadTableGenerated(t *testing.T) {
	t.Parallel()
	for text, foreign := range map[string]bool{
		"CREATE TABLE t(a, b AS (a * 2))":                                 false,
		"CREATE TABLE t(a, b TEXT GENERATED ALWAYS AS (lower(a)) STORED)": false,
		"CREATE TABLE t(a, b AS (my_own(a)))":                             true,
		"CREATE TABLE t(a, b AS (1 + random()))":                          true,
	} {
		if f := catalogReadTable(text); f.foreign != "" != foreign {
			t.Errorf("%s: foreign because of %q, want %v", text, f.foreign, foreign)
		}
	}
}

func TestCatalogReadTrigger(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		event  dialect.Kind
		bodies int // 0: anything
		main   bool
	}{
		{"CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE u SET a = NEW.a; SELECT 1; END", dialect.KindInsert, 2, true},
		{"CREATE TRIGGER x BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN OLD.a <> NEW.a BEGIN DELETE FROM u; END", dialect.KindUpdate, 1, true},
		{"CREATE TRIGGER x INSTEAD OF DELETE ON t BEGIN INSERT INTO u SELECT * FROM w; END", dialect.KindDelete, 1, true},
		{"CREATE TRIGGER x DELETE ON t BEGIN INSERT INTO u VALUES (OLD.a); END", dialect.KindDelete, 1, true},
		{"CREATE TRIGGER x AFTER INSERT ON t WHEN my_own(NEW.a) BEGIN DELETE FROM u; END", dialect.KindInsert, 0, true},
		{"CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM u; END", dialect.KindInsert, 0, false},
	} {
		got := catalogReadTrigger("x", test.text, test.main)
		if len(got) != 1 || got[0].Name != "x" || got[0].Event != test.event || len(got[0].Body) != test.bodies || (got[0].Body == nil) != (test.bodies == 0) {
			t.Errorf("%s: %+v", test.text, got)
		}
	}
	for _, text := range []string{"", "CREATE TRIGGER x AFTER INSERT ON t BEGIN MERGE INTO u; END", "CREATE TABLE t (a)"} {
		got := catalogReadTrigger("x", text, true)
		events := map[dialect.Kind]bool{}
		for _, tr := range got {
			events[tr.Event] = true
			if tr.Body != nil {
				t.Errorf("%s: has a body", text)
			}
		}
		if len(events) != 3 {
			t.Errorf("%s: stands for %v, want every event", text, events)
		}
	}
}

func TestCatalogPartialTrigger(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"SELECT RAISE(ABORT, 'no')":                              false,
		"SELECT RAISE(IGNORE)":                                   false,
		"SELECT RAISE(FAIL, 'no')":                               true,
		"SELECT CASE WHEN 1 THEN raise /**/ ( rollback, '') END": true,
		"INSERT OR FAIL INTO u VALUES (1)":                       true,
		"UPDATE OR ROLLBACK u SET a = 1":                         true,
		"INSERT OR REPLACE INTO u VALUES ('fail')":               false,
		"UPDATE u SET fail = 1":                                  false,
	} {
		for _, tr := range catalogReadTrigger("x", "CREATE TRIGGER x AFTER INSERT ON t BEGIN "+body+"; END", true) {
			if tr.Partial != want {
				t.Errorf("%s: partial is %v", body, tr.Partial)
			}
		}
	}
	for _, tr := range catalogReadTrigger("x", "not understood", true) {
		if !tr.Partial {
			t.Error("a trigger that was not understood leaves nothing behind")
		}
	}
}

func TestCatalogReadView(t *testing.T) {
	t.Parallel()
	for text, reads := range map[string]int{
		"CREATE VIEW v AS SELECT * FROM a, b": 2,
		"CREATE TEMP VIEW IF NOT EXISTS v (x, y) AS WITH c AS (SELECT 1 FROM a) SELECT * FROM c JOIN b": 2,
		"CREATE VIEW v AS VALUES (1), (2) -- end":                                                       0,
	} {
		if st := catalogReadView(text); st == nil || st.Kind != dialect.KindSelect || len(st.Reads) != reads {
			t.Errorf("%s: %+v", text, st)
		}
	}
	for _, text := range []string{"", "CREATE VIEW v AS", "SELECT 1", "CREATE TABLE v AS SELECT 1"} {
		if st := catalogReadView(text); st != nil {
			t.Errorf("%s: %+v", text, st)
		}
	}
}

func TestCatalogModuleOwns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, table string
		want        bool
	}{
		{"CREATE VIRTUAL TABLE Docs USING FTS5(body)", "docs_DATA", true},
		{"CREATE VIRTUAL TABLE Docs USING FTS5(body)", "docs_config", true},
		{"CREATE VIRTUAL TABLE Docs USING FTS5(body)", "docs_tags", false},
		{"CREATE VIRTUAL TABLE Docs USING FTS5(body)", "docs", false},
		{"CREATE VIRTUAL TABLE Docs USING fts4", "docs_segdir", true},
		{"CREATE VIRTUAL TABLE Docs USING fts4", "docs_node", false},
		{"CREATE VIRTUAL TABLE Docs USING \"rtree\"(id, a, b)", "docs_node", true},
		{"CREATE VIRTUAL TABLE Docs USING my_own(a)", "docs_anything", true},
		{"CREATE VIRTUAL TABLE Docs USING my_own(a)", "others", false},
		{"not understood", "docs_anything", true},
	} {
		if got := catalogModuleOf("Docs", test.text).owns(test.table); got != test.want {
			t.Errorf("%s: owns %s: %v, want %v", test.text, test.table, got, test.want)
		}
	}
}

func TestCatalogKey(t *testing.T) {
	t.Parallel()
	seen := make(map[string][2]string)
	for _, name := range [][2]string{
		{"main", "posts"}, {"main", "a.b"}, {"main.a", "b"}, {"main", "`a"}, {"main", "a`"}, {"main", "a``"}, {"main", ""}, {"", "main"},
		{"main", "`a`.`b`"}, {"main", "a b"}, {"main", "\u00c9"}, {"main", "\u00e9"}, {"temp", "posts"}, {"main`.`a", "b"},
	} {
		key := catalogKey(name[0], name[1])
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q share the key %s", name, other, key)
		}
		seen[key] = name
	}
	if got := catalogKey("MAIN", "Posts"); got != "main.posts" {
		t.Errorf("key %q", got)
	}
}

func TestCatalogOld(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{
		"3.34.1": true, "3.35.0": false, "3.9.2": true, "3.100": false, "4.0.0": false, "2.99.0": true, "": true, "three.40": true,
	} {
		if catalogOld(version) != old {
			t.Errorf("%q: old is %v", version, !old)
		}
	}
}
