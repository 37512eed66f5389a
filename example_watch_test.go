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
