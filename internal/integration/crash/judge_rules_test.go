//go:build unix

package crash

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// TestRegister shows what porcupine makes of a row, when its writers die too.
func TestRegister(t *testing.T) {
	t.Parallel()
	item, counter := row{byKey, 1}, row{byCounter, 1}
	write := func(version, begin, end int64) porcupine.Operation {
		return operation(input{item, wrote, version}, 0, begin, end)
	}
	add := func(value, begin, end int64) porcupine.Operation {
		return operation(input{counter, added, 0}, value, begin, end)
	}
	die := func(begin, end int64) porcupine.Operation {
		return operation(input{counter, maybeAdded, 0}, 0, begin, end)
	}
	look := func(at row, value, begin, end int64) porcupine.Operation {
		return operation(input{at, looked, 0}, value, begin, end)
	}
	for name, test := range map[string]struct {
		ops  []porcupine.Operation
		want porcupine.CheckResult
	}{
		"a read after a write":           {[]porcupine.Operation{write(1, 0, 1), write(2, 2, 3), look(item, 2, 4, 5)}, porcupine.Ok},
		"a stale read":                   {[]porcupine.Operation{write(1, 0, 1), write(2, 2, 3), look(item, 1, 4, 5)}, porcupine.Illegal},
		"a read during a write":          {[]porcupine.Operation{write(1, 0, 1), write(2, 2, 5), look(item, 1, 3, 4)}, porcupine.Ok},
		"two reads that turn back":       {[]porcupine.Operation{write(1, 0, 1), write(2, 2, 9), look(item, 2, 3, 4), look(item, 1, 5, 6)}, porcupine.Illegal},
		"a row that was deleted":         {[]porcupine.Operation{write(1, 0, 1), write(0, 2, 3), look(item, 1, 4, 5)}, porcupine.Illegal},
		"other rows do not matter":       {[]porcupine.Operation{write(1, 0, 1), add(1, 2, 3), look(item, 1, 4, 5)}, porcupine.Ok},
		"a dead writer that committed":   {[]porcupine.Operation{add(1, 0, 1), die(2, 3), look(counter, 2, 4, 5), add(3, 6, 7)}, porcupine.Ok},
		"a dead writer that did not":     {[]porcupine.Operation{add(1, 0, 1), die(2, 3), look(counter, 1, 4, 5), add(2, 6, 7)}, porcupine.Ok},
		"one that commits in its grave":  {[]porcupine.Operation{add(1, 0, 1), die(2, 3), look(counter, 1, 4, 5), look(counter, 2, 6, 7)}, porcupine.Illegal},
		"a stale read after a dead one":  {[]porcupine.Operation{add(1, 0, 1), die(2, 3), look(counter, 2, 4, 5), look(counter, 1, 6, 7)}, porcupine.Illegal},
		"more than was ever added":       {[]porcupine.Operation{add(1, 0, 1), die(2, 3), look(counter, 3, 4, 5)}, porcupine.Illegal},
		"an acknowledged write was lost": {[]porcupine.Operation{add(1, 0, 1), add(2, 2, 3), add(2, 4, 5)}, porcupine.Illegal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := porcupine.CheckOperationsTimeout(register.ToModel(), test.ops, porcupineLimit); got != test.want {
				t.Errorf("porcupine finds it %s, want %s", got, test.want)
			}
		})
	}
}

// TestCheck shows what a read is compared with.
func TestCheck(t *testing.T) {
	t.Parallel()
	spells := []spell{{1, "a"}, {4, "b"}, {6, "a"}, {9, "c"}}
	for name, test := range map[string]struct {
		result string
		lo, hi int64
		right  bool
	}{
		"the newest":                    {"a", 7, 8, true},
		"one of before":                 {"b", 7, 8, false},
		"what came while it was read":   {"c", 7, 9, true},
		"what was right at its start":   {"b", 5, 9, true},
		"what was right in between":     {"a", 5, 9, true},
		"what comes later":              {"c", 5, 8, false},
		"what was never right":          {"d", 1, 9, false},
		"what was right at first":       {"a", 1, 1, true},
		"an old result that comes back": {"a", 6, 6, true},
		"an old result that has not":    {"a", 5, 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := check(&read{query: queries[0], result: test.result}, spells, test.lo, test.hi)
			if (len(wrong) == 0) != test.right {
				t.Errorf("found wrong: %q, want it right: %v", wrong, test.right)
			}
		})
	}
}

// TestReached shows that what is reached by a time is the most of before, whatever
// came last.
func TestReached(t *testing.T) {
	t.Parallel()
	list := reached([]bound{{30, 5}, {10, 2}, {20, 7}})
	for at, want := range map[int64]int64{5: 1, 10: 1, 11: 2, 20: 2, 21: 7, 31: 7} {
		if got := before(list, at, 1); got != want {
			t.Errorf("before %d: %d, want %d", at, got, want)
		}
	}
}
