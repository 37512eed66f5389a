package storetest

import "slices"

// configurations are what Exhaustive goes through.
func configurations() []config {
	return slices.Concat(wholeReads(), readsApart())
}

// wholeReads are the configurations in which a Get is one step.
func wholeReads() []config {
	row, tab, all := writesRow, writesTable, writesAll
	two := []writes{row, row}
	return []config{
		// The promise.
		{name: "two readers, two writers", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "one reader twice, two writers", readers: 1, rounds: 2, kinds: two, crashes: 1, evictions: 1},
		{name: "one reader, three writers", readers: 1, rounds: 1, kinds: []writes{row, row, row}, crashes: 1},
		{name: "three readers, one writer", readers: 3, rounds: 1, kinds: []writes{row}, crashes: 1, evictions: 1, heavy: true},
		{name: "commits fail", readers: 2, rounds: 1, kinds: two, crashes: 1, fails: true},
		{name: "outcomes unknown", readers: 2, rounds: 1, kinds: two, unknown: true},
		{name: "outcomes unknown, a crash", readers: 1, rounds: 2, kinds: two, crashes: 1, unknown: true},
		{name: "outcomes unknown, writers of the table and of everything", readers: 2, rounds: 1, kinds: []writes{tab, all}, unknown: true, heavy: true},
		{name: "live fences run out", readers: 2, rounds: 1, kinds: two, liveExpires: true},
		{name: "live fences run out, outcomes unknown, commits fail", readers: 1, rounds: 2, kinds: two, liveExpires: true, fails: true, unknown: true},
		{name: "a writer of the table and one of a row", readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true},
		{name: "a writer of everything and one of a row", readers: 2, rounds: 1, kinds: []writes{all, row}, crashes: 1, evictions: 1, heavy: true},
		{name: "writers of everything, the table and a row", readers: 1, rounds: 1, kinds: []writes{all, tab, row}, crashes: 1, heavy: true},
		{name: "a query of the whole table", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, whole: true, heavy: true},
		{name: "a query of the whole table, writers of the table and of a row", readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, whole: true, heavy: true},
		{name: "two readers twice, two writers", readers: 2, rounds: 2, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "commits fail, keys are lost", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, fails: true, heavy: true},

		{name: "large: everything at once but crashes", readers: 2, rounds: 1, kinds: []writes{tab, row}, evictions: 1, fails: true, unknown: true, large: true},
		{name: "large: two readers, three writers", readers: 2, rounds: 1, kinds: []writes{row, row, row}, crashes: 1, large: true},
		{name: "large: three readers, two writers", readers: 3, rounds: 1, kinds: two, crashes: 1, evictions: 1, large: true},
		{name: "large: two losses of keys", readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 2, large: true},
		{name: "large: writers of everything, the table and a row", readers: 2, rounds: 1, kinds: []writes{all, tab, row}, crashes: 1, evictions: 1, large: true},

		// Where it ends.
		{
			name: "the end of the promise: a crash and a loss of keys in one run", readers: 2, rounds: 1, kinds: two,
			crashes: 1, evictions: 1, both: true, stale: true,
		},
		{
			name: "the end of the promise: a crash after a live fence ran out", readers: 2, rounds: 1, kinds: two,
			crashes: 1, liveExpires: true, stale: true,
		},

		// Readers and writers that do not keep the rules.
		{name: "broken client: " + string(noLease), readers: 2, rounds: 1, kinds: two, client: noLease, stale: true},
		{name: "broken client: " + string(noFence), readers: 1, rounds: 1, kinds: two, crashes: 1, client: noFence, stale: true},
		{name: "broken client: " + string(noBump), readers: 1, rounds: 1, kinds: two, liveExpires: true, client: noBump, stale: true},
		{name: "broken client: " + string(bumpEarly), readers: 2, rounds: 1, kinds: two, client: bumpEarly, stale: true},
		{name: "broken client: " + string(noKeep), readers: 1, rounds: 1, kinds: two, unknown: true, client: noKeep, stale: true},
		{
			name: "broken client: " + string(noUnknownBump), readers: 1, rounds: 1, kinds: two,
			unknown: true, liveExpires: true, client: noUnknownBump, stale: true,
		},

		// Stores without a safeguard.
		{
			name: "broken store: " + string(BreakPending), readers: 2, rounds: 1, kinds: two, crashes: 1,
			safeguards: []Safeguard{BreakPending}, stale: true,
		},
		{
			name: "broken store: " + string(BreakLostRegistry), readers: 1, rounds: 1, kinds: two, evictions: 1,
			safeguards: []Safeguard{BreakLostRegistry}, stale: true,
		},
		{
			name: "broken store: " + string(BreakFenceDrops) + ", " + string(BreakBumpDrops), readers: 2, rounds: 1, kinds: two, crashes: 1,
			safeguards: []Safeguard{BreakFenceDrops, BreakBumpDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakFenceDrops), readers: 1, rounds: 1, kinds: two, crashes: 1, fails: true,
			safeguards: []Safeguard{BreakFenceDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakBumpExpired), readers: 1, rounds: 1, kinds: two, liveExpires: true,
			safeguards: []Safeguard{BreakBumpExpired}, stale: true,
		},
		{
			name: "broken store: " + string(BreakKeep), readers: 1, rounds: 1, kinds: two, crashes: 1, unknown: true,
			safeguards: []Safeguard{BreakKeep}, stale: true,
		},
		{
			name: "broken store: " + string(BreakBumpDrops), readers: 1, rounds: 1, kinds: two, liveExpires: true, unknown: true,
			safeguards: []Safeguard{BreakBumpDrops}, stale: true,
		},
		{
			name: "broken store: " + string(BreakEpochTokens) + ", " + string(BreakEpochLive), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1,
			safeguards: []Safeguard{BreakEpochTokens, BreakEpochLive}, stale: true,
		},

		// These two rules stand in for each other: nothing is leased under the
		// tokens of an epoch, nor a scheme that was registered under live
		// fences. Each is needed by itself where a crash falls together with the
		// loss of what the other one looks at, which is more than is promised.
		{
			name: "broken store: " + string(BreakEpochTokens) + ", a crash and a loss of the live fences", readers: 1, rounds: 1,
			kinds: []writes{tab, tab}, crashes: 1, evictions: 1, losses: doEvictLive, both: true,
			safeguards: []Safeguard{BreakEpochTokens}, stale: true,
		},
		{
			name: "broken store: " + string(BreakEpochLive) + ", a crash and a loss of the epoch", readers: 1, rounds: 1,
			kinds: []writes{tab, row}, crashes: 1, evictions: 1, losses: doEvictEpoch, both: true, whole: true,
			safeguards: []Safeguard{BreakEpochLive}, stale: true,
		},
		{
			name: "large: holds without: " + string(BreakEpochTokens) + ", three writers", readers: 1, rounds: 2, kinds: []writes{tab, tab, row},
			crashes: 1, evictions: 1, fails: true, large: true, safeguards: []Safeguard{BreakEpochTokens},
		},
		{
			name: "large: holds without: " + string(BreakEpochLive) + ", three writers", readers: 1, rounds: 2, kinds: []writes{tab, tab, row},
			crashes: 1, evictions: 1, fails: true, large: true, safeguards: []Safeguard{BreakEpochLive},
		},
		{
			name: "large: holds without: " + string(BreakEpochTokens) + ", outcomes unknown", readers: 2, rounds: 1, kinds: []writes{tab, row},
			crashes: 1, evictions: 1, unknown: true, fails: true, large: true, safeguards: []Safeguard{BreakEpochTokens},
		},
		{
			name: "large: holds without: " + string(BreakEpochLive) + ", outcomes unknown", readers: 2, rounds: 1, kinds: []writes{tab, row},
			crashes: 1, evictions: 1, unknown: true, fails: true, large: true, safeguards: []Safeguard{BreakEpochLive},
		},
		{
			name: "holds without: " + string(BreakEpochTokens), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true,
			safeguards: []Safeguard{BreakEpochTokens},
			note:       "while epoch fences are live fences of the table, no scheme is leased that was registered under them",
		},
		{
			name: "holds without: " + string(BreakEpochLive), readers: 2, rounds: 1, kinds: []writes{tab, row}, crashes: 1, evictions: 1, heavy: true,
			safeguards: []Safeguard{BreakEpochLive},
			note:       "while the epoch keeps its tokens nothing is leased under them",
		},
	}
}

