package filecache

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

// newCache makes a cache in a folder of its own.
func newCache(t testing.TB, cfg Config) *Cache {
	t.Helper()
	return openCache(t, filepath.Join(t.TempDir(), "files"), cfg)
}

func openCache(t testing.TB, dir string, cfg Config) *Cache {
	t.Helper()
	c, err := New(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func set(t testing.TB, c *Cache, key store.Key, data string, ttl time.Duration) {
	t.Helper()
	if err := c.Set(context.Background(), key, []byte(data), ttl); err != nil {
		t.Fatal(err)
	}
}

func wantData(t testing.TB, c *Cache, key store.Key, want string) {
	t.Helper()
	if got, err := c.Get(context.Background(), key); err != nil || string(got) != want {
		t.Fatalf("got %.40q, %v; want %.40q", got, err, want)
	}
}

func wantMiss(t testing.TB, c *Cache, key store.Key) {
	t.Helper()
	if got, err := c.Get(context.Background(), key); !errors.Is(err, cacheops.ErrMiss) || got != nil {
		t.Fatalf("got %.40q, %v; want a miss", got, err)
	}
}

// pathOf is where the file of a key is.
func pathOf(c *Cache, key store.Key) string {
	return filepath.Join(c.dir, filepath.FromSlash(place(key)))
}

// clock has a cache live in a time of its own.
func clock(c *Cache) (move func(time.Duration)) {
	at := time.Now()
	c.now = func() time.Time { return at }
	return func(d time.Duration) { at = at.Add(d) }
}

func TestCache(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	key, other := store.Key{1, 2, 3}, store.Key{1, 2, 4}
	wantMiss(t, c, key)
	for _, data := range []string{"one", "", strings.Repeat("two", 100_000), "3"} {
		set(t, c, key, data, time.Hour)
		wantData(t, c, key, data)
		wantMiss(t, c, other)
	}
	set(t, c, other, "other", 0)
	if err := c.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), key); err != nil {
		t.Errorf("what is not there cannot be deleted: %v", err)
	}
	wantMiss(t, c, key)
	wantData(t, c, other, "other")
	// Another process would see the same.
	wantData(t, openCache(t, c.dir, Config{}), other, "other")
	if got, want := c.Stats(), (Stats{Hits: 5, Misses: 6}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// What was returned is the caller's, and so is what was given.
func TestDataIsNotShared(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	data := []byte("data")
	if err := c.Set(t.Context(), store.Key{}, data, time.Hour); err != nil {
		t.Fatal(err)
	}
	data[0] = 'x'
	got, err := c.Get(t.Context(), store.Key{})
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'x'
	wantData(t, c, store.Key{}, "data")
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{TTL: time.Minute})
	move := clock(c)
	long, short, eternal := store.Key{1}, store.Key{2}, store.Key{3}
	set(t, c, long, "long", time.Hour)
	set(t, c, short, "short", 0)
	set(t, c, eternal, "eternal", 1<<63-1)
	move(time.Minute - 1)
	wantData(t, c, short, "short")
	move(1)
	wantMiss(t, c, short)
	wantData(t, c, long, "long")
	move(59 * time.Minute)
	wantMiss(t, c, long)
	move(100 * 365 * 24 * time.Hour)
	wantData(t, c, eternal, "eternal")
	// A reader takes nothing away: that is for Clean.
	if _, err := os.Stat(pathOf(c, short)); err != nil {
		t.Error(err)
	}
	set(t, c, short, "again", 0)
	wantData(t, c, short, "again")
}

// What the file's own times are is nobody's business.
func TestTimesOfTheFileDoNotCount(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	set(t, c, store.Key{}, "data", time.Hour)
	for _, at := range []time.Time{time.Unix(0, 0), time.Now().AddDate(50, 0, 0)} {
		if err := os.Chtimes(pathOf(c, store.Key{}), at, at); err != nil {
			t.Fatal(err)
		}
		wantData(t, c, store.Key{}, "data")
	}
}

// A machine whose clock was wrong leaves nothing behind that stays for years, and a small
// difference of clocks costs nothing.
func TestWrittenInTheFuture(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	move := clock(c)
	set(t, c, store.Key{}, "data", time.Hour)
	move(-time.Minute)
	wantData(t, c, store.Key{}, "data")
	move(-1)
	wantMiss(t, c, store.Key{})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{MaxEntryBytes: 10})
	set(t, c, store.Key{}, "0123456789", time.Hour)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for want, err := range map[string]error{
		"negative":      c.Set(t.Context(), store.Key{}, nil, -1),
		"MaxEntryBytes": c.Set(t.Context(), store.Key{}, make([]byte, 11), time.Hour),
		"canceled":      errors.Join(c.Set(ended, store.Key{}, nil, time.Hour), c.Delete(ended, store.Key{})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := c.Get(ended, store.Key{}); !errors.Is(err, context.Canceled) || !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("a context that has ended: %v", err)
	}
	wantData(t, c, store.Key{}, "0123456789")
	smaller := openCache(t, c.dir, Config{MaxEntryBytes: 9})
	wantMiss(t, smaller, store.Key{})
	if got := smaller.Stats(); got.Failures != 1 {
		t.Errorf("what is too large was counted as %+v", got)
	}
	for _, cfg := range []Config{{TTL: -1}, {MaxEntryBytes: -1}} {
		if _, err := New(c.dir, cfg); err == nil {
			t.Errorf("%+v is no error", cfg)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	set(t, c, store.Key{}, "data", time.Hour)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantMiss(t, c, store.Key{})
	if err := c.Set(t.Context(), store.Key{}, nil, time.Hour); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Set after Close: %v", err)
	}
	if err := c.Delete(t.Context(), store.Key{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Delete after Close: %v", err)
	}
	wantData(t, openCache(t, c.dir, Config{}), store.Key{}, "data")
}

// People empty a cache by removing its folder, while programs use it.
func TestFolderIsRemoved(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	for _, key := range []store.Key{{1}, {2}} {
		set(t, c, key, "data", time.Hour)
		if err := os.RemoveAll(c.dir); err != nil {
			t.Fatal(err)
		}
		wantMiss(t, c, key)
		set(t, c, key, "again", time.Hour)
		wantData(t, c, key, "again")
	}
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), store.Key{}, nil, time.Hour); err == nil {
		t.Error("Set after Close made the folder anew")
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	folder := func(mode fs.FileMode, files ...string) string {
		dir := filepath.Join(t.TempDir(), "files")
		for _, name := range files {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, tt := range []struct{ name, dir, want string }{
		{"a new one", filepath.Join(t.TempDir(), "a", "b"), ""},
		{"an empty one", folder(0o750), ""},
		{"one whose tag was lost", folder(0o700, "ab/cd/x", ".writing-1f"), ""},
		{"one with other files", folder(0o700, "notes.txt"), "other files"},
		{"one of another program's, by SHA-256", folder(0o700, place(store.Key{1})), "other files"},
		{"one with another's tag", folder(0o700, "CACHEDIR.TAG"), "other files"},
		{"one for everybody", folder(0o777), "everybody may write"},
		{"one for everybody's own files", folder(0o777 | fs.ModeSticky), "everybody may write"},
		{"a file", filepath.Join(folder(0o700, "x"), "x"), "make the folder"},
	} {
		c, err := New(tt.dir, Config{})
		if err == nil {
			err = c.Set(t.Context(), store.Key{}, []byte("data"), time.Hour)
			if closing := c.Close(); closing != nil {
				t.Error(closing)
			}
		}
		windows := tt.want == "everybody may write" && runtime.GOOS == "windows"
		if (err == nil) != (tt.want == "" || windows) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Several processes make one folder theirs at once.
func TestFoldersAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		dir := filepath.Join(t.TempDir(), "a", "b")
		failed := make(chan error)
		for i := range 8 {
			go func() {
				c, err := New(dir, Config{})
				if err == nil {
					err = c.Set(context.Background(), store.Key{byte(i)}, []byte("data"), time.Hour)
					err = errors.Join(err, c.Close())
				}
				failed <- err
			}()
		}
		for range 8 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		if result, err := Clean(t.Context(), dir, CleanOptions{}); err != nil || result.Kept != 8 || result.Foreign != 0 {
			t.Errorf("%+v, %v", result, err)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
	} else {
		t.Setenv("HOME", t.TempDir())
		t.Setenv("LocalAppData", t.TempDir())
	}
	dir, err := DefaultDir()
	if err != nil || filepath.Base(dir) != "cacheops" {
		t.Fatal(dir, err)
	}
	set(t, openCache(t, "", Config{}), store.Key{}, "data", time.Hour)
	wantData(t, openCache(t, dir, Config{}), store.Key{}, "data")
	if result, err := Clean(t.Context(), "", CleanOptions{}); err != nil || result.Kept != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// There is no key whose file is another's, and no name that is read as two keys.
func FuzzPlace(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var key store.Key
		copy(key[:], b)
		folder, name := filepath.Split(place(key))
		if got, ok := keyOf(strings.TrimSuffix(filepath.ToSlash(folder), "/"), name); !ok || got != key {
			t.Errorf("%s%s is read as %x, %v", folder, name, got, ok)
		}
		if got, ok := keyOf("ab/cd", string(b)); ok && !bytes.HasPrefix(got[:], []byte{0xab, 0xcd}) {
			t.Errorf("%q is read as %x", b, got)
		}
	})
}
