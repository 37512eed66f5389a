package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/internal/redistest"
)

// asProgram makes the test binary be the program: it starts itself as the reader.
const asProgram = "CACHEOPS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// run runs the program in a process of its own. Its folder for temporary files has
// to be empty at the end.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := os.MkdirTemp("", "") //nolint:usetesting // the path of a socket has a limit, which the folder of a test can exceed
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "TMPDIR="+tmp), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the exit code tells
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("the program left %v behind", left)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// varying is what differs from run to run: times, process ids, where the server is.
var varying = regexp.MustCompile(`[0-9.]+ (us|ms)|Processes.*|Redis .*`)

// steady is an output without what varies, and without the widths of it.
func steady(out string) string {
	return regexp.MustCompile(` +`).ReplaceAllString(varying.ReplaceAllString(out, "..."), " ")
}

// The README shows what the program prints.
func TestReadme(t *testing.T) {
	t.Parallel()
	if why := redistest.Missing(); why != "" {
		t.Fatal(why)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(readme), "\n$ go run ./examples/redis\n")
	shown, _, closed := strings.Cut(shown, "```\n")
	if !found || !closed {
		t.Fatal("the README does not show the program")
	}
	out, errs, code := run(t, nil)
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d:\n%s%s", code, out, errs)
	}
	if steady(out) != steady(shown) {
		t.Errorf("the program prints\n%s\nand the README shows\n%s", out, shown)
	}
}

func TestOnARedisThatIsThere(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithPassword("secret"))
	for range 2 { // the second run finds what the first one left
		out, errs, code := run(t, []string{"PATH="}, "-redis", server.URL())
		if code != 0 || errs != "" {
			t.Fatalf("exit code %d:\n%s%s", code, out, errs)
		}
		if !strings.Contains(out, "200 numbers, 0 stale. Post 3 was read as often: 200 of 200 from the cache.") {
			t.Errorf("it prints\n%s", out)
		}
		if !strings.Contains(out, server.Addr()) || strings.Contains(out, "secret") {
			t.Errorf("it names the server so:\n%s", out)
		}
	}
	if n := server.Info("keyspace")["db0"]; n == "" {
		t.Error("there are no keys on the server: another one was used")
	}
}

// Two processes that do not share what they should are found out, so that a run
// that ends well says something.
func TestStaleReadsAreFound(t *testing.T) {
	server := redistest.Start(t)
	t.Setenv(asProgram, "1")
	dsn, err := blog.Create(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	writer, err := open(t.Context(), settings{Redis: server.URL(), Prefix: "one", DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.close()
	reader, err := startReader(t.Context(), settings{Redis: server.URL(), Prefix: "another", DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.stop()
	var out bytes.Buffer
	err = (&story{out: &out, writer: writer, reader: reader}).tell(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "STALE: ") {
		t.Errorf("it ends with %v:\n%s", err, out.String())
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	gone := redistest.Start(t)
	gone.Kill()
	for name, test := range map[string]struct {
		env, args []string
		code      int
		says      string
	}{
		"no server installed":      {[]string{"PATH="}, nil, 1, "redis: there is no redis-server or valkey-server on this machine. Install one:\n"},
		"no server at the address": {nil, []string{"-redis", gone.URL()}, 1, "redis: cacheops: redis: ping: store unavailable: "},
		"no URL":                   {nil, []string{"-redis", "here"}, 1, "redis: cacheops: rueidisstore: Config.URL has an invalid URL scheme: "},
		"an unknown flag":          {nil, []string{"-rediss", "x"}, 2, "flag provided but not defined: -rediss\n"},
		"a reader by itself":       {nil, []string{"-reader"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := run(t, test.env, test.args...)
			if code != test.code || !strings.HasPrefix(errs, test.says) || test.says == "" && errs != "" {
				t.Errorf("exit code %d, want %d, with\n%s\nwant %s\n%s", code, test.code, errs, test.says, out)
			}
		})
	}
}

// A server that does not start says why.
func TestServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	_, err := startServer(context.Background(), filepath.Join(t.TempDir(), "missing"))
	if err == nil || !strings.Contains(err.Error(), "ended, and said:\n") || !strings.Contains(err.Error(), "missing") {
		t.Errorf("it ends with %v", err)
	}
}
