package main

// inCrash is the short run of the test that kills writers.
func inCrash() []string {
	return []string{"go", "test", "-timeout", "110s", "-run", "^TestCrash$", "./internal/integration/crash"}
}

// What the test says of a result that stays stale once all fences have run out, and
// of a cache that seldom answers.
const (
	saysStale  = "permanently stale"
	saysSeldom = "the hit rate is"
)

// crashBreakages breaks what a writer leaves behind that is killed.
var crashBreakages = []breakage{
	{
		Name:  "a commit is not fenced",
		File:  "internal/engine/commit.go",
		Old:   "ack, err := e.cfg.Store.Fence(ctx, ch)",
		New:   "ack, err := store.Ack{}, error(nil)",
		Check: inCrash(), Want: saysStale,
	},
	{
		Name:  "a fence in Redis leaves the conjunctions",
		File:  "rueidisstore/lua/fence.lua",
		Old:   "for i = 5, #KEYS do fence(KEYS[i]) end",
		New:   "",
		Check: inCrash(), Want: saysStale,
	},
	{
		Name:  "a fence in Redis leaves the epoch",
		File:  "rueidisstore/lua/fence.lua",
		Old:   "\tfence(epoch)\n",
		New:   "",
		Check: inCrash(), Want: saysStale,
	},
	{
		Name:  "a fence in Redis is over at once",
		File:  "rueidisstore/lua/fence.lua",
		Old:   "redis.call('ZADD', key, now + ttl, token)",
		New:   "redis.call('ZADD', key, now, token)",
		Check: inCrash(), Want: saysStale,
	},
	{
		Name:  "a fenced stamp in Redis is leased",
		File:  "rueidisstore/lua/lease.lua",
		Old:   "if pruned(key) > 0 then return nil end",
		New:   "",
		Check: inCrash(), Want: saysStale,
	},
	{
		Name:  "a commit is not followed by a bump",
		File:  "internal/engine/batch.go",
		Old:   "ack, err := e.cfg.Store.Bump(ctx, ch, keep)",
		New:   "ack, err := store.Ack{}, error(nil)",
		Check: inCrash(), Want: saysSeldom,
	},
	{
		Name:  "a bump in Redis leaves the token",
		File:  "rueidisstore/lua/bump.lua",
		Old:   "redis.call('ZREM', key, token)",
		New:   "",
		Check: inCrash(), Want: saysSeldom,
	},
}
