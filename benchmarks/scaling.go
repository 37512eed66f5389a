package main

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// The names of the contenders with goroutines.
const (
	nothingOne = doNothing + ", 1 goroutine"
	nothingTwo = doNothing + ", 2 goroutines"
	hitOne     = hit + ", 1 goroutine"
	hitTwo     = hit + ", 2 goroutines"
)

// hotScaling reads one key from two goroutines.
func hotScaling(ctx context.Context, z sizes) (*group, error) {
	return scaling(ctx, z, "one hot key", keySequence{hotKey}, []int64{hotKey})
}

// randomScaling reads random keys from two goroutines.
func randomScaling(ctx context.Context, z sizes) (*group, error) {
	return scaling(ctx, z, "random keys", newKeySequence(z.keys), upTo(z.keys))
}

// scaling reads single rows from one and from two goroutines, by a sequence of
// all the keys.
func scaling(ctx context.Context, z sizes, what string, keys keySequence, all []int64) (*group, error) {
	h, err := openHits(ctx, z, selectPost, hotKey)
	if err != nil {
		return nil, err
	}
	read := func(db *sql.DB, goroutines int) func(int) error {
		return func(calls int) error { return together(goroutines, calls, reading(ctx, db, keys)) }
	}
	// Before each turn all keys are in the caches of both processors.
	warm := func(goroutines int) error {
		return together(goroutines, len(all), func(from, calls int) error {
			var p Post
			for _, key := range all[from : from+calls] {
				n, err := readPosts(ctx, h.cached, selectPost, key, &p)
				if err := expect(1, n, err); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := warm(1); err != nil { // so that all keys are there
		return nil, closeAfter(err, h.close)
	}
	bothWarm := func(int) error { return warm(2) }
	return &group{
		about: "One row, read by " + what + ", from one goroutine and from two that share a handle. The times are for one call, whoever makes it.",
		contenders: []contender{
			{name: nothingOne, run: read(h.nothing, 1)},
			{name: nothingTwo, run: read(h.nothing, 2)},
			{name: hitOne, run: read(h.cached, 1), prepare: bothWarm},
			{name: hitTwo, run: read(h.cached, 2), prepare: bothWarm},
		},
		figures: func(s samples) ([]figure, error) {
			// What a hit gains over what the do-nothing driver gains.
			relative := s.byRound(func(n []float64) float64 { return n[0] / n[1] / (n[2] / n[3]) }, hitOne, hitTwo, nothingOne, nothingTwo)
			return []figure{
				info("two goroutines, "+what+": what hits gain", s.ratio(hitOne, hitTwo), times),
				info("two goroutines, "+what+": what the do-nothing driver gains", s.ratio(nothingOne, nothingTwo), times),
				{name: "two goroutines, " + what + ": the first over the second", value: relative, unit: times, bound: atLeast, limit: 0.95},
			}, nil
		},
		check: h.wereHits(len(all)),
		close: h.close,
	}, nil
}

// reading returns what one goroutine does: so many reads, from a place in the
// keys on, into a struct of its own.
func reading(ctx context.Context, db *sql.DB, keys keySequence) func(from, calls int) error {
	return func(from, calls int) error {
		var p Post
		for i := range calls {
			n, err := readPosts(ctx, db, selectPost, keys.at(from+i), &p)
			if err := expect(1, n, err); err != nil {
				return err
			}
		}
		return nil
	}
}

// together shares the calls out among goroutines, and waits for them.
func together(goroutines, calls int, f func(from, calls int) error) error {
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		from, to := g*calls/goroutines, (g+1)*calls/goroutines
		wg.Go(func() { errs[g] = f(from, to-from) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
