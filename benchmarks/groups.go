package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// sizes says how much data there is.
type sizes struct {
	rows    int   // of the tables that are read
	written int   // of the tables that are written
	keys    int   // of the reads of random keys
	entries []int // of the stores in which rows are invalidated
	cached  int   // queries whose memory is measured
	changed int   // rows of the large transaction
}

// group is what is measured side by side, and what follows from it.
type group struct {
	about      string // what the contenders do
	contenders []contender
	// figures works out what is reported.
	figures func(s samples) ([]figure, error)
	// check returns an error if the contenders did not do what they should.
	check func() error
	close func() error
}

// entry is a group to be opened when its turn comes.
type entry struct {
	name string
	open func(ctx context.Context, s sizes) (*group, error)
	// oneProcessor is true where the program and a server are measured on one
	// processor.
	oneProcessor bool
}

// groups are all that is measured, in the order of the report.
var groups = []entry{
	{name: "hit: one row, one hot key", open: hotRow},
	{name: "hit: one row, random keys", open: randomRows},
	{name: "hit: 50 rows", open: lists},
	{name: "two goroutines: one hot key", open: hotScaling},
	{name: "two goroutines: random keys", open: randomScaling},
	{name: "miss", open: misses},
	{name: "uncached read, on SQLite", open: uncachedReads},
	{name: "uncached read, the database's time left out", open: uncachedNothing},
	{name: "uncached write", open: uncachedWrites},
	{name: "cached UPDATE by key", open: cachedUpdate},
	{name: "invalidation", open: invalidations},
	{name: "memory", open: memoryOfEntries},
	{name: "function: hit", open: functionHits},
	{name: "function: runs", open: functionRuns},
	{name: "page", open: pageHits},
	{name: "Redis: page", open: redisPages},
	{name: "Redis: hit, one row", open: redisRow},
	{name: "Redis: hit, 50 rows", open: redisLists},
	{name: "Redis: hits of 64 goroutines", open: redisTogether},
	{name: "Redis: miss", open: redisMisses},
	{name: "Redis: UPDATE by key", open: redisUpdates},
	{name: "Redis: round trips", open: redisTrips},
	{name: "Redis: invalidation", open: redisInvalidations},
	{name: "Redis: a large transaction", open: redisTransaction},
	{name: "Redis: memory", open: redisMemory},
	{name: "Redis: space, 1,000 rows alike", open: redisSpace(spaceReads{rows: 1000, what: "texts that repeat themselves", short: "1,000 rows alike", limit: 1.2})},
	{name: "Redis: space, 1,000 rows unlike", open: redisSpace(spaceReads{rows: 1000, change: halfChance, what: "half of their bytes are chance", short: "1,000 rows unlike", limit: 1.2})},
	{name: "Redis: space, 50 rows unlike", open: redisSpace(spaceReads{rows: 50, change: halfChance, what: "half of their bytes are chance", short: "50 rows unlike"})},
	{name: "PostgreSQL: one row", open: onPostgres.row, oneProcessor: true},
	{name: "PostgreSQL: 50 rows", open: onPostgres.lists, oneProcessor: true},
	{name: "PostgreSQL: miss", open: onPostgres.misses, oneProcessor: true},
	{name: "PostgreSQL: uncached read", open: onPostgres.uncachedReads, oneProcessor: true},
	{name: "PostgreSQL: uncached write", open: onPostgres.uncachedWrites, oneProcessor: true},
	{name: "PostgreSQL: cached UPDATE by key", open: onPostgres.cachedUpdates, oneProcessor: true},
	{name: "PostgreSQL: cached UPDATE by key, with fsync", open: onPostgres.syncedUpdates, oneProcessor: true},
	{name: "PostgreSQL: round trips", open: onPostgres.roundTrips, oneProcessor: true},
	{name: "MariaDB: one row", open: onMariaDB.row, oneProcessor: true},
	{name: "MariaDB: 50 rows", open: onMariaDB.lists, oneProcessor: true},
	{name: "MariaDB: miss", open: onMariaDB.misses, oneProcessor: true},
	{name: "MariaDB: uncached read", open: onMariaDB.uncachedReads, oneProcessor: true},
	{name: "MariaDB: uncached write", open: onMariaDB.uncachedWrites, oneProcessor: true},
	{name: "MariaDB: cached UPDATE by key", open: onMariaDB.cachedUpdates, oneProcessor: true},
	{name: "MariaDB: cached UPDATE by key, with fsync", open: onMariaDB.syncedUpdates, oneProcessor: true},
	{name: "MariaDB: round trips", open: onMariaDB.roundTrips, oneProcessor: true},
}

// seed makes random keys the same in each run.
const seed = 1

// keySequence is a long sequence of random keys from 1 to n.
type keySequence []int64

func newKeySequence(n int) keySequence {
	keys := make(keySequence, 1<<16)
	random := rand.New(rand.NewPCG(seed, seed))
	for i := range keys {
		keys[i] = 1 + random.Int64N(int64(n))
	}
	return keys
}

// upTo returns all keys from 1 to n, each once.
func upTo(n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i) + 1
	}
	return all
}

// at returns a key by its place, over and over.
func (k keySequence) at(i int) int64 { return k[i&(len(k)-1)] }

// each calls f for so many keys, and begins where the last call has ended. It
// returns a contender's run.
func (k keySequence) each(f func(key int64) error) func(calls int) error {
	next := 0
	return func(calls int) error {
		for range calls {
			if err := f(k.at(next)); err != nil {
				return err
			}
			next++
		}
		return nil
	}
}

// again returns a contender's run that makes one call over and over.
func again(f func() error) func(calls int) error {
	return func(calls int) error {
		for range calls {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
}

// expect returns an error unless that number of rows came.
func expect(want, got int, err error) error {
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%d rows instead of %d", got, want)
	}
	return nil
}

// closing joins what ends a group.
func closing(ends ...func() error) func() error {
	return func() error {
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
}

// closeAfter ends what an error leaves behind, or what is done with.
func closeAfter(err error, ends ...func() error) error { return errors.Join(err, closing(ends...)()) }

// quietly is an end that cannot fail.
func quietly(f func()) func() error { return func() error { f(); return nil } }
