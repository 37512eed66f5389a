package testprocess

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// memory is where Linux has a file system in memory.
	memory = "/dev/shm"

	// enough is the room that it must have left, in bytes: a container may have 64 MB
	// there.
	enough = 2 << 30

	// ours begins the names of our folders.
	ours = "cacheops-"

	// settled is how old a folder is that its process has certainly locked.
	settled = time.Minute
)

// Folder makes a folder for data that may be lost, as [os.MkdirTemp] does. It is in
// memory where there is room, for many small files are made there ten times as fast.
// TMPDIR goes before that. What processes have left there that were killed is removed.
func Folder(pattern string) (string, error) {
	if os.Getenv("TMPDIR") == "" && roomy(memory) {
		sweeping.Do(func() { sweep(memory, settled) })
		if dir, err := hold(memory, pattern); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", pattern)
}

// roomy reports whether a folder is in memory, with enough room.
func roomy(dir string) bool {
	const tmpfs = 0x01021994
	var s syscall.Statfs_t
	return syscall.Statfs(dir, &s) == nil && int64(s.Type) == tmpfs && s.Bavail >= enough/uint64(s.Bsize) //nolint:gosec,unconvert // no size is negative, and the types differ between machines
}

var sweeping sync.Once

// held are the locks of this process on its folders. They end with the process,
// whatever ends it, and are not passed on to others.
var held struct {
	sync.Mutex
	locks []*os.File
}

// hold makes a folder with a lock on it.
func hold(parent, pattern string) (string, error) {
	dir, err := os.MkdirTemp(parent, ours+pattern)
	if err != nil {
		return "", err
	}
	lock, err := locked(dir)
	if err != nil {
		return "", err
	}
	held.Lock()
	defer held.Unlock()
	held.locks = append(held.locks, lock)
	return dir, nil
}

// locked opens a folder with a lock, which nobody else must have.
func locked(dir string) (*os.File, error) {
	f, err := os.Open(dir) //nolint:gosec // one of ours
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// sweep removes the folders of processes that are no more.
func sweep(parent string, settled time.Duration) {
	dirs, _ := filepath.Glob(filepath.Join(parent, ours+"*")) // the pattern is right
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || time.Since(info.ModTime()) < settled {
			continue
		}
		if lock, err := locked(dir); err == nil {
			_ = os.RemoveAll(dir) // else the next one does
			_ = lock.Close()
		}
	}
}
