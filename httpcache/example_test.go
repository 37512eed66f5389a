package httpcache_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// A page that is told apart by language and by whether its reader is one of the staff.
func ExampleNew() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	cached := httpcache.New(cache, httpcache.Config{
		TTL:         time.Minute,
		Vary:        []string{"Accept-Language"},
		Extra:       func(r *http.Request) any { return isStaff(r) },
		Credentials: httpcache.CredentialsInExtra,
	})
	news := cached(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "news in %s, for staff: %v", r.Header.Get("Accept-Language"), isStaff(r))
	}))

	get := func(language, user string) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/news", nil)
		r.Header.Set("Accept-Language", language)
		r.AddCookie(&http.Cookie{Name: "user", Value: user})
		w := httptest.NewRecorder()
		news.ServeHTTP(w, r)
		fmt.Printf("%s, kept: %v\n", w.Body, w.Header().Get("Age") != "")
	}
	get("en", "ann")
	get("en", "bob")
	get("de", "bob")
	get("en", "root")
	// Output:
	// news in en, for staff: false, kept: false
	// news in en, for staff: false, kept: true
	// news in de, for staff: false, kept: false
	// news in en, for staff: true, kept: false
}

func isStaff(r *http.Request) bool {
	c, err := r.Cookie("user")
	return err == nil && c.Value == "root"
}

// A page that depends on nothing is dropped by its URI.
func ExampleCached() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	weather := httpcache.Cached(cache, httpcache.Config{TTL: time.Hour, Origin: "https://example.com"}, counting())
	get := func() {
		w := httptest.NewRecorder()
		weather.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/weather?place=7", nil))
		fmt.Println(w.Body)
	}
	get()
	get()
	if err := httpcache.Invalidate(context.Background(), cache, "https://example.com/weather?place=7"); err != nil {
		log.Fatal(err)
	}
	get()
	// Output:
	// page 1
	// page 1
	// page 2
}
