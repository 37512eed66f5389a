// Package engine is the machinery between a driver wrapper and a store: the
// plan cache, entry keys, the path of a read and the collection of a
// transaction's changes. It knows neither drivers nor SQL.
package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/store"
)

// Config is what an engine is built from. All fields are set by the caller.
type Config struct {
	Store store.Store
	// Policy tells the profile of a table by its schema and name.
	Policy func(table *dialect.Table) Policy
	// Admit is asked before a result is kept. Nil admits all.
	Admit func(*ReadInfo) bool
	// FenceTTL is the life of a fence whose writer dies.
	FenceTTL time.Duration
	// Degrade lets a write pass that cannot be fenced because the store is
	// unavailable.
	Degrade bool
	// LockTTL is how long others wait for one who has the lock of an entry.
	LockTTL time.Duration
	// MaxEntryBytes bounds a stored result.
	MaxEntryBytes int
	// MaxImages bounds the row images of one table in one transaction, and the
	// keys that they match.
	MaxImages int
	// MaxSchemes bounds the schemes of one table.
	MaxSchemes int
	// MaxPlans bounds the plans kept for each handle.
	MaxPlans int
	// Prefix goes before the names of databases in the store.
	Prefix string
	// PrefixFor returns the prefix of a table's stamps in a context, "" where
	// none is known. Nil: there are no such prefixes.
	PrefixFor func(ctx context.Context, database, table string) string
	// PrefixForFunc returns the prefix of a computed result in a context, "" where
	// none is known. Nil: there are no such prefixes.
	PrefixForFunc func(ctx context.Context, name string) string
	// DefaultTTL is how long computed results are kept that neither say so nor read
	// any table.
	DefaultTTL time.Duration
	// Agnostic is true when a policy is.
	Agnostic bool
	// MaxLocalBytes bounds the results that never leave the process.
	MaxLocalBytes int64
	Analysis      analysis.Options
	// Shadow has every read go to the database, and compares.
	Shadow bool
	Hooks  Hooks
	Logger *slog.Logger
}

// Engine serves all handles of one cache.
type Engine struct {
	cfg      Config
	local    store.Local  // the store's in-process side, or nil
	remote   store.Remote // the store's side here where it is elsewhere, or nil
	counters *counters
	panics   sync.Map // the names of the program's functions that panicked
	unsaved  sync.Map // the tables without the column of their profile's CacheOnSave, which was told

	forever *localResults

	// computed is the store's name of the database of computed results. No database
	// has it: see domain.
	computed string
	works    works
	// variants is a digest of everything that the open handles decide of what queries
	// return.
	variants atomic.Pointer[[32]byte]

	disabled atomic.Bool
	drops    drops
	outage   outage
	debts    debts

	background *background
	aside      chan struct{} // holds one for each fill whose reader went on; nil: none does

	mu      sync.Mutex               // guards handles and queues
	handles map[string][]*Handle     // by Database, in the order of opening
	queues  map[string]chan struct{} // by Database: full while a write runs
}

// New makes an engine.
func New(cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg, counters: newCounters(), handles: make(map[string][]*Handle), queues: make(map[string]chan struct{})}
	e.cfg.Hooks = e.guarded(cfg.Hooks)
	e.computed = cfg.Prefix + "|="
	e.variants.Store(new([32]byte))
	e.drops.seed = maphash.MakeSeed()
	e.local, _ = cfg.Store.(store.Local)
	e.remote, _ = cfg.Store.(store.Remote)
	e.background = newBackground(cfg.Logger)
	if e.remote != nil {
		if n := e.remote.FillsAside(); n > 0 {
			e.aside = make(chan struct{}, n)
		}
	}
	var err error
	if e.forever, err = newLocalResults(cfg.MaxLocalBytes); err != nil {
		return nil, fmt.Errorf("cacheops: results of this process: %w", err)
	}
	return e, nil
}

// Close waits for the fills under way, tells the store what it has not been told
// yet, as far as that can be done, and ends the engine's own goroutines. It may be
// called more than once.
func (e *Engine) Close() {
	e.background.close()
	e.settle()
	e.forever.close()
}

// Store returns the store.
func (e *Engine) Store() store.Store { return e.cfg.Store }

// Shared reports whether the store is elsewhere, so that it stays when the process
// ends.
func (e *Engine) Shared() bool { return e.local == nil }

// MaxEntryBytes bounds a stored result.
func (e *Engine) MaxEntryBytes() int { return e.cfg.MaxEntryBytes }

// LockTTL is how long others wait for one who has the lock of an entry.
func (e *Engine) LockTTL() time.Duration { return e.cfg.LockTTL }

// Logger takes what goes wrong and was survived.
func (e *Engine) Logger() *slog.Logger { return e.cfg.Logger }

// SetDisabled turns the answering and filling of reads off and on again.
// Writes invalidate all the same.
func (e *Engine) SetDisabled(off bool) { e.disabled.Store(off) }

// Disabled reports whether the answering and filling of reads is off.
func (e *Engine) Disabled() bool { return e.disabled.Load() }

// Handles returns the open handles of a database.
func (e *Engine) Handles(database string) []*Handle {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*Handle(nil), e.handles[database]...)
}

// register adds a handle, and refuses a second dialect on one database: their
// table names and values would not mean the same.
func (e *Engine) register(h *Handle) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, other := range e.handles[h.database] {
		if other.dialect.Name() != h.dialect.Name() {
			return fmt.Errorf("cacheops: database %q is already open with dialect %s: give the %s handle another Database name",
				h.database, other.dialect.Name(), h.dialect.Name())
		}
	}
	e.handles[h.database] = append(e.handles[h.database], h)
	if e.queues[h.database] == nil {
		e.queues[h.database] = make(chan struct{}, 1)
	}
	h.queue = e.queues[h.database]
	e.vary()
	return nil
}

// vary works out the digest of the open handles: each kind of handle counts once, in
// whatever order they were opened.
func (e *Engine) vary() {
	var all []string
	for _, list := range e.handles {
		for _, h := range list {
			all = append(all, string(h.digest[:]))
		}
	}
	slices.Sort(all)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(all), "")))
	e.variants.Store(&sum)
}

// unregister removes a handle. It may be called twice.
func (e *Engine) unregister(h *Handle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.handles[h.database]
	for i, other := range list {
		if other == h {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	e.handles[h.database] = list
	if len(list) == 0 {
		delete(e.handles, h.database)
	}
	e.vary()
}

// schemaChanged gives the database's schema a new version, in the store and for
// the handles of this process.
func (e *Engine) schemaChanged(ctx context.Context, database string) error {
	_, err := e.cfg.Store.BumpSchema(ctx, e.domain(database))
	_ = e.noted(ctx, callBump, err)
	for _, h := range e.Handles(database) {
		h.stale.Store(true)
	}
	return err
}

// newToken returns a random token. The system's random source does not fail.
func newToken() store.Token {
	var t store.Token
	rand.Read(t[:])
	return t
}
