package main

// inRedis runs one test of the store on real servers.
func inRedis(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./rueidisstore"}
}

// redisBreakages break what is read from Redis and what all versions have in common
// there.
var redisBreakages = []breakage{
	{
		Name:  "an entry of another query is read",
		File:  "rueidisstore/entry.go",
		Old:   "case got == now.with(body):",
		New:   "case got != now:",
		Check: inRedis("TestPoisonedEntriesAreMisses"), Want: "--- FAIL: TestPoisonedEntriesAreMisses",
	},
	{
		Name:  "an entry that was changed on the way is read",
		File:  "rueidisstore/entry.go",
		Old:   "return c.sharing(crc32.Checksum(body, castagnoli))",
		New:   "return c.sharing(crc32.Checksum(body[:0], castagnoli))",
		Check: inRedis("FuzzEntry"), Want: "--- FAIL: FuzzEntry",
	},
	{
		Name:  "a decoder's panic reaches the program",
		File:  "rueidisstore/read.go",
		Old:   "r := recover(); r != nil",
		New:   "r := error(nil); r != nil",
		Check: inRedis("TestUndecodablePayloadsAreMisses"), Want: "FAIL",
	},
	{
		Name:  "a fence of everything is believed whatever the answer is",
		File:  "rueidisstore/change.go",
		Old:   `err != nil || done != "1" {`,
		New:   `err != nil && done != "1" {`,
		Check: inRedis("TestOddAnswers"), Want: "--- FAIL: TestOddAnswers",
	},
	{
		Name:  "stamps of another number than was asked for are leased",
		File:  "rueidisstore/lease.go",
		Old:   "\tif len(stamps) != stampSize*(1+max(1, len(dep.Conjs))) {\n",
		New:   "\tif len(stamps) < stampSize {\n",
		Check: inRedis("TestOddAnswers"), Want: "FAIL: TestOddAnswers",
	},
	{
		Name:  "what is no set of live fences stays",
		File:  "rueidisstore/lua/fence.lua",
		Old:   "own(live, 'zset')\n",
		New:   "",
		Check: inRedis("TestWhatIsNotOursIsReplaced"), Want: "--- FAIL: TestWhatIsNotOursIsReplaced",
	},
	{
		Name:  "a registry of another form stays",
		File:  "rueidisstore/lua/lease.lua",
		Old:   "local lost = not version or #version ~= 8\n",
		New:   "local lost = not version\n",
		Check: inRedis("TestWhatIsNotOursIsReplaced"), Want: "--- FAIL: TestWhatIsNotOursIsReplaced",
	},
	{
		Name:  "the key of an epoch has another name",
		File:  "rueidisstore/keys.go",
		Old:   `suffixEpoch    = "e"`,
		New:   `suffixEpoch    = "epoch"`,
		Check: inRedis("TestFrozenKeys"), Want: "--- FAIL: TestFrozenKeys",
	},
	{
		Name:  "the deadlines of fences are in seconds",
		File:  "rueidisstore/lua/fence.lua",
		Old:   "\tredis.call('ZADD', key, now + ttl, token)\n",
		New:   "\tredis.call('ZADD', key, math.ceil((now + ttl) / 1000), token)\n",
		Check: inRedis("TestFrozenForms"), Want: "--- FAIL: TestFrozenForms",
	},
	{
		Name:  "a scheme does not wait for another version's fence",
		File:  "rueidisstore/lua/lease.lua",
		Old:   "if redis.call('ZSCORE', live, string.sub(pending, at, at + 15)) then",
		New:   "if redis.call('ZSCORE', live, string.sub(pending, at, at + 15)) == '' then",
		Check: inRedis("TestWriterOfAnotherVersion"), Want: "--- FAIL: TestWriterOfAnotherVersion",
	},
	{
		Name:  "a table's results of another version are not dropped",
		File:  "rueidisstore/lua/bump.lua",
		Old:   "if ARGV[3] == '1' then\n\tbump(epoch)\n",
		New:   "if ARGV[3] == '1' then\n\tsettle(live)\n",
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestSchemeOfAnotherVersion$", "./internal/integration"}, Want: "FAIL",
	},
	{
		Name:  "Close waits for a server that does not answer",
		File:  "rueidisstore/store.go",
		Old:   "\t\tbind(s.crew.ctx, option)\n",
		New:   "\t\t_ = bind\n",
		Check: []string{"go", "test", "-timeout", "10s", "-run", "^TestCloseEndsConnecting$", "./rueidisstore"}, Want: "test timed out",
	},
	{
		Name:  "a write waits for Redis once for each table",
		File:  "rueidisstore/change.go",
		Old:   "\tif err := s.do(ctx, requests...); err != nil {\n\t\treturn store.Ack{}, err\n\t}\n\tvar ack",
		New:   "\tfor i := range requests {\n\t\tif err := s.do(ctx, requests[i]); err != nil {\n\t\t\treturn store.Ack{}, err\n\t\t}\n\t}\n\tvar ack",
		Check: onSQLite("TestRoundTrips"), Want: "--- FAIL: TestRoundTrips",
	},
	{
		Name:  "an unlock tells no other process",
		File:  "rueidisstore/lua/unlock.lua",
		Old:   "redis.call('PUBLISH', ARGV[2], ARGV[3])",
		New:   "redis.call('TIME')",
		Check: onSQLite("TestRedisLockLetsOneAsk"), Want: "test timed out",
	},
	{
		Name:  "a wait for a lock ends with another's context",
		File:  "rueidisstore/ears.go",
		Old:   "isReply(err) || h.heard() || try == maxHops",
		New:   "err != nil || try == maxHops",
		Check: []string{"go", "test", "-timeout", "20s", "-run", "^TestWaitGoesOnWithoutTheFirst$", "./rueidisstore"}, Want: "TestWaitGoesOnWithoutTheFirst",
	},
	{
		Name:  "an unlock takes away another process's lock",
		File:  "rueidisstore/lua/unlock.lua",
		Old:   "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n",
		New:   "",
		Check: []string{"go", "test", "-timeout", "60s", "-run", "^TestConformance$/^lock", "./rueidisstore"}, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "who waits for a lock believes the unlock of an earlier holder",
		File:  "rueidisstore/lock.go",
		Old:   "			timer.Stop()\n			continue\n",
		New:   "",
		Check: inRedis("TestAwaitUnlockHearsLate"), Want: "--- FAIL: TestAwaitUnlockHearsLate",
	},
}
