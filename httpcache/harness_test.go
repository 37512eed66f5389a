package httpcache_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server with a cached handler.
type site struct {
	cache  *cacheops.Cache
	server *httptest.Server
	client *http.Client
	runs   atomic.Int64

	mu    sync.Mutex // guards event
	event cacheops.ReadEvent
}

// how says how a site is served.
type how struct {
	cache cacheops.Config
	http2 bool
	// around is put around the cached handler.
	around func(http.Handler) http.Handler
}

// newSite starts a server for a handler that is cached.
func newSite(t testing.TB, cfg httpcache.Config, h http.HandlerFunc, hows ...how) *site {
	t.Helper()
	var o how
	if len(hows) > 0 {
		o = hows[0]
	}
	s := new(site)
	o.cache.Hooks.OnRead = func(_ context.Context, e cacheops.ReadEvent) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.event = e
	}
	cache, err := cacheops.New(o.cache)
	if err != nil {
		t.Fatal(err)
	}
	s.cache = cache
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	cached := httpcache.New(cache, cfg)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.runs.Add(1)
		h(w, r)
	}))
	if o.around != nil {
		cached = o.around(cached)
	}
	s.server, s.client = serve(t, cached, o.http2)
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serve starts a server, closed before what the test made earlier.
func serve(t testing.TB, h http.Handler, http2 bool) (*httptest.Server, *http.Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if http2 {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if tr, ok := client.Transport.(*http.Transport); ok {
		tr.DisableCompression = true
	}
	return server, client
}

// last is the event of the last read.
func (s *site) last() cacheops.ReadEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.event
}

// answer is a response with its body.
type answer struct {
	*http.Response

	body string
}

// request makes a request to the site. Headers are "Name: value".
func (s *site) request(t testing.TB, method, path string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// do sends a request.
func (s *site) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	a, err := send(s.client, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func send(client *http.Client, r *http.Request) (a answer, err error) {
	resp, err := client.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{Response: resp, body: string(b)}, err
}

// get reads a page.
func (s *site) get(t testing.TB, path string, headers ...string) answer {
	t.Helper()
	return s.do(t, s.request(t, http.MethodGet, path, headers...))
}

// want reads a page, and wants a body of it, and the handler to run or not.
func (s *site) want(t testing.TB, body string, ran bool, path string, headers ...string) answer {
	t.Helper()
	before := s.runs.Load()
	a := s.get(t, path, headers...)
	if a.body != body {
		t.Errorf("GET %s %q: the body is %q, want %q; the event is %+v", path, headers, a.body, body, s.last())
	}
	if got := s.runs.Load() > before; got != ran {
		t.Errorf("GET %s %q: the handler ran: %v, want %v; the event is %+v", path, headers, got, ran, s.last())
	}
	return a
}

// counting is a handler whose every response is another one.
func counting() http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "page %d", n.Add(1)) }
}

// overBoth runs a test over HTTP/1 and HTTP/2.
func overBoth(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Helper()
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, http2)
		})
	}
}
