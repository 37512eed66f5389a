package filecache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// damageAll changes the last byte of each file below a folder.
func damageAll(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == tagName {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)-1] ^= 1
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a file into the folder of a cache.
func put(t *testing.T, c *Cache, name, data string, age time.Duration) {
	t.Helper()
	name = filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

const size4 = headerSize + 4 // of a file with four bytes of data

func TestClean(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	for i := range byte(10) {
		set(t, c, store.Key{1, i}, "live", time.Hour)
		set(t, c, store.Key{2, 7, i}, "over", time.Nanosecond)
	}
	set(t, c, store.Key{2, 8}, "live", time.Hour)
	set(t, c, store.Key{3}, "torn", time.Hour)
	if err := os.Truncate(pathOf(c, store.Key{3}), size4-1); err != nil {
		t.Fatal(err)
	}
	put(t, c, place(store.Key{4}), "whatever", 0)
	put(t, c, place(store.Key{5}), "", 0)
	put(t, c, "01/00/.writing-1f", "half", 11*time.Minute)
	put(t, c, ".writing-1f", "half", 11*time.Minute)
	put(t, c, "06/00/.writing-ffffffffffffffff", "half", -11*time.Minute)
	put(t, c, "01/00/.writing-2f", "half", 9*time.Minute)
	foreign := []string{
		"notes", "01/notes", "01/00/notes", "01/00/.writing-", "01/00/.writing-x", "ab.cd/x", "AB/CD/x", "0/x", "01/0g/x",
		strings.ToUpper(place(store.Key{0xab, 0xcd})), place(store.Key{9}) + "0", place(store.Key{9})[:60], place(store.Key{8}) + "/x",
	}
	for _, name := range foreign {
		put(t, c, name, "precious", 1000*time.Hour)
	}
	if err := os.MkdirAll(filepath.Join(c.dir, "07", "07"), 0o700); err != nil {
		t.Fatal(err)
	}

	want := CleanResult{Kept: 11, KeptBytes: 11 * size4, Expired: 10, Damaged: 3, Temporary: 3, RemovedBytes: 10*size4 + size4 - 1 + 8 + 12}
	// Some of the foreign ones are in one folder.
	want.Foreign = 12
	var steps []CleanProgress
	options := CleanOptions{DryRun: true, Progress: func(p CleanProgress) { steps = append(steps, p) }}
	for range 2 {
		got, err := Clean(t.Context(), c.dir, options)
		if err != nil || got != want {
			t.Fatalf("what would be done is\n%+v, %v; want\n%+v", got, err, want)
		}
	}
	steps, options.DryRun = nil, false
	got, err := Clean(t.Context(), c.dir, options)
	if err != nil || got != want {
		t.Fatalf("done was\n%+v, %v; want\n%+v", got, err, want)
	}
	for i, p := range steps {
		if p.Folders != i+1 || p.Total != len(steps) {
			t.Errorf("step %d is %+v", i, p)
		}
	}
	if len(steps) == 0 || steps[len(steps)-1].Result != want {
		t.Errorf("%d steps, the last with another result", len(steps))
	}
	for i := range byte(10) {
		wantData(t, c, store.Key{1, i}, "live")
	}
	for _, name := range foreign {
		if data, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(name))); err != nil || string(data) != "precious" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"02/07", "03", "04", "05", "06", "07"} {
		if _, err := os.Stat(filepath.Join(c.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the folder %s is left: %v", name, err)
		}
	}
	got, err = Clean(t.Context(), c.dir, CleanOptions{})
	if want := (CleanResult{Kept: 11, KeptBytes: 11 * size4, Foreign: 12}); err != nil || got != want {
		t.Errorf("again it did %+v, %v", got, err)
	}
}

