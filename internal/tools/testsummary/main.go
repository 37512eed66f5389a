// Command testsummary runs go test, shows what fails as it fails, and ends
// with a table of the suites and the line "N passed, N failed, N skipped".
//
// Its arguments are those of go test:
//
//	go run ./internal/tools/testsummary -race work
//
// What a passing test prints is not shown, but for lines that it logs and that
// begin with "figure: ": they follow the table, by suite.
//
// Tests and subtests are counted alike. A package that fails without a failed
// test (it does not build, or a panic ends it) counts as one failure, and so
// does a test that never ended. The exit status is 1 when anything failed,
// when no test ran at all, or, where the environment variable CI is set, when
// a test was skipped: a green run must have run everything.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx, os.Stdout, os.Args[1:], os.Getenv("CI") != "")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run runs go test with the arguments and writes the summary to w. Strict
// means that a skipped test is a failure. It reports whether all is well.
func run(ctx context.Context, w io.Writer, args []string, strict bool) (bool, error) {
	modules, err := workspace.Load(ctx)
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return false, fmt.Errorf("run go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("run go test: %w", err)
	}
	report := newReport(w)
	readErr := report.read(events)
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return false, fmt.Errorf("run go test: %w", err)
	}
	report.end(err == nil && readErr == nil)
	ok := report.write(modules, strict)
	return ok, readErr
}
