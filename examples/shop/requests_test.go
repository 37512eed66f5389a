package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What somebody has typed in is text, wherever it is shown: when a page is made, and
// when it was kept.
func TestEscaping(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	v := &visitor{site: x}
	const evil = `"><script>alert('&')</script>`
	v.put(1, 1)
	x.edit(1, url.Values{"name": {evil}})
	for _, path := range []string{"/", "/categories/1", "/products/1", "/cart", "/admin/products/1"} {
		for range 2 {
			now := v.get(path)
			if strings.Contains(now.text, "<script") || !strings.Contains(now.text, "&#34;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;") {
				t.Errorf("%s shows\n%s", path, now.text)
			}
		}
	}
}

// A form that another site sends changes nothing.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	v := &visitor{site: x}
	for path, form := range map[string]url.Values{
		"/admin/products/1": x.form(1, url.Values{"name": {"Taken"}}),
		"/cart":             {"product": {"1"}, "quantity": {"1"}},
	} {
		for _, fields := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://elsewhere.example"}} {
			if resp, _ := v.send(http.MethodPost, path, form, fields...); resp.status != http.StatusForbidden || v.cookie != "" {
				t.Errorf("%s with %q: status %d", path, fields, resp.status)
			}
		}
		if resp, _ := v.send(http.MethodPost, path, form, "Sec-Fetch-Site", "same-origin", "Origin", x.server.URL); resp.status != http.StatusSeeOther {
			t.Errorf("%s of our own: status %d", path, resp.status)
		}
		v.cookie = ""
	}
	if now := v.get("/products/1"); !strings.Contains(now.text, "Taken") {
		t.Errorf("the product shows\n%s", now.text)
	}
}

// What cannot be done is said, and changes nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	v := &visitor{site: x}
	list := x.all(nil)
	before := warm(t, list)
	for _, change := range []url.Values{
		{"name": {" "}}, {"name": {strings.Repeat("x", 101)}}, {"name": {"a\xff"}}, {"name": {"a\x00"}},
		{"price": {""}}, {"price": {"-1"}}, {"price": {"1.234"}}, {"price": {"1.2.3"}}, {"price": {"1e3"}}, {"price": {"+1"}}, {"price": {"1.+2"}}, {"price": {"1000000.01"}}, {"price": {"99999999999999999999"}},
		{"stock": {"-1"}}, {"stock": {"some"}}, {"stock": {"1000001"}},
		{"category": {"6"}}, {"category": {"x"}},
	} {
		if resp, body := v.send(http.MethodPost, "/admin/products/1", x.form(1, change)); resp.status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
			t.Errorf("%q: status %d\n%s", change, resp.status, body)
		}
	}
	for _, quantity := range []string{"", "-1", "100", "x"} {
		if resp, _ := v.send(http.MethodPost, "/cart", url.Values{"product": {"1"}, "quantity": {quantity}}); resp.status != http.StatusUnprocessableEntity {
			t.Errorf("quantity %q: status %d", quantity, resp.status)
		}
	}
	for _, path := range []string{"/products/61", "/products/0", "/products/x", "/categories/6", "/admin/products/61", "/nothing"} {
		if now := v.get(path); now.status != http.StatusNotFound || !strings.Contains(now.text, "There is no such page.") {
			t.Errorf("%s: status %d\n%s", path, now.status, now.text)
		}
	}
	for path, form := range map[string]url.Values{
		"/admin/products/61": x.form(1, nil), "/cart": {"product": {"61"}, "quantity": {"1"}},
	} {
		if resp, _ := v.send(http.MethodPost, path, form); resp.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, resp.status)
		}
	}
	if resp, _ := v.send(http.MethodPost, "/admin/products/1", url.Values{"name": {strings.Repeat("x", maxForm)}}); resp.status != http.StatusUnprocessableEntity {
		t.Errorf("a huge form: status %d", resp.status)
	}
	if made := compare(t, before, list); len(made) > 0 {
		t.Errorf("%q were made anew", made)
	}
}

// A database that fails is an error for who needs it, and nothing else.
func TestDatabaseFails(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	v := &visitor{site: x}
	v.get("/products/1")
	if err := x.db.Exec("DROP TABLE cart_items").Error; err != nil {
		t.Fatal(err)
	}
	v.cookie = "session=" + strings.Repeat("A", 26)
	for range 2 {
		resp, body := v.send(http.MethodGet, "/cart", nil)
		if resp.status != http.StatusInternalServerError || !strings.Contains(body, "Something went wrong here.") || strings.Contains(body, "cart_items") {
			t.Errorf("status %d\n%s", resp.status, body)
		}
	}
	if now := v.get("/products/1"); now.status != http.StatusOK {
		t.Errorf("a page that needs no cart: status %d", now.status)
	}
}
