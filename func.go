package cacheops

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cacheops/cacheops/internal/argument"
	"github.com/cacheops/cacheops/internal/engine"
)

// Func is a function whose results are cached, by its arguments. Make one with
// [NewFunc]. It may be used by many goroutines.
//
// # What a result depends on
//
// By default a result depends on every query that ran under the function's context, on
// any handle of the cache, through any library: whether it was answered by the cache or
// by the database, in the function itself, in those that it calls, in goroutines that
// carry the context. It is valid while none of them could have another result. There is
// nothing to declare.
//
// A result is handed out, but not stored, where the function
//
//   - makes a query that cannot be cached, whatever the profiles say (see
//     [Database.Explain]), or one of a table whose profile is Never;
//   - reads in a transaction that has written, or at a level at which its reads keep
//     out of the cache, as always on SQLite;
//   - writes, or runs any other statement that is no read;
//   - makes a query under [Bypass], or on a connection whose session was changed, or one
//     that fails, or one while a write to what it reads is under way;
//   - makes more than a thousand queries;
//   - has a goroutine that is in the middle of a query when it returns.
//
// [ReadEvent.Reason] tells which. Queries that profiles do not cache count like any
// other. A query under another context, of a handle that is not of this cache, or of
// anything else that changes, is not noticed: such functions need [DependsOn] or
// [TTLOnly]. Nor is one that database/sql gives up before a driver sees it, as where a
// context of its own ends while it waits for a connection: return its error, and the
// result is not stored.
//
// # Transactions
//
// A call is not a part of any transaction: what it finds is what was committed. In a
// transaction that has written call the function under [Bypass], so that it runs. What
// it then reads in the transaction is stored nowhere.
type Func[A, R any] struct {
	cache    *Cache
	name     string
	f        func(context.Context, A) (R, error)
	options  funcOptions
	identity *engine.Identity
	args     *argument.Encoder
	extra    func(*A, []byte) ([]byte, error)
	declared func(*A) func() ([]engine.Dep, error)
	coder    coder[R]
	asked    sync.Pool // of *asked[A]
}

// asked is what a call asks for. It is used again, so that a hit allocates neither.
type asked[A any] struct {
	args A
	key  []byte
}

// maxAsked is how large a key may be that is kept to be used again.
const maxAsked = 4 << 10

// ErrMiss is returned where nothing is stored, or nothing that is still valid.
var ErrMiss = errors.New("cacheops: nothing is stored")

// NewFunc returns a function whose results are cached. The name tells it apart from all
// others on the store, in all programs: two that have one name, one version, and types
// that are written alike, share results. So give a function whose code changes what it
// returns another [Version].
//
// A result's key is made of the name, the arguments, and what [Extra] adds. The
// arguments are the exported fields of A, and of what it holds: a type that has fields
// that are not exported, or holds functions, channels or interfaces, is an error, as is
// any other that cannot be a part of a key. Types with MarshalBinary or MarshalText are
// asked. A field with the tag `cacheops:"-"` is left out. A function of several
// arguments takes a struct; one of none takes struct{}.
//
// The result has to survive the codec, see [CBOR]: what a hit returns is what
// Unmarshal makes of it, never memory that others have.
func NewFunc[A, R any](c *Cache, name string, f func(context.Context, A) (R, error), options ...FuncOption) (*Func[A, R], error) {
	if name == "" || f == nil {
		return nil, errors.New("cacheops: NewFunc needs a name and a function")
	}
	fn := &Func[A, R]{cache: c, name: name, f: f, options: funcOptions{codec: CBOR()}}
	for _, o := range options {
		if err := o.applyFunc(&fn.options); err != nil {
			return nil, fmt.Errorf("cacheops: NewFunc(%q): %w", name, err)
		}
	}
	if err := fn.options.check(); err != nil {
		return nil, fmt.Errorf("cacheops: NewFunc(%q): %w", name, err)
	}
	var err error
	if fn.args, err = argument.For[A](); err != nil {
		return nil, fmt.Errorf("cacheops: NewFunc(%q): %w", name, err)
	}
	if fn.extra, err = extraOf[A](fn.options.extras); err != nil {
		return nil, fmt.Errorf("cacheops: NewFunc(%q): %w", name, err)
	}
	if fn.declared, err = declaredBy[A](fn.options.dependsOn); err != nil {
		return nil, fmt.Errorf("cacheops: NewFunc(%q): %w", name, err)
	}
	if fn.coder = newCoder[R](fn.options.codec); fn.coder.check != nil {
		if err := fn.coder.check(); err != nil {
			return nil, fmt.Errorf("cacheops: NewFunc(%q): the result: %w", name, err)
		}
	}
	fn.identity = engine.NewIdentity("func", name).Of(append(fn.options.parts, fn.coder.name, typeName[A](), typeName[R]())...)
	return fn, nil
}

