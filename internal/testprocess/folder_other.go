//go:build unix && !linux

package testprocess

import "os"

// Folder makes a folder for data that may be lost, as [os.MkdirTemp] does.
func Folder(pattern string) (string, error) { return os.MkdirTemp("", pattern) }
