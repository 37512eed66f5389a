package main

// webBreakages breaks what keeps pages, fragments and files right where handlers, middleware
// and file systems do what nobody expects.
var webBreakages = []breakage{
	{
		Name:  "a page whose header is not in canonical form is kept",
		File:  "httpcache/storable.go",
		Old:   "textproto.CanonicalMIMEHeaderKey(name) != name {",
		New:   "false && name != \"\" {",
		Check: onPages("TestResponsesThatAreNotMeant"), Want: "--- FAIL: TestResponsesThatAreNotMeant",
	},
	{
		Name:  "a page that was given a second status is kept",
		File:  "httpcache/recorder.go",
		Old:   "		if c.mode == holding && status != c.status {\n",
		New:   "		if false {\n",
		Check: onPages("TestResponsesThatAreNotMeant"), Want: "--- FAIL: TestResponsesThatAreNotMeant",
	},
	{
		Name:  "a page that was cut is kept",
		File:  "httpcache/recorder.go",
		Old:   "			c.refuse(reasonCut)\n",
		New:   "",
		Check: onPages("TestResponsesThatAreNotMeant"), Want: "--- FAIL: TestResponsesThatAreNotMeant",
	},
	{
		Name:  "a page of another server does not age",
		File:  "httpcache/storable.go",
		Old:   "*time.Second - ageOf(h, now)\n",
		New:   "*time.Second\n",
		Check: onPages("TestPagesOfOtherServersAge"), Want: "--- FAIL: TestPagesOfOtherServersAge",
	},
	{
		Name:  "a page is not told apart by what middleware outside varies by",
		File:  "httpcache/again.go",
		Old:   "varied(c.header[\"Vary\"])",
		New:   "c.own(), true",
		Check: onPages("TestVaryOfMiddlewareOutside"), Want: "--- FAIL: TestVaryOfMiddlewareOutside",
	},
	{
		Name:  "a page's handler is shown what middleware outside has parsed",
		File:  "httpcache/request.go",
		Old:   "	shown.Form, shown.PostForm, shown.MultipartForm = nil, nil, nil ",
		New:   "	",
		Check: onPages("TestFormsOfMiddlewareOutside"), Want: "--- FAIL: TestFormsOfMiddlewareOutside",
	},
	{
		Name:  "what tells users apart is shown and in no key",
		File:  "httpcache/config.go",
		Old:   "slices.IndexFunc(s.shown, isCredential); i >= 0 {",
		New:   "slices.IndexFunc(s.shown, isCredential); i > len(s.shown) {",
		Check: onPages("TestCredentialsAreNotUnkeyed"), Want: "--- FAIL: TestCredentialsAreNotUnkeyed",
	},
	{
		Name:  "a stream whose handler runs again is not ended",
		File:  "httpcache/recorder.go",
		Old:   "		c.stop()\n		return errAgain\n",
		New:   "		return errAgain\n",
		Check: onPages("TestStreamsBeginAgain"), Want: "test timed out",
	},
	{
		Name:  "a page is written to its client although its handler runs again",
		File:  "httpcache/recorder.go",
		Old:   "		return dropper{c}\n",
		New:   "		return c.w\n",
		Check: onPages("TestTakenOverBeforeItBeginsAgain"), Want: "--- FAIL: TestTakenOverBeforeItBeginsAgain",
	},
	{
		Name:  "a tag of gonja is not told apart by what it is given by name",
		File:  "gonjacache/tag.go",
		Old:   "		choice.Extras = call.all()\n",
		New:   "		choice.Extras = call.Args\n",
		Check: inTemplates("TestTagIsToldApartByItsArguments", "gonjacache"), Want: "--- FAIL: TestTagIsToldApartByItsArguments",
	},
	{
		Name:  "a folder that another program laid out is taken for one of cache files",
		File:  "filecache/folder.go",
		Old:   "	if err := checkFiles(root); err != nil {\n",
		New:   "	if err := checkFiles(root); false {\n",
		Check: inFiles("TestFolders"), Want: "--- FAIL: TestFolders",
	},
	{
		Name:  "pages in another place are dropped only by programs with the same databases",
		File:  "httpcache/httpcache.go",
		Old:   "		Alike: true, ",
		New:   "		",
		Check: onSQLite("TestPagesElsewhereAreDroppedByAnyProgram"), Want: "--- FAIL: TestPagesElsewhereAreDroppedByAnyProgram",
	},
}
