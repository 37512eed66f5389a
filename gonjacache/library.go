package gonjacache

import (
	"context"
	"errors"
	"fmt"

	"github.com/nikolalohinski/gonja/v2/exec"

	"github.com/cacheops/cacheops"
)

// ContextKey is where the data of a template holds the context of its page, which
// [cacheops.PageContext] makes.
const ContextKey = "ctx"

// Library makes control structures that cache what is between them. It may be used by
// many goroutines.
type Library struct {
	cache   *cacheops.Cache
	options []cacheops.FuncOption
}

// New returns a library. The options hold for all fragments: [cacheops.TTL],
// [cacheops.Lock], [cacheops.TTLOnly], [cacheops.Version], [cacheops.KeepIn]. What a
// template says comes after them.
func New(c *cacheops.Cache, options ...cacheops.FuncOption) *Library {
	return &Library{cache: c, options: options}
}

// Register adds cached and cached_as to the control structures of an environment.
func (l *Library) Register(set *exec.ControlStructureSet) error {
	if err := l.register(set, "cached", l.cached); err != nil {
		return err
	}
	return l.register(set, "cached_as", l.cachedAs)
}

// RegisterTag adds a tag of the program's own, which caches what is between
// {% name ... %} and {% endname %} by what the function decides.
func (l *Library) RegisterTag(set *exec.ControlStructureSet, name string, tag Tag) error {
	if tag == nil || name == "" {
		return fmt.Errorf("gonjacache: the tag %q has no name, or no function", name)
	}
	return l.register(set, name, tag)
}

func (l *Library) register(set *exec.ControlStructureSet, name string, tag Tag) error {
	if l.cache == nil || set == nil {
		return errors.New("gonjacache: the library has no cache, or the environment no control structures")
	}
	if err := set.Register(name, l.parser(name, tag)); err != nil {
		return fmt.Errorf("gonjacache: the tag cannot be registered: %w", err)
	}
	return nil
}

// Call is one use of a tag in a template.
type Call struct {
	// Context is that of the page. It is context.Background where the data of the
	// template has none.
	Context context.Context //nolint:containedctx // it is an argument
	// Args are the values after the tag's name, Named those that are given by name.
	// They must not be changed.
	Args  []any
	Named map[string]any

	renderer *exec.Renderer
}

// Value returns what the template finds under a name, nil where there is nothing.
func (c *Call) Value(name string) any {
	v, _ := c.renderer.Environment.Context.Get(name)
	if v, ok := v.(*exec.Value); ok {
		return v.Interface()
	}
	return v
}

// Tag is a caching tag of the program's own. What it returns says how what is between
// the tags is cached there, or that it is not. An error ends the execution. It is called
// each time, by many goroutines at once.
type Tag func(call *Call) (Choice, error)

// Choice is what a [Tag] decides. The zero Choice caches under the tag's name, apart for
// each list of the arguments: those without a name, and then, in the order of the names,
// the name and the value of each other one.
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
