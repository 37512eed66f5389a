package httpcache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/argument"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/engine"
)

// Name is what pages are called in [cacheops.ReadEvent.Func] and [cacheops.PrefixInfo].
const Name = "http"

// New returns middleware that keeps the pages of handlers in a cache. It may be used for
// several. With settings that are wrong it logs why and keeps nothing: see
// [Config.Validate].
func New(cache *cacheops.Cache, cfg Config) func(http.Handler) http.Handler {
	s, err := cfg.compile()
	if err != nil {
		cache.Engine().Logger().Error("cacheops: no page is kept", "error", err)
		return func(next http.Handler) http.Handler { return next }
	}
	return func(next http.Handler) http.Handler { return newHandler(cache, s, next) }
}

// Cached returns a handler whose pages depend on nothing: only their time ends them, and
// [Invalidate]. It is New with TTLOnly.
func Cached(cache *cacheops.Cache, cfg Config, next http.Handler) http.Handler {
	cfg.TTLOnly = true
	return New(cache, cfg)(next)
}

// Invalidate drops all pages of absolute URIs, such as "https://example.com/news?page=2":
// whatever headers and extras they are told apart by, of all handlers. The order of a
// query's parts counts. Scheme and host are those of Config.Origin, or else those that the
// server sees: "http" behind a proxy that ends TLS. An error says which URI is none, or that
// the store failed. When it has returned no request that comes afterwards, in any process,
// is answered with a page from before it.
func Invalidate(ctx context.Context, cache *cacheops.Cache, uris ...string) error {
	groups, err := groupsOf(uris)
	if err != nil || len(groups) == 0 {
		return err
	}
	if err := cache.Engine().Forget(ctx, Name, identity, groups); err != nil {
		return fmt.Errorf("cacheops: invalidate pages: %w", err)
	}
	return nil
}

// InvalidateAll drops all pages of the cache's store.
func InvalidateAll(ctx context.Context, cache *cacheops.Cache) error {
	if err := cache.Engine().Forget(ctx, Name, identity, nil); err != nil {
		return fmt.Errorf("cacheops: invalidate pages: %w", err)
	}
	return nil
}

// InvalidateKept is [Invalidate] for pages that are kept in another place, see
// Config.KeepIn.
func InvalidateKept(ctx context.Context, cache *cacheops.Cache, in cacheops.Keeper, uris ...string) error {
	groups, err := groupsOf(uris)
	if err != nil {
		return err
	}
	for _, group := range groups {
		c := generation(in, group)
		if err := cache.Engine().Unkeep(ctx, &c); err != nil {
			return fmt.Errorf("cacheops: invalidate pages: %w", err)
		}
	}
	return nil
}

func groupsOf(uris []string) ([][]byte, error) {
	groups := make([][]byte, len(uris))
	for i, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || !isWeb(u) {
			return nil, fmt.Errorf("cacheops: invalidate page %q: use an absolute URI, as in \"https://example.com/news\"", uri)
		}
		groups[i] = groupOf(u)
	}
	return groups, nil
}

// The identities of pages, and of the generations that pages in other places have.
var (
	identity    = engine.NewIdentity(Name)
	generations = engine.NewIdentity(Name, "generations")
)

// generation describes what the pages of a group in another place are told apart by: when
// it is dropped they are not found again.
func generation(in cacheops.Keeper, group []byte) engine.Computation {
	return engine.Computation{
		Name: Name, Identity: generations, Args: group, Keeper: in, Dependency: engine.DependsTime,
		Alike: true, // who drops pages may have no database open
		Run: func(context.Context) ([]byte, error) {
			var b [16]byte
			_, _ = rand.Read(b[:]) // it never fails
			return b[:], nil
		},
	}
}

// headBytes is the length of what keys begin with.
const headBytes = 16

// handler is a handler whose pages are kept.
type handler struct {
	*settings

	engine   *engine.Engine
	next     http.Handler
	head     [headBytes]byte // of keys: who makes the pages, and what it is shown
	maxBytes int
}

