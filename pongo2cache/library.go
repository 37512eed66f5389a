package pongo2cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/flosch/pongo2/v6"

	"github.com/cacheops/cacheops"
)

// ContextKey is where the data of a template holds the context of its page, which
// [cacheops.PageContext] makes.
const ContextKey = "ctx"

// Library makes tags that cache what is between them. It may be used by many goroutines.
type Library struct {
	cache   *cacheops.Cache
	options []cacheops.FuncOption
}

// New returns a library of tags. The options hold for all fragments: [cacheops.TTL],
// [cacheops.Lock], [cacheops.TTLOnly], [cacheops.Version], [cacheops.KeepIn]. What a
// template says comes after them.
func New(c *cacheops.Cache, options ...cacheops.FuncOption) *Library {
	return &Library{cache: c, options: options}
}

// ours are the tags that this package has registered: those may be registered again.
var ours struct {
	sync.Mutex // guards names

	names []string
}

// Register registers cached and cached_as. Call it when the program starts: pongo2 has
// one set of tags, and does not allow them to be registered while templates are parsed.
// Another library that is registered later counts for templates that are parsed later.
func (l *Library) Register() error {
	if err := l.register("cached", l.cached); err != nil {
		return err
	}
	return l.register("cached_as", l.cachedAs)
}

// RegisterTag registers a tag of the program's own, which caches what is between
// {% name ... %} and {% endname %} by what the function decides. See Register for when.
func (l *Library) RegisterTag(name string, tag Tag) error {
	if tag == nil || name == "" || name == "cached" || name == "cached_as" {
		return fmt.Errorf("pongo2cache: the tag %q has no function, or the name of one of this package", name)
	}
	return l.register(name, tag)
}

func (l *Library) register(name string, tag Tag) error {
	if l.cache == nil {
		return errors.New("pongo2cache: the library has no cache")
	}
	ours.Lock()
	defer ours.Unlock()
	set := pongo2.RegisterTag
	if slices.Contains(ours.names, name) {
		set = pongo2.ReplaceTag
	}
	if err := set(name, l.parser(name, tag)); err != nil {
		return fmt.Errorf("pongo2cache: the tag cannot be registered: %w", err)
	}
	ours.names = append(ours.names, name)
	return nil
}

// Call is one use of a tag in a template.
type Call struct {
	// Context is that of the page. It is context.Background where the data of the
	// template has none.
	Context context.Context //nolint:containedctx // it is an argument
	// Args are the values after the tag's name. They must not be changed.
	Args []any

	execution *pongo2.ExecutionContext
}

// Value returns what the template finds under a name, nil where there is nothing.
func (c *Call) Value(name string) any {
	v, ok := c.execution.Private[name]
	if !ok {
		v = c.execution.Public[name]
	}
	if p, ok := v.(*pongo2.Value); ok {
		return p.Interface()
	}
	return v
}

// Tag is a caching tag of the program's own. What it returns says how what is between
// the tags is cached there, or that it is not. An error ends the execution. It is called
// each time, by many goroutines at once.
type Tag func(call *Call) (Choice, error)

// Choice is what a [Tag] decides. The zero Choice caches under the tag's name, apart for
// each list of the arguments.
type Choice struct {
	// Uncached has the template code executed and nothing stored.
	Uncached bool
	// Name is the fragment's; "": that of the tag.
	Name string
	// Extras tell the fragments of one name apart; nil: the arguments do.
	Extras []any
	// Options come after those of the Library.
	Options []cacheops.FuncOption
}