// Must returns f, and panics where there is an error: for functions that are made when
// the program starts.
//
//	var stats = cacheops.Must(cacheops.NewFunc(cache, "stats", loadStats))
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err) //nolint:forbidigo // it is what the program asks for
	}
	return v
}

// Call returns the function's result for the arguments: one that is stored and valid,
// or what the function returns, which is stored where that is possible.
//
// Of calls that miss the same result at once, in this process, one runs the function,
// and the others take its result where it is no older than they are; with [Lock] that
// holds for all processes. An error is returned and not stored, see [StoreErrors]. The
// function runs on the goroutine of its caller, under its context: a panic of it, an
// error and the end of its context reach that caller alone, and then the next one runs
// it. Nobody waits longer than Config.LockTTL.
func (f *Func[A, R]) Call(ctx context.Context, args A) (R, error) {
	data, ok := f.glance(ctx, args)
	if !ok {
		return f.call(ctx, args, false)
	}
	r, err, ok := f.decode(ctx, data)
	switch {
	case ok:
		return r, err
	case f.Invalidate(ctx, args) != nil:
		return f.f(ctx, args)
	default:
		return f.call(ctx, args, true)
	}
}

// glance returns the form of a result that is at hand, or false where there is more to
// do.
func (f *Func[A, R]) glance(ctx context.Context, args A) ([]byte, bool) {
	a, _ := f.asked.Get().(*asked[A])
	if a == nil {
		a = new(asked[A])
	}
	a.args = args
	key, err := f.appendArgs(a.key[:0], &a.args)
	if err != nil {
		return nil, false
	}
	data, ok := f.cache.engine.Glance(ctx, &engine.Computation{Name: f.name, Identity: f.identity, Args: key, Keeper: f.options.keeper})
	if cap(key) <= maxAsked {
		var none A // what the arguments refer to is not held on to
		a.args, a.key = none, key
		f.asked.Put(a)
	}
	return data, ok
}

// call is Call where nothing is at hand. Unreadable says that what was stored could not
// be read, and was dropped.
func (f *Func[A, R]) call(ctx context.Context, args A, unreadable bool) (R, error) {
	c, err := f.computation(&args)
	if err != nil {
		var zero R
		return zero, err
	}
	var made R
	var failed error
	c.Run = func(ctx context.Context) (data []byte, err error) {
		if made, failed = f.f(ctx, args); failed != nil {
			return f.encodeError(failed), failed
		}
		if data = f.encode(ctx, made); data == nil {
			err = engine.NotKeptError("its result could not be encoded")
		}
		return data, err
	}
	for {
		data, fresh, err := f.cache.engine.Compute(ctx, c)
		if fresh {
			return made, failed
		}
		if err != nil {
			var zero R
			return zero, err
		}
		r, err, ok := f.decode(ctx, data)
		if ok {
			return r, err
		}
		if unreadable || f.Invalidate(ctx, args) != nil {
			// What replaced it cannot be read either, or would not replace it.
			return f.f(ctx, args)
		}
		unreadable = true
	}
}

// Peek returns the result for the arguments if it is stored and valid. It does not run
// the function; where there is nothing the error is [ErrMiss]. Under [Bypass], and
// while the cache is disabled, there is nothing.
func (f *Func[A, R]) Peek(ctx context.Context, args A) (R, error) {
	var zero R
	c, err := f.computation(&args)
	if err != nil {
		return zero, err
	}
	data, ok := f.cache.engine.Peek(ctx, c)
	if ok {
		if r, err, ok := f.decode(ctx, data); ok {
			return r, err
		}
	}
	return zero, ErrMiss
}

// Set stores a result for the arguments, as if the function had returned it now. It
// depends on what DependsOn says; without that only Invalidate, Set and the time to
// live end it, which is that of the function or else of Config.Defaults.
//
// The result before it is dropped, and other functions whose results were made with
// that drop theirs. So it is under [Bypass] and while the cache is disabled, when
// nothing is stored in its place. Where the store is unavailable that is an error, and
// the result before it may still be there.
func (f *Func[A, R]) Set(ctx context.Context, args A, r R) error {
	c, err := f.computation(&args)
	if err != nil {
		return err
	}
	data, err := f.coder.encode(r)
	if err != nil {
		return fmt.Errorf("cacheops: the result of %q cannot be stored: %w", f.name, err)
	}
	if c.Dependency == engine.DependsRecorded {
		c.Dependency = engine.DependsTime
	}
	if err := f.cache.engine.Put(ctx, c, append([]byte{tagResult}, data...)); err != nil {
		return fmt.Errorf("cacheops: set a result of %q: %w", f.name, err)
	}
	return nil
}

