// Package templcache caches parts of pages that templ makes.
//
//	@templcache.Cached(cache, "sidebar", user.ID) {
//	    for _, post := range shop.Posts(ctx, user.ID) {
//	        <li>{ post.Title }</li>
//	    }
//	}
//
// Two uses with one name and equal extras share what is cached, in all components and in
// all processes. Extras are values that may be arguments of a cacheops.Func. All else
// that a fragment shows, but for the queries that it makes under ctx, has to be in its
// extras. A component that has changed is still the fragment of its name: give it a
// cacheops.Version of the program, where the cache outlives it.
//
// A fragment depends on every query that is made while it is rendered, under the context
// that its components have, or under the page's where that is of cacheops.PageContext.
// Data that was loaded before is not noticed. The arguments of a component are made
// before it is rendered, unless they stand between the braces.
//
// # What is rendered once in a page
//
// templ writes a CSS class and a script template once in a page, where they are used
// first, and a nonce into their elements. What is cached of a fragment holds these as
// what they are and not as text: each page is given those that it has not had yet, with
// its own nonce. So nothing is missing and nothing is there twice.
//
// That a handle of templ.NewOnceHandle has been used is known by the process alone. A
// component that uses one is rendered each time, and is not cached; so is one with a
// class or a script that was not made by templ's generator. Use [Once] in fragments.
//
// A fragment is written at once: templ.Flush has no effect within it. Where a part of a
// page is rendered by templ.RenderFragments, fragments around that part are rendered and
// not looked for.
package templcache
