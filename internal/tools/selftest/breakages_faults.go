package main

// underFault runs one test that lets Redis fail under load.
func underFault(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", test, "./internal/integration/faults"}
}

// faultBreakages break what keeps reads fresh whatever happens to Redis, and what
// keeps commits from failing for nothing.
var faultBreakages = []breakage{
	{
		Name:  "an entry is not bound to the life of its server, which restarts with old data",
		File:  "rueidisstore/entry.go",
		Old:   "{ add(c, m[:]) }",
		New:   "{ _ = m }",
		Check: underFault("^TestOldData$/^restarted$"), Want: "STALE: process",
	},
	{
		Name:  "an entry is not bound to the life of its server, and a replica that lags takes over",
		File:  "rueidisstore/entry.go",
		Old:   "{ add(c, m[:]) }",
		New:   "{ _ = m }",
		Check: underFault("^TestLaggingReplica$/^Cluster,_TAKEOVER$"), Want: "STALE: process",
	},
	{
		Name:  "an idle connection takes the server for what it was",
		File:  "rueidisstore/link.go",
		Old:   "if master != l.master {",
		New:   "if master == (incarnation{}) {",
		Check: underFault("^TestOldData$/^replicated$"), Want: "STALE: process",
	},
	{
		Name:  "a connection never asks again who the server is",
		File:  "rueidisstore/link.go",
		Old:   "{ return sinceStart()-l.asked.Load() > int64(askEvery) }",
		New:   "{ return false }",
		Check: underFault("^TestOldData$/^replicated$"), Want: "STALE: process",
	},
	{
		Name:  "a failover fails commits that another node would have taken",
		File:  "rueidisstore/cluster.go",
		Old:   "errors.Is(r.err, errNotMaster) || errors.Is(r.err, errNoNode)",
		New:   "errors.Is(r.err, errRedirected)",
		Check: inRedis("TestMasterThatTheClientDoesNotKnow"), Want: "--- FAIL: TestMasterThatTheClientDoesNotKnow",
	},
	{
		Name:  "a commit fails because Redis is too slow for readers",
		File:  "rueidisstore/change.go",
		Old:   `s.writing(ctx, "registry"`,
		New:   `s.reading(ctx, "registry"`,
		Check: inRedis("TestWritersHaveTheirOwnTime"), Want: "--- FAIL: TestWritersHaveTheirOwnTime",
	},
	{
		Name:  "a commit fails because Redis is full and has evicted the schema's version",
		File:  "rueidisstore/lua/ground.lua",
		Old:   "\tredis.call('DEL', key)\n",
		New:   "",
		Check: inRedis("TestWritesNeedNoMemoryToSpare"), Want: "--- FAIL: TestWritesNeedNoMemoryToSpare",
	},
	{
		Name:  "a new schema fails because Redis is full",
		File:  "rueidisstore/lua/schema.lua",
		Old:   "redis.call('DEL', KEYS[1])\n",
		New:   "",
		Check: inRedis("TestWritesNeedNoMemoryToSpare"), Want: "--- FAIL: TestWritesNeedNoMemoryToSpare",
	},
}
