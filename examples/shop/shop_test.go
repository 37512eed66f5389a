package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// compare looks at pages again, after something has happened. It returns the names of
// those that were made anew; the others must show what they did.
func compare(t *testing.T, before map[page]string, list []page) (made []string) {
	t.Helper()
	for _, p := range list {
		now := p.who.get(p.path)
		switch now.state {
		case "miss":
			made = append(made, p.name+p.path)
			if now.text == before[p] {
				t.Errorf("%s%s was made anew, and shows what it did", p.name, p.path)
			}
		case "hit":
			if now.text != before[p] {
				t.Errorf("%s%s was in the cache, and shows something else", p.name, p.path)
			}
		default:
			t.Errorf("%s%s is not kept: %s", p.name, p.path, now.footer)
		}
	}
	slices.Sort(made)
	return made
}

// same wants lists to be equal.
func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// A new price is on every page that shows it, and no other page is made again.
func TestPrice(t *testing.T) {
	each(t, func(t *testing.T, c config) {
		x := newSite(t, c)
		carts := map[string]*visitor{"Ann ": {site: x}, "Bob ": {site: x}}
		carts["Ann "].put(17, 2)
		carts["Ann "].put(1, 1)
		carts["Bob "].put(18, 1)
		list := x.all(carts)

		for _, step := range []struct {
			product int64
			price   string
			shown   []string
		}{
			{17, "1234.56", []string{"/categories/2", "/products/17", "Ann /cart"}},
			{17, "1234.57", []string{"/categories/2", "/products/17", "Ann /cart"}},
			{1, "777.01", []string{"/", "/categories/1", "/products/1", "Ann /cart"}}, // the front page shows it
			{60, "3.05", []string{"/categories/5", "/products/60"}},                   // nobody wants it
		} {
			before := warm(t, list)
			old := x.form(step.product, nil).Get("price")
			x.edit(step.product, url.Values{"price": {step.price}})
			same(t, fmt.Sprintf("product %d costs %s", step.product, step.price), compare(t, before, list), step.shown...)
			for _, p := range list {
				if !slices.Contains(step.shown, p.name+p.path) {
					continue
				}
				now := p.who.get(p.path)
				if now.state != "hit" || !strings.Contains(now.text, "$"+step.price+"<") || strings.Contains(now.text, "$"+old+"<") && before[p] == now.text {
					t.Errorf("%s%s is a %s, and does not show %s:\n%s", p.name, p.path, now.state, step.price, now.text)
				}
			}
		}
		// The footer says what was dropped, the same to everybody.
		footer := carts["Bob "].get("/cart").footer
		for _, want := range []string{"products by id = 60<", "products by category_id = 5<"} {
			if !strings.Contains(footer, want) {
				t.Errorf("the footer does not say %q:\n%s", want, footer)
			}
		}
	})
}

// A product that moves leaves one list and comes into another one. The third stays.
func TestMove(t *testing.T) {
	each(t, func(t *testing.T, c config) {
		x := newSite(t, c)
		anyone := &visitor{site: x}
		list := x.all(nil)
		before := warm(t, list)
		name := x.form(17, nil).Get("name")
		x.edit(17, url.Values{"category": {"4"}})
		same(t, "a product moves", compare(t, before, list), "/categories/2", "/categories/4", "/products/17")
		for path, want := range map[string]bool{"/categories/2": false, "/categories/4": true} {
			if now := anyone.get(path); now.state != "hit" || strings.Contains(now.text, name) != want {
				t.Errorf("%s is a %s, has the product is %v, want %v", path, now.state, !want, want)
			}
		}
		// Of a list that is made anew only what has changed is made.
		before = warm(t, list)
		x.edit(17, url.Values{"name": {"Zither"}})
		footer := anyone.get("/categories/4").footer
		if want := "<td>Parts of pages</td><td>13</td><td>1</td>"; !strings.Contains(footer, want) { // 12 cards and the menu
			t.Errorf("the footer does not say %q:\n%s", want, footer)
		}
		if len(before) != len(list) {
			t.Errorf("%d pages of %d are told apart", len(before), len(list))
		}
	})
}

