//go:build unix

package filecache

import (
	"context"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// withoutSignal has a write past the limit of a file's size fail, and not end the
// process.
func withoutSignal() { signal.Ignore(syscall.SIGXFSZ) }

// No one else may read or write what is here, whatever the umask lets through. It is
// the process's, so nothing runs beside this.
func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	c := openCache(t, dir, Config{})
	set(t, c, store.Key{1}, "data", time.Hour)
	files := 0
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		files++
		return nil
	})
	if err != nil || files != 6 {
		t.Errorf("%d files, %v", files, err)
	}
}

// What is no plain file is a miss, and is not waited for. Clean takes it away, and what
// a link leads to stays.
func TestNoPlainFile(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"a named pipe":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a link to the outside": func(path string) error { return os.Symlink(outside, path) },
		"a link to nothing":     func(path string) error { return os.Symlink("nothing", path) },
		"a link to itself":      func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"a link to a device":    func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		c := newCache(t, Config{})
		key := store.Key{1}
		for _, then := range []string{"clean", "set"} {
			set(t, c, key, "data", time.Hour)
			if err := os.Remove(pathOf(c, key)); err != nil {
				t.Fatal(err)
			}
			if err := put(pathOf(c, key)); err != nil {
				t.Fatal(err)
			}
			wantMiss(t, c, key)
			if then == "set" {
				set(t, c, key, "again", time.Hour)
				wantData(t, c, key, "again")
				continue
			}
			if got, err := Clean(t.Context(), c.dir, CleanOptions{Verify: true}); err != nil || got.Damaged != 1 || got.Removed() != 1 {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			wantEmpty(t, c.dir)
		}
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != "precious" {
		t.Errorf("what is outside is %q, %v", data, err)
	}
}

// A pipe that somebody holds open for writing would be waited for.
func TestPipeWithAWriter(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	set(t, c, store.Key{1}, "data", time.Hour)
	if err := os.Remove(pathOf(c, store.Key{1})); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pathOf(c, store.Key{1}), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(pathOf(c, store.Key{1}), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	wantMiss(t, c, store.Key{1})
}

// Folders that are links to the outside are not followed, by anybody.
func TestFolderIsALink(t *testing.T) {
	t.Parallel()
	for _, depth := range []string{"01", "01/00"} {
		c, victim := newCache(t, Config{}), newCache(t, Config{})
		key := store.Key{1}
		set(t, victim, key, "precious", time.Nanosecond)
		link := filepath.Join(c.dir, depth)
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(victim.dir, depth), link); err != nil {
			t.Fatal(err)
		}
		wantMiss(t, c, key)
		if err := c.Set(t.Context(), key, []byte("data"), time.Hour); err == nil {
			t.Error("Set follows a link to the outside")
		}
		if err := c.Delete(t.Context(), key); err == nil {
			t.Error("Delete follows a link to the outside")
		}
		if got, err := Clean(t.Context(), c.dir, CleanOptions{TemporaryAge: 1}); err != nil || got.Removed() != 0 || got.Foreign != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := Clean(t.Context(), victim.dir, CleanOptions{DryRun: true}); err != nil || got.Expired != 1 {
			t.Errorf("the file outside is gone: %+v, %v", got, err)
		}
	}
}

// A folder that another user made first is not used: that user would decide what is read.
// Only root can be two users. It writes a program that it starts, so nothing that starts
// others runs beside this: they would hold it open, and it could not be started.
func TestFolderOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("another user needs root: not shown here")
		return
	}
	const user, other = 65534, 65533
	above := t.TempDir()
	program, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(above, "program")
	for _, err := range []error{ // other users can reach it
		os.Chmod(above, 0o755), os.Chmod(filepath.Dir(above), 0o755), os.WriteFile(binary, program, 0o700), os.Chown(binary, user, user),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for owner, want := range map[int]string{user: "<nil>", 0: "<nil>", other: "belongs to the user with the id 65533"} {
		dir := filepath.Join(above, strconv.Itoa(owner))
		newer, err := New(dir, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := newer.Close(); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{os.Chown(dir, owner, owner), os.Chmod(dir, 0o755), os.Chmod(filepath.Join(dir, tagName), 0o644)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		p := startAs(t, "open", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}, binary, dir)
		if got := p.told(t); !strings.Contains(got, want) {
			t.Errorf("a folder of the user %d: %q, want %q", owner, got, want)
		}
	}
}

// A file may not grow further: an error as on a full disk, for everybody.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	p := start(t, "fill", "sh", "-c", `ulimit -f 64 && exec "$0" "$@"`, self(t), dir, "100000")
	if got := p.told(t); !strings.Contains(got, "file too large") {
		t.Errorf("the error is %q", got)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	wantNoTemporary(t, dir)
}

// wantNoTemporary wants no file that was begun and not finished.
func wantNoTemporary(t *testing.T, dir string) {
	t.Helper()
	got, err := Clean(context.Background(), dir, CleanOptions{TemporaryAge: 1, DryRun: true, Verify: true})
	if err != nil || got.Temporary != 0 || got.Damaged != 0 || got.Foreign != 0 || got.Kept == 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func self(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
