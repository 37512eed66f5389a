package httpcache_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
	"github.com/cacheops/cacheops/store"
)

// What a response says keeps it out, and the client gets what it would without a cache.
func TestResponsesThatAreNotKept(t *testing.T) {
	t.Parallel()
	header := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			fmt.Fprint(w, "body")
		}
	}
	status := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, "body")
		}
	}
	const control = "the response forbids it by Cache-Control, Expires or Pragma"
	for name, x := range map[string]struct {
		reason string
		h      http.HandlerFunc
		told   httpcache.Config // what keeps it all the same; zero: nothing
	}{
		"a cookie":          {"the response sets a cookie", header("Set-Cookie", "session=1"), httpcache.Config{DropSetCookie: true}},
		"private":           {control, header("Cache-Control", "private"), httpcache.Config{IgnoreCacheControl: true}},
		"private of fields": {control, header("Cache-Control", `max-age=60, Private="X-Y"`), httpcache.Config{IgnoreCacheControl: true}},
		"no-store":          {control, header("Cache-Control", "max-age=60,no-store"), httpcache.Config{IgnoreCacheControl: true}},
		"no-cache":          {control, header("Cache-Control", " NO-CACHE "), httpcache.Config{IgnoreCacheControl: true}},
		"max-age=0":         {control, header("Cache-Control", "max-age=0"), httpcache.Config{IgnoreCacheControl: true}},
		"max-age=-1":        {control, header("Cache-Control", "max-age=-1"), httpcache.Config{IgnoreCacheControl: true}},
		"s-maxage=0":        {control, header("Cache-Control", "max-age=60, s-maxage=0"), httpcache.Config{IgnoreCacheControl: true}},
		"Expires: 0":        {control, header("Expires", "0"), httpcache.Config{IgnoreCacheControl: true}},
		"Expires":           {control, header("Expires", "Mon, 02 Jan 2006 15:04:05 GMT"), httpcache.Config{IgnoreCacheControl: true}},
		"Pragma":            {control, header("Pragma", "no-cache"), httpcache.Config{IgnoreCacheControl: true}},
		"Vary: *":           {"the response varies by everything, or by more than can be told apart", header("Vary", "Accept, *"), httpcache.Config{}},
		"Vary of much": {
			"the response varies by everything, or by more than can be told apart",
			header("Vary", "a,b,c,d,e,f,g,h,i"), httpcache.Config{Vary: []string{"A", "b"}},
		},
		"an error":          {"the response has a status that is not kept", status(500), httpcache.Config{Statuses: []int{500}}},
		"a redirect":        {"the response has a status that is not kept", status(302), httpcache.Config{Statuses: []int{200, 302}}},
		"a part":            {"the response has a status that is not kept", status(206), httpcache.Config{}},
		"no modification":   {"the response has a status that is not kept", status(304), httpcache.Config{}},
		"no such status":    {"the response has a status that is not kept", status(799), httpcache.Config{}},
		"nothing":           {"there was no response", func(http.ResponseWriter, *http.Request) {}, httpcache.Config{}},
		"events":            {"the response is a stream of events", header("Content-Type", "Text/Event-Stream; charset=utf-8"), httpcache.Config{}},
		"a nonce":           {"the response has a nonce in its Content-Security-Policy", header("Content-Security-Policy", "script-src 'nonce-abc'"), httpcache.Config{}},
		"another length":    {"the response has another length than its Content-Length", header("Content-Length", "04"), httpcache.Config{}},
		"trailers":          {"the response has trailers", trailers, httpcache.Config{}},
		"trailers, unasked": {"the response has trailers", trailersUnasked, httpcache.Config{}},
		"a flush": {"the response is flushed before its end", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "bo")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "dy")
		}, httpcache.Config{}},
		"an early flush": {"the response is flushed before its end", func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "body")
		}, httpcache.Config{}},
		"an informational one": {"the response comes after an informational one", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "body")
		}, httpcache.Config{}},
		"unwrapped": {"the response is written past this package", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Order", "right")
			fmt.Fprint(w, "bo")
			fmt.Fprint(unwrapped(w), "dy")
		}, httpcache.Config{}},
		"unwrapped early": {"the response is written past this package", func(w http.ResponseWriter, _ *http.Request) {
			unwrapped(w).WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "body")
		}, httpcache.Config{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, http2 bool) {
				if name == "no modification" || name == "no such status" {
					http2 = false // the client reads it otherwise
				}
				bare := new(site)
				bare.server, bare.client = serve(t, x.h, http2)
				want := bare.get(t, "/")
				s := newSite(t, httpcache.Config{}, x.h, how{http2: http2})
				for range 2 {
					runs := s.runs.Load()
					got := s.get(t, "/")
					if s.runs.Load() != runs+1 || s.last().Reason != x.reason {
						t.Errorf("the handler ran %d times; the event is %+v, want %q", s.runs.Load()-runs, s.last(), x.reason)
					}
					same(t, got, want)
				}
				if x.told.Statuses == nil && !x.told.DropSetCookie && !x.told.IgnoreCacheControl && x.told.Vary == nil {
					return
				}
				s = newSite(t, x.told, x.h, how{http2: http2})
				if x.told.Vary != nil {
					s.get(t, "/") // learns
				}
				same(t, s.get(t, "/"), want)
				got := s.get(t, "/")
				if !s.last().Hit || len(got.Cookies()) > 0 {
					t.Errorf("told to be kept: the event is %+v, the headers are %v", s.last(), got.Header)
				}
				want.Header.Del("Set-Cookie")
				same(t, got, want)
			})
		})
	}
}

