package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// errNoServer says what to do where there is no Redis.
var errNoServer = errors.New(`there is no redis-server or valkey-server on this machine. Install one:

    apt install redis-server        Debian, Ubuntu
    brew install redis              macOS

or run one in Docker, and say where it is:

    docker run --rm -d -p 6379:6379 redis:7
    go run ./examples/redis -redis redis://localhost:6379`)

// server is a Redis that lives as long as the example does.
type server struct {
	program string // its path
	url     string
	cmd     *exec.Cmd
	cancel  context.CancelFunc
	drained chan struct{} // closed when its output was read to the end
}

// startServer starts a Redis that listens on a Unix socket in a folder, and
// keeps nothing on disk. It returns when the server says that it is ready.
func startServer(ctx context.Context, dir string) (*server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		program, err = exec.LookPath("valkey-server")
	}
	if err != nil {
		return nil, errNoServer
	}
	socket := filepath.Join(dir, "redis.sock")
	ctx, cancel := context.WithCancel(ctx)
	s := &server{program: program, url: "unix://" + socket, cancel: cancel, drained: make(chan struct{})}
	s.cmd = exec.CommandContext(ctx, program, //nolint:gosec // the server of this machine
		"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "no")
	out, err := s.cmd.StdoutPipe()
	s.cmd.Stderr = s.cmd.Stdout // where it tells what is wrong with its settings
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	lines := bufio.NewScanner(out)
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
			// What it says from here on is read and thrown away, so that it never
			// waits for a reader.
			go func() {
				defer close(s.drained)
				for lines.Scan() {
				}
			}()
			return s, nil
		}
	}
	close(s.drained)
	s.stop()
	return nil, fmt.Errorf("%s ended, and said:\n%s", program, said.String())
}

// stop ends the server and waits for it.
func (s *server) stop() {
	s.cancel()
	<-s.drained
	_ = s.cmd.Wait() // it was killed
}
