package httpcache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
	"github.com/cacheops/cacheops/store/memory"
)

// brokenReader fails after what it holds.
type brokenReader struct{ held io.Reader }

func (r brokenReader) Read(b []byte) (int, error) {
	n, err := r.held.Read(b)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is gone")
	}
	return n, err
}

// What handlers do wrong, or in an unusual way, is answered as without a cache, and not
// kept.
func TestResponsesThatAreNotMeant(t *testing.T) {
	t.Parallel()
	raw := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()[name] = []string{value}
			fmt.Fprint(w, "body")
		}
	}
	headers := func(lines ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, line := range lines {
				name, value, _ := strings.Cut(line, ": ")
				w.Header().Add(name, value)
			}
			fmt.Fprint(w, "body")
		}
	}
	const (
		canonical = "the response has a header whose name is not in canonical form: use Set and Add of http.Header"
		control   = "the response forbids it by Cache-Control, Expires or Pragma"
		second    = "the response was given a second status"
		cut       = "the response ended early: what its body was read from failed"
	)
	hour := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	for name, x := range map[string]struct {
		reason string
		h      http.HandlerFunc
	}{
		"a cookie in lower case":       {canonical, raw("set-cookie", "session=1")},
		"a cookie in upper case":       {canonical, raw("SET-COOKIE", "session=1")},
		"private in lower case":        {canonical, raw("cache-control", "private")},
		"Vary in lower case":           {canonical, raw("vary", "*")},
		"private before a semicolon":   {control, headers("Cache-Control: private; max-age=60")},
		"no-store before a word":       {control, headers("Cache-Control: no-store please")},
		"max-age=0 and another":        {control, headers("Cache-Control: max-age=0", "Cache-Control: max-age=60")},
		"as old as it may be":          {control, headers("Cache-Control: max-age=60", "Age: 60")},
		"as old as it may be, by Date": {control, headers("Cache-Control: max-age=3600", "Date: "+hour)},
		"more headers than can be read": {"the response has too many headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 5000 {
				w.Header().Add("X-Many", fmt.Sprint(i))
			}
			fmt.Fprint(w, "body")
		}},
		"an error after half of it": {second, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "half")
			http.Error(w, "broken", http.StatusInternalServerError)
		}},
		"a copy that ends early": {cut, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, brokenReader{strings.NewReader("half")})
		}},
		"an error before a copy": {cut, func(w http.ResponseWriter, _ *http.Request) {
			if _, err := io.Copy(w, brokenReader{strings.NewReader("")}); err != nil {
				http.Error(w, "broken", http.StatusInternalServerError)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, http2 bool) {
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
			})
		})
	}
}

// A response from another server is as old as that server says.
func TestPagesOfOtherServersAge(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"Age: 50", "Date: " + time.Now().Add(-50*time.Second).UTC().Format(http.TimeFormat)} {
		inner, err := memory.New(memory.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := inner.Close(); err != nil {
				t.Error(err)
			}
		})
		kept := &lives{Store: inner}
		s := newSite(t, httpcache.Config{TTL: time.Hour}, func(w http.ResponseWriter, _ *http.Request) {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
			w.Header().Set("Cache-Control", "max-age=60")
			fmt.Fprint(w, "body")
		}, how{cache: cacheops.Config{Store: kept}})
		s.want(t, "body", true, "/")
		if a := s.want(t, "body", false, "/"); a.Header.Get("Age") < "50" {
			t.Errorf("%q: the age is %q", line, a.Header.Get("Age"))
		}
		kept.mu.Lock()
		if kept.ttl <= 0 || kept.ttl > 10*time.Second {
			t.Errorf("%q: kept for %v, want at most 10s", line, kept.ttl)
		}
		kept.mu.Unlock()
	}
}

// Middleware outside that reads a header for the handler says so by Vary, and then the
// page is told apart by it.
func TestVaryOfMiddlewareOutside(t *testing.T) {
	t.Parallel()
	type key struct{}
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "in ", r.Context().Value(key{}))
	}, how{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept-Language")
			w.Header().Add("Vary", "Accept-Encoding, Origin")
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, r.Header.Get("Accept-Language"))))
		})
	}})
	for range 3 {
		for _, language := range []string{"de", "fr"} {
			if a := s.get(t, "/", "Accept-Language: "+language); a.body != "in "+language {
				t.Errorf("%s: %q", language, a.body)
			}
		}
	}
	s.want(t, "in de", false, "/", "Accept-Language: de")
	// What it does itself to each response tells no pages apart.
	s.want(t, "in fr", false, "/", "Accept-Language: fr", "Accept-Encoding: gzip", "Origin: https://other.example")
}

// What middleware outside has parsed is not shown, and may hold anything.
func TestFormsOfMiddlewareOutside(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "for ", r.FormValue("user"))
	}, how{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.FormValue("user")
			r.Form.Set("user", r.Header.Get("User-Agent"))
			next.ServeHTTP(w, r)
		})
	}})
	s.want(t, "for q", true, "/?user=q", "User-Agent: evil")
	s.want(t, "for q", false, "/?user=q")
}

// What tells users apart cannot be shown without a part in keys.
func TestCredentialsAreNotUnkeyed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Cookie", "authorization", "Proxy-Authorization"} {
		cfg := httpcache.Config{Unkeyed: []string{name}}
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "tells users apart") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A stream whose handler was not shown what it varies by is ended, and begun again.
func TestStreamsBeginAgain(t *testing.T) {
	t.Parallel()
	events := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/event-stream") }
	for name, begin := range map[string]func(w http.ResponseWriter) error{
		"events":  func(w http.ResponseWriter) error { events(w); w.WriteHeader(http.StatusOK); return nil },
		"flushed": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"large": func(w http.ResponseWriter) error {
			_, err := w.Write(make([]byte, 2000))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, http2 bool) {
				s := newSite(t, httpcache.Config{MaxBytes: 1000}, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Vary", "Accept-Language")
					if err := begin(w); err != nil && r.Header.Get("Accept-Language") != "" {
						t.Error(err)
					}
					if r.Header.Get("Accept-Language") == "" {
						<-r.Context().Done() // an event that does not come
						return
					}
					fmt.Fprint(w, "in ", r.Header.Get("Accept-Language"))
				}, how{http2: http2})
				if a := s.get(t, "/", "Accept-Language: de"); !strings.HasSuffix(a.body, "in de") || s.runs.Load() != 2 {
					t.Errorf("%q after %d runs", a.body, s.runs.Load())
				}
			})
		})
	}
}

// Who takes the connection or the server's own writer must not be answered twice.
func TestTakenOverBeforeItBeginsAgain(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(w http.ResponseWriter, body string){
		"hijacked": func(w http.ResponseWriter, body string) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", body)
			if err := rw.Flush(); err != nil {
				t.Error(err)
			}
		},
		"unwrapped": func(w http.ResponseWriter, body string) { fmt.Fprint(unwrapped(w), body) },
	} {
		s := newSite(t, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Accept-Language")
			if r.Header.Get("Accept-Language") == "" || name == "unwrapped" {
				w.WriteHeader(http.StatusOK)
			}
			take(w, "in "+r.Header.Get("Accept-Language"))
		})
		if a := s.get(t, "/", "Accept-Language: de"); a.body != "in de" || s.runs.Load() != 2 {
			t.Errorf("%s: %q after %d runs", name, a.body, s.runs.Load())
		}
	}
}