func newHandler(cache *cacheops.Cache, s *settings, next http.Handler) *handler {
	h := &handler{settings: s, engine: cache.Engine(), next: next, maxBytes: cache.Engine().MaxEntryBytes()}
	if s.MaxBytes > 0 {
		h.maxBytes = min(h.maxBytes, s.MaxBytes)
	}
	name := s.Name
	if name == "" {
		name = nameOf(next)
	}
	b := []byte{entryFormat, byte(s.Credentials)}
	b = appendText(appendText(b, name), s.Version)
	for _, list := range [][]string{s.vary, s.shown} {
		for _, header := range list {
			b = appendText(b, header)
		}
		b = append(b, 0)
	}
	sum := sha256.Sum256(b)
	copy(h.head[:], sum[:])
	return h
}

// nameOf returns what a handler is called in Go.
func nameOf(h http.Handler) string {
	v := reflect.ValueOf(h)
	if v.Kind() == reflect.Func {
		if f := runtime.FuncForPC(v.Pointer()); f != nil {
			return f.Name()
		}
	}
	return reflect.TypeOf(h).String()
}

// maxTries is how often a page is asked for: what it varies by is learned on the way.
const maxTries = 3

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.next.ServeHTTP(w, r)
		return
	}
	since := engine.Now()
	for range maxTries {
		x := newExchange(h, w, r)
		if reason := x.describe(); reason != "" {
			x.end()
			h.engine.Uncomputed(r.Context(), Name, reason, since)
			break
		}
		if r.Method == http.MethodHead {
			if x.head() {
				return
			}
			break
		}
		if x.get() {
			return
		}
	}
	h.next.ServeHTTP(w, r)
}

// exchange is one request and its response.
type exchange struct {
	*handler

	w       http.ResponseWriter
	r       *http.Request
	host    string
	learned []string
	rec     *recorder
	data    []byte // of a page that was made
	once    []change
	passed  bool // the cache took no part
	c       engine.Computation
	key     [256]byte

	// The methods, so that a hit need not make them.
	runs   func(context.Context) ([]byte, error)
	passes func(context.Context)
}

// exchanges are used again after a hit, when nobody else knows of them.
var exchanges = sync.Pool{New: func() any {
	x := new(exchange)
	x.runs, x.passes = x.run, x.pass
	return x
}}

func newExchange(h *handler, w http.ResponseWriter, r *http.Request) *exchange {
	x := exchanges.Get().(*exchange) //nolint:forcetypeassert // it has no others
	x.handler, x.w, x.r = h, w, r
	return x
}

// end gives up an exchange whose page was not made.
func (x *exchange) end() {
	x.handler, x.w, x.r, x.host, x.learned, x.c = nil, nil, nil, "", nil, engine.Computation{}
	exchanges.Put(x)
}

// describe works out what page is asked for, or returns why none that is kept.
func (x *exchange) describe() (reason string) {
	h := x.handler
	b := append(x.key[:0], h.head[:]...)
	b, end, host, reason := h.appendURI(b, x.r)
	if reason != "" {
		return reason
	}
	group := b[headBytes:end:end]
	x.host, x.learned = host, h.varies.of(group)
	if reason = h.admits(x.r, x.learned); reason != "" {
		return reason
	}
	b = appendValues(b, x.r.Header, h.vary)
	for _, name := range x.learned {
		b = appendText(b, name)
	}
	b = append(b, 0)
	b = appendValues(b, x.r.Header, x.learned)
	if h.KeepIn != nil {
		if b, reason = h.appendGeneration(x.r.Context(), b, group); reason != "" {
			return reason
		}
	}
	if h.Extra != nil {
		var err error
		if b, err = argument.AppendAny(b, h.Extra(x.r)); err != nil {
			return reasonExtra + ": " + err.Error()
		}
	}
	x.c = engine.Computation{
		Name: Name, Identity: identity, Args: b, Group: b[headBytes:end:end], TTL: h.TTL, Lock: h.Lock, Keeper: h.KeepIn,
		Run: x.runs, Pass: x.passes,
	}
	switch {
	case h.TTLOnly || h.KeepIn != nil:
		x.c.Dependency = engine.DependsTime
	case h.DependsOn != nil:
		x.c.Dependency, x.c.Declared = engine.DependsDeclared, x.declared
	}
	return ""
}

