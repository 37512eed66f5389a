//go:build unix

package redistest

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended and was waited for
}

// spawn starts a program that writes to a log. It ends with this process.
func spawn(log *os.File, binary string, args ...string) (*process, error) {
	cmd := exec.CommandContext(context.Background(), binary, args...) //nolint:gosec // the server that is tested
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	p := &process{cmd: cmd, done: make(chan struct{})}
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

// pid is the number of the process.
func (p *process) pid() int { return p.cmd.Process.Pid }

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends a signal. One to a process that has ended is lost.
func (p *process) signal(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // os.ErrProcessDone
}

// kill ends the process at once, and waits until it has.
func (p *process) kill() {
	if !p.ended() {
		killGroup(p.pid())
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}
