package main

// postgresKeyBreakages break what tells whether the keys changed that others follow.
var postgresKeyBreakages = []breakage{
	{
		Name:  "a key that changed is taken for one that did not",
		File:  "sqlcache/images_keys.go",
		Old:   "!told || k.changed(was, is) {",
		New:   "!told {",
		Check: onPostgresImages("TestImagesOfKeys"), Want: "STALE",
	},
	{
		Name:  "a row of which nothing is known is thought to keep its key",
		File:  "sqlcache/images_keys.go",
		Old:   "!told || k.changed(was, is) {",
		New:   "k.changed(was, is) {",
		Check: onPostgresImages("TestImagesOfKeys"), Want: "STALE",
	},
	{
		Name:  "of a key only the last column counts",
		File:  "sqlcache/images_keys.go",
		Old:   "for _, at := range k.at {",
		New:   "for _, at := range k.at[len(k.at)-1:] {",
		Check: onPostgresImages("TestImagesOfKeys"), Want: "STALE",
	},
	{
		Name:  "an UPDATE is followed to children that others may add to",
		File:  "internal/analysis/write.go",
		Old:   "c.keyed = c.concurrent && st.Kind",
		New:   "c.keyed = !c.concurrent && st.Kind",
		Check: onPostgresImages("TestImagesOfKeysAtOnce"), Want: "--- FAIL: TestImagesOfKeysAtOnce",
	},
	{
		Name:  "what follows behind the children of a key is forgotten",
		File:  "internal/analysis/keychange.go",
		Old:   "\tsub.event(child, dialect.KindUpdate, keyColumns(child, fk.Columns), false)\n",
		New:   "\t_ = keyColumns\n",
		Check: onPostgresImages("TestImagesOfKeys"), Want: "STALE",
	},
	{
		Name:  "all columns of a key count as set when its parent is deleted",
		File:  "dialect/catalog.go",
		Old:   "if event == KindDelete && fk.DeleteSets != nil {",
		New:   "if event != KindDelete && fk.DeleteSets != nil {",
		Check: onPostgresImages("TestImagesOfDeletedParents"), Want: "DEADLOCK",
	},
	{
		Name:  "children whose parents change are locked as if these were deleted",
		File:  "dialect/postgres/images_rows.go",
		Old:   "if event == dialect.KindDelete && fk.OnDelete == dialect.FKCascade {",
		New:   "if fk.OnDelete == dialect.FKCascade {",
		Check: onPostgresImages("TestImagesOfDeletedParents"), Want: "DEADLOCK",
	},
	{
		Name:  "children are locked although it is not told how",
		File:  "internal/analysis/cascade.go",
		Old:   "case c.concurrent && !c.locksTold(e):",
		New:   "case !c.concurrent && !c.locksTold(e):",
		Check: onPostgresImages("TestImagesOfDeletedParents"), Want: "DEADLOCK",
	},
	{
		Name:  "a row before whose change triggers run is locked too weakly at first",
		File:  "dialect/postgres/images.go",
		Old:   "tr.Event == dialect.KindUpdate && tr.Before }) {",
		New:   "tr.Event == dialect.KindDelete && tr.Before }) {",
		Check: onPostgresImages("TestImagesBeforeTriggers"), Want: "DEADLOCK",
	},
	{
		Name:  "children that came meanwhile are not counted",
		File:  "sqlcache/cascade_count.go",
		Old:   "!r.lost && is-was != int64(len(r.order))",
		New:   "!r.lost && is-was < int64(len(r.order))",
		Check: onPostgresImages("TestKeysUnchecked"), Want: "STALE",
	},
	{
		Name:  "children that lose their parent are not counted",
		File:  "dialect/postgres/images_rows.go",
		Old:   `") + pg_catalog.pg_stat_get_xact_tuples_updated(" + oid + ") END")`,
		New:   `") END")`,
		Check: onPostgresImages("TestChildrenCounted"), Want: "got",
	},
	{
		Name:  "where nothing is counted all children are thought to be known",
		File:  "sqlcache/cascade_count.go",
		Old:   "!counts || !still || ",
		New:   "counts && still && ",
		Check: onPostgresImages("TestChildrenCounted"), Want: "got",
	},
}
