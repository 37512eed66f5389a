package cacheops

import (
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// Stats is what a cache counted since it was made. All numbers but Entries and
// Bytes only grow, so their growth from one look to the next is a rate. It has a
// JSON form, for expvar and the like.
type Stats struct {
	// Reads are the SELECTs that were run for their rows. Each is one of Hits,
	// Misses, Shared and Passed. In shadow mode these tell what would have been.
	Reads uint64 `json:"reads"`
	// Hits were answered from the cache.
	Hits uint64 `json:"hits"`
	// Misses were answered by the database, and stored where that was possible.
	Misses uint64 `json:"misses"`
	// Shared waited for the same query of another reader and got its result. In
	// shadow mode there are none: each read asks for itself, as a miss.
	Shared uint64 `json:"shared"`
	// Passed went to the database without the cache taking part, see PassedBy.
	Passed uint64 `json:"passed"`
	// Errors are the reads that returned an error instead of rows. Of these
	// Cancelled had a context that had ended.
	Errors    uint64 `json:"errors"`
	Cancelled uint64 `json:"cancelled"`

	// ByOp has hits, misses and shared reads by the kind of read.
	ByOp OpStats `json:"byOp"`
	// PassedBy has the passed reads by the kind of reason.
	PassedBy PassedStats `json:"passedBy"`

	// Funcs are the results of functions, pages and values.
	Funcs FuncStats `json:"funcs"`

	// Fills are the results handed to the store. It may have refused one that
	// was no longer valid.
	Fills uint64 `json:"fills"`
	// FillsDropped are the results that were not handed to a store outside of the
	// process, because it had as many under way as it takes at once.
	FillsDropped uint64 `json:"fillsDropped"`
	// TooLarge are the results above Config.MaxEntryBytes, which were passed on
	// and not stored.
	TooLarge uint64 `json:"tooLarge"`
	// Fenced are the results that were not stored because a write to what they
	// depend on was under way.
	Fenced uint64 `json:"fenced"`

	// Invalidations are the changes that were told to the store after their
	// commit, and calls of Invalidate.
	Invalidations uint64 `json:"invalidations"`
	// KeysDropped are the conjunctions that changed rows matched, under every set
	// of columns that results are told apart by: whether something was cached
	// under one or not.
	KeysDropped uint64 `json:"keysDropped"`
	// TablesDropped is how often everything cached of a table was dropped, and
	// DatabasesDropped how often everything of a database. Many of these mean
	// that the cache is less precise than it could be: ask Explain about the
	// writes.
	TablesDropped    uint64 `json:"tablesDropped"`
	DatabasesDropped uint64 `json:"databasesDropped"`

	// Degraded are the writes that committed although they could not be fenced,
	// under Config.OnStoreFailure: Degrade.
	Degraded uint64 `json:"degraded"`
	// ToldLate are the changes that the store could not be told of before the
	// write returned. It is told when it is back, and until then reads pass.
	ToldLate uint64 `json:"toldLate"`

	// StoreErrors are the failures of the store.
	StoreErrors StoreErrorStats `json:"storeErrors"`
	// Shadow is what shadow mode found.
	Shadow ShadowStats `json:"shadow"`
	// ReadAhead is what Profile.CacheOnSave did.
	ReadAhead ReadAheadStats `json:"readAhead"`
	// HookPanics are the panics of hooks, of Config.Admit and of
	// Config.PrefixFunc.
	HookPanics uint64 `json:"hookPanics"`

	// CodecErrors are the results of functions that a codec could not encode, and
	// were not stored, or could not decode, and were misses.
	CodecErrors uint64 `json:"codecErrors"`
	// KeepErrors are the results that the place of [KeepIn] did not take.
	KeepErrors uint64 `json:"keepErrors"`

	// Entries, Bytes and Evictions are those of a store in process, and 0 for
	// other stores. Entries and Bytes are what it holds now; results that were
	// dropped are in them until their place is needed. Evictions are the entries
	// that made room for others: if they grow fast, Config.MaxBytes is small.
	Entries   uint64 `json:"entries"`
	Bytes     uint64 `json:"bytes"`
	Evictions uint64 `json:"evictions"`
}

// OpStats has the reads in which the cache took part, by their op.
type OpStats struct {
	Get       ReadStats `json:"get"`
	Fetch     ReadStats `json:"fetch"`
	Count     ReadStats `json:"count"`
	Exists    ReadStats `json:"exists"`
	Aggregate ReadStats `json:"aggregate"`
}

// ReadStats is reads by how they were answered.
type ReadStats struct {
	Hits   uint64 `json:"hits"`
	Misses uint64 `json:"misses"`
	Shared uint64 `json:"shared"`
}

// FuncStats has the results that programs compute: of a [Func], of a page, and what
// [Get] looks for.
type FuncStats struct {
	// Hits were stored and valid.
	Hits uint64 `json:"hits"`
	// Misses were computed, and stored where the store took them.
	Misses uint64 `json:"misses"`
	// Shared waited for another call that computed the same.
	Shared uint64 `json:"shared"`
	// Uncached were computed and could not be stored: [ReadEvent] tells why.
	Uncached uint64 `json:"uncached"`
}

// PassedStats has the reads in which the cache took no part, by the kind of
// reason. ReadEvent.Reason and Explain tell the reason itself.
type PassedStats struct {
	// Statement: the statement or an argument of it cannot be cached.
	Statement uint64 `json:"statement"`
	// Disabled: SetDisabled turned the cache off.
	Disabled uint64 `json:"disabled"`
	// Bypass: the call's context asked for it.
	Bypass uint64 `json:"bypass"`
	// Profile: no profile caches such a read, or Config.Admit refused it.
	Profile uint64 `json:"profile"`
	// Prefix: Config.PrefixFunc knew no prefix.
	Prefix uint64 `json:"prefix"`
	// Transaction: it ran in a transaction.
	Transaction uint64 `json:"transaction"`
	// Connection: the state of a connection, such as an open result, a setting or
	// a database of its own.
	Connection uint64 `json:"connection"`
	// Schema: the schema could not be read, or kept changing.
	Schema uint64 `json:"schema"`
	// Store: the store has yet to be told of committed writes.
	Store uint64 `json:"store"`
	// Failed: the call failed before the cache or the database was asked.
	Failed uint64 `json:"failed"`
}

// StoreErrorStats has the failures of the store by what it was asked for. Those
// of a context that ended, and of a store that was closed, do not count. An
// outage is logged when it begins and when it ends, not at each failure.
type StoreErrorStats struct {
	// Get: an entry was not looked up, and its read went on as a miss.
	Get uint64 `json:"get"`
	// Lease: a read went to the database past the cache.
	Lease uint64 `json:"lease"`
	// Fill: a result was not stored.
	Fill uint64 `json:"fill"`
	// Fence: a write was rolled back, or passed under Degrade.
	Fence uint64 `json:"fence"`
	// Bump: a committed write was not told at this try. Its fence keeps readers
	// away until its deadline.
	Bump uint64 `json:"bump"`
	// Other: all else.
	Other uint64 `json:"other"`
}

// ShadowStats is what shadow mode found. Each would-be hit is one of Compared,
// Overtaken and NotCompared.
type ShadowStats struct {
	// Compared are the would-be hits that were compared with the database.
	Compared uint64 `json:"compared"`
	// Differences are those of Compared in which the two differed.
	Differences uint64 `json:"differences"`
	// Overtaken are the would-be hits that a write overtook, so that both may be
	// right.
	Overtaken uint64 `json:"overtaken"`
	// NotCompared are the would-be hits whose rows were too large or of a kind
	// that is not kept, or that the database answered with an error, and those
	// of tables whose profile lets results be stale: Local: Forever, Untracked.
	NotCompared uint64 `json:"notCompared"`
}

// ReadAheadStats has the queries that followed commits, by Profile.CacheOnSave. They
// are in none of the counts of reads; what they stored is in Fills.
type ReadAheadStats struct {
	// Queries were run.
	Queries uint64 `json:"queries"`
	// Errors failed, in the database or before it was asked. The write is none the
	// worse for it, and the statement is not run again until a read of it misses.
	Errors uint64 `json:"errors"`
}

// HitRate is the share of the reads that the database was not asked for, of
// those in which the cache took part: from 0 to 1, and 0 when there were none.
func (s Stats) HitRate() float64 {
	part := s.Hits + s.Shared + s.Misses
	if part == 0 {
		return 0
	}
	return float64(s.Hits+s.Shared) / float64(part)
}

// Stats returns what was counted so far. It may be called at any time, also
// after Close. The numbers are read one after the other, while reads and writes
// go on: a call under way may be in some of them and not yet in others.
func (c *Cache) Stats() Stats {
	n := c.engine.Counts()
	op := func(o Op) ReadStats {
		slot := engine.OpSlot(analysis.Op(o))
		return ReadStats{Hits: n.Hits[slot], Misses: n.Misses[slot], Shared: n.Shared[slot]}
	}
	s := Stats{
		Errors: n.Errors, Cancelled: n.Cancelled,
		ByOp: OpStats{Get: op(OpGet), Fetch: op(OpFetch), Count: op(OpCount), Exists: op(OpExists), Aggregate: op(OpAggregate)},
		PassedBy: PassedStats{
			Statement: n.Passed[engine.PassStatement], Disabled: n.Passed[engine.PassDisabled], Bypass: n.Passed[engine.PassBypass],
			Profile: n.Passed[engine.PassProfile], Prefix: n.Passed[engine.PassPrefix], Transaction: n.Passed[engine.PassTransaction],
			Connection: n.Passed[engine.PassConnection], Schema: n.Passed[engine.PassSchema], Store: n.Passed[engine.PassStore], Failed: n.Passed[engine.PassFailed],
		},
		Fills: n.Fills, FillsDropped: n.FillsDropped, TooLarge: n.TooLarge, Fenced: n.Fenced,
		Invalidations: n.Invalidations, KeysDropped: n.Keys, TablesDropped: n.TableEpochs, DatabasesDropped: n.DatabaseEpochs,
		Degraded: n.Degraded, ToldLate: n.ToldLate,
		StoreErrors: StoreErrorStats{
			Get: n.GetErrors, Lease: n.LeaseErrors, Fill: n.FillErrors, Fence: n.FenceErrors, Bump: n.BumpErrors, Other: n.OtherErrors,
		},
		Shadow:     ShadowStats{Compared: n.Compared, Differences: n.Differences, Overtaken: n.Overtaken, NotCompared: n.NotCompared},
		HookPanics: n.HookPanics, CodecErrors: n.CodecErrors, KeepErrors: n.KeepErrors,
		ReadAhead: ReadAheadStats{Queries: n.ReadAhead, Errors: n.AheadErrors},
		Funcs:     FuncStats{Hits: n.Computed[0], Shared: n.Computed[1], Uncached: n.Computed[2], Misses: n.Computed[3]},
	}
	for slot := range engine.OpSlots {
		s.Hits += n.Hits[slot]
		s.Misses += n.Misses[slot]
		s.Shared += n.Shared[slot]
	}
	for _, passed := range n.Passed {
		s.Passed += passed
	}
	s.Reads = s.Hits + s.Misses + s.Shared + s.Passed
	if c.memory != nil {
		m := c.memory.Stats()
		s.Entries, s.Bytes, s.Evictions = uint64(max(m.Entries, 0)), m.Bytes, m.Evictions
	}
	return s
}
