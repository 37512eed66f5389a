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
	s := p.redis
	read := reads(ctx, s.cached, s.text(selectPost), hotKey, 1)
	drop := func() error { return one(s.cached.ExecContext(ctx, s.text(updatePost), "Another title", hotKey)) }
	for _, c := range []struct {
		name          string
		before, call  func() error
		toDB, toRedis float64 // limits
	}{
		{"a hit", func() error { return read(1) }, func() error { return read(1) }, 0, 1},
		{"a miss", drop, func() error { return read(1) }, 1, 3},
		{"an UPDATE by key of a cached row", func() error { return read(1) }, drop, 4, 2},
		{"an UPDATE by key, into a table that nobody caches", func() error { return read(1) },
			func() error { return one(s.cached.ExecContext(ctx, s.text(updateNote), "Another title", hotKey)) }, 1, 2},
	} {
		var db, redis []int64
		for range 15 {
			if err := c.before(); err != nil {
				return nil, err
			}
			d, r := p.counted.trips.Load(), p.trips.trips.Load()
			if err := c.call(); err != nil {
				return nil, err
			}
			db, redis = append(db, p.counted.trips.Load()-d), append(redis, p.trips.trips.Load()-r)
		}
		slices.Sort(db)
		slices.Sort(redis)
		figures = append(figures,
			limited("Round trips to PostgreSQL of "+c.name, exactly(float64(db[len(db)/2])), count, c.toDB),
			limited("Round trips to Redis of "+c.name+", on PostgreSQL", exactly(float64(redis[len(redis)/2])), count, c.toRedis))
	}
	return figures, nil
}
