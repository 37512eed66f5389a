// Command cacheops shows what the cache does: "demo" runs a small shop through
// it and checks every cached result, "explain" tells what it makes of one
// statement, "invalidate" drops what a running program has cached, "clean-files" takes
// away cache files that are of no more use, "version" tells what this program was built
// from.
//
// It needs Go and nothing else: the database is SQLite, in the program itself.
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
		err = errInterrupted
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, message(err))
		os.Exit(1)
	}
}

// errInterrupted is what is said after an interrupt, whatever it interrupted.
var errInterrupted = errors.New("cacheops: interrupted")

// message is an error as it is printed. Those of the flags and of unknown
// commands are cobra's, and get the program's name.
func message(err error) string {
	text := strings.TrimSpace(err.Error())
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
  cacheops invalidate --database main posts.34
  cacheops clean-files /var/cache/app`,
		// An error is printed once, by main, and does not bring the usage along.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newDemo(), newExplain(), newInvalidate(), newCleanFiles(), newVersion())
	return root
}
