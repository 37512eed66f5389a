package main

import (
	"context"
	"fmt"

	"github.com/cacheops/cacheops"
)

// serverNames are the names of those who read and write on a server.
type serverNames struct {
	read, hit, redisHit, miss, redisMiss, passed, never                 string
	insert, insertOther, update, updateOther, updateCached, updateRedis string
}

// names has the server's name in each.
func (p *product) names() serverNames {
	return serverNames{
		read:         "bare *sql.DB, " + p.name,
		hit:          "cacheops hit, " + p.name,
		redisHit:     "cacheops hit in Redis, " + p.name,
		miss:         "cacheops miss, " + p.name,
		redisMiss:    "cacheops miss in Redis, " + p.name,
		passed:       "cacheops, " + p.name + ", no profile matches",
		never:        "cacheops, " + p.name + ", the profile says never",
		insert:       "INSERT, bare *sql.DB, " + p.name,
		insertOther:  "INSERT, cacheops, " + p.name + ", nobody caches the table",
		update:       "UPDATE, bare *sql.DB, " + p.name,
		updateOther:  "UPDATE, cacheops, " + p.name + ", nobody caches the table",
		updateCached: "UPDATE, cacheops, " + p.name + ", the row is cached",
		updateRedis:  "UPDATE, cacheops, " + p.name + ", the row is cached in Redis",
	}
}

// row reads one row.
func (p *product) row(ctx context.Context, z sizes) (*group, error) {
	return p.hitsOf(ctx, z, "One row of eight columns, read by its key into a struct", p.name+", one row", selectPost, hotKey, 1)
}

// lists reads the rows of a category.
func (p *product) lists(ctx context.Context, z sizes) (*group, error) {
	return p.hitsOf(ctx, z, "50 rows of eight columns, scanned one after the other into one struct", p.name+", 50 rows", selectList, hotCategory, listed)
}

// hitsOf compares hits with the query that they save.
func (p *product) hitsOf(ctx context.Context, z sizes, what, short, query string, key int64, rows int) (*group, error) {
	name := p.names()
	s, err := p.open(ctx, max(z.written, int(hotCategory)*listed), siteConfig{})
	if err != nil {
		return nil, err
	}
	query = s.memory.text(query)
	return &group{
		about: p.on(what),
		contenders: []contender{
			{name: name.read, waits: true, run: reads(ctx, s.memory.bare, query, key, rows)},
			{name: name.hit, run: reads(ctx, s.memory.cached, query, key, rows)},
			{name: name.redisHit, waits: true, run: reads(ctx, s.redis.cached, query, key, rows)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				info(short+": the time of the query", m.time(name.read), micros),
				limited(short+": a hit beside the query", m.ratio(name.hit, name.read), times, 0.25),
				limited(short+": a hit in Redis beside the query", m.ratio(name.redisHit, name.read), times, 1),
			}, nil
		},
		check: s.each(func(s *site) error { return (&hitSite{site: s}).wereHits(1)() }),
		close: s.close,
	}, nil
}

// misses reads rows by keys that were never read before.
func (p *product) misses(ctx context.Context, z sizes) (*group, error) {
	name := p.names()
	s, err := p.open(ctx, z.rows, siteConfig{maxBytes: missBytes})
	if err != nil {
		return nil, err
	}
	query := s.memory.text(selectPost)
	drop := func(s *site) func() error {
		return func() error { return s.cache.Database(database).Invalidate(ctx, cacheops.All()) }
	}
	missed := everyRow(ctx, s.memory.cached, query, z.rows, drop(s.memory))
	if err := missed(z.rows / 2); err != nil { // fill the store
		return nil, closeAfter(err, s.close)
	}
	return &group{
		about: p.on(fmt.Sprintf("One row, by a key that was never read before. The store in the process is bounded to %d MiB and full. The table has %d rows", missBytes>>20, z.rows)),
		contenders: []contender{
			{name: name.read, waits: true, run: everyRow(ctx, s.memory.bare, query, z.rows, func() error { return nil })},
			{name: name.miss, waits: true, run: missed},
			{name: name.redisMiss, waits: true, run: everyRow(ctx, s.redis.cached, query, z.rows, drop(s.redis))},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited(p.name+", miss: added to the query", m.added(name.miss, name.read), micros, 15),
				info(p.name+", miss: beside the query", m.ratio(name.miss, name.read), times),
				info(p.name+", miss in Redis: added to the query", m.added(name.redisMiss, name.read), micros),
				info(p.name+", miss in Redis: beside the query", m.ratio(name.redisMiss, name.read), times),
			}, nil
		},
		check: s.each((*site).allMissed),
		close: s.close,
	}, nil
}

// uncachedReads reads tables that are not cached.
func (p *product) uncachedReads(ctx context.Context, z sizes) (*group, error) {
	name := p.names()
	s, err := p.open(ctx, z.written, siteConfig{})
	if err != nil {
		return nil, err
	}
	note, audit := s.memory.text(selectNote), s.memory.text(selectAudit)
	return &group{
		about: p.on("One row, read by one key"),
		contenders: []contender{
			{name: name.read, waits: true, run: reads(ctx, s.memory.bare, note, hotKey, 1)},
			{name: name.passed, waits: true, run: reads(ctx, s.memory.cached, note, hotKey, 1)},
			{name: name.never, waits: true, run: reads(ctx, s.memory.cached, audit, hotKey, 1)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited(p.name+", uncached read, no profile matches: beside the bare one", m.ratio(name.passed, name.read), times, 1.05),
				limited(p.name+", uncached read, the profile says never: beside the bare one", m.ratio(name.never, name.read), times, 1.05),
			}, nil
		},
		check: s.memory.allPassed,
		close: s.close,
	}, nil
}
