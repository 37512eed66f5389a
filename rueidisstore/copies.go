package rueidisstore

import (
	"sync"

	"github.com/cacheops/cacheops/store"
)

// copies are the registries as the last answers told them.
type copies struct {
	mu     sync.RWMutex // guards the map
	tables map[tableName]*registryCopy
}

// registryCopy is a registry with the version as Redis has it. It is not changed.
type registryCopy struct {
	version  string // 8 bytes, "" for none
	registry store.Registry
}

// get returns the copy, or nil.
func (c *copies) get(database, table string) *registryCopy {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tables[tableName{database, table}]
}

// version returns the version of the copy, "" where there is none.
func (c *copies) version(database, table string) string {
	if r := c.get(database, table); r != nil {
		return r.version
	}
	return ""
}

// put keeps a copy. Two answers that overtake each other may leave the older one:
// the next answer to a write says so.
func (c *copies) put(database, table string, r *registryCopy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables == nil || len(c.tables) >= maxRemembered {
		c.tables = make(map[tableName]*registryCopy)
	}
	c.tables[tableName{database, table}] = r
}

// RegistryCopy returns the registry as this process was told of it last. It does
// not block.
func (s *Store) RegistryCopy(database, table string) (store.Registry, bool) {
	if r := s.copies.get(database, table); r != nil {
		return r.registry, true
	}
	return store.Registry{}, false
}

// FillsAside returns [Config.BackgroundFills], 0 where it is negative.
func (s *Store) FillsAside() int { return max(s.cfg.BackgroundFills, 0) }
