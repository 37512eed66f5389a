package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// fillers is how many goroutines fill a store in Redis, which answers many at once
// nearly as fast as one.
const fillers = 128

// openRedisFilled fills a Redis of its own. The results are of one column.
func openRedisFilled(ctx context.Context, entries int) (_ *filled, end func() error, err error) {
	s, err := openRedis(ctx, siteConfig{rows: listed}, nil)
	if err != nil {
		return nil, nil, err
	}
	f := &filled{site: s.site, entries: entries, workers: fillers}
	if err := f.open(ctx, columnNames[:1]); err != nil {
		return nil, nil, closeAfter(err, s.close)
	}
	keys, err := s.raw.Do(ctx, s.raw.B().Dbsize().Build()).AsInt64()
	if err == nil && keys < int64(entries/3*3) {
		err = fmt.Errorf("%d keys in Redis, too few for %d entries", keys, entries)
	}
	if err != nil {
		return nil, nil, closeAfter(err, s.close)
	}
	return f, s.close, nil
}

// redisInvalidations drops rows, tables and everything with as many entries in
// Redis as there are in the stores in process.
func redisInvalidations(ctx context.Context, z sizes) (*group, error) {
	g := &group{about: "The same in Redis: fence and bump of one row image under three schemes, of the table, and of everything, with so many entries in Redis. " +
		"Each number of entries has a server of its own. What the next rows drop is made valid before each turn. What is dropped stays in Redis until its time is over, so the entries do not become fewer."}
	var stores []*filled
	var ends []func() error
	g.close = func() error { return closing(ends...)() }
	for _, entries := range z.entries {
		f, end, err := openRedisFilled(ctx, entries)
		if err != nil {
			return nil, closeAfter(err, g.close)
		}
		stores, ends = append(stores, f), append(ends, end)
	}
	g.contenders = invalidators(ctx, stores)
	for i := range g.contenders {
		g.contenders[i].waits = true
	}
	least, most := z.entries[0], z.entries[len(z.entries)-1]
	g.figures = func(s samples) (out []figure, err error) {
		for _, name := range []func(int) string{rowName, tableName, allName} {
			for _, n := range z.entries {
				out = append(out, info("Redis: invalidate "+name(n), s.time(name(n)), micros))
			}
			out = append(out, limited(fmt.Sprintf("Redis: invalidate %s beside %d", name(most), least), s.ratio(name(most), name(least)), times, 1.3))
		}
		return out, nil
	}
	g.check = func() error { return droppedThree(stores) }
	return g, nil
}

// The conditions that tell apart what is read of the rows of the large
// transaction: ten schemes, in each of which each row has values of its own.
var tenConditions = [...]string{
	"id = ?", "category_id = ?", "views = ?", "title = ?", "body = ?",
	"id = ? AND visible = 1", "category_id = ? AND visible = 1", "views = ? AND visible = 1", "title = ? AND visible = 1", "body = ? AND visible = 1",
}

// transactionTries is how often the large transaction is made.
const transactionTries = 9

// blocksAtMost is how long one call may keep Redis from all others, in
// microseconds.
const blocksAtMost = 10_000

// largeChange is a transaction that changes many rows, and what is cached of them.
type largeChange struct {
	*filled

	redis *redisSite
	rows  [][]driver.Value
}

// redisTransaction looks at what one that changes many rows costs Redis.
func redisTransaction(ctx context.Context, z sizes) (_ *group, err error) {
	s, err := openRedis(ctx, siteConfig{rows: listed, images: 2 * len(tenConditions) * z.changed}, nil)
	if err != nil {
		return nil, err
	}
	l := &largeChange{filled: &filled{site: s.site, workers: fillers}, redis: s}
	if err = l.begin(ctx, columnNames[:1]); err != nil {
		return nil, closeAfter(err, s.close)
	}
	for i := range z.changed {
		l.rows = append(l.rows, []driver.Value{
			int64(i), int64(i), int64(i), fmt.Sprintf("title %d", i), fmt.Sprintf("body %d", i), float64(i) + 0.5, int64(1), l.row[7],
		})
	}
	if err = l.cacheAll(ctx); err != nil {
		return nil, closeAfter(err, s.close)
	}
	return &group{
		about: fmt.Sprintf("Fence and bump of %d row images under %d schemes, each with a cached result of its own, as of one transaction: %d conjunctions. "+
			"MaxImages is set high enough. The longest call is the most microseconds that Redis itself tells (SLOWLOG) of any call of the transaction's scripts; Redis does nothing else meanwhile. %d transactions.",
			z.changed, len(tenConditions), z.changed*len(tenConditions), transactionTries),
		figures: func(samples) ([]figure, error) { return l.figures(ctx) },
		check:   func() error { return nil },
		close:   s.close,
	}, nil
}

// cacheAll makes results of all rows under all conditions valid.
func (l *largeChange) cacheAll(ctx context.Context) error {
	return together(l.workers, len(l.rows), func(from, rows int) error {
		for _, row := range l.rows[from : from+rows] {
			for i, condition := range tenConditions {
				if err := l.put(ctx, "SELECT id FROM posts WHERE "+condition, row[i%5]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// figures makes the transactions.
func (l *largeChange) figures(ctx context.Context) ([]figure, error) {
	if err := l.findColumns(ctx); err != nil {
		return nil, err
	}
	images := make([][]driver.Value, len(l.rows))
	for i, row := range l.rows {
		for _, column := range l.columns {
			images[i] = append(images[i], row[column])
		}
	}
	var longest, took [2][]float64 // of fence and bump
	calls := 0
	for range transactionTries {
		if err := l.cacheAll(ctx); err != nil {
			return nil, err
		}
		c := l.handle.NewChanges()
		c.AddImages(l.table, l.columns, images, engine.After)
		for i, step := range []func() error{
			func() error { return c.Fence(ctx) },
			func() error { c.Bump(ctx, store.DropFence); return nil },
		} {
			var spent time.Duration
			sent, err := l.redis.slowLog(ctx, func() error {
				from := time.Now()
				err := step()
				spent = time.Since(from)
				return err
			})
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], float64(spent.Nanoseconds())/1000)
			most, n := scripts(sent)
			longest[i], calls = append(longest[i], most), n
		}
	}
	if calls == 0 {
		return nil, errors.New("no call of a script is told of by Redis")
	}
	if want := transactionTries * len(l.rows) * len(tenConditions); l.keys.Load() != int64(want) || l.epochs.Load() > 0 {
		return nil, fmt.Errorf("%d conjunctions and %d tables were dropped, not %d conjunctions", l.keys.Load(), l.epochs.Load(), want)
	}
	what := fmt.Sprintf("Redis, %d rows by %d schemes: ", len(l.rows), len(tenConditions))
	return []figure{
		limited(what+"longest call of the fence", summarise(longest[0]), micros, blocksAtMost),
		limited(what+"longest call of the bump", summarise(longest[1]), micros, blocksAtMost),
		info(what+"calls of each, in one pipeline", exactly(float64(calls)), count),
		info(what+"the whole fence", summarise(took[0]), micros),
		info(what+"the whole bump", summarise(took[1]), micros),
	}, nil
}

// scripts returns how long the longest call of a script took, in microseconds, and
// how many there were.
func scripts(sent []redisCall) (most float64, calls int) {
	for _, c := range sent {
		if strings.HasPrefix(c.words[0], "EVAL") {
			most = max(most, c.micros)
			calls++
		}
	}
	return most, calls
}
