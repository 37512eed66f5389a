package engine

import (
	"hash/maphash"
	"sync/atomic"
)

// recentSlots is how many plans stand in front of the plan cache.
const recentSlots = 256

// recentPlans stand in front of the plan cache, each where its text's hash says.
// A look at them writes nothing, so goroutines do not disturb each other, while
// the cache takes note of each use in order to know what to keep. Its zero value
// is ready.
type recentPlans [recentSlots]atomic.Pointer[Plan]

// textSeed is one for the process.
var textSeed = maphash.MakeSeed()

func (r *recentPlans) slot(text string) *atomic.Pointer[Plan] {
	return &r[maphash.String(textSeed, text)%recentSlots]
}
