package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// Handle is one wrapped database handle: a dialect, a Database and a Variant.
type Handle struct {
	engine   *Engine
	dialect  dialect.Dialect
	database string
	domain   string // what the store calls the database
	// domains are the store's names of the databases in which a change has to be
	// made: the handle's own, and the shared one where there may be something.
	domains []string
	digest  [32]byte // of what the handle decides in a key
	// anyDigest is the digest for results that all databases share.
	anyDigest [32]byte

	// schema is what the plans were made from; nil before the first load.
	schema atomic.Pointer[schemaState]
	// stale is set when this process changed the schema, so that the next
	// statement reads it anew; other processes notice by their next lease.
	stale atomic.Bool
	// loading is held by the connection that reads the catalog: no two do at once.
	loading chan struct{}
	// behind is true while a connection of its own catches up, see catchUp.
	behind atomic.Bool

	plans   *otter.Cache[string, *Plan]
	recent  recentPlans
	flights flights
	queue   chan struct{} // of the database's short writes

	// Catalog, when set, opens a connection for Explain and reads the schema.
	load func(ctx context.Context) error
	// apart, when set, opens a connection of its own for questions.
	apart func(ctx context.Context, f func(dialect.Queryer) error) error
	// ahead, when set, makes reads whose results nobody waits for.
	ahead func([]Ahead)
	// lookEvery is how old the last look at the schema may be, see Look.
	lookEvery  time.Duration
	unanswered unanswered
}

// schemaState is a catalog, the store's schema version that it belongs to, and
// what the profiles say about its tables.
type schemaState struct {
	catalog    *dialect.Catalog
	version    store.Schema
	policies   map[*dialect.Table]Policy
	evaluators map[*dialect.Table]*evaluators
	// saves are the columns by which rows are read again after a commit.
	saves map[*dialect.Table]*saved
	// fingerprint is set where results are shared with other databases.
	fingerprint store.Schema

	// digest is the schema's by Dialect.SchemaDigest, "" where there is none.
	digest string
	// provisional is true where the schema was read while somebody may have been
	// about to commit a change of it. Nothing is planned from it.
	provisional bool
	looks       looks
}

// newState puts a catalog in force.
func (h *Handle) newState(catalog *dialect.Catalog, version store.Schema) *schemaState {
	s := &schemaState{catalog: catalog, version: version, policies: make(map[*dialect.Table]Policy, len(catalog.Tables()))}
	s.evaluators = make(map[*dialect.Table]*evaluators, len(catalog.Tables()))
	for _, t := range catalog.Tables() {
		s.policies[t], s.evaluators[t] = h.engine.cfg.Policy(t), new(evaluators)
	}
	if h.engine.cfg.Agnostic {
		s.fingerprint = fingerprint(catalog)
	}
	s.saves = h.savedColumns(s)
	return s
}

// HandleConfig is what a handle is built from.
type HandleConfig struct {
	Dialect  dialect.Dialect
	Database string
	Variant  string
	// AnyVariant is the part of Variant that also tells apart the results that
	// handles of several databases share.
	AnyVariant string
	// Load makes sure that the schema is loaded, over a connection of its own.
	Load func(ctx context.Context) error
	// Apart calls f with a new connection to the database, which is closed after
	// it. It waits for no other connection. Nil: there is no such thing.
	Apart func(ctx context.Context, f func(dialect.Queryer) error) error
	// Ahead makes reads that follow postponed invalidations, over a connection that
	// can be had without waiting for one. Nil: there are none.
	Ahead func([]Ahead)
	// SchemaInterval is how old the last look at the schema may be where the
	// database has no cheap version of it.
	SchemaInterval time.Duration
}

// ErrNoSchema is returned where a schema is needed and could not be read.
var ErrNoSchema = errors.New("the schema has not been read yet")

