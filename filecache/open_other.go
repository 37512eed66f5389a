//go:build !unix

package filecache

// openFlags are none: what is in a folder does not block there.
const openFlags = 0
