// Command shop is a small web shop with a cache under it: pages of categories and
// products, a cart, and a form to edit products by.
//
//	go run ./examples/shop                                   SQLite, and a cache in process
//	go run ./examples/shop -sqlite shop.sqlite               the same, and the file stays
//	go run ./examples/shop -postgres DSN -redis URL          as many processes as you like
//
// Whole pages are kept by package httpcache and parts of them by package tmplcache.
// Nothing in the program says what a page depends on: the queries do, that it is made
// with. At the foot of each page stands what the cache did for it. The README.md of
// this folder says what to try.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, new(usageError)):
		os.Exit(2) //nolint:forbidigo // a command; its flags have told why
	default:
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1) //nolint:forbidigo // a command
	}
}

// usageError is an error that the flags have told already.
type usageError struct{ error }

// command is the program, without what ends it: it serves until ctx ends.
func command(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(errs)
	addr := flags.String("addr", "localhost:8080", "the `address` to listen on")
	c := config{log: slog.New(slog.NewTextHandler(errs, nil))}
	flags.StringVar(&c.sqlite, "sqlite", "", "the `file` of the database; without it one for this run, which is removed at the end")
	flags.StringVar(&c.postgres, "postgres", "", "the `DSN` of a PostgreSQL database, in place of SQLite")
	flags.StringVar(&c.redis.URL, "redis", "", "the `URL` of a Redis to keep the cache in, such as redis://localhost:6379")
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if c.postgres == "" && c.sqlite == "" {
		dir, err := os.MkdirTemp("", "cacheops-shop-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.sqlite = dir + "/shop.sqlite"
	}
	s, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The shop is at http://%s\n", listener.Addr())
	return serve(ctx, listener, s.handler())
}

// patience is how long requests that are under way may take when the program ends.
const patience = 10 * time.Second

// serve answers requests until ctx ends, and those that are under way then.
func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := server.Shutdown(last)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
