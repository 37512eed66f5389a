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

// groups are all that is measured, in the order of the report. Each opens what
// it needs when its turn comes.
var groups = []struct {
	name string
	open func(ctx context.Context, s sizes) (*group, error)
}{
	{"hit: one row, one hot key", hotRow},
	{"hit: one row, random keys", randomRows},
	{"hit: 50 rows", lists},
	{"two goroutines: one hot key", hotScaling},
	{"two goroutines: random keys", randomScaling},
	{"miss", misses},
	{"uncached read, on SQLite", uncachedReads},
	{"uncached read, the database's time left out", uncachedNothing},
	{"uncached write", uncachedWrites},
	{"cached UPDATE by key", cachedUpdate},
	{"invalidation", invalidations},
	{"memory", memoryOfEntries},
	{"Redis: hit, one row", redisRow},
	{"Redis: hit, 50 rows", redisLists},
	{"Redis: hits of 64 goroutines", redisTogether},
	{"Redis: miss", redisMisses},
	{"Redis: UPDATE by key", redisUpdates},
	{"Redis: round trips", redisTrips},
	{"Redis: invalidation", redisInvalidations},
	{"Redis: a large transaction", redisTransaction},
	{"Redis: memory", redisMemory},
	{"PostgreSQL: one row", postgresRow},
	{"PostgreSQL: 50 rows", postgresLists},
	{"PostgreSQL: miss", postgresMisses},
	{"PostgreSQL: uncached read", postgresUncachedReads},
	{"PostgreSQL: uncached write", postgresUncachedWrites},
	{"PostgreSQL: cached UPDATE by key", postgresUpdates},
	{"PostgreSQL: cached UPDATE by key, with fsync", postgresSyncedUpdates},
	{"PostgreSQL: round trips", postgresTrips},
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
