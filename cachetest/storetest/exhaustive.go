package storetest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Exhaustive drives the store through every schedule of a few readers and
// writers, beside a model of the protocol. Each answer of the store must be the
// model's, no read may return what is older than an acknowledged write, and when
// all is over no entry may be left that is older than the database.
//
// Then it switches the safeguards off, one by one, and requires that a schedule
// is found that breaks a promise, which it prints. The same is required where
// the promise ends: a crash together with the loss of keys in one commit window,
// and a crash after a fence ran out.
//
// The larger configurations run where the environment variable
// CACHEOPS_EXHAUSTIVE is 1; elsewhere they do not count as tests. What ran is
// logged in lines that begin with "figure: ".
//
// It must not run beside other tests of the same stores: it may flush them.
func Exhaustive(t *testing.T, h Harness) {
	h.check(t)
	all := os.Getenv("CACHEOPS_EXHAUSTIVE") == "1"
	x := exhaustion{h: &h, held: make(map[string]bool)}
	for _, c := range configurations() {
		if c.large && !all || c.heavy && raceDetector {
			// The race detector sees nothing in one goroutine.
			continue
		}
		t.Run(c.name, func(t *testing.T) { x.run(t, c) })
	}
	t.Logf("figure: interleavings: %s schedules of %s states in %d configurations in which the promise holds, each step done in the real store",
		grouped(x.schedules), grouped(uint64(x.states)), x.holding)
	t.Logf("figure: a stale read was found in each of %d configurations: the ends of the promise, broken clients, and the store without each of %d safeguards",
		x.stale, len(x.alone))
}

// exhaustion is what a run of all configurations adds up to.
type exhaustion struct {
	h         *Harness
	schedules uint64
	states    int
	holding   int
	stale     int
	alone     map[Safeguard]bool // those without which alone it was stale
	held      map[string]bool    // the configurations that were seen to hold
}

// run explores one configuration.
func (x *exhaustion) run(t *testing.T, c config) {
	t.Helper()
	if !x.h.has(t, c.needs()...) {
		return
	}
	c.refusesDead = x.h.RefusesDead
	if c.stale && (c.client != "" || len(c.safeguards) > 0) {
		x.hold(t, c)
	}
	out, err := explore(t, x.h, &c)
	if err != nil {
		t.Fatal(err)
	}
	if c.note != "" {
		t.Log(c.note)
	}
	switch {
	case out.stale == "" && c.stale:
		t.Errorf("no schedule breaks a promise, but one must: the exploration does not see what it is there for (%v)", &out)
	case out.stale != "" && !c.stale:
		t.Errorf("%s\n\t%s", out.stale, schedule(out.schedule))
	case out.stale != "":
		x.stale++
		if len(c.safeguards) == 1 {
			if x.alone == nil {
				x.alone = make(map[Safeguard]bool)
			}
			x.alone[c.safeguards[0]] = true
		}
		t.Logf("found, as it must be, after %d states: %s\n\t%s", out.states, out.stale, schedule(out.schedule))
	default:
		x.holding++
		x.states += out.states
		x.schedules += out.schedules
		t.Logf("figure: %s: %v", c.name, &out)
	}
}

