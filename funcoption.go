package cacheops

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cacheops/cacheops/internal/argument"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/engine"
)

// FuncOption is a choice for a [Func]: [TTL] and [Lock], which are options for contexts
// too, and those that begin here.
type FuncOption interface {
	applyFunc(o *funcOptions) error
}

// funcOptions are the choices for one function.
type funcOptions struct {
	ttl       time.Duration
	lock      bool
	ttlOnly   bool
	version   string   // what Version said
	parts     []string // what the options add to the identity
	codec     Codec
	errs      []error
	extras    []any // each appends to the arguments: a string, or a func(*A, []byte)
	dependsOn any   // a func(A) []Dep
	keeper    Keeper
}

type funcOption func(o *funcOptions) error

func (f funcOption) applyFunc(o *funcOptions) error { return f(o) }

// applyFunc implements [FuncOption].
func (option Option) applyFunc(o *funcOptions) error {
	var c calloptions.Options
	option(&c)
	if c.HasOps {
		return errors.New("Ops says nothing of functions: leave it out")
	}
	if c.TTL > 0 {
		o.ttl = c.TTL
	}
	o.lock = o.lock || c.Lock
	return nil
}

// TTLOnly has the results of a function depend on nothing: only their time to live ends
// them, and Invalidate. It works in transactions like anywhere: what a call finds is
// stored, also what was read in a transaction that is rolled back later.
//
// The result of a function that calls one of these, however deep, lives no longer than
// what that returned, unless it has TTLOnly or DependsOn itself.
func TTLOnly() FuncOption {
	return funcOption(func(o *funcOptions) error { o.ttlOnly = true; return nil })
}

// DependsOn says what the results of a function depend on, by its arguments, in place
// of the queries that it makes. It is asked before the function runs. Use it for
// queries that cannot be cached, and for what is read past the library. A is the type
// of the function's arguments.
//
// What it names has to be there, else the result is not stored, and a warning is
// logged. A result is not stored either where the function writes, or reads in a
// transaction that has written.
func DependsOn[A any](f func(args A) []Dep) FuncOption {
	return funcOption(func(o *funcOptions) error { o.dependsOn = f; return nil })
}

// Dep is something that a result depends on: see [On] and [OnQuery].
type Dep struct {
	dep engine.Dep
	err error
}

// On is a dependency on what a target means: of [Row] the rows with these values, and
// of [Table], [Pattern] and [All] all rows of the tables. Tables that are made later
// count too.
func On(database string, t Target) Dep {
	return Dep{dep: engine.Dep{Database: database, Target: t.target}, err: t.err}
}

// OnQuery is a dependency on whatever the query with these arguments depends on. The
// query is not run.
func OnQuery(database, query string, args ...any) Dep {
	d := Dep{dep: engine.Dep{Database: database, Query: query}}
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			d.err = fmt.Errorf("cacheops: OnQuery(%q): argument %d: %w", query, i+1, err)
		}
		d.dep.Args = append(d.dep.Args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return d
}

// Engine returns what the machinery knows a dependency as, for the wrappers of this
// project, or why it is none. Programs have no use for it.
func (d Dep) Engine() (engine.Dep, error) { return d.dep, d.err }

// Version tells the results of a function's code apart from those of its code before. It
// is a part of keys. Of several all count.
func Version(v string) FuncOption {
	return funcOption(func(o *funcOptions) error {
		o.version += strconv.Itoa(len(v)) + ":" + v
		o.parts = append(o.parts, "version", v)
		return nil
	})
}

// Extra adds a value to the keys of a function's results: something that decides the
// result and is no argument. Its type has to be one that may be an argument. Of several
// all count, in their order. See [ExtraFunc] for one that the arguments decide.
func Extra[E any](value E) FuncOption {
	return funcOption(func(o *funcOptions) error {
		enc, err := argument.For[E]()
		if err != nil {
			return err
		}
		b, err := argument.Append(enc, nil, &value)
		o.parts = append(o.parts, "extra", typeName[E]())
		o.extras = append(o.extras, string(b))
		return err
	})
}

