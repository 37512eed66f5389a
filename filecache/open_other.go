//go:build !unix

package filecache

import "io/fs"

// openFlags are none: what is in a folder does not block there.
const openFlags = 0

// owners returns that a file is the process's own: what others may do there no id tells.
func owners(fs.FileInfo) (owner, self int) { return 0, 0 }
