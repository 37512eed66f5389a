package main

// inFuncs runs the comparison of functions that are made at random, shortly and with
// one seed.
func inFuncs() []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^TestDifferentialFuncs$", "./internal/integration/differential", "-differential.funcs=20000", "-differential.seed=1", "-rapid.shrinktime=1s"}
}

// joinedBreakages break what holds a result that is made of several reads together.
var joinedBreakages = []breakage{
	{
		Name:  "two stamps of one thing are joined in memory",
		File:  "store/memory/join.go",
		Old:   "			case gen != r.gen:",
		New:   "			case gen != r.gen && false:",
		Check: testStore, Want: "its parts hold two stamps of one thing",
	},
	{
		Name:  "only the first stamps of a joined entry count in memory",
		File:  "store/memory/join.go",
		Old:   "			case !ok:\n				seen[r.cell] = r.gen\n",
		New:   "			case !ok:\n				if len(joined.refs) > 3 {\n					continue\n				}\n				seen[r.cell] = r.gen\n",
		Check: testStore, Want: "a part of it changed",
	},
	{
		Name:  "an entry that is recalled in memory need not be valid",
		File:  "store/memory/join.go",
		Old:   "e.database.name != q.Database || !valid(e.refs)",
		New:   "e.database.name != q.Database",
		Check: testStore, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "a part of a joined entry in Redis is not compared",
		File:  "rueidisstore/join.go",
		Old:   "if !ok || string(now[:]) != e.checks[i*checkSize:(i+1)*checkSize] {",
		New:   "if !ok || i == 0 && string(now[:]) != e.checks[i*checkSize:(i+1)*checkSize] {",
		Check: inRedis("TestConformance$/^joined"), Want: "its parts hold two stamps of one thing",
	},
	{
		Name:  "what a joined entry depended on is not compared with the entry",
		File:  "rueidisstore/join.go",
		Old:   "	if l == nil || l.text != e.layout {\n		// The entry",
		New:   "	if l == nil {\n		// The entry",
		Check: inRedis("TestConformance$/^joined"), Want: "a_joined_entry_in_two_processes",
	},
	{
		Name:  "a joined entry that was changed is read",
		File:  "rueidisstore/join.go",
		Old:   "	if string(own[:]) != entry[:checkSize] {",
		New:   "	if string(own[:]) != entry[:checkSize] && false {",
		Check: inRedis("TestPoisonedJoinedEntriesAreMisses"), Want: "--- FAIL: TestPoisonedJoinedEntriesAreMisses",
	},
	{
		Name:  "a joined entry of another key is read",
		File:  "rueidisstore/join.go",
		Old:   "checkerOf(joinFormat, &q.Key, q.Database)",
		New:   "checkerOf(joinFormat, &store.Key{}, q.Database)",
		Check: inRedis("TestPoisonedJoinedEntriesAreMisses"), Want: "--- FAIL: TestPoisonedJoinedEntriesAreMisses",
	},
	{
		Name:  "the stamps that an entry says it depends on are without bounds",
		File:  "rueidisstore/join.go",
		Old:   "n += 1 + max(1, conjs); n > maxStamps || c.bad",
		New:   "n += 1 + max(1, conjs); c.bad",
		Check: inRedis("TestLayoutsAreBounded"), Want: "--- FAIL: TestLayoutsAreBounded",
	},
	{
		Name:  "a number in a joined entry may be larger than what follows",
		File:  "rueidisstore/join.go",
		Old:   "if size <= 0 || n > uint64(len(c.rest)-size) {",
		New:   "if size <= 0 {",
		Check: inRedis("FuzzJoinedEntry"), Want: "FAIL",
	},
	{
		Name:  "the stamps of a joined entry end before it",
		File:  "rueidisstore/lua/touch.lua",
		Old:   "	if left >= 0 and left < ttl then",
		New:   "	if false then",
		Check: inRedis("TestConformance$/^joined"), Want: "a_joined_entry_outlives_the_times_of_its_parts",
	},
	{
		Name:  "a result that the program replaces leaves what was made with it",
		File:  "internal/engine/compute_kept.go",
		Old:   "		err = e.Forget(ctx, c.Name, c.Identity, [][]byte{x.group()})\n",
		New:   "		_ = e.Forget\n",
		Check: onSQLite("TestSetDropsWhatWasMadeWithIt"), Want: "--- FAIL: TestSetDropsWhatWasMadeWithIt",
	},
	{
		Name:  "functions at random: a query that is a hit is not recorded",
		File:  "sqlcache/read.go",
		Old:   "				rc.Record()\n",
		New:   "",
		Check: inFuncs(), Want: "a call differs",
	},
	{
		Name:  "functions at random: what is inside does not count",
		File:  "internal/engine/compute.go",
		Old:   "	x.tell(c.TTL, c.left(), c.Limited, sn)\n",
		New:   "	_ = sn\n",
		Check: inFuncs(), Want: "a call differs",
	},
	{
		Name:  "functions at random: what was read in a transaction that wrote is stored",
		File:  "internal/engine/record.go",
		Old:   "		r.Wrong(\"a query passed the cache: \" + reason)\n",
		New:   "",
		Check: inFuncs(), Want: "a call differs",
	},
	{
		Name:  "functions at random: the own stamps of a function are not leased",
		File:  "internal/engine/compute_run.go",
		Old:   "	parts, reason := x.lease(ctx)\n",
		New:   "	parts, reason := x.lease(ctx)\n	if len(parts) > 0 {\n		parts = parts[:0]\n	}\n",
		Check: inFuncs(), Want: "a call differs",
	},
}
