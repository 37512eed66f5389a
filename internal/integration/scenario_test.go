package integration

import (
	"testing"

	"github.com/cacheops/cacheops/cachetest/scenario"
)

func TestScenariosSQLite(t *testing.T) {
	suite, err := scenario.Blog()
	if err != nil {
		t.Fatal(err)
	}
	scenario.Run(t, suite, scenario.Config{
		Dialect: "sqlite",
		Open: func(t *testing.T, schema, data []string) scenario.Target {
			s := newCachedSQLite(t, nil)
			exec(t, s.cached, schema...)
			exec(t, s.cached, data...)
			return scenario.Target{Cached: s.cached, Bare: s.bare, Hits: func() int { return int(s.hits.Load()) }}
		},
	})
}