// Data that is damaged is found where it is asked for.
func TestCleanVerifies(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	set(t, c, store.Key{1}, strings.Repeat("x", 1_000_000), time.Hour)
	damageAll(t, c.dir)
	set(t, c, store.Key{2}, strings.Repeat("x", 1_000_000), time.Hour)
	if got, err := Clean(t.Context(), c.dir, CleanOptions{}); err != nil || got.Kept != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Clean(t.Context(), c.dir, CleanOptions{Verify: true}); err != nil || got.Kept != 1 || got.Damaged != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	wantMiss(t, c, store.Key{1})
	wantData(t, c, store.Key{2}, strings.Repeat("x", 1_000_000))
}

func TestMaxBytes(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	for i := range byte(10) {
		set(t, c, store.Key{0, i}, "data", time.Hour*time.Duration(1+(int(i)*7)%10))
	}
	set(t, c, store.Key{9}, "over", time.Nanosecond)
	options := CleanOptions{MaxBytes: 4*size4 + 1, DryRun: true}
	want := CleanResult{Kept: 4, KeptBytes: 4 * size4, Expired: 1, Evicted: 6, RemovedBytes: 7 * size4}
	for range 2 {
		if got, err := Clean(t.Context(), c.dir, options); err != nil || got != want {
			t.Fatalf("%+v, %v; want %+v", got, err, want)
		}
		options.DryRun = false
	}
	for i := range byte(10) {
		if int(i)*7%10 >= 6 {
			wantData(t, c, store.Key{0, i}, "data")
			continue
		}
		wantMiss(t, c, store.Key{0, i})
		if _, err := os.Stat(filepath.Dir(pathOf(c, store.Key{0, i}))); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("its folder is left: %v", err)
		}
	}
	options.MaxBytes = 4 * size4
	if got, err := Clean(t.Context(), c.dir, options); err != nil || got.Kept != 4 || got.Evicted != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCleanRefuses(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tagged := t.TempDir()
	if err := os.WriteFile(filepath.Join(tagged, tagName), []byte(tagHead[:44]), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, dir := range map[string]string{
		"no folder of package filecache": home,
		"no folder of package":           tagged,
		"no such file":                   filepath.Join(home, "none"),
		"open the folder":                filepath.Join(home, "precious"),
	} {
		if _, err := Clean(t.Context(), dir, CleanOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("Clean made a folder")
	}
	c := newCache(t, Config{})
	for _, options := range []CleanOptions{{MaxBytes: -1}, {TemporaryAge: -1}} {
		if _, err := Clean(t.Context(), c.dir, options); err == nil {
			t.Errorf("%+v is no error", options)
		}
	}
}

func TestCleanIsInterrupted(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	for i := range byte(10) {
		set(t, c, store.Key{i}, "over", time.Nanosecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := Clean(ctx, c.dir, CleanOptions{Progress: func(p CleanProgress) {
		if p.Folders == 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || got.Expired != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Clean(t.Context(), c.dir, CleanOptions{}); err != nil || got.Expired != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Several clean at once, while others write, and take away what is being written and the
// folders that it is to go to: writers do it again.
func TestCleanAtOnce(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	stop := make(chan struct{})
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					failed <- nil
					return
				default:
				}
				if got, err := Clean(context.Background(), c.dir, CleanOptions{Verify: true, MaxBytes: 1}); err != nil || got.Damaged+got.Foreign+got.Temporary > 0 {
					failed <- errors.Join(err, errors.New("found what was never there"))
					return
				}
			}
		}()
	}
	go func() {
		var err error
		for i := range 2000 {
			key := store.Key{byte(i % 3)}
			if err = c.Set(context.Background(), key, written(key, uint64(i)), time.Hour); err != nil {
				break
			}
			if data, err2 := c.Get(context.Background(), key); err2 == nil && torn(key, data) {
				err = errors.New("a torn read")
				break
			}
		}
		close(stop)
		failed <- err
	}()
	for range 5 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if got := c.Stats(); got.Damaged+got.Failures > 0 {
		t.Errorf("counted %+v", got)
	}
}
