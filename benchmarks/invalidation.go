package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// The queries that fill a store for invalidations, of three schemes. What is
// under one category's conjunctions is told apart by its LIMIT.
const (
	byKey      = "SELECT " + columns + " FROM posts WHERE id = ?"
	byCategory = "SELECT " + columns + " FROM posts WHERE category_id = ? ORDER BY id LIMIT ?"
	byBoth     = "SELECT " + columns + " FROM posts WHERE category_id = ? AND visible = ? ORDER BY views LIMIT ?"
)

// filledCategories is the number of categories that the entries spread over,
// and of the rows that one turn invalidates: each drops three conjunctions that
// are in use.
const filledCategories = 100

// filled is a store with so many entries, a third by each of the queries.
type filled struct {
	*site

	entries int
	handle  *engine.Handle
	table   *dialect.Table
	columns []int // of the images
	result  *result.Result
	row     []driver.Value
	next    int // the row that is invalidated next
	workers int // that fill it
}

// openFilled makes one in this process.
func openFilled(ctx context.Context, entries int) (*filled, error) {
	s, err := openSite(ctx, siteConfig{rows: listed, maxBytes: 8 << 30})
	if err != nil {
		return nil, err
	}
	f := &filled{site: s, entries: entries, workers: 1}
	if err := f.open(ctx, columnNames[:]); err != nil {
		return nil, closeAfter(err, s.close)
	}
	return f, nil
}

// open fills the site's store. The results have the first columns.
func (f *filled) open(ctx context.Context, names []string) error {
	if err := f.begin(ctx, names); err != nil {
		return err
	}
	if err := f.fillAll(ctx); err != nil {
		return err
	}
	return f.findColumns(ctx)
}

// begin is open without filling it.
func (f *filled) begin(ctx context.Context, names []string) (err error) {
	s := f.site
	if f.handle, err = s.handle(ctx); err != nil {
		return err
	}
	if f.table = f.handle.Catalog().Table(dialect.Name{Name: "posts"}); f.table == nil {
		return errors.New("the schema has no table posts")
	}
	nothing, err := newNothing(ctx, s, selectPost, hotKey)
	if err != nil {
		return err
	}
	f.row = nothing.Rows[0]
	nothing.Names, nothing.Rows = names, [][]driver.Value{f.row[:len(names)]}
	if f.result, _ = result.Record(nothing.Answer(nil), result.Limits{Bytes: 1 << 20}); f.result == nil {
		return errors.New("the row could not be recorded")
	}
	return nil
}

// findColumns finds out which columns an image needs, by what is in the store.
func (f *filled) findColumns(ctx context.Context) error {
	columns, unread, ok, err := f.handle.Schemes(ctx, f.table)
	if err == nil && (unread || !ok) {
		err = fmt.Errorf("the table's schemes cannot be had: unread %v, understood %v", unread, ok)
	}
	f.columns = columns
	return err
}

// fillAll makes all entries valid.
func (f *filled) fillAll(ctx context.Context) error {
	return together(f.workers, f.entries/3, func(from, rows int) error {
		for i := range rows {
			if err := f.fillRow(ctx, from+i); err != nil {
				return err
			}
		}
		return nil
	})
}

// fillRow makes the i-th entry of each of the queries valid.
func (f *filled) fillRow(ctx context.Context, i int) error {
	id, category, limit := f.conditions(i)
	visible := int64(1)
	return errors.Join(
		f.put(ctx, byKey, id),
		f.put(ctx, byCategory, category, limit),
		f.put(ctx, byBoth, category, visible, limit),
	)
}

// conditions are what the i-th entries ask for.
func (f *filled) conditions(i int) (id, category, limit int64) {
	return int64(i) + 1, int64(i%filledCategories) + 1, int64(i/filledCategories) + 1
}

// put goes the way of a miss, without a database: the result is always the same.
func (f *filled) put(ctx context.Context, text string, args ...driver.Value) error {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	c, reason := f.handle.Prepare(ctx, f.handle.Plan(text), named)
	if reason != "" {
		return fmt.Errorf("%s: %s", text, reason)
	}
	r, rest, _, err := f.handle.Load(ctx, &c, false, func(context.Context) (*result.Result, driver.Rows, error) {
		return f.result, nil, nil
	})
	if err == nil && (r != f.result || rest != nil) {
		err = fmt.Errorf("%s: another result than was loaded", text)
	}
	return err
}

// prepare makes valid what the next rows will drop.
func (f *filled) prepare(ctx context.Context) func(int) error {
	return func(calls int) error {
		for i := range calls {
			if err := f.fillRow(ctx, f.place(f.next+i)); err != nil {
				return err
			}
		}
		return nil
	}
}

// place spreads the rows over all entries, and over the categories.
func (f *filled) place(i int) int {
	const step = 7901 // a prime
	return i * step % max(f.entries/3, 1)
}

