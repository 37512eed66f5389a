package engine

import (
	"context"

	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/recording"
)

// The reasons why a read spoils the result that it is a part of.
const (
	reasonFenced = "a write to what it depends on is under way"
	reasonAway   = "the store is unavailable"
	reasonQuery  = "a query failed"
	reasonWrote  = "it runs a statement that is no read"
)

// Recording returns what the call's dependency is recorded in; nil: nothing.
func (c *Call) Recording() *recording.Recording { return c.recording }

// Unkept says why the call's result is not stored, although the call takes part for
// what it depends on. It is empty where the result may be stored.
func (c *Call) Unkept() string { return c.unkept }

// LeaveOut has a call that may not be stored take part for what it depends on alone.
// It returns false where nobody wants to know that.
func (c *Call) LeaveOut(reason string) bool {
	if c.recording == nil {
		return false
	}
	c.unkept = reason
	return true
}

// Record tells the recording how the call was answered. Of one that failed [Failed]
// tells.
func (c *Call) Record() {
	r := c.recording
	switch {
	case r == nil:
	case c.local: // nothing ends it
	case c.snapshot == nil && c.fenced:
		r.Spoil(reasonFenced)
	case c.snapshot == nil || c.away:
		r.Spoil(reasonAway)
	default:
		r.Add(c.ttl, c.snapshot)
		if c.plan.policy.untracked { // only time ends it
			r.Limit(c.plan.policy.ttl)
		}
	}
}

// Passed tells the recording of a context, if there is one, that a read passed the
// cache. Within says that it was in a transaction that may have written.
func Passed(ctx context.Context, reason string, within bool) {
	r := calloptions.Recording(ctx)
	switch {
	case r == nil:
	case within:
		r.Wrong("a query passed the cache: " + reason)
	default:
		r.Spoil("a query passed the cache: " + reason)
	}
}

// Failed tells the recording of a context, if there is one, that a call of the database
// failed. What the function returns then says nothing of what it would have read.
func Failed(ctx context.Context) { calloptions.Recording(ctx).Spoil(reasonQuery) }

// Wrote tells the recording of a context, if there is one, that a statement ran that
// is no read.
func Wrote(ctx context.Context) {
	if r := calloptions.Recording(ctx); r != nil {
		r.Wrong(reasonWrote)
	}
}
