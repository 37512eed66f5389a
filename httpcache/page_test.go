package httpcache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// pages are handlers whose responses are kept.
var pages = map[string]http.HandlerFunc{
	"text":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
	"empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	"html in pieces": func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!DOC")
		_, _ = w.Write([]byte("TYPE html><p>"))
		_, _ = io.WriteString(w, strings.Repeat("long ", 2000))
	},
	"headers": func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Add("Link", "</a>; rel=preload")
		h.Add("Link", "</b>; rel=preload")
		h.Set("X-Empty", "")
		h.Set("Content-Length", "2")
		_, _ = w.Write([]byte("{}"))
	},
	"no type":   func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil; fmt.Fprint(w, "x") },
	"not found": http.NotFound,
	"moved": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/there", http.StatusMovedPermanently)
	},
	"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"gone, then headers that come too late": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
		w.Header().Set("X-Late", "1")
		w.WriteHeader(http.StatusGone)
		fmt.Fprint(w, "gone")
	},
	"modified": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `W/"own"`)
		fmt.Fprint(w, "own")
	},
	"from a reader": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("abc", 10000)), 20000))
	},
	"outer headers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Replaced", "by the handler")
		w.Header().Add("Vary", "Accept")
		w.Header().Del("X-Removed")
		fmt.Fprint(w, w.Header().Get("X-Kept"))
	},
}

// outer is middleware outside of the cache, with headers of its own.
func outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kept", "outside")
		w.Header().Set("X-Replaced", "outside")
		w.Header().Set("X-Removed", "outside")
		w.Header().Set("Vary", "Origin")
		w.Header().Set("X-Number", r.URL.Query().Get("n"))
		next.ServeHTTP(w, r)
	})
}

// What a client gets is the same whether the page is made without a cache, for the cache,
// or is kept.
func TestPagesAreIdentical(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		for name, h := range pages {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				// What is learned of Vary is not the matter here.
				s := newSite(t, httpcache.Config{Vary: []string{"Accept"}}, h, how{http2: http2, around: outer})
				bare := new(site)
				bare.server, bare.client = serve(t, outer(h), http2)
				want := bare.get(t, "/")
				for i := range 3 {
					got := s.get(t, "/")
					if (got.Header.Get("Age") != "") != (i > 0) {
						t.Errorf("try %d: Age is %q", i, got.Header.Get("Age"))
					}
					if want.StatusCode == http.StatusOK && want.Header.Get("ETag") == "" {
						if got.Header.Get("ETag") == "" {
							t.Errorf("try %d: there is no ETag", i)
						}
						got.Header.Del("ETag")
					}
					got.Header.Del("Age")
					got.Header.Del("Date")
					want.Header.Del("Date")
					// A long page has its length from the first time on, where it had none.
					if want.Header.Get("Content-Length") == "" {
						got.Header.Del("Content-Length")
					}
					if got.StatusCode != want.StatusCode || got.body != want.body || !reflect.DeepEqual(got.Header, want.Header) {
						t.Errorf("try %d: got %d %v %.40q, want %d %v %.40q", i, got.StatusCode, got.Header, got.body, want.StatusCode, want.Header, want.body)
					}
				}
				if n := s.runs.Load(); n != 1 {
					t.Errorf("the handler ran %d times, want 1; the event is %+v", n, s.last())
				}
			})
		}
	})
}

// What middleware outside sets belongs to its own request.
func TestHeadersOutsideAreNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, counting(), how{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-ID", r.Header.Get("X-Request-ID"))
			http.SetCookie(w, &http.Cookie{Name: "session", Value: r.Header.Get("X-Request-ID")})
			next.ServeHTTP(w, r)
		})
	}})
	for i, id := range []string{"one", "two", "three"} {
		a := s.want(t, "page 1", i == 0, "/", "X-Request-Id: "+id)
		if got, cookie := a.Header.Get("X-Request-ID"), a.Header.Get("Set-Cookie"); got != id || cookie != "session="+id {
			t.Errorf("%s: the headers are %v", id, a.Header)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Method", r.Method)
			fmt.Fprint(w, "body")
		}, how{http2: http2})
		head := func(method string, runs int64) {
			t.Helper()
			before := s.runs.Load()
			a := s.do(t, s.request(t, http.MethodHead, "/"))
			if a.Header.Get("X-Method") != method || a.Header.Get("Content-Length") != "4" || a.body != "" || s.runs.Load()-before != runs {
				t.Errorf("HEAD: %v %q after %d runs, want one for %s after %d", a.Header, a.body, s.runs.Load()-before, method, runs)
			}
		}
		head(http.MethodHead, 1) // the handler's own, and it is not kept
		head(http.MethodHead, 1)
		s.want(t, "body", true, "/")
		head(http.MethodGet, 0)
		s.want(t, "body", false, "/")
	})
}

