package cachetest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/cacheops/cacheops"
)

// readOf tells a recorder of a read, as a cache does.
func readOf(r *Recorder, e cacheops.ReadEvent) {
	r.Hooks().OnRead(context.Background(), e)
}

func TestRecorderKeepsOrderAndCopies(t *testing.T) {
	t.Parallel()
	var r Recorder
	tables := []string{"posts"}
	readOf(&r, cacheops.ReadEvent{Query: "a", Tables: tables})
	readOf(&r, cacheops.ReadEvent{Query: "b", Hit: true})
	changed := []cacheops.TableInvalidation{{Table: "posts", Keys: 1}}
	r.Hooks().OnInvalidate(t.Context(), cacheops.InvalidateEvent{Query: "c", Tables: changed})
	tables[0], changed[0].Table = "other", "other"
	for range 2 { // the first round changes what it got
		reads, invalidations := r.Reads(), r.Invalidations()
		if len(reads) != 2 || reads[0].Query != "a" || reads[0].Tables[0] != "posts" || !reads[1].Hit {
			t.Fatalf("reads: %+v", reads)
		}
		if len(invalidations) != 1 || invalidations[0].Query != "c" || invalidations[0].Tables[0].Table != "posts" {
			t.Fatalf("invalidations: %+v", invalidations)
		}
		reads[0].Query, reads[0].Tables[0], invalidations[0].Tables[0].Table = "x", "x", "x"
	}
	r.Reset()
	if n := len(r.Reads()) + len(r.Invalidations()); n != 0 {
		t.Errorf("%d events are left after Reset", n)
	}
}

func TestRecorderIsBounded(t *testing.T) {
	t.Parallel()
	var r Recorder
	const n = 2*MaxRecorded + 5
	s := r.during(func() {
		for i := range n {
			readOf(&r, cacheops.ReadEvent{Query: strconv.Itoa(i)})
			r.Hooks().OnInvalidate(t.Context(), cacheops.InvalidateEvent{Query: strconv.Itoa(i)})
		}
	})
	reads, invalidations := r.Reads(), r.Invalidations()
	if len(reads) != MaxRecorded || reads[0].Query != strconv.Itoa(n-MaxRecorded) || reads[len(reads)-1].Query != strconv.Itoa(n-1) {
		t.Errorf("kept %d reads, from %s to %s", len(reads), reads[0].Query, reads[len(reads)-1].Query)
	}
	if len(invalidations) != MaxRecorded || invalidations[0].Query != strconv.Itoa(n-MaxRecorded) {
		t.Errorf("kept %d invalidations, from %s", len(invalidations), invalidations[0].Query)
	}
	if cap(r.reads) > 4*MaxRecorded {
		t.Errorf("there is room for %d reads", cap(r.reads))
	}
	if len(s.reads) != n {
		t.Errorf("an assertion saw %d of %d reads", len(s.reads), n)
	}
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	var r Recorder
	const readers, each = 8, 200
	s := r.during(func() {
		var group sync.WaitGroup
		for range readers {
			group.Go(func() {
				for range each {
					inner := r.during(func() { readOf(&r, cacheops.ReadEvent{}) })
					if len(inner.reads) == 0 {
						t.Error("a span lacks the read made in it")
					}
					r.Hooks().OnInvalidate(t.Context(), cacheops.InvalidateEvent{})
					r.Reads()
					r.Invalidations()
				}
			})
		}
		group.Go(r.Reset)
		group.Wait()
	})
	if len(s.reads) != readers*each || len(s.invalidations) != readers*each {
		t.Errorf("saw %d reads and %d invalidations, want %d of each", len(s.reads), len(s.invalidations), readers*each)
	}
	if len(r.spans) != 0 {
		t.Errorf("%d spans are left", len(r.spans))
	}
}

// A function that ends by a panic or by runtime.Goexit leaves no span behind.
func TestRecorderLetsGoOfWhatPanics(t *testing.T) {
	t.Parallel()
	var r Recorder
	func() {
		defer func() {
			if got := recover(); got != "of the function" {
				t.Errorf("recovered %v", got)
			}
		}()
		r.during(func() { panic("of the function") })
	}()
	if len(r.spans) != 0 {
		t.Errorf("%d spans are left", len(r.spans))
	}
}

// The caller's hooks are called, and after the recorder's, so that they find the
// event recorded.
func TestRecorderCallsTheOthersHooks(t *testing.T) {
	t.Parallel()
	var r Recorder
	var got []string
	hooks := r.before(cacheops.Hooks{
		OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			got = append(got, fmt.Sprint(e.Query, len(r.Reads())))
			e.Tables[0] = "x"
		},
		OnInvalidate: func(_ context.Context, e cacheops.InvalidateEvent) {
			got = append(got, fmt.Sprint(e.Query, len(r.Invalidations())))
		},
	})
	hooks.OnRead(t.Context(), cacheops.ReadEvent{Query: "read", Tables: []string{"posts"}})
	hooks.OnInvalidate(t.Context(), cacheops.InvalidateEvent{Query: "write"})
	if fmt.Sprint(got) != "[read1 write1]" {
		t.Errorf("got %v", got)
	}
	if got := r.Reads()[0].Tables[0]; got != "posts" {
		t.Errorf("a later hook changed what was recorded to %q", got)
	}
}
