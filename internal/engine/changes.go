package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// maxRegistryRounds bounds how often keys are worked out again because the
// registry changed meanwhile; then the table's epoch is taken.
const maxRegistryRounds = 4

// Changes collects what one transaction changes, and carries it through fence
// and bump. It belongs to one connection and is not safe for concurrent use.
type Changes struct {
	handle *Handle
	token  store.Token
	log    []change
	marks  []mark
	images map[*dialect.Table]int // images in the log, for the bound
	query  string                 // the last statement, for hooks

	planned *schemaState // in force when the collection began

	fenced   bool
	fencedAt time.Time // when the fences in force were asked for
}

// change is one statement's part for one table.
type change struct {
	table   *dialect.Table // nil: everything
	schema  bool           // the schema may have changed
	epoch   bool
	columns []int
	rows    [][]driver.Value
}

// mark is a savepoint.
type mark struct {
	name string
	size int // of the log
}

// NewChanges returns an empty collection.
func (h *Handle) NewChanges() *Changes {
	return &Changes{handle: h, token: newToken(), planned: h.schema.Load()}
}

// Empty reports whether nothing was collected.
func (c *Changes) Empty() bool { return len(c.log) == 0 }

// SetQuery remembers the statement that is about to be collected, for hooks.
func (c *Changes) SetQuery(text string) { c.query = text }

// AddAll collects a change of anything.
func (c *Changes) AddAll(schema bool) { c.log = append(c.log, change{schema: schema}) }

// AddEpochs collects changes of unknown rows.
func (c *Changes) AddEpochs(tables ...*dialect.Table) {
	for _, t := range tables {
		c.log = append(c.log, change{table: t, epoch: true})
	}
}

// AddWrite collects everything that a write can reach, without images.
func (c *Changes) AddWrite(w *analysis.Write) {
	if w.All {
		c.AddAll(w.Schema)
		return
	}
	c.AddEpochs(w.Tables()...)
}

// AddImages collects row images: values of the columns, in their order; some
// may be [dialect.RowName], which no scheme needs. Above the bound the images are
// replaced by the table's epoch.
func (c *Changes) AddImages(t *dialect.Table, columns []int, rows [][]driver.Value) {
	if len(rows) == 0 {
		return
	}
	if c.images == nil {
		c.images = make(map[*dialect.Table]int)
	}
	if c.images[t]+len(rows) > c.handle.engine.cfg.MaxImages {
		c.AddEpochs(t)
		return
	}
	c.images[t] += len(rows)
	c.log = append(c.log, change{table: t, columns: columns, rows: rows})
}

// Room returns how many more images of the table will be kept.
func (c *Changes) Room(t *dialect.Table) int {
	return c.handle.engine.cfg.MaxImages - c.images[t]
}

// Savepoint marks a point to go back to.
func (c *Changes) Savepoint(name string) {
	c.marks = append(c.marks, mark{name: name, size: len(c.log)})
}

// find returns the newest savepoint of that name, or -1.
func (c *Changes) find(name string) int {
	for i, m := range slices.Backward(c.marks) {
		if m.name == name {
			return i
		}
	}
	return -1
}

// Outermost reports whether a savepoint is the first of the transaction.
func (c *Changes) Outermost(name string) bool { return c.find(name) == 0 }

// Release forgets a savepoint and those after it; what they collected stays.
// An unknown name does nothing.
func (c *Changes) Release(name string) {
	if i := c.find(name); i >= 0 {
		c.marks = c.marks[:i]
	}
}

// RollbackTo drops what was collected after a savepoint, and the savepoints
// after it. An unknown name drops nothing. With keep only the savepoints go:
// where a rollback may leave changes behind.
func (c *Changes) RollbackTo(name string, keep bool) {
	i := c.find(name)
	if i < 0 {
		return
	}
	if keep {
		c.marks = c.marks[:i+1]
		return
	}
	for _, ch := range c.log[c.marks[i].size:] {
		if ch.rows != nil {
			c.images[ch.table] -= len(ch.rows)
		}
	}
	c.log = c.log[:c.marks[i].size]
	c.marks = c.marks[:i+1]
}

