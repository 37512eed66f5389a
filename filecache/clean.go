package filecache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// DefaultTemporaryAge is the default of CleanOptions.TemporaryAge.
const DefaultTemporaryAge = 10 * time.Minute

// CleanOptions are the choices for [Clean]. The zero value is usable.
type CleanOptions struct {
	// MaxBytes is the size above which files are removed whose time is not over, those
	// first whose time is over first. 0 means no limit. The size is that of the files'
	// contents, in bytes; a file system takes more. Clean remembers 48 bytes for each
	// file then.
	MaxBytes int64
	// Verify has the data of each file read and compared with its checksum. Without it
	// only the headers are read, which shows whether a file was cut, and not whether
	// its data is damaged. What is damaged is never served, whether it is removed or not.
	Verify bool
	// TemporaryAge is how old a file has to be that was begun and not finished. 0 means
	// DefaultTemporaryAge, 10 minutes. A process that still writes one does so again.
	TemporaryAge time.Duration
	// DryRun has nothing removed. The result is what would have been.
	DryRun bool
	// Progress is called after each folder, by the goroutine that called Clean.
	Progress func(CleanProgress)
}

// CleanProgress tells how far [Clean] is.
type CleanProgress struct {
	// Folders are done, of Total.
	Folders, Total int
	// Result is what was found in them.
	Result CleanResult
}

// CleanResult is what [Clean] did. It has a JSON form.
type CleanResult struct {
	// Kept files stay, with KeptBytes in them.
	Kept      int   `json:"kept"`
	KeptBytes int64 `json:"keptBytes"`
	// Expired files were removed because their time was over.
	Expired int `json:"expired"`
	// Damaged files were removed because they were not as they had been written.
	Damaged int `json:"damaged"`
	// Temporary files were removed because nobody finished them.
	Temporary int `json:"temporary"`
	// Evicted files were removed for CleanOptions.MaxBytes.
	Evicted int `json:"evicted"`
	// RemovedBytes were in all that was removed.
	RemovedBytes int64 `json:"removedBytes"`
	// Foreign are files and folders that are none of ours, or of a later version. They
	// stay.
	Foreign int `json:"foreign"`
	// Failed files could not be read or removed.
	Failed int `json:"failed"`
}

// Removed is the number of files that were removed.
func (r *CleanResult) Removed() int { return r.Expired + r.Damaged + r.Temporary + r.Evicted }

// Clean removes what is of no more use from a folder of [New], "" being that of
// [DefaultDir]: files whose time is over, damaged ones, and those that a process began
// and did not finish; and more where there is a limit. Folders that are empty then go
// too. A folder that was not made by New is an error, and what a folder holds besides is
// left alone.
//
// It may run while others read and write, and clean, in any process. A file that replaces
// another at the very moment may be lost with it, which costs a hit. Files that cannot be
// read or removed are counted, and are an error at the end. Where the context ends, the
// result is what was done.
func Clean(ctx context.Context, dir string, options CleanOptions) (CleanResult, error) {
	return clean(ctx, dir, options, time.Now)
}

func clean(ctx context.Context, dir string, options CleanOptions, now func() time.Time) (CleanResult, error) {
	if options.MaxBytes < 0 || options.TemporaryAge < 0 {
		return CleanResult{}, errors.New("cacheops: filecache.CleanOptions has a number that is negative")
	}
	options.TemporaryAge = cmp.Or(options.TemporaryAge, DefaultTemporaryAge)
	dir, err := absolute(dir)
	if err != nil {
		return CleanResult{}, err
	}
	root, err := openFolder(dir, false)
	if err != nil {
		return CleanResult{}, err
	}
	c := cleaner{CleanOptions: options, root: root, now: now}
	err = c.run(ctx)
	if closing := root.Close(); err == nil {
		err = closing
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return c.result, ctx.Err()
	case err != nil:
		return c.result, fmt.Errorf("cacheops: clean %s: %w", dir, err)
	case c.result.Failed > 0:
		return c.result, fmt.Errorf("cacheops: clean %s: %d files could not be read or removed, the first: %w", dir, c.result.Failed, c.failed)
	}
	return c.result, nil
}

// cleaner is one call of Clean.
type cleaner struct {
	CleanOptions

	root   *os.Root
	now    func() time.Time
	result CleanResult
	failed error // of the first file
	kept   []candidate
}

func (c *cleaner) run(ctx context.Context) error {
	folders, err := c.folders(ctx)
	if err != nil {
		return err
	}
	for i, folder := range folders {
		if err := c.folder(ctx, folder); err != nil {
			return err
		}
		if c.Progress != nil {
			c.Progress(CleanProgress{Folders: i + 1, Total: len(folders), Result: c.result})
		}
	}
	return c.evict(ctx)
}

