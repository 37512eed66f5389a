package cacheops

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

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
	// OpNone is no kind. A profile needs it only where Config.Defaults has Ops
	// that it shall not inherit.
	OpNone Op = 1 << 7
)

// String returns the names of the ops, joined by "|".
func (o Op) String() string {
	if o == OpNone {
		return "none"
	}
	return analysis.Op(o).String()
}

// Mode says what a profile's tables have to do with the cache at all.
type Mode uint8

const (
	// Auto caches the profile's ops, and others on request. It is the default.
	Auto Mode = iota + 1
	// Never caches nothing of the tables. A call that asks for it with
	// With(ctx, Ops(...)) gets an error that wraps ErrNever. Writes are noticed.
	Never
	// Untracked leaves the writes of the tables unnoticed: they cost what they
	// cost without the cache, and drop nothing. A read of such a table is not
	// cached, on request either, unless the profile itself has Ops: then its
	// results may be STALE until their TTL. It is for tables that are written
	// all the time and read rarely, such as logs. All processes that share a
	// store must agree on it.
	Untracked
)

// String returns the mode's name.
func (m Mode) String() string {
	switch m {
	case 0, Auto:
		return "Auto"
	case Never:
		return "Never"
	case Untracked:
		return "Untracked"
	default:
		return fmt.Sprintf("Mode(%d)", uint8(m))
	}
}

// Local says whether results stay in the process.
type Local uint8

const (
	// Shared keeps results in the store. It is the default.
	Shared Local = iota + 1
	// Forever keeps results in this process's memory until it ends, or until
	// Config.MaxLocalBytes needs the room. They have no TTL and are NEVER
	// INVALIDATED: not by writes, not by Invalidate. It is for tables that do
	// not change while a program runs, such as countries. A read counts as local
	// only if all its tables are. A change of the schema ends them once this process
	// notices it: its own at once, that of another with the next read that asks
	// the database.
	Forever
)

// Profile says what to cache of the tables that a pattern names. Fields with
// their zero value take what Config.Defaults says.
type Profile struct {
	// Ops are the kinds of read that are cached unasked. 0, and 0 in
	// Config.Defaults too: only what a call asks for with With(ctx, Ops(...)).
	// Where Mode is Untracked what Config.Defaults says does not count.
	// A read of several tables is cached unasked if each allows its kind.
	Ops Op
	// TTL is how long a result is kept at most. 0: DefaultTTL, an hour. A read
	// of several tables takes the shortest.
	TTL time.Duration
	// Mode is Auto, Never or Untracked. 0: Auto.
	Mode Mode
	// Local is Shared or Forever. 0: Shared.
	Local Local
	// DBAgnostic shares results between databases (sqlcache.Config.Database) whose
	// tables hold the same rows at every moment, such as copies of one: a result
	// that one of them gave answers for all, and a write through any drops it. It
	// counts for reads of which all tables have it, through handles with the same
	// driver and Variant and with equal schemas. Unlike in django-cacheops it is
	// not the default. Give handles whose data source names make other Go types of
	// equal rows a Variant each. All processes that share a store must agree on it.
	// What Local: Forever keeps is not shared between databases.
	DBAgnostic bool
	// SkipColumns are columns whose conditions do not count: results are
	// dropped by more writes, and writes have less to compare. It is for columns
	// that change all the time, or that hold large values. Names are compared
	// without regard to case.
	SkipColumns []string
	// MaxTerms leaves a read uncached, unless a call asks for it, if its
	// conditions compare more columns of the table at once: such a read is
	// rarely made twice. 0 or less: no limit; less than 0 does not inherit.
	MaxTerms int
	// Lock is the option Lock for every read of the tables. A read of several
	// tables takes the lock if one of their profiles says so.
	Lock bool
	// CacheOnSave names a column, as a rule the primary key. After a commit that
	// inserted or updated rows of the table, each row is read again by that column
	// and stored, before Exec or Commit returns: the get that follows runs no SQL.
	// What is run are the program's own statements that got one row of this table
	// alone by this column, the last 4 texts that this handle has seen. So nothing is
	// run before the program has got a row in that way. Where the text has the value
	// itself, as Bun writes it, another row's takes its place, if that is a whole number
	// or a plain word.
	//
	// It costs the write one query for each row and text, on its own connection. A
	// commit with more than 32 of them is followed by none. They may take
	// Config.LockTTL together, and their errors are only counted, in
	// Stats.ReadAhead. Results are stored under the same rules as those of
	// any read, so never over a newer row. The context of the write decides as
	// that of a read would: With and Bypass count.
	//
	// Nothing is run for rows that were deleted, for those whose values are not
	// known (see the package's "Transactions and limits"), and under NoInvalidation.
	// What is written under Postpone is read at its end, if a connection is free then.
	// "": nothing is read after a commit. A table that the
	// profile names itself and that has no such column is logged once, when the schema
	// was read. With Mode: Never,
	// Mode: Untracked and Local: Forever it is an error of New; tables of such a profile
	// do not inherit it. The name is compared as the database compares names.
	CacheOnSave string
}

