package filecache

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// replace puts other bytes in place of a key's file.
func replace(t testing.TB, c *Cache, key store.Key, data []byte) {
	t.Helper()
	if err := os.WriteFile(pathOf(c, key), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// signed gives bytes the checksum of a header, as somebody would who knows how.
func signed(b []byte) []byte {
	binary.BigEndian.PutUint32(b[68:], crc32.Checksum(b[:68], castagnoli))
	return b
}

// A file of which any byte is another, that was cut anywhere, or goes on, is a miss.
func TestDamage(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	key := store.Key{7}
	set(t, c, key, "some data", time.Hour)
	good, err := os.ReadFile(pathOf(c, key))
	if err != nil {
		t.Fatal(err)
	}
	misses := uint64(0)
	try := func(data []byte) {
		t.Helper()
		replace(t, c, key, data)
		wantMiss(t, c, key)
		misses++
	}
	for i := range good {
		for _, mask := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(good)
			bad[i] ^= mask
			try(bad)
		}
		try(good[:i])
		try(append(bytes.Clone(good[:i]), make([]byte, len(good)-i)...))
	}
	try(append(bytes.Clone(good), 0))
	try(append([]byte{0}, good...))
	try(bytes.Repeat(good, 2))
	if got := c.Stats(); got.Misses != misses || got.Failures != 0 || got.Damaged != misses-2 {
		t.Errorf("of %d counted %+v", misses, got) // two have a later version
	}
	replace(t, c, key, good)
	wantData(t, c, key, "some data")
}

// Headers that somebody made up cost neither memory nor a panic.
func TestForgedHeaders(t *testing.T) {
	c := newCache(t, Config{})
	key := store.Key{7}
	set(t, c, key, "some data", time.Hour)
	good, err := os.ReadFile(pathOf(c, key))
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []uint64{0, 8, 10, 1 << 31, 1 << 40, 1<<63 - 1, 1 << 63, 1<<64 - 1, 1<<64 - headerSize, 1<<64 - headerSize - 1} {
		bad := bytes.Clone(good)
		binary.BigEndian.PutUint64(bad[24:], length)
		replace(t, c, key, signed(bad))
		wantMiss(t, c, key)
	}
	// The file is as long as it says, and that is too long.
	bad := bytes.Clone(good)
	binary.BigEndian.PutUint64(bad[24:], 1<<40)
	replace(t, c, key, signed(bad))
	if err := os.Truncate(pathOf(c, key), 1<<40+headerSize); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wantMiss(t, c, key)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes of memory", n)
	}
	if got := c.Stats(); got.Failures != 1 {
		t.Errorf("counted %+v", got)
	}
}

// The file of another key is a miss: somebody has copied it.
func TestFileOfAnotherKey(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	key, other := store.Key{7}, store.Key{7, 0, 1}
	set(t, c, key, "secret of 7", time.Hour)
	set(t, c, other, "other", time.Hour)
	data, err := os.ReadFile(pathOf(c, key))
	if err != nil {
		t.Fatal(err)
	}
	replace(t, c, other, data)
	wantMiss(t, c, other)
	// So is a link to it, within the folder and by a path from outside.
	for _, target := range []string{filepath.Base(pathOf(c, key)), pathOf(c, key)} {
		if err := os.Remove(pathOf(c, other)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, pathOf(c, other)); err != nil {
			t.Fatal(err)
		}
		wantMiss(t, c, other)
	}
	wantData(t, c, key, "secret of 7")
}

// A file of a later version of this package is a miss, and stays.
func TestLaterVersion(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	set(t, c, store.Key{}, "data", time.Nanosecond)
	data, err := os.ReadFile(pathOf(c, store.Key{}))
	if err != nil {
		t.Fatal(err)
	}
	data[len(magic)]++
	replace(t, c, store.Key{}, data)
	wantMiss(t, c, store.Key{})
	if result, err := Clean(t.Context(), c.dir, CleanOptions{Verify: true}); err != nil || result != (CleanResult{Foreign: 1}) {
		t.Errorf("%+v, %v", result, err)
	}
	set(t, c, store.Key{}, "older", time.Hour)
	wantData(t, c, store.Key{}, "older")
}

// Whatever stands in a file: if it is read, then as what this package writes for it.
func FuzzOpen(f *testing.F) {
	key := store.Key{1}
	now := time.Unix(1_700_000_000, 0)
	h := newHeader(key, []byte("some data"), now, time.Hour)
	f.Add(append(h.encode(), "some data"...))
	f.Add(h.encode())
	h = newHeader(key, nil, now, time.Hour)
	f.Add(h.encode())
	f.Add([]byte(magic))
	f.Add([]byte{})
	dir := f.TempDir()
	c := openCache(f, filepath.Join(dir, "files"), Config{MaxEntryBytes: 1 << 20})
	c.now = func() time.Time { return now }
	set(f, c, key, "", time.Hour) // makes the folders
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, sign := range []bool{false, true} {
			if sign && len(file) >= headerSize {
				file = signed(bytes.Clone(file))
			}
			replace(t, c, key, file)
			data, err := c.Get(t.Context(), key)
			if err != nil {
				if data != nil {
					t.Fatalf("%v, and data", err)
				}
				continue
			}
			h := header{
				written: int64(binary.BigEndian.Uint64(file[8:])), over: int64(binary.BigEndian.Uint64(file[16:])),
				length: int64(len(data)), key: key, sum: crc32.Checksum(data, castagnoli),
			}
			if !bytes.Equal(file, append(h.encode(), data...)) {
				t.Fatalf("%x is read as %x", file, data)
			}
			if at := now.UnixNano(); h.over <= at || h.written > at+int64(skew) {
				t.Fatalf("it is read outside of its time: %+v", h)
			}
		}
	})
}
