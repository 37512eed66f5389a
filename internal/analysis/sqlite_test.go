package analysis

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// columnsOf makes columns with SQLite's rules of comparison from "name num",
// "name text" and "name", which has none.
func columnsOf(t *dialect.Table, columns ...string) *dialect.Table {
	rules := map[string]string{"num": "sqlite1.num", "text": "sqlite1.text.binary", "nocase": "sqlite1.text.nocase"}
	t.Columns = nil
	for _, c := range columns {
		name, rule, _ := strings.Cut(c, " ")
		t.Columns = append(t.Columns, &dialect.Column{Name: name, Folded: strings.ToLower(name), Comparison: rules[rule]})
	}
	return t
}

// sqliteBlog is a schema as SQLite's dialect would give it.
func sqliteBlog() *dialect.Catalog {
	posts := columnsOf(table("posts"), "id num", "title text", "category_id num", "author_id num", "visible num", "price", "status nocase", "deleted_at num")
	posts.ForeignKeys = []dialect.ForeignKey{
		{Columns: []int{2}, Parent: name("categories"), ParentColumns: []string{"id"}, OnDelete: dialect.FKCascade},
		{Columns: []int{3}, Parent: name("users"), OnDelete: dialect.FKSetNull},
	}
	comments := columnsOf(table("comments"), "id num", "post_id num", "text text")
	comments.ForeignKeys = []dialect.ForeignKey{{Columns: []int{1}, Parent: name("posts"), OnDelete: dialect.FKCascade}}
	users := columnsOf(table("users"), "id num", "email text", "name text")
	users.Unique = append(users.Unique, []int{1})
	tagged := columnsOf(table("post_tags"), "post_id num", "tag_id num")
	tagged.Unique = [][]int{{0, 1}}
	visible := of(dialect.TableView, columnsOf(table("visible_posts"), "id num", "title text"))
	visible.View = sqlite.Parse("SELECT id, title FROM posts WHERE visible = TRUE")
	audit := columnsOf(table("audit"), "id num", "what text")
	users.Triggers = []dialect.Trigger{{
		Name: "users_audit", Event: dialect.KindUpdate,
		Body: []*dialect.Statement{sqlite.Parse("INSERT INTO audit (what) VALUES ('update')")},
	}}
	return catalog(posts, comments, users, tagged, visible, audit,
		columnsOf(table("categories"), "id num", "title text", "parent_id num"),
		of(dialect.TableSystem, columnsOf(table("sqlite_master"), "name text")))
}

// sample is what the golden file binds: parameter 1 is a number, 2 a text, 3 is
// NULL.
func sample() Args { return args(7, "live", nil, 2) }

// TestGolden compares what is told of real statements with a file: a paragraph
// for each, the statement first. Run with -update to write it anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	const path = "testdata/sqlite.golden"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n := 0
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		text, _, _ := strings.Cut(block, "\n")
		st := sqlite.Parse(text)
		p := analyse(sqlite.Dialect, st, sqliteBlog(), Options{})
		got := text + "\n" + strings.TrimRight(p.Describe(sample()).String(), "\n")
		for _, words := range []string{st.Volatile, st.Incomplete} {
			if words != "" { // the dialect's words are its own matter
				got = strings.ReplaceAll(got, words, "(the dialect's words)")
			}
		}
		if got != block && !*update {
			t.Errorf("got\n%s\nwant\n%s", got, block)
		}
		out.WriteString(got + "\n\n")
		n++
	}
	if n < 40 {
		t.Errorf("only %d statements", n)
	}
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not written in CI: run with -update and look at the change first")
		}
		if err := os.WriteFile(path, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzPlan checks what holds for the plan of any text: no panic, the same
// answer twice, and nothing cached or left out that was not understood.
func FuzzPlan(f *testing.F) {
	data, err := os.ReadFile("testdata/sqlite.golden")
	if err != nil {
		f.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		text, _, _ := strings.Cut(block, "\n")
		f.Add(text)
	}
	cat := sqliteBlog()
	f.Fuzz(func(t *testing.T, text string) {
		st := sqlite.Parse(text)
		p := analyse(sqlite.Dialect, st, cat, Options{})
		first := p.Describe(sample()).String()
		if again := analyse(sqlite.Dialect, sqlite.Parse(text), cat, Options{}).Describe(sample()).String(); again != first {
			t.Fatalf("analysed twice:\n%s\n%s", first, again)
		}
		checkPlan(t, p)
	})
}

// checkPlan checks what every plan has to fulfil.
func checkPlan(t *testing.T, p *Plan) {
	t.Helper()
	st := p.Statement
	switch st.Kind {
	case dialect.KindSelect:
		if p.Read == nil {
			t.Fatal("a SELECT without a Read")
		}
	case dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete, dialect.KindDDL, dialect.KindUnknown:
		if p.Write == nil {
			t.Fatalf("a %s without a Write", st.Kind)
		}
	}
	if r := p.Read; r != nil {
		if op := r.Op(sample()); op&OpAll == 0 || op&(op-1) != 0 {
			t.Fatalf("op %s", op)
		}
		set := p.Bind(sample())
		if r.Reason == "" && (len(set) == 0 || len(set) != len(r.Tables)) {
			t.Fatalf("%d dependencies on %d tables", len(set), len(r.Tables))
		}
		for _, d := range set {
			if d.Table.Kind != dialect.TablePlain || !slices.Contains(r.Tables, d.Table) {
				t.Fatalf("depends on %s", d.Table.Key)
			}
		}
		for _, n := range st.Reads {
			t1 := p.Catalog.Table(n)
			if r.Reason == "" && t1 != nil && t1.Kind == dialect.TablePlain && !slices.Contains(r.Tables, t1) {
				t.Fatalf("reads %s and does not depend on it", n)
			}
		}
	}
	if w := p.Write; w != nil && !w.All && st.Kind != dialect.KindScript {
		for _, n := range st.Writes {
			t1 := p.Catalog.Table(n)
			if t1 == nil {
				t.Fatalf("writes %s, which is unknown, and not everything", n)
			}
			if t1.Kind == dialect.TablePlain && t1 != w.Target && !slices.Contains(w.Epochs, t1) {
				t.Fatalf("writes %s and does not say so", n)
			}
		}
	}
}
