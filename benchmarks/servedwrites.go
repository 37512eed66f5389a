package main

import (
	"context"
	"slices"
)

// bareDatabase opens a bare handle on a database of its own, of equal content.
func (s *servedSites) bareDatabase(ctx context.Context, rows int) (*site, error) {
	d, err := s.newDatabase(s.server, "bare", rows)
	if err != nil {
		return nil, err
	}
	return d.openSite(ctx, siteConfig{})
}

// openWrites is open with one more database, for the bare handle.
func (p *product) openWrites(ctx context.Context, z sizes, settings ...string) (s *servedSites, bare *site, err error) {
	if s, err = p.open(ctx, z.written, siteConfig{}, settings...); err != nil {
		return nil, nil, err
	}
	if bare, err = s.bareDatabase(ctx, z.written); err != nil {
		return nil, nil, closeAfter(err, s.close)
	}
	return s, bare, nil
}

// uncachedWrites writes a table that nobody caches, while another one is.
func (p *product) uncachedWrites(ctx context.Context, z sizes) (*group, error) {
	name := p.names()
	s, bare, err := p.openWrites(ctx, z)
	if err != nil {
		return nil, err
	}
	closeAll := closing(bare.close, s.close)
	if err := reads(ctx, s.memory.cached, s.memory.text(selectPost), hotKey, 1)(1); err != nil {
		return nil, closeAfter(err, closeAll)
	}
	insert, update := s.memory.text(insertNote), s.memory.text(updateNote)
	return &group{
		about: p.on("INSERT and UPDATE by key, each committed by itself, into a table that nobody caches, while another is cached. " + p.disk),
		contenders: []contender{
			{name: name.insert, waits: true, run: inserts(ctx, bare.bare, insert)},
			{name: name.insertOther, waits: true, run: inserts(ctx, s.memory.cached, insert)},
			{name: name.update, waits: true, run: updates(ctx, bare.bare, update, z.written)},
			{name: name.updateOther, waits: true, run: updates(ctx, s.memory.cached, update, z.written)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited(p.name+", INSERT into a table that nobody caches: beside the bare one", m.ratio(name.insertOther, name.insert), times, 1.3),
				limited(p.name+", UPDATE of a table that nobody caches: beside the bare one", m.ratio(name.updateOther, name.update), times, 1.3),
			}, nil
		},
		check: s.memory.noneDropped,
		close: closeAll,
	}, nil
}

// cachedUpdates changes rows of which a query is cached.
func (p *product) cachedUpdates(ctx context.Context, z sizes) (*group, error) {
	return p.updatesWith(ctx, z, p.name+", UPDATE by key of a cached row", p.disk)
}

// syncedUpdates does the same where each commit waits for the disk.
func (p *product) syncedUpdates(ctx context.Context, z sizes) (*group, error) {
	return p.updatesWith(ctx, z, p.name+" with fsync, UPDATE by key of a cached row", "Each commit waits for the disk", p.synced...)
}

func (p *product) updatesWith(ctx context.Context, z sizes, short, disk string, settings ...string) (*group, error) {
	name := p.names()
	s, bare, err := p.openWrites(ctx, z, settings...)
	if err != nil {
		return nil, err
	}
	update := s.memory.text(updatePost)
	most := min(z.written, 500) // one turn's rows are read ahead
	return &group{
		about: p.on("UPDATE by key, committed by itself, of a row that a reader has cached by its key. The reader's part is not timed. " + disk),
		contenders: []contender{
			{name: name.update, waits: true, run: updates(ctx, bare.bare, update, z.written)},
			{name: name.updateCached, waits: true, most: most, run: updates(ctx, s.memory.cached, update, z.written), prepare: readsAhead(ctx, s.memory, z.written)},
			{name: name.updateRedis, waits: true, most: most, run: updates(ctx, s.redis.cached, update, z.written), prepare: readsAhead(ctx, s.redis, z.written)},
		},
		figures: func(m samples) ([]figure, error) {
			beside := info(short+": beside the bare one", m.ratio(name.updateCached, name.update), times)
			if p.limited > 0 {
				beside.bound, beside.limit = atMost, p.limited
			}
			return []figure{
				info(short+": the time of the bare one", m.time(name.update), micros),
				beside,
				info(short+" in Redis: beside the bare one", m.ratio(name.updateRedis, name.update), times),
			}, nil
		},
		check: s.each((*site).eachDropped),
		close: closing(bare.close, s.close),
	}, nil
}

// roundTrips counts what is sent to the server and to Redis.
func (p *product) roundTrips(ctx context.Context, z sizes) (*group, error) {
	return &group{
		about: "How often something is sent to " + p.name + ", and to Redis, after what was sent before has been answered, counted on the connections. " +
			"The median of 15 calls of each kind.",
		figures: func(samples) ([]figure, error) { return p.countTrips(ctx, z) },
		check:   func() error { return nil },
		close:   func() error { return nil },
	}, nil
}

func (p *product) countTrips(ctx context.Context, z sizes) (figures []figure, err error) {
	s, err := p.open(ctx, z.written, siteConfig{})
	if err != nil {
		return nil, err
	}
	defer func() { err = closeAfter(err, s.close) }()
	for _, c := range []struct {
		name  string
		calls func(*site) (before, call func() error)
		// The limits: to the server with the cache in the process and in Redis, and to
		// Redis.
		memory, redis, toRedis float64
	}{
		{"a hit", func(s *site) (before, call func() error) { return s.readHot(ctx), s.readHot(ctx) }, 0, 0, 1},
		{"a miss", func(s *site) (before, call func() error) { return s.change(ctx, updatePost), s.readHot(ctx) }, 1, 1, 3},
		{
			"an UPDATE by key of a cached row",
			func(s *site) (before, call func() error) { return s.readHot(ctx), s.change(ctx, updatePost) }, p.updates, p.updates, 2,
		},
		// In Redis nobody can be sure that no other process caches the table.
		{
			"an UPDATE by key, into a table that nobody caches",
			func(s *site) (before, call func() error) { return s.readHot(ctx), s.change(ctx, updateNote) }, 1, 3, 2,
		},
	} {
		before, call := c.calls(s.memory)
		memory, err := medianOf(before, call, s.memoryTrips)
		if err != nil {
			return nil, err
		}
		before, call = c.calls(s.redis)
		both, err := medianOf(before, call, s.redisTrips, s.trips)
		if err != nil {
			return nil, err
		}
		figures = append(figures,
			limited("Round trips to "+p.name+" of "+c.name, exactly(memory[0]), count, c.memory),
			limited("Round trips to "+p.name+" of "+c.name+", cached in Redis", exactly(both[0]), count, c.redis),
			limited("Round trips to Redis of "+c.name+", on "+p.name, exactly(both[1]), count, c.toRedis))
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
