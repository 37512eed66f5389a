package cachetest

import (
	"context"
	"slices"
	"sync"

	"github.com/cacheops/cacheops"
)

// MaxRecorded is how many reads a Recorder keeps at most, and how many
// invalidations. The oldest go first.
const MaxRecorded = 10_000

// Recorder keeps what the hooks of a cache tell: its reads and invalidations, in
// the order in which they were told. The zero value is ready for use. It is safe
// for concurrent use, and must not be copied.
//
// New makes one for its cache. For a cache that the program makes itself put
// Hooks into its Config.
type Recorder struct {
	mu            sync.Mutex // guards all below
	count         uint64     // of the events so far, to number them
	reads         []read
	invalidations []invalidation
	spans         []*span // of the assertions under way
}

// read is a ReadEvent with its place among all events.
type read struct {
	number uint64
	event  cacheops.ReadEvent
}

// invalidation is an InvalidateEvent with its place among all events.
type invalidation struct {
	number uint64
	event  cacheops.InvalidateEvent
}

// span is what happened while a function ran. The recorder's mutex guards it
// until the function has ended. It has no bound but the function's end.
type span struct {
	reads         []read
	invalidations []invalidation
}

// Hooks returns hooks that record, for the Config of a cache. One Recorder may
// serve several caches; it does not tell them apart.
func (r *Recorder) Hooks() cacheops.Hooks { return r.before(cacheops.Hooks{}) }

// before returns hooks that record and then call the given ones.
func (r *Recorder) before(next cacheops.Hooks) cacheops.Hooks {
	hooks := next
	hooks.OnRead = func(ctx context.Context, e cacheops.ReadEvent) {
		r.recordRead(e)
		if next.OnRead != nil {
			next.OnRead(ctx, e)
		}
	}
	hooks.OnInvalidate = func(ctx context.Context, e cacheops.InvalidateEvent) {
		r.recordInvalidation(e)
		if next.OnInvalidate != nil {
			next.OnInvalidate(ctx, e)
		}
	}
	return hooks
}

func (r *Recorder) recordRead(e cacheops.ReadEvent) {
	e.Tables = slices.Clone(e.Tables) // the hook's next caller may change them
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	got := read{number: r.count, event: e}
	r.reads = appendRecent(r.reads, got)
	for _, s := range r.spans {
		s.reads = append(s.reads, got)
	}
}

func (r *Recorder) recordInvalidation(e cacheops.InvalidateEvent) {
	e.Tables = slices.Clone(e.Tables)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	got := invalidation{number: r.count, event: e}
	r.invalidations = appendRecent(r.invalidations, got)
	for _, s := range r.spans {
		s.invalidations = append(s.invalidations, got)
	}
}

// appendRecent appends, and now and then forgets what is older than MaxRecorded,
// so that it need not move all at each call.
func appendRecent[E any](list []E, e E) []E {
	if len(list) == 2*MaxRecorded {
		list = slices.Delete(list, 0, MaxRecorded)
	}
	return append(list, e)
}

// recent returns the newest MaxRecorded elements.
func recent[E any](list []E) []E { return list[max(0, len(list)-MaxRecorded):] }

// Reads returns the reads since the Recorder was made or Reset, at most
// MaxRecorded. The slice is a copy.
func (r *Recorder) Reads() []cacheops.ReadEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := recent(r.reads)
	events := make([]cacheops.ReadEvent, len(kept))
	for i, k := range kept {
		events[i] = k.event
		events[i].Tables = slices.Clone(k.event.Tables)
	}
	return events
}

// Invalidations returns the invalidations since the Recorder was made or Reset,
// at most MaxRecorded. The slice is a copy.
func (r *Recorder) Invalidations() []cacheops.InvalidateEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := recent(r.invalidations)
	events := make([]cacheops.InvalidateEvent, len(kept))
	for i, k := range kept {
		events[i] = k.event
		events[i].Tables = slices.Clone(k.event.Tables)
	}
	return events
}

// Reset forgets what was recorded. The cache keeps its results. Assertions under
// way go on.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads, r.invalidations = nil, nil
}

// during runs fn and returns what happened meanwhile, in any goroutine. A panic
// of fn goes on, and so does runtime.Goexit, by which t.FailNow ends a test.
func (r *Recorder) during(fn func()) *span {
	s := new(span)
	r.mu.Lock()
	r.spans = append(r.spans, s)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		i := slices.Index(r.spans, s)
		r.spans = slices.Delete(r.spans, i, i+1)
	}()
	fn()
	return s
}
