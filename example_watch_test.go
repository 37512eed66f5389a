package cacheops_test

import (
	"context"
	"expvar"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/cacheops/cacheops"
)

// The counters of a cache, for whatever collects them.
func ExampleCache_Stats() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	expvar.Publish("cacheops", expvar.Func(func() any { return cache.Stats() }))

	s := cache.Stats()
	fmt.Printf("%d reads, %.0f %% of them hits, %d entries\n", s.Reads, 100*s.HitRate(), s.Entries)
	// Output: 0 reads, 0 % of them hits, 0 entries
}

// Every read and every invalidation goes to the program's log while its level is
// debug.
func ExampleLogHooks() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cache, err := cacheops.New(cacheops.Config{Logger: logger, Hooks: cacheops.LogHooks(logger)})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
}

// Several hooks at once.
func ExampleJoinHooks() {
	slow := cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
		if !e.Hit && e.Latency.Seconds() > 1 {
			log.Printf("%v: %s", e.Latency, e.Query)
		}
	}}
	cache, err := cacheops.New(cacheops.Config{Hooks: cacheops.JoinHooks(cacheops.LogHooks(nil), slow)})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
}

// Before a program trusts the cache it can watch what the cache would do: the
// database answers every read, and the two are compared.
func ExampleConfig_shadow() {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"*": {Ops: cacheops.OpAll}},
		Shadow:   true,
		Hooks: cacheops.Hooks{OnDifference: func(_ context.Context, e cacheops.DifferenceEvent) {
			log.Printf("%s: %s (%s)", e.Query, e.Difference, e.Doubt)
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	// Open the database, let the program run for a day, and look:
	s := cache.Stats()
	fmt.Printf("%.0f %% would have been hits, %d of %d compared differed\n", 100*s.HitRate(), s.Shadow.Differences, s.Shadow.Compared)
	// Output: 0 % would have been hits, 0 of 0 compared differed
}
