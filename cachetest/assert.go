package cachetest

import "testing"

// AssertHit runs fn and fails the test unless each read that it makes is answered
// from the cache. A read that waits for another one's query is no hit.
func (r *Recorder) AssertHit(t testing.TB, fn func()) {
	t.Helper()
	if s := r.during(fn); !s.all(hit) {
		t.Errorf("AssertHit: %s", r.tell(s, "came from the cache", hit))
	}
}

// AssertMiss runs fn and fails the test unless each read that it makes takes part
// in the cache, finds nothing there and goes to the database, or waits for another
// read that does. A read that is not cached at all fails it too, for it would not
// show that anything was dropped. So does an fn that makes the same read twice: the
// second is a hit.
func (r *Recorder) AssertMiss(t testing.TB, fn func()) {
	t.Helper()
	if s := r.during(fn); !s.all(miss, shared) {
		t.Errorf("AssertMiss: %s", r.tell(s, "missed", miss, shared))
	}
}

// AssertUncached runs fn and fails the test unless each read that it makes goes
// past the cache: by its profile, its context, its transaction or what it asks
// for. ReadEvent.Reason, in Reads, says by which.
func (r *Recorder) AssertUncached(t testing.TB, fn func()) {
	t.Helper()
	if s := r.during(fn); !s.all(uncached) {
		t.Errorf("AssertUncached: %s", r.tell(s, "went past the cache", uncached))
	}
}

// AssertQueries runs fn and fails the test unless n of the reads that it makes
// reach the database. Those are the misses, the reads that are not cached, and
// those that fail. A hit does not, nor does a read that waits for another one's
// query. Writes do not count. An fn that makes no read fails the test, also where
// n is 0.
func (r *Recorder) AssertQueries(t testing.TB, n int, fn func()) {
	t.Helper()
	s := r.during(fn)
	got := s.unlike(hit, shared)
	switch {
	case got > n:
		t.Errorf("AssertQueries: %d reached the database, want %d: %s", got, n, r.tell(s, "did without it", hit, shared))
	case got < n || len(s.reads) == 0:
		t.Errorf("AssertQueries: %d reached the database, want %d: %s", got, n, r.tell(s, "reached it", miss, uncached, failed))
	}
}

// AssertDrops fails the test unless the write drops what the reads read. It runs
// each read twice, the second time to see that all of it is cached, then the write,
// and then each read again: now everything must miss. All are run in any case, so
// that what follows in the test finds the write done.
//
// Let each read make one SELECT, unlike the others': of two that are the same, the
// first fills the cache for the second. For a function of several SELECTs, of which
// the write drops some, write and then use AssertQueries.
func (r *Recorder) AssertDrops(t testing.TB, write func(), reads ...func()) {
	t.Helper()
	for _, failure := range r.across(write, reads, "missed", miss, shared) {
		t.Errorf("AssertDrops: %s", failure)
	}
}

// AssertKeeps fails the test unless the write keeps what the reads read. It runs
// each read twice, the second time to see that all of it is cached, then the write,
// and then each read again: everything must still come from the cache. All are run
// in any case, so that what follows in the test finds the write done.
//
// A write that changes nothing keeps everything, so see that it did what it should.
func (r *Recorder) AssertKeeps(t testing.TB, write func(), reads ...func()) {
	t.Helper()
	for _, failure := range r.across(write, reads, "came from the cache", hit) {
		t.Errorf("AssertKeeps: %s", failure)
	}
}

// across runs the reads before and after the write, and returns what is not as it
// is wanted: hits before, and the given outcomes after.
func (r *Recorder) across(write func(), reads []func(), what string, want ...outcome) (failures []string) {
	if len(reads) == 0 {
		failures = append(failures, "no read was given, so nothing is shown")
	}
	for _, read := range reads {
		read()
	}
	cached := make([]bool, len(reads))
	for i, read := range reads {
		s := r.during(read)
		if cached[i] = s.all(hit); !cached[i] {
			failures = append(failures, "before the write, "+nth(i, reads)+r.tell(s, "came from the cache", hit))
		}
	}
	change := r.during(write)
	for i, read := range reads {
		s := r.during(read)
		if cached[i] && !s.all(want...) { // where it was not, it shows nothing, and that is told
			failures = append(failures, "after the write, "+nth(i, reads)+r.tell(s, what, want...)+change.told())
		}
	}
	return failures
}
