package cacheops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store/memory"
)

// Cache is the settings, the store and the handles that use them. Make one for
// a program and wrap every database handle with it. It is safe for concurrent
// use.
type Cache struct {
	engine *engine.Engine
	owned  *memory.Store // closed with the cache; nil when the store was given
	memory *memory.Store // the store, where it is in process; nil otherwise

	closeOnce sync.Once
	closeErr  error
}

// New makes a cache. An error names the field of the Config that is wrong, and
// the fix.
func New(cfg Config) (*Cache, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	profiles, err := newPolicies(&cfg)
	if err != nil {
		return nil, err
	}
	writes, err := cfg.writes()
	if err != nil {
		return nil, err
	}
	profiles.warn(cfg.Logger)
	c := new(Cache)
	if cfg.Store == nil {
		if c.owned, err = memory.New(memory.Config{MaxBytes: cfg.MaxBytes}); err != nil {
			return nil, err
		}
		cfg.Store = c.owned
	}
	c.memory, _ = cfg.Store.(*memory.Store)
	c.engine, err = engine.New(engine.Config{
		Store: cfg.Store, Policy: profiles.of, Admit: admit(cfg.Admit), FenceTTL: cfg.FenceTTL, Degrade: cfg.OnStoreFailure == Degrade, LockTTL: cfg.LockTTL,
		MaxEntryBytes: cfg.MaxEntryBytes, MaxImages: cfg.MaxImages, MaxPlans: cfg.MaxPlans, MaxSchemes: cfg.MaxSchemes,
		MaxLocalBytes: cfg.MaxLocalBytes, Prefix: cfg.Prefix, PrefixFor: prefix(cfg.PrefixFunc), PrefixForFunc: prefixForFunc(cfg.PrefixFunc),
		DefaultTTL: cmp.Or(cfg.Defaults.TTL, DefaultTTL), Agnostic: profiles.agnostic(),
		Analysis: analysis.Options{MaxConjunctions: cfg.MaxDisjunction, Functions: writes, SkipColumn: profiles.skipColumn()},
		Shadow:   cfg.Shadow,
		Hooks:    cfg.Hooks.engine(), Logger: cfg.Logger,
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.engine.SetDisabled(cfg.Disabled)
	return c, nil
}

// Close waits for the results that are being stored, and closes the store that New
// made. One that was given is to be closed after it. Close the database handles
// first. It may be called more than once.
func (c *Cache) Close() error {
	c.closeOnce.Do(func() {
		if c.engine != nil {
			c.engine.Close()
		}
		if c.owned != nil {
			c.closeErr = c.owned.Close()
		}
	})
	return c.closeErr
}

// SetDisabled turns the cache off and on again: reads go to the database and
// are not stored. Writes invalidate all the same, so that nothing is stale when
// it is turned on.
func (c *Cache) SetDisabled(off bool) { c.engine.SetDisabled(off) }

// Disabled reports whether the cache is turned off.
func (c *Cache) Disabled() bool { return c.engine.Disabled() }

// Engine returns the machinery, for the wrappers of this project. Programs have
// no use for it.
func (c *Cache) Engine() *engine.Engine { return c.engine }

// Database returns the database of that name, to explain and invalidate. It
// need not be open yet.
func (c *Cache) Database(name string) *Database { return &Database{cache: c, name: name} }

// Database is one database of a cache: the domain within which writes
// invalidate reads.
type Database struct {
	cache *Cache
	name  string
}

// ErrNotOpen is returned where a handle of the database is needed to read its
// schema, and none is open.
var ErrNotOpen = errors.New("cacheops: no handle of the database is open")

// handle returns an open handle with its schema loaded.
func (d *Database) handle(ctx context.Context) (*engine.Handle, error) {
	handles := d.cache.engine.Handles(d.name)
	if len(handles) == 0 {
		return nil, fmt.Errorf("%w: open %q with package sqlcache first", ErrNotOpen, d.name)
	}
	if err := handles[0].EnsureSchema(ctx); err != nil {
		return nil, err
	}
	return handles[0], nil
}
