package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/cacheops/cacheops"
)

// The names of the contenders of misses and uncached reads.
const (
	bareRead    = "bare *sql.DB"
	missedRead  = "cacheops miss"
	noProfile   = "cacheops, no profile matches"
	neverCached = "cacheops, the profile says never"
)

// missBytes bounds the store of the misses, so that it is full, as one of a
// program in use is, and each new entry makes another go.
const missBytes = 16 << 20

// misses reads rows by keys that were never read before.
func misses(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows, maxBytes: missBytes})
	if err != nil {
		return nil, err
	}
	missed := everyRow(ctx, s.cached, selectPost, z.rows, func() error { return s.cache.Database(database).Invalidate(ctx, cacheops.All()) })
	if err := missed(z.rows / 2); err != nil { // fill the store
		return nil, closeAfter(err, s.close)
	}
	return &group{
		about: fmt.Sprintf("One row, by a key that was never read before. The store is bounded to %d MiB and full. The file has %d rows.", missBytes>>20, z.rows),
		contenders: []contender{
			{name: bareRead, run: everyRow(ctx, s.bare, selectPost, z.rows, func() error { return nil })},
			// Seen once, the keys are made new by dropping everything.
			{name: missedRead, run: missed},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited("miss: added to the query", m.added(missedRead, bareRead), micros, 15),
				info("miss: beside the query", m.ratio(missedRead, bareRead), times),
			}, nil
		},
		check: s.allMissed,
		close: s.close,
	}, nil
}

// allMissed returns an error if a read was no miss.
func (s *site) allMissed() error {
	if s.hits.Load() > 0 || s.passed.Load() > 0 || s.misses.Load() == 0 {
		return fmt.Errorf("%d hits, %d misses, %d reads past the cache: these were no misses", s.hits.Load(), s.misses.Load(), s.passed.Load())
	}
	return nil
}

// everyRow reads the rows by their keys, in an order that jumps about. Over is
// called when all were read, before they are read again.
func everyRow(ctx context.Context, db *sql.DB, query string, rows int, over func() error) func(int) error {
	next := 0
	var p Post
	return again(func() error {
		if next == rows {
			next = 0
			if err := over(); err != nil {
				return err
			}
		}
		n, err := readPosts(ctx, db, query, scattered(next, rows), &p)
		next++
		return expect(1, n, err)
	})
}

// scattered is the i-th of n keys from 1 to n in an order that jumps about.
func scattered(i, n int) int64 {
	const step = 7919 // a prime that n must not be a multiple of
	return 1 + int64(i)*step%int64(n)
}

// uncachedReads reads tables that are not cached, from SQLite.
func uncachedReads(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	return &group{
		about: "One row of SQLite, read by one key.",
		contenders: []contender{
			{name: bareRead, run: oneRow(ctx, s.bare, selectNote)},
			{name: noProfile, run: oneRow(ctx, s.cached, selectNote)},
			{name: neverCached, run: oneRow(ctx, s.cached, selectAudit)},
		},
		figures: uncachedFigures("uncached read on SQLite", bareRead),
		check:   s.allPassed,
		close:   s.close,
	}, nil
}

// uncachedNothing reads them from connections that answer by doing nothing.
func uncachedNothing(ctx context.Context, z sizes) (*group, error) {
	by := &answered{text: selectNote}
	s, err := openSite(ctx, siteConfig{rows: z.written, wrap: func(c driver.Connector) driver.Connector {
		by.Connector = c
		return by
	}})
	if err != nil {
		return nil, err
	}
	if by.nothing, err = newNothing(ctx, s, selectNote, hotKey); err != nil {
		return nil, closeAfter(err, s.close)
	}
	bare := sql.OpenDB(by)
	return &group{
		about: "The same, but the driver answers the query by doing nothing. So the difference is not lost in what the database's time varies by.",
		contenders: []contender{
			{name: doNothing, run: oneRow(ctx, bare, selectNote)},
			{name: noProfile, run: oneRow(ctx, s.cached, selectNote)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{limited("uncached read, database left out, no profile matches: added", m.added(noProfile, doNothing), micros, 0.3)}, nil
		},
		check: s.allPassed,
		close: closing(bare.Close, s.close),
	}, nil
}

// oneRow reads one row over and over.
func oneRow(ctx context.Context, db *sql.DB, query string) func(int) error {
	var p Post
	key := hotKey
	return again(func() error {
		n, err := readPosts(ctx, db, query, key, &p)
		return expect(1, n, err)
	})
}

// uncachedFigures tell what reads past the cache cost more than on the bare
// handle.
func uncachedFigures(what, bare string) func(samples) ([]figure, error) {
	return func(m samples) ([]figure, error) {
		return []figure{
			limited(what+", no profile matches: added", m.added(noProfile, bare), micros, 0.3),
			limited(what+", the profile says never: added", m.added(neverCached, bare), micros, 0.3),
		}, nil
	}
}

// allPassed returns an error if a read took part in the cache.
func (s *site) allPassed() error {
	if s.hits.Load() > 0 || s.misses.Load() > 0 || s.passed.Load() == 0 {
		return fmt.Errorf("%d hits, %d misses, %d reads past the cache: these were cached", s.hits.Load(), s.misses.Load(), s.passed.Load())
	}
	return nil
}