// Open registers a handle.
func (e *Engine) Open(cfg HandleConfig) (*Handle, error) {
	plans, err := otter.New(&otter.Options[string, *Plan]{MaximumSize: e.cfg.MaxPlans})
	if err != nil {
		return nil, fmt.Errorf("cacheops: plan cache: %w", err)
	}
	h := &Handle{
		engine: e, dialect: cfg.Dialect, database: cfg.Database, domain: e.domain(cfg.Database), load: cfg.Load, apart: cfg.Apart, ahead: cfg.Ahead, lookEvery: cfg.SchemaInterval, plans: plans,
		loading:   make(chan struct{}, 1),
		digest:    handleDigest(cfg.Dialect.Name(), e.domain(cfg.Database), cfg.Variant),
		anyDigest: handleDigest(cfg.Dialect.Name(), e.shared(), cfg.AnyVariant),
		flights:   flights{running: make(map[store.Key]*flight)},
	}
	h.domains = []string{h.domain}
	if e.cfg.Agnostic {
		h.domains = append(h.domains, e.shared())
	}
	if err := e.register(h); err != nil {
		plans.StopAllGoroutines()
		return nil, err
	}
	return h, nil
}

// Close unregisters the handle. It may be called twice.
func (h *Handle) Close() {
	h.engine.unregister(h)
	h.plans.StopAllGoroutines()
}

// Engine returns the engine that the handle belongs to.
func (h *Handle) Engine() *Engine { return h.engine }

// maxQueue bounds the wait in the queue of writes. It only keeps writers from
// trying all at once, so one that waited long enough goes on without it.
const maxQueue = time.Second

// QueueWrite waits for the turn of a short write, one that waits for nobody but
// the database, and returns the function that ends it.
func (h *Handle) QueueWrite(ctx context.Context) (done func()) {
	leave := func() { <-h.queue }
	select {
	case h.queue <- struct{}{}:
		return leave
	default:
	}
	timer := time.NewTimer(maxQueue)
	defer timer.Stop()
	select {
	case h.queue <- struct{}{}:
		return leave
	case <-ctx.Done(): // the statement itself will say so
	case <-timer.C:
	}
	return func() {}
}

// Catalog returns the schema in force, nil before the first load.
func (h *Handle) Catalog() *dialect.Catalog {
	if s := h.schema.Load(); s != nil {
		return s.catalog
	}
	return nil
}

// SchemaStale reports whether the schema is not known, or was changed by this
// process since it was read, or by another one while it was read.
func (h *Handle) SchemaStale() bool {
	s := h.schema.Load()
	return s == nil || s.provisional || h.stale.Load()
}

// EnsureSchema loads the schema over a connection of its own, unless it is
// loaded.
func (h *Handle) EnsureSchema(ctx context.Context) error {
	if !h.SchemaStale() {
		return nil
	}
	if h.load == nil {
		return ErrNoSchema
	}
	return h.load(ctx)
}

// CheckSchema compares the schema in force with the database's own version, and
// with the store's if it is given, and loads the schema anew when one differs.
// It returns true when the plans made before are void. The connection must not
// be in a state that shows another schema than its peers see.
func (h *Handle) CheckSchema(ctx context.Context, db dialect.Queryer, stored *store.Schema) (changed bool, err error) {
	state := h.schema.Load()
	if state != nil && state.provisional && !h.stale.Load() && h.schemaFenced(ctx) {
		return false, nil // it would be no better now
	}
	if state != nil && !state.provisional && !h.stale.Load() {
		version, err := h.dialect.SchemaVersion(ctx, db)
		if err != nil {
			return false, err
		}
		if version == state.catalog.Version && (stored == nil || *stored == state.version) {
			return false, nil
		}
	}
	return true, h.loadSchema(ctx, db, state)
}

// Outdated reports whether a plan was made from another schema than the one in
// force, or whether that one is no longer the database's, which it is compared
// with as by [Handle.CheckSchema]. Such a plan may know nothing of a trigger that
// the statement will run.
func (h *Handle) Outdated(ctx context.Context, db dialect.Queryer, p *Plan) (bool, error) {
	changed, err := h.CheckSchema(ctx, db, nil)
	return changed || p.state != h.schema.Load(), err
}

