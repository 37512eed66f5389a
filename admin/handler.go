package admin

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

// Config says who may use a handler. It is copied.
type Config struct {
	// Token is the secret that requests must bring, as in "Authorization: Bearer
	// TOKEN". Without one only requests from the machine itself are answered:
	// from a loopback address, and to a loopback address or "localhost" as the
	// host, so that no page in a browser reaches the handler by a name of its own.
	// Behind a proxy on the same machine every request seems to come from there:
	// use a token.
	Token string
}

// InvalidateRequest is the body of POST /invalidate.
type InvalidateRequest struct {
	// Database is the name that the handle was given in sqlcache.Config.
	Database string `json:"database"`
	// Targets are what to invalidate, as Database.Target reads it: "posts",
	// "posts.34", "blog.*". All is everything of the database, in their place.
	Targets []string `json:"targets,omitempty"`
	All     bool     `json:"all,omitempty"`
}

// InvalidateResponse is the answer: either what was invalidated, or what is wrong,
// and then nothing was.
type InvalidateResponse struct {
	Database string   `json:"database,omitempty"`
	Targets  []string `json:"targets,omitempty"`
	All      bool     `json:"all,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// Handler returns the handler of a cache. It answers
//
//	GET  /stats        Cache.Stats as JSON
//	POST /invalidate   an InvalidateRequest, with an InvalidateResponse
//
// Mount it under a path of its own, with http.StripPrefix. It may be used by many
// goroutines, and holds nothing to close.
func Handler(cache *cacheops.Cache, cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, cache.Stats())
	})
	mux.HandleFunc("POST /invalidate", func(w http.ResponseWriter, r *http.Request) {
		done, status, err := invalidate(cache, r)
		if err != nil {
			answer(w, status, InvalidateResponse{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, done)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := cfg.admits(r); err != nil {
			answer(w, http.StatusForbidden, InvalidateResponse{Error: err.Error()})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// admits returns why a request is refused.
func (c Config) admits(r *http.Request) error {
	if c.Token != "" {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(c.Token)) != 1 {
			return errors.New("cacheops: the token is missing or wrong: send it as \"Authorization: Bearer TOKEN\"")
		}
		return nil
	}
	if !loopback(r.RemoteAddr) || !loopback(r.Host) {
		return errors.New("cacheops: only the machine itself is answered: set admin.Config.Token to let others in")
	}
	return nil
}

// loopback reports whether an address, with a port or without, is the machine
// itself.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// invalidate does what a request asks for, or returns an error with its status.
func invalidate(cache *cacheops.Cache, r *http.Request) (done InvalidateResponse, status int, err error) {
	// A page of another site can send a form to us, but not JSON.
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return done, http.StatusUnsupportedMediaType, errors.New("cacheops: the body must be JSON: send Content-Type: application/json")
	}
	var q InvalidateRequest
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil {
		return done, http.StatusBadRequest, fmt.Errorf("cacheops: read the request: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return done, http.StatusBadRequest, errors.New("cacheops: read the request: there is something behind it")
	}
	switch {
	case q.Database == "":
		return done, http.StatusBadRequest, errors.New("cacheops: name the database")
	case q.All == (len(q.Targets) > 0):
		return done, http.StatusBadRequest, errors.New("cacheops: name targets, or say all")
	}
	db := cache.Database(q.Database)
	targets := make([]cacheops.Target, 0, len(q.Targets)+1)
	if q.All {
		// Of a database that nobody opened there is nothing, so the name is wrong.
		if _, err := db.Target(r.Context(), "*"); err != nil {
			return done, http.StatusBadRequest, err
		}
		targets = append(targets, cacheops.All())
	}
	for _, text := range q.Targets {
		t, err := db.Target(r.Context(), text)
		if err != nil {
			return done, http.StatusBadRequest, err
		}
		targets = append(targets, t)
	}
	if err := db.Invalidate(r.Context(), targets...); err != nil {
		if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed) {
			return done, http.StatusServiceUnavailable, err
		}
		return done, http.StatusBadRequest, err
	}
	return InvalidateResponse{Database: q.Database, Targets: q.Targets, All: q.All}, http.StatusOK, nil
}

// answer sends a value as JSON. Whoever asked and went away needs none.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cacheops: write the answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
