package rueidisstore

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// Sets is a [store.Store] in sets mode: for each condition, table and database there is
// a set of the entries that depend on it, and a write deletes them. A hit is one GET,
// and what is invalid takes no memory. Make one with [NewSets], use it from any number
// of goroutines, and end it with [Sets.Close]. See the package's text for what it gives
// up.
//
// Every error but those of a wrong call, of a context and [store.ErrClosed] wraps
// [store.ErrUnavailable].
type Sets struct {
	base    *Store
	scripts setScripts
}

var (
	_ store.Store  = (*Sets)(nil)
	_ store.Remote = (*Sets)(nil)
)

//go:embed lua/sets/lease.lua
var setsLeaseText string

//go:embed lua/sets/fill.lua
var setsFillText string

//go:embed lua/sets/change.lua
var setsChangeText string

//go:embed lua/sets/all.lua
var setsAllText string

//go:embed lua/sets/reap.lua
var setsReapText string

// setScripts are the scripts of sets mode. Each may touch any key of the server.
type setScripts struct{ lease, fill, change, all, reap *script }

// maxDropped is how many entries one call of a script drops: Redis does nothing else
// while it runs one. Where there are more it is called again.
const maxDropped = 1000

// NewSets makes a store in sets mode, for a single server or one under Sentinel whose
// maxmemory-policy is noeviction. It does not connect: the first call does, and fails
// with [ErrCluster], [ErrEvicts] or [ErrMode] where it cannot be used; [Sets.Ping] tells.
// The error names the field of the config that is wrong.
func NewSets(config Config) (*Sets, error) {
	if c := config.Client; c != nil && c.Mode() == rueidis.ClientModeCluster {
		return nil, fmt.Errorf("cacheops: rueidisstore: Config.Client: %w", ErrCluster)
	}
	base, err := newStore(config, ModeSets)
	if err != nil {
		return nil, err
	}
	return &Sets{base: base, scripts: setScripts{
		lease: newScript(setsLeaseText), fill: newScript(setsFillText), change: newScript(setsChangeText),
		all: newScript(setsAllText), reap: newScript(setsReapText),
	}}, nil
}

// Ping returns nil when Redis answers and can be used in sets mode. The error says what
// is wrong with it.
func (s *Sets) Ping(ctx context.Context) error { return s.base.Ping(ctx) }

// Close ends the store's goroutines and connections, as [Store.Close] does.
func (s *Sets) Close() error { return s.base.Close() }

// String names the store in logs, without what is secret.
func (s *Sets) String() string {
	return fmt.Sprintf("redis in sets mode (prefix %q)", s.base.cfg.Prefix)
}

// Schema returns the version of the database's schema. It changes when Redis restarts,
// too.
func (s *Sets) Schema(ctx context.Context, database string) (store.Schema, error) {
	return s.base.Schema(ctx, database)
}

// BumpSchema gives the database's schema a new version.
func (s *Sets) BumpSchema(ctx context.Context, database string) (store.Schema, error) {
	return s.base.BumpSchema(ctx, database)
}

// Lock tries to take the lock of the key. The time must be a millisecond or more.
func (s *Sets) Lock(ctx context.Context, key store.Key, ttl time.Duration) (unlock func(), ok bool, err error) {
	return s.base.Lock(ctx, key, ttl)
}

// AwaitUnlock waits until nobody holds the lock of the key.
func (s *Sets) AwaitUnlock(ctx context.Context, key store.Key) error {
	return s.base.AwaitUnlock(ctx, key)
}

// RegistryCopy returns the registry as this process was told of it last. It does not
// block.
func (s *Sets) RegistryCopy(database, table string) (store.Registry, bool) {
	return s.base.RegistryCopy(database, table)
}

// FillsAside returns [Config.BackgroundFills], 0 where it is negative.
func (s *Sets) FillsAside() int { return s.base.FillsAside() }

// entryPrefix goes before an entry's name in its key.
func (s *Sets) entryPrefix() string { return s.base.cfg.Prefix + ":" }

// entryName is an entry's name in the sets: a number, of which Redis keeps a few in
// little memory. Two entries that had one would displace each other, for the whole key
// is part of an entry's check, and would be dropped together. A joined entry has a name of
// its own, so that a read may be leased under the key of what is made of it.
func entryName(q *store.Query) string {
	var buf [20]byte
	return string(appendName(buf[:0], q))
}

func appendName(b []byte, q *store.Query) []byte {
	b = strconv.AppendUint(b, binary.BigEndian.Uint64(q.Key[:])>>1, 10)
	if q.Joined {
		b = append(b, 'j')
	}
	return b
}

// entryKey is where an entry is, or its place.
func (s *Sets) entryKey(q *store.Query) string {
	var buf [64]byte
	return string(appendName(append(append(buf[:0], s.base.cfg.Prefix...), ':'), q))
}
