// Package calloptions carries the choices that a program makes for single
// calls through a context.
package calloptions

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/recording"
)

// Options are the choices for the calls made with one context. They are never
// changed once they are in a context: a child gets a copy.
type Options struct {
	// Bypass sends reads to the database and stores nothing.
	Bypass bool
	// Ops replaces the profiles' ops when HasOps is true.
	Ops    analysis.Op
	HasOps bool
	// TTL replaces the profiles' TTL when it is greater than 0.
	TTL time.Duration
	// NoInvalidation lets writes drop nothing.
	NoInvalidation bool
	// Lock asks for the lock against stampedes.
	Lock bool
	// Recording collects what the reads depend on; nil: nobody does.
	Recording *recording.Recording
	// Outer are the options of what the computation that records is a part of; nil: it
	// is a part of nothing.
	Outer *Options
	// Within is the computation that the call is a part of, for the engine alone.
	Within any
}

// Recording returns the recording of the context, nil where there is none.
func Recording(ctx context.Context) *recording.Recording {
	if o := From(ctx); o != nil {
		return o.Recording
	}
	return nil
}

// Asks reports whether the call itself asks for this kind of read to be cached.
// It may be called on nil.
func (o *Options) Asks(op analysis.Op) bool {
	return o != nil && !o.Bypass && o.HasOps && o.Ops&op != 0
}

type key struct{}

// From returns the options of the context, nil when it has none.
func From(ctx context.Context) *Options {
	o, _ := ctx.Value(key{}).(*Options)
	return o
}

// With returns a context with a copy of the options that change was applied to.
func With(ctx context.Context, change func(*Options)) context.Context {
	var o Options
	if parent := From(ctx); parent != nil {
		o = *parent
	}
	change(&o)
	return context.WithValue(ctx, key{}, &o)
}
