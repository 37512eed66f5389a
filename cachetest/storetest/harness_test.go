package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

func TestMissingHooksAreNotSilent(t *testing.T) {
	t.Parallel()
	h := Harness{Absent: map[string]string{"Flush": "nothing is ever lost"}}
	for _, x := range []struct {
		hook  string
		ci    bool
		text  string
		wrong bool
	}{
		{"Flush", true, "nothing is ever lost", false},
		{"Flush", false, "nothing is ever lost", false},
		{"Expire", true, "Harness.Expire is nil", true},
		{"Expire", false, "fails where CI is set", false},
	} {
		text, wrong := h.missing(x.hook, x.ci)
		if wrong != x.wrong || !strings.Contains(text, x.text) || !strings.Contains(text, "NOT TESTED") {
			t.Errorf("%s, CI %v: %q, an error: %v", x.hook, x.ci, text, wrong)
		}
	}
}

// Every hook that a test or a configuration asks for must be one that can be
// missing, or it would be left out for ever.
func TestHooksThatAreAskedForExist(t *testing.T) {
	t.Parallel()
	none := Harness{}
	know := func(who string, needs []string) {
		for _, name := range needs {
			if on, known := none.hooks()[name]; !known || on {
				t.Errorf("%s asks for the hook %q, which a harness cannot have", who, name)
			}
		}
	}
	for _, tests := range [][]test{
		entryTests, writeTests, fenceTests, registryTests, lossTests, nameTests, schemaTests, lockTests, callTests, processTests, remoteTests, loadTests,
	} {
		for _, x := range tests {
			know(x.name, x.needs)
		}
	}
	for _, c := range configurations() {
		know(c.name, c.needs())
	}
}

// Each safeguard is switched off by itself in a configuration that must go
// stale.
func TestEachSafeguardIsSwitchedOffAlone(t *testing.T) {
	t.Parallel()
	for _, g := range []Safeguard{
		BreakPending, BreakLostRegistry, BreakEpochTokens, BreakEpochLive,
		BreakFenceDrops, BreakBumpDrops, BreakBumpExpired, BreakKeep,
	} {
		if !slices.ContainsFunc(configurations(), func(c config) bool {
			return c.stale && !c.large && slices.Equal(c.safeguards, []Safeguard{g})
		}) {
			t.Errorf("no configuration shows what happens without %q alone", g)
		}
	}
}

// The schedules of actors that take a fixed number of steps can be counted by
// hand: four steps each, in any order, and of two writers that are alike the
// first one begins.
func TestSchedulesAreCounted(t *testing.T) {
	t.Parallel()
	h := Harness{RefusesDead: true, New: func(t testing.TB) store.Store {
		s, err := memory.New(memory.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}}
	for _, x := range []struct {
		readers int
		kinds   []writes
		want    uint64
	}{
		{1, nil, 1},
		{1, []writes{writesRow}, 70}, // 8! / 4!4!
		{1, []writes{writesRow, writesTable}, 34650},   // 12! / 4!4!4!
		{1, []writes{writesRow, writesRow}, 34650 / 2}, // and half of it
		{0, []writes{writesAll, writesAll}, 70 / 2},
		{0, []writes{writesAll, writesTable}, 70},
	} {
		c := config{readers: x.readers, rounds: 1, kinds: x.kinds, refusesDead: true}
		out, err := explore(t, &h, &c, nil, false)
		if err != nil || out.schedules != x.want {
			t.Errorf("%d readers, writers %v: %v, %v, want %d schedules", x.readers, x.kinds, &out, err, x.want)
		}
	}
	if got := grouped(1234567) + " " + grouped(123) + " " + grouped(1000); got != "1,234,567 123 1,000" {
		t.Error(got)
	}
}

// Names of stamps are given in the order in which a state holds them, so that
// two states that differ in the names alone are one.
func TestNormalStates(t *testing.T) {
	t.Parallel()
	one := state{global: stamp{value: 3}, epoch: stamp{value: 9}, stored: true, entry: stamps{3, 9, 5}}
	two := state{global: stamp{value: 1}, epoch: stamp{value: 4}, stored: true, entry: stamps{1, 4, 2}}
	three := state{global: stamp{value: 1}, epoch: stamp{value: 4}, stored: true, entry: stamps{1, 2, 4}}
	one.normal()
	two.normal()
	three.normal()
	if one != two {
		t.Errorf("%+v and %+v are not one state", one, two)
	}
	if one == three {
		t.Errorf("%+v and %+v are one state", one, three)
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	for _, p := range []payload{{0, 8}, {7, 8}, {1 << 63, 4096}} {
		raw, err := p.AppendBinary(nil)
		if err != nil || len(raw) != p.size {
			t.Fatalf("%+v became %d bytes, error %v", p, len(raw), err)
		}
		back, err := decode(raw)
		if err != nil || back != store.Payload(p) {
			t.Errorf("%+v came back as %+v, error %v", p, back, err)
		}
	}
	if p, err := decode([]byte("short")); err == nil {
		t.Errorf("a broken payload was read as %v", p)
	}
}
