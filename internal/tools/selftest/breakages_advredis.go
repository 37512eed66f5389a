package main

// inCommand runs one test of the command.
func inCommand(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./cmd/cacheops"}
}

// redisAttackBreakages break what an attack on the Redis store and the commands found:
// what a script may leave when it fails, whose sets are reaped, and what is told of Redis.
var redisAttackBreakages = []breakage{
	{
		Name:  "in sets mode names are taken out before it is known that entries can be",
		File:  "rueidisstore/lua/sets/change.lua",
		Old:   "redis.call('UNLINK', ARGV[8] .. '-')\n",
		New:   "",
		Check: inRedis("TestSetsScriptsThatFailInTheMiddle"), Want: "STALE: without unlink, after a write of a row",
	},
	{
		Name:  "in sets mode all names are taken out before it is known that entries can be",
		File:  "rueidisstore/lua/sets/all.lua",
		Old:   "redis.call('UNLINK', ARGV[5] .. '-')\n",
		New:   "",
		Check: inRedis("TestSetsScriptsThatFailInTheMiddle"), Want: "STALE: without unlink, after a write of everything",
	},
	{
		Name:  "in sets mode names are taken out before it is known that entries can be read",
		File:  "rueidisstore/lua/sets/change.lua",
		Old:   "redis.call('GETRANGE', ARGV[8] .. '-', 0, 0)\n",
		New:   "",
		Check: inRedis("TestSetsScriptsThatFailInTheMiddle"), Want: "STALE: without getrange",
	},
	{
		Name:  "in sets mode a lease takes names out before it is known that entries can be",
		File:  "rueidisstore/lua/sets/lease.lua",
		Old:   "	redis.call('UNLINK', ARGV[5] .. '-')\n",
		New:   "",
		Check: inRedis("TestSetsScriptsThatFailInTheMiddle"), Want: "STALE: without unlink, after a write of a table",
	},
	{
		Name:  "in sets mode a set ends before the entry of another version",
		File:  "rueidisstore/lua/sets/lease.lua",
		Old:   "life = math.max(life, redis.call('PTTL', KEYS[1]))\n",
		New:   "",
		Check: inRedis("TestSetsOutliveAnotherVersionsEntry"), Want: "STALE",
	},
	{
		Name:  "in sets mode an entry of another prefix is read",
		File:  "rueidisstore/admission.go",
		Old:   "[]byte(a.mark)",
		New:   "[]byte(a.mode)",
		Check: inRedis("TestSetsEntryOfAnotherPrefix"), Want: "--- FAIL: TestSetsEntryOfAnotherPrefix",
	},
	{
		Name:  "Reap takes names out of the sets of other prefixes",
		File:  "rueidisstore/reap.go",
		Old:   "slices.DeleteFunc(keys, func(key string) bool { return !r.s.isSet(key) })",
		New:   "slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, r.s.entryPrefix()) })",
		Check: inRedis("TestReapLeavesOtherPrefixes"), Want: "--- FAIL: TestReapLeavesOtherPrefixes",
	},
	{
		Name:  "a pattern leaves tables whose names are quoted",
		File:  "cmd/cacheops/known.go",
		Old:   "if part == \"\" || part[0] != '\"' && part[0] != '`' {",
		New:   "if part == \"\" || part[0] != '\"' {",
		Check: inCommand("TestNameOf"), Want: "--- FAIL: TestNameOf",
	},
	{
		Name:  "a pattern leaves tables with a slash in their names",
		File:  "cmd/cacheops/known.go",
		Old:   `strings.ReplaceAll(strings.ToLower(s), "/", "\x00")`,
		New:   `strings.ToLower(s)`,
		Check: inCommand("TestMatchTable"), Want: "--- FAIL: TestMatchTable",
	},
	{
		Name:  "a password before a host is printed",
		File:  "cmd/cacheops/secrets.go",
		Old:   "	text = bare.ReplaceAllString(text, hidden+\"@\")\n",
		New:   "",
		Check: inScript("attack-secrets"), Want: "a password was printed",
	},
	{
		Name:  "the doctor does not try the keys of entries",
		File:  "cmd/cacheops/doctor_rights.go",
		Old:   `entry := c.prefix + ":" + strings.Repeat("nobody", 3) + "-_"`,
		New:   `entry := key`,
		Check: inCommand("TestDoctorNoticesKeys"), Want: "--- FAIL: TestDoctorNoticesKeys",
	},
	{
		Name:  "the doctor takes no answer for a right",
		File:  "cmd/cacheops/doctor_rights.go",
		Old:   "				other = name + \": \" + err.Error()\n",
		New:   "				other = \"\"\n",
		Check: inCommand("TestDoctorWithoutAnswers"), Want: "--- FAIL: TestDoctorWithoutAnswers",
	},
}
