//go:build unix

package testprocess

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// ErrPortInUse is the error of a [Launch] where another process took the port between
// [Reserve] and the server's own look.
var ErrPortInUse = errors.New("the port is in use")

// OnFreePort calls start, which reserves a port and starts a server on it, again while
// that fails with [ErrPortInUse], ten times at the most.
func OnFreePort[S any](start func() (S, error)) (S, error) {
	for try := 1; ; try++ {
		s, err := start()
		if err == nil || try == 10 || !errors.Is(err, ErrPortInUse) {
			return s, err
		}
	}
}

// Program is a server to be started.
type Program struct {
	// What names it in errors.
	What string
	// Binary is the program, with Args.
	Binary string
	Args   []string
	// Credential is the user that it runs as; nil for our own.
	Credential *syscall.Credential
	// Log is where it writes to, behind what is there.
	Log Log
	// Ready is nil once the process of that number answers.
	Ready func(ctx context.Context, pid int) error
}

// Launch starts the program and waits until it is ready. Where it ends before that, the
// error says what it wrote.
func (p *Program) Launch() (*Process, error) {
	log, err := os.OpenFile(string(p.Log), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("testprocess: %w", err)
	}
	defer func() { _ = log.Close() }() // the program has its own
	from, err := log.Stat()
	if err != nil {
		return nil, fmt.Errorf("testprocess: %w", err)
	}
	process, err := spawn(log, p.Credential, p.Binary, p.Args...)
	if err != nil {
		return nil, fmt.Errorf("testprocess: %w", err)
	}
	err = Await(p.What+" to be ready", func(ctx context.Context) error {
		if process.Ended() {
			return FatalError{Err: p.Log.whyEnded(from.Size())}
		}
		return p.Ready(ctx, process.Pid())
	})
	if err != nil {
		process.Kill()
		return nil, err
	}
	return process, nil
}

// Log is the path of a server's log.
type Log string

// Tail returns its last lines.
func (l Log) Tail() string {
	text, err := os.ReadFile(string(l))
	if err != nil {
		return err.Error()
	}
	const enough = 8000
	return string(text[max(0, len(text)-enough):])
}

// whyEnded tells, from an offset on, why the program ended.
func (l Log) whyEnded(from int64) error {
	text, err := os.ReadFile(string(l))
	if err != nil {
		return err
	}
	text = text[min(from, int64(len(text))):]
	err = fmt.Errorf("it ended:\n%s", text)
	if strings.Contains(string(text), "Address already in use") {
		err = fmt.Errorf("%w: %w", ErrPortInUse, err)
	}
	return err
}