// invalidateRows does what a transaction does that changed one row.
func (f *filled) invalidateRows(ctx context.Context) func(int) error {
	return again(func() error {
		id, category, _ := f.conditions(f.place(f.next))
		f.next++
		image := make([]driver.Value, len(f.columns))
		for i, column := range f.columns {
			switch name := f.table.Columns[column].Name; name {
			case "id":
				image[i] = id
			case "category_id":
				image[i] = category
			default:
				image[i] = f.row[column]
			}
		}
		c := f.handle.NewChanges()
		c.AddImages(f.table, f.columns, [][]driver.Value{image}, engine.After)
		if err := c.Fence(ctx); err != nil {
			return err
		}
		c.Bump(ctx, store.DropFence)
		return nil
	})
}

// invalidateWhole drops the table or everything.
func (f *filled) invalidateWhole(ctx context.Context, target cacheops.Target) func(int) error {
	return again(func() error { return f.cache.Database(database).Invalidate(ctx, target) })
}

// first times one invalidation of everything that is cached, all of it valid.
func (f *filled) first(ctx context.Context, target cacheops.Target) (float64, error) {
	if err := f.fillAll(ctx); err != nil {
		return 0, err
	}
	runtime.GC()
	from := time.Now()
	err := f.invalidateWhole(ctx, target)(1)
	return float64(time.Since(from).Nanoseconds()) / 1000, err
}

// invalidations drops rows, tables and everything with stores of several sizes.
func invalidations(ctx context.Context, z sizes) (*group, error) {
	g := &group{about: "Fence and bump of one row image under three schemes, of the table, and of everything, with so many entries in the store. " +
		"What the next rows drop is made valid before each turn. The first invalidation of a table and of everything finds all entries valid; those that are repeated find few."}
	var stores []*filled
	g.close = func() error {
		var ends []func() error
		for _, f := range stores {
			ends = append(ends, f.close)
		}
		return closing(ends...)()
	}
	for _, entries := range z.entries {
		f, err := openFilled(ctx, entries)
		if err != nil {
			return nil, closeAfter(err, g.close)
		}
		stores = append(stores, f)
	}
	g.contenders = invalidators(ctx, stores)
	g.figures = func(s samples) ([]figure, error) { return invalidationFigures(ctx, s, z.entries, stores) }
	g.check = func() error { return droppedThree(stores) }
	return g, nil
}

// invalidators drop rows of each of the stores, and then tables and everything.
func invalidators(ctx context.Context, stores []*filled) (out []contender) {
	for _, f := range stores {
		out = append(out, contender{
			name: rowName(f.entries), prepare: f.prepare(ctx), run: f.invalidateRows(ctx), most: min(filledCategories, max(f.entries/3, 1)),
		})
	}
	for _, f := range stores {
		revive := func(int) error { return f.fillRow(ctx, 0) }
		out = append(out,
			contender{name: tableName(f.entries), prepare: revive, run: f.invalidateWhole(ctx, cacheops.Table("posts"))},
			contender{name: allName(f.entries), prepare: revive, run: f.invalidateWhole(ctx, cacheops.All())},
		)
	}
	return out
}

// droppedThree returns an error unless each row that was invalidated dropped a
// conjunction of each query.
func droppedThree(stores []*filled) error {
	for _, f := range stores {
		if f.rows.Load() == 0 || f.keys.Load() != 3*f.rows.Load() || f.epochs.Load() > 0 {
			return fmt.Errorf("%d entries: %d row images dropped %d conjunctions and %d tables: not three each",
				f.entries, f.rows.Load(), f.keys.Load(), f.epochs.Load())
		}
	}
	return nil
}

func rowName(entries int) string   { return fmt.Sprintf("a row, %d entries", entries) }
func tableName(entries int) string { return fmt.Sprintf("a table, %d entries", entries) }
func allName(entries int) string   { return fmt.Sprintf("everything, %d entries", entries) }

// rowLimit is the most that the invalidation of a row may take, in
// microseconds.
const rowLimit = 5

func invalidationFigures(ctx context.Context, s samples, entries []int, stores []*filled) ([]figure, error) {
	var out []figure
	for _, n := range entries {
		out = append(out, limited("invalidate "+rowName(n), s.time(rowName(n)), micros, rowLimit))
	}
	least, most := entries[0], entries[len(entries)-1]
	for _, name := range []func(int) string{rowName, tableName, allName} {
		out = append(out, info(fmt.Sprintf("invalidate %s beside %d", name(most), least), s.ratio(name(most), name(least)), times))
	}
	for i, n := range entries {
		table, err := stores[i].first(ctx, cacheops.Table("posts"))
		if err != nil {
			return nil, err
		}
		all, err := stores[i].first(ctx, cacheops.All())
		if err != nil {
			return nil, err
		}
		out = append(out,
			info("invalidate "+tableName(n)+", once, all of them valid", exactly(table), micros),
			info("invalidate "+allName(n)+", once, all of them valid", exactly(all), micros))
	}
	return out, nil
}
