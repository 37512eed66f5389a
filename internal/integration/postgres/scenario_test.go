package postgres

import (
	"slices"
	"strconv"
	"strings"
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
	eachDriver(t, func(t *testing.T, name string) { scenarios(t, name, nil, false) })
}

func TestScenariosOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newWaitingStore(t, server.URL())
	eachDriver(t, func(t *testing.T, name string) { scenarios(t, name, s, false) })
}

// The scenarios hit and miss alike where a function reads their queries. What the
// drivers differ in is below that, so one will do.
func TestScenariosThroughFunc(t *testing.T) {
	t.Parallel()
	scenarios(t, "pgx", nil, true)
}

func TestScenariosThroughFuncOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newWaitingStore(t, server.URL())
	scenarios(t, "pgx", s, true)
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

// scenarios runs all scenarios through a driver, with results in a store, which is
// one for all; nil: in one for each. With -short each scenario takes one of the four ways.
func scenarios(t *testing.T, driverName string, st store.Store, function bool) {
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
		Dialect:      "postgres",
		Placeholders: dollars,
		Open: func(t *testing.T, schema, data []string) scenario.Target {
			s := newCachedPostgres(t, driverName, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.Prefix = st, t.Name() })
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

// dollars rewrites plain parameters. The scenarios' texts have no question mark
// that is none.
func dollars(query string) string {
	var out strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}
