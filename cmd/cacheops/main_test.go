package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/redistest"
)

// asProgram makes the test binary be the program, for tests of exit codes.
const asProgram = "CACHEOPS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	// What forces colours on a terminal's owner's wish is not to change what
	// the tests see.
	for _, name := range []string{"CLICOLOR_FORCE", "TTY_FORCE"} {
		os.Unsetenv(name)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// run runs a command in this process and returns what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// program is the command in a process of its own.
func program(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+t.TempDir())
	return cmd
}

// wantPlain fails for escape codes and for lines that are too long.
func wantPlain(t *testing.T, out string) {
	t.Helper()
	if i := strings.IndexAny(out, "\x1b\r"); i >= 0 {
		t.Errorf("the output has control characters at %d: %q", i, out[i:min(i+20, len(out))])
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > pageWidth {
			t.Errorf("a line has %d characters: %s", n, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("a line ends in blanks: %q", line)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		code   int
		stderr string
	}{
		{"a demo without stale results", []string{"demo", "--rows", "2000", "--duration", "200ms"}, 0, ""},
		{"a missing file", []string{"demo", "--db", filepath.Join(t.TempDir(), "none.sqlite")}, 1, "cacheops: there is no file"},
		{"an unknown command", []string{"dmeo"}, 2, `cacheops: unknown command "dmeo"`},
		{"an unknown flag", []string{"demo", "--colour"}, 2, "cacheops: unknown flag: --colour"},
		{"no command", nil, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := program(t.Context(), t, tt.args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d (%v)\n%s%s", code, tt.code, err, out, stderr.String())
			}
			if !strings.HasPrefix(stderr.String(), tt.stderr) || (tt.stderr == "") != (stderr.Len() == 0) {
				t.Errorf("stderr is %q, want %q", stderr.String(), tt.stderr)
			}
			if strings.Contains(stderr.String(), "Usage:") {
				t.Errorf("stderr has more than the error: %q", stderr.String())
			}
		})
	}
}

// An interrupt ends the demo in the middle, and takes its files away.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // a process cannot send this signal there
	}
	cmd := program(t.Context(), t, "demo", "--rows", "2000", "--duration", "1h")
	tmp := strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "TMPDIR=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(seen.String(), "Traffic") { // now it is at work
		n, err := out.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("the demo ended by itself: %v\n%s%s", err, seen.String(), stderr.String())
		}
	}
	if left, _ := os.ReadDir(tmp); len(left) != 1 {
		t.Errorf("there are %d files in the temporary folder, want the shop's: the test looks at the wrong one", len(left))
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // an exit code that is not 0, looked at below
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if got := stderr.String(); got != "cacheops: interrupted\n" {
		t.Errorf("stderr is %q", got)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("the demo left %v behind", left)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out, err := run(t, "version")
	if err != nil {
		t.Fatal(err)
	}
	wantPlain(t, out)
	for _, want := range []string{"cacheops ", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
}
