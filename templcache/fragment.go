package templcache

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/a-h/templ"

	"github.com/cacheops/cacheops"
)

// Fragment is a part of a page that is cached under a name. As a component it has its
// children cached. It may be used by many goroutines.
type Fragment struct {
	cache   *cacheops.Cache
	name    string
	extras  []any
	options []cacheops.FuncOption
}

// Cached returns the fragment of a name and of what tells its results apart. Without a
// cache it is rendered each time.
func Cached(c *cacheops.Cache, name string, extras ...any) *Fragment {
	return &Fragment{cache: c, name: name, extras: extras}
}

// With returns the fragment with further options: [cacheops.TTL], [cacheops.Lock],
// [cacheops.TTLOnly], [cacheops.Version], [cacheops.KeepIn], and [cacheops.DependsOn]
// with a function of struct{}. Without a time to live that of the tables counts that were
// read, or else that of Config.Defaults of the cache.
func (f *Fragment) With(options ...cacheops.FuncOption) *Fragment {
	with := *f
	with.options = slices.Concat(f.options, options)
	return &with
}

// Component returns inner as it is cached. It is inner itself where f is nil: a function
// of the program that returns nil for some users has nothing cached for them.
//
// Children that are given to it are those of inner, and are cached with it.
func (f *Fragment) Component(inner templ.Component) templ.Component {
	if f == nil {
		return inner
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		children := templ.GetChildren(ctx)
		return f.render(templ.ClearChildren(ctx), w, inner, children)
	})
}

// Render implements [templ.Component]: it renders the children, which are cached unless f
// is nil.
func (f *Fragment) Render(ctx context.Context, w io.Writer) error {
	children := templ.GetChildren(ctx)
	ctx = templ.ClearChildren(ctx)
	if f == nil {
		return children.Render(ctx, w)
	}
	return f.render(ctx, w, children, templ.NopComponent)
}

// The kinds of what is stored, by whether the page has a nonce.
const (
	kindPlain  = "templ 1"
	kindNonced = "templ 1 with a nonce"
)

// errOnce is returned for what cannot be cached, for it holds something that is rendered
// once and is not known to this package.
var errOnce = errors.New("templcache: the component renders something once that cannot be cached")

// render renders inner with its children, from the cache or anew.
func (f *Fragment) render(ctx context.Context, w io.Writer, inner, children templ.Component) error {
	ctx = templ.InitializeContext(ctx)
	kind := kindPlain
	nonce := templ.GetNonce(ctx)
	if nonce != "" {
		kind = kindNonced
	}
	if f.cache == nil || partial(ctx) || !isPlain(nonce) || f.uncached() {
		return inner.Render(templ.WithChildren(ctx, children), w)
	}
	data, err := cacheops.Fragment(ctx, f.cache, f.name, f.extras, func(ctx context.Context) ([]byte, error) {
		return capture(ctx, inner, children, nonce != "")
	}, slices.Concat([]cacheops.FuncOption{cacheops.Version(kind)}, f.options)...)
	switch {
	case errors.Is(err, errOnce):
		f.remember()
		return inner.Render(templ.WithChildren(ctx, children), w)
	case err != nil:
		return err
	}
	return replay(ctx, w, data)
}

// isPlain reports whether a nonce is made of the characters that one may have, which are
// the same in whatever way they are escaped.
func isPlain(nonce string) bool {
	return strings.Trim(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_") == ""
}

// once are the fragments that were found to hold something that cannot be cached: they
// are rendered in their page at once.
var once sync.Map // of fragmentID

// fragmentID names a fragment of one cache, which it does not keep.
type fragmentID struct {
	cache weak.Pointer[cacheops.Cache]
	name  string
}

func (f *Fragment) id() fragmentID { return fragmentID{weak.Make(f.cache), f.name} }

func (f *Fragment) uncached() bool {
	_, is := once.Load(f.id())
	return is
}

func (f *Fragment) remember() { once.Store(f.id(), nil) }
