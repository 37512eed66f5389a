// Package tmplcache caches parts of pages that html/template and text/template make,
// and drops what is cached of them when what their queries read has changed.
//
// A fragment is a template of its own. It is called by the function cached, with a name,
// a time to live, its data, and what tells its results apart:
//
//	{{define "sidebar"}}<ul>{{range .Posts ctx}}<li>{{.Title}}</li>{{end}}</ul>{{end}}
//	{{cached "sidebar" "5m" . .User.ID}}
//
// [Funcs] has the functions for parsing, and a [Set] executes the templates:
//
//	t := template.Must(template.New("").Funcs(tmplcache.Funcs()).ParseFS(files, "*.html"))
//	pages, err := tmplcache.New(cache, t, tmplcache.Config{})
//	...
//	ctx := cacheops.PageContext(r.Context())
//	err = pages.Execute(ctx, w, "page.html", data)
//
// # Functions
//
//	cached name ttl data extras...
//	cachedAs deps name ttl data extras...
//	ctx
//
// Name is that of the template, and of the fragment: two uses with one name and equal
// extras share what is cached, in all templates of a kind and in all processes. TTL is
// a text such as "5m", a number of seconds, or a time.Duration; "" or 0 leaves it to the
// tables that were read, or else to Config.Defaults of the cache. Extras are values that
// may be arguments of a cacheops.Func. Data is what the template is given. It is no part
// of what tells results apart.
//
// CachedAs takes what the fragment depends on from the program: a cacheops.Dep or a list
// of them. Ctx is the context of the page.
//
// # What a fragment depends on
//
// On every query that is made while it is rendered, under the context that ctx gives, or
// under the one that [Set.Execute] got where that is one of cacheops.PageContext: by a
// method or a function in the data that the template calls. Data that was loaded before
// is not noticed. So give a fragment what loads its data and not the data, or use
// cachedAs, or a time to live that you can wait for. All else that a fragment shows has
// to be in its extras.
//
// # Escaping
//
// A fragment of html/template is escaped like a page: its template has to be complete
// HTML. What cached returns is of type template.HTML, so that in an attribute, a script,
// a URL or a style it is escaped as any other such value is there. The text of a
// fragment of text/template is a string, and never meets one of html/template in the
// cache.
//
// A template that has changed is still the fragment of its name: give the options a
// cacheops.Version of the program, where the cache outlives it.
package tmplcache
