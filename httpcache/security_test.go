package httpcache_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// dump writes everything of a request that a handler can see.
func dump(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %q %q %+v host %q from %q proto %s %d.%d", r.Method, r.RequestURI, r.URL.String(), *r.URL, r.Host, r.RemoteAddr, r.Proto, r.ProtoMajor, r.ProtoMinor)
	fmt.Fprintf(w, " length %d encoding %v close %v trailer %v", r.ContentLength, r.TransferEncoding, r.Close, r.Trailer)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, " %s=%q", name, r.Header[name])
	}
	if r.TLS != nil {
		fmt.Fprintf(w, " TLS %q %d %d %s %d", r.TLS.ServerName, r.TLS.Version, r.TLS.CipherSuite, r.TLS.NegotiatedProtocol, len(r.TLS.TLSUnique))
	}
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, " body %q %v", body, err)
}

// talk sends lines over a connection of its own, and returns the body of the answer.
func (s *site) talk(t testing.TB, lines ...string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(b))
}

// Two requests share a page only if the handler cannot tell them apart: whatever it is
// shown of the URI is in the key.
func TestURIsAreNotMixed(t *testing.T) {
	t.Parallel()
	targets := []string{
		"/", "//", "/.", "/..", "/a", "/A", "/a/", "/a//", "/a/.", "/a/../a", "//a", "/%61", "/a%2Fb", "/a%2fb", "/a/b", "/a%252Fb", "/a%5Cb", "/a;x", "/a%3Bx",
		"/a?", "/a??", "/a?x", "/a?x=", "/a?x=1", "/a?X=1", "/a?x=1&", "/a?&x=1", "/a?x=1&y=2", "/a?y=2&x=1", "/a?x=1;y=2", "/a?x=1%26y=2",
		"/a?x=%31", "/a?x=+", "/a?x=%20", "/a%20b", "/a+b", "/a%3Fx=1", "/a%23x", "/a?x#y", "/a#y", "/a%00", "/a%0d%0aX: y", "/caf%C3%A9", "/caf%c3%a9",
		"http://one.example/a", "http://two.example/a", "http://ONE.example/a", "http://one.example:80/a", "http://one.example:8080/a", "http://one.example./a",
		"http://u:p@one.example/a", "http://u@one.example/a", "http://@one.example/a", "http://one.example", "http://one.example?x", "https://one.example/a",
		"a:b", "http:/a", "http:///a",
	}
	hosts := []string{"one.example", "two.example", "ONE.example", "one.example:80", "one.example:443", "one.example.", "one.example:", "[::1]", "[::1]:80", "", "evil.example/a"}
	for name, around := range map[string]func(http.Handler) http.Handler{
		"alone": func(h http.Handler) http.Handler { return h },
		// Middleware outside hides a part of the path.
		"stripped": func(h http.Handler) http.Handler {
			strip := http.StripPrefix("/a", h)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/a") {
					strip.ServeHTTP(w, r)
					return
				}
				h.ServeHTTP(w, r)
			})
		},
		// Middleware outside sends two paths to one.
		"rewritten": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				u := *r.URL
				u.Path, u.RawPath, u.RawQuery = "/a", "", ""
				r = r.WithContext(r.Context())
				r.URL = &u
				h.ServeHTTP(w, r)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, httpcache.Config{}, dump, how{around: around})
			// The pages without a cache, of the request that the handler is shown.
			bare := new(site)
			bare.server, bare.client = serve(t, around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				shown := r.WithContext(r.Context())
				shown.Header, shown.RemoteAddr, shown.Close = http.Header{}, "0.0.0.0:0", false
				dump(w, shown)
			})), false)
			kept := 0
			for _, target := range targets {
				for _, host := range hosts {
					lines := []string{"GET " + target + " HTTP/1.1", "Host: " + host}
					want := bare.talk(t, lines...)
					for range 2 {
						if got := s.talk(t, lines...); got != want {
							t.Errorf("%q: got\n%s\nwant\n%s", lines, got, want)
						}
					}
					if s.last().Hit {
						kept++
					}
				}
			}
			if kept < len(targets)*len(hosts)/2 {
				t.Errorf("%d of %d pages were kept, so little is shown", kept, len(targets)*len(hosts))
			}
		})
	}
}

