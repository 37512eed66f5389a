package storetest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// Harness makes the stores that the suite tests.
type Harness struct {
	// New makes an empty store that shares nothing with any other. The suite
	// closes it. Required. Stores on one server share nothing if each has keys
	// of its own. Several of them are used at once, and the hooks below with
	// them: a hook does something to that one store, and nothing to any other.
	New func(t testing.TB) store.Store

	// Slow says that a call of the store takes long, as one to a server does.
	// [Exhaustive] then does each step once that the store can tell apart, and
	// several schedules at a time. See there. The load that [Run] puts on it is smaller.
	Slow bool

	// GetApart begins a Get that looks at its parts one by one, when the suite
	// tells it to. It is for stores whose Get is not one step. A read that is
	// begun may never come to its end.
	GetApart func(s store.Store, q *store.Query) Apart

	// RefusesDead says that Fill looks at the snapshot and leaves the entry that
	// is there where the snapshot is dead. The protocol does not ask for it.
	RefusesDead bool

	// NewSmall makes a store that holds about 1 MiB of entries, as many as it
	// can and no more, for the tests of eviction.
	NewSmall func(t testing.TB) store.Store

	// Advance lets time go by for the store: after it, everything whose time
	// ended within d is over.
	Advance func(s store.Store, d time.Duration)

	// WallClock says that time goes by for the store by itself, and that Advance
	// only brings nearer the end of what it has written down: who waits for the
	// end of a lock's time then waits as long as it was when the wait began.
	WallClock bool

	// Expire ends the time of the token's fences in the database, wherever
	// they are, and of nothing else.
	Expire func(s store.Store, database string, token store.Token)

	// EvictStamp loses the stamp of a conjunction with its fences.
	EvictStamp func(s store.Store, database, table, key string)
	// EvictEpoch loses the table's epoch with its fences.
	EvictEpoch func(s store.Store, database, table string)
	// EvictGlobal loses the global epoch with its fences.
	EvictGlobal func(s store.Store, database string)
	// EvictRegistry loses the table's schemes.
	EvictRegistry func(s store.Store, database, table string)
	// EvictLive loses the table's list of live fences, and no fence itself.
	EvictLive func(s store.Store, database, table string)
	// Flush loses everything that the store holds, and nothing of any other. Of
	// all the hooks it and Expire are never called while other calls of the store
	// are under way. Exhaustive calls it thousands of times.
	Flush func(s store.Store)

	// Second makes another store on the same keys, as another process does. The
	// suite closes it. It may outlive the one that it is given.
	Second func(t testing.TB, s store.Store) store.Store
	// Stall lets whatever the store asks not answer, until resume is called.
	Stall func(s store.Store) (resume func())

	// Break switches one safeguard off in a new store, to see that its absence
	// is noticed.
	Break func(s store.Store, safeguard Safeguard)

	// Absent holds, for the fields above that are nil because the store has no
	// such thing, the reason.
	Absent map[string]string
}

// Safeguard is a rule of the protocol that [Harness.Break] switches off.
type Safeguard string

// The safeguards inside a store.
const (
	// BreakPending leases schemes that were registered under live fences.
	BreakPending Safeguard = "schemes registered under live fences are not leased"
	// BreakLostRegistry goes on with the epoch where the schemes were lost.
	BreakLostRegistry Safeguard = "a lost registry replaces the epoch"
	// BreakEpochTokens drops the epoch's tokens where the schemes were lost. It
	// and BreakEpochLive stand in for each other: see the package's text.
	BreakEpochTokens Safeguard = "a replaced epoch keeps its tokens"
	// BreakEpochLive does not count epoch fences among the table's live ones.
	BreakEpochLive Safeguard = "epoch fences are live fences of the table"
	// BreakFenceDrops leaves the value under a fence, so that it comes back
	// when the last token is gone.
	BreakFenceDrops Safeguard = "a fence takes the value away"
	// BreakBumpDrops lets a bump leave the value while others fence.
	BreakBumpDrops Safeguard = "a bump takes the value away under others' fences"
	// BreakBumpExpired lets a bump leave the value if its own token is gone.
	BreakBumpExpired Safeguard = "a bump takes the value away after its fence ran out"
	// BreakKeep takes the token away although the outcome is unknown.
	BreakKeep Safeguard = "a bump with KeepFence keeps the fence"
)

// hooks lists what a harness may lack.
func (h *Harness) hooks() map[string]bool {
	return map[string]bool{
		"NewSmall": h.NewSmall != nil, "Advance": h.Advance != nil, "Expire": h.Expire != nil,
		"EvictStamp": h.EvictStamp != nil, "EvictEpoch": h.EvictEpoch != nil, "EvictGlobal": h.EvictGlobal != nil,
		"EvictRegistry": h.EvictRegistry != nil, "EvictLive": h.EvictLive != nil, "Flush": h.Flush != nil, "Break": h.Break != nil,
		"GetApart": h.GetApart != nil, "Second": h.Second != nil, "Stall": h.Stall != nil,
	}
}

// has reports whether the harness has all of the hooks. Where it lacks one it
// says so, and fails if nobody gave a reason and CI is set.
func (h *Harness) has(t *testing.T, names ...string) bool {
	t.Helper()
	all := true
	have := h.hooks()
	for _, name := range names {
		if have[name] {
			continue
		}
		all = false
		if text, wrong := h.missing(name, os.Getenv("CI") != ""); wrong {
			t.Error(text)
		} else {
			t.Log(text)
		}
	}
	return all
}

// missing says what a missing hook means, and whether it is an error.
func (h *Harness) missing(name string, ci bool) (text string, wrong bool) {
	switch reason := h.Absent[name]; {
	case reason != "":
		return fmt.Sprintf("NOT TESTED: the store has no %s: %s", name, reason), false
	case ci:
		return fmt.Sprintf("NOT TESTED: Harness.%s is nil; set it, or give the reason in Harness.Absent[%q]", name, name), true
	default:
		return fmt.Sprintf("NOT TESTED: Harness.%s is nil, and Harness.Absent gives no reason: this fails where CI is set", name), false
	}
}

// check fails when the harness contradicts itself.
func (h *Harness) check(t *testing.T) {
	t.Helper()
	if h.New == nil {
		t.Fatal("Harness.New is nil; it is required")
	}
	have := h.hooks()
	for name := range h.Absent {
		if on, known := have[name]; !known || on {
			t.Errorf("Harness.Absent names %q, which is no missing hook", name)
		}
	}
}
