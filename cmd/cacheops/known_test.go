package main

import (
	"slices"
	"strings"
	"testing"
)

func TestFindTables(t *testing.T) {
	t.Parallel()
	known := []string{`blog."My.Log"`, "blog.posts", "public.Posts", "public.posts", "public.users"}
	for text, want := range map[string]string{
		"posts": "blog.posts public.posts", "Posts": "public.Posts", "POSTS": "blog.posts public.Posts public.posts",
		"blog.posts": "blog.posts", "public.POSTS": "public.Posts public.posts", "My.Log": `blog."My.Log"`, "blog.My.Log": `blog."My.Log"`, `blog."My.Log"`: `blog."My.Log"`,
		"blog.*": `blog."My.Log" blog.posts`, "*post*": "blog.posts public.Posts public.posts", "user?": "public.users",
		"post": "", "blog": "", "": "", "nope_*": "", "34": "",
	} {
		if got := findTables(known, text); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q means %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"posts.34": true, "public.posts.34": true, "posts.a.b": true, "users.1": false, "34": false} {
		if got := names(text, "public.posts", true); got != want {
			t.Errorf("the row %q is one of posts: %v", text, got)
		}
	}
}