// What only one client has sent is not in the page of another one.
func TestHeadersThatAreNotKeyedDoNotPoison(t *testing.T) {
	t.Parallel()
	poison := []string{
		"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: evil", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Port: 666", "X-Forwarded-Prefix: /evil",
		"X-Forwarded-Server: evil", "Forwarded: host=evil.example", "X-Real-Ip: 6.6.6.6", "True-Client-Ip: 6.6.6.6", "Via: evil", "Origin: https://evil.example",
		"Referer: https://evil.example/", "User-Agent: evil", "Accept: evil/evil", "Accept-Language: evil", "Accept-Encoding: evil", "Cache-Control: max-age=666",
		"Pragma: evil", "Sec-Fetch-Site: evil", "Sec-Ch-Ua: evil", "Cf-Connecting-Ip: 6.6.6.6", "Traceparent: evil", "X-Request-Id: evil", "Priority: evil",
		"If-None-Match: \"evil\"", "If-Modified-Since: evil", "Save-Data: evil", "Te: trailers", "Purpose: evil", "X-B3-Traceid: evil",
		// These are not known, so the request passes.
		"X-Original-Url: /evil", "X-Rewrite-Url: /evil", "X-Http-Method-Override: DELETE", "X-Host: evil.example", "X-Forwarded-Evil: evil", "Evil: evil",
		"X-Requested-With: evil", "Cf-Access-Authenticated-User-Email: evil@example.com", "Api-Key: evil",
	}
	overBoth(t, func(t *testing.T, http2 bool) {
		s := newSite(t, httpcache.Config{}, dump, how{http2: http2})
		kept := 0
		for i, header := range poison {
			path := fmt.Sprint("/", i)
			s.get(t, path, header)
			first := s.last()
			a := s.get(t, path)
			if strings.Contains(a.body, "evil") || strings.Contains(a.body, "6.6.6") {
				t.Errorf("%q poisons: %s", header, a.body)
			}
			if hit := s.last().Hit; hit != (first.Reason == "") {
				t.Errorf("%q: the next one is a hit: %v, after %+v", header, hit, first)
			}
			if s.last().Hit {
				kept++
			}
		}
		if kept < 25 {
			t.Errorf("%d pages were kept, so little is shown", kept)
		}
	})
}

