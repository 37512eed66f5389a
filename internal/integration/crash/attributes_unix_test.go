//go:build unix && !linux

package crash

import "syscall"

// attributes has nothing to add: children end when their input is closed.
func attributes() *syscall.SysProcAttr { return nil }