// appendGeneration appends the generation of a group in another place.
func (h *handler) appendGeneration(ctx context.Context, b, group []byte) (key []byte, reason string) {
	c := generation(h.KeepIn, slices.Clone(group))
	c.TTL = h.TTL
	var made []byte
	run := c.Run
	c.Run = func(ctx context.Context) (data []byte, err error) {
		made, err = run(ctx)
		return made, err
	}
	data, fresh, err := h.engine.Compute(ctx, &c)
	switch {
	case err != nil:
		return nil, reasonEnded
	case fresh:
		data = made
	}
	return append(b, data...), ""
}

// declared returns what the page depends on.
func (x *exchange) declared() ([]engine.Dep, error) {
	list := x.DependsOn(x.show(x.r.Context(), x.r, x.host, x.learned))
	out := make([]engine.Dep, len(list))
	for i := range list {
		var err error
		if out[i], err = list[i].Engine(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// head answers a request for headers alone by the page that is kept, or returns false.
func (x *exchange) head() bool {
	data, ok := x.engine.Peek(x.r.Context(), &x.c)
	if !ok {
		return false
	}
	var e entry
	if err := e.decode(data); err != nil {
		x.unreadable(err)
		return false
	}
	e.send(x.w, x.r, true)
	return true
}

// get answers a request, or returns false where it has to be asked for anew.
func (x *exchange) get() bool {
	var fresh bool
	var err error
	data, found := x.engine.Glance(x.r.Context(), &x.c)
	if !found {
		data, fresh, err = x.engine.Compute(x.r.Context(), &x.c)
	}
	var e entry
	switch {
	case x.passed:
		return true
	case err != nil: // the wait for another request ended with this one
		x.next.ServeHTTP(x.w, x.r)
		return true
	case fresh && x.rec == nil, fresh && x.rec.again: // what it varies by was learned
		return false
	case fresh && x.data == nil: // the recorder has answered
		return true
	case fresh:
		if err := e.decode(x.data); err != nil { // it never fails for what encode wrote
			x.unreadable(err)
			return false
		}
		replace(x.w.Header(), x.rec.before)
		apply(x.w.Header(), x.once)
		e.send(x.w, x.r, false)
		return true
	}
	if err := e.decode(data); err != nil {
		x.unreadable(err)
		return false
	}
	w, r := x.w, x.r
	x.end()
	e.send(w, r, true)
	return true
}

// apply does changes that are not stored.
func apply(h http.Header, changes []change) {
	for _, c := range changes {
		switch c.op {
		case headerSet:
			h[c.name] = c.values
		case headerAdd:
			h[c.name] = append(h[c.name], c.values...)
		case headerDelete:
			delete(h, c.name)
		}
	}
}

// unreadable drops a page that somebody else has stored in a form that is none.
func (x *exchange) unreadable(err error) {
	ctx := x.r.Context()
	x.engine.CodecFailed(ctx, Name, err)
	if x.KeepIn != nil {
		_ = x.engine.Unkeep(ctx, &x.c) // else the handler answers
		return
	}
	_ = x.engine.Forget(ctx, Name, identity, [][]byte{x.c.Group}) // else the handler answers
}

// pass has the handler answer where the cache takes no part.
func (x *exchange) pass(context.Context) {
	x.passed = true
	x.next.ServeHTTP(x.w, x.r)
}

// run makes the page.
func (x *exchange) run(ctx context.Context) ([]byte, error) {
	if !slices.Equal(x.varies.of(x.c.Group), x.learned) {
		return nil, engine.NotKeptError(reasonLearned) // by one that this one waited for
	}
	x.rec = newRecorder(x.w)
	x.rec.handler, x.rec.request, x.rec.group, x.rec.learned = x.handler, x.r, x.c.Group, x.learned
	x.rec.giveUp = func() { engine.GiveUp(ctx) }
	// It is not ended with the handler: frameworks keep the request that they are shown.
	inner, stop := context.WithCancel(ctx)
	x.rec.stop = stop
	x.next.ServeHTTP(x.rec, x.show(inner, x.r, x.host, x.learned))
	p, once := x.rec.finish()
	switch {
	case p == nil && x.rec.again:
		replace(x.w.Header(), x.rec.before)
		fallthrough
	case p == nil:
		return nil, engine.NotKeptError(x.rec.reason)
	}
	if x.rec.fresh > 0 {
		calloptions.Recording(ctx).Cap(x.rec.fresh)
	}
	x.data, x.once = p.encode(), once
	return x.data, nil
}
