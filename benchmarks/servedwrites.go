package main

import (
	"context"
	"slices"
)

// The names of the contenders of writes on PostgreSQL.
const (
	pgInsert      = "INSERT, bare *sql.DB, PostgreSQL"
	pgInsertOther = "INSERT, cacheops, PostgreSQL, nobody caches the table"
	pgUpdate      = "UPDATE, bare *sql.DB, PostgreSQL"
	pgUpdateOther = "UPDATE, cacheops, PostgreSQL, nobody caches the table"
	pgCached      = "UPDATE, cacheops, PostgreSQL, the row is cached"
	pgRedisCached = "UPDATE, cacheops, PostgreSQL, the row is cached in Redis"
)

// bareDatabase opens a bare handle on a database of its own, of equal content.
func (p *postgresSites) bareDatabase(ctx context.Context, rows int) (*site, error) {
	d, err := newPostgresDatabase(p.server, "bare", rows)
	if err != nil {
		return nil, err
	}
	return d.openSite(ctx, siteConfig{})
}

// openPostgresWrites is openPostgres with one more database, for the bare handle.
func openPostgresWrites(ctx context.Context, z sizes, settings ...string) (p *postgresSites, bare *site, err error) {
	if p, err = openPostgres(ctx, z.written, siteConfig{}, settings...); err != nil {
		return nil, nil, err
	}
	if bare, err = p.bareDatabase(ctx, z.written); err != nil {
		return nil, nil, closeAfter(err, p.close)
	}
	return p, bare, nil
}

// postgresUncachedWrites writes a table that nobody caches, while another one is.
func postgresUncachedWrites(ctx context.Context, z sizes) (*group, error) {
	p, bare, err := openPostgresWrites(ctx, z)
	if err != nil {
		return nil, err
	}
	closeAll := closing(bare.close, p.close)
	if err := reads(ctx, p.memory.cached, p.memory.text(selectPost), hotKey, 1)(1); err != nil {
		return nil, closeAfter(err, closeAll)
	}
	insert, update := p.memory.text(insertNote), p.memory.text(updateNote)
	return &group{
		about: onPostgres("INSERT and UPDATE by key, each committed by itself, into a table that nobody caches, while another is cached. No fsync"),
		contenders: []contender{
			{name: pgInsert, waits: true, run: inserts(ctx, bare.bare, insert)},
			{name: pgInsertOther, waits: true, run: inserts(ctx, p.memory.cached, insert)},
			{name: pgUpdate, waits: true, run: updates(ctx, bare.bare, update, z.written)},
			{name: pgUpdateOther, waits: true, run: updates(ctx, p.memory.cached, update, z.written)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited("PostgreSQL, INSERT into a table that nobody caches: beside the bare one", m.ratio(pgInsertOther, pgInsert), times, 1.3),
				limited("PostgreSQL, UPDATE of a table that nobody caches: beside the bare one", m.ratio(pgUpdateOther, pgUpdate), times, 1.3),
			}, nil
		},
		check: p.memory.noneDropped,
		close: closeAll,
	}, nil
}

// postgresUpdates changes rows of which a query is cached.
func postgresUpdates(ctx context.Context, z sizes) (*group, error) {
	return postgresUpdatesWith(ctx, z, "PostgreSQL, UPDATE by key of a cached row", "No fsync")
}

// postgresSyncedUpdates does the same where each commit waits for the disk.
func postgresSyncedUpdates(ctx context.Context, z sizes) (*group, error) {
	return postgresUpdatesWith(ctx, z, "PostgreSQL with fsync, UPDATE by key of a cached row", "Each commit waits for the disk", "fsync = on")
}

