// Package pongo2cache has template tags for pongo2 that cache parts of pages, as the
// tags of django-cacheops do for Django:
//
//	{% cached <timeout> <fragment_name> [<extra1> <extra2> ...] %}
//	    ... some template code ...
//	{% endcached %}
//
//	{% cached_as <dependencies> <timeout> <fragment_name> [<extra1> <extra2> ...] %}
//	    ... some template code ...
//	{% endcached_as %}
//
// All of them are expressions, so a name is written in quotes. The timeout is a number
// of seconds, a text such as "5m", or a time.Duration; None leaves it to the tables that
// were read, or else to Config.Defaults of the cache. A negative number as an extra
// needs parentheses. Two uses with one name and equal extras share what is cached, in
// all templates and in all processes, where both are escaped or neither is. Extras are
// values that may be arguments of a cacheops.Func.
//
// The dependencies are a cacheops.Dep, or a list of them, in the data of the template.
//
// pongo2 has one set of tags for the whole program:
//
//	err := pongo2cache.New(cache).Register()
//
// # The context
//
// The data of a template holds the context of the page under [ContextKey]:
//
//	ctx := cacheops.PageContext(r.Context())
//	err = t.ExecuteWriter(pongo2.Context{pongo2cache.ContextKey: ctx, "posts": shop.Posts}, w)
//
// With it, a cached fragment depends on every query that is made while it is rendered,
// under the context that the template finds there, or under that same context in the
// functions of its data:
//
//	{% cached 300 "posts" category %}
//	    {% for post in posts(ctx, category) %} ... {% endfor %}
//	{% endcached %}
//
// Data that was loaded before is not noticed: give the template what loads it. Without a
// context only time ends a fragment, and cacheops.InvalidateFragment; then it needs a
// timeout, or Config.Defaults.
//
// All else that a fragment shows has to be in its extras. What its template code sets,
// by set or macro, ends with the fragment. A template that has changed is still the
// fragment of its name: give New a cacheops.Version of the program, where the cache
// outlives it.
package pongo2cache
