package engine

import (
	"context"
	"sync"
	"time"

	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/recording"
	"github.com/cacheops/cacheops/store"
)

// run computes, and calls over when the result is stored, or is not.
func (x *computing) run(ctx context.Context, w *work, over func(kept bool)) ([]byte, bool, error) {
	w.over = onlyOnce(over)
	handed := false
	defer func() {
		if !handed {
			w.over(false)
		}
	}()
	rec := recording.NewDeclared()
	if x.Dependency == DependsRecorded {
		rec = recording.New(max(x.TTL, x.outer.Life()))
	}
	x.outer.Begin()
	defer x.outer.End()
	returned := false
	defer func() {
		if !returned { // the function around may go on, and nobody knows what this one read
			x.failed = true
			x.spoil(rec.Close(), reasonPanicked)
		}
	}()
	parts, reason := x.lease(ctx)
	outer := calloptions.From(ctx)
	data, err := x.Run(calloptions.With(ctx, func(o *calloptions.Options) { o.Recording, o.Within, o.Outer = rec, w, outer }))
	got := rec.Close()
	returned = true
	switch {
	case x.Dependency == DependsTime: // what it reads is not asked
	case reason == "":
		reason = got.Reason
	}
	if data == nil && reason == "" {
		reason = reasonError
	}
	if why, is := err.(NotKeptError); is { //nolint:errorlint // it is never wrapped
		reason, err = string(why), nil
	}
	if reason == "" && ctx.Err() != nil { // so what it called may have been refused, before we knew of it
		reason = reasonEnded
	}
	x.failed = data == nil && err != nil || ctx.Err() != nil
	x.spoil(got, reason)
	if x.event.Reason = reason; reason != "" {
		return nil, true, err
	}
	parts = append(parts, got.Parts...)
	ttl := x.life(&got)
	limited := got.Limit > 0
	x.tell(ttl, ttl, limited, parts...)
	handed = x.keep(ctx, &Computed{Data: data, TTL: ttl, Limited: limited}, parts, w.over)
	return nil, true, err
}

// spoil keeps the result out that this one is a part of, where this one may not be kept.
func (x *computing) spoil(got recording.Recorded, reason string) {
	switch {
	case got.Wrong:
		x.outer.Wrong(x.Name + ": " + got.Reason)
	case reason != "":
		x.outer.Spoil(x.Name + ": " + reason)
	}
}

// GiveUp lets those go on who wait for the computation of a context, before it has
// ended: its result will not be kept, and may take long. Only the goroutine of the
// computation may call it.
func GiveUp(ctx context.Context) {
	o := calloptions.From(ctx)
	if o == nil {
		return
	}
	if w, is := o.Within.(*work); is && w.over != nil {
		w.over(false)
	}
}

// onlyOnce returns a function of which the first call counts.
func onlyOnce(over func(kept bool)) func(kept bool) {
	var once sync.Once
	return func(kept bool) { once.Do(func() { over(kept) }) }
}

// life is how long a result is kept, 0 for not at all.
func (x *computing) life(got *recording.Recorded) time.Duration {
	ttl := x.TTL
	if ttl == 0 {
		ttl = got.TTL
	}
	if ttl == 0 {
		ttl = x.engine.cfg.DefaultTTL
	}
	if got.Limit > 0 && (ttl == 0 || got.Limit < ttl) {
		ttl = got.Limit
	}
	return ttl
}

// lease takes the stamps that the result depends on whatever its queries are. The
// reason says why there are none.
func (x *computing) lease(ctx context.Context) (parts []store.Snapshot, reason string) {
	switch {
	case x.away:
		return nil, reasonAway
	case x.Keeper != nil:
		return nil, ""
	case x.Dependency != DependsDeclared:
		return x.stamps(ctx, nil)
	}
	deps, err := x.Declared()
	for range maxDeclares {
		var list []declaration
		if err == nil {
			list, err = x.engine.declared(ctx, deps, x.TTL)
		}
		if err != nil {
			x.engine.cfg.Logger.WarnContext(ctx, "cacheops: the declared dependency of a function is not known", "function", x.Name, "error", err)
			return nil, reasonNoDeps
		}
		if parts, reason = x.stamps(ctx, list); reason != "" {
			return nil, reason
		}
		void := false
		for i := range list {
			if i > 0 && list[i].handle == list[i-1].handle && list[i].schema == list[i-1].schema {
				continue
			}
			v, err := list[i].void(ctx)
			if err != nil {
				x.away = true
				return nil, reasonAway
			}
			void = void || v
		}
		if !void {
			return parts, ""
		}
	}
	return nil, reasonMoved
}

// maxDeclares bounds how often what is declared is looked up in a schema that keeps
// changing.
const maxDeclares = 3

// stamps takes the stamps of the computation itself, and of what is declared.
func (x *computing) stamps(ctx context.Context, list []declaration) (parts []store.Snapshot, reason string) {
	e := x.engine
	queries := []*store.Query{x.own()}
	for i := range list {
		queries = append(queries, list[i].query)
	}
	for _, q := range queries {
		lease, err := e.cfg.Store.Lease(ctx, q)
		switch {
		case e.noted(ctx, callLease, err) != nil:
			x.away = true
			return nil, reasonAway
		case lease.Fenced:
			e.counters.fenced.Add(1)
			return nil, reasonFenced
		}
		parts = append(parts, lease.Snapshot)
	}
	return parts, ""
}

// keep stores a result, from now on. A failure costs a hit. It returns true where it has called
// over, or will.
func (x *computing) keep(ctx context.Context, c *Computed, parts []store.Snapshot, over func(kept bool)) bool {
	e, data, ttl := x.engine, c.Data, c.TTL
	c.At = time.Now()
	switch {
	case ttl <= 0:
		x.event.Reason = reasonNoTTL
		return false
	case len(data) > e.cfg.MaxEntryBytes:
		e.counters.tooLarge.Add(1)
		x.event.Reason = reasonLarge
		return false
	}
	if x.Keeper != nil {
		err := x.Keeper.Set(ctx, x.query.Key, data, ttl)
		if err != nil && ctx.Err() == nil && e.counters.keepErrors.Add(1) == 1 {
			e.cfg.Logger.WarnContext(ctx, "cacheops: a result could not be kept; further ones are counted", "name", x.Name, "error", err)
		}
		over(err == nil)
		return true
	}
	joined := e.cfg.Store.Join(parts...)
	if joined == nil {
		x.event.Reason = reasonJoined
		return false
	}
	query := x.query
	query.TTL = ttl
	fill := func(ctx context.Context) {
		kept := false
		defer func() { over(kept) }()
		if e.noted(ctx, callFill, e.cfg.Store.Fill(ctx, &query, joined, c, ttl)) == nil {
			e.counters.fills.Add(1)
			kept = true
		}
	}
	if e.aside == nil {
		fill(ctx)
		return true
	}
	// As with a query's result, see fill. Those who wait do so until it is stored.
	select {
	case e.aside <- struct{}{}:
	default:
		e.counters.fillsDropped.Add(1)
		return false
	}
	ctx = context.WithoutCancel(ctx)
	started := e.background.run(func() {
		defer func() { <-e.aside }()
		fill(ctx)
	})
	if !started {
		<-e.aside
		e.counters.fillsDropped.Add(1)
	}
	return started
}