// ExtraFunc is [Extra] with a value for each call. A is the type of the function's
// arguments.
func ExtraFunc[A, E any](f func(args A) E) FuncOption {
	return funcOption(func(o *funcOptions) error {
		enc, err := argument.For[E]()
		if err != nil {
			return err
		}
		if f == nil {
			return errors.New("ExtraFunc got no function")
		}
		o.parts = append(o.parts, "extra", typeName[E]())
		o.extras = append(o.extras, func(args *A, b []byte) ([]byte, error) {
			e := f(*args)
			return argument.Append(enc, b, &e)
		})
		return nil
	})
}

// WithCodec has the results of a function encoded by another codec than [CBOR].
func WithCodec(c Codec) FuncOption {
	return funcOption(func(o *funcOptions) error {
		if c == nil {
			return errors.New("WithCodec got no codec")
		}
		o.codec = c
		return nil
	})
}

// StoreErrors has errors of the function stored like results where they are, by
// errors.Is, one of these: that nothing was found is a result too, and depends on what
// was looked for. A hit returns the error that is given here, and nothing of what was
// wrapped around it.
func StoreErrors(errs ...error) FuncOption {
	return funcOption(func(o *funcOptions) error {
		for _, err := range errs {
			if err == nil {
				return errors.New("StoreErrors got an error that is nil")
			}
			for _, known := range o.errs {
				if known.Error() == err.Error() && !errors.Is(err, known) {
					return fmt.Errorf("StoreErrors got two errors of one text, and they are stored by it: %w", err)
				}
			}
			o.errs = append(o.errs, err)
		}
		return nil
	})
}

// Keeper keeps results outside of the cache's store until their time is over: the
// folder of package filecache is one. It may be used by many goroutines.
type Keeper = engine.Keeper

// KeepIn has the results of a function kept in another place than the cache's store.
// They depend on nothing but their time to live, as with [TTLOnly], which need not be
// given, and [DependsOn] is an error. Where the place fails the function runs.
//
// [Func.Invalidate] needs the arguments then, and under Config.PrefixFunc a prefix. It
// reaches what processes with the same databases open have kept; not a call that is
// under way, whose result is kept after it, nor other functions whose results were made
// with one of these.
// [InvalidateFragment] does not reach such fragments.
func KeepIn(k Keeper) FuncOption {
	return funcOption(func(o *funcOptions) error {
		if k == nil {
			return errors.New("KeepIn got no place")
		}
		o.keeper, o.ttlOnly = k, true
		return nil
	})
}

// check says what excludes each other.
func (o *funcOptions) check() error {
	switch {
	case o.dependsOn == nil:
		return nil
	case o.keeper != nil:
		return errors.New("KeepIn and DependsOn exclude each other: what is kept elsewhere ends by its time alone, so leave one of them out")
	case o.ttlOnly:
		return errors.New("DependsOn and TTLOnly exclude each other: leave one of them out")
	default:
		return nil
	}
}

// extraOf returns what appends the extras of a function's arguments to them, nil where
// there is none.
func extraOf[A any](extras []any) (func(*A, []byte) ([]byte, error), error) {
	var all func(*A, []byte) ([]byte, error)
	for _, extra := range extras {
		before := all
		switch e := extra.(type) {
		case string:
			all = func(_ *A, b []byte) ([]byte, error) { return append(b, e...), nil }
		case func(*A, []byte) ([]byte, error):
			all = e
		default:
			return nil, fmt.Errorf("ExtraFunc has another type of arguments than the function, which has %T", *new(A))
		}
		if this := all; before != nil {
			all = func(args *A, b []byte) ([]byte, error) {
				b, err := before(args, b)
				if err != nil {
					return nil, err
				}
				return this(args, b)
			}
		}
	}
	return all, nil
}

// declaredBy returns what asks for the declared dependency, nil where there is none.
func declaredBy[A any](dependsOn any) (func(*A) func() ([]engine.Dep, error), error) {
	switch f := dependsOn.(type) {
	case nil:
		return nil, nil //nolint:nilnil // there is none
	case func(A) []Dep:
		if f == nil {
			return nil, errors.New("DependsOn got no function")
		}
		return func(args *A) func() ([]engine.Dep, error) {
			return func() ([]engine.Dep, error) {
				list := f(*args)
				out := make([]engine.Dep, len(list))
				for i := range list {
					if list[i].err != nil {
						return nil, list[i].err
					}
					out[i] = list[i].dep
				}
				return out, nil
			}
		}, nil
	default:
		return nil, fmt.Errorf("DependsOn has another type of arguments than the function, which has %T", *new(A))
	}
}
