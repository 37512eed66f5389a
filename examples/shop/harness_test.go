package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// site is a shop that is served.
type site struct {
	*shop

	t      *testing.T
	server *httptest.Server
}

// newSite serves a shop until the test ends.
func newSite(t *testing.T, c config) *site {
	t.Helper()
	c.log = slog.New(slog.NewTextHandler(t.Output(), nil))
	// What was read is stored when the reader goes on, and a busy machine is waited for.
	c.redis.BackgroundFills, c.redis.ReadTimeout, c.redis.WriteTimeout = -1, time.Minute, time.Minute
	s, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	x := &site{shop: s, t: t, server: httptest.NewServer(s.handler())}
	t.Cleanup(func() {
		x.server.Close()
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// onSQLite is a shop with its database in a file and its cache in process.
func onSQLite(t *testing.T) config {
	t.Helper()
	return config{sqlite: filepath.Join(t.TempDir(), "the shop?.sqlite")}
}

// onServers is a shop with its database in PostgreSQL and its cache in Redis.
func onServers(t *testing.T) config {
	t.Helper()
	return config{postgres: pgtest.Start(t).NewDatabase(t), redis: rueidisstore.Config{URL: redistest.Start(t).URL()}}
}

// each runs a test with both.
func each(t *testing.T, test func(t *testing.T, c config)) {
	t.Helper()
	t.Parallel()
	for name, c := range map[string]func(*testing.T) config{"SQLite": onSQLite, "PostgreSQL and Redis": onServers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c(t))
		})
	}
}

// visitor is somebody with a browser: it keeps the cookie that it is given.
type visitor struct {
	*site

	cookie string
}

// answer is what a request is answered with.
type answer struct {
	status int
	header http.Header
}

// send sends a request, with the header fields of fields, and returns the answer and its
// body.
func (v *visitor) send(method, path string, form url.Values, fields ...string) (answer, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := v.server.Client().Transport.RoundTrip(r) // which follows no redirect
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
	return answer{resp.StatusCode, resp.Header}, string(body)
}

// seen is a page as a visitor sees it.
type seen struct {
	status int
	text   string // without the footer
	footer string
	state  string // hit, miss or none
}

var stateOf = regexp.MustCompile(`<footer data-page="(\w+)">`)

// get reads a page.
func (v *visitor) get(path string) seen {
	v.t.Helper()
	resp, body := v.send(http.MethodGet, path, nil)
	text, footer, _ := strings.Cut(body, "<footer")
	footer = "<footer" + footer
	state := stateOf.FindStringSubmatch(footer)
	if state == nil || strings.Count(body, "<footer") != 1 {
		v.t.Fatalf("%s has not one footer, status %d:\n%s", path, resp.status, body)
	}
	return seen{resp.status, text, footer, state[1]}
}

// put puts a product into the visitor's cart.
func (v *visitor) put(product int64, quantity int) {
	v.t.Helper()
	resp, body := v.send(http.MethodPost, "/cart", url.Values{"product": {fmt.Sprint(product)}, "quantity": {fmt.Sprint(quantity)}})
	if resp.status != http.StatusSeeOther {
		v.t.Fatalf("put product %d: status %d, %s", product, resp.status, body)
	}
}

// edit sends the form of a product, with the changes.
func (x *site) edit(product int64, changes url.Values) {
	x.t.Helper()
	resp, body := (&visitor{site: x}).send(http.MethodPost, fmt.Sprint("/admin/products/", product), x.form(product, changes))
	if resp.status != http.StatusSeeOther || resp.header.Get("Location") != fmt.Sprint("/products/", product) {
		x.t.Fatalf("edit product %d: status %d, %s", product, resp.status, body)
	}
}

// form is the form of a product as it is shown, with the changes.
func (x *site) form(product int64, changes url.Values) url.Values {
	x.t.Helper()
	p, err := x.ProductOf(x.t.Context(), product)
	if err != nil {
		x.t.Fatal(err)
	}
	form := url.Values{
		"name": {p.Name}, "price": {p.Price.String()}, "stock": {fmt.Sprint(p.Stock)}, "category": {fmt.Sprint(p.CategoryID)},
	}
	maps.Copy(form, changes)
	return form
}

// page is a page that somebody looks at.
type page struct {
	who  *visitor
	name string // who looks, where it matters
	path string
}

// all are the pages of the catalog, and those of visitors, by name, with a cart.
func (x *site) all(carts map[string]*visitor) (list []page) {
	x.t.Helper()
	anyone := &visitor{site: x}
	list = append(list, page{anyone, "", "/"}, page{anyone, "", "/cart"})
	for id := 1; id <= 5; id++ {
		list = append(list, page{anyone, "", fmt.Sprint("/categories/", id)})
	}
	for id := 1; id <= 60; id++ {
		list = append(list, page{anyone, "", fmt.Sprint("/products/", id)})
	}
	for name, v := range carts {
		list = append(list, page{v, name, "/cart"})
	}
	return list
}

// warm looks at pages until each is kept, and returns what they show.
func warm(t *testing.T, list []page) map[page]string {
	t.Helper()
	out := make(map[page]string, len(list))
	for _, p := range list {
		first := p.who.get(p.path)
		again := p.who.get(p.path)
		if again.state != "hit" || again.status != http.StatusOK || again.text != first.text {
			t.Fatalf("%s %s is %s, and then %s with status %d:\n%s\n%s", p.name, p.path, first.state, again.state, again.status, first.text, again.text)
		}
		out[p] = again.text
	}
	return out
}