// same wants two answers to be the same to a client.
func same(t *testing.T, got, want answer) {
	t.Helper()
	for _, name := range []string{"Date", "Age", "Etag", "Content-Length"} {
		got.Header.Del(name)
		want.Header.Del(name)
	}
	if got.StatusCode != want.StatusCode || got.body != want.body || fmt.Sprint(got.Header, got.Trailer) != fmt.Sprint(want.Header, want.Trailer) {
		t.Errorf("got %d %v %v %q, want %d %v %v %q", got.StatusCode, got.Header, got.Trailer, got.body, want.StatusCode, want.Header, want.Trailer, want.body)
	}
}

// unwrapped is the server's own writer.
func unwrapped(w http.ResponseWriter) http.ResponseWriter {
	if inner, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		return inner.Unwrap()
	}
	return w
}

func trailers(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Trailer", "X-Sum")
	fmt.Fprint(w, "body")
	w.Header().Set("X-Sum", "4")
}

func trailersUnasked(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, strings.Repeat("long ", 2000)) // a short one has its length, and no trailers
	w.Header().Set(http.TrailerPrefix+"X-Sum", "4")
}

// What a request asks for sends it to the handler, as it came.
func TestRequestsThatPass(t *testing.T) {
	t.Parallel()
	for header, reason := range map[string]string{
		"Cookie: a=b":                  "the request has cookies",
		"Authorization: Basic Zm9v":    "the request has credentials",
		"Proxy-Authorization: Basic x": "the request has credentials",
		"Range: bytes=0-1":             "the request asks for a range or under a condition",
		"If-Range: \"x\"":              "the request asks for a range or under a condition",
		"If-Match: \"x\"":              "the request asks for a range or under a condition",
		"If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT": "the request asks for a range or under a condition",
		"Upgrade: websocket":      "the request asks for an upgrade",
		"Cache-Control: No-Store": "the request says no-store",
		"X-Requested-With: x":     "the request has the header X-Requested-With: name it in httpcache.Config.Vary or Unkeyed",
	} {
		s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
			name, _, _ := strings.Cut(header, ": ")
			w.Header().Set("X-Saw", r.Header.Get(name))
			http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("content"))
		})
		if got := s.get(t, "/").body; got != "content" {
			t.Errorf("the page is %q", got)
		}
		runs := s.runs.Load()
		a := s.get(t, "/", header)
		_, value, _ := strings.Cut(header, ": ")
		if s.runs.Load() != runs+1 || a.Header.Get("X-Saw") != value || s.last().Reason != reason {
			t.Errorf("%q: %d runs, the handler saw %q, the event is %+v", header, s.runs.Load()-runs, a.Header.Get("X-Saw"), s.last())
		}
		if strings.HasPrefix(header, "Range") && (a.StatusCode != http.StatusPartialContent || a.body != "co") {
			t.Errorf("%q: %d %q", header, a.StatusCode, a.body)
		}
		s.want(t, "content", false, "/")
	}
}

