package tmplcache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
)

// errUnbound is what the functions return where no Set executes the template.
var errUnbound = errors.New("tmplcache: execute the template by the Set that New returned")

// Funcs returns the functions that templates are parsed with: cached, cachedAs, ctx, and
// those of the program's own, by the names that Config.Tags has them under. They work
// when a [Set] executes the templates. The map may be given to Funcs of either package,
// and may be changed.
func Funcs(tags ...string) map[string]any {
	unbound := func(...any) (string, error) { return "", errUnbound }
	m := map[string]any{"cached": unbound, "cachedAs": unbound, "ctx": unbound}
	for _, name := range tags {
		m[name] = unbound
	}
	return m
}

// Call is one use of a [Tag] in a template.
type Call struct {
	// Context is that of the page, or of the fragment that is being made.
	Context context.Context //nolint:containedctx // it is an argument
	// Template is the name of the template, Data what it is given.
	Template string
	Data     any
	// Args are what follows the data. They must not be changed.
	Args []any
}

// Tag is a caching function of the program's own. A template calls it with the name of a
// template and its data, and with further arguments:
//
//	{{cacheMenu "menu" . "top"}}
//
// What it returns says how the template is cached there, or that it is not. An error
// ends the execution. It is called each time, by many goroutines at once.
type Tag func(call Call) (Choice, error)

// Choice is what a [Tag] decides. The zero Choice caches the template under its name,
// apart for each list of the arguments.
type Choice struct {
	// Uncached has the template executed and nothing stored.
	Uncached bool
	// Name is the fragment's; "": that of the template.
	Name string
	// Extras tell the fragments of one name apart; nil: the arguments do.
	Extras []any
	// Options come after those of the Set.
	Options []cacheops.FuncOption
}

// ttlOf reads a time to live: a text such as "5m", a number of seconds, or a duration.
// Nothing of it is 0.
func ttlOf(v any) (time.Duration, error) {
	var d time.Duration
	switch t := v.(type) {
	case nil:
	case time.Duration:
		d = t
	case int:
		d = time.Duration(t) * time.Second
	case int64:
		d = time.Duration(t) * time.Second
	case float64:
		d = time.Duration(t * float64(time.Second))
	case string:
		if t == "" {
			return 0, nil
		}
		var err error
		if d, err = time.ParseDuration(t); err != nil {
			return 0, fmt.Errorf("tmplcache: the time to live %q is none: write it like \"5m\", or as a number of seconds", t)
		}
	default:
		return 0, fmt.Errorf("tmplcache: a time to live cannot be a %T: write it like \"5m\", or as a number of seconds", v)
	}
	if d < 0 {
		return 0, fmt.Errorf("tmplcache: the time to live %v is less than nothing", v)
	}
	return d, nil
}

// depsOf reads what a template says that a fragment depends on.
func depsOf(v any) ([]cacheops.Dep, error) {
	switch d := v.(type) {
	case cacheops.Dep:
		return []cacheops.Dep{d}, nil
	case []cacheops.Dep:
		return d, nil
	}
	return nil, fmt.Errorf("tmplcache: a fragment cannot depend on a %T: give cachedAs a cacheops.Dep, or a list of them", v)
}
