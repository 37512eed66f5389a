package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// The names of the contenders of the hits.
const (
	doNothing  = "do-nothing driver"
	ownRow     = "do-nothing driver, each key its own row"
	hit        = "cacheops hit"
	hitList    = "cacheops hit, into a []Post"
	asideJSON  = "cache-aside by hand, JSON"
	asideByRef = "cache-aside by hand, Go structs"
)

// What is read over and over.
const (
	hotKey      int64 = 42
	hotCategory int64 = 20
)

// hitSite is a site with what hits are compared with.
type hitSite struct {
	*site

	nothing  *sql.DB
	byStruct *structAside
	byJSON   *jsonAside
}

// openHits makes one whose do-nothing driver hands out the rows of a query.
func openHits(ctx context.Context, z sizes, query string, arg int64) (_ *hitSite, err error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	h := &hitSite{site: s}
	defer func() {
		if err != nil {
			_ = h.close()
		}
	}()
	nothing, err := newNothing(ctx, s, query, arg)
	if err != nil {
		return nil, err
	}
	h.nothing = sql.OpenDB(nothing)
	if h.byStruct, err = newStructAside(s.bare); err != nil {
		return nil, err
	}
	h.byJSON, err = newJSONAside(s.bare)
	return h, err
}

// newNothing is a do-nothing driver with the rows that SQLite has for a query.
func newNothing(ctx context.Context, s *site, query string, arg int64) (*drivertest.Nothing, error) {
	rows, err := valuesOf(ctx, s.bare, query, arg)
	if err != nil {
		return nil, err
	}
	return &drivertest.Nothing{Names: columnNames[:], Rows: rows}, nil
}

func (h *hitSite) close() error {
	var ends []func() error
	if h.nothing != nil {
		ends = append(ends, h.nothing.Close)
	}
	if h.byStruct != nil {
		ends = append(ends, quietly(h.byStruct.close))
	}
	if h.byJSON != nil {
		ends = append(ends, quietly(h.byJSON.close))
	}
	return closing(append(ends, h.site.close)...)()
}

// wereHits returns an error unless the cached handle missed no more than the
// first time for each key.
func (h *hitSite) wereHits(keys int) func() error {
	return func() error {
		if m := h.misses.Load(); m > int64(keys) || h.passed.Load() > 0 || h.hits.Load() < m {
			return fmt.Errorf("%d hits, %d misses for %d keys, %d reads past the cache: these were no hits",
				h.hits.Load(), m, keys, h.passed.Load())
		}
		return nil
	}
}

// hitFigures are the figures of one group of hits. Limits of 0 are none.
func hitFigures(what string, limit float64, ours string) func(samples) ([]figure, error) {
	return func(s samples) ([]figure, error) {
		return []figure{
			info(what+": the time of a hit", s.time(hit), micros),
			limited(what+": beside the do-nothing driver", s.ratio(hit, doNothing), times, limit),
			limited(what+": allocations above the do-nothing driver", s.allocsAbove(hit, doNothing), count, 0),
			limited(what+": beside cache-aside with JSON", s.ratio(ours, asideJSON), times, 1),
			limited(what+": beside cache-aside with Go structs", s.ratio(ours, asideByRef), times, 2.5),
			info(what+": the do-nothing driver beside cache-aside with Go structs", s.ratio(doNothing, asideByRef), times),
		}, nil
	}
}

// hotRow reads one row over and over.
func hotRow(ctx context.Context, z sizes) (*group, error) {
	h, err := openHits(ctx, z, selectPost, hotKey)
	if err != nil {
		return nil, err
	}
	key := hotKey // a variable, as a program's keys are
	read := func(db *sql.DB) func(int) error {
		var p Post
		return again(func() error {
			n, err := readPosts(ctx, db, selectPost, key, &p)
			return expect(1, n, err)
		})
	}
	var p Post
	return &group{
		about: "One row of eight columns, read by its key into a struct.",
		contenders: []contender{
			{name: doNothing, run: read(h.nothing)},
			{name: hit, run: read(h.cached)},
			{name: asideJSON, run: again(func() error { return h.byJSON.post(ctx, key, &p) })},
			{name: asideByRef, run: again(func() error { return h.byStruct.post(ctx, key, &p) })},
		},
		figures: hitFigures("one row, hot key", 2, hit),
		check:   h.wereHits(1),
		close:   h.close,
	}, nil
}

