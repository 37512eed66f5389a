package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/admin"
	"github.com/cacheops/cacheops/cachetest"
)

// ask sends a request to a handler.
func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// local makes a request as from the machine itself.
func local(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:4711", "localhost:6060"
	r.Header.Set("Content-Type", "application/json")
	return r
}

func TestStats(t *testing.T) {
	t.Parallel()
	cache, _ := cachetest.New(t, cacheops.Config{})
	w := ask(admin.Handler(cache, admin.Config{}), local(http.MethodGet, "/stats", ""))
	var s cacheops.Stats
	if err := json.Unmarshal(w.Body.Bytes(), &s); w.Code != http.StatusOK || err != nil {
		t.Errorf("%d %s: %v", w.Code, w.Body, err)
	}
}

// Without a token nobody but the machine itself is answered.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	cache, _ := cachetest.New(t, cacheops.Config{})
	open, closed := admin.Handler(cache, admin.Config{}), admin.Handler(cache, admin.Config{Token: "secret"})
	for _, tt := range []struct {
		remote, host, token string
		open, closed        bool
	}{
		{"127.0.0.1:1", "localhost:6060", "", true, false},
		{"[::1]:1", "[::1]:6060", "", true, false},
		{"127.0.0.1:1", "127.0.0.1", "", true, false},
		{"127.0.0.1:1", "rebound.example:6060", "", false, false},
		{"10.0.0.7:1", "localhost:6060", "", false, false},
		{"10.0.0.7:1", "app.example", "secret", false, true},
		{"127.0.0.1:1", "localhost:6060", "secret", true, true},
		{"127.0.0.1:1", "localhost:6060", "Secret", true, false},
		{"", "", "", false, false},
	} {
		for i, want := range []bool{tt.open, tt.closed} {
			h := []http.Handler{open, closed}[i]
			r := local(http.MethodGet, "/stats", "")
			r.RemoteAddr, r.Host = tt.remote, tt.host
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			if w := ask(h, r); (w.Code == http.StatusOK) != want || !want && w.Code != http.StatusForbidden {
				t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
			}
		}
	}
}

// A body that is not exactly a request is refused, with the reason.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	cache, recorder := cachetest.New(t, cacheops.Config{})
	h := admin.Handler(cache, admin.Config{})
	for body, want := range map[string]string{
		``:                          "read the request",
		`{`:                         "read the request",
		`[]`:                        "read the request",
		`{"database":"main"}{}`:     "behind it",
		`{"database":"main","x":1}`: "unknown field",
		`{"all":true}`:              "name the database",
		`{"database":"main"}`:       "name targets",
		`{"database":"main","all":true,"targets":["a"]}`:    "name targets",
		`{"database":"main","targets":[""]}`:                "is empty",
		`{"database":"main","targets":["a"]}`:               "no handle",
		`{"database":"main","all":true}`:                    "no handle",
		`{"database":"` + strings.Repeat("x", 2<<20) + `"}`: "too large",
	} {
		w := ask(h, local(http.MethodPost, "/invalidate", body))
		var a admin.InvalidateResponse
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusBadRequest || !strings.Contains(a.Error, want) {
			t.Errorf("%.60s: %d %s, want %q", body, w.Code, w.Body, want)
		}
	}
	form := local(http.MethodPost, "/invalidate", `{"database":"main","all":true}`)
	form.Header.Set("Content-Type", "text/plain")
	if w := ask(h, form); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site: %d %s", w.Code, w.Body)
	}
	for _, r := range []*http.Request{local(http.MethodGet, "/invalidate", ""), local(http.MethodPost, "/stats", ""), local(http.MethodGet, "/", "")} {
		if w := ask(h, r); w.Code == http.StatusOK {
			t.Errorf("%s %s: %d", r.Method, r.URL, w.Code)
		}
	}
	if n := len(recorder.Invalidations()); n != 0 {
		t.Errorf("%d invalidations were made", n)
	}
}
