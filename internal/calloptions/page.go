package calloptions

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// page is the context of the making of a page. What is asked of it for the options has
// those of the fragment that is being made, so that they reach everything that was given
// the page's context before the fragment began.
type page struct {
	context.Context //nolint:containedctx // it is one

	current atomic.Pointer[Options] // the last of made; nil: there is none

	mu   sync.Mutex // guards made, and the writes of current
	made []*Options // the fragments that are being made, in the order that they began
}

type pageKey struct{}

// Page returns a context for the making of a page, or ctx where it is one or comes of
// one.
func Page(ctx context.Context) context.Context {
	if InPage(ctx) {
		return ctx
	}
	return &page{Context: ctx}
}

// InPage reports whether ctx is such a context, or comes of one.
func InPage(ctx context.Context) bool { return ctx.Value(pageKey{}) != nil }

// Value implements [context.Context].
func (p *page) Value(k any) any {
	switch k.(type) {
	case pageKey:
		return p
	case key:
		if o := p.current.Load(); o != nil {
			return o
		}
	}
	return p.Context.Value(k)
}

// Pin returns a context that has the options that ctx has at this moment, also where it
// is one of a page in which other fragments begin and end.
func Pin(ctx context.Context) context.Context {
	if !InPage(ctx) {
		return ctx
	}
	return context.WithValue(ctx, key{}, From(ctx))
}

// reasonAtOnce is why neither of two fragments is kept whose reads cannot be told apart.
const reasonAtOnce = "fragments of one page were made at the same time: give each goroutine a page context of its own"

// Enter says that a fragment is being made under a context, until the function that it
// returns is called. Its recording takes what is read under the page's context.
//
// One that records nothing leaves that to whom it is a part of.
func Enter(ctx context.Context) (leave func()) {
	p, _ := ctx.Value(pageKey{}).(*page)
	o := From(ctx)
	if p == nil || o == nil || !o.Recording.Wants() {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.made); n > 0 && !o.inside(p.made[n-1]) {
		o.Recording.Spoil(reasonAtOnce)
		p.made[n-1].Recording.Spoil(reasonAtOnce)
	}
	p.made = append(p.made, o)
	p.current.Store(o)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		i := slices.Index(p.made, o)
		p.made = slices.Delete(p.made, i, i+1)
		if len(p.made) == 0 {
			p.current.Store(nil)
		} else {
			p.current.Store(p.made[len(p.made)-1])
		}
	}
}

// inside reports whether the options are of a computation that is a part of another's.
func (o *Options) inside(other *Options) bool {
	for ; o != nil; o = o.Outer {
		if o.Recording == other.Recording {
			return true
		}
	}
	return false
}
