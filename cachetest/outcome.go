package cachetest

import (
	"slices"

	"github.com/cacheops/cacheops"
)

// outcome is how a read was answered.
type outcome string

const (
	hit      outcome = "hit"
	miss     outcome = "miss"
	shared   outcome = "shared" // it waited for the query of another
	uncached outcome = "uncached"
	failed   outcome = "failed"
)

func outcomeOf(e *cacheops.ReadEvent) outcome {
	switch {
	case e.Err != nil:
		return failed
	case e.Hit:
		return hit
	case e.Shared:
		return shared
	case e.Reason != "":
		return uncached
	}
	return miss
}

// unlike counts the reads that had none of the outcomes.
func (s *span) unlike(outcomes ...outcome) (n int) {
	for i := range s.reads {
		if !slices.Contains(outcomes, outcomeOf(&s.reads[i].event)) {
			n++
		}
	}
	return n
}

// all reports whether there were reads, and each had one of the outcomes.
func (s *span) all(outcomes ...outcome) bool { return len(s.reads) > 0 && s.unlike(outcomes...) == 0 }
