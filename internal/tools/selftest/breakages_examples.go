package main

// exampleBreakages show what the suite that each library passes is worth, and
// that the README is held to the examples.
var exampleBreakages = []breakage{
	{
		Name:  "the images before an UPDATE are not taken, seen through sqlx",
		File:  "sqlcache/images.go",
		Old:   "\tchanges.AddImages(w.Target, im.columns, before, engine.Before)\n",
		New:   "",
		Check: inExamples("sqlx"), Want: "STALE",
	},
	{
		Name:  "rows that a foreign key deletes are kept, seen through sqlx",
		File:  "sqlcache/cascade.go",
		Old:   "\t\t\tchanges.AddImages(t, r.columns, r.images, engine.Before)\n",
		New:   "\t\t\tchanges.AddImages(t, r.columns, nil, engine.Before)\n",
		Check: inExamples("sqlx"), Want: "STALE",
	},
	{
		Name:  "the README shows Go that stands in no example",
		File:  "README.md",
		Old:   "sqlite.Dialector{Conn: db}",
		New:   "sqlite.Dialector{Pool: db}",
		Check: []string{"go", "test", "-run", "^TestReadme$", "./internal/architecture"}, Want: "TestReadme",
	},
}

// inExamples runs the suite with one library.
func inExamples(library string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^TestConformance$", "./examples/" + library}
}
