package tmplcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"slices"
	"sync"
	texttemplate "text/template"

	"github.com/cacheops/cacheops"
)

// Config is what a [Set] is made with. The zero Config will do.
type Config struct {
	// Options hold for all fragments: [cacheops.TTL], [cacheops.Lock],
	// [cacheops.TTLOnly], [cacheops.Version], [cacheops.KeepIn]. What a template says
	// comes after them.
	Options []cacheops.FuncOption
	// Tags are caching functions of the program's own, by the names that templates call
	// them by. The templates have to be parsed with [Funcs] of these names.
	Tags map[string]Tag
}

// Set is a set of templates whose fragments are cached. Make one with [New] or
// [NewText]. It may be used by many goroutines.
//
// Functions of a template belong to all of its executions at once. So a Set has a copy
// of the templates for each execution that runs, and keeps it for later ones: it makes
// as many as run at the same time.
type Set struct {
	cache   *cacheops.Cache
	options []cacheops.FuncOption
	tags    map[string]Tag
	clone   func(functions func(*execution) map[string]any, e *execution) error
	idle    sync.Pool // of *execution
}

// The kinds of fragments, which never share what is cached: one is escaped, and the
// other is not.
const (
	kindHTML = "html/template"
	kindText = "text/template"
)

// maxDepth is how deep fragments may be nested. One that holds itself has no end.
const maxDepth = 100

// New returns a set of the templates that are associated with t, which may be executed
// by itself only afterwards. Templates that are added to t later are not in the set.
func New(c *cacheops.Cache, t *htmltemplate.Template, cfg Config) (*Set, error) {
	if c == nil || t == nil {
		return nil, errors.New("tmplcache: New needs a cache and a template")
	}
	// A template that was executed cannot be copied, and the caller may do so.
	base, err := t.Clone()
	if err != nil {
		return nil, fmt.Errorf("tmplcache: call New before the templates are executed: %w", err)
	}
	return newSet(c, kindHTML, cfg, func(functions func(*execution) map[string]any, e *execution) error {
		own, err := base.Clone()
		if err == nil {
			e.run = own.Funcs(functions(e)).ExecuteTemplate
			e.fragment = func(b []byte) any { return htmltemplate.HTML(b) } //nolint:gosec // html/template has escaped it
		}
		return err
	})
}

// NewText is [New] for text/template.
func NewText(c *cacheops.Cache, t *texttemplate.Template, cfg Config) (*Set, error) {
	if c == nil || t == nil {
		return nil, errors.New("tmplcache: NewText needs a cache and a template")
	}
	base, err := t.Clone()
	if err != nil {
		return nil, fmt.Errorf("tmplcache: the templates cannot be copied: %w", err)
	}
	return newSet(c, kindText, cfg, func(functions func(*execution) map[string]any, e *execution) error {
		own, err := base.Clone()
		if err == nil {
			e.run = own.Funcs(functions(e)).ExecuteTemplate
			e.fragment = func(b []byte) any { return string(b) }
		}
		return err
	})
}

func newSet(c *cacheops.Cache, kind string, cfg Config, clone func(func(*execution) map[string]any, *execution) error) (*Set, error) {
	s := &Set{cache: c, clone: clone, tags: make(map[string]Tag, len(cfg.Tags))}
	s.options = append([]cacheops.FuncOption{cacheops.Version(kind)}, cfg.Options...)
	for name, tag := range cfg.Tags {
		if _, taken := Funcs()[name]; taken || tag == nil {
			return nil, fmt.Errorf("tmplcache: the tag %q has no function, or the name of one of this package", name)
		}
		s.tags[name] = tag
	}
	first, err := s.build()
	if err != nil {
		return nil, err
	}
	s.idle.Put(first)
	return s, nil
}

