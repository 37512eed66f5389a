package pongo2cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flosch/pongo2/v6"

	"github.com/cacheops/cacheops"
)

// What is escaped and what is not never share a fragment.
const (
	kindEscaped = "pongo2 escaped"
	kindPlain   = "pongo2 plain"
)

// node is one use of a tag in a template.
type node struct {
	lib   *Library
	name  string
	tag   Tag
	start *pongo2.Token
	args  []pongo2.IEvaluator
	body  *pongo2.NodeWrapper
}

// parser reads a tag, its arguments, and what it wraps.
func (l *Library) parser(name string, tag Tag) pongo2.TagParser {
	return func(doc *pongo2.Parser, start *pongo2.Token, arguments *pongo2.Parser) (pongo2.INodeTag, *pongo2.Error) {
		n := &node{lib: l, name: name, tag: tag, start: start}
		for arguments.Remaining() > 0 {
			arg, err := arguments.ParseExpression()
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, arg)
		}
		body, end, err := doc.WrapUntilTag("end" + name)
		if err != nil {
			return nil, err
		}
		if end.Count() > 0 {
			return nil, end.Error("end"+name+" takes no arguments", nil)
		}
		n.body = body
		return n, nil
	}
}

// Execute implements [pongo2.INode].
func (n *node) Execute(x *pongo2.ExecutionContext, w pongo2.TemplateWriter) *pongo2.Error {
	call := Call{execution: x, Context: context.Background()}
	for _, arg := range n.args {
		v, err := arg.Evaluate(x)
		if err != nil {
			return err
		}
		call.Args = append(call.Args, v.Interface())
	}
	out, err := n.fragment(x, &call)
	if err == nil {
		_, err = w.Write(out)
	}
	var of *pongo2.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &of):
		return of
	default:
		return x.OrigError(err, n.start)
	}
}

// fragment returns what is between the tags, from the cache or rendered.
func (n *node) fragment(x *pongo2.ExecutionContext, call *Call) ([]byte, error) {
	if err := call.find(); err != nil {
		return nil, err
	}
	choice, err := n.tag(call)
	if err != nil {
		return nil, err
	}
	render := func(context.Context) ([]byte, error) {
		var out bytes.Buffer
		// What the template code sets must not be there for what follows it: it is not
		// when the fragment comes from the cache.
		if err := n.body.Execute(pongo2.NewChildExecutionContext(x), &out); err != nil {
			return nil, err
		}
		return out.Bytes(), nil
	}
	if choice.Uncached {
		return render(call.Context)
	}
	kind := kindPlain
	if x.Autoescape {
		kind = kindEscaped
	}
	options := slices.Concat([]cacheops.FuncOption{cacheops.Version(kind)}, n.lib.options, choice.Options)
	if choice.Name == "" {
		choice.Name = n.name
	}
	if choice.Extras == nil {
		choice.Extras = call.Args
	}
	return cacheops.Fragment(call.Context, n.lib.cache, choice.Name, choice.Extras, render, options...)
}

// find takes the context out of the data of the template.
func (c *Call) find() error {
	v := c.Value(ContextKey)
	if v == nil {
		return nil
	}
	ctx, ok := v.(context.Context)
	if !ok || !cacheops.InPage(ctx) {
		// Macros and functions have it too, and would read past the fragment.
		return fmt.Errorf("pongo2cache: the data has a %T under %q: put the result of cacheops.PageContext there", v, ContextKey)
	}
	c.Context = ctx
	return nil
}

// cached is the tag of that name.
func (l *Library) cached(call *Call) (Choice, error) {
	return choose("cached", "timeout, fragment_name", call.Args)
}

// cachedAs is the tag of that name.
func (l *Library) cachedAs(call *Call) (Choice, error) {
	if len(call.Args) == 0 {
		return Choice{}, errors.New("pongo2cache: cached_as needs dependencies, timeout, fragment_name")
	}
	var deps []cacheops.Dep
	switch d := call.Args[0].(type) {
	case cacheops.Dep:
		deps = []cacheops.Dep{d}
	case []cacheops.Dep:
		deps = d
	default:
		return Choice{}, fmt.Errorf("pongo2cache: a fragment cannot depend on a %T: give cached_as a cacheops.Dep, or a list of them", d)
	}
	c, err := choose("cached_as", "dependencies, timeout, fragment_name", call.Args[1:])
	c.Options = append(c.Options, cacheops.DependsOn(func(struct{}) []cacheops.Dep { return deps }))
	return c, err
}

// choose reads a timeout, a name and extras.
func choose(tag, wants string, args []any) (Choice, error) {
	if len(args) < 2 {
		return Choice{}, fmt.Errorf("pongo2cache: %s needs %s", tag, wants)
	}
	ttl, err := timeoutOf(args[0])
	if err != nil {
		return Choice{}, err
	}
	name, ok := args[1].(string)
	if !ok || name == "" {
		return Choice{}, fmt.Errorf("pongo2cache: the fragment_name of %s is a %T: write it in quotes", tag, args[1])
	}
	return Choice{Name: name, Extras: append([]any{}, args[2:]...), Options: []cacheops.FuncOption{cacheops.TTL(ttl)}}, nil
}

// timeoutOf reads a number of seconds, a text such as "5m", or a duration. Nothing of it
// is 0.
func timeoutOf(v any) (time.Duration, error) {
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
		var err error
		if d, err = time.ParseDuration(t); err != nil {
			return 0, fmt.Errorf("pongo2cache: the timeout %q is none: write it like \"5m\", or as a number of seconds", t)
		}
	default:
		return 0, fmt.Errorf("pongo2cache: a timeout cannot be a %T: write it like \"5m\", or as a number of seconds", v)
	}
	if d < 0 {
		return 0, fmt.Errorf("pongo2cache: the timeout %v is less than nothing", v)
	}
	return d, nil
}