// readsApart are the configurations in which a Get sees its parts one by one.
func readsApart() []config {
	row, tab, all := writesRow, writesTable, writesAll
	two := []writes{row, row}
	return []config{
		{name: "halves: two readers, two writers", apart: halves, readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "halves: one reader twice, two writers", apart: halves, readers: 1, rounds: 2, kinds: two, crashes: 1, evictions: 1},
		{name: "halves: one reader, three writers", apart: halves, readers: 1, rounds: 1, kinds: []writes{row, row, row}, crashes: 1},
		{name: "halves: outcomes unknown, a crash", apart: halves, readers: 1, rounds: 2, kinds: two, crashes: 1, unknown: true},
		{name: "halves: live fences run out, commits fail", apart: halves, readers: 2, rounds: 1, kinds: two, liveExpires: true, fails: true, heavy: true},
		{name: "halves: writers of everything and the table", apart: halves, readers: 1, rounds: 2, kinds: []writes{all, tab}, crashes: 1, evictions: 1},
		{name: "halves: a query of the whole table", apart: halves, readers: 1, rounds: 2, kinds: []writes{tab, row}, crashes: 1, evictions: 1, whole: true},
		{name: "thirds: one reader twice, two writers", apart: thirds, readers: 1, rounds: 2, kinds: two, crashes: 1, evictions: 1},
		{name: "thirds: writers of everything and of a row", apart: thirds, readers: 1, rounds: 2, kinds: []writes{all, row}, crashes: 1, evictions: 1},
		{name: "thirds: writers of everything, the table and a row", apart: thirds, readers: 1, rounds: 1, kinds: []writes{all, tab, row}, crashes: 1, heavy: true},
		{name: "thirds: two readers, two writers", apart: thirds, readers: 2, rounds: 1, kinds: two, crashes: 1, evictions: 1, heavy: true},
		{name: "large: thirds: two readers, writers of everything and of a row", apart: thirds, readers: 2, rounds: 1, kinds: []writes{all, row}, crashes: 1, evictions: 1, large: true},
		{name: "large: halves: two readers twice, two writers", apart: halves, readers: 2, rounds: 2, kinds: two, crashes: 1, evictions: 1, large: true},

		{name: "halves: broken client: " + string(keptStamps), apart: halves, readers: 1, rounds: 3, kinds: []writes{row}, client: keptStamps, stale: true},
		{name: "halves: broken client: " + string(joinedRead), apart: halves, readers: 2, rounds: 2, kinds: []writes{row}, client: joinedRead, stale: true},
	}
}
