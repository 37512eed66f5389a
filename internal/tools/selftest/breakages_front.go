package main

// testFront runs the tests of what stands in front of the store's map.
var testFront = []string{"go", "test", "-failfast", "-run", "TestFront", "./store/memory"}

// frontBreakages breaks the rules by which an entry may stand in front of the
// map of the store in process.
var frontBreakages = []breakage{
	{
		Name:  "an entry in front of the map outlives its time",
		File:  "store/memory/front.go",
		Old:   " || e.deadline <= clock.instant()",
		New:   " || e.deadline == clock.instant()+never",
		Check: testFront, Want: "--- FAIL: TestFrontMindsTime",
	},
	{
		Name:  "an entry in front of the map answers for another key",
		File:  "store/memory/front.go",
		Old:   "e == nil || e.key != *key ||",
		New:   "e == nil ||",
		Check: testFront, Want: "--- FAIL: TestFront",
	},
	{
		Name:  "the front keeps what the map drops",
		File:  "store/memory/front.go",
		Old:   "\tf.place(&e.key).CompareAndSwap(e, nil)\n",
		New:   "",
		Check: testFront, Want: "--- FAIL: TestFront",
	},
	{
		Name:  "the front takes in what the map dropped meanwhile",
		File:  "store/memory/front.go",
		Old:   "if e.dropped.Load() {",
		New:   "if false {",
		Check: testFront, Want: "--- FAIL: TestFront",
	},
}
