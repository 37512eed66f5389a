package gonjacache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"

	"github.com/cacheops/cacheops"
)

// What is escaped and what is not never share a fragment.
const (
	kindEscaped = "gonja escaped"
	kindPlain   = "gonja plain"
)

// block is one use of a tag in a template.
type block struct {
	lib   *Library
	name  string
	tag   Tag
	at    *tokens.Token
	args  []nodes.Expression
	named map[string]nodes.Expression
	body  *nodes.Wrapper
}

// Position implements [nodes.ControlStructure].
func (b *block) Position() *tokens.Token { return b.at }

// String implements [nodes.ControlStructure].
func (b *block) String() string {
	return fmt.Sprintf("%s(Line=%d Col=%d)", b.name, b.at.Line, b.at.Col)
}

// parser reads a tag, its arguments, and what it wraps.
func (l *Library) parser(name string, tag Tag) parser.ControlStructureParser {
	return func(p, args *parser.Parser) (nodes.ControlStructure, error) {
		b := &block{lib: l, name: name, tag: tag, at: p.Current(), named: make(map[string]nodes.Expression)}
		for !args.End() {
			var key *tokens.Token
			if args.Peek(tokens.Assign) != nil {
				if key = args.Match(tokens.Name); key == nil {
					return nil, args.Error("a name is expected before =", args.Current())
				}
				args.Consume()
			}
			e, err := args.ParseExpression()
			if err != nil {
				return nil, err
			}
			switch {
			case key != nil:
				b.named[key.Val] = e
			case len(b.named) > 0:
				return nil, args.Error("an argument without a name follows one with a name", args.Current())
			default:
				b.args = append(b.args, e)
			}
			if args.Match(tokens.Comma) == nil && !args.End() {
				return nil, args.Error("a comma is expected between arguments", args.Current())
			}
		}
		body, end, err := p.WrapUntil("end" + name)
		if err != nil {
			return nil, err
		}
		if !end.End() {
			return nil, end.Error("end"+name+" takes no arguments", end.Current())
		}
		b.body = body
		return b, nil
	}
}

// Execute implements [exec.ControlStructure].
func (b *block) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	call := Call{renderer: r, Context: context.Background(), Named: make(map[string]any, len(b.named))}
	for _, arg := range b.args {
		v := r.Eval(arg)
		if v.IsError() {
			return v
		}
		call.Args = append(call.Args, v.Interface())
	}
	for name, arg := range b.named {
		v := r.Eval(arg)
		if v.IsError() {
			return v
		}
		call.Named[name] = v.Interface()
	}
	out, err := b.fragment(r, &call)
	if err == nil {
		_, err = r.Output.Write(out)
	}
	return err
}

// fragment returns what is between the tags, from the cache or rendered.
func (b *block) fragment(r *exec.Renderer, call *Call) ([]byte, error) {
	if err := call.find(); err != nil {
		return nil, err
	}
	choice, err := b.tag(call)
	if err != nil {
		return nil, err
	}
	render := func(context.Context) ([]byte, error) {
		var out bytes.Buffer
		// What the template code sets must not be there for what follows it: it is not
		// when the fragment comes from the cache.
		sub := r.Inherit()
		sub.Output = &out
		err := sub.ExecuteWrapper(b.body)
		return out.Bytes(), err
	}
	if choice.Uncached {
		out, err := render(call.Context)
		return out, err
	}
	kind := kindPlain
	if r.Config.AutoEscape {
		kind = kindEscaped
	}
	if choice.Name == "" {
		choice.Name = b.name
	}
	if choice.Extras == nil {
		choice.Extras = call.all()
	}
	return cacheops.Fragment(call.Context, b.lib.cache, choice.Name, choice.Extras, render,
		slices.Concat([]cacheops.FuncOption{cacheops.Version(kind)}, b.lib.options, choice.Options)...)
}

// all returns the arguments, and behind them the name and the value of each that is given
// by name.
func (c *Call) all() []any {
	all := slices.Clone(c.Args)
	for _, name := range slices.Sorted(maps.Keys(c.Named)) {
		all = append(all, name)
		all = append(all, extrasOf(c.Named[name])...)
	}
	return all
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
		return fmt.Errorf("gonjacache: the data has a %T under %q: put the result of cacheops.PageContext there", v, ContextKey)
	}
	c.Context = ctx
	return nil
}

// cached is the tag of that name.
func (l *Library) cached(call *Call) (Choice, error) {
	return choose("cached", call.Args, call.Named)
}

// cachedAs is the tag of that name.
func (l *Library) cachedAs(call *Call) (Choice, error) {
	if len(call.Args) == 0 {
		return Choice{}, errors.New("gonjacache: cached_as needs what the fragment depends on")
	}
	var deps []cacheops.Dep
	switch d := call.Args[0].(type) {
	case cacheops.Dep:
		deps = []cacheops.Dep{d}
	case []cacheops.Dep:
		deps = d
	default:
		return Choice{}, fmt.Errorf("gonjacache: a fragment cannot depend on a %T: give cached_as a cacheops.Dep, or a list of them", d)
	}
	c, err := choose("cached_as", call.Args[1:], call.Named)
	c.Options = append(c.Options, cacheops.DependsOn(func(struct{}) []cacheops.Dep { return deps }))
	return c, err
}

// choose reads a name, a timeout and extras.
func choose(tag string, args []any, named map[string]any) (c Choice, err error) {
	if len(args) != 1 {
		return c, fmt.Errorf("gonjacache: %s has %d arguments where it needs one, the name of the fragment; an extra is written as extra=value", tag, len(args))
	}
	var ok bool
	if c.Name, ok = args[0].(string); !ok || c.Name == "" {
		return c, fmt.Errorf("gonjacache: the name of a fragment of %s is a %T: write it in quotes", tag, args[0])
	}
	c.Extras = []any{}
	for key, v := range named {
		switch key {
		case "timeout":
			var ttl time.Duration
			if ttl, err = timeoutOf(v); err != nil {
				return c, err
			}
			c.Options = append(c.Options, cacheops.TTL(ttl))
		case "extra":
			c.Extras = extrasOf(v)
		default:
			return c, fmt.Errorf("gonjacache: %s has no argument %q: there are timeout and extra", tag, key)
		}
	}
	return c, nil
}

// extrasOf returns the extras that a value stands for: a list of the template stands for
// several.
func extrasOf(v any) []any {
	out := []any{}
	switch list := v.(type) {
	case []any:
		for _, e := range list {
			out = append(out, extrasOf(e)...)
		}
	case *exec.Value:
		return extrasOf(list.Interface())
	case exec.ValuesList:
		for _, e := range list {
			out = append(out, extrasOf(e)...)
		}
	default:
		out = append(out, v)
	}
	return out
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
			return 0, fmt.Errorf("gonjacache: the timeout %q is none: write it like \"5m\", or as a number of seconds", t)
		}
	default:
		return 0, fmt.Errorf("gonjacache: a timeout cannot be a %T: write it like \"5m\", or as a number of seconds", v)
	}
	if d < 0 {
		return 0, fmt.Errorf("gonjacache: the timeout %v is less than nothing", v)
	}
	return d, nil
}
