package cacheops

import (
	"context"

	"github.com/cacheops/cacheops/internal/calloptions"
)

// PageContext returns a context for everything that a page is made with: what its data
// is loaded with, also by functions and methods that a template calls, and what its
// template is executed with. Where ctx is such a context, or comes of one, it is
// returned as it is. Make one for each page.
//
// While a [Fragment] is rendered, what runs under its page's context counts for the
// fragment. So a query that a function in the page's data makes is a part of what the
// fragment depends on, although that function had its context before.
//
// Contexts that [With], [Bypass] or [NoInvalidation] derived before a fragment began
// keep what they had then: what runs under them does not count for the fragment.
func PageContext(ctx context.Context) context.Context {
	return calloptions.Page(ctx)
}

// InPage reports whether ctx is one of [PageContext], or comes of one.
func InPage(ctx context.Context) bool { return calloptions.InPage(ctx) }