// Who is told apart by what a request has gets no page of anybody else, and nobody gets
// one of theirs.
func TestUsersAreNotMixed(t *testing.T) {
	t.Parallel()
	// The page says who asks, by whatever says it.
	whose := func(r *http.Request) string {
		if user, _, ok := r.BasicAuth(); ok {
			return user
		}
		if c, err := r.Cookie("session"); err == nil {
			return c.Value
		}
		if user := r.Header.Get("X-User"); user != "" {
			return user
		}
		return "nobody"
	}
	page := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "for "+whose(r)) }
	varying := func(names string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", names)
			page(w, r)
		}
	}
	extra := func(r *http.Request) any { return whose(r) }
	for name, x := range map[string]struct {
		cfg  httpcache.Config
		h    http.HandlerFunc
		same bool // all who have cookies alone get the page of nobody
		hits bool // of users
	}{
		"default":               {h: page},
		"by Vary":               {h: varying("Cookie, Authorization, X-User"), hits: true}, // by X-User
		"by Vary, one name":     {h: varying("X-User"), hits: true},
		"keyed":                 {cfg: httpcache.Config{Vary: []string{"Cookie", "authorization", "x-user"}}, h: page, hits: true},
		"in Extra":              {cfg: httpcache.Config{Extra: extra, Credentials: httpcache.CredentialsInExtra, Unkeyed: []string{"X-User"}}, h: page, hits: true},
		"in Extra and Vary":     {cfg: httpcache.Config{Extra: extra, Credentials: httpcache.CredentialsInExtra, Vary: []string{"X-User"}}, h: varying("Cookie"), hits: true},
		"Extra of other things": {cfg: httpcache.Config{Extra: func(*http.Request) any { return 1 }}, h: page},
		"cookies hidden":        {cfg: httpcache.Config{Credentials: httpcache.HideCookies}, h: page, same: true},
		"cookies hidden, Vary":  {cfg: httpcache.Config{Credentials: httpcache.HideCookies}, h: varying("Cookie")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, x.cfg, x.h)
			var hits, nobodys int
			var all sync.WaitGroup
			for worker := range 4 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(uint64(worker), 1))
					for range 100 {
						user := fmt.Sprint("user", random.IntN(3))
						headers := [][]string{
							nil, {"Cookie: session=" + user}, {"Cookie: other=1; session=" + user}, {"Cookie: other=1", "Cookie: session=" + user}, {"X-User: " + user},
						}[random.IntN(5)]
						want := "for nobody"
						if headers != nil && (!x.same || headers[0][0] == 'X') {
							want = "for " + user
						}
						r := s.request(t, http.MethodGet, fmt.Sprint("/", random.IntN(2)), headers...)
						if headers == nil && random.IntN(2) == 0 {
							r.SetBasicAuth(user, "")
							want = "for " + user
						}
						a, err := send(s.client, r)
						if err != nil || a.body != want {
							t.Errorf("%v: %q, %v; want %q", r.Header, a.body, err, want)
						}
						s.mu.Lock()
						if a.Header.Get("Age") != "" {
							if want == "for nobody" {
								nobodys++
							} else {
								hits++
							}
						}
						s.mu.Unlock()
					}
				})
			}
			all.Wait()
			if nobodys == 0 || (hits > 0) != x.hits {
				t.Errorf("%d hits of users, %d of nobody; want some of users: %v", hits, nobodys, x.hits)
			}
		})
	}
}

