// Package gonjacache has control structures for gonja, which speaks Jinja2, that cache
// parts of pages:
//
//	{% cached "name" [, timeout=<timeout>] [, extra=<key addition>] %}
//	    ... some template code ...
//	{% endcached %}
//
//	{% cached_as <dependencies>, "name" [, timeout=<timeout>] [, extra=<key addition>] %}
//	    ... some template code ...
//	{% endcached_as %}
//
// They are those of the Jinja2 extension of django-cacheops but for the name. There the
// place in the source is the name, so nothing else can drop a fragment; here two uses
// with one name and equal extras share what is cached, in all templates and in all
// processes, where both are escaped or neither is.
//
// The timeout is a number of seconds, a text such as "5m", or a time.Duration; none
// leaves it to the tables that were read, or else to Config.Defaults of the cache. A list
// as the extra counts as several. Extras are values that may be arguments of a
// cacheops.Func. The dependencies are a cacheops.Dep, or a list of them, in the data of
// the template.
//
//	err := gonjacache.New(cache).Register(gonja.DefaultEnvironment.ControlStructures)
//
// # The context
//
// The data of a template holds the context of the page under [ContextKey]:
//
//	data := exec.NewContext(map[string]any{
//	    gonjacache.ContextKey: cacheops.PageContext(r.Context()), "posts": shop.Posts,
//	})
//
// With it, a cached fragment depends on every query that is made while it is rendered,
// under the context that the template finds there, or under that same context in the
// functions of its data:
//
//	{% cached "posts", timeout=300, extra=category %}
//	    {% for post in posts(ctx, category) %} ... {% endfor %}
//	{% endcached %}
//
// Data that was loaded before is not noticed: give the template what loads it. Without a
// context only time ends a fragment, and cacheops.InvalidateFragment; then it needs a
// timeout, or Config.Defaults.
//
// All else that a fragment shows has to be in its extras. What its template code sets
// ends with the fragment. A template that has changed is still the fragment of its name:
// give New a cacheops.Version of the program, where the cache outlives it.
package gonjacache