// Outdated is [Handle.Outdated] by what the store said to the fence, and asks the
// database only where the schema's version has changed. So it notices what was
// done to the schema through the library, by any process, and not what other
// programs did.
func (c *Changes) Outdated(ctx context.Context, db dialect.Queryer, p *Plan) (bool, error) {
	h := c.handle
	if c.degraded {
		return h.Outdated(ctx, db, p)
	}
	if c.stored == (store.Schema{}) { // nothing had to be fenced
		version, err := h.StoredSchema(ctx)
		if err != nil {
			return h.Outdated(ctx, db, p)
		}
		c.stored = version
	}
	if p.state != nil && !h.stale.Load() && p.state == h.schema.Load() && c.stored == p.state.version {
		return false, nil
	}
	changed, err := h.CheckSchema(ctx, db, &c.stored)
	return changed || p.state != h.schema.Load(), err
}

// Plan is the analysis of a text with everything the handle adds to it.
type Plan struct {
	*analysis.Plan
	state  *schemaState // what it was made from; nil when no schema was known
	text   string
	digest [32]byte   // the text's part of the entry key
	domain string     // what the store calls the database of its stamps
	policy readPolicy // of the tables read, combined
	tables []string   // the names of the tables read, for hooks
	get    *getPlan   // of a get by a column that a profile names; nil for others
	// decode is Query.Decode of its calls.
	decode func([]byte) (store.Payload, error)
	// Extra is the driver wrapper's own: what it derived from the plan.
	Extra atomic.Pointer[any]
}

// Text returns the text that was analysed.
func (p *Plan) Text() string { return p.text }

// Plan analyses a text, or takes the analysis from the plan cache. Before the
// schema is known the plan holds no more than the parsed statement.
func (h *Handle) Plan(text string) *Plan {
	state := h.schema.Load()
	slot := h.recent.slot(text)
	if p := slot.Load(); p != nil && p.text == text && p.state == state {
		return p
	}
	p, ok := h.plans.GetIfPresent(text)
	if !ok || p.state != state {
		p = h.newPlan(text, state)
		h.plans.Set(text, p)
	}
	slot.Store(p)
	return p
}

func (h *Handle) newPlan(text string, state *schemaState) *Plan {
	p := &Plan{text: text, state: state}
	st := h.dialect.Parse(text)
	if state == nil || state.provisional {
		p.Plan = &analysis.Plan{Statement: st}
		return p
	}
	p.Plan = analysis.Make(h.dialect, st, state.catalog, h.engine.cfg.Analysis)
	p.digest, p.domain = textDigest(h.digest, state.version, state.catalog.Settings, text), h.domain
	if p.Read != nil {
		p.policy = state.combine(p.Read)
		if p.policy.agnostic && p.policy.local {
			// Nothing but another key ends what stays in the process, and the
			// schema's version is one: a fingerprint can come back.
			p.policy.agnostic = false
		}
		if p.policy.agnostic {
			p.digest, p.domain = textDigest(h.anyDigest, state.fingerprint, state.catalog.Settings, text), h.engine.shared()
		}
		results := new(result.Decoder)
		p.decode = func(b []byte) (store.Payload, error) {
			r, err := results.Decode(b)
			if err != nil {
				return nil, err // and no *result.Result that is nil
			}
			return r, nil
		}
		for _, t := range p.Read.Tables {
			p.tables = append(p.tables, t.Name)
		}
		p.get = state.getPlan(p)
	}
	return p
}

// StoredSchema returns the schema's version in the store.
func (h *Handle) StoredSchema(ctx context.Context) (store.Schema, error) {
	version, err := h.engine.cfg.Store.Schema(ctx, h.domain)
	return version, h.engine.noted(ctx, callSchema, err)
}
