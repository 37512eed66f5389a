package mysql

import (
	"slices"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest/scenario"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/sample"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

func TestScenarios(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) { scenarios(t, mode, nil, false) })
}

func TestScenariosOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newWaitingStore(t, server.URL())
	eachMode(t, func(t *testing.T, mode string) { scenarios(t, mode, s, false) })
}

// The scenarios hit and miss alike where a function reads their queries. What the
// modes differ in is below that, so one will do.
func TestScenariosThroughFunc(t *testing.T) {
	t.Parallel()
	scenarios(t, plain, nil, true)
}

func TestScenariosThroughFuncOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newWaitingStore(t, server.URL())
	scenarios(t, plain, s, true)
}

// newWaitingStore is a store whose readers wait for their fills, so that the next
// read finds what the last one stored.
func newWaitingStore(t testing.TB, url string) *rueidisstore.Store {
	t.Helper()
	s, err := rueidisstore.New(rueidisstore.Config{URL: redistest.Patient(url), BackgroundFills: -1, ReadTimeout: time.Minute, WriteTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// scenarios runs all scenarios in a mode of the driver, with results in a store, which is
// one for all; nil: in one for each. With -short each scenario takes one of the four ways.
func scenarios(t *testing.T, mode string, st store.Store, function bool) {
	t.Helper()
	suite, err := scenario.Blog()
	if err != nil {
		t.Fatal(err)
	}
	way := 0
	if st != nil {
		way++
	}
	if function {
		way += 2
	}
	suite.Cases = slices.DeleteFunc(suite.Cases, func(c scenario.Case) bool { return !sample.Takes(testing.Short(), c.Name, way, 4) })
	scenario.Run(t, suite, scenario.Config{
		Dialect: "mysql",
		Open: func(t *testing.T, schema, data []string) scenario.Target {
			s := newCachedMySQL(t, mode, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.Prefix = st, t.Name() })
			exec(t, s.cached, schema...)
			exec(t, s.cached, data...)
			if function {
				return scenario.Target{
					Cached: s.cached, Bare: s.bare, Read: scenario.ThroughFunc(s.cache, s.cached), Hits: func() int { return int(s.funcHits.Load()) },
				}
			}
			return scenario.Target{Cached: s.cached, Bare: s.bare, Hits: func() int { return int(s.hits.Load()) }}
		},
	})
}