// What is in a cart is seen by who has put it there, whoever looks before.
func TestCartsAreApart(t *testing.T) {
	each(t, func(t *testing.T, c config) {
		x := newSite(t, c)
		const empty = "It is empty."
		ann, bob, nobody := &visitor{site: x}, &visitor{site: x}, &visitor{site: x}
		if now := nobody.get("/cart"); !strings.Contains(now.text, empty) {
			t.Errorf("without a cookie the cart shows\n%s", now.text)
		}
		ann.put(17, 3)
		bob.put(18, 4)
		if ann.cookie == "" || ann.cookie == bob.cookie {
			t.Fatalf("the cookies are %q and %q", ann.cookie, bob.cookie)
		}
		strangers := []*visitor{
			nobody, {site: x, cookie: ann.cookie[:len(ann.cookie)-1]}, {site: x, cookie: ann.cookie + "A"}, {site: x, cookie: strings.ToLower(ann.cookie)},
			{site: x, cookie: "session="}, {site: x, cookie: "other=" + strings.TrimPrefix(ann.cookie, "session=")},
		}
		has := func(when string, v *visitor, product string, quantity int) {
			t.Helper()
			now := v.get("/cart").text
			if strings.Count(now, "/products/") != 1 || !strings.Contains(now, "/products/"+product+`"`) || !strings.Contains(now, fmt.Sprintf(`name="quantity" value="%d"`, quantity)) {
				t.Errorf("%s: it should hold %d of product %s, and is\n%s", when, quantity, product, now)
			}
		}
		for _, when := range []string{"first", "again", "and again"} {
			has(when, ann, "17", 3)
			has(when, bob, "18", 4)
			for i, v := range strangers {
				if now := v.get("/cart"); !strings.Contains(now.text, empty) {
					t.Errorf("%s: stranger %d has a cart:\n%s", when, i, now.text)
				}
			}
		}
		if now := ann.get("/cart"); now.state != "hit" {
			t.Errorf("a cart that has not changed is a %s", now.state)
		}

		ann.put(17, 1)
		if now := bob.get("/cart"); now.state != "hit" {
			t.Errorf("the cart of another visitor is a %s", now.state)
		}
		has("after a change", ann, "17", 1)
		has("after a change", bob, "18", 4)
		ann.put(17, 0)
		if now := ann.get("/cart"); !strings.Contains(now.text, empty) {
			t.Errorf("the cart should be empty, and is\n%s", now.text)
		}
		// What a visitor sees of the catalog is for everybody, and nobody's cookie is in it.
		for _, path := range []string{"/", "/categories/2", "/products/17"} {
			bob.get(path)
			if now := nobody.get(path); now.state != "hit" || strings.Contains(now.text, strings.TrimPrefix(bob.cookie, "session=")) {
				t.Errorf("%s is a %s for another visitor:\n%s", path, now.state, now.text)
			}
		}
	})
}

// Two processes on one database and one Redis: what one of them edits the other shows.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	c := onServers(t)
	other, one := newSite(t, c), newSite(t, c) // the first one fills the tables
	list := other.all(nil)
	before := warm(t, list)
	one.edit(17, url.Values{"price": {"1234.56"}})
	same(t, "the other process", compare(t, before, list), "/categories/2", "/products/17")
	if now := (&visitor{site: other}).get("/products/17"); !strings.Contains(now.text, "$1234.56<") {
		t.Errorf("the other process shows\n%s", now.text)
	}
	// The tables are not filled a second time.
	if now := (&visitor{site: one}).get("/categories/1"); strings.Count(now.text, `class="card"`) != 12 {
		t.Errorf("the category shows\n%s", now.text)
	}
}

// The footer is of now, also where the page is not.
func TestFooter(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	v := &visitor{site: x}
	first, second, third := v.get("/"), v.get("/"), v.get("/")
	if first.state != "miss" || second.state != "hit" || third.state != "hit" {
		t.Errorf("the page is %s, %s, %s", first.state, second.state, third.state)
	}
	for _, want := range []struct {
		seen
		row string
	}{
		{first, "<td>Pages</td><td></td><td></td><td>0</td><td>1</td>"}, {second, "<td>Pages</td><td></td><td></td><td>1</td><td>1</td>"}, {third, "<td>Pages</td><td></td><td></td><td>2</td><td>1</td>"},
	} {
		if !strings.Contains(want.footer, want.row) || !strings.Contains(want.footer, "Nothing was edited yet.") || !strings.HasSuffix(want.footer, "</html>\n") {
			t.Errorf("the footer does not say %q:\n%s", want.row, want.footer)
		}
	}
	if now := v.get("/admin/products/1"); now.state != "none" {
		t.Errorf("the form is a %s", now.state)
	}
	// A browser must not take an old footer for a new one.
	resp, _ := v.send(http.MethodGet, "/", nil, "If-None-Match", "*")
	if h := resp.header; resp.status != http.StatusOK || h.Get("ETag") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d with %v", resp.status, h)
	}
	if resp, body := v.send(http.MethodHead, "/", nil); resp.status != http.StatusOK || body != "" {
		t.Errorf("HEAD: status %d, %q", resp.status, body)
	}
	if resp, body := v.send(http.MethodGet, "/static/style.css", nil); resp.status != http.StatusOK || strings.Contains(body, "<footer") {
		t.Errorf("the style sheet: status %d, %q", resp.status, body)
	}
}
