package main

// testSuite runs the suite of stores on what its own tests bring along.
func testSuite(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^" + test + "$", "./cachetest/storetest"}
}

// apartBreakages breaks stores of several processes, the reads whose parts come
// from different moments, and what keeps the exploration from leaving steps out.
var apartBreakages = []breakage{
	{
		Name:  "an answer to a change of a table brings no copy of its registry",
		File:  "cachetest/storetest/processes_test.go",
		Old:   "\t\th.told(ctx, c.Database, c.Tables[i].Table)\n",
		New:   "\t\tif !c.Tables[i].Epoch {\n\t\t\th.told(ctx, c.Database, c.Tables[i].Table)\n\t\t}\n",
		Check: testSuite("TestStoresOfSeveralProcesses"), Want: "the copy is",
	},
	{
		Name:  "a lease brings no copy of the registry",
		File:  "cachetest/storetest/processes_test.go",
		Old:   "\t\th.told(ctx, q.Database, q.Deps[i].Table)\n",
		New:   "\t\t_ = i\n",
		Check: testSuite("TestStoresOfSeveralProcesses"), Want: "after a lease the copy is",
	},
	{
		Name:  "a copy of a registry waits for the server",
		File:  "cachetest/storetest/processes_test.go",
		Old:   "func (h *handle) RegistryCopy(database, table string) (store.Registry, bool) {\n",
		New:   "func (h *handle) RegistryCopy(database, table string) (store.Registry, bool) {\n\t_ = h.ask(context.Background())\n",
		Check: testSuite("TestStoresOfSeveralProcesses"), Want: "RegistryCopy waits for a store that does not answer",
	},
	{
		Name:  "the end of one process's store ends that of the others",
		File:  "cachetest/storetest/processes_test.go",
		Old:   "h.server.handles.Add(-1) == 0",
		New:   "h.server.handles.Add(-1) >= 0",
		Check: testSuite("TestStoresOfSeveralProcesses"), Want: "who_closes_leaves_the_other_alone",
	},
	{
		Name:  "a call of a closed store of several processes goes on",
		File:  "cachetest/storetest/processes_test.go",
		Old:   "\tif h.closed.Load() {\n\t\treturn store.ErrClosed\n\t}\n\th.server.mu.Lock()\n",
		New:   "\th.server.mu.Lock()\n",
		Check: testSuite("TestStoresOfSeveralProcesses"), Want: "want store.ErrClosed",
	},
	{
		Name:  "a read in parts is judged by nothing",
		File:  "cachetest/storetest/apart.go",
		Old:   "r.step, r.floor, r.seen = readerSees, s.acked, 0",
		New:   "r.step, r.floor, r.seen = readerSees, 0, 0",
		Check: testSuite("TestReadsApartInTheModel"), Want: "stale must be true",
	},
	{
		Name:  "a read in parts does not compare the epoch",
		File:  "cachetest/storetest/apart.go",
		Old:   "\tcompare(PartTables, r.have.epoch, r.snapshot.epoch)\n",
		New:   "",
		Check: testSuite("TestReadsApartInTheModel"), Want: "stale must be false",
	},
	{
		Name:  "a read in parts does not compare the global epoch",
		File:  "cachetest/storetest/apart.go",
		Old:   "\tcompare(PartGlobal, r.have.global, r.snapshot.global)\n",
		New:   "",
		Check: testSuite("TestReadsApartInTheModel"), Want: "stale must be false",
	},
	{
		Name:  "the answer of a read in parts is not compared",
		File:  "cachetest/storetest/apart.go",
		Old:   "if ok != x.hit || v != want {",
		New:   "if (ok != x.hit || v != want) && l.action.i > maxActors {",
		Check: testSuite("TestReadsApartAreDriven"), Want: "is not found out",
	},
	{
		Name:  "half of the steps are in no schedule",
		File:  "cachetest/storetest/cover.go",
		Old:   "\tif v.next == len(v.g.steps) {\n",
		New:   "\tif v.next >= len(v.g.steps)/2 {\n",
		Check: testSuite("TestSchedulesCover"), Want: "are in the schedules",
	},
	{
		Name:  "a slow store is taken to know a fence from none",
		File:  "cachetest/storetest/cover.go",
		Old:   "pending: s.pending, writing: s.writing,",
		New:   "pending: 0, writing: 0,",
		Check: testSuite("TestSlowStoresAreFoundOut"), Want: "is not found out without",
	},
}