// Execute executes the template that has the name, with the data, and writes its result
// to w at once, or nothing where there is an error. The fragments are made under the
// context, or under one of the page where ctx is not of [cacheops.PageContext].
func (s *Set) Execute(ctx context.Context, w io.Writer, name string, data any) error {
	e, err := s.take()
	if err != nil {
		return err
	}
	e.ctx = cacheops.PageContext(ctx)
	if err = e.run(&e.out, name, data); err == nil {
		_, err = e.out.WriteTo(w)
	}
	// One that has panicked is not used again.
	s.give(e)
	return err
}

// execution is a copy of the templates that executes one page at a time. Nothing in it
// is used by two goroutines at once.
type execution struct {
	set      *Set
	run      func(w io.Writer, name string, data any) error
	fragment func([]byte) any // what templates are given
	// ctx is what fragments are made under: that of the page, or of the fragment that
	// is being made.
	ctx   context.Context //nolint:containedctx // it is that of the execution that runs
	depth int             // of fragments
	out   bytes.Buffer
}

// maxKept is how large the buffer of an execution may be that is kept.
const maxKept = 1 << 20

func (s *Set) take() (*execution, error) {
	if e, ok := s.idle.Get().(*execution); ok {
		return e, nil
	}
	return s.build()
}

func (s *Set) give(e *execution) {
	e.ctx = nil
	if e.out.Cap() > maxKept {
		e.out = bytes.Buffer{}
	}
	e.out.Reset()
	s.idle.Put(e)
}

func (s *Set) build() (*execution, error) {
	e := &execution{set: s}
	if err := s.clone((*execution).functions, e); err != nil {
		return nil, fmt.Errorf("tmplcache: the templates cannot be copied: %w", err)
	}
	return e, nil
}

// functions are what the templates of this execution call.
func (e *execution) functions() map[string]any {
	m := map[string]any{
		"ctx": func() context.Context { return e.ctx },
		"cached": func(name string, ttl, data any, extras ...any) (any, error) {
			return e.cached(name, ttl, data, extras)
		},
		"cachedAs": func(deps any, name string, ttl, data any, extras ...any) (any, error) {
			list, err := depsOf(deps)
			if err != nil {
				return nil, err
			}
			return e.cached(name, ttl, data, extras, cacheops.DependsOn(func(struct{}) []cacheops.Dep { return list }))
		},
	}
	for name, tag := range e.set.tags {
		m[name] = func(template string, data any, args ...any) (any, error) {
			choice, err := tag(Call{Context: e.ctx, Template: template, Data: data, Args: args})
			if err != nil {
				return nil, err
			}
			if choice.Extras == nil {
				choice.Extras = args
			}
			return e.produce(template, data, &choice)
		}
	}
	return m
}

func (e *execution) cached(name string, ttl, data any, extras []any, options ...cacheops.FuncOption) (any, error) {
	d, err := ttlOf(ttl)
	if err != nil {
		return nil, err
	}
	if d > 0 {
		options = append(options, cacheops.TTL(d))
	}
	return e.produce(name, data, &Choice{Extras: extras, Options: options})
}

// produce returns a fragment, from the cache or by its template.
func (e *execution) produce(template string, data any, choice *Choice) (any, error) {
	if e.depth == maxDepth {
		return nil, fmt.Errorf("tmplcache: %d fragments are in each other, %q is the last: does it hold itself?", maxDepth, template)
	}
	var out []byte
	var err error
	if choice.Uncached {
		out, err = e.render(e.ctx, template, data)
	} else {
		name := choice.Name
		if name == "" {
			name = template
		}
		out, err = cacheops.Fragment(e.ctx, e.set.cache, name, choice.Extras, func(ctx context.Context) ([]byte, error) {
			return e.render(ctx, template, data)
		}, slices.Concat(e.set.options, choice.Options)...)
	}
	if err != nil {
		return nil, err
	}
	return e.fragment(out), nil
}

// render executes a fragment's template under a context.
func (e *execution) render(ctx context.Context, template string, data any) ([]byte, error) {
	outer := e.ctx
	e.ctx = ctx
	e.depth++
	defer func() { e.ctx, e.depth = outer, e.depth-1 }()
	var out bytes.Buffer
	if err := e.run(&out, template, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
