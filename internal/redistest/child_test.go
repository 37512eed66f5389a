//go:build unix

package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// child starts a server, says its process and its folder, and waits for a kill.
func child() {
	s, err := Run(Config{})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	runtime.GC()
	fmt.Fprintln(os.Stdout, s.Pid(), s.Dir())
	io.Copy(io.Discard, os.Stdin) // ends with the parent, whatever happens to it
}

// TestServerEndsWithItsProcess kills a process that has started a server.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // the kernel of no other system ends a child with its parent
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	must[io.WriteCloser](t)(cmd.StdinPipe())
	out := must[io.ReadCloser](t)(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	first, dir, _ := strings.Cut(strings.TrimSpace(said), " ")
	pid, notNumber := strconv.Atoi(first)
	if now := testprocess.State(pid); err != nil || notNumber != nil || now == "" || now == "Z" {
		t.Errorf("the child said %q (%v), and the process of its server is %q", said, err, now)
	}
	cmd.Process.Kill()
	cmd.Wait()
	defer os.RemoveAll(dir)
	err = testprocess.Await("the server to end", func(context.Context) error {
		if now := testprocess.State(pid); now != "" && now != "Z" {
			return fmt.Errorf("its state is %q", now)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
