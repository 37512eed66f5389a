package storetest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/sample"
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
// Every configuration is explored in the model, state by state. A store then does
// each of the steps. One that is [Harness.Slow] does each step once that it can
// tell apart: a call with its arguments, and what the store holds by then. In the
// smaller configurations, and where CACHEOPS_EXHAUSTIVE is 1 in all but the larger
// ones, steps differ as well by what readers and writers are about to do. With -short
// it is driven through half of the configurations.
//
// Several stores of [Harness.New] are used at once, and their hooks.
func Exhaustive(t *testing.T, h Harness) {
	h.check(t)
	all := exhaustive()
	x := exhaustion{h: &h, all: all, held: make(map[string]bool), told: make(stores)}
	for _, c := range configurations() {
		if c.large && !all || c.heavy && raceDetector {
			// The race detector sees nothing in one goroutine.
			continue
		}
		if h.Slow && !all && !sample.Takes(testing.Short(), t.Name()+"/"+c.name, 0, 2) {
			continue
		}
		t.Run(c.name, func(t *testing.T) { x.run(t, c) })
	}
	t.Logf("figure: interleavings: %s schedules of %s states in %d configurations in which the promise holds, %s",
		grouped(x.schedules), grouped(uint64(x.states)), x.holding, x.how())
	t.Logf("figure: a stale read was found in each of %d configurations: the ends of the promise, broken clients, and the store without each of %d safeguards",
		x.stale, len(x.alone))
	t.Logf("figure: real stores were driven along %v", &x.driven)
}

// exhaustive reports whether all is to be done that there is.
func exhaustive() bool { return os.Getenv("CACHEOPS_EXHAUSTIVE") == "1" }

// exhaustion is what a run of all configurations adds up to.
type exhaustion struct {
	h         *Harness
	all       bool
	schedules uint64
	states    int
	steps     int
	holding   int
	stale     int
	alone     map[Safeguard]bool // those without which alone it was stale
	held      map[string]bool    // the configurations that were seen to hold
	told      stores             // what a slow store was seen to do
	driven    drives
	fine      int // of those that hold, the ones in which a slow store did more
}

// how says which steps real stores did.
func (x *exhaustion) how() string {
	if !x.h.Slow {
		return "each step done in the real store"
	}
	coarse, fine := 0, 0
	for _, s := range x.told {
		for _, done := range s.done {
			switch {
			case done && s.fine:
				fine++
			case done:
				coarse++
			}
		}
	}
	return fmt.Sprintf("%s steps in the model; the store is slow and did %s of them that differ in what others are about to do, in the %d smaller configurations, and in the others %s that it can tell apart",
		grouped(uint64(x.steps)), grouped(uint64(fine)), x.fine, grouped(uint64(coarse)))
}

// run explores one configuration.
func (x *exhaustion) run(t *testing.T, c config) {
	t.Helper()
	if !x.h.allows(t, &c) {
		return
	}
	c.refusesDead = x.h.RefusesDead
	if c.stale && (c.client != "" || len(c.safeguards) > 0) {
		x.hold(t, c)
	}
	out := x.explore(t, &c)
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
		if out.fine {
			x.fine++
		}
		x.states += out.states
		x.steps += out.transitions
		x.schedules += out.schedules
		t.Logf("figure: %s: %v", c.name, &out)
	}
}

// explore explores the configuration in the model and in real stores.
func (x *exhaustion) explore(t *testing.T, c *config) outcome {
	t.Helper()
	out, err := explore(t, x.h, c, x.told, x.all && !c.large)
	x.driven.add(out.driven)
	if err != nil {
		t.Fatal(err)
	}
	return out
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
	out := x.explore(t, &c)
	t.Logf("with everything in order: %v", &out)
	if out.stale != "" {
		t.Fatalf("with everything in order: %s\n\t%s", out.stale, schedule(out.schedule))
	}
}

// String tells what was gone through.
func (o *outcome) String() string {
	return fmt.Sprintf("%s schedules, %s states, %s steps, %s driven: %v",
		grouped(o.schedules), grouped(uint64(o.states)), grouped(uint64(o.transitions)), o.how, &o.driven)
}

// String tells what was driven.
func (d *drives) String() string {
	return fmt.Sprintf("%s paths of %s steps, with %s calls and %s losses",
		grouped(uint64(d.paths)), grouped(uint64(d.laps)), grouped(uint64(d.calls)), grouped(uint64(d.hooks)))
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
		for name, v := range losses {
			if c.losses == 0 || c.losses == v {
				out = append(out, name)
			}
		}
	}
	if len(c.safeguards) > 0 {
		out = append(out, "Break")
	}
	if c.apart != nil {
		out = append(out, "GetApart")
	}
	return out
}

// losses are the hooks that lose keys.
var losses = map[string]verb{
	"EvictStamp": doEvictStamp, "EvictEpoch": doEvictEpoch, "EvictGlobal": doEvictGlobal,
	"EvictRegistry": doEvictRegistry, "EvictLive": doEvictLive, "Flush": doFlush,
}

// allows reports whether the harness has what a configuration needs. Where keys of any
// kind may be lost it is enough if some can: those are lost, and it says which cannot.
func (h *Harness) allows(t *testing.T, c *config) bool {
	t.Helper()
	have := h.hooks()
	var needs []string
	for _, name := range c.needs() {
		if v, is := losses[name]; is && have[name] && c.losses == 0 {
			c.losable = append(c.losable, v)
			continue
		}
		needs = append(needs, name)
	}
	if len(c.losable) > 0 {
		slices.Sort(c.losable)
		needs = slices.DeleteFunc(needs, func(name string) bool {
			_, is := losses[name]
			if is {
				h.has(t, name) // it says so, and fails if nobody gave a reason
			}
			return is
		})
	}
	return h.has(t, needs...)
}
