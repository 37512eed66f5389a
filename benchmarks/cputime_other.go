//go:build !unix

package main

import "time"

// cpuTime is not known here, so no turn counts as disturbed.
func cpuTime() time.Duration { return 0 }