// hold requires that the configuration holds with everything in order, so that
// what its breakage shows comes from the breakage.
func (x *exhaustion) hold(t *testing.T, c config) {
	t.Helper()
	c.name, c.note, c.client, c.safeguards, c.stale = "", "", "", nil, false
	key := fmt.Sprintf("%+v", c)
	if x.held[key] {
		return
	}
	x.held[key] = true
	out, err := explore(t, x.h, &c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("with everything in order: %v", &out)
	if out.stale != "" {
		t.Fatalf("with everything in order: %s\n\t%s", out.stale, schedule(out.schedule))
	}
}

// String tells what was gone through.
func (o *outcome) String() string {
	return fmt.Sprintf("%s schedules, %s states, %s steps", grouped(o.schedules), grouped(uint64(o.states)), grouped(uint64(o.transitions)))
}

// grouped writes a number in groups of three digits.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// schedule writes the steps in a line.
func schedule(steps []action) string {
	var b strings.Builder
	for i, a := range steps {
		if i > 0 {
			b.WriteString(" | ")
		}
		fmt.Fprint(&b, a)
	}
	return b.String()
}

// needs lists the hooks that a configuration uses.
func (c *config) needs() []string {
	var out []string
	if c.crashes > 0 || c.liveExpires {
		out = append(out, "Expire")
	}
	if c.evictions > 0 {
		out = append(out, "EvictStamp", "EvictEpoch", "EvictGlobal", "EvictRegistry", "EvictLive", "Flush")
	}
	if len(c.safeguards) > 0 {
		out = append(out, "Break")
	}
	return out
}

func configurations() []config {
	row, tab, all := writesRow, writesTable, writesAll
	two := []writes{row, row}
	return []config{
		// The promise.
		{name: "two readers, two writers", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "one reader twice, two writers", readers: 1, rounds: 2, kinds: two, crashes: 1, evictions: 1},
		{name: "one reader, three writers", readers: 1, rounds: 1, kinds: []writes{row, row, row}, crashes: 1},
		{name: "three readers, one writer", readers: 3, rounds: 1, kinds: []writes{row}, crashes: 1, evictions: 1, heavy: true},
		{name: "commits fail", readers: 2, rounds: 1, kinds: two, crashes: 1, fails: true},
		{name: "outcomes unknown", readers: 2, rounds: 1, kinds: two, unknown: true},
		{name: "outcomes unknown, a crash", readers: 1, rounds: 2, kinds: two, crashes: 1, unknown: true},
		{name: "outcomes unknown, writers of the table and of everything", readers: 2, rounds: 1, kinds: []writes{tab, all}, unknown: true, heavy: true},
		{name: "live fences run out", readers: 2, rounds: 1, kinds: two, liveExpires: true},
		{name: "live fences run out, outcomes unknown, commits fail", readers: 1, rounds: 2, kinds: two, liveExpires: true, fails: true, unknown: true},
		{name: "a writer of the table and one of a row", readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true},
		{name: "a writer of everything and one of a row", readers: 2, rounds: 1, kinds: []writes{all, row}, crashes: 1, evictions: 1, heavy: true},
		{name: "writers of everything, the table and a row", readers: 1, rounds: 1, kinds: []writes{all, tab, row}, crashes: 1, heavy: true},
		{name: "a query of the whole table", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, whole: true, heavy: true},
		{name: "a query of the whole table, writers of the table and of a row", readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, whole: true, heavy: true},
		{name: "two readers twice, two writers", readers: 2, rounds: 2, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "commits fail, keys are lost", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, fails: true, heavy: true},

		{name: "large: everything at once but crashes", readers: 2, rounds: 1, kinds: []writes{tab, row}, evictions: 1, fails: true, unknown: true, large: true},
		{name: "large: two readers, three writers", readers: 2, rounds: 1, kinds: []writes{row, row, row}, crashes: 1, large: true},
		{name: "large: three readers, two writers", readers: 3, rounds: 1, kinds: two, crashes: 1, evictions: 1, large: true},
		{name: "large: two losses of keys", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 2, large: true},
		{name: "large: writers of everything, the table and a row", readers: 2, rounds: 1, kinds: []writes{all, tab, row}, crashes: 1, evictions: 1, large: true},

		// Where it ends.
		{
			name: "the end of the promise: a crash and a loss of keys in one run", readers: 2, rounds: 1, kinds: two,
			crashes: 1, evictions: 1, both: true, stale: true,
		},
		{
			name: "the end of the promise: a crash after a live fence ran out", readers: 2, rounds: 1, kinds: two,
			crashes: 1, liveExpires: true, stale: true,
		},

		// Readers and writers that do not keep the rules.
		{name: "broken client: " + string(noLease), readers: 2, rounds: 1, kinds: two, client: noLease, stale: true},
		{name: "broken client: " + string(noFence), readers: 1, rounds: 1, kinds: two, crashes: 1, client: noFence, stale: true},
		{name: "broken client: " + string(noBump), readers: 1, rounds: 1, kinds: two, liveExpires: true, client: noBump, stale: true},
		{name: "broken client: " + string(bumpEarly), readers: 2, rounds: 1, kinds: two, client: bumpEarly, stale: true},
		{name: "broken client: " + string(noKeep), readers: 1, rounds: 1, kinds: two, unknown: true, client: noKeep, stale: true},
		{
			name: "broken client: " + string(noUnknownBump), readers: 1, rounds: 1, kinds: two,
			unknown: true, liveExpires: true, client: noUnknownBump, stale: true,
		},

		// Stores without a safeguard.
		{
			name: "broken store: " + string(BreakPending), readers: 2, rounds: 1, kinds: two, crashes: 1,
			safeguards: []Safeguard{BreakPending}, stale: true,
		},
		{
			name: "broken store: " + string(BreakLostRegistry), readers: 1, rounds: 1, kinds: two, evictions: 1,
			safeguards: []Safeguard{BreakLostRegistry}, stale: true,
		},
		{
			name: "broken store: " + string(BreakFenceDrops) + ", " + string(BreakBumpDrops), readers: 2, rounds: 1, kinds: two, crashes: 1,
			safeguards: []Safeguard{BreakFenceDrops, BreakBumpDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakFenceDrops), readers: 1, rounds: 1, kinds: two, crashes: 1, fails: true,
			safeguards: []Safeguard{BreakFenceDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakBumpExpired), readers: 1, rounds: 1, kinds: two, liveExpires: true,
			safeguards: []Safeguard{BreakBumpExpired}, stale: true,
		},
		{
			name: "broken store: " + string(BreakKeep), readers: 1, rounds: 1, kinds: two, crashes: 1, unknown: true,
			safeguards: []Safeguard{BreakKeep}, stale: true,
		},
		{
			name: "broken store: " + string(BreakBumpDrops), readers: 1, rounds: 1, kinds: two, liveExpires: true, unknown: true,
			safeguards: []Safeguard{BreakBumpDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakEpochTokens) + ", " + string(BreakEpochLive), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1,
			safeguards: []Safeguard{BreakEpochTokens, BreakEpochLive}, stale: true,
		},

		// These two rules stand in for each other: nothing is leased under the
		// tokens of an epoch, nor a scheme that was registered under live
		// fences. Each is needed by itself where a crash falls together with the
		// loss of what the other one looks at, which is more than is promised.
		{
			name: "broken store: " + string(BreakEpochTokens) + ", a crash and a loss of the live fences", readers: 1, rounds: 1,
			kinds: []writes{tab, tab}, crashes: 1, evictions: 1, losses: doEvictLive, both: true,
			safeguards: []Safeguard{BreakEpochTokens}, stale: true,
		},
		{
			name: "broken store: " + string(BreakEpochLive) + ", a crash and a loss of the epoch", readers: 1, rounds: 1,
			kinds: []writes{tab, row}, crashes: 1, evictions: 1, losses: doEvictEpoch, both: true, whole: true,
			safeguards: []Safeguard{BreakEpochLive}, stale: true,
		},
		{
			name: "large: holds without: " + string(BreakEpochTokens) + ", three writers", readers: 1, rounds: 2, kinds: []writes{tab, tab, row},
			crashes: 1, evictions: 1, fails: true, large: true, safeguards: []Safeguard{BreakEpochTokens},
		},
		{
			name: "large: holds without: " + string(BreakEpochLive) + ", three writers", readers: 1, rounds: 2, kinds: []writes{tab, tab, row},
			crashes: 1, evictions: 1, fails: true, large: true, safeguards: []Safeguard{BreakEpochLive},
		},
		{
			name: "large: holds without: " + string(BreakEpochTokens) + ", outcomes unknown", readers: 2, rounds: 1, kinds: []writes{tab, row},
			crashes: 1, evictions: 1, unknown: true, fails: true, large: true, safeguards: []Safeguard{BreakEpochTokens},
		},
		{
			name: "large: holds without: " + string(BreakEpochLive) + ", outcomes unknown", readers: 2, rounds: 1, kinds: []writes{tab, row},
			crashes: 1, evictions: 1, unknown: true, fails: true, large: true, safeguards: []Safeguard{BreakEpochLive},
		},
		{
			name: "holds without: " + string(BreakEpochTokens), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true,
			safeguards: []Safeguard{BreakEpochTokens},
			note:       "while epoch fences are live fences of the table, no scheme is leased that was registered under them",
		},
		{
			name: "holds without: " + string(BreakEpochLive), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true,
			safeguards: []Safeguard{BreakEpochLive},
			note:       "while the epoch keeps its tokens nothing is leased under them",
		},
	}
}
