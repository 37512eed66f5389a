// Package sample has short runs of tests take one of several ways to the same end, another
// one for each test, so that together the tests take all of them. What a short run leaves
// out a whole one has.
package sample

import (
	"hash/fnv"
	"os"
)

// Env is the environment variable that has other samples taken. CI sets it to the commit.
const Env = "CACHEOPS_SAMPLE"

// Takes reports whether what has this name, a test mostly, takes way i of n: each where
// the run is not a short one (see testing.Short), else one of them.
func Takes(short bool, name string, i, n int) bool {
	return !short || pick(os.Getenv(Env), name, n) == i
}

// pick spreads names evenly over n ways, in another way for each seed.
func pick(seed, name string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed)) // a hash never fails
	_, _ = h.Write([]byte(name))
	return int(h.Sum32() % uint32(n)) //nolint:gosec // ways are few
}
