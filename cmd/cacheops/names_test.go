package main

import "testing"

// A table's key is taken apart at the dot that is no part of a name.
func TestNameOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][2]string{
		"public.posts": {"public", "posts"}, `"my.schema".posts`: {"my.schema", "posts"}, `public."a.b"`: {"public", "a.b"},
		`"a""b".c`: {`a"b`, "c"}, "main.`log-b`": {"main", "log-b"}, "`a``.b`.`c\"d`": {"a`.b", `c"d`}, "posts": {"", "posts"}, "": {"", ""}, `"`: {"", ""},
	} {
		if schema, name := nameOf(key); schema != want[0] || name != want[1] {
			t.Errorf("%s is %q and %q, want %q", key, schema, name, want)
		}
	}
}

// What a pattern seems to mean is dropped: a slash in a name is a sign like others.
func TestMatchTable(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"*": true, "x*": true, "X/?": true, "public.*": true, "x[/]y": true, "y*": false, "x": false, "blog.*": false,
	} {
		if got, err := matchTable(pattern, "public", "x/y"); got != want || err != nil {
			t.Errorf("%q means the table: %v, error %v", pattern, got, err)
		}
	}
	if _, err := matchTable("[", "", ""); err == nil {
		t.Error("a pattern that is none has no error")
	}
}

// What comes out of Redis cannot steer the terminal.
func TestMessageIsPrintable(t *testing.T) {
	t.Parallel()
	if got := message(misuse("there is \x1b]0;x\a\u202e\nhere\r")); got != "cacheops: there is ?]0;x??\nhere" {
		t.Errorf("%q", got)
	}
}
