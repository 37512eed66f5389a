// Command redis shows two processes that share one cache in Redis: what one of
// them writes the other reads at once, and everything else stays cached.
//
//	go run ./examples/redis                                      starts a Redis for the time it runs
//	go run ./examples/redis -redis redis://localhost:6379        takes that one
//
// The process that is started is the writer. It starts itself once more as the
// reader, and tells it over a pipe what to read. Both have a cache and a
// database handle of their own; what they share is a SQLite file and the Redis.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"

	"github.com/cacheops/cacheops/examples/internal/blog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, new(usageError)):
		os.Exit(2) //nolint:forbidigo // a command; its flags have told why
	default:
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1) //nolint:forbidigo // a command
	}
}

// errInterrupted is what is said after an interrupt, whatever it interrupted.
var errInterrupted = errors.New("interrupted")

// usageError is an error that the flags have told already.
type usageError struct{ error }

// command is the program, without what ends it.
func command(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	flags := flag.NewFlagSet("redis", flag.ContinueOnError)
	flags.SetOutput(errs)
	redisURL := flags.String("redis", "", "the `URL` of a Redis, such as redis://localhost:6379; without it one is started")
	reader := flags.Bool("reader", false, "be the second process; the first one starts it")
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if *reader {
		return serve(ctx, in, out)
	}
	return show(ctx, out, *redisURL)
}

// show is the writer: it makes what both processes share, starts the reader, and
// tells the story.
func show(ctx context.Context, out io.Writer, redisURL string) error {
	dir, err := os.MkdirTemp("", "cacheops-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if redisURL == "" {
		server, err := startServer(ctx, dir)
		if err != nil {
			return err
		}
		defer server.stop()
		redisURL = server.url
		fmt.Fprintf(out, "Redis      %s, started for this run\n", server.program)
	} else {
		fmt.Fprintf(out, "Redis      %s\n", withoutPassword(redisURL))
	}
	dsn, err := blog.Create(ctx, dir)
	if err != nil {
		return err
	}
	// Each run has a database of its own, so each has a prefix of its own.
	shared := settings{Redis: redisURL, Prefix: "example-" + rand.Text()[:8], DSN: dsn}
	writer, err := open(ctx, shared)
	if err != nil {
		return err
	}
	defer writer.close()
	reader, err := startReader(ctx, shared)
	if err != nil {
		return err
	}
	defer reader.stop()
	fmt.Fprintf(out, "Processes  %d the writer, %d the reader\n\n", os.Getpid(), reader.pid())
	return (&story{out: out, writer: writer, reader: reader}).tell(ctx)
}

// withoutPassword is a URL for the eyes.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "at an address that is no URL"
	}
	return u.Redacted()
}
