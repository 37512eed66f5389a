package cachetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
)

func (n *notingTB) Helper()                           {}
func (n *notingTB) Errorf(format string, args ...any) { n.Error(fmt.Sprintf(format, args...)) }

// Which assertion takes which outcome; internal/integration has them from a real
// database, but for reads that share a query, which no test can bring about at will.
func TestAssertionsByOutcome(t *testing.T) {
	t.Parallel()
	var r Recorder
	assertions := []struct {
		name   string
		assert func(t testing.TB, fn func())
		holds  []outcome
	}{
		{"AssertHit", r.AssertHit, []outcome{hit}},
		{"AssertMiss", r.AssertMiss, []outcome{miss, shared}},
		{"AssertUncached", r.AssertUncached, []outcome{uncached}},
		{"0 queries", func(t testing.TB, fn func()) { r.AssertQueries(t, 0, fn) }, []outcome{hit, shared}},
		{"1 query", func(t testing.TB, fn func()) { r.AssertQueries(t, 1, fn) }, []outcome{miss, uncached, failed}},
		{"2 queries", func(t testing.TB, fn func()) { r.AssertQueries(t, 2, fn) }, nil},
	}
	for o, e := range map[outcome]cacheops.ReadEvent{
		hit:      {Query: "Q", Op: cacheops.OpGet, Hit: true},
		miss:     {Query: "Q", Op: cacheops.OpGet},
		shared:   {Query: "Q", Op: cacheops.OpGet, Shared: true},
		uncached: {Query: "Q", Reason: "it is volatile"},
		failed:   {Query: "Q", Reason: "it is volatile", Err: errors.New("no such table")},
	} {
		for _, a := range assertions {
			n := &notingTB{TB: t}
			a.assert(n, func() { readOf(&r, e) })
			holds := false
			for _, h := range a.holds {
				holds = holds || h == o
			}
			if holds != (len(n.errors) == 0) || len(n.errors) > 1 {
				t.Errorf("%s of %s: failed with %q", a.name, o, n.errors)
			}
			if !holds && !strings.Contains(strings.Join(n.errors, ""), "\n\t"+string(o)) {
				t.Errorf("%s of %s: does not name the read: %q", a.name, o, n.errors)
			}
		}
	}
}

// Of many reads a failure names those that are not as wanted, and of them not all.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	var r Recorder
	n := &notingTB{TB: t}
	r.AssertHit(n, func() {
		for i := range 3 * maxTold {
			readOf(&r, cacheops.ReadEvent{Query: "SELECT\n\t '" + strings.Repeat("\u00e9", maxStatement) + "'", Hit: i < maxTold})
		}
	})
	told := strings.Join(n.errors, "")
	if strings.Count(told, "\n\tmiss: SELECT '\u00e9") != maxTold || strings.Contains(told, "\n\thit") || !strings.HasSuffix(told, "and others") {
		t.Errorf("told %s", told)
	}
	if !strings.HasPrefix(told, "AssertHit: 20 of 60 reads came from the cache:") || strings.Contains(told, "\ufffd") {
		t.Errorf("told %s", told)
	}
	if len(told) > maxTold*(maxStatement+200) {
		t.Errorf("told %d bytes", len(told))
	}
}

// A change that has nothing to do with a read does not explain it.
func TestExplanationsNameTheRightChange(t *testing.T) {
	t.Parallel()
	var r Recorder
	read := cacheops.ReadEvent{Database: "a", Query: "Q", Tables: []string{"posts"}}
	change := func(e cacheops.InvalidateEvent) { r.Hooks().OnInvalidate(t.Context(), e) }
	told := func() string {
		n := &notingTB{TB: t}
		r.AssertHit(n, func() { readOf(&r, read) })
		return strings.Join(n.errors, "")
	}
	posts := []cacheops.TableInvalidation{{Table: "posts", Rows: 1, Keys: 1}}

	change(cacheops.InvalidateEvent{Database: "a", Query: "before the first read", Tables: posts})
	if got := told(); !strings.HasSuffix(got, "no earlier read of this text is on record") {
		t.Errorf("a first read: %s", got)
	}
	change(cacheops.InvalidateEvent{Database: "b", Query: "in another database", All: true})
	change(cacheops.InvalidateEvent{Database: "a", Query: "of another table", Tables: []cacheops.TableInvalidation{{Table: "users", Epoch: true}}})
	change(cacheops.InvalidateEvent{Database: "a", Query: "that matched nothing", Tables: []cacheops.TableInvalidation{{Table: "posts", Rows: 1}}})
	if got := told(); !strings.Contains(got, "no change of its tables is on record since its text was read") {
		t.Errorf("nothing was dropped: %s", got)
	}
	change(cacheops.InvalidateEvent{Database: "a", Query: "W", Tables: append(posts, cacheops.TableInvalidation{Table: "comments", Epoch: true})})
	change(cacheops.InvalidateEvent{Database: "a", Query: "of another table", Tables: []cacheops.TableInvalidation{{Table: "users", Epoch: true}}})
	if got := told(); !strings.HasSuffix(got, "changed since its text was read: W (comments: everything dropped; posts: 1 row image, 1 condition dropped)") {
		t.Errorf("a row was dropped: %s", got)
	}
	readOf(&r, cacheops.ReadEvent{Database: "a", Query: "Q", Err: errors.New("x")})
	change(cacheops.InvalidateEvent{Database: "a", All: true})
	readOf(&r, cacheops.ReadEvent{Database: "a", Query: "Q", Reason: "bypassed"})
	if got := told(); !strings.HasSuffix(got, "changed since its text was read: a change without a statement (everything dropped)") {
		t.Errorf("everything was dropped: %s", got)
	}
}
