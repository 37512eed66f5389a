//go:build unix

package filecache

import (
	"io/fs"
	"os"
	"syscall"
)

// openFlags have the opening of a named pipe return at once.
const openFlags = syscall.O_NONBLOCK

// owners returns the id of the user whom a file belongs to, and that of the process.
func owners(info fs.FileInfo) (owner, self int) {
	self = os.Geteuid()
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid), self
	}
	return self, self
}
