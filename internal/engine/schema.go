package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// seldom is a connection whose Once is for queries that are seldom repeated, so that
// nothing is kept for the next time.
type seldom interface{ Once() dialect.Queryer }

// shifted is a connection that may be unfit to read the schema over. Shifted is true
// while its state may show another schema than its peers see, and in a transaction of
// the program, which must not meet an error of ours.
type shifted interface{ Shifted() bool }

// errShifted is returned where the schema would have to be read over a connection
// that is not fit for it.
var errShifted = errors.New("the schema has to be read over another connection")

// loadSchema reads the schema, unless another connection did so since old was
// seen.
func (h *Handle) loadSchema(ctx context.Context, db dialect.Queryer, old *schemaState) error {
	if s, ok := db.(shifted); ok && s.Shifted() {
		return errShifted
	}
	select {
	case h.loading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := h.loadAlone(ctx, db, old)
	if err != nil && ctx.Err() != nil {
		h.catchUp(func(ctx context.Context, db dialect.Queryer) error {
			_, err := h.CheckSchema(ctx, db, nil)
			return err
		})
	}
	return err
}

// loadAlone is loadSchema of the one who holds h.loading, and gives it up.
func (h *Handle) loadAlone(ctx context.Context, db dialect.Queryer, old *schemaState) (err error) {
	defer func() { <-h.loading }()
	if now := h.schema.Load(); now != old {
		return nil // the caller compares again
	}
	h.stale.Store(false) // before it is read: a change from here on sets it again
	defer func() {
		if err != nil {
			h.stale.Store(true)
		}
	}()
	state, err := h.readSchema(ctx, db)
	if err != nil {
		return err
	}
	if old != nil && old.version == state.version && (old.catalog.Version != state.catalog.Version || old.digest != state.digest) {
		// Somebody changed the schema without us: other processes must notice.
		state.version, err = h.engine.cfg.Store.BumpSchema(ctx, h.domain)
		if h.engine.noted(ctx, callSchema, err) != nil {
			return fmt.Errorf("cacheops: new schema version of %q: %w", h.database, err)
		}
		// Computed results do not have the version in their keys.
		if err := h.engine.InvalidateAll(ctx, h.database, CauseSchema); err != nil {
			return fmt.Errorf("cacheops: new schema version of %q: %w", h.database, err)
		}
	}
	h.schema.Store(state)
	return nil
}

// readSchema reads the schema with its version and its digest.
func (h *Handle) readSchema(ctx context.Context, db dialect.Queryer) (*schemaState, error) {
	// The store's version is read first: a change in between leaves us with
	// an old version and so with another load, never with an old catalog
	// under a new version.
	version, err := h.StoredSchema(ctx)
	if err != nil {
		return nil, fmt.Errorf("cacheops: schema version of %q: %w", h.database, err)
	}
	if r, ok := db.(seldom); ok {
		db = r.Once()
	}
	// The digest is read before the catalog: after a change in between it is too old,
	// and the next look finds the change.
	digest, err := h.dialect.SchemaDigest(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("cacheops: digest of the schema of %q: %w", h.database, err)
	}
	// A change of the schema gives it a new version behind its fence, right before it
	// commits. So as long as that fence is there, what is read now may be of before the
	// commit: see provisional. Once the fence is gone there is either one more version,
	// or the fence ran out, long after the commit.
	provisional := digest != "" && h.schemaFenced(ctx)
	catalog, err := h.dialect.LoadCatalog(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("cacheops: read the schema of %q: %w", h.database, err)
	}
	state := h.newState(catalog, version)
	state.digest, state.provisional = digest, provisional
	state.looks.note()
	return state, nil
}

// schemaFenced reports whether somebody may be about to commit a change of the
// schema: such a change fences everything.
func (h *Handle) schemaFenced(ctx context.Context) bool {
	lease, err := h.engine.cfg.Store.Lease(ctx, &store.Query{Database: h.domain})
	return h.engine.noted(ctx, callLease, err) != nil || lease.Fenced
}

// Reload reads the schema anew over db, unless the one in force is no longer that of
// connections with these settings: then somebody else did so.
func (h *Handle) Reload(ctx context.Context, db dialect.Queryer, settings string) error {
	s := h.schema.Load()
	if s == nil || s.catalog.Settings != settings {
		return nil
	}
	return h.loadSchema(ctx, db, s)
}

// versionless reports whether the database has no cheap version of its schema. Then
// a statement must be compared with the store's version after it ran, as it is in a
// transaction, right before the commit. It is true as long as nothing is known.
func (h *Handle) versionless() bool {
	s := h.schema.Load()
	return s == nil || s.catalog.Version == ""
}

// looks notes when the schema was last compared with the database's, by its digest.
type looks struct {
	last atomic.Int64 // a Moment
	busy atomic.Bool  // somebody is looking
}

func (l *looks) note() { l.last.Store(int64(Now())) }

// LookDue reports whether the last look at the schema is so old that it is time for
// another one. Where the database has a cheap version it never is.
func (h *Handle) LookDue() bool {
	s := h.schema.Load()
	return s != nil && s.digest != "" && Now()-Moment(s.looks.last.Load()) > Moment(h.lookEvery)
}

// Look compares the schema in force with the database's by its digest, and reads it
// anew where they differ: then another program changed it. It returns true when the
// plans made before are void. While one connection looks the others do not.
func (h *Handle) Look(ctx context.Context, db dialect.Queryer) (changed bool, err error) {
	s := h.schema.Load()
	if s == nil || s.digest == "" || !s.looks.busy.CompareAndSwap(false, true) {
		return false, nil
	}
	changed, err = h.lookAlone(ctx, db, s)
	if err != nil && ctx.Err() != nil {
		h.catchUp(func(ctx context.Context, db dialect.Queryer) error {
			_, err := h.Look(ctx, db)
			return err
		})
	}
	return changed, err
}

// lookAlone is Look of the one who is busy with it.
func (h *Handle) lookAlone(ctx context.Context, db dialect.Queryer, s *schemaState) (changed bool, err error) {
	defer s.looks.busy.Store(false)
	s.looks.note() // an error is not met again at each statement
	asked := db
	if r, ok := db.(seldom); ok {
		asked = r.Once()
	}
	digest, err := h.dialect.SchemaDigest(ctx, asked)
	if err != nil {
		return false, fmt.Errorf("cacheops: digest of the schema of %q: %w", h.database, err)
	}
	if digest == s.digest {
		return false, nil
	}
	return true, h.loadSchema(ctx, db, s)
}

// Planned takes note of the plan of a statement that was run before the fence. The
// store's answer to the fence tells whether the schema was the plan's all along,
// where the database has no version to ask for.
func (c *Changes) Planned(p *Plan) {
	if p.state == nil || p.state.catalog.Version != "" {
		return
	}
	if !slices.Contains(c.versions, p.state.version) {
		c.versions = append(c.versions, p.state.version)
	}
}

// Outrun reports whether the schema may have been changed, by any process, since the
// statements were planned that were run. The store is asked, unless none was.
func (c *Changes) Outrun(ctx context.Context) bool {
	if len(c.versions) == 0 {
		return false
	}
	stored, err := c.handle.StoredSchema(ctx)
	return err != nil || slices.ContainsFunc(c.versions, func(v store.Schema) bool { return v != stored })
}

// outrun reports whether the schema was changed since the statements were planned.
// Stored is its version by the store's answer to the fence or the bump; zero where
// the store had nothing to answer, and is asked.
func (c *Changes) outrun(ctx context.Context, stored store.Schema) bool {
	if len(c.versions) == 0 || c.everything() {
		return false
	}
	if stored == (store.Schema{}) {
		var err error
		if stored, err = c.handle.StoredSchema(ctx); err != nil {
			return true
		}
	}
	for _, v := range c.versions {
		if v != stored {
			return true
		}
	}
	return false
}

// everything reports whether a change that may be of any table was collected.
func (c *Changes) everything() bool {
	for i := range c.log {
		if c.log[i].table == nil {
			return true
		}
	}
	return false
}
