package cachetest

import (
	"testing"

	"github.com/cacheops/cacheops"
)

// everyTable matches every table. It says what "*" says, of which the cache warns.
const everyTable = "?*"

// New makes a cache for one test, and the recorder of what it does. The cache is
// closed when the test and its subtests have ended; close the database handles
// before, in a t.Cleanup that is registered after New. A Config that is wrong
// ends the test.
//
// The Config is taken as it is, but for what a test wants otherwise:
//
//   - Without Profiles every read that can be cached is cached. For a cache without
//     profiles give it Profiles{"*": {}}.
//   - Without a Logger the cache logs to t.Log, and from slog.LevelError on to
//     t.Error, which fails the test: what an in-process store does not survive is
//     a bug. After the end of the test nothing is logged. Give a Logger of your
//     own where the test breaks the store on purpose.
//   - Hooks are called after the recorder's.
//
// A nil Store means one in process, so that the tests of a program run in parallel
// and need no server.
func New(t testing.TB, cfg cacheops.Config) (*cacheops.Cache, *Recorder) {
	t.Helper()
	recorder := new(Recorder)
	cfg.Hooks = recorder.before(cfg.Hooks)
	if cfg.Logger == nil {
		cfg.Logger = newLogger(t)
	}
	if len(cfg.Profiles) == 0 {
		cfg.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}
	}
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Errorf("close the cache: %v", err)
		}
	})
	return cache, recorder
}
