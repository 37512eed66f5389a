package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A histogram counts durations in buckets whose width grows with the duration:
// stepsPerDouble buckets for each doubling, so that a quantile is off by 3
// percent at most, in a few kilobytes however long it runs.
const (
	stepBits       = 4
	stepsPerDouble = 1 << stepBits
	longestBits    = 36 // durations above 2^36 ns, a minute, count as that
	bucketCount    = (longestBits-stepBits+1)*stepsPerDouble + 1
)

// histogram is safe for one writer or many, and for readers meanwhile. Its zero
// value is empty.
type histogram struct {
	counts [bucketCount]atomic.Uint64
}

// record counts one duration.
func (h *histogram) record(d time.Duration) { h.counts[bucketOf(d)].Add(1) }

// bucketOf is the bucket of a duration. The first stepsPerDouble hold a
// nanosecond each; then the top stepBits+1 bits of the value count.
func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	v = min(v, 1<<longestBits)
	if v < stepsPerDouble {
		return int(v)
	}
	shift := bits.Len64(v) - stepBits - 1
	return shift<<stepBits + int(v>>shift)
}

// middleOf is the duration in the middle of a bucket.
func middleOf(bucket int) time.Duration {
	if bucket < 2*stepsPerDouble {
		return time.Duration(bucket)
	}
	shift := bucket>>stepBits - 1
	low := uint64(stepsPerDouble+bucket&(stepsPerDouble-1)) << shift
	return time.Duration(low + 1<<shift/2)
}

// latencies are counts taken from histograms at one moment.
type latencies struct {
	counts [bucketCount]uint64
	total  uint64
}

// add takes over what a histogram counted so far.
func (l *latencies) add(h *histogram) {
	for i := range h.counts {
		n := h.counts[i].Load()
		l.counts[i] += n
		l.total += n
	}
}

// quantile is the duration below which a share of the counted ones lies: 0.5
// for the median. It is 0 when nothing was counted.
func (l *latencies) quantile(share float64) time.Duration {
	if l.total == 0 {
		return 0
	}
	rank := uint64(share * float64(l.total))
	rank = min(rank, l.total-1)
	var below uint64
	for i, n := range l.counts {
		below += n
		if below > rank {
			return middleOf(i)
		}
	}
	return 0 // not reached: the counts add up to the total
}
