package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/filecache"
)

// newFiles makes a folder with live files and files whose time is over.
func newFiles(t *testing.T, live, over int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	c, err := filecache.New(dir, filecache.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range live + over {
		ttl := time.Hour
		if i >= live {
			ttl = 1
		}
		if err := filecache.Set(t.Context(), c, strings.Repeat("x", i), "data", ttl); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCleanFiles(t *testing.T) {
	t.Parallel()
	dir := newFiles(t, 3, 5)
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--dry-run"}, "would remove 5 files of 425 bytes: 5 expired, 0 damaged, 0 unfinished, 0 for room\nkept 3 files of 255 bytes\nleft alone 1 that filecache did not write\n"},
		{nil, "removed 5 files of 425 bytes: 5 expired, 0 damaged, 0 unfinished, 0 for room\nkept 3 files of 255 bytes\nleft alone 1 that filecache did not write\n"},
		{[]string{"--max-bytes", "100", "--verify"}, "removed 2 files of 170 bytes: 0 expired, 0 damaged, 0 unfinished, 2 for room\nkept 1 file of 85 bytes\nleft alone 1 that filecache did not write\n"},
	} {
		out, err := run(t, append(append([]string{"clean-files"}, tt.args...), dir)...)
		if err != nil || out != tt.want {
			t.Errorf("%q printed %q, %v; want %q", tt.args, out, err, tt.want)
		}
	}
}

func TestCleanFilesJSON(t *testing.T) {
	t.Parallel()
	dir := newFiles(t, 1, 2)
	for _, dry := range []bool{true, false} {
		args := []string{"clean-files", "--json", dir}
		if dry {
			args = append(args, "--dry-run")
		}
		out, err := run(t, args...)
		var got cleanedFiles
		if err != nil || json.Unmarshal([]byte(out), &got) != nil {
			t.Fatalf("%q, %v", out, err)
		}
		want := cleanedFiles{Dir: dir, DryRun: dry, CleanResult: filecache.CleanResult{Kept: 1, KeptBytes: 85, Expired: 2, RemovedBytes: 170}}
		if got != want {
			t.Errorf("printed %+v, want %+v", got, want)
		}
	}
}

// The bar is for terminals, and goes when the work is done.
func TestCleanFilesOnTerminal(t *testing.T) {
	t.Setenv("TTY_FORCE", "1")
	t.Setenv("TERM", "xterm-256color")
	for _, tt := range []struct {
		args []string
		bar  bool
	}{{nil, true}, {[]string{"--json"}, false}} {
		dir := newFiles(t, 1, 40)
		var out bytes.Buffer
		root := newRoot()
		root.SetOut(&out)
		root.SetArgs(append([]string{"clean-files", dir}, tt.args...))
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile(`cleaning.* 100 %`).MatchString(out.String()); got != tt.bar {
			t.Errorf("%q: a bar is %v, in %q", tt.args, got, out.String())
		}
		if shown := display(out.String()); tt.bar && !strings.HasPrefix(shown, "removed 40 files") {
			t.Errorf("the terminal shows %q", shown)
		}
	}
}

// Exit codes, and what the program says, in a process of its own.
func TestCleanFilesExitCodes(t *testing.T) {
	t.Parallel()
	precious := t.TempDir()
	if err := os.WriteFile(filepath.Join(precious, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, tt := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"a folder", []string{newFiles(t, 1, 1)}, 0, "removed 1 file of 85 bytes", ""},
		{"an empty one", []string{newFiles(t, 0, 0)}, 0, "removed 0 files", ""},
		{"another's folder", []string{precious}, 1, "", "cacheops: the folder of cache files"},
		{"another's folder, in JSON", []string{"--json", precious}, 1, `{"dir":`, "cacheops: the folder of cache files"},
		{"no folder", []string{filepath.Join(precious, "none")}, 1, "", "cacheops: open the folder of cache files"},
		{"no default folder", nil, 1, "", "cacheops: open the folder of cache files"},
		{"two folders", []string{"a", "b"}, 1, "", "cacheops: accepts at most 1 arg"},
		{"a size that is none", []string{"--max-bytes", "-1", precious}, 1, "", "cacheops: filecache.CleanOptions"},
	} {
		cmd := program(t.Context(), t, append([]string{"clean-files"}, tt.args...)...)
		cmd.Env = append(cmd.Env, "HOME="+home, "XDG_CACHE_HOME=", "LocalAppData="+home)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run() // the exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.HasPrefix(stdout.String(), tt.stdout) || !strings.HasPrefix(stderr.String(), tt.stderr) {
			t.Errorf("%s: exit code %d, %q, %q", tt.name, code, stdout.String(), stderr.String())
		}
		if strings.ContainsAny(stdout.String(), "\x1b\r") {
			t.Errorf("%s: escape codes in %q", tt.name, stdout.String())
		}
	}
	if left, err := os.ReadDir(precious); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}
