//go:build unix

package testprocess

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Process is a running program. Its methods are safe for concurrent use.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended and was waited for
}

// spawn starts a program that writes to a log. It ends with this process. A
// credential, where there is one, is the user that it runs as.
func spawn(log *os.File, credential *syscall.Credential, binary string, args ...string) (*Process, error) {
	cmd := exec.CommandContext(context.Background(), binary, args...) //nolint:gosec // the server that is tested
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	cmd.SysProcAttr.Credential = credential
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ends the program with the thread that started it, so the
		// thread has to stay until the program has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Pid is the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Done is closed once the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// AwaitEnd waits until the process has ended. What names it in the error.
func (p *Process) AwaitEnd(what string) error {
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	select {
	case <-p.done:
		return nil
	case <-limit.C:
		return fmt.Errorf("testprocess: waited %v in vain for %s to shut down", Patience, what)
	}
}

// Signal sends a signal. One to a process that has ended is lost.
func (p *Process) Signal(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // os.ErrProcessDone
}

// Kill ends the process at once, and waits until it has.
func (p *Process) Kill() {
	if !p.Ended() {
		killGroup(p.Pid())
	}
	p.Signal(syscall.SIGKILL)
	<-p.done
}
