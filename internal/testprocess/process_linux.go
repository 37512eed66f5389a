package testprocess

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// attributes makes the kernel end the program when the thread that started it
// ends, and makes the program the head of a group: a child that saves the data in the
// background has to go with it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// killGroup ends the program and its children.
func killGroup(pid int) {
	_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have ended just now
}

// State is the letter that the kernel has for what a process does: T for
// stopped, Z for ended but not waited for. It is empty for one that is not there.
func State(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	rest := string(text)
	rest = rest[strings.LastIndexByte(rest, ')')+1:] // a name may hold anything
	letter, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return letter
}
