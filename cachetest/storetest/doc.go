// Package storetest is the conformance suite of package store: what every store
// must do, whatever it keeps its entries in.
//
// [Run] tests the rules one by one and under load. [Exhaustive] drives the
// store through every schedule of a few readers and writers, with crashes,
// evictions, failed and unknown commits and fences that run out, beside a model
// of the protocol, and compares each answer. Both need a [Harness], which makes
// stores and can do to them what no caller can.
//
// What a harness cannot do is never left out in silence: each missing hook is
// named in the output, and is an error where the environment variable CI is set,
// unless the harness declares the reason in [Harness.Absent]. A store of which some keys
// cannot be lost and others can is driven through the losses of those others.
//
// Exhaustive runs its larger configurations only where the environment variable
// CACHEOPS_EXHAUSTIVE is 1, and Run puts its full load on a slow store only there.
// Exhaustive logs what it went through in lines that begin with
// "figure: ": for each configuration the number of schedules, of states and of
// steps, and how many calls of real stores it took to do them.
//
// # Stores on a server
//
// A Get that asks several servers is not one step: with [Harness.GetApart] the
// readers see the entry, the tables' stamps and the global epoch at different
// moments, in any order. No hit may be older than what was acknowledged when its
// read began. [Harness.Slow] spares a store whose calls take long.
// [Harness.Second] makes the store of another process, and a store that is a
// [store.Remote] is asked about its copies. Where the store's time is the
// server's, [Harness.Advance] rewrites there what is written down, and
// [Harness.WallClock] says so.
//
// # What it shows
//
// Each safeguard switched off makes it fail. Six do so within what is promised.
// Two stand in for each other there, [BreakEpochTokens] and [BreakEpochLive]:
// with either the promise is kept, without both it is not. That is shown too,
// as is what each of them adds by itself: it holds where a crash and the loss of
// what the other one looks at fall together.
package storetest