func postgresUpdatesWith(ctx context.Context, z sizes, short, disk string, settings ...string) (*group, error) {
	p, bare, err := openPostgresWrites(ctx, z, settings...)
	if err != nil {
		return nil, err
	}
	update := p.memory.text(updatePost)
	most := min(z.written, 500) // one turn's rows are read ahead
	return &group{
		about: onPostgres("UPDATE by key, committed by itself, of a row that a reader has cached by its key. The reader's part is not timed. " + disk),
		contenders: []contender{
			{name: pgUpdate, waits: true, run: updates(ctx, bare.bare, update, z.written)},
			{name: pgCached, waits: true, most: most, run: updates(ctx, p.memory.cached, update, z.written), prepare: readsAhead(ctx, p.memory, z.written)},
			{name: pgRedisCached, waits: true, most: most, run: updates(ctx, p.redis.cached, update, z.written), prepare: readsAhead(ctx, p.redis, z.written)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				info(short+": the time of the bare one", m.time(pgUpdate), micros),
				limited(short+": beside the bare one", m.ratio(pgCached, pgUpdate), times, 4),
				info(short+" in Redis: beside the bare one", m.ratio(pgRedisCached, pgUpdate), times),
			}, nil
		},
		check: p.each((*site).eachDropped),
		close: closing(bare.close, p.close),
	}, nil
}

// postgresTrips counts what is sent to PostgreSQL and to Redis.
func postgresTrips(ctx context.Context, z sizes) (*group, error) {
	return &group{
		about: "How often something is sent to PostgreSQL, and to Redis, after what was sent before has been answered, counted on the connections. " +
			"The median of 15 calls of each kind.",
		figures: func(samples) ([]figure, error) { return countPostgresTrips(ctx, z) },
		check:   func() error { return nil },
		close:   func() error { return nil },
	}, nil
}

func countPostgresTrips(ctx context.Context, z sizes) (figures []figure, err error) {
	p, err := openPostgres(ctx, z.written, siteConfig{})
	if err != nil {
		return nil, err
	}
	defer func() { err = closeAfter(err, p.close) }()
	for _, c := range []struct {
		name  string
		calls func(*site) (before, call func() error)
		// The limits: to PostgreSQL with the cache in the process and in Redis, and to
		// Redis.
		memory, redis, toRedis float64
	}{
		{"a hit", func(s *site) (before, call func() error) { return s.readHot(ctx), s.readHot(ctx) }, 0, 0, 1},
		{"a miss", func(s *site) (before, call func() error) { return s.change(ctx, updatePost), s.readHot(ctx) }, 1, 1, 3},
		{
			"an UPDATE by key of a cached row",
			func(s *site) (before, call func() error) { return s.readHot(ctx), s.change(ctx, updatePost) }, 3, 3, 2,
		},
		// In Redis nobody can be sure that no other process caches the table.
		{
			"an UPDATE by key, into a table that nobody caches",
			func(s *site) (before, call func() error) { return s.readHot(ctx), s.change(ctx, updateNote) }, 1, 3, 2,
		},
	} {
		before, call := c.calls(p.memory)
		memory, err := medianOf(before, call, p.memoryTrips)
		if err != nil {
			return nil, err
		}
		before, call = c.calls(p.redis)
		both, err := medianOf(before, call, p.redisTrips, p.trips)
		if err != nil {
			return nil, err
		}
		figures = append(figures,
			limited("Round trips to PostgreSQL of "+c.name, exactly(memory[0]), count, c.memory),
			limited("Round trips to PostgreSQL of "+c.name+", cached in Redis", exactly(both[0]), count, c.redis),
			limited("Round trips to Redis of "+c.name+", on PostgreSQL", exactly(both[1]), count, c.toRedis))
	}
	return figures, nil
}

// readHot reads the hot row.
func (s *site) readHot(ctx context.Context) func() error {
	read := reads(ctx, s.cached, s.text(selectPost), hotKey, 1)
	return func() error { return read(1) }
}

// change updates it, or that of another table.
func (s *site) change(ctx context.Context, update string) func() error {
	update = s.text(update)
	return func() error { return one(s.cached.ExecContext(ctx, update, "Another title", hotKey)) }
}

// medianOf is how much the counters rise by a call, the median of several.
func medianOf(before, call func() error, counters ...*tripCounter) ([]float64, error) {
	const calls = 15
	counts := make([][]int64, len(counters))
	for range calls {
		if err := before(); err != nil {
			return nil, err
		}
		for i, c := range counters {
			counts[i] = append(counts[i], -c.trips.Load())
		}
		if err := call(); err != nil {
			return nil, err
		}
		for i, c := range counters {
			counts[i][len(counts[i])-1] += c.trips.Load()
		}
	}
	medians := make([]float64, len(counters))
	for i, list := range counts {
		slices.Sort(list)
		medians[i] = float64(list[calls/2])
	}
	return medians, nil
}
