//go:build unix

package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// now is a time in nanoseconds that all processes have in common.
func now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // the system has no such clock
	}
	return t.Nano()
}

// process is a child that runs this test's program.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	once sync.Once
}

// event is a line that a child wrote, or its end.
type event struct {
	from  *process
	line  string
	ended bool
	at    int64  // of the end: the time at which it was over
	how   string // of the end
	// killed is true for an end by SIGKILL.
	killed bool
}

// spawn starts a child with a role, and has what it says sent to events. The child
// ends with this process, whatever ends that, and when its input is closed.
func spawn(role role, events chan<- event) (*process, error) {
	setup, err := json.Marshal(role)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	// A race that is found ends the child, and is told by how it ended.
	cmd.Env = append(os.Environ(), roleVariable+"="+string(setup), "GORACE=halt_on_error=1")
	cmd.SysProcAttr = attributes()
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in}
	started := make(chan error)
	go func() {
		// The kernel ends the child with the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // a line that was not ended is of a child that was killed
			}
			events <- event{from: p, line: strings.TrimSuffix(line, "\n")}
		}
		err = cmd.Wait()
		end := event{from: p, ended: true, at: now(), how: said.String()}
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status, ok := exit.Sys().(syscall.WaitStatus)
			end.killed = ok && status.Signaled() && status.Signal() == syscall.SIGKILL
		}
		if err != nil {
			end.how = err.Error() + "\n" + end.how
		}
		events <- end
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// tell sends a line to the child. One that has ended does not hear it.
func (p *process) tell(line string) { _, _ = io.WriteString(p.in, line+"\n") }

// kill ends the child at once. What it has sent is still read.
func (p *process) kill() { _ = p.cmd.Process.Kill() }

// dismiss has the child end by itself.
func (p *process) dismiss() { p.once.Do(func() { _ = p.in.Close() }) }
