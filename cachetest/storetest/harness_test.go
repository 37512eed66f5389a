package storetest

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
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
		entryTests, writeTests, fenceTests, registryTests, lossTests, nameTests, schemaTests, lockTests, callTests, loadTests,
	} {
		for _, x := range tests {
			know(x.name, x.needs)
		}
	}
	for _, c := range configurations() {
		know(c.name, c.needs())
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
