package main

// mysqlKeyBreakages breaks how foreign keys of MySQL are followed.
var mysqlKeyBreakages = []breakage{
	{
		Name:  "children are found by a key of another type",
		File:  "dialect/mysql/images_rows.go",
		Old:   "|| !imageAlike(parent.Columns[column], child.Columns[fk.Columns[i]]) {",
		New:   "{",
		Check: withMySQLImages("TestKeysOfOtherTypes"), Want: "STALE after DELETE FROM p",
	},
	{
		Name:  "children are found by a key of another collation",
		File:  "dialect/mysql/images_rows.go",
		Old:   "return a.Collation == b.Collation && imageStored",
		New:   "return imageStored",
		Check: onMySQLImages("TestImagesByName"), Want: "--- FAIL: TestImagesByName",
	},
	{
		Name:  "a key is the same as a driver shows its times alike",
		File:  "sqlcache/images_keys.go",
		Old:   "clock && k.unsure {",
		New:   "clock && !k.unsure {",
		Check: withMySQLImages("TestKeysOfTimes"), Want: "STALE after UPDATE p",
	},
	{
		Name:  "children are thought to be locked that are not there yet",
		File:  "sqlcache/images.go",
		Old:   "len(im.write.Cascades) > 0 && !im.gapsOpen() {",
		New:   "len(im.write.Cascades) > 0 {",
		Check: withMySQLImages("TestKeysUnchecked"), Want: "STALE",
	},
}