// folders returns the folders that hold files, and looks at what is above them.
func (c *cleaner) folders(ctx context.Context) (found []string, err error) {
	above := []string{}
	err = c.each(ctx, c.root, func(e fs.DirEntry) {
		switch {
		case e.IsDir() && isFolder(e.Name()):
			above = append(above, e.Name())
		case isTemporary(e.Name()):
			c.temporary(c.root, e.Name())
		case e.Name() != tagName:
			c.result.Foreign++
		}
	})
	if err != nil {
		return nil, err
	}
	for _, name := range above {
		err := c.inside(name, func(sub *os.Root) error {
			return c.each(ctx, sub, func(e fs.DirEntry) {
				if e.IsDir() && isFolder(e.Name()) {
					found = append(found, path.Join(name, e.Name()))
				} else {
					c.result.Foreign++
				}
			})
		})
		if err != nil {
			return nil, err
		}
		if !c.DryRun {
			_ = c.root.Remove(name) // which only an empty one can be
		}
	}
	return found, nil
}

// folder cleans one of them.
func (c *cleaner) folder(ctx context.Context, folder string) error {
	err := c.inside(folder, func(sub *os.Root) error {
		return c.each(ctx, sub, func(e fs.DirEntry) { c.file(sub, folder, e) })
	})
	if err == nil && !c.DryRun {
		c.prune(folder)
	}
	return err
}

// prune removes a folder, and the one above, if they are empty: others cannot be.
func (c *cleaner) prune(folder string) {
	if c.root.Remove(folder) == nil {
		_ = c.root.Remove(path.Dir(folder)) // which others may be in
	}
}

// inside opens a folder for a function. One that has gone, another process's Clean has
// removed; one that cannot be opened is counted.
func (c *cleaner) inside(name string, f func(*os.Root) error) error {
	sub, err := c.root.OpenRoot(name)
	if err != nil {
		c.fail(err)
		return nil
	}
	err = f(sub)
	_ = sub.Close() // it was only read
	return err
}

// each calls a function for everything in a folder.
func (c *cleaner) each(ctx context.Context, folder *os.Root, f func(fs.DirEntry)) error {
	d, err := folder.Open(".")
	if err != nil {
		c.fail(err)
		return nil
	}
	defer func() { _ = d.Close() }() // it was only read
	for {
		entries, err := d.ReadDir(256)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(e)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			c.fail(err)
			return nil
		}
	}
}

// fail remembers what could not be done. What is gone need not be done.
func (c *cleaner) fail(err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	c.result.Failed++
	if c.failed == nil {
		c.failed = err
	}
}

// file looks at one file.
func (c *cleaner) file(sub *os.Root, folder string, e fs.DirEntry) {
	key, ours := keyOf(folder, e.Name())
	switch {
	case isTemporary(e.Name()):
		c.temporary(sub, e.Name())
		return
	case !ours || e.IsDir():
		c.result.Foreign++
		return
	}
	info, err := sub.Lstat(e.Name())
	if err != nil {
		c.fail(err)
		return
	}
	over, err := int64(0), errDamaged // what is no plain file is not opened
	if info.Mode().IsRegular() {
		over, err = c.look(sub, e.Name(), func(f *os.File) (header, error) {
			if c.Verify {
				return verify(f, key, c.now())
			}
			return readHeader(f, key, c.now())
		})
	}
	switch {
	case err == nil:
		c.result.Kept++
		c.result.KeptBytes += info.Size()
		if c.MaxBytes > 0 {
			c.kept = append(c.kept, candidate{key: key, over: over, size: info.Size()})
		}
	case errors.Is(err, errOver):
		c.remove(sub, e.Name(), info.Size(), &c.result.Expired)
	case errors.Is(err, errDamaged):
		c.remove(sub, e.Name(), info.Size(), &c.result.Damaged)
	case errors.Is(err, errOther):
		c.result.Foreign++
	default:
		c.fail(err)
	}
}

// look reads a file, and returns when its time is over.
func (*cleaner) look(sub *os.Root, name string, read func(*os.File) (header, error)) (over int64, err error) {
	f, err := openFile(sub, name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	h, err := read(f)
	return h.over, err
}

// temporary removes a file that is being written, if it is too old for that. One that is
// as far in the future is of a clock that was wrong.
func (c *cleaner) temporary(sub *os.Root, name string) {
	info, err := sub.Lstat(name)
	if err != nil {
		c.fail(err)
		return
	}
	if age := c.now().Sub(info.ModTime()); age.Abs() >= c.TemporaryAge {
		c.remove(sub, name, info.Size(), &c.result.Temporary)
	}
}

// remove removes a file, counts it, and reports whether it is gone.
func (c *cleaner) remove(sub *os.Root, name string, size int64, counter *int) bool {
	if !c.DryRun {
		if err := sub.Remove(name); err != nil {
			c.fail(err)
			return errors.Is(err, fs.ErrNotExist)
		}
	}
	*counter++
	c.result.RemovedBytes += size
	return true
}
