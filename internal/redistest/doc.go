// Package redistest starts real Redis servers: one alone, with a replica, as a
// Cluster, or under Sentinel. It is for tests, for examples, and for child
// processes of tests. Nothing in it is a mock.
//
// Every server listens on a port of 127.0.0.1 of its own, works in a folder of its
// own below the system's folder for temporary files, and ends with the process that
// started it, also where that is killed: on Linux the kernel sees to it.
//
// A test begins with [Start], [StartReplica], [StartCluster] or [StartSentinel].
// What they return reports a failure of its own to the test, so that a test need not
// look at each error; a program begins with [Run] and looks at them. Whatever waits
// has a limit, and says what it waited for.
//
// It takes redis-server 6.2 or newer, or valkey-server. Where neither is installed
// the test fails, and says what to do: see [Missing].
package redistest
