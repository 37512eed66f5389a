package cacheops

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/cacheops/cacheops/store"
)

// The defaults of Config.
const (
	DefaultTTL           = time.Hour
	DefaultFenceTTL      = 30 * time.Second
	DefaultLockTTL       = 10 * time.Second
	DefaultMaxEntryBytes = 1 << 20
	DefaultMaxImages     = 2000
	DefaultMaxSchemes    = 64
	DefaultMaxPlans      = 4096

	DefaultMaxDisjunction       = 64
	DefaultMaxLocalBytes  int64 = 64 << 20
)

// FailureMode says what becomes of a write while the store is unavailable. Reads
// go to the database then, in either mode.
type FailureMode uint8

// The modes of failure.
const (
	// FailWrites makes the commit fail and roll back: what cannot be made visible
	// to the readers of the cache does not happen.
	FailWrites FailureMode = iota
	// Degrade lets the write commit. What it changed is remembered in this process
	// and told to the store when it is back; until then the process reads past the
	// cache. Other processes may be served what is older than the write until then,
	// or until the TTL where this one ends before.
	Degrade
)

// String returns the mode's name.
func (m FailureMode) String() string {
	switch m {
	case FailWrites:
		return "FailWrites"
	case Degrade:
		return "Degrade"
	default:
		return fmt.Sprintf("failure mode %d", uint8(m))
	}
}

// PrefixInfo tells Config.PrefixFunc what a prefix is asked for. Its fields may
// grow.
type PrefixInfo struct {
	// Database is the name that the handle was given.
	Database string
	// Table is the table's name. A function that returns one prefix for some
	// tables, whatever the context, lets all tenants share their rows.
	Table string
	// Func is the name of a function whose result it is for; Database and Table are
	// empty then. A function for which no prefix is known runs, and its results are
	// not stored.
	Func string
}

// Config is what a cache is made from. Its zero value is valid and caches what
// calls ask for. New copies it.
type Config struct {
	// Store keeps the results. Nil makes a store in this process, bounded by
	// MaxBytes, that is closed with the cache; it serves one process only. Where
	// several processes write a database they need one store together: New of
	// package rueidisstore makes one in Redis. A store that is given stays the
	// caller's to close, after the cache.
	Store store.Store
	// MaxBytes bounds the store that a nil Store makes. 0 means 256 MiB.
	MaxBytes int64

	// Profiles say what is cached unasked.
	Profiles Profiles
	// Defaults is what the fields of profiles take that are not set. Its own
	// fields that are not set have the defaults that Profile names.
	Defaults Profile
	// Disabled makes a cache that is turned off, as by Cache.SetDisabled: reads
	// go to the database, writes invalidate all the same.
	Disabled bool
	// Prefix goes before everything that the cache names in the store, so that
	// programs which share one never meet: give each its own. Programs that write
	// the same database must have the same one. It must not hold "|".
	Prefix string
	// PrefixFunc tells tenants apart within one program, such as sites by the host
	// name of a request: it returns the prefix for a context and a table. Results
	// are kept for each prefix by itself, and a write drops those of its own
	// prefix alone. So rows that are seen under several prefixes must not be
	// written under one of them.
	//
	// It is called for each table of each read and write, with the context of the
	// statement, so it must be quick and safe for concurrent use. "" says that no
	// prefix is known: what a job in the background gets that has no request. Its
	// reads are not cached, and its writes reach every prefix. If it panics that is
	// taken for "". Each prefix costs the store some hundred bytes for each table
	// that is read under it.
	PrefixFunc func(context.Context, PrefixInfo) string
	// Admit is asked before a result is kept, at each miss of a read that the
	// profiles or the call want cached; where it returns false the read passes.
	// It turns the cache off by whatever a program knows of a read's worth. It
	// runs on the path of the read, so it must be quick and safe for concurrent
	// use, and must not query the database. If it panics the read passes. Nil
	// admits all.
	Admit func(ReadInfo) bool

	// MaxEntryBytes bounds a single result. A larger one is passed on while it
	// is read and is not kept. 0 means 1 MiB.
	MaxEntryBytes int
	// MaxImages bounds the row images that one transaction keeps of one table,
	// and the conjunctions that it drops for them. Above it the table's whole
	// cache is dropped instead. 0 means 2000.
	MaxImages int
	// MaxLocalBytes bounds what profiles with Local: Forever keep in this
	// process. 0 means 64 MiB.
	MaxLocalBytes int64
	// MaxDisjunction bounds the conjunctions that one query makes of its
	// conditions: "a IN (1, 2) OR b = 3" makes three. Above it conditions are left
	// out, and the query is dropped by more writes. 0 means 64.
	MaxDisjunction int
	// MaxSchemes bounds the sets of columns, for each table, by which results
	// are told apart: a write has to look at each. Above it a query of a new set
	// is told apart by a part of it, and dropped by more writes. 0 means 64.
	MaxSchemes int
	// MaxPlans bounds the statement texts whose analysis each handle keeps. 0
	// means 4096.
	MaxPlans int

	// OnStoreFailure says what becomes of a write while the store is unavailable.
	// The zero value, FailWrites, rolls it back with an error that wraps
	// store.ErrUnavailable. Degrade lets it pass, and gives up some of what the
	// package promises: see there.
	OnStoreFailure FailureMode

	// FenceTTL is how long readers are kept from what a dead writer may have
	// changed. A commit never begins with less than half of it left. It is also
	// how long a write waits at most, after its commit, for a store that became
	// unavailable just then. 0 means 30 seconds.
	FenceTTL time.Duration
	// LockTTL is how long others wait for the one reader who asks the database,
	// where Profile.Lock or the option Lock is set. After it the next one asks:
	// the first may have died, or takes too long. 0 means 10 seconds.
	LockTTL time.Duration

	// Writes declares which tables functions write that only the program knows,
	// by the function's name: an empty list for one that writes nothing. Names are
	// compared without regard to case. A statement that calls a function that is
	// not declared drops everything that is cached, and so does one whose table is
	// not there. What calls such a function is not cached, declared or not. A
	// procedure of PostgreSQL that may COMMIT or ROLLBACK drops everything, declared
	// or not.
	Writes map[string][]string

	// Shadow has every read answered by the database, as without a cache. The
	// cache is filled and invalidated all the same, and what it would have
	// answered is counted in Stats and compared with what the database returned.
	// A difference is logged as an error and told to Hooks.OnDifference.
	//
	// Rows are compared in any order where the statement asks for none. A write
	// that commits while a read is under way leaves nothing to compare. Results
	// above MaxEntryBytes are not compared.
	Shadow bool

	// Hooks are told of reads and invalidations.
	Hooks Hooks
	// Logger takes what goes wrong and was survived. Nil: slog.Default().
	Logger *slog.Logger
}

