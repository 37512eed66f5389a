package analysis

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 20)
	tests := []struct {
		name string
		st   *dialect.Statement
		args Args
		want string
	}{
		{
			"conditions",
			posts(and(in("a", par(1), 2), eq("title", par(2)), null("raw"))), args(1, "it's live"),
			"select fetch\n  verdict: cached\n" +
				"  depends on: posts: a = 1 AND raw IS NULL AND title = 'it''s live'\n" +
				"  depends on: posts: a = 2 AND raw IS NULL AND title = 'it''s live'\n",
		},
		{
			"every row, one of a unique key",
			selects(&dialect.Query{Cores: from("users", opaque()).Cores, Limit: lit(1)}), nil,
			"select get\n  verdict: cached\n  depends on: users: every row\n",
		},
		{
			"values are cut",
			posts(eq("title", par(1))), args(long),
			"select fetch\n  verdict: cached\n  depends on: posts: title = '" + long[:40] + "...'\n",
		},
		{
			"values are safe to print",
			posts(eq("title", "a\x1b[31m\nb\xff")), nil,
			"select fetch\n  verdict: cached\n  depends on: posts: title = 'a?[31m?b?'\n",
		},
		{
			"not cached",
			with(posts(eq("a", 1)), func(st *dialect.Statement) { st.Volatile = "random()" }), nil,
			"select fetch\n  verdict: not a pure function of rows and arguments: random()\n  depends on: posts: every row\n",
		},
		{"write", updates("posts", "a"), nil, "update\n  changes: posts: by row images\n"},
		{"write without images", with(updates("posts", "a"), func(st *dialect.Statement) { st.Update.Limit = true }), nil,
			"update\n  changes: posts: every row\n  changes: no row images: ORDER BY or LIMIT\n"},
		{"schema", &dialect.Statement{Kind: dialect.KindDDL}, nil, "ddl\n  changes: everything: changes the schema\n  changes: the schema\n"},
		{"begin", &dialect.Statement{Kind: dialect.KindBegin}, nil, "begin\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := analyse(fake{}, tt.st, blog(), Options{})
			if got := p.Describe(tt.args).String(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestDescribeNames: a table that its plain name does not find is shown by its
// key.
func TestDescribeNames(t *testing.T) {
	t.Parallel()
	d := analyse(fake{}, selects(from("auxview", nil)), reading(), Options{}).Describe(nil)
	if got := strings.Join(d.Tables, " "); got != "posts aux.posts" {
		t.Errorf("tables %q", got)
	}
	if got := strings.Join(d.Dependency, ", "); got != "posts: every row, aux.posts: every row" {
		t.Errorf("depends on %q", got)
	}
}

func TestValueText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   any
		want string
	}{
		{int64(-3), "-3"},
		{true, "TRUE"},
		{1.5, "1.5"},
		{"", "''"},
		{"\u00e9", "'\u00e9'"},
		{strings.Repeat("\u00e9", 41), "'" + strings.Repeat("\u00e9", 40) + "...'"},
		{[]byte{1, 0xab}, "x'01ab'"},
		{make([]byte, 21), "x'" + strings.Repeat("00", 20) + "...'"},
		{nil, "<nil>"},
	}
	for _, tt := range tests {
		if got := valueText(tt.in); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.in, got, tt.want)
		}
	}
}
