// Command cacheops shows what the cache does: "demo" runs a small shop through
// it and checks every cached result, "explain" tells what it makes of one
// statement, "invalidate" drops what is cached in Redis or in a running program, "reap"
// takes what ended out of the sets of a Redis in sets mode, "doctor" checks a Redis for the
// cache, "clean-files" takes away cache files that are of no more use, "version" tells what this program was built from.
//
// Without Redis it needs nothing: the database is SQLite, in the program itself. All
// commands end with exit code 0 for what was done, 1 for what failed or a problem that
// was found, and 2 where nothing was tried, for the call is wrong or nobody answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := newRoot().ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = exitError{errInterrupted, exitFailed}
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, message(err))
		os.Exit(exitCode(err))
	}
}

// errInterrupted is what is said after an interrupt, whatever it interrupted.
var errInterrupted = errors.New("cacheops: interrupted")

// message is an error as it is printed. Those of the flags and of unknown
// commands are cobra's, and get the program's name. They repeat what was typed, which
// may be a URL in the wrong place.
func message(err error) string {
	text := withoutSecrets(strings.TrimSpace(err.Error()))
	// Some names in it are out of Redis or a database, and may be anything.
	lines := strings.Split(strings.ReplaceAll(text, "\t", "  "), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	text = strings.Join(lines, "\n")
	if strings.HasPrefix(text, "cacheops: ") {
		return text
	}
	return "cacheops: " + text
}

// newRoot makes the command with all that is below it.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cacheops",
		Short: "A cache under database/sql that drops exactly what a write could have changed",
		Example: `  cacheops demo
  cacheops demo --db app.sqlite
  cacheops explain "SELECT name FROM products WHERE id = ?" 7
  cacheops invalidate --redis redis://localhost:6379 --database main posts
  cacheops reap --redis redis://localhost:6379
  cacheops doctor --redis redis://localhost:6379
  cacheops clean-files /var/cache/app`,
		// An error is printed once, by main, and does not bring the usage along.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, cmd := range []*cobra.Command{newDemo(), newExplain(), newInvalidate(), newReap(), newDoctor(), newCleanFiles(), newVersion()} {
		root.AddCommand(coded(cmd))
	}
	return root
}