// withDefaults returns a copy with every field set.
func (c Config) withDefaults() Config {
	c.MaxEntryBytes = cmp.Or(c.MaxEntryBytes, DefaultMaxEntryBytes)
	c.MaxImages = cmp.Or(c.MaxImages, DefaultMaxImages)
	c.MaxDisjunction = cmp.Or(c.MaxDisjunction, DefaultMaxDisjunction)
	c.MaxLocalBytes = cmp.Or(c.MaxLocalBytes, DefaultMaxLocalBytes)
	c.MaxSchemes = cmp.Or(c.MaxSchemes, DefaultMaxSchemes)
	c.MaxPlans = cmp.Or(c.MaxPlans, DefaultMaxPlans)
	c.FenceTTL = cmp.Or(c.FenceTTL, DefaultFenceTTL)
	c.LockTTL = cmp.Or(c.LockTTL, DefaultLockTTL)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// writes returns what Writes declares, by names in lower case. It shares nothing
// with the program's map.
func (c *Config) writes() (map[string][]string, error) {
	out := make(map[string][]string, len(c.Writes))
	for name, tables := range c.Writes {
		folded := strings.ToLower(name)
		if _, twice := out[folded]; twice {
			return nil, fmt.Errorf("cacheops: Config.Writes has %q twice, in unlike case: leave one of them out", folded)
		}
		out[folded] = slices.Clone(tables)
	}
	return out, nil
}

// validate returns an error that names the field and the fix.
func (c *Config) validate() error {
	positive := []struct {
		field string
		value int64
	}{
		{"MaxEntryBytes", int64(c.MaxEntryBytes)},
		{"MaxImages", int64(c.MaxImages)},
		{"MaxDisjunction", int64(c.MaxDisjunction)},
		{"MaxLocalBytes", c.MaxLocalBytes},
		{"MaxSchemes", int64(c.MaxSchemes)},
		{"MaxPlans", int64(c.MaxPlans)},
	}
	for _, p := range positive {
		if p.value < 0 {
			return fmt.Errorf("cacheops: Config.%s is %d: use a positive number, or 0 for the default", p.field, p.value)
		}
	}
	if c.MaxBytes < 0 {
		return fmt.Errorf("cacheops: Config.MaxBytes is %d: use a positive number, or 0 for the default", c.MaxBytes)
	}
	if c.Store != nil && c.MaxBytes != 0 {
		return fmt.Errorf("cacheops: Config.MaxBytes is %d, but it bounds only the store that a nil Config.Store makes: leave one of them out", c.MaxBytes)
	}
	if strings.Contains(c.Prefix, "|") {
		return fmt.Errorf("cacheops: Config.Prefix is %q: leave out the \"|\", which stands between prefix and name", c.Prefix)
	}
	if c.OnStoreFailure > Degrade {
		return fmt.Errorf("cacheops: Config.OnStoreFailure is %v: use FailWrites or Degrade", c.OnStoreFailure)
	}
	if c.FenceTTL < time.Second {
		return fmt.Errorf("cacheops: Config.FenceTTL is %v: use at least a second, or 0 for the default", c.FenceTTL)
	}
	if c.LockTTL < time.Millisecond {
		return fmt.Errorf("cacheops: Config.LockTTL is %v: use at least a millisecond, or 0 for the default", c.LockTTL)
	}
	return nil
}
