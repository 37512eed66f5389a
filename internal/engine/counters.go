package engine

import (
	"context"
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/cacheops/cacheops/internal/analysis"
)

// OpSlots is the length of a list of numbers by op.
const OpSlots = 8

// OpSlot is the place of a single op in a list by op: the number of its bit.
func OpSlot(op analysis.Op) int { return bits.TrailingZeros8(uint8(op)) % OpSlots }

// The bounds of the number of stripes. Those in the middle are four for each
// processor, so that two goroutines seldom meet in one.
const (
	minStripes = 16
	maxStripes = 256
)

// cacheLines is what keeps neighbours apart that are written by different
// processors, which fetch two lines of 64 bytes at a time.
const cacheLines = 128

// Stripe is the counters of reads of some of the connections. Each connection
// counts in one, so that hits on different processors write to different memory:
// a counter that all of them wrote to would cost more than the rest of a hit.
// It may be used by any number of goroutines.
type Stripe struct {
	hits, misses, shared [OpSlots]atomic.Uint64
	passed               [Passes]atomic.Uint64
	errors, cancelled    atomic.Uint64
	computed             [4]atomic.Uint64 // hits, shared, not kept, misses
	_                    [cacheLines]byte
}

// counters is everything that an engine counts.
type counters struct {
	stripes []Stripe
	_       [cacheLines]byte // what is above is read by every hit
	next    atomic.Uint32    // the stripe of the next connection

	// What costs a query or a commit anyway is counted in one place.
	fills, fillsDropped, tooLarge, fenced         atomic.Uint64
	degraded, toldLate                            atomic.Uint64
	invalidations, keys, tableEpochs, allEpochs   atomic.Uint64
	compared, differences, overtaken, notCompared atomic.Uint64
	hookPanics, codecErrors, keepErrors           atomic.Uint64
	readAhead, aheadErrors                        atomic.Uint64
	storeErrors                                   [calls]atomic.Uint64
}

func newCounters() *counters {
	n := min(max(4*runtime.GOMAXPROCS(0), minStripes), maxStripes)
	return &counters{stripes: make([]Stripe, n)}
}

// Stripe returns the counters for a new connection.
func (e *Engine) Stripe() *Stripe {
	n := e.counters.next.Add(1)
	return &e.counters.stripes[n%uint32(len(e.counters.stripes))] //nolint:gosec // at most maxStripes
}

// add counts one read.
func (s *Stripe) add(a *Answer) {
	slot := OpSlot(a.Op)
	switch {
	case a.Hit:
		s.hits[slot].Add(1)
	case a.Reason != "":
		s.passed[a.Pass].Add(1)
	case a.Shared:
		s.shared[slot].Add(1)
	default:
		s.misses[slot].Add(1)
	}
}

// failed counts the error of a read.
func (s *Stripe) failed(ctx context.Context) {
	s.errors.Add(1)
	if ctx.Err() != nil {
		s.cancelled.Add(1)
	}
}

// Counts is what an engine counted since it was made.
type Counts struct {
	// Hits, Misses and Shared are by op, see [OpSlots]; Passed by the kind of
	// reason.
	Hits, Misses, Shared [OpSlots]uint64
	Passed               [Passes]uint64
	Errors, Cancelled    uint64
	// Computed is the computed results: those that were there, that another call
	// computed, that were not kept, and that were computed and kept.
	Computed [4]uint64

	Fills, FillsDropped, TooLarge, Fenced            uint64
	Degraded, ToldLate                               uint64
	Invalidations, Keys, TableEpochs, DatabaseEpochs uint64
	Compared, Differences, Overtaken, NotCompared    uint64
	HookPanics, CodecErrors, KeepErrors              uint64
	ReadAhead, AheadErrors                           uint64

	GetErrors, LeaseErrors, FillErrors, FenceErrors, BumpErrors, OtherErrors uint64
}

// Counts adds the counters up.
func (e *Engine) Counts() (c Counts) {
	n := e.counters
	for i := range n.stripes {
		s := &n.stripes[i]
		for op := range OpSlots {
			c.Hits[op] += s.hits[op].Load()
			c.Misses[op] += s.misses[op].Load()
			c.Shared[op] += s.shared[op].Load()
		}
		for pass := range Passes {
			c.Passed[pass] += s.passed[pass].Load()
		}
		c.Errors += s.errors.Load()
		for i := range c.Computed {
			c.Computed[i] += s.computed[i].Load()
		}
		c.Cancelled += s.cancelled.Load()
	}
	c.Fills, c.FillsDropped, c.TooLarge, c.Fenced = n.fills.Load(), n.fillsDropped.Load(), n.tooLarge.Load(), n.fenced.Load()
	c.Degraded, c.ToldLate = n.degraded.Load(), n.toldLate.Load()
	c.Invalidations, c.Keys = n.invalidations.Load(), n.keys.Load()
	c.TableEpochs, c.DatabaseEpochs = n.tableEpochs.Load(), n.allEpochs.Load()
	c.Compared, c.Differences = n.compared.Load(), n.differences.Load()
	c.Overtaken, c.NotCompared = n.overtaken.Load(), n.notCompared.Load()
	c.HookPanics, c.CodecErrors, c.KeepErrors = n.hookPanics.Load(), n.codecErrors.Load(), n.keepErrors.Load()
	c.ReadAhead, c.AheadErrors = n.readAhead.Load(), n.aheadErrors.Load()
	failed := func(c call) uint64 { return n.storeErrors[c].Load() }
	c.GetErrors, c.LeaseErrors, c.FillErrors = failed(callGet), failed(callLease), failed(callFill)
	c.FenceErrors, c.BumpErrors = failed(callFence), failed(callBump)
	c.OtherErrors = failed(callLock) + failed(callSchema) + failed(callRegistry)
	return c
}

// CountTooLarge counts a result that was passed on because it is too large to be
// stored.
func (h *Handle) CountTooLarge() { h.engine.counters.tooLarge.Add(1) }

// countDropped counts what an invalidation dropped, in whatever domains.
func (e *Engine) countDropped(t *told) {
	n := e.counters
	if t.all {
		n.allEpochs.Add(1)
		return
	}
	for i := range t.tables {
		if tt := &t.tables[i]; tt.dropped {
			n.tableEpochs.Add(1)
		} else {
			n.keys.Add(uint64(len(tt.keys)))
		}
	}
}