// Schemes returns the table's registry: whether anybody reads it, and which
// columns of an image its schemes need. Ok is false when the images could not
// be matched, so that there is no use in taking them.
func (h *Handle) Schemes(ctx context.Context, t *dialect.Table) (columns []int, unread, ok bool, err error) {
	reg, err := h.engine.cfg.Store.Registry(ctx, h.database, t.Key)
	if err != nil {
		return nil, false, false, err
	}
	if reg.Unread {
		return nil, true, true, nil
	}
	ev, ok := dependency.NewEvaluator(h.dialect, h.schema.Load().catalog.Fold, t, reg.Schemes)
	if !ok {
		return nil, false, false, nil
	}
	columns = ev.Columns()
	if len(columns) == 0 {
		columns = []int{0} // to see whether there is a row at all
	}
	return columns, false, true, nil
}

// Fence fences everything that was collected. It is called right before the
// commit. An error means that the commit must not happen.
func (c *Changes) Fence(ctx context.Context) error {
	if c.Empty() {
		return nil
	}
	at := time.Now()
	err := c.apply(ctx, func(ch *store.Change) (store.Stale, error) {
		return c.handle.engine.cfg.Store.Fence(ctx, ch)
	}, nil)
	if err != nil {
		c.handle.engine.countStoreError(ctx, c.handle.engine.called("fence"), err)
		return fmt.Errorf("cacheops: the write was rolled back, since readers could not be kept from stale results: %w", err)
	}
	c.fenced, c.fencedAt = true, at
	return nil
}

// Alive reports whether the fences live long enough for a commit that begins
// now. It reads a monotonic clock.
func (c *Changes) Alive() bool {
	return c.Empty() || c.fenced && time.Since(c.fencedAt) < c.handle.engine.cfg.FenceTTL/2
}

// Bump makes everything that was collected invalid, after the commit, whatever
// its outcome. Keep leaves the fences, where the outcome is unknown. The
// context's end does not end it. What is left undone the fences' end does.
func (c *Changes) Bump(ctx context.Context, keep store.Keep) {
	if c.Empty() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.handle.engine.cfg.FenceTTL)
	defer cancel()
	var event *InvalidateEvent
	if c.handle.engine.cfg.Hooks.OnInvalidate != nil {
		event = &InvalidateEvent{Database: c.handle.database, Query: c.query}
	}
	var err error
	if c.schemaChanged() {
		// First the version, while the fences still hold: a reader that leases
		// after them must see that its plan is void.
		err = c.handle.engine.schemaChanged(ctx, c.handle.database)
	}
	if err == nil {
		err = c.apply(ctx, func(ch *store.Change) (store.Stale, error) {
			stale, err := c.handle.engine.cfg.Store.Bump(ctx, ch, keep)
			if err == nil {
				c.handle.engine.countBump(ch, stale)
			}
			return stale, err
		}, event)
	}
	if err == nil {
		c.handle.engine.counters.invalidations.Add(1)
	}
	if err != nil && !errors.Is(err, store.ErrClosed) {
		c.handle.engine.called("bump").all.Add(1) // also when its time was over
		c.handle.engine.cfg.Logger.ErrorContext(ctx, "cacheops: bump failed, the fences will end by their deadline", "error", err)
	}
	if event != nil {
		c.handle.engine.cfg.Hooks.OnInvalidate(ctx, event)
	}
}

// NoticeSchema is called after a statement that ran without a lock on the
// schema. If that changed since the plans were made, the statement may have
// reached tables that its plan does not know.
func (c *Changes) NoticeSchema(ctx context.Context) {
	state := c.handle.schema.Load()
	if state == nil || c.handle.stale.Load() {
		c.AddAll(false)
		return
	}
	stored, err := c.handle.engine.cfg.Store.Schema(context.WithoutCancel(ctx), c.handle.database)
	if err != nil || stored != state.version || c.planned != nil && c.planned != state {
		c.AddAll(false)
	}
}

func (c *Changes) schemaChanged() bool {
	for i := range c.log {
		if c.log[i].schema {
			return true
		}
	}
	return false
}

