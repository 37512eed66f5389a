package main

// postgresWriteBreakages break what was found by odd schemas and two sessions at
// once.
var postgresWriteBreakages = []breakage{
	{
		Name:  "a row that moves to another partition sets off no triggers of one that comes or goes",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "row.Type&triggerRow != 0 && len(t.partitions) > 0 {",
		New:   "row.Type&triggerRow != 0 && len(t.partitions) < 0 {",
		Check: onPostgresImages("TestImagesOfMoves"), Want: "STALE",
	},
	{
		Name:  "a trigger is not thought to move a row to another partition",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "return slices.Contains(t.assigned, name) }) {",
		New:   "return false }) {",
		Check: onPostgresImages("TestImagesOfMoves"), Want: "STALE",
	},
	{
		Name:  "columns of partitions that are partitioned themselves do not count",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "if t := b.tables[k.Rel]; t != nil {",
		New:   "if t := b.tables[k.Rel]; t != nil && t.root == nil {",
		Check: onPostgresImages("TestImagesOfMoves"), Want: "STALE",
	},
	{
		Name:  "a key that is checked late is taken for one of one row",
		File:  "dialect/postgres/images_both.go",
		Old:   "case !imagePinned(up, w.t) || !imageOneRow(w.t):",
		New:   "case !imagePinned(up, w.t):",
		Check: onPostgresImages("TestImagesOfDeferredKey"), Want: "LOST",
	},
	{
		Name:  "a row is locked as if its key changed wherever a key is assigned to",
		File:  "dialect/postgres/images.go",
		Old:   "	lock := \"FOR NO KEY UPDATE\"\n",
		New:   "	lock := w.lock(up.Set)\n",
		Check: onPostgresImages("TestImagesOfPairs"), Want: "DEADLOCK",
	},
	{
		Name:  "a statement that was never sent is waited for",
		File:  "sqlcache/outcome.go",
		Old:   "case !c.unknown(ctx, err), c.answers(ctx, real, err):",
		New:   "case !c.unknown(ctx, err):",
		Check: onPostgresImages("TestOutcomeNotSent"), Want: "FAIL",
	},
	{
		Name:  "a chained transaction is thought to write",
		File:  "sqlcache/txtext.go",
		Old:   "c.tx.readOnly, c.tx.passesOver = before.readOnly, before.passesOver",
		New:   "c.tx.passesOver = before.passesOver",
		Check: onPostgresImages("TestTxReadOnly"), Want: "AND CHAIN",
	},
	{
		Name:  "a trigger of a statement runs as often as that is tried",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "idle := row.Type&triggerRow == 0 ||",
		New:   "idle := row.Type&triggerRow < 0 ||",
		Check: onPostgresImages("TestImagesOfIdleTriggers"), Want: "UPDATE stated",
	},
	{
		Name:  "a trigger that refuses a row runs as often as that is tried",
		File:  "dialect/postgres/trigger.go",
		Old:   "\t\tr.body.keeps = true\n",
		New:   "\t\tr.body.keeps = false\n",
		Check: onPostgresImages("TestImagesOfIdleTriggers"), Want: "UPDATE refused",
	},
}