// A page for a host is not one for another, and a host that is configured is the only one.
func TestHosts(t *testing.T) {
	t.Parallel()
	host := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }
	get := func(s *site, want string, ran bool, name string, headers ...string) {
		t.Helper()
		r := s.request(t, http.MethodGet, "/", headers...)
		r.Host = name
		before := s.runs.Load()
		if a := s.do(t, r); a.body != want || s.runs.Load() > before != ran {
			t.Errorf("%s %q: %q after %d runs, want %q, ran %v", name, headers, a.body, s.runs.Load()-before, want, ran)
		}
	}
	s := newSite(t, httpcache.Config{}, host)
	for _, name := range []string{"good.example", "evil.example", "GOOD.example", "good.example:80"} {
		get(s, name, true, name)
		get(s, name, false, name)
		get(s, name, false, name, "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https")
	}
	if err := httpcache.Invalidate(t.Context(), s.cache, "http://good.example/"); err != nil {
		t.Fatal(err)
	}
	get(s, "good.example", true, "good.example")
	get(s, "GOOD.example", true, "GOOD.example") // it may be named so
	get(s, "good.example:80", true, "good.example:80")
	get(s, "evil.example", false, "evil.example")

	s = newSite(t, httpcache.Config{Origin: "https://Good.example:443"}, host)
	get(s, "good.example", true, "evil.example")
	get(s, "good.example", false, "good.example")
	get(s, "good.example", false, "10.0.0.1:8080", "X-Forwarded-Host: evil.example")
	if err := httpcache.Invalidate(t.Context(), s.cache, "https://good.example/"); err != nil {
		t.Fatal(err)
	}
	get(s, "good.example", true, "evil.example")

	s = newSite(t, httpcache.Config{TrustForwarded: true}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Forwarded-Proto")+"://"+r.Header.Get("X-Forwarded-Host"))
	})
	get(s, "https://a.example", true, "inside", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: https")
	get(s, "https://a.example", false, "inside", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: https")
	get(s, "https://b.example", true, "inside", "X-Forwarded-Host: b.example", "X-Forwarded-Proto: https")
	get(s, "http://a.example", true, "inside", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: http")
	for _, wrong := range []string{"X-Forwarded-Host: a.example, b.example", "X-Forwarded-Proto: gopher", "X-Forwarded-Host: u@a.example"} {
		get(s, s.get(t, "/", wrong).body, true, "inside", wrong)
		if reason := s.last().Reason; !strings.Contains(reason, "X-Forwarded") {
			t.Errorf("%q: the reason is %q", wrong, reason)
		}
	}
	if err := httpcache.Invalidate(t.Context(), s.cache, "https://a.example/"); err != nil {
		t.Fatal(err)
	}
	get(s, "https://a.example", true, "inside", "X-Forwarded-Host: a.example", "X-Forwarded-Proto: https")
	get(s, "https://b.example", false, "inside", "X-Forwarded-Host: b.example", "X-Forwarded-Proto: https")
}

// Handlers that share a cache and an URI have pages of their own, and so have versions.
func TestHandlersAreNotMixed(t *testing.T) {
	t.Parallel()
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	mux := http.NewServeMux()
	var all []http.Handler
	says := func(what string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, what) }
	}
	all = append(all,
		httpcache.New(cache, httpcache.Config{})(http.HandlerFunc(pageOne)),
		httpcache.New(cache, httpcache.Config{})(http.HandlerFunc(pageTwo)),
		httpcache.New(cache, httpcache.Config{})(handlerType("type")),
		httpcache.New(cache, httpcache.Config{Name: "a"})(says("named a")),
		httpcache.New(cache, httpcache.Config{Name: "b"})(says("named b")),
		httpcache.New(cache, httpcache.Config{Name: "b", Version: "2"})(says("version 2")),
		httpcache.New(cache, httpcache.Config{Name: "b", Unkeyed: []string{"Accept"}})(says("is shown more")),
		httpcache.New(cache, httpcache.Config{Name: "b", Vary: []string{"Accept"}})(says("is keyed by more")),
	)
	// A router outside that goes by what is in no key.
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var i int
		_, _ = fmt.Sscan(r.Header.Get("User-Agent"), &i)
		all[i].ServeHTTP(w, r)
	})
	s := new(site)
	s.server, s.client = serve(t, mux, false)
	seen := make(map[string]bool)
	for range 2 {
		for i := range all {
			a := s.get(t, "/", fmt.Sprint("User-Agent: ", i))
			seen[fmt.Sprint(i, a.body)] = true
		}
	}
	if n := cache.Stats().Funcs.Hits; len(seen) != len(all) || n != uint64(len(all)) {
		t.Errorf("%d hits, the pages are %v", n, seen)
	}
}

type handlerType string

func (h handlerType) ServeHTTP(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, string(h)) }
func pageOne(w http.ResponseWriter, _ *http.Request)                   { fmt.Fprint(w, "one") }
func pageTwo(w http.ResponseWriter, _ *http.Request)                   { fmt.Fprint(w, "two") }

// A header cannot end early and begin another one, wherever it comes from.
func TestHeadersAreNotSplit(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		for _, value := range []string{"a\r\nSet-Cookie: evil=1", "a\nSet-Cookie: evil=1", "a\rSet-Cookie: evil=1"} {
			s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["X-Value"] = []string{value}
				fmt.Fprint(w, "body")
			}, how{http2: http2})
			for range 2 {
				a := s.get(t, "/")
				if len(a.Cookies()) > 0 || s.last().Reason != "the response has a header that is not valid" {
					t.Errorf("%q: %v; the event is %+v", value, a.Header, s.last())
				}
			}
		}
		s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X: y\r\nSet-Cookie"] = []string{"evil=1"}
			fmt.Fprint(w, "body")
		}, how{http2: http2})
		s.get(t, "/")
		if s.get(t, "/"); s.last().Reason != "the response has a header that is not valid" {
			t.Errorf("a name that is none is kept: %+v", s.last())
		}
	})
}

