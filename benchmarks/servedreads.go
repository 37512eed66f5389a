package main

import (
	"context"
	"fmt"

	"github.com/cacheops/cacheops"
)

// The names of the contenders of reads on PostgreSQL.
const (
	pgRead     = "bare *sql.DB, PostgreSQL"
	pgHit      = "cacheops hit, PostgreSQL"
	pgRedisHit = "cacheops hit in Redis, PostgreSQL"
	pgMiss     = "cacheops miss, PostgreSQL"
	pgRedis    = "cacheops miss in Redis, PostgreSQL"
	pgPassed   = "cacheops, PostgreSQL, no profile matches"
	pgNever    = "cacheops, PostgreSQL, the profile says never"
)

// postgresRow reads one row.
func postgresRow(ctx context.Context, z sizes) (*group, error) {
	return postgresHits(ctx, z, "One row of eight columns, read by its key into a struct", "PostgreSQL, one row", selectPost, hotKey, 1)
}

// postgresLists reads the rows of a category.
func postgresLists(ctx context.Context, z sizes) (*group, error) {
	return postgresHits(ctx, z, "50 rows of eight columns, scanned one after the other into one struct", "PostgreSQL, 50 rows", selectList, hotCategory, listed)
}

// postgresHits compares hits with the query that they save.
func postgresHits(ctx context.Context, z sizes, what, short, query string, key int64, rows int) (*group, error) {
	p, err := openPostgres(ctx, max(z.written, int(hotCategory)*listed), siteConfig{})
	if err != nil {
		return nil, err
	}
	query = p.memory.text(query)
	return &group{
		about: onPostgres(what),
		contenders: []contender{
			{name: pgRead, waits: true, run: reads(ctx, p.memory.bare, query, key, rows)},
			{name: pgHit, run: reads(ctx, p.memory.cached, query, key, rows)},
			{name: pgRedisHit, waits: true, run: reads(ctx, p.redis.cached, query, key, rows)},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				info(short+": the time of the query", s.time(pgRead), micros),
				limited(short+": a hit beside the query", s.ratio(pgHit, pgRead), times, 0.25),
				limited(short+": a hit in Redis beside the query", s.ratio(pgRedisHit, pgRead), times, 1),
			}, nil
		},
		check: p.each(func(s *site) error { return (&hitSite{site: s}).wereHits(1)() }),
		close: p.close,
	}, nil
}

// postgresMisses reads rows by keys that were never read before.
func postgresMisses(ctx context.Context, z sizes) (*group, error) {
	p, err := openPostgres(ctx, z.rows, siteConfig{maxBytes: missBytes})
	if err != nil {
		return nil, err
	}
	query := p.memory.text(selectPost)
	drop := func(s *site) func() error {
		return func() error { return s.cache.Database(database).Invalidate(ctx, cacheops.All()) }
	}
	missed := everyRow(ctx, p.memory.cached, query, z.rows, drop(p.memory))
	if err := missed(z.rows / 2); err != nil { // fill the store
		return nil, closeAfter(err, p.close)
	}
	return &group{
		about: onPostgres(fmt.Sprintf("One row, by a key that was never read before. The store in the process is bounded to %d MiB and full. The table has %d rows", missBytes>>20, z.rows)),
		contenders: []contender{
			{name: pgRead, waits: true, run: everyRow(ctx, p.memory.bare, query, z.rows, func() error { return nil })},
			{name: pgMiss, waits: true, run: missed},
			{name: pgRedis, waits: true, run: everyRow(ctx, p.redis.cached, query, z.rows, drop(p.redis))},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited("PostgreSQL, miss: added to the query", m.added(pgMiss, pgRead), micros, 15),
				info("PostgreSQL, miss: beside the query", m.ratio(pgMiss, pgRead), times),
				info("PostgreSQL, miss in Redis: added to the query", m.added(pgRedis, pgRead), micros),
				info("PostgreSQL, miss in Redis: beside the query", m.ratio(pgRedis, pgRead), times),
			}, nil
		},
		check: p.each((*site).allMissed),
		close: p.close,
	}, nil
}

// postgresUncachedReads reads tables that are not cached.
func postgresUncachedReads(ctx context.Context, z sizes) (*group, error) {
	p, err := openPostgres(ctx, z.written, siteConfig{})
	if err != nil {
		return nil, err
	}
	note, audit := p.memory.text(selectNote), p.memory.text(selectAudit)
	return &group{
		about: onPostgres("One row, read by one key"),
		contenders: []contender{
			{name: pgRead, waits: true, run: reads(ctx, p.memory.bare, note, hotKey, 1)},
			{name: pgPassed, waits: true, run: reads(ctx, p.memory.cached, note, hotKey, 1)},
			{name: pgNever, waits: true, run: reads(ctx, p.memory.cached, audit, hotKey, 1)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited("PostgreSQL, uncached read, no profile matches: beside the bare one", m.ratio(pgPassed, pgRead), times, 1.05),
				limited("PostgreSQL, uncached read, the profile says never: beside the bare one", m.ratio(pgNever, pgRead), times, 1.05),
			}, nil
		},
		check: p.memory.allPassed,
		close: p.close,
	}, nil
}
