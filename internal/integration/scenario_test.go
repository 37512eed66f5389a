package integration

import (
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest/scenario"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

func TestScenariosSQLite(t *testing.T) { scenarios(t, nil, false) }

func TestScenariosSQLiteOnRedis(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingStore(t, server.URL()), false)
}

func TestScenariosSQLiteInSets(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingSets(t, server.URL()), false)
}

func TestScenariosSQLiteInCluster(t *testing.T) {
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingStore(t, cluster.URL()), false)
}

// The scenarios hit and miss alike where a function reads their queries.
func TestScenariosThroughFunc(t *testing.T) { scenarios(t, nil, true) }

func TestScenariosThroughFuncOnRedis(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingStore(t, server.URL()), true)
}

func TestScenariosThroughFuncInSets(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingSets(t, server.URL()), true)
}

func TestScenariosThroughFuncInCluster(t *testing.T) {
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	scenarios(t, newWaitingStore(t, cluster.URL()), true)
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

// newWaitingSets is the same in sets mode.
func newWaitingSets(t testing.TB, url string) *rueidisstore.Sets {
	t.Helper()
	s, err := rueidisstore.NewSets(rueidisstore.Config{URL: redistest.Patient(url), BackgroundFills: -1, ReadTimeout: time.Minute, WriteTimeout: time.Minute})
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

// scenarios runs all scenarios with results in a store, which is one for all; nil:
// in one for each.
func scenarios(t *testing.T, st store.Store, function bool) {
	t.Helper()
	suite, err := scenario.Blog()
	if err != nil {
		t.Fatal(err)
	}
	scenario.Run(t, suite, scenario.Config{
		Dialect: "sqlite",
		Open: func(t *testing.T, schema, data []string) scenario.Target {
			s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.Prefix = st, t.Name() })
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
