package main

// onPages runs one test of pages.
func onPages(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./httpcache"}
}

// httpBreakages breaks what keeps pages apart, and what keeps them out.
var httpBreakages = []breakage{
	{
		Name:  "a page's queries are not under its recording",
		File:  "httpcache/request.go",
		Old:   "	shown := r.WithContext(ctx)\n",
		New:   "	shown := r.WithContext(r.Context())\n",
		Check: onSQLite("TestPageIsDroppedByWhatItRead"), Want: "--- FAIL: TestPageIsDroppedByWhatItRead",
	},
	{
		Name:  "a page's handler is shown headers that are in no key",
		File:  "httpcache/request.go",
		Old:   "	shown.Header = make(http.Header)\n",
		New:   "	shown.Header = r.Header.Clone()\n",
		Check: onPages("TestHeadersThatAreNotKeyedDoNotPoison"), Want: "--- FAIL: TestHeadersThatAreNotKeyedDoNotPoison",
	},
	{
		Name:  "a page's handler is shown the client's address",
		File:  "httpcache/request.go",
		Old:   "	shown.RemoteAddr = nobody\n",
		New:   "",
		Check: onPages("TestURIsAreNotMixed"), Want: "--- FAIL: TestURIsAreNotMixed",
	},
	{
		Name:  "a header that is not known does not keep a page out",
		File:  "httpcache/request.go",
		Old:   "			return \"the request has the header \" + name + \": name it in httpcache.Config.Vary or Unkeyed\"\n",
		New:   "			continue\n",
		Check: onPages("TestRequestsThatPass"), Want: "--- FAIL: TestRequestsThatPass",
	},
	{
		Name:  "a request with cookies gets the page of others",
		File:  "httpcache/request.go",
		Old:   "if s.Credentials == PassCredentials || s.Credentials == HideCookies && slices.Contains(learned, name) {",
		New:   "if s.Credentials == HideCookies && slices.Contains(learned, name) {",
		Check: onPages("TestUsersAreNotMixed"), Want: "--- FAIL: TestUsersAreNotMixed",
	},
	{
		Name:  "a request with a client certificate gets the page of others",
		File:  "httpcache/request.go",
		Old:   "len(r.TLS.PeerCertificates) > 0 && ",
		New:   "false && ",
		Check: onPages("TestClientCertificates"), Want: "--- FAIL: TestClientCertificates",
	},
	{
		Name:  "pages are not told apart by the headers of the settings",
		File:  "httpcache/httpcache.go",
		Old:   "	b = appendValues(b, x.r.Header, h.vary)\n",
		New:   "",
		Check: onPages("TestUsersAreNotMixed"), Want: "--- FAIL: TestUsersAreNotMixed",
	},
	{
		Name:  "pages are not told apart by what they say they vary by",
		File:  "httpcache/httpcache.go",
		Old:   "	b = appendValues(b, x.r.Header, x.learned)\n",
		New:   "",
		Check: onPages("TestVaryIsLearned"), Want: "--- FAIL: TestVaryIsLearned",
	},
	{
		Name:  "a client gets a page whose handler was not shown what it varies by",
		File:  "httpcache/again.go",
		Old:   "		return has && !s.shows(name, c.learned)\n",
		New:   "		return has && s.shows(name, c.learned)\n",
		Check: onPages("TestVaryIsLearned"), Want: "--- FAIL: TestVaryIsLearned",
	},
	{
		Name:  "pages are not told apart by the host as it was sent",
		File:  "httpcache/uri.go",
		Old:   "		parts |= partHost\n",
		New:   "",
		Check: onPages("TestURIsAreNotMixed"), Want: "--- FAIL: TestURIsAreNotMixed",
	},
	{
		Name:  "pages are not told apart by the URI as it was sent",
		File:  "httpcache/uri.go",
		Old:   "appendURL(appendText(b, r.RequestURI), r.URL)",
		New:   "appendURL(b, r.URL)",
		Check: onPages("TestURIsAreNotMixed"), Want: "--- FAIL: TestURIsAreNotMixed",
	},
	{
		Name:  "pages are not told apart by their handlers",
		File:  "httpcache/httpcache.go",
		Old:   "		name = nameOf(next)\n",
		New:   "		name = nameOf(nil)[:0]\n",
		Check: onPages("TestHandlersAreNotMixed"), Want: "--- FAIL: TestHandlersAreNotMixed",
	},
	{
		Name:  "an URI's pages are not dropped together",
		File:  "httpcache/httpcache.go",
		Old:   "Args: b, Group: b[headBytes:end:end], TTL",
		New:   "Args: b, TTL",
		Check: onPages("TestInvalidate"), Want: "--- FAIL: TestInvalidate",
	},
	{
		Name:  "a page that sets a cookie is kept",
		File:  "httpcache/storable.go",
		Old:   "		if c.name == \"Set-Cookie\" && ",
		New:   "		if false && ",
		Check: onPages("TestResponsesThatAreNotKept"), Want: "--- FAIL: TestResponsesThatAreNotKept",
	},
	{
		Name:  "a page that is private is kept",
		File:  "httpcache/storable.go",
		Old:   "case \"private\", \"no-store\", \"no-cache\": // with the names of fields too",
		New:   "case \"no-store\", \"no-cache\":",
		Check: onPages("TestResponsesThatAreNotKept"), Want: "--- FAIL: TestResponsesThatAreNotKept",
	},
	{
		Name:  "a page with a nonce is kept",
		File:  "httpcache/storable.go",
		Old:   "strings.Contains(strings.ToLower(policy), \"'nonce-\")",
		New:   "false && policy != \"\"",
		Check: onPages("TestResponsesThatAreNotKept"), Want: "--- FAIL: TestResponsesThatAreNotKept",
	},
	{
		Name:  "a page that is written past the recorder is kept",
		File:  "httpcache/recorder.go",
		Old:   "	c.leave(reasonUnwrap)\n",
		New:   "",
		Check: onPages("TestResponsesThatAreNotKept"), Want: "--- FAIL: TestResponsesThatAreNotKept",
	},
	{
		Name:  "a page that is made after its request has ended is kept",
		File:  "internal/engine/compute_run.go",
		Old:   "	if reason == \"\" && ctx.Err() != nil {",
		New:   "	if reason == \"\" && x == nil {",
		Check: onPages("TestClientsThatGoAway"), Want: "--- FAIL: TestClientsThatGoAway",
	},
	{
		Name:  "a page outlives what it says of itself",
		File:  "httpcache/httpcache.go",
		Old:   "		calloptions.Recording(ctx).Cap(x.rec.fresh)\n",
		New:   "		_ = calloptions.Recording(ctx)\n",
		Check: onPages("TestPagesLive"), Want: "--- FAIL: TestPagesLive",
	},
	{
		Name:  "a header of a page that ends early is kept",
		File:  "httpcache/storable.go",
		Old:   "strings.ContainsAny(v, \"\\r\\n\\x00\")",
		New:   "false && v != \"\"",
		Check: onPages("TestHeadersAreNotSplit"), Want: "--- FAIL: TestHeadersAreNotSplit",
	},
	{
		Name:  "a header that somebody stored ends early",
		File:  "httpcache/entry.go",
		Old:   "	if strings.IndexByte(e.texts, '\\n') >= 0 || ",
		New:   "	if ",
		Check: onPages("TestEntryOfOthers"), Want: "--- FAIL: TestEntryOfOthers",
	},
	{
		Name:  "who wants a page that is a stream waits for its end",
		File:  "internal/engine/compute_run.go",
		Old:   "		w.over(false)\n	}\n}",
		New:   "		_ = w\n	}\n}",
		Check: onPages("TestStreams"), Want: "test timed out",
	},
}
