package main

// inTemplates runs one test of a package for a template engine.
func inTemplates(test, pkg string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./" + pkg}
}

// templateBreakages breaks what the fragments of pages depend on, and what keeps those
// apart that are not the same.
var templateBreakages = []breakage{
	{
		Name:  "fragments: what a page's own function reads does not count",
		File:  "internal/calloptions/page.go",
		Old:   "if o := p.current.Load(); o != nil {",
		New:   "if o := p.current.Load(); o != nil && false {",
		Check: onSQLite("TestFragmentsAreDroppedByWhatTheyRead"), Want: "--- FAIL: TestFragmentsAreDroppedByWhatTheyRead",
	},
	{
		Name:  "fragments: one that goes on is forgotten when another one ends",
		File:  "internal/calloptions/page.go",
		Old:   "p.current.Store(p.made[len(p.made)-1])",
		New:   "p.current.Store(nil)",
		Check: onSQLite("TestPageContextOfFragmentsAtOnce"), Want: "--- FAIL: TestPageContextOfFragmentsAtOnce",
	},
	{
		Name:  "fragments: one that lost its reads to another one is kept",
		File:  "internal/calloptions/page.go",
		Old:   "		p.made[n-1].Recording.Spoil(reasonAtOnce)\n",
		New:   "",
		Check: onSQLite("TestPageContextOfFragmentsApart"), Want: "--- FAIL: TestPageContextOfFragmentsApart",
	},
	{
		Name:  "fragments: a number of another type drops nothing",
		File:  "fragment.go",
		Old:   "argument.AppendAny(group, plain(e))",
		New:   "argument.AppendAny(group, e)",
		Check: inTemplates("TestInvalidateFragmentOfATemplate", "tmplcache"), Want: "--- FAIL: TestInvalidateFragmentOfATemplate",
	},
	{
		Name:  "fragments: text that is not escaped is shared with html/template",
		File:  "tmplcache/set.go",
		Old:   "append([]cacheops.FuncOption{cacheops.Version(kind)}, cfg.Options...)",
		New:   "append([]cacheops.FuncOption{}, cfg.Options...)",
		Check: inTemplates("TestHTMLAndTextShareNothing", "tmplcache"), Want: "--- FAIL: TestHTMLAndTextShareNothing",
	},
	{
		Name:  "fragments: pongo2 shares what is escaped with what is not",
		File:  "pongo2cache/tag.go",
		Old:   "	if x.Autoescape {",
		New:   "	if true {",
		Check: inTemplates("TestCachedIsEscapedOnce", "pongo2cache"), Want: "--- FAIL: TestCachedIsEscapedOnce",
	},
	{
		Name:  "fragments: what pongo2 sets in one is there only where it is rendered",
		File:  "pongo2cache/tag.go",
		Old:   "n.body.Execute(pongo2.NewChildExecutionContext(x), &out)",
		New:   "n.body.Execute(x, &out)",
		Check: inTemplates("TestCachedKeepsWhatItSets", "pongo2cache"), Want: "--- FAIL: TestCachedKeepsWhatItSets",
	},
	{
		Name:  "fragments: pongo2 takes a context that its macros read past",
		File:  "pongo2cache/tag.go",
		Old:   "if !ok || !cacheops.InPage(ctx) {",
		New:   "if !ok {",
		Check: inTemplates("TestErrors", "pongo2cache"), Want: "--- FAIL: TestErrors",
	},
	{
		Name:  "fragments: gonja shares what is escaped with what is not",
		File:  "gonjacache/tag.go",
		Old:   "	if r.Config.AutoEscape {",
		New:   "	if true {",
		Check: inTemplates("TestCachedIsEscapedOnce", "gonjacache"), Want: "--- FAIL: TestCachedIsEscapedOnce",
	},
	{
		Name:  "fragments: gonja takes a context that its macros read past",
		File:  "gonjacache/tag.go",
		Old:   "if !ok || !cacheops.InPage(ctx) {",
		New:   "if !ok {",
		Check: inTemplates("TestErrors", "gonjacache"), Want: "--- FAIL: TestErrors",
	},
	{
		Name:  "fragments: what a handle of templ renders once is cached as text",
		File:  "templcache/state.go",
		Old:   " || handles.Len() > 0",
		New:   "",
		Check: inTemplates("TestPagesAreTheSame", "templcache"), Want: "--- FAIL: TestPagesAreTheSame",
	},
	{
		Name:  "fragments: a class of templ is cached as text",
		File:  "templcache/capture.go",
		Old:   "if piece := of(content); piece != nil {",
		New:   "if piece := of(content); piece != nil && false {",
		Check: inTemplates("TestPagesAreTheSame", "templcache"), Want: "--- FAIL: TestPagesAreTheSame",
	},
	{
		Name:  "fragments: a page without a nonce is given the fragment of one with",
		File:  "templcache/fragment.go",
		Old:   "		kind = kindNonced\n",
		New:   "",
		Check: inTemplates("TestPagesAreTheSame", "templcache"), Want: "--- FAIL: TestPagesAreTheSame",
	},
	{
		Name:  "fragments: a part of a page that is wanted alone is lost in one",
		File:  "templcache/state.go",
		Old:   "return p != nil && !p.Active",
		New:   "return p != nil && false",
		Check: inTemplates("TestPartsOfAPage", "templcache"), Want: "--- FAIL: TestPartsOfAPage",
	},
}
