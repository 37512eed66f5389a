//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// deadServer is a Redis in sets mode with dead names in one set.
func deadServer(t *testing.T, names int) (server *redistest.Server, set string) {
	t.Helper()
	server = redistest.Start(t, redistest.WithSettings("save ''"))
	set = membersKey("main", "main.posts")
	for _, command := range [][]string{{"SET", "cacheops:{}mode", "sets"}, {"EVAL", addDead, "1", set, strconv.Itoa(names)}} {
		if _, err := server.Do(command...); err != nil {
			t.Fatal(err)
		}
	}
	return server, set
}

// An interrupt in the middle tells what was done, and the next run does the rest.
func TestReapInterrupted(t *testing.T) {
	t.Parallel()
	const names = 200_000
	for _, asJSON := range []bool{false, true} {
		server, set := deadServer(t, names)
		args := []string{"reap", "--redis", server.URL(), "--chunk", "1"}
		if asJSON {
			args = append(args, "--json")
		}
		cmd := program(t.Context(), t, args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		left := func() int {
			text, err := server.Do("SCARD", set)
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(text)
			return n
		}
		for left() > names-20 { // until it is at work
			if err := t.Context().Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // an exit code that is not 0, looked at below
		if code := cmd.ProcessState.ExitCode(); code != 1 || stderr.String() != "cacheops: interrupted\n" {
			t.Fatalf("exit code %d, stderr %q, stdout %q", code, stderr.String(), stdout.String())
		}
		var told int
		if asJSON {
			var answer reaped
			if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil || answer.Error != "cacheops: interrupted" || answer.Share <= 0 || answer.Share >= 1 {
				t.Errorf("%v: %s", err, stdout.String())
			}
			told = answer.Dead
		} else {
			m := regexp.MustCompile(`^took ([0-9,]+) names .*\nkept 0 names .*\ngone through are (\d+) % of the database: run it again for the rest\n$`).FindStringSubmatch(stdout.String())
			if m == nil {
				t.Fatalf("it printed %q", stdout.String())
			}
			told, _ = strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		}
		// The call that was under way may have been done, and not told.
		rest := left()
		if taken := names - rest; told == 0 || taken < told || taken > told+1 {
			t.Errorf("%d names were taken out, and it told of %d", taken, told)
		}
		out, err := run(t, "reap", "--redis", server.URL())
		if err != nil || !strings.HasPrefix(out, "took "+grouped(rest)+" names") || left() != 0 {
			t.Errorf("the next run: %q, error %v, %d names left of %d", out, err, left(), rest)
		}
	}
}

// The bar is for terminals, and goes when the work is done.
func TestReapOnTerminal(t *testing.T) {
	t.Setenv("TTY_FORCE", "1")
	t.Setenv("TERM", "xterm-256color")
	for _, tt := range []struct {
		args []string
		bar  bool
	}{{nil, true}, {[]string{"--json"}, false}} {
		server, _ := deadServer(t, 3000)
		out, err := run(t, append([]string{"reap", "--redis", server.URL()}, tt.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile(`reaping.* 100 %`).MatchString(out); got != tt.bar {
			t.Errorf("%q: a bar is %v, in %q", tt.args, got, out)
		}
		if shown := display(out); tt.bar && !strings.HasPrefix(shown, "took 3,000 names") {
			t.Errorf("the terminal shows %q", shown)
		} else if tt.bar {
			wantPlain(t, shown)
		}
	}
}
