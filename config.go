package cacheops

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/cacheops/cacheops/store"
)

// The defaults of Config.
const (
	DefaultTTL           = time.Hour
	DefaultFenceTTL      = 30 * time.Second
	DefaultMaxEntryBytes = 1 << 20
	DefaultMaxImages     = 2000
	DefaultMaxTerms      = 64
	DefaultMaxSchemes    = 64
	DefaultMaxPlans      = 4096
)

// Config is what a cache is made from. Its zero value is valid and caches what
// calls ask for. New copies it.
type Config struct {
	// Store keeps the results. Nil makes a store in this process, bounded by
	// MaxBytes, that is closed with the cache; it serves one process only. A
	// store that is given stays the caller's to close.
	Store store.Store
	// MaxBytes bounds the store that a nil Store makes. 0 means 256 MiB.
	MaxBytes int64

	// Profiles say what is cached unasked.
	Profiles Profiles
	// DefaultTTL is the TTL of profiles that give none. 0 means an hour.
	DefaultTTL time.Duration

	// MaxEntryBytes bounds a single result. A larger one is passed on while it
	// is read and is not kept. 0 means 1 MiB.
	MaxEntryBytes int
	// MaxImages bounds the row images that one transaction keeps of one table,
	// and the conjunctions that it drops for them. Above it the table's whole
	// cache is dropped instead. 0 means 2000.
	MaxImages int
	// MaxTerms bounds the conjunctions that one query makes of its conditions.
	// Above it conditions are left out, and the query is dropped by more
	// writes. 0 means 64.
	MaxTerms int
	// MaxSchemes bounds the sets of columns, for each table, by which results
	// are told apart: a write has to look at each. Above it a query of a new set
	// is told apart by a part of it, and dropped by more writes. 0 means 64.
	MaxSchemes int
	// MaxPlans bounds the statement texts whose analysis each handle keeps. 0
	// means 4096.
	MaxPlans int

	// FenceTTL is how long readers are kept from what a dead writer may have
	// changed. A commit never begins with less than half of it left. 0 means
	// 30 seconds.
	FenceTTL time.Duration

	// Writes declares what functions write that only the program knows, by
	// name: an empty list for one that writes nothing. A statement that calls
	// one that is not declared drops everything that is cached.
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
	c.Profiles = maps.Clone(c.Profiles)
	c.Writes = maps.Clone(c.Writes)
	c.DefaultTTL = cmp.Or(c.DefaultTTL, DefaultTTL)
	c.MaxEntryBytes = cmp.Or(c.MaxEntryBytes, DefaultMaxEntryBytes)
	c.MaxImages = cmp.Or(c.MaxImages, DefaultMaxImages)
	c.MaxTerms = cmp.Or(c.MaxTerms, DefaultMaxTerms)
	c.MaxSchemes = cmp.Or(c.MaxSchemes, DefaultMaxSchemes)
	c.MaxPlans = cmp.Or(c.MaxPlans, DefaultMaxPlans)
	c.FenceTTL = cmp.Or(c.FenceTTL, DefaultFenceTTL)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate returns an error that names the field and the fix.
func (c *Config) validate() error {
	positive := []struct {
		field string
		value int64
	}{
		{"MaxEntryBytes", int64(c.MaxEntryBytes)},
		{"MaxImages", int64(c.MaxImages)},
		{"MaxTerms", int64(c.MaxTerms)},
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
	if c.DefaultTTL < 0 {
		return fmt.Errorf("cacheops: Config.DefaultTTL is %v: use a positive duration, or 0 for the default", c.DefaultTTL)
	}
	if c.FenceTTL < time.Second {
		return fmt.Errorf("cacheops: Config.FenceTTL is %v: use at least a second, or 0 for the default", c.FenceTTL)
	}
	return nil
}
