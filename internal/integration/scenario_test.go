package integration

import (
	"strings"
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
		Coarse:  coarseSQLite,
		Open: func(t *testing.T, schema, data []string) scenario.Target {
			s := newCachedSQLite(t, nil)
			exec(t, s.cached, schema...)
			exec(t, s.cached, data...)
			return scenario.Target{Cached: s.cached, Bare: s.bare, Hits: func() int { return int(s.hits.Load()) }}
		},
	})
}

// coarseSQLite names the cases whose writes have no row images yet.
func coarseSQLite(c *scenario.Case) string {
	for _, step := range c.Steps {
		if step.Exec != nil && strings.HasPrefix(step.Exec.SQL, "DELETE FROM categories") ||
			step.Exec != nil && strings.HasPrefix(step.Exec.SQL, "DELETE FROM users") {
			return "the rows that a foreign key's action reaches: whole-table epochs"
		}
	}
	return ""
}
