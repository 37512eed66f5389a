package filecache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// tries bounds how often a file is written again: Clean may take an empty folder away,
// or a file that is being written for long, at the very moment.
const tries = 100

// write puts a file into its place, all of it at once.
func (c *Cache) write(where string, parts ...[]byte) error {
	folder, name := path.Split(where)
	folder = path.Clean(folder)
	var err error
	for range tries {
		root := c.root.Load()
		if err = writeFile(root, folder, name, parts...); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		failed := root.MkdirAll(folder, folderMode)
		if errors.Is(failed, fs.ErrNotExist) {
			failed = c.reopen(root)
		}
		if failed != nil {
			return failed
		}
	}
	return err
}

// reopen opens the folder again after somebody has removed it: that is how people empty
// a cache.
func (c *Cache) reopen(gone *os.Root) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return fs.ErrClosed
	case c.root.Load() != gone: // another goroutine has done it
		return nil
	}
	root, err := makeFolder(c.dir)
	if err != nil {
		return err
	}
	c.root.Store(root)
	return gone.Close()
}

// pending is a file that is being written.
type pending struct {
	*os.File

	root            *os.Root
	temporary, goal string // paths in root
}

// begin makes a file beside its place, so that both are on one file system.
func begin(root *os.Root, folder, name string) (*pending, error) {
	for {
		temporary := path.Join(folder, temporaryName())
		f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		switch {
		case err == nil:
			return &pending{File: f, root: root, temporary: temporary, goal: path.Join(folder, name)}, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
}

// commit puts the file into its place. The error of Close counts: some file systems say
// only there that there is no room.
func (p *pending) commit() error {
	if err := p.Close(); err != nil {
		return err
	}
	return p.root.Rename(p.temporary, p.goal)
}

// abort takes the file away.
func (p *pending) abort() {
	_ = p.Close()                  // it may be closed
	_ = p.root.Remove(p.temporary) // else Clean does it
}

// writeFile writes a file and puts it into its place.
//
// It is not synced, and so google/renameio is not used: it syncs each file, and is not
// there on Windows. What a crash of the machine leaves of a file the checksums find.
func writeFile(root *os.Root, folder, name string, parts ...[]byte) error {
	p, err := begin(root, folder, name)
	if err != nil {
		return err
	}
	for _, b := range parts {
		if _, err = p.Write(b); err != nil {
			break
		}
	}
	if err == nil {
		err = p.commit()
	}
	if err != nil {
		p.abort()
		return fmt.Errorf("in %s: %w", root.Name(), err)
	}
	return nil
}
