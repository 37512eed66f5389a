package main

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// footer tells at the foot of each page what the cache did for it.
//
// It must not be kept with the page, for it is another one each time. So it is written
// by a handler that stands around those of the cache, after what they have sent: the
// pages leave body and html open, as HTML allows, and end with it. That takes no script,
// and works for a page that was kept as for one that was made. A script that asks for
// the numbers would have them of another request than that of the page.
type footer struct {
	template *template.Template

	// Since the program began.
	pages, fragments, queries tally

	mu   sync.Mutex // guards what follows
	edit []string   // what the last edit dropped; nil: there was none
}

// tally counts what was answered by the cache and what was not.
type tally struct{ hits, misses atomic.Int64 }

// Hits and Misses are for the template.
func (t *tally) Hits() int64 { return t.hits.Load() }

// Misses are what had to be made.
func (t *tally) Misses() int64 { return t.misses.Load() }

func (t *tally) add(e cacheops.ReadEvent) {
	switch {
	case e.Hit || e.Shared:
		t.hits.Add(1)
	case e.Reason == "" && e.Err == nil:
		t.misses.Add(1)
	}
}

// visit is what the cache does for one request. It is found by the request's context.
type visit struct {
	page               atomic.Pointer[cacheops.ReadEvent] // nil: the page is not one that is kept
	fragments, queries tally
	isEdit             bool
}

type visitKey struct{}

func newFooter() (*footer, error) {
	t, err := template.ParseFS(files, "templates/footer.html")
	return &footer{template: t}, err
}

// hooks are the hooks that the footer listens to. They are called with the context of
// the call that they tell of, or with one that comes of it.
func (f *footer) hooks() cacheops.Hooks {
	return cacheops.Hooks{OnRead: f.onRead, OnInvalidate: f.onInvalidate}
}

func (f *footer) onRead(ctx context.Context, e cacheops.ReadEvent) {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v == nil {
		return // of the program's start
	}
	switch e.Func {
	case "":
		f.queries.add(e)
		v.queries.add(e)
	case httpcache.Name:
		f.pages.add(e)
		v.page.Store(&e)
	default:
		f.fragments.add(e)
		v.fragments.add(e)
	}
}

// onInvalidate remembers what an edit dropped. What becomes of carts is not told to
// everybody.
func (f *footer) onInvalidate(ctx context.Context, e cacheops.InvalidateEvent) {
	if v, _ := ctx.Value(visitKey{}).(*visit); v == nil || !v.isEdit {
		return
	}
	dropped := []string{}
	for i := range e.Tables {
		dropped = append(dropped, droppedOf(&e.Tables[i])...)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.edit = dropped
}

// droppedOf returns the conditions of what was dropped: all that was read of the table
// under them.
func droppedOf(t *cacheops.TableInvalidation) (list []string) {
	if t.Epoch {
		return []string{"everything of " + t.Table}
	}
	for _, scheme := range t.Schemes {
		columns := strings.Split(scheme, ", ")
		for _, row := range slices.Concat(t.Before, t.After) {
			var terms []string
			for _, column := range columns {
				if i := slices.Index(row.Columns, column); i >= 0 {
					terms = append(terms, column+" = "+textOf(row.Values[i]))
				}
			}
			text := t.Table + " by " + strings.Join(terms, " and ")
			if len(terms) < len(columns) {
				text = t.Table + " by " + scheme
			}
			if !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	return list
}

// textOf is a value of a row for the eyes.
func textOf(v driver.Value) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// report is what the template of the footer is given.
type report struct {
	State, Reason             string
	Pages, Fragments, Queries *tally // since the program began
	OwnFragments, OwnQueries  *tally // for this page
	Edited                    bool
	Dropped                   []string
	Took                      time.Duration
}

func (f *footer) report(v *visit, took time.Duration) report {
	out := report{
		State: "none", Reason: "it is not kept",
		Pages: &f.pages, Fragments: &f.fragments, Queries: &f.queries, OwnFragments: &v.fragments, OwnQueries: &v.queries,
		Took: took.Round(time.Microsecond),
	}
	if e := v.page.Load(); e != nil {
		switch {
		case e.Hit:
			out.State, out.Reason = "hit", ""
		case e.Shared: // with a request that came at the same time
			out.State, out.Reason = "shared", ""
		case e.Reason == "" && e.Err == nil:
			out.State, out.Reason = "miss", ""
		default:
			out.Reason = e.Reason
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out.Edited, out.Dropped = f.edit != nil, f.edit
	return out
}

// under returns a handler that writes the footer under the pages of another one.
func (f *footer) under(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{isEdit: strings.HasPrefix(r.URL.Path, "/admin/")}
		out := &footedWriter{ResponseWriter: w}
		r = r.Clone(context.WithValue(r.Context(), visitKey{}, v))
		r.Header.Del("If-None-Match") // nobody has the footer of now
		r.Header.Del("If-Modified-Since")
		next.ServeHTTP(out, r)
		if !out.isPage || r.Method == http.MethodHead {
			return
		}
		var text bytes.Buffer
		if err := f.template.Execute(&text, f.report(v, time.Since(began))); err == nil { // it fails for no report
			_, _ = text.WriteTo(w) // who does not want it anymore went away
		}
	})
}

// footedWriter is a response that may get a footer.
type footedWriter struct {
	http.ResponseWriter

	wrote, isPage bool
}

// WriteHeader takes off what is true of the page alone: with the footer it is longer,
// and another one each time.
func (w *footedWriter) WriteHeader(status int) {
	if h := w.Header(); !w.wrote && strings.HasPrefix(h.Get("Content-Type"), "text/html") && h.Get("Location") == "" {
		w.isPage = true
		h.Del("Content-Length")
		h.Del("ETag")
		h.Set("Cache-Control", "no-store")
	}
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *footedWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}