// A request that changes something goes to the handler, and what it gets is for it alone.
func TestOtherMethodsPass(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, counting())
	s.want(t, "page 1", true, "/")
	for i, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, "get", "PURGE"} {
		if a := s.do(t, s.request(t, method, "/")); a.body != fmt.Sprintf("page %d", i+2) {
			t.Errorf("%s: %q", method, a.body)
		}
	}
	s.want(t, "page 1", false, "/")
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	made := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		fmt.Fprint(w, "body")
	})
	etag := made.get(t, "/").Header.Get("ETag")
	own := newSite(t, httpcache.Config{}, pages["modified"])
	own.get(t, "/")
	missing := newSite(t, httpcache.Config{}, http.NotFound)
	missing.get(t, "/")
	const since = "If-Modified-Since: "
	for _, x := range []struct {
		s       *site
		status  int
		headers []string
	}{
		{made, 304, []string{"If-None-Match: " + etag}},
		{made, 304, []string{"If-None-Match: W/" + etag}},
		{made, 304, []string{`If-None-Match: "other", ` + etag}},
		{made, 304, []string{`If-None-Match: "other"`, "If-None-Match: " + etag}},
		{made, 304, []string{"If-None-Match: *"}},
		{made, 200, []string{`If-None-Match: "other"`}},
		{made, 200, []string{"If-None-Match: " + strings.Trim(etag, `"`)}},
		{made, 200, []string{`If-None-Match: "`}},
		{made, 200, []string{since + "Mon, 02 Jan 2106 15:04:05 GMT"}}, // it is not known when
		{own, 304, []string{`If-None-Match: W/"own"`}},
		{own, 304, []string{`If-None-Match: "own"`}},
		{own, 304, []string{since + "Mon, 02 Jan 2006 15:04:05 GMT"}},
		{own, 304, []string{since + "Mon, 02 Jan 2007 15:04:05 GMT"}},
		{own, 200, []string{since + "Mon, 02 Jan 2006 15:04:04 GMT"}},
		{own, 200, []string{since + "yesterday"}},
		{own, 200, []string{`If-None-Match: "other"`, since + "Mon, 02 Jan 2007 15:04:05 GMT"}},
		{missing, 404, []string{"If-None-Match: *"}},
	} {
		for _, path := range []string{"/", "/?new=" + strings.Join(x.headers, ",")} { // kept, and made for the request
			a := x.s.get(t, strings.ReplaceAll(path, " ", "+"), x.headers...)
			if a.StatusCode != x.status || a.StatusCode == http.StatusNotModified && (a.body != "" || a.Header.Get("ETag") == "" || a.Header.Get("Content-Type") != "") {
				t.Errorf("%q: %d %v %q, want %d", x.headers, a.StatusCode, a.Header, a.body, x.status)
			}
		}
	}
	if a := made.get(t, "/", "If-None-Match: "+etag); a.Header.Get("Cache-Control") != "max-age=60" {
		t.Errorf("the headers of 304 are %v", a.Header)
	}
}

// lives is a store that tells how long results are to be kept.
type lives struct {
	store.Store

	mu  sync.Mutex // guards ttl
	ttl time.Duration
}

func (l *lives) Fill(ctx context.Context, q *store.Query, s store.Snapshot, p store.Payload, ttl time.Duration) error {
	l.mu.Lock()
	l.ttl = ttl
	l.mu.Unlock()
	return l.Store.Fill(ctx, q, s, p, ttl)
}