// What is not kept is answered under the client's conditions all the same, as the handler
// would that was not shown them.
func TestConditionsOfWhatIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{MaxBytes: 3}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"own"`)
		http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("content"))
	})
	for header, want := range map[string]string{
		`If-None-Match: "own"`:   "304 ",
		`If-None-Match: "other"`: "200 content",
		"If-Modified-Since: " + time.Unix(1e9, 0).UTC().Format(http.TimeFormat): "304 ",
	} {
		if a := s.get(t, "/", header); fmt.Sprint(a.StatusCode, " ", a.body) != want || s.last().Hit {
			t.Errorf("%q: %d %q, want %q", header, a.StatusCode, a.body, want)
		}
	}
}

// A response that is written bit by bit reaches its client bit by bit, and who asks for
// the same does not wait for its end.
func TestStreams(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		next := []chan struct{}{make(chan struct{}), make(chan struct{})}
		s := newSite(t, httpcache.Config{Lock: true}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 2 {
				fmt.Fprintf(w, "data: %d\n", i)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				select {
				case <-next[i]:
				case <-r.Context().Done():
					return
				}
			}
		}, how{http2: http2, cache: cacheops.Config{LockTTL: time.Hour}})
		var bodies []*bufio.Reader
		for range 3 { // each while the others go on
			resp, err := s.client.Do(s.request(t, http.MethodGet, "/"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			bodies = append(bodies, bufio.NewReader(resp.Body))
		}
		for i := range 2 {
			for _, b := range bodies {
				if line, err := b.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
					t.Fatalf("%q, %v", line, err)
				}
			}
			close(next[i])
		}
	})
}

func TestHijack(t *testing.T) {
	t.Parallel()
	returned := make(chan struct{})
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmine")
		if err := rw.Flush(); err != nil {
			t.Error(err)
		}
	}, how{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			returned <- struct{}{}
		})
	}})
	for range 2 {
		s.want(t, "mine", true, "/")
		<-returned // the client may be earlier
		if got := s.last().Reason; got != "the connection is taken over" {
			t.Errorf("the reason is %q", got)
		}
	}
}

// Informational responses reach the client before the handler goes on.
func TestEarlyHints(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		hinted := make(chan struct{})
		s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			<-hinted
			fmt.Fprint(w, "body")
		}, how{http2: http2})
		r := s.request(t, http.MethodGet, "/")
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints && h.Get("Link") != "" {
				close(hinted)
			}
			return nil
		}}))
		if a := s.do(t, r); a.body != "body" {
			t.Errorf("%q", a.body)
		}
	})
}

// What a ResponseController sets keeps nothing out of the cache.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}), c.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, "body")
	})
	s.want(t, "body", true, "/")
	s.want(t, "body", false, "/")
}

// A panic keeps nothing, reaches the server, and does not hold up the next one.
func TestPanics(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	for _, what := range []error{own, http.ErrAbortHandler} {
		var panics atomic.Bool
		got := make(chan any, 10)
		s := newSite(t, httpcache.Config{Lock: true}, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "half")
			if panics.Load() {
				panic(what)
			}
		}, how{cache: cacheops.Config{LockTTL: time.Hour}, around: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if r := recover(); r != nil {
						got <- r
						panic(http.ErrAbortHandler)
					}
				}()
				next.ServeHTTP(w, r)
			})
		}})
		panics.Store(true)
		for range 2 {
			runs := s.runs.Load()
			if a, err := send(s.client, s.request(t, http.MethodGet, "/")); err == nil {
				t.Errorf("the client got %d %q", a.StatusCode, a.body)
			}
			if r := <-got; r != what { //nolint:errorlint // the very one
				t.Errorf("the server got %v, want %v", r, what)
			}
			for len(got) > 0 { // the client may have tried again
				<-got
			}
			if s.runs.Load() == runs {
				t.Error("the handler did not run")
			}
		}
		panics.Store(false)
		s.want(t, "half", true, "/")
		s.want(t, "half", false, "/")
	}
}

// Requests that miss a page at once wait for one of them.
func TestRequestsWait(t *testing.T) {
	t.Parallel()
	go1, begun := make(chan struct{}), make(chan struct{}, 100)
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-go1
		fmt.Fprint(w, "page")
	})
	var all sync.WaitGroup
	get := func() {
		if a, err := send(s.client, s.request(t, http.MethodGet, "/")); err != nil || a.body != "page" {
			t.Errorf("%q, %v", a.body, err)
		}
	}
	all.Go(get)
	<-begun
	for range 10 {
		all.Go(get)
	}
	close(go1)
	all.Wait()
	if n, st := s.runs.Load(), s.cache.Stats().Funcs; n != 1 || st.Misses != 1 || st.Hits+st.Shared != 10 {
		t.Errorf("%d runs, %+v", n, st)
	}
}

// A client that goes away ends its own request: the next one makes the page.
func TestClientsThatGoAway(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, http2 bool) {
		begun := make(chan struct{})
		var first sync.Once
		// A place that takes whatever it is given.
		k := &keeper{by: make(map[store.Key][]byte)}
		s := newSite(t, httpcache.Config{KeepIn: k}, func(w http.ResponseWriter, r *http.Request) {
			first.Do(func() {
				close(begun)
				<-r.Context().Done()
			})
			fmt.Fprint(w, "page") // which is a whole one, as far as anybody knows
		}, how{http2: http2, cache: cacheops.Config{LockTTL: time.Hour}})
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		left := make(chan error)
		go func() {
			_, err := send(s.client, s.request(t, http.MethodGet, "/").WithContext(ctx))
			left <- err
		}()
		<-begun
		got := make(chan answer)
		go func() {
			a, err := send(s.client, s.request(t, http.MethodGet, "/"))
			if err != nil {
				t.Error(err)
			}
			got <- a
		}()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if a := <-got; a.body != "page" || s.runs.Load() != 2 {
			t.Errorf("%q after %d runs", a.body, s.runs.Load())
		}
		s.want(t, "page", false, "/")
	})
}

// What a page says it varies by is learned, and the handler is shown it.
func TestVaryIsLearned(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "accept-language,")
		w.Header().Add("Vary", " Accept-Encoding")
		fmt.Fprintf(w, "%s %s %s", r.URL.Path, r.Header["Accept-Language"], r.Header["Accept-Encoding"])
	})
	runs := func(n int64, body, path string, headers ...string) {
		t.Helper()
		before := s.runs.Load()
		if a := s.get(t, path, headers...); a.body != body || s.runs.Load()-before != n {
			t.Errorf("%s %q: %q after %d runs, want %q after %d", path, headers, a.body, s.runs.Load()-before, body, n)
		}
	}
	const english, german, gzip = "Accept-Language: en", "Accept-Language: de", "Accept-Encoding: gzip"
	runs(2, "/ [de] [gzip]", "/", german, gzip) // the first time without them
	runs(0, "/ [de] [gzip]", "/", german, gzip, "User-Agent: other")
	runs(1, "/ [en] [gzip]", "/", english, gzip)
	runs(1, "/ [de en] [gzip]", "/", german, english, gzip)
	runs(1, "/ [de,en] [gzip]", "/", german+",en", gzip)
	runs(1, "/ [] []", "/")
	runs(0, "/ [de] [gzip]", "/", german, gzip)
	runs(0, "/ [] []", "/")
	runs(1, "/other [] []", "/other") // it learns, and did not miss anything
	runs(1, "/other [] []", "/other")
	runs(0, "/other [] []", "/other")
	runs(1, "/other [en] []", "/other", english)
	runs(0, "/other [en] []", "/other", english)
}

// Many at once learn what a page varies by.
func TestVaryIsLearnedByMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		fmt.Fprint(w, r.Header.Get("Accept-Language"))
	})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			want := fmt.Sprint("lang", i%4)
			for range 5 {
				a, err := send(s.client, s.request(t, http.MethodGet, "/", "Accept-Language: "+want))
				if err != nil || a.body != want {
					t.Errorf("%q, %v; want %q", a.body, err, want)
				}
			}
		})
	}
	all.Wait()
	if st := s.cache.Stats().Funcs; st.Hits+st.Shared < 100 {
		t.Errorf("%+v", st)
	}
}

// A header that is not known comes to be keyed where a page says that it varies by it.
func TestVaryByWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Hx-Request")
		fmt.Fprint(w, "part "+r.Header.Get("Hx-Request"))
	})
	s.want(t, "part true", true, "/", "Hx-Request: true") // passes
	s.want(t, "part ", true, "/")                         // learns
	for i := range 2 {
		s.want(t, "part true", i == 0, "/", "Hx-Request: true")
		s.want(t, "part ", i == 0, "/")
	}
}
