package engine

import (
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/store"
)

// Changes collects what one transaction changes, and carries it through fence
// and bump. It belongs to one connection and is not safe for concurrent use.
type Changes struct {
	handle *Handle
	token  store.Token
	log    []change
	marks  []mark
	images map[*dialect.Table]int // rows in the log, for the bound

	query     string // the statement that is collected
	statement int    // its number, from 1
	// prefix is that of a table in the statement's context; nil: there are none.
	prefix func(*dialect.Table) string
	ctx    context.Context //nolint:containedctx // of the statement, for what is read after the commit
	aheads bool            // something may be

	planned *schemaState // in force when the collection began

	known knownKeys // what the fence worked out

	// unlocked is the schema that a statement was planned with that ran without a
	// lock on it; nil: there is none.
	unlocked *schemaState
	// stored is the version of the schema by the store's answer to the fence.
	stored store.Schema
	// versions are those of the schemas that the statements were planned with,
	// where it is not the database that is asked for it. See Planned.
	versions []store.Schema

	later    *Postponed // takes the changes after the commit; nil: nobody does
	degraded bool       // the last fence failed and is done without
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
	when    When // the rows are those before or after the statement
	// asked is true for what the program asked to invalidate, given for rows of
	// it: they may lack columns, and have the values of arguments.
	asked, given bool

	query     string
	statement int
	prefix    string // of the table
	// ctx is the statement's where its rows may be read after the commit.
	ctx context.Context //nolint:containedctx // as above
}

// When says which side of a change row images show.
type When bool

// The two sides of a change.
const (
	Before When = false
	After  When = true
)

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

// Statement says what is about to be collected: the text is for hooks and Explain,
// and the context tells the prefix of its tables.
func (c *Changes) Statement(ctx context.Context, text string) {
	c.query, c.ctx = text, ctx
	c.statement++
	if c.handle.engine.cfg.PrefixFor != nil {
		c.prefix = func(t *dialect.Table) string { return c.handle.prefix(ctx, t) }
	}
}

// add appends to the log what the statement changed.
func (c *Changes) add(ch change) {
	ch.query, ch.statement = c.query, c.statement
	if c.prefix != nil && ch.table != nil {
		ch.prefix = c.prefix(ch.table)
	}
	c.log = append(c.log, ch)
	c.known = nil
}

// AddAll collects a change of anything.
func (c *Changes) AddAll(schema bool) { c.add(change{schema: schema}) }

// AddEpochs collects changes of unknown rows.
func (c *Changes) AddEpochs(tables ...*dialect.Table) {
	for _, t := range tables {
		if !c.handle.Untracked(t) && !c.said(t) {
			c.add(change{table: t, epoch: true})
		}
	}
}

// said reports whether the change of unknown rows of a table is what was collected
// last, by the same text: a COPY is told row by row.
func (c *Changes) said(t *dialect.Table) bool {
	n := len(c.log)
	if n == 0 || len(c.marks) > 0 && c.marks[len(c.marks)-1].size == n || c.prefix != nil {
		return false
	}
	last := &c.log[n-1]
	return last.table == t && last.epoch && !last.asked && last.query == c.query
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
func (c *Changes) AddImages(t *dialect.Table, columns []int, rows [][]driver.Value, when When) {
	if len(rows) > 0 && !c.handle.Untracked(t) {
		ch := change{table: t, columns: columns, rows: rows, when: when}
		if c.handle.readsAhead(t) {
			ch.ctx, c.aheads = c.ctx, true
		}
		c.addRows(ch)
	}
}

// addRows collects rows within the bound.
func (c *Changes) addRows(ch change) {
	if c.images == nil {
		c.images = make(map[*dialect.Table]int)
	}
	if c.images[ch.table]+len(ch.rows) > c.handle.engine.cfg.MaxImages {
		c.add(change{table: ch.table, epoch: true, asked: ch.asked})
		return
	}
	c.images[ch.table] += len(ch.rows)
	c.add(ch)
}

// Room returns how many more images of the table will be kept.
func (c *Changes) Room(t *dialect.Table) int {
	return c.handle.engine.cfg.MaxImages - c.images[t]
}

// Savepoint marks a point to go back to. With replaces it takes the place of an older
// one of its name, else it hides that one.
func (c *Changes) Savepoint(name string, replaces bool) {
	if replaces {
		c.marks = slices.DeleteFunc(c.marks, func(m mark) bool { return m.name == name })
	}
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
	c.known = nil
	c.marks = c.marks[:i+1]
}