// apply works out the keys under the registries in force and calls do, until no
// registry changed meanwhile.
func (c *Changes) apply(ctx context.Context, do func(*store.Change) (store.Stale, error), event *InvalidateEvent) error {
	ch := &store.Change{Database: c.handle.database, Token: c.token, TTL: c.handle.engine.cfg.FenceTTL}
	tables, all := c.byTable()
	if all {
		ch.All = true
		if event != nil {
			event.All = true
		}
		_, err := do(ch)
		return err
	}
	pending := make(map[string]*tableChanges, len(tables))
	registries := make(map[string]store.Registry, len(tables))
	for _, t := range tables {
		pending[t.table.Key] = t
		if t.epoch {
			continue
		}
		reg, err := c.handle.engine.cfg.Store.Registry(ctx, c.handle.database, t.table.Key)
		if err != nil {
			return err
		}
		registries[t.table.Key] = reg
	}
	for round := 0; len(pending) > 0; round++ {
		ch.Tables = ch.Tables[:0]
		for key, t := range pending {
			ch.Tables = append(ch.Tables, c.tableChange(t, registries[key], round >= maxRegistryRounds))
		}
		stale, err := do(ch)
		if err != nil {
			return err
		}
		again := make(map[string]*tableChanges, len(stale))
		for _, reg := range stale {
			again[reg.Table] = pending[reg.Table]
			registries[reg.Table] = reg
		}
		if event != nil {
			for i := range ch.Tables {
				tc := &ch.Tables[i]
				if _, undone := again[tc.Table]; undone {
					continue
				}
				t := pending[tc.Table]
				event.Tables = append(event.Tables, TableInvalidation{Table: t.table.Name, Rows: t.rows, Keys: len(tc.Keys), Epoch: tc.Epoch})
			}
		}
		pending = again
	}
	return nil
}

// tableChanges is everything collected of one table.
type tableChanges struct {
	table   *dialect.Table
	epoch   bool
	rows    int
	changes []*change
}

// byTable groups the log by table.
func (c *Changes) byTable() (tables []*tableChanges, all bool) {
	index := make(map[string]*tableChanges)
	for i := range c.log {
		ch := &c.log[i]
		if ch.table == nil {
			return nil, true
		}
		t := index[ch.table.Key]
		if t == nil {
			t = &tableChanges{table: ch.table}
			index[ch.table.Key] = t
			tables = append(tables, t)
		}
		// Positions of columns mean nothing across two readings of the schema.
		t.epoch = t.epoch || ch.epoch || t.table != ch.table
		t.rows += len(ch.rows)
		t.changes = append(t.changes, ch)
	}
	return tables, false
}

// tableChange works out the keys that the images match under a registry. Where
// an image lacks a column or has a value outside the rules, or a scheme is not
// understood, it is the table's epoch.
func (c *Changes) tableChange(t *tableChanges, reg store.Registry, giveUp bool) store.TableChange {
	tc := store.TableChange{Table: t.table.Key, Registry: reg.Version, Epoch: true}
	if t.epoch || giveUp {
		return tc
	}
	ev, ok := dependency.NewEvaluator(c.handle.dialect, c.handle.schema.Load().catalog.Fold, t.table, reg.Schemes)
	if !ok {
		return tc
	}
	keys := make(map[string]struct{})
	row := make([]driver.Value, len(ev.Columns()))
	for _, ch := range t.changes {
		from := positions(ch.columns, ev.Columns())
		if from == nil {
			return tc
		}
		for _, image := range ch.rows {
			for i, j := range from {
				row[i] = image[j]
			}
			if !ev.Keys(row, keys) || len(keys) > c.handle.engine.cfg.MaxImages {
				return tc
			}
		}
	}
	tc.Epoch = false
	tc.Keys = make([]string, 0, len(keys))
	for k := range keys {
		tc.Keys = append(tc.Keys, k)
	}
	return tc
}

// positions returns where each wanted column stands among those at hand, nil
// if one is missing.
func positions(have, want []int) []int {
	out := make([]int, len(want))
	for i, w := range want {
		out[i] = -1
		for j, h := range have {
			if h == w {
				out[i] = j
			}
		}
		if out[i] < 0 {
			return nil
		}
	}
	return out
}

// InvalidateAll gives the whole database a new epoch, at once.
func (e *Engine) InvalidateAll(ctx context.Context, database string) error {
	return e.bumpNow(ctx, &store.Change{Database: database, Token: newToken(), All: true})
}

// InvalidateTables gives tables a new epoch, at once.
func (e *Engine) InvalidateTables(ctx context.Context, database string, keys []string) error {
	ch := &store.Change{Database: database, Token: newToken()}
	for _, k := range keys {
		ch.Tables = append(ch.Tables, store.TableChange{Table: k, Epoch: true})
	}
	return e.bumpNow(ctx, ch)
}

// bumpNow bumps what no transaction changes.
func (e *Engine) bumpNow(ctx context.Context, ch *store.Change) error {
	stale, err := e.cfg.Store.Bump(ctx, ch, store.DropFence)
	if err != nil {
		e.countStoreError(ctx, e.called("bump"), err)
		return err
	}
	e.countBump(ch, stale)
	e.counters.invalidations.Add(1)
	return nil
}
