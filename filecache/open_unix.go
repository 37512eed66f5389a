//go:build unix

package filecache

import "syscall"

// openFlags have the opening of a named pipe return at once.
const openFlags = syscall.O_NONBLOCK
