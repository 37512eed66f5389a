package main

// inDifferentialPostgres runs one of the tests that try whatever there is on
// PostgreSQL, shortly and with one seed.
func inDifferentialPostgres(test string) []string {
	return []string{"go", "test", "-timeout", "300s", "-run", "^" + test + "$", "./internal/integration/differential", "-differential.postgres=40000", "-differential.postgres.changes=40000", "-differential.seed=1", "-differential.usual=0", "-rapid.shrinktime=2s"}
}

// postgresDifferentialBreakages are noticed by the tests that run on PostgreSQL
// with both drivers.
var postgresDifferentialBreakages = []breakage{
	{
		Name:  "a prepared statement's images are sent with the arguments of a text",
		File:  "sqlcache/images.go",
		Old:   "call{text: text, args: im.call.args, kept: im.call.prepared, atOnce: im.atOnce(), since: im.call.since}",
		New:   "call{text: text, args: im.call.args, since: im.call.since}",
		Check: []string{"go", "test", "-timeout", "100s", "-run", "^TestImagesOfPreparedStatement$", "./internal/integration/postgres"}, Want: "--- FAIL: TestImagesOfPreparedStatement",
	},
	{
		Name:  "a row image of an update on PostgreSQL is the one after alone",
		File:  "sqlcache/images.go",
		Old:   "	changes.AddImages(w.Target, im.columns, before, engine.Before)\n",
		New:   "",
		Check: inDifferentialPostgres("TestDifferentialPostgres"), Want: "STALE: ",
	},
}