// Invalidate drops the results for these arguments, or all results of the function
// where there are none. When it has returned no call that starts afterwards, in any
// process, is answered from before it, also by one that was under way meanwhile. Under
// Config.PrefixFunc it drops those of the context's prefix, or of every prefix where
// there is none.
//
// Other functions whose results were made with one of these drop theirs too.
func (f *Func[A, R]) Invalidate(ctx context.Context, args ...A) error {
	list := make([][]byte, len(args))
	for i := range args {
		b, err := f.encodeArgs(&args[i])
		if err != nil {
			return err
		}
		list[i] = b
	}
	if f.options.keeper != nil {
		return f.unkeep(ctx, list)
	}
	if err := f.cache.engine.Forget(ctx, f.name, f.identity, list); err != nil {
		return fmt.Errorf("cacheops: invalidate %q: %w", f.name, err)
	}
	return nil
}

// unkeep drops results that are not in the store.
func (f *Func[A, R]) unkeep(ctx context.Context, args [][]byte) error {
	if len(args) == 0 {
		return fmt.Errorf("cacheops: invalidate %q: its results are kept elsewhere, so give the arguments: %w", f.name, errors.ErrUnsupported)
	}
	for _, b := range args {
		c := engine.Computation{Name: f.name, Identity: f.identity, Args: b, Keeper: f.options.keeper}
		if err := f.cache.engine.Unkeep(ctx, &c); err != nil {
			return fmt.Errorf("cacheops: invalidate %q: %w", f.name, err)
		}
	}
	return nil
}

// computation describes a call.
func (f *Func[A, R]) computation(args *A) (*engine.Computation, error) {
	b, err := f.encodeArgs(args)
	if err != nil {
		return nil, err
	}
	c := &engine.Computation{Name: f.name, Identity: f.identity, Args: b, TTL: f.options.ttl, Lock: f.options.lock, Keeper: f.options.keeper}
	switch {
	case f.options.ttlOnly:
		c.Dependency = engine.DependsTime
	case f.declared != nil:
		c.Dependency, c.Declared = engine.DependsDeclared, f.declared(args)
	}
	return c, nil
}

// encodeArgs encodes the arguments and what Extra adds to them.
func (f *Func[A, R]) encodeArgs(args *A) ([]byte, error) {
	return f.appendArgs(make([]byte, 0, 64), args)
}

func (f *Func[A, R]) appendArgs(b []byte, args *A) ([]byte, error) {
	b, err := argument.Append(f.args, b, args)
	if err == nil && f.extra != nil {
		b, err = f.extra(args, b)
	}
	if err != nil {
		return nil, fmt.Errorf("cacheops: the arguments of %q: %w", f.name, err)
	}
	return b, nil
}

// What a stored result begins with.
const (
	tagResult byte = iota
	tagError
)

// encode returns the form of a result, or nil where it has none.
func (f *Func[A, R]) encode(ctx context.Context, r R) []byte {
	data, err := f.coder.encode(r)
	if err != nil {
		f.cache.engine.CodecFailed(ctx, f.name, err)
		return nil
	}
	return append([]byte{tagResult}, data...)
}

// encodeError returns the form of an error that is to be stored, or nil.
func (f *Func[A, R]) encodeError(err error) []byte {
	for _, known := range f.options.errs {
		if errors.Is(err, known) {
			return append([]byte{tagError}, known.Error()...)
		}
	}
	return nil
}

// decode reads what encode or encodeError made, or returns false.
func (f *Func[A, R]) decode(ctx context.Context, data []byte) (r R, err error, ok bool) { //nolint:revive // the error is a result
	switch {
	case len(data) == 0:
	case data[0] == tagResult:
		if r, err = f.coder.decode(data[1:]); err == nil {
			return r, nil, true
		}
		f.cache.engine.CodecFailed(ctx, f.name, err)
	case data[0] == tagError:
		for _, known := range f.options.errs {
			if known.Error() == string(data[1:]) {
				return r, known, true
			}
		}
	}
	var zero R
	return zero, nil, false
}
