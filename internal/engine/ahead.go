package engine

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
)

// The bounds of what is read after a commit, so that the next reader finds it.
const (
	// maxGets is how many statements are remembered for a table.
	maxGets = 4
	// maxAhead is how many queries follow one commit. Above it there are none: who
	// writes so many rows seldom reads them all.
	maxAhead = 32
)

// saved is a column by which rows of a table are read again after a commit that
// wrote them, and the statements with which the program got rows by it.
type saved struct {
	column *dialect.Column
	at     int // in the table
	gets   atomic.Pointer[[]*get]
	mu     sync.Mutex // guards changes of gets, which are copies
}

// get is a statement that got a row by a column, with the arguments of one call.
type get struct {
	// head and tail are the text: all of it is head where the column's value is an
	// argument, else the value stood between them.
	head, tail string
	args       []driver.NamedValue
	at         int          // of the column's value among them; -1: it stands in the text
	sample     driver.Value // the column's value in that call
	prepared   bool
	since      uint64
}

// getPlan is what a plan keeps where its text is such a statement.
type getPlan struct {
	by         *analysis.GetBy
	head, tail string // as in get
	saved      *saved
	seen       atomic.Bool // a call of it was remembered
}

// savedColumns finds the columns that the profiles name. Nil: there are none.
func (h *Handle) savedColumns(s *schemaState) (out map[*dialect.Table]*saved) {
	for _, t := range s.catalog.Tables() {
		p := s.policies[t]
		if p.Save == "" {
			continue
		}
		c, at := t.Column(s.catalog.Fold, p.Save)
		if c != nil && c.Comparison != "" {
			if out == nil {
				out = make(map[*dialect.Table]*saved)
			}
			out[t] = &saved{column: c, at: at}
			continue
		}
		if !p.SaveHere {
			continue // a pattern may well take in tables that have no such column
		}
		if _, told := h.engine.unsaved.LoadOrStore(h.database+"\x00"+t.Key, true); !told {
			h.engine.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn,
				"cacheops: CacheOnSave names a column that the table does not have, or whose values cannot be compared: nothing is read after a commit",
				slog.String("database", h.database), slog.String("table", t.Name), slog.String("column", p.Save))
		}
	}
	return out
}

// getPlan returns what a new plan keeps of itself, nil where its text gets no row by
// a column that a profile names.
func (s *schemaState) getPlan(p *Plan) *getPlan {
	if s.saves == nil {
		return nil
	}
	if p.Read == nil || len(p.Read.Tables) != 1 {
		return nil
	}
	t := p.Read.Tables[0]
	sv := s.saves[t]
	if sv == nil {
		return nil
	}
	g := &getPlan{by: p.GetBy(t, sv.column), head: p.text, saved: sv}
	if g.by == nil {
		return nil
	}
	if g.by.Literal != nil {
		var ok bool
		if g.head, g.tail, ok = aroundLiteral(p.text, g.by.Literal); !ok {
			return nil
		}
	}
	return g
}

// Remember takes note of a get by a column that a profile names, for those who
// write such rows later. A hit is looked at only if no call of its text was before.
func (c *Call) Remember(hit, prepared bool, since uint64) {
	g := c.plan.get
	if g == nil || hit && g.seen.Load() || c.op != analysis.OpGet || c.unkept != "" {
		return
	}
	at, ok := g.by.Argument(c.args)
	sample := g.by.Literal
	if ok && at >= 0 {
		sample = c.args[at].Value
	}
	if !ok || sample == nil {
		return
	}
	g.saved.add(&get{head: g.head, tail: g.tail, args: slices.Clone(c.args), at: at, sample: sample, prepared: prepared, since: since})
	g.seen.Store(true)
}

// add remembers a statement. The oldest one makes room for it.
func (s *saved) add(g *get) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gets []*get
	if old := s.gets.Load(); old != nil {
		gets = slices.DeleteFunc(slices.Clone(*old), g.like)
	}
	if len(gets) >= maxGets {
		gets = slices.Delete(gets, 0, 1+len(gets)-maxGets)
	}
	gets = append(gets, g)
	s.gets.Store(&gets)
}

// some reports whether there is any.
func (s *saved) some() bool {
	gets := s.gets.Load()
	return gets != nil && len(*gets) > 0
}

// readsAhead reports whether rows of a table that are written may be read after the
// commit.
func (h *Handle) readsAhead(t *dialect.Table) bool {
	state := h.schema.Load()
	if state == nil || state.saves == nil {
		return false
	}
	s := state.saves[t]
	return s != nil && s.some()
}

// drop forgets a statement.
func (s *saved) drop(g *get) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.gets.Load(); old != nil {
		gets := slices.DeleteFunc(slices.Clone(*old), func(other *get) bool { return other == g })
		s.gets.Store(&gets)
	}
}

// like reports whether two statements read the same of a row.
func (g *get) like(other *get) bool {
	if g.head != other.head || g.tail != other.tail || g.at != other.at || len(g.args) != len(other.args) ||
		reflect.TypeOf(g.sample) != reflect.TypeOf(other.sample) {
		return false
	}
	for i := range g.args {
		a, b := &g.args[i], &other.args[i]
		if a.Name != b.Name || a.Ordinal != b.Ordinal || i != g.at && !reflect.DeepEqual(a.Value, b.Value) {
			return false
		}
	}
	return true
}

