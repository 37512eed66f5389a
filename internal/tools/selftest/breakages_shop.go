package main

// inShop runs one test of the web shop.
func inShop(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^" + test + "$", "./examples/shop"}
}

// shopBreakages break what keeps the footer and the carts apart, and show that the tests
// of the shop, also the one in a browser, see a price that is stale and a page that is
// dropped for nothing.
var shopBreakages = []breakage{
	{
		Name:  "the shop: the footer is kept with the page",
		File:  "examples/shop/pages.go",
		Old:   "mux.Handle(\"GET /{$}\", public(s.page(s.front)))",
		New:   "mux.Handle(\"GET /{$}\", public(s.footer.under(s.page(s.front))))",
		Check: inShop("TestFooter"), Want: "--- FAIL: TestFooter",
	},
	{
		Name:  "the shop: the cart is kept whatever the session is",
		File:  "examples/shop/pages.go",
		Old:   "Extra: func(r *http.Request) any { return session(r) },",
		New:   "Extra: func(*http.Request) any { return \"\" },",
		Check: inShop("TestCartsAreApart"), Want: "--- FAIL: TestCartsAreApart",
	},
	{
		Name:  "the shop: a card's query is not under the context of its fragment",
		File:  "examples/shop/catalog.go",
		Old:   "	return product, c.db.WithContext(ctx).First(&product, c.ID).Error\n",
		New:   "	return product, c.db.WithContext(context.Background()).First(&product, c.ID).Error\n",
		Check: inShop("TestPrice"), Want: "--- FAIL: TestPrice",
	},
	{
		Name:  "a page's queries are not under its recording, seen in a browser",
		File:  "httpcache/request.go",
		Old:   "	shown := r.WithContext(ctx)\n",
		New:   "	shown := r.WithContext(r.Context())\n",
		Check: inShop("TestInTheBrowser"), Want: "--- FAIL: TestInTheBrowser",
	},
	{
		Name:  "a page depends on all rows of a table, seen in a browser",
		File:  "examples/shop/catalog.go",
		Old:   "\"category_id = ?\"",
		New:   "\"category_id + 0 = ?\"",
		Check: inShop("TestInTheBrowser"), Want: "--- FAIL: TestInTheBrowser",
	},
}