// A page lives no longer than it says itself that it is fresh.
func TestPagesLive(t *testing.T) {
	t.Parallel()
	inner, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lives{Store: inner}
	for name, cfg := range map[string]httpcache.Config{
		"automatic": {TTL: time.Hour},
		"declared":  {TTL: time.Hour, DependsOn: func(*http.Request) []cacheops.Dep { return nil }},
		"by time":   {TTL: time.Hour, TTLOnly: true},
	} {
		s := newSite(t, cfg, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", r.URL.Query().Get("control"))
			w.Header().Set("Expires", r.URL.Query().Get("expires"))
			if r.URL.Query().Get("expires") == "" {
				w.Header().Del("Expires")
			}
			fmt.Fprint(w, "page")
		}, how{cache: cacheops.Config{Store: l}})
		for query, want := range map[string]time.Duration{
			"":                                         time.Hour,
			"control=public":                           time.Hour,
			"control=max-age=60":                       time.Minute,
			"control=max-age=7200":                     time.Hour,
			"control=max-age=60,+S-MaxAge=30":          30 * time.Second,
			"control=max-age=0,+s-maxage=30":           30 * time.Second,
			"control=max-age=60&expires=never":         time.Minute,
			"expires=Mon,+02+Jan+2106+15:04:05+GMT":    time.Hour,
			"control=public,+max-age=%2210%22,+no-way": 10 * time.Second,
		} {
			s.want(t, "page", true, "/"+name[:1]+"?"+query)
			l.mu.Lock()
			if l.ttl != want {
				t.Errorf("%s, %s: kept for %v, want %v", name, query, l.ttl, want)
			}
			l.mu.Unlock()
		}
	}
	t.Cleanup(func() {
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newSite(t, httpcache.Config{Vary: []string{"Accept-Language"}, Extra: func(r *http.Request) any { return r.Header.Get("X-Forwarded-Port") }}, counting())
	host := strings.TrimPrefix(s.server.URL, "http://")
	page := func(path string, headers ...string) func() bool {
		s.get(t, path, headers...)
		return func() bool {
			before := s.runs.Load()
			s.get(t, path, headers...)
			return s.runs.Load() > before
		}
	}
	for _, x := range []struct {
		path, uri string
		dropped   bool
	}{
		{"/", "http://" + host + "/", true},
		{"/", "http://" + host, true},
		{"/", "HTTP://" + strings.ToUpper(host) + "/", true},
		{"/", "http://" + host + "/#fragment", true},
		{"/", "https://" + host + "/", false},
		{"/a", "http://" + host + "/a", true},
		{"/a", "http://" + host + "/", false},
		{"/a", "http://" + host + "/A", false},
		{"/a", "http://" + host + "/a/", false},
		{"/a?x=1&y=2", "http://" + host + "/a?x=1&y=2", true},
		{"/a?x=1&y=2", "http://" + host + "/a?y=2&x=1", false},
		{"/a?x=1", "http://" + host + "/a", false},
		{"/a?", "http://" + host + "/a", true},
		{"/caf%C3%A9", "http://" + host + "/café", true},
		{"/caf%c3%a9", "http://" + host + "/caf%C3%A9", true},
		{"/a%2fb", "http://" + host + "/a%2Fb", true},
	} {
		english, german, port := page(x.path, "Accept-Language: en"), page(x.path, "Accept-Language: de"), page(x.path, "X-Forwarded-Port: 1")
		if err := httpcache.Invalidate(ctx, s.cache, "http://elsewhere/", x.uri); err != nil {
			t.Fatal(err)
		}
		for i, dropped := range []func() bool{english, german, port} {
			if got := dropped(); got != x.dropped {
				t.Errorf("page %d of %s: dropped by %s is %v, want %v", i, x.path, x.uri, got, x.dropped)
			}
		}
	}
	for _, wrong := range []string{"", "/a", "example.com/a", "ftp://example.com/", "http://", ":", "http:///a"} {
		if err := httpcache.Invalidate(ctx, s.cache, "http://"+host+"/", wrong); err == nil || !strings.Contains(err.Error(), "absolute") {
			t.Errorf("Invalidate(%q): %v", wrong, err)
		}
	}
	if err := httpcache.Invalidate(ctx, s.cache); err != nil {
		t.Error(err)
	}
	one, two := page("/one"), page("/two")
	if err := httpcache.InvalidateAll(ctx, s.cache); err != nil {
		t.Fatal(err)
	}
	if !one() || !two() {
		t.Error("InvalidateAll left something")
	}
}

// keeper keeps results in a map.
type keeper struct {
	mu sync.Mutex // guards by
	by map[store.Key][]byte
}

func (k *keeper) Get(_ context.Context, key store.Key) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.by[key]; ok {
		return b, nil
	}
	return nil, errors.New("it is not there")
}

func (k *keeper) Set(_ context.Context, key store.Key, data []byte, _ time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.by[key] = data
	return nil
}

func (k *keeper) Delete(_ context.Context, key store.Key) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.by, key)
	return nil
}