// Ahead is a read to make after a commit, so that the next reader finds its result.
type Ahead struct {
	// Context is that of the statement that wrote the row, without its end.
	Context  context.Context //nolint:containedctx // each statement has its own
	Text     string
	Args     []driver.NamedValue
	Prepared bool
	Since    uint64

	saved *saved
	get   *get
}

// Drop forgets the statement, which failed: the next call of it that misses has it
// remembered again.
func (a *Ahead) Drop() { a.saved.drop(a.get) }

// writtenRow is a row that is there after a transaction, by the value of one column.
type writtenRow struct {
	saved  *saved
	prefix string
	key    string // the value in the form of comparison
	value  driver.Value
	ctx    context.Context //nolint:containedctx // of the statement
}

// Ahead lists the reads to make after the commit of the changes, once they were
// bumped: of each row that is there now by the statements that got such rows. There
// are none where the changes are invalidated later, or not known row by row.
func (c *Changes) Ahead() []Ahead {
	if !c.aheads || c.later != nil || c.degraded {
		return nil
	}
	return c.handle.aheadOf(c.log)
}

// aheadOf lists the reads that follow what the log has.
func (h *Handle) aheadOf(log []change) (out []Ahead) {
	state := h.schema.Load()
	if state == nil || state.saves == nil || h.engine.debts.owed.Load() {
		return nil
	}
	for _, row := range h.writtenRows(state, log) {
		gets := row.saved.gets.Load()
		for _, g := range *gets { // there were some when the row was written
			text, args, ok := h.callLike(row, g)
			if !ok {
				continue
			}
			if len(out) == maxAhead {
				return nil
			}
			out = append(out, Ahead{Context: aheadContext(row.ctx), Text: text, Args: args, Prepared: g.prepared, Since: g.since, saved: row.saved, get: g})
		}
	}
	return out
}

// writtenRows lists the rows of a log that are there after it, each once.
func (h *Handle) writtenRows(state *schemaState, log []change) (rows []writtenRow) {
	for i := range log {
		ch := &log[i]
		if ch.table == nil {
			return nil // perhaps the schema, too
		}
		sv := state.saves[ch.table]
		if sv == nil || ch.ctx == nil {
			continue
		}
		at := slices.Index(ch.columns, sv.at)
		if at < 0 {
			continue
		}
		for _, image := range ch.rows {
			key, ok := h.dialect.Canonical(sv.column, image[at], dialect.SideImage)
			if image[at] == nil || !ok {
				continue
			}
			row := writtenRow{saved: sv, prefix: ch.prefix, key: key, value: image[at], ctx: ch.ctx}
			if rows = slices.DeleteFunc(rows, row.same); ch.when == After {
				rows = append(rows, row)
			}
			if len(rows) > maxAhead {
				return nil
			}
		}
	}
	return rows
}

// same reports whether two are one row.
func (r *writtenRow) same(other writtenRow) bool {
	return r.saved == other.saved && r.key == other.key && r.prefix == other.prefix
}

// aheadContext is a statement's context for the reads that follow its commit. No
// function's result depends on them.
func aheadContext(ctx context.Context) context.Context {
	ctx = context.WithoutCancel(ctx)
	if o := calloptions.From(ctx); o == nil || o.Recording == nil && o.Within == nil {
		return ctx
	}
	return calloptions.With(ctx, func(o *calloptions.Options) { o.Recording, o.Within = nil, nil })
}

// callLike returns the text and the arguments with which the program would get the
// row: as it gave them, with the row's value in the type that it used. False: there is
// none that is known to find the row.
func (h *Handle) callLike(row writtenRow, g *get) (text string, args []driver.NamedValue, ok bool) {
	v, ok := valueLike(g.sample, row.value)
	if !ok {
		return "", nil, false
	}
	if key, ok := h.dialect.Canonical(row.saved.column, v, dialect.SideArgument); !ok || key != row.key {
		return "", nil, false
	}
	args = slices.Clone(g.args)
	if g.at >= 0 {
		args[g.at].Value = v
		return g.head, args, true
	}
	literal, ok := appendLiteral(v)
	return g.head + literal + g.tail, args, ok
}

// ReadAhead makes a read under a lease and stores its result, as for a call that
// missed. It waits for no other reader, and asks nothing where it could not be stored.
func (h *Handle) ReadAhead(ctx context.Context, c *Call, load Loader) error {
	q, lease, err := h.lease(ctx, c)
	switch {
	case err != nil:
		return err
	case lease.Schema != c.plan.state.version:
		return ErrPlanVoid
	case lease.Fenced: // somebody else is writing what it depends on
		return nil
	}
	h.engine.counters.readAhead.Add(1)
	c.ahead = true
	r, rest, err := load(ctx)
	h.fill(ctx, q, lease, c, r, err)
	if rest != nil {
		_ = rest.Close() // nobody reads it
	}
	return err
}

// AheadFailed counts a read ahead that failed.
func (h *Handle) AheadFailed() { h.engine.counters.aheadErrors.Add(1) }