// unsaved says what in the profile leaves CacheOnSave without a meaning, "" for
// nothing.
func (p *Profile) unsaved() string {
	switch {
	case p.Mode == Never, p.Mode == Untracked:
		return "Mode: " + p.Mode.String()
	case p.Local == Forever:
		return "Local: Forever"
	case slices.ContainsFunc(p.SkipColumns, func(name string) bool { return strings.EqualFold(name, p.CacheOnSave) }):
		return "the column in SkipColumns"
	default:
		return ""
	}
}

// Profiles maps patterns to profiles. A pattern names a table, "posts" or
// "blog.posts", or is a glob in the form of path.Match: "auth.*", "log_*", "*".
// An exact name wins over globs, a longer glob over a shorter one. Names are
// compared without regard to case.
//
// A table that nothing matches is cached on request only, as Config.Defaults
// says. The tables in which migration tools keep their state are not cached at
// all, unless a profile has their exact name.
type Profiles map[string]Profile

// ErrNever is wrapped by the error of a read that asks for the cache with
// With(ctx, Ops(...)) although a profile's Mode is Never.
var ErrNever = engine.ErrNever

// rule is a pattern with its profile.
type rule struct {
	pattern string // lower case
	glob    bool
	profile Profile
}

// matchesAll reports whether the pattern takes in every table.
func (r *rule) matchesAll() bool { return r.pattern == "*" || r.pattern == "*.*" }

func (r *rule) matches(name string) bool {
	if !r.glob {
		return r.pattern == name
	}
	ok, _ := path.Match(r.pattern, name) // the pattern was checked
	return ok
}

// inherit returns the profile with the zero fields taken from the defaults.
func (p Profile) inherit(defaults *Profile) Profile {
	p.TTL = cmp.Or(p.TTL, defaults.TTL, DefaultTTL)
	p.Mode = cmp.Or(p.Mode, defaults.Mode, Auto)
	if p.Mode != Untracked { // stale results are for a profile that asks for them itself
		p.Ops = cmp.Or(p.Ops, defaults.Ops)
	}
	p.Local = cmp.Or(p.Local, defaults.Local, Shared)
	p.Lock = p.Lock || defaults.Lock
	p.DBAgnostic = p.DBAgnostic || defaults.DBAgnostic
	p.CacheOnSave = cmp.Or(p.CacheOnSave, defaults.CacheOnSave)
	p.MaxTerms = max(0, cmp.Or(p.MaxTerms, defaults.MaxTerms))
	if p.SkipColumns == nil {
		p.SkipColumns = defaults.SkipColumns
	}
	p.SkipColumns = slices.Clone(p.SkipColumns)
	for i, name := range p.SkipColumns {
		p.SkipColumns[i] = strings.ToLower(name)
	}
	p.Ops &^= OpNone
	return p
}

// validate returns an error that names the field, which is part of what is
// given, and the fix.
func (p *Profile) validate(field string) error {
	switch {
	case p.TTL < 0:
		return fmt.Errorf("cacheops: %s.TTL is %v: use a positive duration, or 0 for the default", field, p.TTL)
	case p.Ops&OpNone != 0 && p.Ops != OpNone:
		return fmt.Errorf("cacheops: %s.Ops is OpNone together with others: use one or the others", field)
	case p.Ops&^(OpAll|OpNone) != 0:
		return fmt.Errorf("cacheops: %s.Ops has unknown bits %#x: combine OpGet, OpFetch, OpCount, OpExists and OpAggregate", field, uint8(p.Ops))
	case p.CacheOnSave != "" && p.unsaved() != "":
		return fmt.Errorf("cacheops: %s.CacheOnSave is %q together with %s, which leaves no get to be cached: leave one of them out", field, p.CacheOnSave, p.unsaved())
	case p.Mode > Untracked:
		return fmt.Errorf("cacheops: %s.Mode is %d: use Auto, Never or Untracked", field, p.Mode)
	case p.Local > Forever:
		return fmt.Errorf("cacheops: %s.Local is %d: use Shared or Forever", field, p.Local)
	case slices.Contains(p.SkipColumns, ""):
		return fmt.Errorf("cacheops: %s.SkipColumns has an empty name: name columns, or leave it out", field)
	}
	return nil
}

// compile checks the profiles and orders them, the strongest first.
func (p Profiles) compile(defaults *Profile) ([]rule, error) {
	if err := defaults.validate("Config.Defaults"); err != nil {
		return nil, err
	}
	rules := make([]rule, 0, len(p))
	for pattern, profile := range p {
		if pattern == "" {
			return nil, errors.New(`cacheops: Config.Profiles has an empty pattern: use a table's name, a glob, or "*"`)
		}
		if err := profile.validate(fmt.Sprintf("Config.Profiles[%q]", pattern)); err != nil {
			return nil, err
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("cacheops: Config.Profiles[%q] is no valid pattern: %w", pattern, err)
		}
		rules = append(rules, rule{
			pattern: strings.ToLower(pattern), glob: strings.ContainsAny(pattern, `*?[\`), profile: profile.inherit(defaults),
		})
	}
	slices.SortFunc(rules, func(a, b rule) int {
		if a.glob != b.glob {
			if b.glob {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), strings.Compare(a.pattern, b.pattern))
	})
	for i := 1; i < len(rules); i++ {
		if rules[i].pattern == rules[i-1].pattern {
			return nil, fmt.Errorf("cacheops: Config.Profiles has %q twice, in unlike case: leave one of them out", rules[i].pattern)
		}
	}
	return rules, nil
}