func TestPagesInAnotherPlace(t *testing.T) {
	t.Parallel()
	k := &keeper{by: make(map[store.Key][]byte)}
	s := newSite(t, httpcache.Config{TTL: time.Hour, KeepIn: k, Vary: []string{"Accept-Language"}}, counting())
	s.want(t, "page 1", true, "/", "Accept-Language: en")
	s.want(t, "page 1", false, "/", "Accept-Language: en")
	s.want(t, "page 2", true, "/", "Accept-Language: de")
	s.want(t, "page 3", true, "/other")
	if s.cache.Stats().Fills != 0 || len(k.by) == 0 {
		t.Errorf("the store was given %d pages, the other place %d", s.cache.Stats().Fills, len(k.by))
	}
	if err := httpcache.InvalidateKept(context.Background(), s.cache, k, s.server.URL); err != nil {
		t.Fatal(err)
	}
	s.want(t, "page 4", true, "/", "Accept-Language: en")
	s.want(t, "page 5", true, "/", "Accept-Language: de")
	s.want(t, "page 3", false, "/other")
	for key := range maps.Clone(k.by) {
		if err := k.Set(t.Context(), key, []byte{0}, 0); err != nil { // whatever is there
			t.Fatal(err)
		}
	}
	s.want(t, "page 6", true, "/other")
	s.want(t, "page 6", false, "/other")
}

// The settings of the context and of the cache hold for pages.
func TestPagesFollowTheContext(t *testing.T) {
	t.Parallel()
	var bypass bool
	s := newSite(t, httpcache.Config{}, counting(), how{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if bypass {
				r = r.WithContext(cacheops.Bypass(r.Context()))
			}
			next.ServeHTTP(w, r)
		})
	}})
	s.want(t, "page 1", true, "/")
	s.want(t, "page 1", false, "/")
	bypass = true
	s.want(t, "page 2", true, "/")
	bypass = false
	s.cache.SetDisabled(true)
	s.want(t, "page 3", true, "/")
	s.cache.SetDisabled(false)
	s.want(t, "page 1", false, "/")
	if n := s.cache.Stats().Funcs; n != (cacheops.FuncStats{Hits: 2, Misses: 1, Uncached: 2}) {
		t.Errorf("Stats: %+v", n)
	}
}

// Cached is for pages that only their time ends, and says by which settings.
func TestCached(t *testing.T) {
	t.Parallel()
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	s := new(site)
	s.server, s.client = serve(t, httpcache.Cached(cache, httpcache.Config{Vary: []string{"Accept"}}, counting()), false)
	for _, x := range []struct{ accept, body string }{{"a", "page 1"}, {"b", "page 2"}, {"a", "page 1"}, {"b", "page 2"}} {
		if a := s.get(t, "/", "Accept: "+x.accept); a.body != x.body {
			t.Errorf("%s: %q, want %q", x.accept, a.body, x.body)
		}
	}
	if err := httpcache.Invalidate(t.Context(), cache, s.server.URL); err != nil {
		t.Fatal(err)
	}
	if a := s.get(t, "/", "Accept: a"); a.body != "page 3" {
		t.Errorf("after Invalidate: %q", a.body)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]httpcache.Config{
		"TTL is -1s":         {TTL: -time.Second},
		"MaxBytes is -1":     {MaxBytes: -1},
		"DependsOn excludes": {TTLOnly: true, DependsOn: func(*http.Request) []cacheops.Dep { return nil }},
		"Extra must be set":  {Credentials: httpcache.CredentialsInExtra},
		"Credentials is 9":   {Credentials: 9},
		"exclude each other": {Origin: "https://example.com", TrustForwarded: true},
		"Origin is \"x\"":    {Origin: "x"},
		"Origin is \"http:":  {Origin: "http://example.com/path"},
		"Vary has \"Range\"": {Vary: []string{"Range"}},
		"Unkeyed has \"a b":  {Unkeyed: []string{"a b"}},
		"Statuses has 206":   {Statuses: []int{200, 206}},
		"Statuses has 99":    {Statuses: []int{99}},
	} {
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	var logged bytes.Buffer
	cache, err := cacheops.New(cacheops.Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	s := new(site)
	s.server, s.client = serve(t, httpcache.New(cache, httpcache.Config{TTL: -1})(counting()), false)
	for _, want := range []string{"page 1", "page 2"} {
		if a := s.get(t, "/"); a.body != want {
			t.Errorf("with settings that are wrong: %q, want %q", a.body, want)
		}
	}
	if !strings.Contains(logged.String(), "no page is kept") {
		t.Errorf("it logged %q", logged.String())
	}
}