// randomRows reads single rows by random keys.
func randomRows(ctx context.Context, z sizes) (*group, error) {
	h, err := openHits(ctx, z, selectPost, hotKey)
	if err != nil {
		return nil, err
	}
	own, err := ownRows(ctx, h.site, z.keys)
	if err != nil {
		return nil, closeAfter(err, h.close)
	}
	ownDB := sql.OpenDB(own)
	keys := newKeySequence(z.keys)
	var p Post
	from := func(db *sql.DB) func(int64) error {
		return func(key int64) error {
			n, err := readPosts(ctx, db, selectPost, key, &p)
			return expect(1, n, err)
		}
	}
	// reading prepares each turn by reading each key once: all are there from the
	// first turn on, and a turn finds in the processor's caches what its own
	// reads left there, not what the others did.
	all := upTo(z.keys)
	reading := func(name string, read func(int64) error) contender {
		return contender{name: name, run: keys.each(read), prepare: func(int) error {
			for _, key := range all {
				if err := read(key); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	figures := hitFigures("one row, random keys", 2.8, hit)
	return &group{
		about: fmt.Sprintf("The same with random keys out of %d. The do-nothing driver gets them too, and hands out one and the same row. ", z.keys) +
			"Before each turn each key is read once, which is not timed, so that contenders do not lose to each other what the processor has cached.",
		contenders: []contender{
			reading(doNothing, from(h.nothing)),
			reading(ownRow, from(ownDB)),
			reading(hit, from(h.cached)),
			reading(asideJSON, func(key int64) error { return h.byJSON.post(ctx, key, &p) }),
			reading(asideByRef, func(key int64) error { return h.byStruct.post(ctx, key, &p) }),
		},
		figures: func(s samples) ([]figure, error) {
			out, err := figures(s)
			return append(out, info("one row, random keys: beside a do-nothing driver with a row for each key", s.ratio(hit, ownRow), times)), err
		},
		check: h.wereHits(z.keys),
		close: closing(ownDB.Close, h.close),
	}, nil
}

// ownRows is a do-nothing driver that has a row for each key.
func ownRows(ctx context.Context, s *site, keys int) (*drivertest.Nothing, error) {
	all, err := valuesOf(ctx, s.bare, "SELECT "+columns+" FROM posts WHERE id <= ? ORDER BY id", keys)
	if err != nil {
		return nil, err
	}
	return &drivertest.Nothing{Names: columnNames[:], Pick: func(args []driver.NamedValue) [][]driver.Value {
		i, ok := args[0].Value.(int64)
		if !ok || i < 1 || i > int64(len(all)) {
			return nil
		}
		return all[i-1 : i]
	}}, nil
}

// lists reads the rows of a category.
func lists(ctx context.Context, z sizes) (*group, error) {
	h, err := openHits(ctx, z, selectList, hotCategory)
	if err != nil {
		return nil, err
	}
	key := hotCategory
	read := func(db *sql.DB) func(int) error {
		var p Post
		return again(func() error {
			n, err := readPosts(ctx, db, selectList, key, &p)
			return expect(listed, n, err)
		})
	}
	list := func(f func() ([]Post, error)) func(int) error {
		return again(func() error {
			posts, err := f()
			return expect(listed, len(posts), err)
		})
	}
	return &group{
		about: "50 rows of eight columns: scanned one after the other into one struct, or for the comparison with cache-aside into a new []Post.",
		contenders: []contender{
			{name: doNothing, run: read(h.nothing)},
			{name: hit, run: read(h.cached)},
			{name: hitList, run: list(func() ([]Post, error) { return listPosts(ctx, h.cached, key) })},
			{name: asideJSON, run: list(func() ([]Post, error) { return h.byJSON.list(ctx, key) })},
			{name: asideByRef, run: list(func() ([]Post, error) { return h.byStruct.list(ctx, key) })},
		},
		figures: hitFigures("50 rows", 1.15, hitList),
		check:   h.wereHits(1),
		close:   h.close,
	}, nil
}
