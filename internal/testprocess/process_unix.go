//go:build unix && !linux

package testprocess

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes leaves the program in our group, so that an interrupt from the
// keyboard reaches it. Only Linux ends it whatever ends us.
func attributes() *syscall.SysProcAttr { return new(syscall.SysProcAttr) }

// killGroup leaves a child that saves the data in the background alone.
func killGroup(int) {}

// State is the letter that the kernel has for what a process does: T for
// stopped, Z for ended but not waited for. It is empty for one that is not there.
func State(pid int) string {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	letters := strings.TrimSpace(string(out))
	if err != nil || letters == "" {
		return ""
	}
	return letters[:1]
}
