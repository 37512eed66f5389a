package filecache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

// The defaults of Config.
const (
	DefaultTTL           = 30 * 24 * time.Hour
	DefaultMaxEntryBytes = 64 << 20
)

// Config are the settings of a [Cache]. The zero value is usable.
type Config struct {
	// TTL is how long values are kept whose Set gives none. 0 means DefaultTTL, 30
	// days. Functions and fragments have times to live of their own.
	TTL time.Duration
	// MaxEntryBytes bounds a single file, in bytes. A larger one is not written, and
	// not read. 0 means DefaultMaxEntryBytes, 64 MiB. The results of functions are
	// bounded by cacheops.Config.MaxEntryBytes too.
	MaxEntryBytes int
}

// Cache is a folder of files. Make one with [New]. It may be used by many goroutines,
// and the folder by many processes.
type Cache struct {
	dir string // absolute
	cfg Config
	now func() time.Time

	root   atomic.Pointer[os.Root]
	mu     sync.Mutex // guards closed, and that one goroutine opens the folder again
	closed bool

	hits, misses, damaged, failures atomic.Uint64
}

var _ cacheops.Keeper = (*Cache)(nil)

// DefaultDir returns the folder that New and [Clean] take where none is given: cacheops
// in the user's folder for caches, see [os.UserCacheDir].
func DefaultDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cacheops: there is no default folder for cache files, so give one: %w", err)
	}
	return filepath.Join(dir, "cacheops"), nil
}

// New returns the cache in a folder, which is made where it is missing; "" means that of
// [DefaultDir]. The folder must be the cache's own: one that holds other files is an
// error, and so is one that everybody may write in, or that another user than root has
// made, unless the process is root's. Close the cache after use.
func New(dir string, cfg Config) (*Cache, error) {
	switch {
	case cfg.TTL < 0:
		return nil, errors.New("cacheops: filecache.Config.TTL is negative: leave it out for 30 days")
	case cfg.MaxEntryBytes < 0:
		return nil, errors.New("cacheops: filecache.Config.MaxEntryBytes is negative: leave it out for 64 MiB")
	}
	dir, err := absolute(dir)
	if err != nil {
		return nil, err
	}
	cfg.TTL = cmp.Or(cfg.TTL, DefaultTTL)
	cfg.MaxEntryBytes = cmp.Or(cfg.MaxEntryBytes, DefaultMaxEntryBytes)
	root, err := makeFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &Cache{dir: dir, cfg: cfg, now: time.Now}
	c.root.Store(root)
	return c, nil
}

// Close releases the folder. What is in it stays. Afterwards there is nothing to get,
// and Set and Delete return an error. It may be called twice.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return c.root.Load().Close()
}

// Get implements [cacheops.Keeper]. What it returns is the caller's own. Every error is
// a [cacheops.ErrMiss]; those of the file system are in it too.
func (c *Cache) Get(ctx context.Context, key store.Key) ([]byte, error) {
	data, err := c.get(ctx, key)
	if err == nil {
		c.hits.Add(1)
		return data, nil
	}
	c.misses.Add(1)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errOver), errors.Is(err, errOther):
		return nil, cacheops.ErrMiss
	case errors.Is(err, errDamaged):
		c.damaged.Add(1)
		return nil, cacheops.ErrMiss
	case ctx.Err() == nil:
		c.failures.Add(1)
	}
	return nil, fmt.Errorf("%w: %w", cacheops.ErrMiss, err)
}

func (c *Cache) get(ctx context.Context, key store.Key) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := openFile(c.root.Load(), place(key))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return readEntry(f, key, c.now(), c.cfg.MaxEntryBytes)
}

// Set implements [cacheops.Keeper]: it replaces what is there. A ttl of 0 means
// Config.TTL. Where it returns an error, a full disk for one, what was there is there
// still.
func (c *Cache) Set(ctx context.Context, key store.Key, data []byte, ttl time.Duration) error {
	err := c.set(ctx, key, data, ttl)
	if err != nil && ctx.Err() == nil {
		c.failures.Add(1)
	}
	return err
}

func (c *Cache) set(ctx context.Context, key store.Key, data []byte, ttl time.Duration) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case ttl < 0:
		return fmt.Errorf("cacheops: a time to live of %v is negative", ttl)
	case len(data) > c.cfg.MaxEntryBytes:
		return fmt.Errorf("cacheops: %d bytes are more than filecache.Config.MaxEntryBytes, %d", len(data), c.cfg.MaxEntryBytes)
	}
	h := newHeader(key, data, c.now(), cmp.Or(ttl, c.cfg.TTL))
	if err := c.write(place(key), h.encode(), data); err != nil {
		return fmt.Errorf("cacheops: write a cache file: %w", err)
	}
	return nil
}

// Delete implements [cacheops.Keeper].
func (c *Cache) Delete(ctx context.Context, key store.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.root.Load().Remove(place(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.failures.Add(1)
		return fmt.Errorf("cacheops: remove a cache file: %w", err)
	}
	return nil
}

// Stats is what a [Cache] counted since it was made, in this process.
type Stats struct {
	// Hits and Misses are the answers of Get.
	Hits   uint64 `json:"hits"`
	Misses uint64 `json:"misses"`
	// Damaged are the misses whose file was there and not as it had been written.
	Damaged uint64 `json:"damaged"`
	// Failures are the errors of the file system, and what was refused.
	Failures uint64 `json:"failures"`
}

// Stats returns what was counted.
func (c *Cache) Stats() Stats {
	return Stats{Hits: c.hits.Load(), Misses: c.misses.Load(), Damaged: c.damaged.Load(), Failures: c.failures.Load()}
}
