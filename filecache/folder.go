package filecache

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/store"
)

// The modes of what is made. The umask can only take away from them.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// A folder of ours has this file: programs for backups leave such folders out, see
// https://bford.info/cachedir, and Clean takes files out of no other.
const (
	tagName = "CACHEDIR.TAG"
	tagHead = "Signature: 8a477f597d28d172789f06886806bc55\n# cacheops filecache\n"
	tagText = tagHead + "# Made by package filecache of github.com/cacheops/cacheops.\n"
)

var errNoTag = errors.New("cacheops: it is no folder of package filecache")

// absolute is the folder, whatever the working folder will be.
func absolute(dir string) (string, error) {
	if dir == "" {
		return DefaultDir()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cacheops: the folder of cache files: %w", err)
	}
	return dir, nil
}

// makeFolder opens a folder, and makes it where it is missing.
func makeFolder(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, folderMode); err != nil { //nolint:gosec // the program says where
		return nil, fmt.Errorf("cacheops: make the folder of cache files: %w", err)
	}
	return openFolder(dir, true)
}

// openFolder opens a folder of ours. An empty one becomes ours with claim.
func openFolder(dir string, claim bool) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cacheops: open the folder of cache files: %w", err)
	}
	err = checkMode(root)
	if err == nil && claim {
		err = checkOwner(root)
	}
	if err == nil {
		err = checkTag(root)
	}
	if errors.Is(err, errNoTag) && claim {
		err = claimFolder(root)
	}
	if err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("cacheops: the folder of cache files %s: %w", dir, err)
	}
	return root, nil
}

// checkMode refuses a folder in which everybody may write.
func checkMode(root *os.Root) error {
	if runtime.GOOS == "windows" { // which has no such modes
		return nil
	}
	info, err := root.Stat(".")
	if err == nil && info.Mode().Perm()&0o002 != 0 {
		err = errors.New("everybody may write in it, and so decide what is read: take that right away, or give a folder below it")
	}
	return err
}

// checkOwner refuses to use a folder that another user made: in a folder for everybody,
// such as /tmp, anybody can make one first and decide what is read. Root may have made it;
// and root itself may use what it was given.
func checkOwner(root *os.Root) error {
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	owner, self := owners(info)
	if owner != self && owner != 0 && self != 0 {
		return fmt.Errorf("it belongs to the user with the id %d, who decides what is read: give one of your own", owner)
	}
	return nil
}

// checkTag returns errNoTag where the folder is not ours.
func checkTag(root *os.Root) error {
	f, err := openFile(root, tagName)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoTag
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, errNoTag)
	}
	var head [len(tagHead)]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:]) != tagHead {
		return errNoTag
	}
	return nil
}

// claimFolder makes an empty folder ours. Several processes may do so at once.
func claimFolder(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // it was only read
	names, err := d.Readdirnames(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, name := range names {
		if !isTemporary(name) && !isFolder(name) {
			if checkTag(root) == nil { // another process made it ours meanwhile
				return nil
			}
			return errOthers
		}
	}
	if err := checkFiles(root); err != nil {
		return err
	}
	return writeFile(root, ".", tagName, []byte(tagText))
}

var errOthers = errors.New("there are other files in it: give a folder of its own")

// checkFiles refuses a folder without a tag whose files have names like ours, and are not:
// other programs lay out theirs by SHA-256 too, and Clean would take them for damaged ones.
func checkFiles(root *os.Root) error {
	return fs.WalkDir(root.FS(), ".", func(where string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // another process's Clean has removed it
			return nil
		}
		if _, named := keyOf(path.Dir(where), path.Base(where)); err != nil || !named {
			return err
		}
		f, err := openFile(root, where)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		var head [len(magic)]byte
		if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:]) != magic {
			return errOthers
		}
		return nil
	})
}

// place is the path of a key's file: two folders, and the rest as the name.
func place(key store.Key) string {
	var buf [2*len(key) + 2]byte
	b := hex.AppendEncode(buf[:0], key[:1])
	b = append(b, '/')
	b = hex.AppendEncode(b, key[1:2])
	b = append(b, '/')
	b = hex.AppendEncode(b, key[2:])
	return string(b)
}

// keyOf is the key whose file has this place.
func keyOf(folder, name string) (key store.Key, ok bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(folder, "/", "") + name)
	if err != nil || len(b) != len(key) {
		return key, false
	}
	copy(key[:], b)
	return key, place(key) == path.Join(folder, name) // lower case
}

// isFolder reports whether a name is one of the 256.
func isFolder(name string) bool {
	return len(name) == 2 && strings.Trim(name, "0123456789abcdef") == ""
}

// temporaryPrefix begins the names of files that are being written.
const temporaryPrefix = ".writing-"

func isTemporary(name string) bool {
	rest, ok := strings.CutPrefix(name, temporaryPrefix)
	_, err := strconv.ParseUint(rest, 16, 64)
	return ok && err == nil
}

func temporaryName() string {
	return temporaryPrefix + strconv.FormatUint(rand.Uint64(), 16) //nolint:gosec // no secret: it only has to be free
}

// openFile opens a file for reading. It does not wait for what is no plain file.
func openFile(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|openFlags, 0)
}
