package tmplcache_test

import (
	"context"
	"html/template"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/tmplcache"
)

func TestZZ(t *testing.T) {
	c, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	opt := tmplcache.Config{Options: []cacheops.FuncOption{cacheops.TTL(1e12)}}
	for name, text := range map[string]string{
		"js":        `{{define "f"}}<b>{{.}}</b>{{end}}{{define "p"}}<script>var x = {{cached "f" "" .}};</script>{{end}}`,
		"jstmpl":    "{{define \"f\"}}<b>{{.}}</b>{{end}}{{define \"p\"}}<script>var x = `${ {{cached \"f\" \"\" .}} }`;</script>{{end}}",
		"onclick":   `{{define "f"}}<b>{{.}}</b>{{end}}{{define "p"}}<a onclick="f({{cached "f" "" .}})">{{end}}`,
		"href":      `{{define "f"}}{{.}}{{end}}{{define "p"}}<a href="{{cached "f" "" .}}">{{end}}`,
		"style":     `{{define "f"}}{{.}}{{end}}{{define "p"}}<a style="color: {{cached "f" "" .}}">{{end}}`,
		"textarea":  `{{define "f"}}{{.}}</textarea>{{end}}{{define "p"}}<textarea>{{cached "f" "" .}}</textarea>{{end}}`,
		"unquoted":  `{{define "f"}}{{.}}{{end}}{{define "p"}}<a title={{cached "f" "" .}}>{{end}}`,
		"attrname":  `{{define "f"}}{{.}}{{end}}{{define "p"}}<a {{cached "f" "" .}}=1>{{end}}`,
		"partial":   `{{define "f"}}<a href="{{end}}{{define "p"}}{{cached "f" "" .}}">{{end}}`,
		"fragment is script body": `{{define "f"}}alert({{.}}){{end}}{{define "p"}}<script>{{cached "f" "" .}}</script>{{end}}`,
		"srcset": `{{define "f"}}{{.}}{{end}}{{define "p"}}<img srcset="{{cached "f" "" .}}">{{end}}`,
	} {
		ts := template.Must(template.New("").Funcs(tmplcache.Funcs()).Parse(text))
		s, err := tmplcache.New(c, ts, opt)
		if err != nil {
			t.Fatal(err)
		}
		cacheops.InvalidateFragments(context.Background(), c, "f")
		for range 2 {
			var out strings.Builder
			err = s.Execute(context.Background(), &out, "p", `javascript:alert("1")'</script></textarea><img onerror=x>`)
			t.Logf("%s: %s %v", name, out.String(), err)
		}
	}
	// a redefinition: same name via two sets; error in the middle
	ts := template.Must(template.New("").Funcs(tmplcache.Funcs()).Funcs(template.FuncMap{"boom": func() (string, error) { panic("x") }}).Parse(
		`{{define "f"}}half{{boom}}{{end}}{{define "p"}}a{{cached "f" "" .}}b{{end}}{{define "q"}}a{{cached "f" "" . 1 "x"}}b{{end}}`))
	s, err := tmplcache.New(c, ts, opt)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var out strings.Builder
		err = s.Execute(context.Background(), &out, "p", 1)
		t.Logf("%q %v", out.String(), err)
	}
}
