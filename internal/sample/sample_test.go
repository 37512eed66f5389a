package sample

import (
	"strconv"
	"testing"
)

// Each name has one way, the ways are taken about alike, and another seed takes others.
func TestPick(t *testing.T) {
	const names, ways = 3000, 3
	var taken [ways]int
	moved := 0
	for i := range names {
		name := "TestThis/case_" + strconv.Itoa(i)
		way := pick("", name, ways)
		taken[way]++
		if way != pick("", name, ways) {
			t.Fatalf("%s took two ways", name)
		}
		if way != pick("another", name, ways) {
			moved++
		}
	}
	for way, n := range taken {
		if n < names/ways*9/10 || n > names/ways*11/10 {
			t.Errorf("way %d was taken %d times of %d", way, n, names)
		}
	}
	if want := names * (ways - 1) / ways; moved < want*9/10 || moved > want*11/10 {
		t.Errorf("%d of %d took another way by another seed, want about %d", moved, names, want)
	}
}

// A whole run takes every way, a short one takes one.
func TestTakes(t *testing.T) {
	t.Setenv(Env, "seed")
	for short, want := range map[bool]int{false: 4, true: 1} {
		taken := 0
		for i := range 4 {
			if Takes(short, t.Name(), i, 4) {
				taken++
			}
		}
		if taken != want {
			t.Errorf("%d ways were taken, want %d", taken, want)
		}
	}
}
