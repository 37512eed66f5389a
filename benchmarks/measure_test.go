package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSummarise(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []float64
		want   summary
	}{
		{[]float64{3}, summary{median: 3, low: 3, high: 3}},
		{[]float64{4, 2}, summary{median: 3, low: 2.5, high: 3.5}},
		{[]float64{5, 1, 4, 2, 3}, summary{median: 3, low: 2, high: 4}},
	} {
		if got := summarise(test.values); got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
}

// TestComparisonsAreByRound has a machine that becomes slower.
func TestComparisonsAreByRound(t *testing.T) {
	t.Parallel()
	s := samples{
		{name: "a", nanos: []float64{2000, 4000, 9000}, allocs: 5.02},
		{name: "b", nanos: []float64{1000, 2000, 3000}, allocs: 3},
	}
	if got := s.ratio("a", "b"); got.median != 2 || got.high != 2.5 {
		t.Errorf("the ratio is %v", got)
	}
	if got := s.added("a", "b"); got.median != 2 {
		t.Errorf("added are %v us", got)
	}
	if got := s.time("b"); got.median != 2 {
		t.Errorf("the time is %v us", got)
	}
	if above, below := s.allocsAbove("a", "b"), s.allocsAbove("b", "a"); above.median != 2 || below.median != 0 {
		t.Errorf("allocations above: %v and %v", above, below)
	}
}

// TestTurns sees that the contenders take turns, that what is prepared is what
// is run, and that no contender is asked for more than it can prepare.
func TestTurns(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	counting := false
	prepared := 0
	contenders := []contender{
		{name: "a", run: func(int) error {
			if counting {
				order.WriteByte('a')
			}
			return nil
		}},
		{
			name: "b", most: 3,
			prepare: func(calls int) error { prepared = calls; return nil },
			run: func(calls int) error {
				if calls > 3 || calls != prepared {
					t.Errorf("%d calls, %d prepared", calls, prepared)
				}
				if counting {
					order.WriteByte('b')
				}
				return nil
			},
		},
		{name: "c", run: func(int) error {
			if order.Len() == 0 {
				counting = true // the last one to be calibrated
			}
			return nil
		}},
	}
	s, err := measure(context.Background(), effort{rounds: 3, sample: time.Nanosecond, tries: 1}, contenders)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(order.String(), "abbaab") {
		t.Errorf("the order of three rounds, without c, begins %q", order.String())
	}
	for _, m := range s {
		if len(m.nanos) != 3 {
			t.Errorf("%s had %d turns", m.name, len(m.nanos))
		}
	}
}

// TestMeasureStops lets a contender and the context end the measuring.
func TestMeasureStops(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fails := []contender{{name: "a", run: func(int) error { return broken }}}
	if _, err := measure(context.Background(), effort{rounds: 1, sample: 1, tries: 1}, fails); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	unready := []contender{{name: "a", prepare: func(int) error { return broken }, run: func(int) error { return nil }}}
	if _, err := measure(context.Background(), effort{rounds: 1, sample: 1, tries: 1}, unready); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	idle := []contender{{name: "a", run: func(int) error { return nil }}}
	if _, err := measure(ctx, effort{rounds: 1, sample: 1, tries: 1}, idle); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		f    figure
		want []string
	}{
		{limited("a", summary{median: 2, low: 1, high: 3}, times, 2), []string{"2.00x", "1.00x to 3.00x", "at most 2.00x", "yes"}},
		{limited("a", exactly(701), bytesEach, 700), []string{"701 B", "", "at most 700 B", "NO"}},
		{limited("a", exactly(4), count, 4), []string{"4", "", "at most 4", "yes"}},
		{figure{value: exactly(0.94), unit: times, bound: atLeast, limit: 0.95}, []string{"0.94x", "", "at least 0.95x", "NO"}},
		{figure{value: exactly(0.95), unit: times, bound: atLeast, limit: 0.95}, []string{"0.95x", "", "at least 0.95x", "yes"}},
		{info("a", exactly(1.234), micros), []string{"1.23 us", "", "", ""}},
	} {
		value, spread, limit, met := test.f.texts()
		if got := []string{value, spread, limit, met}; !slices.Equal(got, test.want) {
			t.Errorf("%v: %q, want %q", test.f, got, test.want)
		}
	}
	r := report{Groups: []groupReport{{Figures: []figure{
		limited("kept", exactly(1), count, 1), info("told", exactly(9), count), limited("missed", exactly(2), count, 1),
	}}}}
	if got := r.Missed().Markdown(); strings.Contains(got, "kept") || strings.Contains(got, "told") || !strings.Contains(got, "| missed | 2 |  | at most 1 | NO |\n") {
		t.Errorf("what falls short is\n%s", got)
	}
	if got := r.Limits().Markdown(); strings.Contains(got, "told") || !strings.Contains(got, "kept") {
		t.Errorf("the limits are\n%s", got)
	}
	r.Groups[0].Figures = r.Groups[0].Figures[:2]
	if r.Missed() != nil {
		t.Error("something falls short where all is kept")
	}
}
