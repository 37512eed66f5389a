package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patienceWithBrowser is how long the browser may take in all, before it counts as hung.
const patienceWithBrowser = 2 * time.Minute

// chromium starts a browser for a test, with a profile of its own, and returns the
// context of its tab.
func chromium(t *testing.T) context.Context {
	t.Helper()
	binary, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	// It is spoken to through pipes, so there is no port. Its profile is a folder of its
	// own, which is removed when it has ended.
	limited, stop := context.WithTimeout(context.Background(), patienceWithBrowser)
	ctx, end := chromedp.NewContext(limited,
		chromedp.WithAllocatorOptions(chromedp.ExecPath(binary), chromedp.NoSandbox, chromedp.DisableGPU), // as root it has no sandbox
		chromedp.WithErrorf(t.Logf),
	)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("end the browser: %v", err)
		}
		end()
		stop()
	})
	return ctx
}

// findChromium returns where the browser is.
func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("CHROMIUM IS MISSING, so the shop cannot be looked at: run `make servers`" +
		" (as root on Debian), or install it and put it into PATH")
}

// tab is a tab of the browser.
type tab struct {
	context.Context //nolint:containedctx // that is what a tab is to chromedp

	t    *testing.T
	site string // where paths begin
}

// run does something in the tab.
func run[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	out, err := chromedp.Run(b, action)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return out
}

// look goes to a page and reads it: what it shows, and what its footer says of it.
func (b *tab) look(path string) (text, state string) {
	b.t.Helper()
	run(b, "go to "+path, chromedp.Navigate(b.site+path))
	text = run(b, "read "+path, chromedp.Text(chromedp.CSS("main")))
	return text, run(b, "read the footer of "+path, chromedp.AttributeValue(chromedp.CSS("footer"), "data-page")).Value
}

// fill writes into a field.
func (b *tab) fill(field, text string) {
	b.t.Helper()
	run(b, "fill in "+field, chromedp.SetValue(chromedp.CSS(`[name="`+field+`"]`), text))
}

// follow clicks on what leads to another page, waits for that, and wants it to be the
// one at the path.
func (b *tab) follow(selector, path string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("click on %s: %v", selector, err)
	}
	if at := run(b, "where are we", chromedp.Location()); at != b.site+path {
		b.t.Fatalf("a click on %s leads to %s, want %s", selector, at, path)
	}
}

// Somebody puts a product into the cart, and changes its price in the form, all in a
// browser. Every page that shows the price shows the new one, and no other page is made
// again.
func TestInTheBrowser(t *testing.T) {
	t.Parallel()
	x := newSite(t, onSQLite(t))
	b := &tab{Context: chromium(t), t: t, site: x.server.URL}

	b.look("/products/17")
	b.fill("quantity", "2")
	b.follow(`form[action="/cart"] button`, "/cart")
	paths := []string{"/", "/cart", "/products/13", "/products/16", "/products/17", "/products/18", "/products/60"}
	for id := 1; id <= 5; id++ {
		paths = append(paths, fmt.Sprint("/categories/", id))
	}
	before := make(map[string]string)
	for _, path := range paths {
		first, _ := b.look(path)
		text, state := b.look(path)
		if state != "hit" || text != first || text == "" {
			t.Errorf("%s is a %s at the second look, and shows\n%s\nnot\n%s", path, state, text, first)
		}
		before[path] = text
	}

	b.look("/products/17")
	b.follow(`a[href="/admin/products/17"]`, "/admin/products/17")
	b.fill("price", "1234.56")
	b.follow("form.edit button", "/products/17") // so this page is made here
	for _, path := range paths {
		text, state := b.look(path)
		want := "hit"
		shows := path == "/categories/2" || path == "/cart" || path == "/products/17"
		if shows && path != "/products/17" {
			want = "miss"
		}
		if state != want || strings.Contains(text, "$1234.56") != shows || shows == (text == before[path]) {
			t.Errorf("%s is a %s, want a %s; it shows\n%s\nand did show\n%s", path, state, want, text, before[path])
		}
	}
	footer := run(b, "read the footer", chromedp.Text(chromedp.CSS("footer")))
	if want := "products by category_id = 2"; !strings.Contains(footer, want) {
		t.Errorf("the footer does not say %q:\n%s", want, footer)
	}
}
