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
}
