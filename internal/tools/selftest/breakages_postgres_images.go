package main

// onPostgresImages runs one test against a real PostgreSQL.
func onPostgresImages(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./internal/integration/postgres"}
}

// postgresImageBreakages break how rows are told where others write meanwhile.
var postgresImageBreakages = []breakage{
	{
		Name:  "a row that came to match meanwhile is taken for one that was found",
		File:  "sqlcache/images.go",
		Old:   "case im.write.Check, im.concurrent && named, im.cascade",
		New:   "case im.write.Check && !im.concurrent, im.cascade",
		Check: onPostgresImages("TestImagesOfPhantoms"), Want: "STALE",
	},
	{
		Name:  "a row that somebody changed meanwhile is joined as it was",
		File:  "dialect/postgres/images_both.go",
		Old:   `for _, system := range [...]string{"ctid", "tableoid"} {`,
		New:   `for _, system := range [...]string{"tableoid"} {`,
		Check: onPostgresImages("TestImagesOvertaken"), Want: "STALE",
	},
	{
		Name:  "what a statement changes that found no row at first is not told",
		File:  "sqlcache/images_both.go",
		Old:   "\tcase affected != 0:\n",
		New:   "\tcase affected < 0:\n",
		Check: onPostgresImages("TestImagesOfPhantoms"), Want: "STALE",
	},
	{
		Name:  "the row that an upsert updates is taken for a new one",
		File:  "sqlcache/images.go",
		Old:   "ok := row[last].(bool); !ok || !isNew {",
		New:   "ok := row[last].(bool); !ok && !isNew {",
		Check: onPostgresImages("TestImagesOfPhantoms"), Want: "STALE",
	},
	{
		Name:  "rows are locked as if their keys changed",
		File:  "dialect/postgres/images.go",
		Old:   "\treturn \"NO KEY UPDATE\"\n",
		New:   "\treturn \"UPDATE\"\n",
		Check: onPostgresImages("TestImagesOfPairs"), Want: "DEADLOCK",
	},
	{
		Name:  "the children of a row that goes are not locked",
		File:  "dialect/postgres/images_rows.go",
		Old:   "\tb.WriteString(\" OF c\")\n\treturn b.String()\n",
		New:   "\tb.WriteString(\" OF c\")\n\treturn b.String()[:strings.LastIndex(b.String(), \" FOR \")]\n",
		Check: onPostgresImages("TestImagesOfCascadesAtOnce"), Want: "FAIL",
	},
	{
		Name:  "a refused query for images fails the program's statement",
		File:  "dialect/postgres/failure.go",
		Old:   "\tcase \"42\": // names",
		New:   "\tcase \"43\": // syntax",
		Check: onPostgresImages("TestFailingWrites"), Want: "the database says",
	},
}