// A body that has no end is passed on, and is not kept in memory.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		ended := make(chan error, 1)
		piece := bytes.Repeat([]byte("x"), 10<<10)
		s := newSite(t, httpcache.Config{MaxBytes: 64 << 10}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/endless" {
				for {
					if _, err := w.Write(piece); err != nil {
						ended <- err
						return
					}
				}
			}
			var n int
			_, _ = fmt.Sscan(r.URL.Path[1:], &n)
			_, _ = w.Write(bytes.Repeat([]byte("y"), n))
		}, how{http2: http2})
		resp, err := s.client.Do(s.request(t, http.MethodGet, "/endless"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1<<20)); err != nil { // more than is kept
			t.Error(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err == nil {
			t.Error("the handler wrote to nobody")
		}
		for _, n := range []int{64 << 10, 64<<10 + 1, 1 << 20} {
			for i := range 2 {
				a := s.get(t, fmt.Sprint("/", n))
				if len(a.body) != n || s.last().Hit != (i == 1 && n == 64<<10) {
					t.Errorf("%d bytes: got %d; the event is %+v", n, len(a.body), s.last())
				}
			}
		}
	})
}

// A client that reads slowly keeps nobody waiting: the page is kept when the handler
// has returned.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 500<<10))
	})
	h := s.server.Config.Handler
	reads, writing := make(chan struct{}), make(chan struct{})
	w := &slowWriter{ResponseRecorder: httptest.NewRecorder(), reads: reads, writing: writing}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Host = s.server.Listener.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(w, r)
	}()
	<-writing
	if a := s.get(t, "/"); len(a.body) != 500<<10 || s.runs.Load() != 1 || a.Header.Get("Age") == "" {
		t.Errorf("%d bytes after %d runs; the event is %+v", len(a.body), s.runs.Load(), s.last())
	}
	close(reads)
	<-done
}

// slowWriter waits for its client before it takes anything.
type slowWriter struct {
	*httptest.ResponseRecorder

	reads, writing chan struct{}
	once           sync.Once
}

func (w *slowWriter) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.writing) })
	<-w.reads
	return w.ResponseRecorder.Write(b)
}

// A client certificate is a credential, and handlers are shown it only where Extra stands
// for it.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	certificates := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(r.TLS.PeerCertificates)) }
	for name, x := range map[string]struct {
		cfg  httpcache.Config
		kept bool
	}{
		"default":        {},
		"cookies hidden": {cfg: httpcache.Config{Credentials: httpcache.HideCookies}},
		"in Extra": {kept: true, cfg: httpcache.Config{Credentials: httpcache.CredentialsInExtra, Extra: func(r *http.Request) any {
			return len(r.TLS.PeerCertificates)
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, x.cfg, certificates, how{http2: true})
			server := httptest.NewUnstartedServer(s.server.Config.Handler)
			server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
			server.StartTLS()
			defer server.Close()
			with := server.Client().Transport.(*http.Transport).Clone()
			with.TLSClientConfig.Certificates = server.TLS.Certificates
			defer with.CloseIdleConnections()
			for i := range 2 {
				for _, want := range []string{"0", "1"} {
					s.client = server.Client()
					if want == "1" {
						s.client = &http.Client{Transport: with}
					}
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
					if err != nil {
						t.Fatal(err)
					}
					if a := s.do(t, r); a.body != want {
						t.Errorf("%q, want %q", a.body, want)
					}
					if hit := s.last().Hit; hit != (i == 1 && (x.kept || want == "0")) {
						t.Errorf("%s certificates, try %d: the event is %+v", want, i, s.last())
					}
				}
			}
		})
	}
}

// A request with a body goes to the handler with it.
func TestRequestsAreHeldToTheirBodies(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	})
	for _, body := range []string{"one", "two"} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if a := s.do(t, r); a.body != body+" <nil>" || s.last().Reason != "the request has a body" {
			t.Errorf("%q: %q; the event is %+v", body, a.body, s.last())
		}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
		if a := s.do(t, r); a.body != body+" <nil>" || s.last().Reason != "the request has a body" {
			t.Errorf("%q in chunks: %q; the event is %+v", body, a.body, s.last())
		}
	}
	s.want(t, " <nil>", true, "/")
	s.want(t, " <nil>", false, "/")
}
