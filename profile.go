package cacheops

import (
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// Op is a kind of read. Ops combine as bits: OpGet|OpCount.
type Op uint8

// The kinds of read, told from the SQL.
const (
	// OpGet reads one row: LIMIT 1 or 2, or equality on a unique key. It covers
	// an ORM's first, last and get, and the row behind a foreign key.
	OpGet = Op(analysis.OpGet)
	// OpFetch reads a list.
	OpFetch = Op(analysis.OpFetch)
	// OpCount counts rows.
	OpCount = Op(analysis.OpCount)
	// OpExists asks whether there is a row.
	OpExists = Op(analysis.OpExists)
	// OpAggregate computes a value over rows.
	OpAggregate = Op(analysis.OpAggregate)
	// OpAll is every kind.
	OpAll = Op(analysis.OpAll)
)

// String returns the names of the ops, joined by "|".
func (o Op) String() string { return analysis.Op(o).String() }

// Mode says whether a profile's tables may be cached at all.
type Mode uint8

const (
	// Auto caches the profile's ops, and others on request. It is the default.
	Auto Mode = iota
	// Never caches nothing of the tables, also when a call asks for it.
	Never
)

// Profile says what to cache of the tables that a pattern names.
type Profile struct {
	// Ops are the kinds of read that are cached unasked. The zero value caches
	// only what a call asks for with With(ctx, Ops(...)).
	Ops Op
	// TTL is how long a result is kept at most. 0 takes Config.DefaultTTL. A
	// read of several tables takes the shortest.
	TTL time.Duration
	// Mode is Auto or Never.
	Mode Mode
	// Lock is the option Lock for every read of the tables. A read of several
	// tables takes the lock if one of their profiles says so.
	Lock bool
}

// Profiles maps patterns to profiles. A pattern names a table, "posts" or
// "blog.posts", or is a glob in the form of path.Match: "auth.*", "log_*", "*".
// An exact name wins over globs, a longer glob over a shorter one. Names are
// compared without regard to case. A table that nothing matches is not cached
// unasked.
type Profiles map[string]Profile

// rule is a pattern with its profile.
type rule struct {
	pattern string
	glob    bool
	profile Profile
}

// compile checks the profiles and orders them, the strongest first.
func (p Profiles) compile(defaultTTL time.Duration) ([]rule, error) {
	rules := make([]rule, 0, len(p))
	for pattern, profile := range p {
		switch {
		case pattern == "":
			return nil, errors.New(`cacheops: Config.Profiles has an empty pattern: use a table's name, a glob, or "*"`)
		case profile.TTL < 0:
			return nil, fmt.Errorf("cacheops: Config.Profiles[%q].TTL is %v: use a positive duration, or 0 for Config.DefaultTTL", pattern, profile.TTL)
		case profile.Ops&^OpAll != 0:
			return nil, fmt.Errorf("cacheops: Config.Profiles[%q].Ops has unknown bits %#x: combine OpGet, OpFetch, OpCount, OpExists and OpAggregate", pattern, uint8(profile.Ops))
		case profile.Mode > Never:
			return nil, fmt.Errorf("cacheops: Config.Profiles[%q].Mode is %d: use Auto or Never", pattern, profile.Mode)
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("cacheops: Config.Profiles[%q] is no valid pattern: %w", pattern, err)
		}
		if profile.TTL == 0 {
			profile.TTL = defaultTTL
		}
		rules = append(rules, rule{pattern: strings.ToLower(pattern), glob: strings.ContainsAny(pattern, `*?[\`), profile: profile})
	}
	sort.Slice(rules, func(i, j int) bool {
		a, b := rules[i], rules[j]
		if a.glob != b.glob {
			return !a.glob
		}
		if len(a.pattern) != len(b.pattern) {
			return len(a.pattern) > len(b.pattern)
		}
		return a.pattern < b.pattern
	})
	return rules, nil
}

// policy returns what the strongest matching rule says of a table.
func policy(rules []rule, defaultTTL time.Duration) func(*dialect.Table) engine.Policy {
	return func(t *dialect.Table) engine.Policy {
		name := strings.ToLower(t.Name)
		qualified := strings.ToLower(t.Schema + "." + t.Name)
		for _, r := range rules {
			if !r.matches(name) && !r.matches(qualified) {
				continue
			}
			return engine.Policy{Ops: analysis.Op(r.profile.Ops), TTL: r.profile.TTL, Never: r.profile.Mode == Never, Lock: r.profile.Lock}
		}
		return engine.Policy{TTL: defaultTTL}
	}
}

func (r *rule) matches(name string) bool {
	if !r.glob {
		return r.pattern == name
	}
	ok, _ := path.Match(r.pattern, name) // the pattern was checked
	return ok
}
